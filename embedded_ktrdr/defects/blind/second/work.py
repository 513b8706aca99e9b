"""Operations and who does them: lists, cancels, polls, silent workers, restarts, trainings and backtests."""

from collections.abc import Callable
from typing import Any

from embedded_ktrdr.backend import backtests, trainings
from embedded_ktrdr.backend.dispatch import Job
from embedded_ktrdr.backend.downloads import Downloads
from embedded_ktrdr.backend.operations import Operations
from embedded_ktrdr.backend.registry import Worker
from embedded_ktrdr.backend.state import Record, State
from embedded_ktrdr.defects.defect import defect, patch
from embedded_ktrdr.operations import (
    ListQuery,
    OperationInfo,
    OperationListResponse,
    OperationProgress,
    OperationStore,
    OperationSummary,
    OperationType,
)
from embedded_ktrdr.worker import backtest

Original = Callable[..., Any]


@defect(
    "filter-only-within-the-page",
    "I asked for the failed operations and got only those that were among the newest ten.",
    ("1.4#completed", "the list counts as many as there are"),
    ("1.4#training", "the list counts as many as there are"),
    ("1.4#both", "the list counts as many as there are"),
    area="operations",
    behaviour="The list filters first and pages then: total_count is what matches, whatever came after it.",
    blind="second",
)
def filter_only_within_the_page() -> None:
    """Filters applied to the rows of a page that is already cut."""

    @patch(OperationStore, "page")
    def page(original: Original, store: OperationStore, query: ListQuery) -> OperationListResponse:
        every = {"status": None, "operation_type": None, "active_only": False}
        cut: OperationListResponse = original(store, query.model_copy(update=every))
        if all(getattr(query, name) == value for name, value in every.items()):
            return cut

        def asked_for(row: OperationSummary) -> bool:
            return (
                query.status in (None, row.status)
                and query.operation_type in (None, row.operation_type)
                and not (query.active_only and row.status.final)
            )

        rows = list(filter(asked_for, cut.data))
        return cut.model_copy(update={"data": rows, "total_count": len(rows)})


@defect(
    "cancel-sent-to-the-latest-worker",
    "I started two trainings and cancelled the first; it was shown as cancelled, but its worker trained on.",
    ("cancel-one-of-a-kind", "its worker shows it as cancelled too within 5 seconds"),
    area="lifecycle",
    severity="blocker",
    behaviour="A cancel stops the work at the worker that does it (remote_cancelled true), and only there.",
    blind="second",
)
def cancel_sent_to_the_latest_worker() -> None:
    """One adapter for each kind of work, whose address every dispatch overwrites."""
    address: dict[OperationType, str] = {}

    @patch(Operations, "add")
    def add(
        original: Original, operations: Operations, operation: OperationInfo, order: Job, at: Worker
    ) -> None:
        original(operations, operation, order, at)
        address[operation.operation_type] = at.endpoint_url

    @patch(Operations, "_cancel_at_worker")
    def cancel(
        original: Original, operations: Operations, operation_id: str, url: str, why: str | None
    ) -> Any:
        operation = operations.store.get(operation_id)
        if operation is not None:
            url = address.get(operation.operation_type, url)
        return original(operations, operation_id, url, why)


@defect(
    "retry-without-the-dates",
    "I retried a failed download of 2023 and it fetched the last thirty days instead.",
    ("retry-of-download", "it asks for what the failed one asked for"),
    area="lifecycle",
    behaviour="A retry is the same order as a new operation: symbol, timeframe, mode and both dates.",
    blind="second",
)
def retry_without_the_dates() -> None:
    """An order that is made again from some of its fields."""

    @patch(Downloads, "_restart")
    def restart(original: Original, downloads: Downloads, order: dict[str, Any]) -> Any:
        names = ("symbol", "timeframe", "mode")
        return original(downloads, {name: order[name] for name in names})


