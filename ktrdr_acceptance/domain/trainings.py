"""Trainings: start one by its purpose, or ask for one that must be refused."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from ktrdr_acceptance.api.backend import Backend
from ktrdr_acceptance.api.errors import Refusal
from ktrdr_acceptance.domain.operation_list import OperationList
from ktrdr_acceptance.faults import ConfigurationFault
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
# How KTRDR says that it does not have a strategy.
NO_STRATEGY = re.compile(r"strategy file not found", re.IGNORECASE)
NONSENSE = {"invalid": "payload"}


@dataclass
class Trainings:
    """What steps say about trainings."""

    backend: Backend
    operations: Operations
    calibration: Calibration
    speed: float
    _known: set[str] = field(default_factory=set)

    def calibrated(self, purpose: str) -> TrainingCalibration:
        """Return what a training of this purpose asks for and is expected to show."""
        return self.calibration.trainings[purpose]

    def start(self, purpose: str, **changes: Any) -> Operation:
        """Start the training calibrated for `purpose`, with `changes` to its request."""
        outcome = self.attempt(purpose, **changes)
        if isinstance(outcome, Refusal):
            refused = f"the backend refused to start a {purpose} training: {outcome}"
            if NO_STRATEGY.search(outcome.message):
                raise ConfigurationFault(f"{refused}; give the target this strategy")
            raise AssertionError(refused)
        return outcome

    def stated_request(self, training: Operation) -> tuple[Any, Any]:
        """Return the symbol and the strategy that the backend's copy of a training states."""
        details = self.operations.look(training).metadata
        return details.get("symbol"), (details.get("parameters") or {}).get("strategy_name")

    def attempt(self, purpose: str, **changes: Any) -> Refusal | Operation:
        """Ask for a training that may be refused; an accepted one is undone like any other."""
        request = {**self.calibrated(purpose).request(), **changes}
        return self._ask(purpose, {key: value for key, value in request.items() if value is not None})

    def _remember(self) -> None:
        """Take down which trainings there are, to tell later which have been started since."""
        self._known = set(self._newest())

    def started_since(self) -> list[str]:
        """Return the ids of trainings unknown before the last request that had to be refused."""
        return [operation_id for operation_id in self._newest() if operation_id not in self._known]

    def _newest(self) -> list[str]:
        return self.backend.operations(operation_type="training", limit=100).ids

    def refusal_of(self, **changes: Any) -> Refusal:
        """Return the refusal of a smoke training with `changes`; raise AssertionError if it is accepted."""
        self._remember()
        return _refused(self.attempt("smoke", **changes), changes)

    def refusal_of_flaw(self, flaw: str) -> Refusal:
        """Return the refusal of a smoke training with one of the `FLAWS`."""
        return self.refusal_of(**FLAWS[flaw])

    def refusal_of_nonsense(self) -> Refusal:
        """Return the refusal of a body that has nothing to do with a training."""
        self._remember()
        return _refused(self._ask("smoke", NONSENSE), NONSENSE)

    def fill_list(self, operation_list: OperationList, count: int, within: float) -> None:
        """Start smoke trainings until the backend counts `count` operations, within that many seconds.

        Starts no more than are missing, however the backend counts. Raises AssertionError for a refusal
        that says anything but that no worker is free.
        """
        missing = count - operation_list.total()
        said = "nothing was refused"

        def one_more() -> int:
            nonlocal missing, said
            total = operation_list.total()
            if total < count and missing > 0:
                outcome = self.attempt("smoke")
                if isinstance(outcome, Operation):
                    missing -= 1
                elif outcome.is_no_worker_free:
                    said = f"last refusal: {outcome}"
                else:
                    raise AssertionError(f"the backend refused to start a smoke training: {outcome}")
            return total

        self.operations.waiter.eventually(
            one_more,
            lambda total: total >= count,
            within=within,
            expected=f"the backend to count {count} operations",
            describe=lambda total: f"{total} operations ({said}; {max(missing, 0)} not yet started)",
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
