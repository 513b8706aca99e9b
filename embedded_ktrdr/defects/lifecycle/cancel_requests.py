"""Defects about what a request to cancel is answered with."""

from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import HTTPException

from embedded_ktrdr.backend import operation_routes
from embedded_ktrdr.backend.operations import Operations
from embedded_ktrdr.defects.defect import defect, patch
from embedded_ktrdr.operations import DEFAULT_CANCEL_MESSAGE, OperationInfo, OperationStatus, now

AREA = "lifecycle"
ENDED = "cancel-after-the-end"
CANCELLED = "it is cancelled within 10 seconds"

Cancel = Callable[..., Awaitable[dict[str, Any]]]


@defect(
    "cancel-only-acknowledged",
    "A cancel is answered as done, and the operation runs on",
    ("1.3", CANCELLED),
    area=AREA,
    severity="blocker",
    behaviour="what is acknowledged as cancelled is cancelled",
)
def _cancel_only_acknowledged() -> None:
    @patch(Operations, "cancel")
    async def cancel(
        _original: Cancel, _self: Operations, operation: OperationInfo, reason: str | None
    ) -> dict[str, Any]:
        asked = operation.model_copy()
        asked.finish(OperationStatus.CANCELLED, error=reason or DEFAULT_CANCEL_MESSAGE)
        return asked.cancel_result(reason, remote=True)


@defect(
    "refused-cancel-overwrites",
    "A cancel of a completed operation is refused, but the operation is cancelled from then on",
    (ENDED, "it is still completed"),
    area=AREA,
    severity="blocker",
    behaviour="an operation that has ended stays as it ended",
)
def _refused_cancel_overwrites() -> None:
    @patch(operation_routes, "_not_cancellable")
    def refuse(original: Callable[..., HTTPException], operation: OperationInfo) -> HTTPException:
        refusal = original(operation)
        operation.status = OperationStatus.CANCELLED
        operation.completed_at = now()
        return refusal


@defect(
    "cancel-refusal-without-id",
    "The refusal of a cancel does not say which operation",
    (ENDED, "the message names the training"),
    area=AREA,
    severity="minor",
    behaviour="a refusal names the operation",
)
def _cancel_refusal_without_id() -> None:
    @patch(operation_routes, "_not_cancellable")
    def refuse(original: Callable[..., HTTPException], operation: OperationInfo) -> HTTPException:
        refusal = original(operation)
        return HTTPException(400, refusal.detail.replace(f" {operation.operation_id}", ""))


@defect(
    "cancel-of-ended-is-internal-error",
    "A cancel of a completed operation is an internal error",
    (ENDED, "the request is refused as a client error"),
    area=AREA,
    behaviour="a cancel of what has ended is refused as a client error",
)
def _cancel_of_ended_is_internal_error() -> None:
    @patch(operation_routes, "_not_cancellable")
    def refuse(_original: object, operation: OperationInfo) -> HTTPException:
        return HTTPException(500, f"Failed to cancel operation {operation.operation_id}")


@defect(
    "results-refusal-without-status",
    "The refusal of a cancelled operation's results does not say that it is cancelled",
    ("B2.3", 'the message names "cancelled"'),
    area=AREA,
    severity="minor",
    behaviour="a refusal of results names the status",
)
def _results_refusal_without_status() -> None:
    @patch(operation_routes, "HTTPException")
    def refusal(original: type[HTTPException], status: int, detail: str) -> HTTPException:
        return original(status, detail.replace(" (status: cancelled)", ""))
