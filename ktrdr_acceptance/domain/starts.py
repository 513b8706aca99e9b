"""Starting operations: by purpose, at the backend or directly at a worker, or with something wrong."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from ktrdr_acceptance.api.backend import Backend
from ktrdr_acceptance.api.errors import Refusal
from ktrdr_acceptance.api.http import Answer
from ktrdr_acceptance.api.worker import Worker
from ktrdr_acceptance.faults import ConfigurationFault
from ktrdr_acceptance.operations.operation import Kind, Operation
from ktrdr_acceptance.operations.operations import Operations
from ktrdr_acceptance.testdata.calibration import Purpose

P = TypeVar("P", bound=Purpose)

# How KTRDR says that it does not have a strategy.
NO_STRATEGY = re.compile(r"strategy file not found", re.IGNORECASE)
NONSENSE = {"invalid": "payload"}


@dataclass
class Starts(Generic[P]):
    """How operations of one kind are started."""

    kind: Kind
    backend: Backend
    operations: Operations
    purposes: Mapping[str, P]
    speed: float
    ask: Callable[[Any], Answer]
    # Where a worker takes this work directly.
    route_at_worker: str = ""
    prepare: Callable[[P], object] = lambda _purpose: None
    _known: set[str] = field(default_factory=set)
    _asked: Worker | None = None

    def calibrated(self, purpose: str) -> P:
        """Return what an operation of this purpose asks for and is expected to show."""
        if purpose not in self.purposes:
            known = ", ".join(self.purposes)
            raise LookupError(f"the calibration has no {self.kind} {purpose!r}, only {known}")
        return self.purposes[purpose]

    @property
    def smallest(self) -> str:
        """Return the purpose that is over soonest."""
        return min(self.purposes, key=lambda purpose: self.purposes[purpose].duration_s)

    def start_when_ready(self, purpose: str, **changes: Any) -> Operation:
        """See that the target is ready for a purpose, then start it."""
        self.make_ready(purpose)
        return self.start(purpose, **changes)

    def make_ready(self, purpose: str) -> None:
        """See that the target is ready for a purpose: a worker is free, the strategy has a model."""
        self.prepare(self.calibrated(purpose))

    def start(self, purpose: str, **changes: Any) -> Operation:
        """Start the operation calibrated for `purpose`, with `changes` to its request."""
        return self.accepted(self.attempt(purpose, **changes), purpose)

    def start_at(self, worker: Worker, purpose: str) -> Operation:
        """Start an operation directly at a worker, which the backend does not hear of."""
        payload = self.payload_at_worker(purpose)
        outcome = self._attempt(
            purpose, lambda: worker.start_answer(self.route_at_worker, payload), home=worker
        )
        return self.accepted(outcome, purpose)

    def payload_at_worker(self, purpose: str) -> dict[str, Any]:
        """Return the body with which a worker is asked directly."""
        return self.calibrated(purpose).request()

    def accepted(self, outcome: Refusal | Operation, purpose: str) -> Operation:
        """Return an operation that must have been accepted."""
        if isinstance(outcome, Operation):
            return outcome
        refused = f"starting a {purpose} {self.kind} was refused: {outcome}"
        if NO_STRATEGY.search(outcome.message):
            cure = "give the target this strategy (`ktrdr-acceptance testdata write` makes it)"
            raise ConfigurationFault(f"{refused}; {cure}", cure=cure)
        raise AssertionError(refused)

    def attempt(self, purpose: str, **changes: Any) -> Refusal | Operation:
        """Ask for an operation that may be refused; an accepted one is undone like any other."""
        request = {**self.calibrated(purpose).request(), **changes}
        payload = {key: value for key, value in request.items() if value is not None}
        outcome = self._attempt(purpose, lambda: self.ask(payload))
        if isinstance(outcome, Operation):
            outcome.is_changed = payload != self.calibrated(purpose).request()
        return outcome

    def refusal_of(self, **changes: Any) -> Refusal:
        """Return the refusal of the smallest request with `changes`; AssertionError if it is accepted."""
        self.remember()
        purpose = self.smallest
        return self._refused(self.attempt(purpose, **changes), f"with {changes}")

    def refusal_of_body(self, body: Any, what: str, at: Worker | None = None) -> Refusal:
        """Return the refusal of a body at the backend, or directly at a worker; `what` says what is wrong.

        Raises AssertionError if it is accepted.
        """
        self.remember(at)
        ask = self.ask if at is None else (lambda payload: at.start_answer(self.route_at_worker, payload))
        return self._refused(self._attempt(self.smallest, lambda: ask(body), home=at), what)

    def started_since(self) -> list[str]:
        """Return the ids of operations unknown before the last request that had to be refused."""
        return [operation_id for operation_id in self._newest(self._asked) if operation_id not in self._known]

    def remember(self, at: Worker | None = None) -> None:
        """Take down which operations there are, to tell later which have been started since."""
        self._asked = at
        self._known = set(self._newest(at))

    def _newest(self, at: Worker | None) -> list[str]:
        if at is not None:
            return at.operation_ids()
        return self.backend.operations(operation_type=self.kind.operation_type, limit=100).ids

    def attempt_by(self, purpose: str, ask: Callable[[], Refusal | str]) -> Refusal | Operation:
        """Have an operation asked for otherwise than here; `ask` gives its id, or the refusal."""
        return self._attempt(purpose, ask)

    def newest(self) -> list[str]:
        """Return the ids of the newest operations of this kind at the backend."""
        return self._newest(None)

    def _attempt(
        self, purpose: str, ask: Callable[[], Answer | Refusal | str], home: Worker | None = None
    ) -> Refusal | Operation:
        calibrated = self.calibrated(purpose)

        def planned(operation_id: str, asked_at: float) -> Operation:
            expected_s = calibrated.duration_s / self.speed
            return Operation(operation_id, self.kind, purpose, calibrated, expected_s, asked_at, home)

        return self.operations.attempt(planned, f"{purpose} {self.kind}", ask)

    def _refused(self, outcome: Refusal | Operation, what: str) -> Refusal:
        if isinstance(outcome, Operation):
            raise AssertionError(
                f"a {self.kind} {what} was accepted as operation {outcome.id} instead of refused"
            )
        return outcome
