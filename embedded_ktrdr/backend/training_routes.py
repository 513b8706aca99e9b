"""/api/v1/trainings (contract 3.1 and 3.4)."""

from typing import Any

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel

from embedded_ktrdr.backend.dispatch import Dispatch
from embedded_ktrdr.backend.operations import Operations
from embedded_ktrdr.backend.trainings import TrainingRequest, training_job
from embedded_ktrdr.operations import OperationStatus

ESTIMATED_MINUTES = 30  # what KTRDR says of every training


class TrainingStartResponse(BaseModel):
    """Answer of POST /trainings/start; `task_id` is the operation's id."""

    success: bool
    task_id: str
    status: str
    message: str
    symbols: list[str]
    timeframes: list[str]
    strategy_name: str
    estimated_duration_minutes: int | None = None


# What GET /trainings/{task_id}/performance shows of each group of a result; what a result does not have stays
# null, as in KTRDR.
PERFORMANCE = {
    "training_metrics": (
        "final_train_loss", "final_val_loss", "final_train_accuracy", "final_val_accuracy",
        "epochs_completed", "early_stopped", "training_time_minutes",
    ),
    "test_metrics": ("test_loss", "test_accuracy", "precision", "recall", "f1_score"),
    "model_info": ("model_size_bytes", "parameters_count", "architecture"),
}  # fmt: skip


def training_router(dispatch: Dispatch, operations: Operations) -> APIRouter:
    """The routes of trainings."""
    router = APIRouter(prefix="/trainings", tags=["Training"])

    @router.post("/start")
    async def start_training(request: TrainingRequest) -> TrainingStartResponse:
        operation = await dispatch.start(training_job(request))
        names = ", ".join(request.symbols)
        return TrainingStartResponse(
            success=True,
            task_id=operation.operation_id,
            status="training_started",
            message=f"Neural network training started for {names} using {request.strategy_name} strategy",
            symbols=request.symbols,
            timeframes=request.timeframes,
            strategy_name=request.strategy_name,
            estimated_duration_minutes=ESTIMATED_MINUTES,
        )

    @router.get("/{task_id}/performance")
    async def get_model_performance(task_id: str) -> dict[str, Any]:
        operation = await operations.lookup(task_id)
        if operation is None:
            raise HTTPException(404, f"Training task {task_id} not found")
        if operation.status is not OperationStatus.COMPLETED:
            status = operation.status.value
            raise HTTPException(404, f"Training task {task_id} is not completed (status: {status})")
        result = operation.result_summary or {}
        groups = {
            group: {field: result.get(group, {}).get(field) for field in fields}
            for group, fields in PERFORMANCE.items()
        }
        return {"success": True, "task_id": task_id, "status": operation.status.value, **groups}

    return router