@defect(
    "poll-interval-only-grows",
    "I watched a long training and its progress came ever later, at last half a minute behind its worker.",
    ("1.2", "I have seen at least 10 different percentages"),
    ("end-is-shown-soon", "it completes within 2 seconds"),
    area="timing",
    behaviour="A lookup asks the worker again once the cache is older than its TTL of one second.",
    blind="second",
)
def poll_interval_only_grows() -> None:
    """A backoff meant for workers that do not answer, after answers too, and never reset."""
    waits: dict[str, float] = {}

    @patch(Operations, "_refresh")
    async def refresh(
        original: Original, operations: Operations, operation: OperationInfo, proxy: Any
    ) -> None:
        await original(operations, operation, proxy)
        operation_id = operation.operation_id
        waits[operation_id] = 2 * waits.get(operation_id, 1.0 / operations._pace.speed)
        proxy.asked_at += waits[operation_id]


@defect(
    "one-missed-answer-fails-the-operation",
    "My worker could not be reached for a few seconds and its training was called failed, though it went on.",
    ("network-cut", "the backend shows it as running for 4 seconds"),
    ("worker-dies", "the backend shows it as running for 1 second"),
    area="faults",
    severity="blocker",
    behaviour=(
        "While a worker cannot be reached its operation is shown as last known, with 200; only after a long "
        "silence (60 s at H) does it fail."
    ),
    blind="second",
)
def one_missed_answer_fails_the_operation() -> None:
    """A silence whose begin is not noted when it begins."""

    @patch(Operations, "_note_silence")
    def note(original: Original, operations: Operations, operation: OperationInfo, proxy: Any) -> None:
        proxy.silent_since = proxy.silent_since or 0.0
        original(operations, operation, proxy)


@defect(
    "restart-forgets-who-works",
    "I restarted the backend during a training and it was called failed, though its worker completed it.",
    ("backend-restarts#gently", "it completes within 120 seconds"),
    ("backend-restarts#killed", "it completes within 120 seconds"),
    area="faults",
    severity="blocker",
    behaviour=(
        "After a restart of the backend what runs on workers is taken up again; only what the backend did "
        "itself has failed."
    ),
    blind="second",
)
def restart_forgets_who_works() -> None:
    """A record without the columns of the worker."""

    @patch(State, "keep")
    def keep(original: Original, state: State, record: Record) -> None:
        original(state, record.model_copy(update={"worker_id": None, "url": ""}))


@defect(
    "training-takes-the-first-symbol-only",
    "I trained on two symbols and the result had learnt from the first one only.",
    ("training-two-symbols", "the result at its worker counts 500 samples, give or take 10 %"),
    area="trainings",
    behaviour="A training uses every symbol asked for: data_summary names all and counts the samples of all.",
    blind="second",
)
def training_takes_the_first_symbol_only() -> None:
    """The symbol that the metadata shows, taken for what the worker is asked for."""

    @patch(trainings, "_job")
    def job(original: Original, request: trainings.TrainingRequest) -> Job:
        made: Job = original(request)
        made.body["symbols"] = [made.metadata.symbol]
        return made


@defect(
    "backtest-costs-not-passed-on",
    "I backtested with a commission of 1 % and got the same profit as without one.",
    ("backtest-commission", "the result at its worker repeats a commission of 2 %"),
    ("backtest-commission-costs", "it returned less than the one before it"),
    area="backtests",
    behaviour="commission and slippage of the request reach the backtest; the result's config shows them.",
    blind="second",
)
def backtest_costs_not_passed_on() -> None:
    """A worker's request that is built field by field, with two left out: the worker has defaults."""

    @patch(backtests, "_job")
    def job(original: Original, request: Any) -> Job:
        made: Job = original(request)
        for name in ("commission", "slippage"):
            del made.body[name]
        return made


@defect(
    "backtest-progress-as-a-share",
    "I watched a backtest and it stood below 1 % until it was suddenly done.",
    ("B1.2", "at least one of them was between 10 % and 90 %"),
    area="backtests",
    behaviour="progress.percentage of a backtest goes from 0 to 100, as bars done of all bars.",
    blind="second",
)
def backtest_progress_as_a_share() -> None:
    """A share from 0 to 1 where percent are meant."""

    @patch(backtest, "OperationProgress")
    def progress(original: Original, percentage: float = 0.0, **more: Any) -> OperationProgress:
        shown: OperationProgress = original(percentage=percentage / 100.0, **more)
        return shown
