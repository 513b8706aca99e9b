"""Defects about operations that are cancelled."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from embedded_ktrdr.backend.dispatch import Dispatch, Job, NoWorkerError
from embedded_ktrdr.backend.operations import Operations
from embedded_ktrdr.backend.registry import Worker
from embedded_ktrdr.defects.defect import defect, patch
from embedded_ktrdr.operations import (
    DEFAULT_CANCEL_MESSAGE,
    OperationInfo,
    OperationStatus,
    fail,
    new_operation,
)
from embedded_ktrdr.worker import backtest
from embedded_ktrdr.worker.desk import Desk

AREA = "lifecycle"
TRAINING, BACKTEST, AT_ONCE, ENDED = "1.3", "B3.4", "cancel-at-once", "cancel-after-the-end"
CANCELLED = "it is cancelled within 10 seconds"
STAYS = "it is still cancelled, at the backend and at its worker, when it would have ended by itself"
STANDS = "its progress has stood still since"

# Until a worker is asked, where nobody waits for it.
LATER_S = 0.2

CancelAtWorker = Callable[[Desk, OperationInfo, str | None], bool]
Cancel = Callable[..., Awaitable[dict[str, Any]]]


def _only_mark(operation: OperationInfo, reason: str | None) -> bool:
    return operation.finish(OperationStatus.CANCELLED, error=reason or DEFAULT_CANCEL_MESSAGE)


@defect(
    "cancelled-work-goes-on",
    "A worker calls an operation cancelled and goes on with it",
    (TRAINING, STANDS),
    (BACKTEST, STANDS),
    area=AREA,
    severity="blocker",
    behaviour="a cancel stops the work",
)
def _cancelled_work_goes_on() -> None:
    @patch(Desk, "cancel")
    def cancel(_original: CancelAtWorker, _self: Desk, operation: OperationInfo, reason: str | None) -> bool:
        return _only_mark(operation, reason)


@defect(
    "cancelled-backtest-trades-on",
    "A backtest does not look whether it has been cancelled, and goes through the rest of its bars",
    (BACKTEST, STANDS),
    area=AREA,
    severity="blocker",
    behaviour="a cancel stops the work",
)
def _cancelled_backtest_trades_on() -> None:
    @patch(Desk, "cancel")
    def cancel(original: CancelAtWorker, self: Desk, operation: OperationInfo, reason: str | None) -> bool:
        if self.kind is backtest.KIND:
            return _only_mark(operation, reason)
        return original(self, operation, reason)


@defect(
    "cancelled-work-completes-later",
    "A worker goes on with a cancelled operation and in the end calls it completed",
    (TRAINING, STAYS),
    (AT_ONCE, STAYS),
    area=AREA,
    severity="blocker",
    behaviour="a cancelled operation stays cancelled",
    shown_by="S",
)
def _cancelled_work_completes_later() -> None:
    @patch(Desk, "cancel")
    def cancel(_original: CancelAtWorker, _self: Desk, operation: OperationInfo, reason: str | None) -> bool:
        return _only_mark(operation, reason)

    @patch(OperationInfo, "finish")
    def finish(
        original: Callable[..., bool], self: OperationInfo, status: OperationStatus, **more: Any
    ) -> bool:
        if (self.status, status) == (OperationStatus.CANCELLED, OperationStatus.COMPLETED):
            self.status = OperationStatus.RUNNING
        return original(self, status, **more)


@defect(
    "cancel-not-passed-on",
    "The backend cancels an operation for itself and does not tell its worker",
    (TRAINING, STAYS),
    (BACKTEST, STAYS),
    area=AREA,
    severity="blocker",
    behaviour="a cancel reaches the worker",
)
def _cancel_not_passed_on() -> None:
    @patch(Operations, "_cancel_with")
    async def cancel_with(_original: object, *_arguments: Any) -> bool:
        return True


@defect(
    "cancel-overtakes-dispatch",
    "A cancel that comes before the worker has its work is not passed on, and the work is done",
    (AT_ONCE, STAYS),
    area=AREA,
    severity="blocker",
    behaviour="an operation can be cancelled from the moment that its id is known",
    shown_by="S",
)
def _cancel_overtakes_dispatch() -> None:
    dispatching: set[asyncio.Task[None]] = set()

    async def dispatch(self: Dispatch, operation: OperationInfo, job: Job) -> None:
        await asyncio.sleep(LATER_S)
        try:
            worker: Worker = await self._dispatch(operation.operation_id, job)
        except NoWorkerError:
            fail(operation, f"No {job.kind.word.lower()} workers available")
            return
        if not operation.status.final:
            self._operations.add(operation, job, worker)

    @patch(Dispatch, "start")
    async def start(_original: object, self: Dispatch, job: Job, *, retry: bool = False) -> OperationInfo:
        operation = new_operation(job.operation_type, job.metadata, retry=retry)
        operation.progress = job.progress
        self._operations.store.begin(operation)
        self._operations._orders[operation.operation_id] = job.model_dump(mode="json")
        task = asyncio.create_task(dispatch(self, operation, job))
        dispatching.add(task)
        task.add_done_callback(dispatching.discard)
        return operation


@defect(
    "cancelled-turns-failed",
    "The work that a cancel has stopped reports a failure, and the operation is called failed",
    (TRAINING, STAYS),
    area=AREA,
    behaviour="a cancelled operation stays cancelled",
    shown_by="N",
)
def _cancelled_turns_failed() -> None:
    @patch(Desk, "_run")
    async def run(
        original: Callable[..., Awaitable[None]], self: Desk, operation: OperationInfo, work: Any
    ) -> None:
        await original(self, operation, work)
        if operation.status is OperationStatus.CANCELLED:
            operation.status = OperationStatus.FAILED
            operation.error_message = "Training operation cancelled"


@defect(
    "cancelled-without-end-time",
    "A cancelled operation does not say when it ended",
    (TRAINING, "the backend states when it ended"),
    area=AREA,
    severity="minor",
    behaviour="every operation that has ended says when",
)
def _cancelled_without_end_time() -> None:
    @patch(Operations, "cancel")
    async def cancel(
        original: Cancel, self: Operations, operation: OperationInfo, reason: str | None
    ) -> dict[str, Any]:
        answer = await original(self, operation, reason)
        operation.completed_at = None
        return answer


@defect(
    "cancelled-at-100-percent",
    "A cancelled operation is shown at 100 %, as if it had been done",
    (TRAINING, CANCELLED),
    area=AREA,
    severity="minor",
    behaviour="a cancelled operation stays at the percentage that it had come to",
)
def _cancelled_at_100_percent() -> None:
    @patch(OperationInfo, "finish")
    def finish(
        original: Callable[..., bool], self: OperationInfo, status: OperationStatus, **more: Any
    ) -> bool:
        ended = original(self, status, **more)
        if ended:
            self.progress = self.progress.model_copy(update={"percentage": 100.0})
        return ended


@defect(
    "progress-reset-after-cancel",
    "Some time after its cancel an operation is shown at the beginning again",
    (TRAINING, STANDS),
    area=AREA,
    severity="minor",
    behaviour="the progress of a cancelled operation stands still",
)
def _progress_reset_after_cancel() -> None:
    @patch(Operations, "watch_for_ever")
    async def watch(_original: object, self: Operations) -> None:
        while True:
            await asyncio.sleep(self._pace.health_sweep_s)
            await self.refresh_active()
            for each in self.store.all():
                if each.status is OperationStatus.CANCELLED:
                    each.progress = each.progress.model_copy(update={"percentage": 0.0, "items_processed": 0})
            await self._end_strays()


@defect(
    "cancelled-counted-as-lost",
    "A cancelled operation is called failed some time later, because no worker works at it",
    (TRAINING, STAYS),
    (BACKTEST, STAYS),
    area=AREA,
    severity="blocker",
    behaviour="a cancelled operation stays cancelled",
)
def _cancelled_counted_as_lost() -> None:
    @patch(Operations, "_end_strays")
    async def end_strays(original: Callable[..., Awaitable[None]], self: Operations) -> None:
        await original(self)
        for each in self.store.all():
            if each.status is OperationStatus.CANCELLED and each.operation_id in self._proxies:
                each.status = OperationStatus.FAILED
                each.error_message = "Operation was RUNNING but no worker claimed it"
