"""Defects about what a refusal says, and about refusals that do not come."""

import traceback
from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import HTTPException

from embedded_ktrdr.backend import app, operation_routes, trainings
from embedded_ktrdr.defects.defect import defect, patch
from embedded_ktrdr.defects.routes import patch_fields, patch_route
from embedded_ktrdr.operations import (
    ListQuery,
    OperationListResponse,
    OperationStatus,
    OperationStore,
)
from embedded_ktrdr.strategies import STRATEGIES, Strategy

AREA = "errors"
LOOKUP, UNKNOWN, INVALID = "4.2", "4.1", "training-invalid-strategy"
IS_REFUSED = "the request is refused as a client error"
NOT_FOUND = "it is reported as not found"
OPERATION = "/operations/{operation_id}"

Route = Callable[..., Awaitable[Any]]
Trainable = Callable[[str], Strategy]


@defect(
    "unknown-operation-internal-error",
    "The lookup of an unknown operation is answered as a failure of the service",
    (LOOKUP, NOT_FOUND),
    area=AREA,
    behaviour="an unknown operation is reported as not found",
)
def _unknown_operation_internal_error() -> None:
    @patch_route(app, "operation_router", OPERATION, "GET")
    async def route(original: Route, operation_id: str) -> Any:
        try:
            return await original(operation_id)
        except HTTPException as error:
            raise HTTPException(500, f"Failed to get operation: {error.detail}") from None


@defect(
    "unknown-operation-not-named",
    "The message about an unknown operation does not say which",
    (LOOKUP, 'the message names "nonexistent_operation_id_12345"'),
    area=AREA,
    severity="minor",
    behaviour="the message names the operation that is not known",
)
def _unknown_operation_not_named() -> None:
    @patch_route(app, "operation_router", OPERATION, "GET")
    async def route(original: Route, operation_id: str) -> Any:
        try:
            return await original(operation_id)
        except HTTPException:
            raise HTTPException(404, "Operation not found") from None


@defect(
    "health-worse-with-each-refusal",
    "The backend calls itself degraded once a lookup has found nothing",
    (LOOKUP, "the backend is still healthy"),
    area=AREA,
    severity="minor",
    behaviour="the fault of a caller leaves the backend healthy",
)
def _health_worse_with_each_refusal() -> None:
    counted: list[str] = []

    @patch_route(app, "operation_router", OPERATION, "GET")
    async def route(original: Route, operation_id: str) -> Any:
        try:
            return await original(operation_id)
        except HTTPException:
            counted.append(operation_id)
            raise

    @patch_route(app, "_identity", f"{app.PREFIX}/health", "GET")
    async def health(original: Route) -> Any:
        return {**await original(), **({"status": "degraded"} if counted else {})}


@defect(
    "cancel-of-unknown-called-success",
    "The cancel of an unknown operation is answered as if it were cancelled",
    ("unknown-operation#cancel", 'I try to cancel the unknown operation "nonexistent_operation_id_12345"'),
    area=AREA,
    behaviour="an unknown operation cannot be cancelled",
)
def _cancel_of_unknown_called_success() -> None:
    @patch_route(app, "operation_router", OPERATION, "DELETE")
    async def route(original: Route, operation_id: str, request: Any = None) -> Any:
        try:
            return await original(operation_id, request)
        except HTTPException as error:
            if error.status_code != 404:
                raise
            return {"success": True, "data": {"operation_id": operation_id, "status": "cancelled"}}


@defect(
    "retry-of-unknown-called-wrong",
    "The retry of an unknown operation is refused as if it had not failed",
    ("unknown-operation#retry", NOT_FOUND),
    area=AREA,
    severity="minor",
    behaviour="an unknown operation is reported as not found",
)
def _retry_of_unknown_called_wrong() -> None:
    @patch_route(app, "operation_router", f"{OPERATION}/retry", "POST")
    async def route(original: Route, operation_id: str) -> Any:
        try:
            return await original(operation_id)
        except HTTPException:
            raise HTTPException(400, f"Operation {operation_id} cannot be retried") from None


@defect(
    "results-of-unknown-show-a-trace",
    "The answer about results of an unknown operation holds a stack trace",
    ("unknown-operation#results", "the answer shows no stack trace"),
    area=AREA,
    behaviour="no answer holds a stack trace",
)
def _results_of_unknown_show_a_trace() -> None:
    @patch_route(app, "operation_router", f"{OPERATION}/results", "GET")
    async def route(original: Route, operation_id: str) -> Any:
        try:
            return await original(operation_id)
        except HTTPException as error:
            raise HTTPException(error.status_code, f"{error.detail}\n{traceback.format_exc()}") from None


