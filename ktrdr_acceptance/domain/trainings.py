"""Trainings: what is said of them beyond starting one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ktrdr_acceptance.domain.operation_list import OperationList
from ktrdr_acceptance.domain.starts import Starts
from ktrdr_acceptance.operations.operation import Operation
from ktrdr_acceptance.testdata.calibration import TrainingCalibration
from ktrdr_acceptance.testdata.strategies import strategy_text


@dataclass
class Trainings(Starts[TrainingCalibration]):
    """What steps say about trainings."""

    def stated_request(self, training: Operation) -> tuple[Any, Any]:
        """Return the symbol and the strategy that the backend's copy of a training states."""
        details = self.operations.look(training).metadata
        return details.get("symbol"), (details.get("parameters") or {}).get("strategy_name")

    def payload_at_worker(self, purpose: str) -> dict[str, Any]:
        """Return the body with which a worker or the training host is asked: with the strategy's text."""
        calibrated = self.calibrated(purpose)
        request = {key: value for key, value in calibrated.request().items() if key != "strategy_name"}
        return {"strategy_yaml": strategy_text(calibrated.strategy), **request}

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
