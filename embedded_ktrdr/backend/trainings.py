"""/api/v1/trainings (contract 3.1 and 3.4)."""

import re
from datetime import datetime
from typing import Any

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel

from embedded_ktrdr.backend.dispatch import TRAINING, Dispatch, Job
from embedded_ktrdr.backend.operations import Operations
from embedded_ktrdr.fields import EndDate, IsoDate, Names
from embedded_ktrdr.operations import OperationMetadata, OperationProgress, OperationStatus, now
from embedded_ktrdr.strategies import STRATEGIES, Strategy

EARLIEST_DATE = "2020-01-01"  # where a training without dates starts
ESTIMATED_MINUTES = 30  # what KTRDR says of every training

# Of an issue that a validation found.
ERROR_PARTS = ("category", "message", "details")

_STRATEGY_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")


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


class TrainingRequest(BaseModel):
    """Body of POST /trainings/start; a caller's task_id is accepted and not used."""

    symbols: Names
    timeframes: Names
    strategy_name: str
    start_date: IsoDate | None = None
    end_date: EndDate | None = None
    task_id: str | None = None
    detailed_analytics: bool = False


def training_router(dispatch: Dispatch, operations: Operations) -> APIRouter:
    """The routes of trainings."""
    router = APIRouter(prefix="/trainings", tags=["Training"])

    @router.post("/start")
    async def start_training(request: TrainingRequest) -> dict[str, Any]:
        operation = await dispatch.start(_job(request))
        names = ", ".join(request.symbols)
        return {
            "success": True,
            "task_id": operation.operation_id,
            "status": "training_started",
            "message": f"Neural network training started for {names} using {request.strategy_name} strategy",
            "symbols": request.symbols,
            "timeframes": request.timeframes,
            "strategy_name": request.strategy_name,
            "estimated_duration_minutes": ESTIMATED_MINUTES,
        }

    @router.get("/{task_id}/performance")
    async def get_model_performance(task_id: str) -> dict[str, Any]:
        operation = await operations.lookup(task_id)
        if operation is None:
            raise HTTPException(404, f"Training task {task_id} not found")
        if operation.status is not OperationStatus.COMPLETED:
            status = operation.status.value
            raise HTTPException(404, f"Training task {task_id} is not completed (status: {status})")
        result = operation.result_summary or {}
        groups: dict[str, dict[str, Any]] = {}
        for group, fields in PERFORMANCE.items():
            found = result.get(group)
            shown = found if isinstance(found, dict) else {}
            groups[group] = {field: shown.get(field) for field in fields}
        return {"success": True, "task_id": task_id, "status": operation.status.value, **groups}

    return router


def _job(request: TrainingRequest) -> Job:
    """What a worker is asked to do; HTTPException 400 for a strategy that cannot be trained."""
    strategy = _trainable(request.strategy_name)
    start, end = request.start_date, request.end_date
    names = f"symbols={request.symbols}, timeframes={request.timeframes}, strategy={strategy.name}"
    return Job(
        operation_type=TRAINING.operation_type,
        asked=names,
        body={
            "strategy_yaml": strategy.document(),
            "symbols": request.symbols,
            "timeframes": request.timeframes,
            "start_date": start or min(EARLIEST_DATE, end or EARLIEST_DATE),
            "end_date": end or max(now().date().isoformat(), start or EARLIEST_DATE),
        },
        progress=OperationProgress(
            current_step="Starting training",
            steps_total=strategy.epochs,
            context={"operation": "training", "service": "TrainingService"},
        ),
        metadata=OperationMetadata(
            symbol=request.symbols[0],
            timeframe=request.timeframes[0],
            mode="training",
            start_date=datetime.fromisoformat(start) if start else None,
            end_date=datetime.fromisoformat(end) if end else None,
            parameters={
                "strategy_name": strategy.name,
                "strategy_path": strategy.path,
                "training_type": "mlp",
                "symbols": request.symbols,
                "timeframes": request.timeframes,
                "epochs": strategy.epochs,
                "use_host_service": False,
                "analytics_enabled": request.detailed_analytics,
                "training_mode": "local",
                "operation_name": "training",
                "service_name": "TrainingService",
            },
        ),
    )


def _trainable(name: str) -> Strategy:
    if not _STRATEGY_NAME.fullmatch(name):
        raise HTTPException(400, "Strategy name may only contain alphanumerics, dashes, or underscores")
    if name not in STRATEGIES:
        # KTRDR searches two folders, which are the same one in its container.
        searched = ", ".join([each.path for each in STRATEGIES.values()] * 2)
        raise HTTPException(400, f"Strategy file not found: {name}.yaml (searched: {searched})")
    errors = [each for each in STRATEGIES[name].issues() if each["severity"] == "error"]
    if errors:
        detail: dict[str, Any] = {
            "message": f"Strategy validation failed: {len(errors)} error(s) found",
            "error_code": "STRATEGY-ValidationFailed",
            "context": {"strategy_name": name, "error_count": len(errors)},
            "details": {"errors": [{part: each[part] for part in ERROR_PARTS} for each in errors]},
            "suggestion": "Correct the strategy: " + " ".join(each["message"] for each in errors),
        }
        raise HTTPException(400, detail)
    return STRATEGIES[name]
