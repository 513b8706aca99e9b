"""A training worker of the container kind: one simulated training at a time, advancing by batches."""

import logging
import time
import uuid
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI

from embedded_ktrdr.bars import BarRepository
from embedded_ktrdr.models import Models
from embedded_ktrdr.operations import OperationInfo, OperationMetadata, OperationType, new_operation
from embedded_ktrdr.pace import Pace
from embedded_ktrdr.worker.app import Place, begin, create_worker
from embedded_ktrdr.worker.desk import Clock, Kind
from embedded_ktrdr.worker.learning import learn, result_summary
from embedded_ktrdr.worker.plan import BATCH_S, EPOCH_OVERHEAD_S, Plan, TrainingStartRequest, make_plan

# KTRDR's progress bridge speaks up every ten batches (contract 3.2).
BATCHES_PER_REPORT = 10

KIND = Kind(
    OperationType.TRAINING,
    title="Training Worker Service",
    health="training-worker",
    registers_as="training",
    capabilities={"gpu": False},
    word="training",
    log=logging.getLogger("ktrdr.training.training_worker"),
)

pipeline_log = logging.getLogger("ktrdr.training.training_pipeline")


def create_app(place: Place, pace: Pace, repository: BarRepository, models: Models) -> FastAPI:
    """A training worker."""
    app, desk = create_worker(KIND, place, pace)

    @app.post("/training/start")
    async def start_training(request: TrainingStartRequest) -> dict[str, Any]:
        operation = _operation(request, place.worker_id)
        begin(desk, operation, Training(request, repository, models))
        return {"success": True, "operation_id": operation.operation_id, "status": "started"}

    return app


def _operation(request: TrainingStartRequest, worker_id: str) -> OperationInfo:
    start, end = request.date_range()
    asked = request.model_dump(include={"symbols", "timeframes", "start_date", "end_date"})
    metadata = OperationMetadata(
        symbol=",".join(request.symbols or ["multi"]),
        timeframe=",".join(request.timeframes or ["multi"]),
        mode="training",
        start_date=start,
        end_date=end,
        parameters={"strategy_yaml": request.strategy_yaml[:100], **asked, "worker_id": worker_id},
    )
    operation_id = request.task_id or f"worker_training_{uuid.uuid4().hex[:12]}"
    return new_operation(OperationType.TRAINING, metadata, operation_id=operation_id)


@dataclass(frozen=True)
class Training:
    """The work of one training."""

    request: TrainingStartRequest
    repository: BarRepository
    models: Models

    async def __call__(self, operation: OperationInfo, clock: Clock) -> dict[str, Any]:
        """Train, and leave a model."""
        operation_id = operation.operation_id
        plan = make_plan(self.request, self.repository)
        pipeline_log.info(
            "🚀 TrainingPipeline.train_strategy() - Starting training for %s symbol(s): %s",
            len(plan.symbols),
            plan.symbols,
        )
        for step in plan.preparation():
            operation.progress = step.progress
            await clock.work(step.seconds, step=True)
        started = time.monotonic()
        curves = learn(plan)
        entries = []
        for number, curve in enumerate(curves, start=1):
            began = time.monotonic()
            await _epoch(operation, plan, number, clock)
            entries.append(curve.entry(number - 1, time.monotonic() - began))
            operation.metrics = {"epochs": entries}
            operation.progress = plan.epoch_progress(number)
        result = result_summary(plan, operation_id, curves, time.monotonic() - started)
        path = self.models.save(
            plan.strategy.name,
            plan.symbols[0],
            plan.timeframes[0],
            {
                "training_accuracy": curves[-1].train_accuracy,
                **{name: value for name, value in result["test_metrics"].items() if name != "test_loss"},
            },
        )
        pipeline_log.info("✅ Training complete! Model saved to: %s", path)
        KIND.log.info("Training completed for operation %s: model_path=%s", operation_id, path)
        return {"model_path": path, **result}


async def _epoch(operation: OperationInfo, plan: Plan, number: int, clock: Clock) -> None:
    for batch in range(0, plan.batches, BATCHES_PER_REPORT):
        if batch:
            operation.progress = plan.batch_progress(number, batch)
        await clock.work(BATCH_S * min(BATCHES_PER_REPORT, plan.batches - batch))
    await clock.work(EPOCH_OVERHEAD_S, step=True)
