"""Defects about operations that are run again, and about the route of their results."""

from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import HTTPException

from embedded_ktrdr.backend import app, operation_routes
from embedded_ktrdr.backend.dispatch import Dispatch, Job
from embedded_ktrdr.backend.operations import Operations
from embedded_ktrdr.defects.defect import defect, patch
from embedded_ktrdr.defects.routes import patch_route
from embedded_ktrdr.operations import (
    OperationInfo,
    OperationMetadata,
    OperationStatus,
    OperationStatusResponse,
    new_operation,
)

AREA = "operations"
RUNS, REFUSED = "retry-runs", "retry-refused"
UNREADABLE, READABLE, METRICS = "results-refused", "results-readable", "metrics-readable"
SHOWN = "its metrics, asked for alone, are those that its lookup shows"
# A lifecycle that goes back is seen by what watches every scenario.
GUARDS = "after the scenario: the guards of every scenario"
RETRY, RESULTS = "/operations/{operation_id}/retry", "/operations/{operation_id}/results"

Retry = Callable[[Operations, OperationInfo], Awaitable[OperationInfo]]
Route = Callable[[str], Awaitable[Any]]


@defect(
    "retry-stays-pending",
    "A retried operation waits for ever",
    (RUNS, "its worker knows it under the same id"),
    area=AREA,
    behaviour="a retried operation runs",
    shown_by="S",
)
def _retry_stays_pending() -> None:
    @patch(Operations, "retry")
    async def retry(_original: Retry, self: Operations, failed: OperationInfo) -> OperationInfo:
        again = new_operation(failed.operation_type, failed.metadata, retry=True)
        self.store.restore(again)
        self._orders[again.operation_id] = self._orders[failed.operation_id]
        return again


@defect(
    "retry-forgets-the-range",
    "A retried training takes all bars there are instead of the range asked for",
    (RUNS, "it asks for what the failed one asked for"),
    area=AREA,
    behaviour="a retried operation does the same work again",
)
def _retry_forgets_the_range() -> None:
    @patch(Dispatch, "_restart")
    async def restart(_original: object, self: Dispatch, order: dict[str, Any]) -> OperationInfo:
        job = Job.model_validate(order)
        kept = {part: value for part, value in job.body.items() if part not in ("start_date", "end_date")}
        asked = job.metadata.model_dump(exclude={"start_date", "end_date"})
        changed = {"body": kept, "metadata": OperationMetadata(**asked)}
        return await self.start(job.model_copy(update=changed), retry=True)


@defect(
    "retry-reopens-the-failed-one",
    "A retry shows the operation that has failed as running again",
    (RUNS, GUARDS),
    area=AREA,
    behaviour="what has failed stays failed, whatever is run again",
)
def _retry_reopens_the_failed_one() -> None:
    @patch(Operations, "retry")
    async def retry(original: Retry, self: Operations, failed: OperationInfo) -> OperationInfo:
        again = await original(self, failed)
        _reopen(self, failed, again.status)
        return again


@defect(
    "retry-of-anything",
    "An operation that has completed can be run again",
    (REFUSED, "I try to retry it"),
    area=AREA,
    behaviour="only what has failed can be run again",
)
def _retry_of_anything() -> None:
    kept = _operations()

    @patch_route(app, "operation_router", RETRY, "POST")
    async def route(original: Route, operation_id: str) -> Any:
        operation = await kept[0].lookup(operation_id)
        if operation is None or operation.status is not OperationStatus.COMPLETED:
            return await original(operation_id)
        return OperationStatusResponse(data=await kept[0].retry(operation))


@defect(
    "retry-of-the-cancelled",
    "An operation that was cancelled can be run again",
    ("retry-of-cancelled", "I try to retry it"),
    area=AREA,
    severity="minor",
    behaviour="only what has failed can be run again",
)
def _retry_of_the_cancelled() -> None:
    kept = _operations()

    @patch_route(app, "operation_router", RETRY, "POST")
    async def route(original: Route, operation_id: str) -> Any:
        operation = await kept[0].lookup(operation_id)
        if operation is None or operation.status is not OperationStatus.CANCELLED:
            return await original(operation_id)
        return OperationStatusResponse(data=await kept[0].retry(operation))


