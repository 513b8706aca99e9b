"""The hosts beside the backend, and one look at every service."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from ktrdr_acceptance.api.backend import Backend
from ktrdr_acceptance.api.bars import Bars
from ktrdr_acceptance.api.http import Answer, ServiceClient
from ktrdr_acceptance.api.ib_host import IbHost
from ktrdr_acceptance.api.models import Body, WorkerBody, read
from ktrdr_acceptance.api.training_host import TrainingHost
from ktrdr_acceptance.evidence.redaction import redacted
from ktrdr_acceptance.faults import EnvironmentFault
from ktrdr_acceptance.target.base import IB_HOST, TRAINING_HOST


class HostHealth(Body):
    """`GET /health` of any service but the backend."""

    timestamp: datetime


@dataclass
class Hosts:
    """What steps say about the IB host, the training host and all services together."""

    urls: Mapping[str, str]
    connect: Callable[[str, str], ServiceClient]
    backend: Backend
    _ib_host: IbHost | None = None
    _training_host: TrainingHost | None = None

    @property
    def ib_host(self) -> IbHost:
        """Return the client of the IB host."""
        self._ib_host = self._ib_host or IbHost(self.connect(IB_HOST, self.urls[IB_HOST]))
        return self._ib_host

    @property
    def training_host(self) -> TrainingHost:
        """Return the client of the training host."""
        if self._training_host is None:
            self._training_host = TrainingHost(self.connect(TRAINING_HOST, self.urls[TRAINING_HOST]))
        return self._training_host

    def bars_from_ib(self, symbol: str, timeframe: str, first: str, last: str) -> Bars:
        """Return bars straight from IB, from the beginning of one day to the end of another."""
        start, end = datetime.fromisoformat(first), datetime.fromisoformat(f"{last}T23:59:59")
        return self.ib_host.historical(symbol, timeframe, start, end)

    def unwell(self, workers: list[WorkerBody] | None, within: float) -> list[str]:
        """Ask backend, workers and IB host how they are; return which do not say in time that all is well.

        `workers` is None where the backend does all work itself.
        """
        said = [_unwell("backend", self.backend.health_answer, "ok", within)]
        said += [_unwell(name, ask, "operational", within) for name, ask in self._asks(workers).items()]
        said.append("no worker is registered" if workers == [] else "")
        return [sentence for sentence in said if sentence]

    def health_times(self, workers: list[WorkerBody] | None) -> dict[str, datetime]:
        """Return the time that each states with its health; the backend, which states none, is left out."""
        return {name: read(HostHealth, ask()).timestamp for name, ask in self._asks(workers).items()}

    def _asks(self, workers: list[WorkerBody] | None) -> dict[str, Callable[[], Answer]]:
        urls = {row.worker_id: row.endpoint_url for row in workers or ()} | {IB_HOST: self.urls[IB_HOST]}
        return {
            name: partial(self.connect(name, url).request, "GET", "/health") for name, url in urls.items()
        }


def words_of(answer: Answer) -> Mapping[str, Any]:
    """Return what a service says of itself; to refuse, or to say it in another form, is a breach."""
    return read(Body, answer).model_dump()


def _unwell(name: str, ask: Callable[[], Answer], expected: str, within: float) -> str:
    try:
        answer = ask()
    except EnvironmentFault as fault:
        return f"{name} does not answer: {fault}"
    body = answer.body if answer.ok and isinstance(answer.body, dict) else {}
    if body.get("status") != expected or body.get("healthy", True) is not True:
        return f"{name} says {redacted(answer.text)[:80]!r} instead of {expected!r}"
    return f"{name} took {answer.elapsed_s:.2f} s" if answer.elapsed_s > within else ""
