"""Several operations at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from ktrdr_acceptance.api.errors import Refusal
from ktrdr_acceptance.domain.starts import Starts
from ktrdr_acceptance.operations.lifecycle import Status
from ktrdr_acceptance.operations.operation import Operation
from ktrdr_acceptance.operations.operations import Operations


@dataclass
class Crowd:
    """Operations that were asked for at the same moment: which were accepted, which refused."""

    operations: Operations
    accepted: list[Operation] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)

    def start(self, starts: Starts[Any], purpose: str, count: int) -> None:
        """Ask for `count` operations of a purpose at the same moment."""
        # Not `map`: when one of its calls raises, it withdraws those that have not begun yet.
        with ThreadPoolExecutor(max_workers=count) as clients:
            asked = [clients.submit(starts.attempt, purpose) for _ in range(count)]
        outcomes = [one.result() for one in asked]
        self.accepted = [outcome for outcome in outcomes if isinstance(outcome, Operation)]
        self.refused = [outcome for outcome in outcomes if isinstance(outcome, Refusal)]

    def work_at_each(self, starts: Starts[Any], workers: int) -> None:
        """Have one small operation for each worker completed, all at the same time."""
        starts.make_ready(starts.smallest)
        self.start(starts, starts.smallest, workers)
        for refusal in self.refused:
            raise AssertionError(f"a free worker did not get its work: {refusal}")
        self.complete()

    def complete(self) -> None:
        """Wait until each that was accepted has completed, one after another; none at all is no success."""
        if not self.accepted:
            raise AssertionError("no operation was accepted")
        for operation in self.accepted:
            self.operations.eventually(
                operation, Status.COMPLETED, within=operation.calibration.deadline_s * len(self.accepted)
            )

    def other_refusals(self) -> list[str]:
        """Return the refusals that say anything but that no worker is free."""
        return [str(refusal) for refusal in self.refused if not refusal.is_no_worker_free]
