"""The HTTP side that every worker has (contract 1.1 and 6.3)."""

import asyncio
import logging
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Annotated, Any

from fastapi import FastAPI, HTTPException, Query
from fastapi.responses import PlainTextResponse

from embedded_ktrdr.operations import (
    ListQuery,
    OperationInfo,
    OperationListResponse,
    OperationMetadata,
    OperationMetricsResponse,
    OperationStatusResponse,
    metrics_response,
    new_operation,
    now,
)
from embedded_ktrdr.pace import Pace
from embedded_ktrdr.telemetry import prometheus_text
from embedded_ktrdr.worker.desk import Desk, Kind, Work
from embedded_ktrdr.worker.registration import Place, Registration

REGISTRATION_HEAD_START_S = 0.2

BUSY = (
    "Service temporarily unavailable: Maximum concurrent sessions (1) reached. Please try again in a moment."
)

log = logging.getLogger("ktrdr.workers.base")


def create_worker(kind: Kind, place: Place, pace: Pace) -> tuple[FastAPI, Desk]:
    """A worker without a route to start anything, and its desk."""
    desk = Desk(kind, pace.speed)
    registration = Registration(place, desk, pace)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        keeping_up = asyncio.create_task(registration.keep_up())
        # Where the backend runs already, a worker that answers is one that has registered.
        with suppress(TimeoutError):
            await asyncio.wait_for(registration.done.wait(), REGISTRATION_HEAD_START_S)
        yield
        keeping_up.cancel()
        desk.stop()

    app = FastAPI(title=kind.title, version="1.0.0", lifespan=lifespan, strict_content_type=False)
    _add_identity(app, place.worker_id, desk, registration)
    _add_operations(app, desk)
    return app, desk


def begin(
    desk: Desk, metadata: OperationMetadata, work: Work, operation_id: str | None = None
) -> OperationInfo:
    """Start work on a request; 503 while the worker is busy, 409 if it has an operation of that id."""
    kind = desk.kind
    operation_id = operation_id or f"worker_{kind.word}_{uuid.uuid4().hex[:12]}"
    if desk.operations.get(operation_id) is not None:
        raise HTTPException(409, f"Session conflict: Session {operation_id} already exists")
    if desk.current is not None:
        raise HTTPException(503, BUSY)
    operation = new_operation(kind.operation_type, metadata, operation_id=operation_id)
    desk.start(operation, work)
    return operation


def timestamp() -> str:
    """The present moment as workers write it: UTC, without a zone."""
    return now().replace(tzinfo=None).isoformat()


def _add_identity(app: FastAPI, worker_id: str, desk: Desk, registration: Registration) -> None:
    kind = desk.kind

    @app.get("/health")
    async def health_check() -> dict[str, Any]:
        registration.note_check()
        current = desk.current
        return {
            "healthy": True,
            "service": kind.health,
            "timestamp": timestamp(),
            "status": "operational",
            "worker_status": "idle" if current is None else "busy",
            "current_operation": None if current is None else current.operation_id,
        }

    @app.get("/")
    async def root() -> dict[str, Any]:
        return {
            "service": kind.title,
            "version": "1.0.0",
            "status": "running",
            "timestamp": timestamp(),
            "worker_id": worker_id,
        }

    @app.get("/metrics", response_class=PlainTextResponse)
    async def metrics() -> PlainTextResponse:
        return prometheus_text()


def _add_operations(app: FastAPI, desk: Desk) -> None:
    def find(operation_id: str) -> OperationInfo:
        operation = desk.operations.get(operation_id)
        if operation is None:
            log.warning("Operation not found: %s", operation_id)
            raise HTTPException(404, f"Operation not found: {operation_id}")
        return operation

    @app.get("/api/v1/operations")
    async def list_operations(query: Annotated[ListQuery, Query()]) -> OperationListResponse:
        return desk.operations.page(query)

    @app.get("/api/v1/operations/{operation_id}")
    async def get_operation_status(operation_id: str, force_refresh: bool = False) -> OperationStatusResponse:
        del force_refresh  # nothing is cached here
        return OperationStatusResponse(data=find(operation_id))

    @app.get("/api/v1/operations/{operation_id}/metrics")
    async def get_operation_metrics(
        operation_id: str, cursor: Annotated[int, Query(ge=0)] = 0
    ) -> OperationMetricsResponse:
        operation = find(operation_id)
        epochs = operation.epochs
        # A pair of the entries after the cursor and the next cursor: KTRDR's own form.
        return metrics_response(operation, [epochs[cursor:], len(epochs)], cursor=cursor)

    @app.delete("/api/v1/operations/{operation_id}/cancel")
    async def cancel_operation(operation_id: str, reason: str | None = None) -> dict[str, Any]:
        operation = desk.operations.get(operation_id)
        if operation is None:
            return _refused(f"Operation not found: {operation_id}")
        if not desk.cancel(operation, reason):
            return _refused(
                f"Operation {operation_id} is already finished (status: {operation.status.shown})"
            )
        log.info("Successfully cancelled operation: %s", operation_id)
        return {"success": True, "data": operation.cancel_result(reason)}


def _refused(error: str) -> dict[str, Any]:
    return {"success": True, "data": {"success": False, "error": error}}
