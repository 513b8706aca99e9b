"""A training worker of the container kind: one simulated training at a time, advancing by batches."""

import logging
import time
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI

from embedded_ktrdr.bars import BarRepository
from embedded_ktrdr.models import Models
from embedded_ktrdr.operations import OperationInfo, OperationMetadata, OperationType
from embedded_ktrdr.pace import Pace
from embedded_ktrdr.worker.app import begin, create_worker
from embedded_ktrdr.worker.desk import Clock, Kind
from embedded_ktrdr.worker.learning import entry, learn, result_summary
from embedded_ktrdr.worker.plan import BATCH_S, EPOCH_OVERHEAD_S, Plan, TrainingStartRequest, make_plan
from embedded_ktrdr.worker.registration import Place

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


def create_app(place: Place, pace: Pace, repository: BarRepository, models: Models) -> FastAPI:
    """A training worker."""
    app, desk = create_worker(KIND, place, pace)

    @app.post("/training/start")
    async def start_training(request: TrainingStartRequest) -> dict[str, Any]:
        metadata = _metadata(request, place.worker_id)
        operation = begin(desk, metadata, Training(request, repository, models), request.task_id)
        return {"success": True, "operation_id": operation.operation_id, "status": "started"}

    return app


def _metadata(request: TrainingStartRequest, worker_id: str) -> OperationMetadata:
    start, end = request.date_range()
    asked = request.model_dump(include={"symbols", "timeframes", "start_date", "end_date"})
    return OperationMetadata(
        symbol=",".join(request.symbols or ["multi"]),
        timeframe=",".join(request.timeframes or ["multi"]),
        mode="training",
        start_date=start,
        end_date=end,
        parameters={"strategy_yaml": request.strategy_yaml[:100], **asked, "worker_id": worker_id},
    )


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
        for operation.progress, seconds in plan.preparation():
            await clock.work(seconds, step=True)
        started = time.monotonic()
        curves = learn(plan)
        entries = []
        for number, curve in enumerate(curves, start=1):
            began = time.monotonic()
            await _epoch(operation, plan, number, clock)
            entries.append(entry(curve, number - 1, time.monotonic() - began))
            operation.metrics = {"epochs": entries}
            operation.progress = plan.progress(number)
        result = result_summary(plan, operation_id, curves, time.monotonic() - started)
        path = self.models.save(
            plan.strategy.name,
            plan.symbols[0],
            plan.timeframes[0],
            {
                "training_accuracy": curves[-1]["train_accuracy"],
                **{name: value for name, value in result["test_metrics"].items() if name != "test_loss"},
            },
        )
        KIND.log.info("Training completed for operation %s: model_path=%s", operation_id, path)
        return {"model_path": path, **result}


async def _epoch(operation: OperationInfo, plan: Plan, number: int, clock: Clock) -> None:
    for batch in range(0, plan.batches, BATCHES_PER_REPORT):
        if batch:
            operation.progress = plan.progress(number, batch)
        await clock.work(BATCH_S * min(BATCHES_PER_REPORT, plan.batches - batch))
    await clock.work(EPOCH_OVERHEAD_S, step=True)
