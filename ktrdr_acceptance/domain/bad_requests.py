"""Requests with one thing wrong, to every route that starts something."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from ktrdr_acceptance.api.errors import Refusal, refusal_expected
from ktrdr_acceptance.api.ib_host import IbHost
from ktrdr_acceptance.api.worker import Worker
from ktrdr_acceptance.domain.starts import NONSENSE, Starts
from ktrdr_acceptance.faults import EnvironmentFault
from ktrdr_acceptance.operations.operation import Kind

# What can be wrong with a field, in the words of the features, and what it makes of the right value.
FLAWS: dict[str, Callable[[Any], Any]] = {
    "missing": lambda _right: None,
    "blank": lambda right: [" "] if isinstance(right, list) else " ",
    "empty": lambda right: [] if isinstance(right, list) else "",
    "a number": lambda _right: 5,
    "a list": lambda right: [right],
    "not a list": lambda right: right[0],
    "not a date": lambda _right: "not-a-date",
    "not a number": lambda _right: "plenty",
    "zero": lambda _right: 0,
    "below zero": lambda _right: -1,
    "unknown": lambda _right: "nonsense",
    "before the start": lambda _right: "1999-01-01",
}
# The ways to ask for work, in the words of the features.
WAYS = (
    "training",
    "backtest",
    "download",
    "training at its worker",
    "backtest at its worker",
    "training at the training host",
)
BARS_AT_IB = {
    "symbol": "EURUSD",
    "timeframe": "1h",
    "start": "2024-12-02T00:00:00",
    "end": "2024-12-03T00:00:00",
}


def spoilt(body: Mapping[str, Any], field: str, flaw: str) -> dict[str, Any]:
    """Return a body in which one field is wrong; a flaw that makes it None takes it out."""
    wrong = FLAWS[flaw](body.get(field))
    rest = {key: value for key, value in body.items() if key != field}
    return rest if wrong is None else {**rest, field: wrong}


@dataclass
class BadRequests:
    """What steps say about requests that must be refused."""

    starts: Mapping[str, Starts[Any]]
    worker_of: Callable[[str], Worker]
    ib_host: Callable[[], IbHost]
    # The workers that do work of a kind.
    workers: Callable[[Kind], list[Worker]]
    _last: Starts[Any] | None = None
    # What each worker knew when something was asked for at the backend.
    _known: dict[str, set[str]] = field(default_factory=dict)

    def refusal(self, way: str, field: str, flaw: str) -> Refusal:
        """Return the refusal of the smallest request with one field wrong."""
        starts, at = self._way(way)
        purpose = starts.smallest
        body = starts.payload_at_worker(purpose) if at else starts.calibrated(purpose).request()
        return starts.refusal_of_body(spoilt(body, field, flaw), f"whose {field} is {flaw}", at)

    def refusal_of_nonsense(self, way: str) -> Refusal:
        """Return the refusal of a body that has nothing to do with what is asked for."""
        starts, at = self._way(way)
        return starts.refusal_of_body(NONSENSE, f"of {NONSENSE}", at)

    def refusal_of_bars(self, field: str, flaw: str) -> Refusal:
        """Return the IB host's refusal of a request for bars with one field wrong."""
        answer = self.ib_host().historical_answer(spoilt(BARS_AT_IB, field, flaw))
        return refusal_expected(answer, f"bars whose {field} is {flaw}")

    def started_since(self) -> list[str]:
        """Return what has been started since the last request, where it was asked for or at a worker."""
        if self._last is None:
            raise LookupError("nothing has been asked for yet")
        later = self._ids_at_workers(self._last.kind) if self._known else {}
        started = self._last.started_since()
        unheard_of = [
            f"{operation_id} at {worker}"
            for worker, ids in later.items()
            # What a worker knows that was silent before may be old.
            for operation_id in sorted(ids - self._known.get(worker, ids))
            if operation_id not in started
        ]
        return started + unheard_of

    def _way(self, way: str) -> tuple[Starts[Any], Worker | None]:
        kind, _, place = way.partition(" at ")
        self._last = self.starts[kind]
        self._known = {} if place else self._ids_at_workers(self._last.kind)
        return self._last, self.worker_of(way) if place else None

    def _ids_at_workers(self, kind: Kind) -> dict[str, set[str]]:
        """Return which operations each worker of a kind knows; one that is silent has nothing to say."""
        known: dict[str, set[str]] = {}
        for worker in self.workers(kind):
            with suppress(EnvironmentFault):
                known[worker.name] = set(worker.operation_ids())
        return known
