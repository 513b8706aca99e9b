"""The training host: a training worker with sessions (contract 6.2); here it is asked directly only."""

import logging
import uuid
from dataclasses import replace
from typing import Any

from fastapi import FastAPI, HTTPException

from embedded_ktrdr.bars import BarRepository
from embedded_ktrdr.models import Models
from embedded_ktrdr.operations import OperationInfo, OperationMetadata, OperationStatus, now
from embedded_ktrdr.pace import Pace
from embedded_ktrdr.worker import plan
from embedded_ktrdr.worker.app import begin, create_worker, timestamp
from embedded_ktrdr.worker.desk import Clock, Work
from embedded_ktrdr.worker.registration import Place
from embedded_ktrdr.worker.training import KIND, Training

HOST_KIND = replace(KIND, log=logging.getLogger("services.training_service"))

# What this host has: no GPU, as in every recording.
DEVICE = {"gpu_used": False, "gpu_name": "CPU", "device_type": "cpu", "training_mode": "host"}


class TrainingStartRequest(plan.TrainingStartRequest):
    """Body of POST /training/start; the training gets the first id that is given."""

    session_id: str | None = None


def create_app(place: Place, pace: Pace, repository: BarRepository, models: Models) -> FastAPI:
    """A training host."""
    app, desk = create_worker(HOST_KIND, place, pace)

    @app.post("/training/start")
    async def start_training(request: TrainingStartRequest) -> dict[str, Any]:
        session_id = request.task_id or request.session_id or str(uuid.uuid4())
        metadata = OperationMetadata(
            symbol=request.symbols[0] if request.symbols else None,
            timeframe=request.timeframes[0] if request.timeframes else None,
        )
        begin(desk, metadata, _work(Training(request, repository, models)), session_id)
        return {
            "session_id": session_id,
            "operation_id": session_id,
            "status": "started",
            "message": f"Training session {session_id} started successfully",
            "gpu_allocated": False,
            "estimated_duration_minutes": None,
        }

    def find(session_id: str) -> OperationInfo:
        operation = desk.operations.get(session_id)
        if operation is None:
            raise HTTPException(404, f"Session {session_id} not found")
        return operation

    @app.get("/training/result/{session_id}")
    async def get_training_result(session_id: str) -> dict[str, Any]:
        operation = find(session_id)
        if operation.status is not OperationStatus.COMPLETED:
            raise HTTPException(400, f"Training not completed yet (status: {operation.status.value})")
        session = _session(operation)
        shared = {name: session[name] for name in ("status", "start_time", "last_updated")}
        return {**(operation.result_summary or {}), "session_id": session_id, **shared}

    @app.get("/training/sessions")
    async def list_training_sessions() -> dict[str, Any]:
        sessions = [_session(each) for each in desk.operations.all()]
        return {"total_sessions": len(sessions), "sessions": sessions, "timestamp": timestamp()}

    @app.delete("/training/sessions/{session_id}")
    async def cleanup_session(session_id: str) -> dict[str, str]:
        if not find(session_id).status.final:
            raise HTTPException(409, f"Cannot cleanup running session {session_id}")
        desk.operations.remove(session_id)
        message = f"Session {session_id} cleaned up successfully"
        return {"session_id": session_id, "status": "cleaned_up", "message": message}

    return app


def _work(training: Training) -> Work:
    async def work(operation: OperationInfo, clock: Clock) -> dict[str, Any]:
        result = await training(operation, clock)
        del result["session_info"]
        return {**result, "resource_usage": DEVICE, "session_id": operation.operation_id}

    return work


def _session(operation: OperationInfo) -> dict[str, Any]:
    """The row of an operation in the list of sessions."""
    progress, status, error = operation.progress, operation.status, operation.error_message
    epoch, epochs, done = max(0, progress.steps_completed - 1), progress.steps_total, progress.items_processed
    completed = status is OperationStatus.COMPLETED
    message = progress.current_step
    if status.final:
        message = "Training completed successfully" if completed else f"Training {status.value}: {error}"
    started = operation.started_at or operation.created_at
    return {
        "session_id": operation.operation_id,
        # A cancelled session is a stopped one in the host's words.
        "status": "stopped" if status is OperationStatus.CANCELLED else status.value,
        "start_time": started.replace(tzinfo=None).isoformat(),
        "last_updated": (operation.completed_at or now()).replace(tzinfo=None).isoformat(),
        "progress": {
            "epoch": epoch,
            "total_epochs": epochs,
            "batch": 0,
            "total_batches": done // epochs if completed else None,
            "progress_percent": progress.percentage if done else None,
            "items_processed": done or None,
            "items_total": done if completed else None,
            "message": message,
            "current_item": f"Epoch {epoch}/{epochs}" if done else "Training in progress",
        },
        "gpu_allocated": False,
        "error": error if status is OperationStatus.FAILED else None,
    }
