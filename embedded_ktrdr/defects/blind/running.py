"""Faults in what the backend knows of its operations: their list, their ids, their ends, their logs."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from embedded_ktrdr.backend import dispatch, downloads, dummy
from embedded_ktrdr.backend import operations as backend_operations
from embedded_ktrdr.backend.operations import Operations
from embedded_ktrdr.defects.defect import defect, patch
from embedded_ktrdr.operations import (
    ListQuery,
    OperationInfo,
    OperationListResponse,
    OperationStatus,
    OperationStore,
    log,
)
from embedded_ktrdr.worker import desk

Original = Callable[..., Any]


@defect(
    "page-ends-at-the-limit",
    "Paging through the operations, I get nothing after the first page.",
    ("list-second-page", "there are exactly 5 of them"),
    area="operations",
    behaviour="GET /operations with an offset lists up to `limit` operations from there on, newest first.",
    blind="first",
)
def _page_ends_at_the_limit() -> None:
    @patch(OperationStore, "page")
    def page(original: Original, store: OperationStore, query: ListQuery) -> OperationListResponse:
        # The slice runs from the offset to the limit, not to the offset and the limit.
        answer: OperationListResponse = original(store, query.model_copy(update={"offset": 0}))
        answer.data = answer.data[query.offset :]
        return answer


@defect(
    "id-from-the-clock",
    "I started two operations at once and got the same id for both; the first one is gone.",
    # The next second may begin between two starts; it does not in both scenarios.
    ("stress-at-once", "I start 5 progress backtests at the same moment"),
    ("next-work-at-once", "every backtest worker has just completed its work"),
    area="identity",
    severity="blocker",
    behaviour="Every operation has an id of its own, which ends in eight random hexadecimal digits.",
    blind="first",
)
def _id_from_the_clock() -> None:
    for module in (dispatch, downloads, dummy):

        @patch(module, "new_operation")
        def new_operation(original: Original, *arguments: Any, **options: Any) -> OperationInfo:
            operation: OperationInfo = original(*arguments, **options)
            # The digits are the second, so they are random to nobody who starts two in it.
            operation.operation_id = (
                f"{operation.operation_id[:-8]}{int(operation.created_at.timestamp()):08x}"
            )
            return operation


@defect(
    "cancel-reason-lost",
    "I gave a reason with my cancel, and it stands nowhere.",
    ("cancel-with-reason", 'the cancel is answered with the reason "wrong strategy"'),
    area="lifecycle",
    severity="minor",
    behaviour="A cancel answers with the reason it was given, which is then the operation's error message.",
    blind="first",
)
def _cancel_reason_lost() -> None:
    @patch(Operations, "cancel")
    def cancel(original: Original, operations: Operations, operation: OperationInfo, reason: str) -> Any:
        del reason  # the body is read, but not handed on
        return original(operations, operation, None)


@defect(
    "finished-state-not-kept",
    "After a restart of the backend a download that was complete is shown as failed, without its result.",
    ("backend-remembers-download", "it is still completed"),
    area="lifecycle",
    behaviour="A finished operation is after a restart of the backend as it was before (generation H).",
    blind="first",
)
def _finished_state_not_kept() -> None:
    @patch(Operations, "_keep")
    def keep(original: Original, operations: Operations, operation: OperationInfo) -> None:
        # Written while it runs, but not once more at its end.
        if not operation.status.final:
            original(operations, operation)


@defect(
    "cancelled-download-still-saves",
    "I cancelled a download, and minutes later its bars were in the cache all the same.",
    ("download-cancel", "it is still cancelled when it would have ended by itself"),
    ("download-cancel", "its progress has stood still since"),
    area="downloads",
    severity="blocker",
    behaviour="A cancel stops the work of a download at its next look, and answers task_cancelled: true.",
    blind="first",
)
def _cancelled_download_still_saves() -> None:
    forgotten: set[asyncio.Task[None]] = set()

    @patch(Operations, "cancel")
    async def cancel(
        original: Original, operations: Operations, operation: OperationInfo, reason: Any
    ) -> Any:
        # The task is taken off the list before it is looked for there.
        task = operations._tasks.pop(operation.operation_id, None)
        if task is not None:
            forgotten.add(task)
            task.add_done_callback(forgotten.discard)
        return await original(operations, operation, reason)


@defect(
    "last-epochs-missing",
    "My training of ten epochs is complete, but its metrics end some epochs before.",
    ("3.3", "the backend lists 10 epochs of it"),
    ("training-metrics-per-epoch", "the backend lists 10 epochs of it"),
    area="trainings",
    behaviour="The metrics of a completed training hold an entry for each of its epochs.",
    blind="first",
)
def _last_epochs_missing() -> None:
    @patch(Operations, "_ask_worker")
    async def ask_worker(
        original: Original, operations: Operations, operation: OperationInfo, proxy: Any
    ) -> None:
        before = operation.metrics
        await original(operations, operation, proxy)
        # Metrics are copied while it runs; the answer that says that it has ended brings only the result.
        if operation.status.final:
            operation.metrics = before


@defect(
    "status-cached-for-a-minute",
    "The worker has finished, but the backend shows my operation as running for up to a minute more.",
    ("end-is-shown-soon", "it completes within 2 seconds"),
    area="timing",
    behaviour="The backend asks a worker again once its last answer is older than the cache time: a second.",
    blind="first",
)
def _status_cached_for_a_minute() -> None:
    @patch(Operations, "_refresh")
    async def refresh(
        original: Original, operations: Operations, operation: OperationInfo, proxy: Any
    ) -> None:
        await original(operations, operation, proxy)
        # The setting is in seconds and read as minutes.
        proxy.asked_at += 59 * operations._pace.cache_ttl_s


@defect(
    "completed-logged-for-failures",
    "The log says 'Completed operation' of operations that failed or were cancelled.",
    ("logs-of-a-failure", "the log of its worker shows no completion of it"),
    ("logs-cancel-is-no-completion", "the log of its worker shows no completion of it"),
    area="logs",
    severity="minor",
    behaviour="'Completed operation: ID' is logged for an operation that has completed, and for no other.",
    blind="first",
)
def _completed_logged_for_failures() -> None:
    for module in (desk, backend_operations):

        @patch(module, "carry_out")
        async def carry_out(
            original: Original, operation: OperationInfo, work: Awaitable[dict[str, Any]]
        ) -> None:
            # The line stands in a finally.
            try:
                await original(operation, work)
            finally:
                if operation.status is not OperationStatus.COMPLETED:
                    log.info("Completed operation: %s", operation.operation_id)
