"""Defects about which operations the list shows, and what it says of them."""

from collections.abc import Awaitable, Callable
from typing import Any

from embedded_ktrdr.backend.operations import Operations
from embedded_ktrdr.defects.defect import defect, patch
from embedded_ktrdr.operations import (
    ListQuery,
    OperationInfo,
    OperationListResponse,
    OperationStatus,
    OperationStore,
    OperationSummary,
    OperationType,
    now,
)

AREA = "operations"
AGREES = "list-and-lookup-agree"

Page = Callable[[OperationStore, ListQuery], OperationListResponse]


@defect(
    "list-is-stale",
    "The list shows what the last lookup of each operation saw",
    (AGREES, "the list shows it as completed within 2 seconds"),
    area=AREA,
    behaviour="the list shows what has ended without a lookup",
    shown_by="S",
)
def _list_is_stale() -> None:
    @patch(Operations, "refresh_active")
    async def refresh(_original: Callable[..., Awaitable[None]], _self: Operations) -> None:
        pass


@defect(
    "list-counts-time-for-ever",
    "The duration in the list goes on growing after the end",
    (AGREES, "the list shows it as it shows itself when looked up"),
    area=AREA,
    severity="minor",
    behaviour="the duration in the list is that from start to end",
    shown_by="S",
)
def _list_counts_time_for_ever() -> None:
    @patch(OperationInfo, "summary")
    def summary(original: Callable[[OperationInfo], OperationSummary], self: OperationInfo) -> Any:
        began = self.started_at
        duration = None if began is None else (now() - began).total_seconds()
        return original(self).model_copy(update={"duration_seconds": duration})


@defect(
    "list-shows-a-share",
    "The list shows the progress as a share of one, not as a percentage",
    (AGREES, "the list shows it as it shows itself when looked up"),
    area=AREA,
    behaviour="the list shows the percentage that the lookup shows",
)
def _list_shows_a_share() -> None:
    @patch(OperationInfo, "summary")
    def summary(original: Callable[[OperationInfo], OperationSummary], self: OperationInfo) -> Any:
        return original(self).model_copy(update={"progress_percentage": self.progress.percentage / 100})


@defect(
    "list-type-ignored",
    "The list of one type shows the operations of every type",
    ("1.4#training", "every one of them is a training"),
    ("B2.1", "every one of them is a backtest"),
    area=AREA,
    behaviour="the list of a type shows operations of that type only",
)
def _list_type_ignored() -> None:
    @patch(OperationStore, "page")
    def page(original: Page, self: OperationStore, query: ListQuery) -> OperationListResponse:
        return original(self, query.model_copy(update={"operation_type": None}))


@defect(
    "list-second-filter-ignored",
    "The list of one type and one status shows every status",
    ("1.4#both", "every one of them is a completed training"),
    area=AREA,
    behaviour="filters of the list hold together",
)
def _list_second_filter_ignored() -> None:
    @patch(OperationStore, "page")
    def page(original: Page, self: OperationStore, query: ListQuery) -> OperationListResponse:
        if query.operation_type is not None:
            query = query.model_copy(update={"status": None})
        return original(self, query)


@defect(
    "list-of-failures-empty",
    "The list of what has failed on a worker is empty",
    ("list-failed", "the training is among them"),
    area=AREA,
    behaviour="the list of what has failed shows it, wherever it ran",
)
def _list_of_failures_empty() -> None:
    @patch(OperationStore, "page")
    def page(original: Page, self: OperationStore, query: ListQuery) -> OperationListResponse:
        found = original(self, query)
        if query.status is OperationStatus.FAILED:
            # What the backend did itself can fail; trainings and backtests cannot, it thinks.
            found.data = [each for each in found.data if each.operation_type is OperationType.DATA_LOAD]
            found.total_count = len(found.data)
        return found


@defect(
    "list-of-backtests-empty",
    "The list of backtests is empty",
    ("B2.1", "the backtest is among them"),
    area=AREA,
    behaviour="the list of a type shows what there is of it",
)
def _list_of_backtests_empty() -> None:
    @patch(OperationStore, "page")
    def page(original: Page, self: OperationStore, query: ListQuery) -> OperationListResponse:
        if query.operation_type is OperationType.BACKTESTING:
            # It is called otherwise where the filter looks.
            query = query.model_copy(update={"operation_type": OperationType.INDICATOR_COMPUTE})
        return original(self, query)


@defect(
    "list-forgets-the-completed",
    "What has completed leaves the list",
    ("1.4#completed", "the training is among them"),
    ("B2.1", "the backtest is among them"),
    area=AREA,
    behaviour="the list shows what has ended",
)
def _list_forgets_the_completed() -> None:
    @patch(OperationStore, "all")
    def every(original: Callable[[OperationStore], list[OperationInfo]], self: OperationStore) -> Any:
        return [each for each in original(self) if each.status is not OperationStatus.COMPLETED]

    _page_of_all()


@defect(
    "list-status-index-not-updated",
    "The list of what runs still holds what has completed",
    ("list-running", "once it has completed, within 120 seconds, it is no longer among them"),
    area=AREA,
    behaviour="what has completed leaves the list of what runs",
)
def _list_status_index_not_updated() -> None:
    indexed: dict[str, OperationStatus] = {}

    @patch(OperationStore, "begin")
    def begin(original: Callable[..., None], self: OperationStore, operation: OperationInfo) -> None:
        original(self, operation)
        indexed[operation.operation_id] = operation.status

    @patch(OperationInfo, "finish")
    def finish(original: Callable[..., bool], self: OperationInfo, status: Any, **more: Any) -> bool:
        # What a worker tells of comes another way.
        indexed[self.operation_id] = status
        return original(self, status, **more)

    @patch(OperationStore, "page")
    def page(original: Page, self: OperationStore, query: ListQuery) -> OperationListResponse:
        found = original(self, query)
        if query.status is OperationStatus.RUNNING:
            late = [
                each
                for each in self.all()
                if each.status is OperationStatus.COMPLETED and indexed[each.operation_id] is query.status
            ]
            found.data = [*(each.summary() for each in reversed(late)), *found.data][: query.limit]
        return found


@defect(
    "list-row-for-each-parameter",
    "An operation stands in the list once for each of its parameters",
    ("list-running", "there are at most 10 of them"),
    area=AREA,
    behaviour="each operation stands in the list once",
)
def _list_row_for_each_parameter() -> None:
    @patch(OperationStore, "page")
    def page(original: Page, self: OperationStore, query: ListQuery) -> OperationListResponse:
        found = original(self, query)
        joined = []
        for row in found.data:
            operation = self.get(row.operation_id)
            joined += [row] * max(1, len(operation.metadata.parameters) if operation else 0)
        found.data = joined
        return found


@defect(
    "list-activity-ignored",
    "The list of what is active shows what has ended, too",
    ("list-active", "every one of them is active"),
    area=AREA,
    behaviour="the list of what is active shows nothing that has ended",
)
def _list_activity_ignored() -> None:
    @patch(OperationStore, "page")
    def page(original: Page, self: OperationStore, query: ListQuery) -> OperationListResponse:
        return original(self, query.model_copy(update={"active_only": False}))


def _page_of_all() -> None:
    """Have a page made of what `all` gives."""

    @patch(OperationStore, "page")
    def page(original: Page, self: OperationStore, query: ListQuery) -> OperationListResponse:
        seen = OperationStore()
        for each in self.all():
            seen.restore(each)
        return original(seen, query)
