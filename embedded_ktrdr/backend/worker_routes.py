"""/api/v1/workers (contract 1.2)."""

import logging
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel

from embedded_ktrdr.backend.registry import Registry, WorkerStatus, WorkerType

log = logging.getLogger("ktrdr.api.endpoints.workers")


class WorkerRegistrationRequest(BaseModel):
    """Body of POST /workers/register."""

    worker_id: str
    worker_type: WorkerType
    endpoint_url: str
    capabilities: dict[str, Any] | None = None
    current_operation_id: str | None = None


def worker_router(registry: Registry) -> APIRouter:
    """The routes of workers."""
    router = APIRouter(prefix="/workers", tags=["Workers"])

    @router.get("")
    async def list_workers(
        worker_type: WorkerType | None = None, status: str | None = None
    ) -> list[dict[str, Any]]:
        wanted = None
        if status is not None:
            try:
                wanted = WorkerStatus(status)
            except ValueError:
                log.warning("Invalid status filter: %s", status)
                return []
        return [each.model_dump() for each in registry.all(worker_type, wanted)]

    @router.post("/register")
    async def register_worker(request: WorkerRegistrationRequest) -> dict[str, Any]:
        worker = registry.register(
            request.worker_id,
            request.worker_type,
            request.endpoint_url,
            request.capabilities or {},
            request.current_operation_id,
        )
        log.info("Worker registered successfully: %s", request.worker_id)
        return worker.model_dump()

    return router
