"""/api/v1/trainings (contract 3.1 and 3.4)."""

import logging
from typing import Any

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel, field_validator

from embedded_ktrdr.backend.remote import RemoteOperations
from embedded_ktrdr.backend.trainings import NoWorkerError, Order, StrategyError, Trainings
from embedded_ktrdr.operations import OperationStatus

ESTIMATED_MINUTES = 30  # what KTRDR says of every training

log = logging.getLogger("ktrdr.api.endpoints.training")


class TrainingRequest(BaseModel):
    """Body of POST /trainings/start; a caller's task_id is accepted and not used."""

    symbols: list[str]
    timeframes: list[str]
    strategy_name: str
    start_date: str | None = None
    end_date: str | None = None
    task_id: str | None = None
    detailed_analytics: bool = False

    @field_validator("symbols")
    @classmethod
    def _symbols(cls, names: list[str]) -> list[str]:
        return _some_names(names, "symbol")

    @field_validator("timeframes")
    @classmethod
    def _timeframes(cls, names: list[str]) -> list[str]:
        return _some_names(names, "timeframe")


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


def training_router(trainings: Trainings, operations: RemoteOperations) -> APIRouter:
    """The routes of trainings."""
    router = APIRouter(prefix="/trainings", tags=["Training"])

    @router.post("/start")
    async def start_training(request: TrainingRequest) -> TrainingStartResponse:
        order = Order(
            request.symbols,
            request.timeframes,
            request.strategy_name,
            request.start_date,
            request.end_date,
            request.detailed_analytics,
        )
        try:
            operation = await trainings.start(order)
        except StrategyError as error:
            raise HTTPException(400, str(error)) from error
        except NoWorkerError as error:
            raise no_worker(error) from error
        except ValueError as error:
            log.error("Invalid parameter in training request: %s", error)
            raise HTTPException(422, str(error)) from error
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


def no_worker(error: NoWorkerError) -> HTTPException:
    """503 with what the backend knows of its workers."""
    log.warning("No training workers available: %s", error.detail)
    return HTTPException(503, error.detail)


def _some_names(names: list[str], kind: str) -> list[str]:
    if not names:
        raise ValueError(f"At least one {kind} must be specified")
    if not all(name.strip() for name in names):
        raise ValueError(f"{kind.capitalize()} cannot be empty")
    return [name.strip() for name in names]
