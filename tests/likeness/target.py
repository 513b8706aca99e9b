"""The KTRDR that answers: its services, and the requests to them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import httpx

from .scope import BACKEND
from .shapes import Json
from .specimen import Step

STRATEGY = """\
name: likeness
indicators:
  - {name: rsi, feature_id: rsi_14, period: 14, source: close}
fuzzy_sets:
  rsi_14:
    oversold: {type: triangular, parameters: [0, 20, 40]}
    overbought: {type: triangular, parameters: [60, 80, 100]}
model:
  type: mlp
  architecture: {hidden_layers: [8]}
  training: {epochs: 2, batch_size: 32, learning_rate: 0.001}
training:
  method: supervised
  labels: {source: zigzag, zigzag_threshold: 0.03, label_lookahead: 20}
"""
"""What the player sends where a recorded body had a strategy's text."""


@dataclass(frozen=True)
class Answer:
    """The answer to one request."""

    status: int
    body: Json


@dataclass(frozen=True)
class Worker:
    """A training worker of the target, in the place of a recorded one."""

    id: str
    url: str


class Target:
    """A running KTRDR."""

    def __init__(
        self, backend: str, workers: Mapping[str, Worker], transport: httpx.BaseTransport | None = None
    ) -> None:
        """`workers`: recorded worker id -> the worker in its place."""
        self.backend = backend
        self.workers = workers
        self._client = httpx.Client(transport=transport, trust_env=False, timeout=30, follow_redirects=False)

    def close(self) -> None:
        """Closes the connections."""
        self._client.close()

    def ask(self, step: Step, path: str, worker: str) -> Answer:
        """Sends what was recorded; `worker` is the recorded id of the worker meant."""
        content: str | None = None
        if isinstance(step.body, str):
            content = step.body
        elif step.body is not None:
            content = httpx.Response(200, json=self._with_strategy(step.body)).text
        headers = {"Content-Type": step.content_type} if step.content_type else {}
        base = self.backend if step.service == BACKEND else self.workers[worker].url
        return self._answer(self._client.request(step.method, base + path, content=content, headers=headers))

    def look(self, service: str, path: str, worker: str = "") -> Answer:
        """Asks for something that a condition depends on."""
        base = self.backend if service == BACKEND else self.workers[worker].url
        return self._answer(self._client.get(base + path))

    @staticmethod
    def _answer(response: httpx.Response) -> Answer:
        try:
            return Answer(response.status_code, response.json())
        except ValueError:
            return Answer(response.status_code, response.text)

    @staticmethod
    def _with_strategy(body: Json) -> Json:
        return body | {"strategy_yaml": STRATEGY} if "strategy_yaml" in body else body


def discover(backend: str, recorded: tuple[str, ...], client: httpx.Client) -> dict[str, Worker]:
    """The training workers registered at a backend, in the places of the recorded ones."""
    rows = client.get(f"{backend}/api/v1/workers").raise_for_status().json()
    found = [
        Worker(row["worker_id"], row["endpoint_url"]) for row in rows if row["worker_type"] == "training"
    ]
    if len(found) < len(recorded):
        raise LookupError(f"{backend} has {len(found)} training workers, the recording had {len(recorded)}")
    return dict(zip(recorded, found, strict=False))
