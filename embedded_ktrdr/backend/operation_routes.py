"""/api/v1/operations (contract 2)."""

import logging
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query
from pydantic import BaseModel

from embedded_ktrdr.backend.operations import FinishedError, Operations
from embedded_ktrdr.operations import (
    ListQuery,
    OperationInfo,
    OperationListResponse,
    OperationMetricsResponse,
    OperationStatus,
    OperationStatusResponse,
    metrics_response,
)

log = logging.getLogger("ktrdr.api.endpoints.operations")


class CancelOperationRequest(BaseModel):
    """Optional body of DELETE; `force` is accepted and changes nothing, as in KTRDR."""

    reason: str | None = None
    force: bool = False


def operation_router(operations: Operations) -> APIRouter:
    """The routes of operations."""
    router = APIRouter(prefix="/operations", tags=["Operations"])
    told: set[str] = set()

    async def find(operation_id: str) -> OperationInfo:
        operation = await operations.lookup(operation_id)
        if operation is None:
            log.warning("Operation not found: %s", operation_id)
            raise HTTPException(404, f"Operation not found: {operation_id}")
        return operation

    @router.get("")
    async def list_operations(query: Annotated[ListQuery, Query()]) -> OperationListResponse:
        await operations.refresh_active()
        return operations.store.page(query)

    @router.get("/{operation_id}")
    async def get_operation_status(operation_id: str) -> OperationStatusResponse:
        operation = await find(operation_id)
        if operation.status.final and operation_id not in told:
            told.add(operation_id)  # not at every poll
            kind, outcome = operation.operation_type.value, operation.status.name
            log.info("🏁 OPERATION %s: %s (%s)", outcome, operation_id, kind)
        return OperationStatusResponse(data=operation)

    @router.delete("/{operation_id}")
    async def cancel_operation(
        operation_id: str, request: CancelOperationRequest | None = None
    ) -> dict[str, Any]:
        wish = request or CancelOperationRequest()
        log.info("Cancelling operation %s: reason='%s', force=%s", operation_id, wish.reason, wish.force)
        operation = await find(operation_id)
        if operation.status.final:
            raise _not_cancellable(operation)
        try:
            result = await operations.cancel(operation, wish.reason)
        except FinishedError:
            raise _not_cancellable(operation) from None
        log.info("Successfully cancelled operation: %s", operation_id)
        return {"success": True, "data": result}

    @router.post("/{operation_id}/retry")
    async def retry_operation(operation_id: str) -> OperationStatusResponse:
        operation = await find(operation_id)
        if operation.status is not OperationStatus.FAILED:
            shown = operation.status.shown
            raise HTTPException(400, f"Operation {operation_id} cannot be retried (status: {shown})")
        again = await operations.retry(operation)
        log.info("Created retry operation: %s (original: %s)", again.operation_id, operation_id)
        return OperationStatusResponse(data=again)

    @router.get("/{operation_id}/results")
    async def get_operation_results(operation_id: str) -> dict[str, Any]:
        operation = await find(operation_id)
        if operation.status not in (OperationStatus.COMPLETED, OperationStatus.FAILED):
            status = operation.status.value
            raise HTTPException(400, f"Operation not finished (status: {status})")
        return {
            "success": True,
            "operation_id": operation_id,
            "operation_type": operation.operation_type.value,
            "status": operation.status.value,
            "results": operation.result_summary or {},
        }

    @router.get("/{operation_id}/metrics")
    async def get_operation_metrics(operation_id: str) -> OperationMetricsResponse:
        operation = await find(operation_id)
        return metrics_response(operation, operation.epochs)

    return router


def _not_cancellable(operation: OperationInfo) -> HTTPException:
    operation_id, shown = operation.operation_id, operation.status.shown
    log.warning("Cannot cancel - operation already finished: %s (status: %s)", operation_id, shown)
    return HTTPException(400, f"Operation {operation_id} cannot be cancelled (status: {shown})")