@defect(
    "refused-retry-reopens",
    "A retry that is refused shows the completed operation as waiting",
    (REFUSED, "it is still completed"),
    area=AREA,
    severity="blocker",
    behaviour="a retry that is refused changes nothing",
)
def _refused_retry_reopens() -> None:
    kept = _operations()

    @patch_route(app, "operation_router", RETRY, "POST")
    async def route(original: Route, operation_id: str) -> Any:
        try:
            return await original(operation_id)
        except HTTPException as error:
            operation = kept[0].store.get(operation_id)
            if error.status_code == 400 and operation is not None and operation.status.final:
                _reopen(kept[0], operation, OperationStatus.PENDING)
            raise


@defect(
    "refused-retry-without-id",
    "The refusal of a retry does not say of which operation",
    (REFUSED, "the message names the training"),
    area=AREA,
    severity="minor",
    behaviour="the refusal of a retry names the operation",
)
def _refused_retry_without_id() -> None:
    @patch_route(app, "operation_router", RETRY, "POST")
    async def route(original: Route, operation_id: str) -> Any:
        try:
            return await original(operation_id)
        except HTTPException as error:
            raise HTTPException(error.status_code, "Only failed operations can be retried") from None


@defect(
    "results-of-running-empty",
    "The results of an operation that still runs are there, and empty",
    (UNREADABLE, "I try to read its results"),
    area=AREA,
    behaviour="there are no results before the end",
)
def _results_of_running_empty() -> None:
    @patch_route(app, "operation_router", RESULTS, "GET")
    async def route(original: Route, operation_id: str) -> Any:
        try:
            return await original(operation_id)
        except HTTPException as error:
            if "running" not in error.detail:
                raise
            about = {"operation_id": operation_id, "operation_type": "backtesting", "status": "running"}
            return {"success": True, **about, "results": {}}


@defect(
    "results-refused-without-status",
    "The refusal of results does not say how far the operation is",
    (UNREADABLE, 'the message names "running"'),
    area=AREA,
    severity="minor",
    behaviour="the refusal of results names the status",
)
def _results_refused_without_status() -> None:
    @patch_route(app, "operation_router", RESULTS, "GET")
    async def route(original: Route, operation_id: str) -> Any:
        try:
            return await original(operation_id)
        except HTTPException as error:
            if error.status_code != 400:
                raise
            raise HTTPException(400, "Results are not available") from None


@defect(
    "results-route-empty",
    "The results of a training that has completed are empty where they are asked for",
    (READABLE, "its results can be read"),
    area=AREA,
    behaviour="what has completed has results",
    shown_by="S",
)
def _results_route_empty() -> None:
    @patch_route(app, "operation_router", RESULTS, "GET")
    async def route(original: Route, operation_id: str) -> Any:
        return {**await original(operation_id), "results": {}}


@defect(
    "metrics-without-the-last-epoch",
    "The metrics that are asked for alone leave out the last epoch",
    (METRICS, SHOWN),
    area=AREA,
    severity="minor",
    behaviour="the route of the metrics gives all of them",
)
def _metrics_without_the_last_epoch() -> None:
    @patch(operation_routes, "metrics_response")
    def response(original: Callable[..., Any], operation: OperationInfo, metrics: list[Any]) -> Any:
        return original(operation, metrics[: max(0, len(metrics) - 1)])


def _operations() -> list[Operations]:
    """The operations of the backend, once it has been made."""
    kept: list[Operations] = []

    @patch(app, "operation_router")
    def router(original: Callable[[Operations], Any], operations: Operations) -> Any:
        kept.append(operations)
        return original(operations)

    return kept


def _reopen(operations: Operations, operation: OperationInfo, status: OperationStatus) -> None:
    """Show an ended operation as one that has not; its worker is not asked any more."""
    operations._proxies.pop(operation.operation_id, None)
    operation.status, operation.completed_at, operation.error_message = status, None, None
