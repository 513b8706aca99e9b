"""Trainings: start one by its purpose, or ask for one that must be refused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ktrdr_acceptance.api.backend import Backend
from ktrdr_acceptance.api.errors import Refusal
from ktrdr_acceptance.domain.operation_list import OperationList
from ktrdr_acceptance.operations.operations import Operation, Operations
from ktrdr_acceptance.testdata.calibration import Calibration, TrainingCalibration

# What can be wrong with a request, in the words of the features. None takes the field out.
FLAWS: dict[str, dict[str, Any]] = {
    "no symbols": {"symbols": []},
    "a blank symbol": {"symbols": [" "]},
    "no timeframes": {"timeframes": []},
    "no strategy name": {"strategy_name": None},
    "symbols that are not a list": {"symbols": "EURUSD"},
}
NONSENSE = {"invalid": "payload"}


@dataclass
class Trainings:
    """What steps say about trainings."""

    backend: Backend
    operations: Operations
    calibration: Calibration
    speed: float

    def calibrated(self, purpose: str) -> TrainingCalibration:
        """Return what a training of this purpose asks for and is expected to show."""
        return self.calibration.trainings[purpose]

    def start(self, purpose: str, **changes: Any) -> Operation:
        """Start the training calibrated for `purpose`, with `changes` to its request."""
        outcome = self.attempt(purpose, **changes)
        if isinstance(outcome, Refusal):
            raise AssertionError(f"the backend refused to start a {purpose} training: {outcome}")
        return outcome

    def attempt(self, purpose: str, **changes: Any) -> Refusal | Operation:
        """Ask for a training that may be refused; an accepted one is undone like any other."""
        request = {**self.calibrated(purpose).request(), **changes}
        return self._ask(purpose, {key: value for key, value in request.items() if value is not None})

    def refusal_of(self, **changes: Any) -> Refusal:
        """Return the refusal of a smoke training with `changes`; raise AssertionError if it is accepted."""
        return _refused(self.attempt("smoke", **changes), changes)

    def refusal_of_flaw(self, flaw: str) -> Refusal:
        """Return the refusal of a smoke training with one of the `FLAWS`."""
        return self.refusal_of(**FLAWS[flaw])

    def refusal_of_nonsense(self) -> Refusal:
        """Return the refusal of a body that has nothing to do with a training."""
        return _refused(self._ask("smoke", NONSENSE), NONSENSE)

    def fill_list(self, operation_list: OperationList, count: int, within: float) -> None:
        """Start smoke trainings until the backend counts `count` operations, within that many seconds."""

        def one_more() -> int:
            total = operation_list.total()
            if total < count:
                # Refused while no worker is free, which the next look makes good.
                self.attempt("smoke")
            return total

        self.operations.waiter.eventually(
            one_more,
            lambda total: total >= count,
            within=within,
            expected=f"the backend to count {count} operations",
            describe=lambda total: f"{total} operations",
        )

    def _ask(self, purpose: str, payload: Any) -> Refusal | Operation:
        calibrated = self.calibrated(purpose)
        return self.operations.attempt(
            f"{purpose} training",
            calibrated,
            calibrated.duration_s / self.speed,
            lambda: self.backend.start_training_answer(payload),
        )


def _refused(outcome: Refusal | Operation, changes: dict[str, Any]) -> Refusal:
    if isinstance(outcome, Operation):
        raise AssertionError(
            f"the backend accepted a training with {changes} as operation {outcome.id} instead of refusing it"
        )
    return outcome