@defect(
    "list-of-unknown-status-is-whole",
    "The list of a status that does not exist shows everything",
    ("bad-list#status-unknown", "I try to list the operations by status nonsense"),
    area=AREA,
    behaviour="a filter that means nothing is refused",
)
def _list_of_unknown_status_is_whole() -> None:
    patch_fields(operation_routes, "ListQuery", status=(str | None, None))

    @patch(OperationStore, "page")
    def page(original: Callable[..., Any], self: OperationStore, query: ListQuery) -> OperationListResponse:
        known = query.status in list(OperationStatus)
        status = OperationStatus(query.status) if query.status is not None and known else None
        found: OperationListResponse = original(self, query.model_copy(update={"status": status}))
        return found


@defect(
    "list-of-no-rows-internal-error",
    "A list limited to 0 operations is answered as a failure of the service",
    ("bad-list#limit-zero", IS_REFUSED),
    area=AREA,
    severity="minor",
    behaviour="a limit that cannot be is refused as the caller's fault",
)
def _list_of_no_rows_internal_error() -> None:
    patch_fields(operation_routes, "ListQuery", limit=(int, 10))

    @patch(OperationStore, "page")
    def page(original: Callable[..., Any], self: OperationStore, query: ListQuery) -> OperationListResponse:
        found: OperationListResponse = original(self, query)
        if divmod(found.total_count, query.limit)[0] < 0:  # the number of pages
            found.data = []
        return found


@defect(
    "unknown-strategy-internal-error",
    "A training with an unknown strategy is answered as a failure of the service",
    (UNKNOWN, IS_REFUSED),
    area=AREA,
    behaviour="an unknown strategy is refused as the caller's fault",
)
def _unknown_strategy_internal_error() -> None:
    @patch(trainings, "_trainable")
    def trainable(original: Trainable, name: str) -> Strategy:
        return original(name) if name in STRATEGIES else STRATEGIES[name]


@defect(
    "unknown-strategy-not-named",
    "The refusal of an unknown strategy does not say which",
    (UNKNOWN, 'the message names "nonexistent_strategy_xyz"'),
    area=AREA,
    severity="minor",
    behaviour="the message names the strategy that is not known",
)
def _unknown_strategy_not_named() -> None:
    @patch(trainings, "_trainable")
    def trainable(original: Trainable, name: str) -> Strategy:
        if name not in STRATEGIES:
            raise HTTPException(400, "Strategy file not found")
        return original(name)


@defect(
    "unknown-strategy-shows-a-trace",
    "The refusal of an unknown strategy holds a stack trace",
    (UNKNOWN, "the answer shows no stack trace"),
    area=AREA,
    behaviour="no answer holds a stack trace",
)
def _unknown_strategy_shows_a_trace() -> None:
    @patch(trainings, "_trainable")
    def trainable(original: Trainable, name: str) -> Strategy:
        try:
            return original(name)
        except HTTPException as error:
            raise HTTPException(error.status_code, f"{error.detail}\n{traceback.format_exc()}") from None


@defect(
    "invalid-strategy-trained",
    "A training with an invalid strategy is accepted",
    (INVALID, 'I ask for a training with the unknown strategy "invalid_missing_fuzzy_sets"'),
    area=AREA,
    behaviour="a strategy is checked before a training with it starts",
)
def _invalid_strategy_trained() -> None:
    @patch(trainings, "_trainable")
    def trainable(original: Trainable, name: str) -> Strategy:
        return STRATEGIES[name] if name in STRATEGIES else original(name)


@defect(
    "invalid-strategy-without-reason",
    "The refusal of an invalid strategy counts its faults but does not name them",
    (INVALID, 'the message names "ema_20"'),
    area=AREA,
    behaviour="the refusal of a strategy names what is wrong with it",
)
def _invalid_strategy_without_reason() -> None:
    @patch(trainings, "_trainable")
    def trainable(original: Trainable, name: str) -> Strategy:
        try:
            return original(name)
        except HTTPException as error:
            if isinstance(error.detail, dict):
                raise HTTPException(error.status_code, error.detail["message"]) from None
            raise
