"""The KTRDR that answers: its services, the requests to them, and what can be done to them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import httpx

from .scope import BACKEND
from .shapes import Json
from .specimen import Specimen

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

NOBODY_THERE = 0
"""In the place of an HTTP status: the connection was refused."""


@dataclass(frozen=True)
class Answer:
    """The answer to one request."""

    status: int
    body: Json


@dataclass(frozen=True)
class Worker:
    """A registered worker of the target, in the place of a recorded one."""

    id: str
    url: str


class Target:
    """A running KTRDR."""

    def __init__(
        self,
        urls: Mapping[str, str],
        workers: Mapping[str, Worker],
        transport: httpx.BaseTransport | None = None,
        *,
        speed: float = 1.0,
        control: Callable[[str], None] | None = None,
    ) -> None:
        """`urls`: service -> URL; `workers`: recorded worker id -> the worker in its place.

        `control` carries out `stop NAME` and the like; None if services cannot be ended here.
        """
        self.urls = urls
        self.workers = workers
        self.speed = speed
        self.control = control
        self._client = httpx.Client(transport=transport, trust_env=False, timeout=30, follow_redirects=False)

    def close(self) -> None:
        """Closes the connections."""
        self._client.close()

    def ask(
        self, service: str, method: str, path: str, body: Json = None, content_type: str | None = None
    ) -> Answer:
        """Sends what was recorded."""
        content: str | None = None
        if isinstance(body, str):
            content = body
        elif body is not None:
            content = httpx.Response(200, json=self._with_strategy(body)).text
        headers = {"Content-Type": content_type} if content_type else {}
        url = self.urls[service] + path
        try:
            response = self._client.request(method, url, content=content, headers=headers)
        except httpx.ConnectError:
            return Answer(NOBODY_THERE, None)
        try:
            return Answer(response.status_code, response.json())
        except ValueError:
            return Answer(response.status_code, response.text)

    @staticmethod
    def _with_strategy(body: Json) -> Json:
        return body | {"strategy_yaml": STRATEGY} if "strategy_yaml" in body else body


def urls_of(
    specimen: Specimen, backend: str, hosts: Mapping[str, str], workers: Mapping[str, Worker]
) -> dict[str, str]:
    """Service -> URL, with the workers that stand in the places of the recorded ones."""
    serving = {service: workers[recorded].url for service, recorded in specimen.serving.items()}
    return {BACKEND: backend, **hosts, **serving}


def discover(backend: str, specimen: Specimen, client: httpx.Client) -> dict[str, Worker]:
    """The workers registered at a backend, in the places of the recorded ones."""
    rows = client.get(f"{backend}/api/v1/workers").raise_for_status().json()
    found: dict[str, Worker] = {}
    for recorded_id, worker_type in specimen.worker_types.items():
        taken = {worker.id for worker in found.values()}
        free = [row for row in rows if row["worker_type"] == worker_type and row["worker_id"] not in taken]
        if not free:
            raise LookupError(f"{backend} has no {worker_type} worker in the place of {recorded_id}")
        found[recorded_id] = Worker(free[0]["worker_id"], free[0]["endpoint_url"])
    return found
