"""What a worker works at: at most one operation runs, the ended ones are remembered."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from embedded_ktrdr.operations import (
    DEFAULT_CANCEL_MESSAGE,
    OperationInfo,
    OperationStatus,
    OperationStore,
    OperationType,
    carry_out,
)

# Seconds at speed 1 until work that cannot be done has failed.
FAILURE_S = 0.2

operations_log = logging.getLogger("ktrdr.api.services.operations_service")


@dataclass(frozen=True)
class Kind:
    """A kind of worker, in the words that it uses of itself in answers and log lines."""

    operation_type: OperationType
    title: str
    health: str
    registers_as: str
    capabilities: dict[str, Any]
    word: str
    log: logging.Logger


class WorkError(Exception):
    """The work cannot be done; the text is the operation's reason of failure."""


class Clock:
    """Seconds of work at speed 1, slept through at the speed of the service."""

    # Shorter sleeps would cost more processor time than the work they stand for.
    SHORTEST_SLEEP_S = 0.005

    def __init__(self, speed: float) -> None:
        self._speed = speed
        self._due = time.monotonic()

    async def work(self, seconds: float, *, step: bool = False) -> None:
        """Spend `seconds`; small debts are slept off later, unless this is a `step` that others shall see."""
        self._due += seconds / self._speed
        wait = self._due - time.monotonic()
        if wait >= self.SHORTEST_SLEEP_S:
            await asyncio.sleep(wait)
        elif step:
            await asyncio.sleep(0)


Work = Callable[[OperationInfo, Clock], Awaitable[dict[str, Any]]]
"""Does the work of an operation, shows its progress there and returns the result summary."""


class Desk:
    """The operations of one worker."""

    def __init__(self, kind: Kind, speed: float) -> None:
        self.operations = OperationStore()
        self.kind = kind
        self._speed = speed
        self._task: asyncio.Task[None] | None = None

    @property
    def current(self) -> OperationInfo | None:
        """The operation that runs now."""
        return next(iter(self.operations.active()), None)

    def start(self, operation: OperationInfo, work: Work) -> None:
        """Begin an operation; none may run."""
        operation_id, kind = operation.operation_id, self.kind
        self.operations.begin(operation)
        operations_log.info("Registered local bridge for operation %s", operation_id)
        kind.log.info("Registered %s bridge for operation %s", kind.word, operation_id)
        self._task = asyncio.create_task(self._run(operation, work))

    def cancel(self, operation: OperationInfo, reason: str | None) -> bool:
        """Stop the operation for good; False if it has ended already."""
        if not operation.finish(OperationStatus.CANCELLED, error=reason or DEFAULT_CANCEL_MESSAGE):
            return False
        self.stop()
        return True

    def stop(self) -> None:
        """No work goes on: it was cancelled, or the service ends."""
        if self._task is not None:
            self._task.cancel()

    async def _run(self, operation: OperationInfo, work: Work) -> None:
        try:
            await carry_out(operation, self._attempt(operation, work))
        except asyncio.CancelledError:
            word = self.kind.word.capitalize()
            self.kind.log.info("%s operation %s cancelled", word, operation.operation_id)

    async def _attempt(self, operation: OperationInfo, work: Work) -> dict[str, Any]:
        clock = Clock(self._speed)
        try:
            return await work(operation, clock)
        except WorkError:
            await clock.work(FAILURE_S)
            raise
