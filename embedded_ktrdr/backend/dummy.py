"""/api/v1/dummy: a long operation that the backend does itself and that needs nothing (contract 7)."""

import asyncio
from typing import Any

from fastapi import APIRouter

from embedded_ktrdr.backend.operations import Operations
from embedded_ktrdr.operations import OperationMetadata, OperationProgress, OperationType, new_operation
from embedded_ktrdr.pace import Pace

ITERATIONS = 100
ITERATION_S = 2.0  # at speed 1


def dummy_router(operations: Operations, pace: Pace) -> APIRouter:
    """The route of the dummy."""
    router = APIRouter(prefix="/dummy", tags=["Dummy"])

    @router.post("/start")
    async def start_dummy_task() -> dict[str, Any]:
        names = {"operation_name": "dummy_task", "service_name": "DummyService"}
        operation = new_operation(OperationType.DUMMY, OperationMetadata(parameters=names))

        async def iterate() -> dict[str, Any]:
            for done in range(1, ITERATIONS + 1):
                await asyncio.sleep(ITERATION_S / pace.speed)
                operation.progress = OperationProgress(
                    percentage=done / ITERATIONS * 100.0,
                    current_step=f"Iteration {done}/{ITERATIONS}",
                    steps_completed=done,
                    steps_total=ITERATIONS,
                    items_processed=done,
                )
            return {"status": "success", "iterations_completed": ITERATIONS}

        operations.run(operation, iterate)
        data = {
            "operation_id": operation.operation_id,
            "status": "started",
            "message": "Started dummy_task operation",
        }
        return {"success": True, "data": data, "error": None}

    return router
