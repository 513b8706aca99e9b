"""The work of a training worker: one simulated training at a time, advancing by batches."""

import asyncio
import logging
import time
import uuid
from datetime import datetime

from embedded_ktrdr.operations import (
    DEFAULT_CANCEL_MESSAGE,
    OperationInfo,
    OperationMetadata,
    OperationStatus,
    OperationStore,
    OperationType,
    now,
)
from embedded_ktrdr.pace import Pace
from embedded_ktrdr.worker.learning import Clock, learn, result_summary
from embedded_ktrdr.worker.plan import (
    BATCH_S,
    EPOCH_OVERHEAD_S,
    Plan,
    TrainingError,
    TrainingStartRequest,
    date_range,
    make_plan,
)

# KTRDR's progress bridge speaks up every ten batches (contract 3.2).
BATCHES_PER_REPORT = 10

# Seconds at speed 1 until a training that cannot be done has failed.
FAILURE_S = 0.2

operations_log = logging.getLogger("ktrdr.api.services.operations_service")
worker_log = logging.getLogger("ktrdr.training.training_worker")
pipeline_log = logging.getLogger("ktrdr.training.training_pipeline")


class WorkerBusyError(Exception):
    """The worker already trains."""


class TrainingDesk:
    """The trainings of one worker: at most one runs, the ended ones are remembered."""

    def __init__(self, worker_id: str, pace: Pace) -> None:
        self.operations = OperationStore()
        self._worker_id = worker_id
        self._pace = pace
        self._task: asyncio.Task[None] | None = None
        self._models = 0

    @property
    def current(self) -> OperationInfo | None:
        """The training that runs now."""
        return next(iter(self.operations.active()), None)

    def start(self, request: TrainingStartRequest) -> OperationInfo:
        """Begin a training; WorkerBusyError while another one runs."""
        if self.current is not None:
            raise WorkerBusyError
        operation = self._new_operation(request)
        self.operations.add(operation)
        operations_log.info(
            "Created operation: %s (type: %s)", operation.operation_id, "OperationType.TRAINING"
        )
        operation.start()
        operations_log.info("Started operation: %s", operation.operation_id)
        worker_log.info("Marked operation %s as RUNNING", operation.operation_id)
        self._task = asyncio.create_task(self._run(operation, request))
        return operation

    def cancel(self, operation: OperationInfo, reason: str | None) -> bool:
        """Stop the training for good; False if it has ended already."""
        if not operation.finish(OperationStatus.CANCELLED, error=reason or DEFAULT_CANCEL_MESSAGE):
            return False
        if self._task is not None:
            self._task.cancel()
        operations_log.info(
            "Cancelled operation: %s (task_cancelled: False, remote_cancelled: False)", operation.operation_id
        )
        return True

    def stop(self) -> None:
        """The service ends: no work outlives it."""
        if self._task is not None:
            self._task.cancel()

    def _new_operation(self, request: TrainingStartRequest) -> OperationInfo:
        try:
            start, end = date_range(request)
        except ValueError:  # the run will say what is wrong with them
            start, end = datetime(2020, 1, 1), datetime.now()
        return OperationInfo(
            operation_id=request.task_id or f"worker_training_{uuid.uuid4().hex[:12]}",
            operation_type=OperationType.TRAINING,
            status=OperationStatus.PENDING,
            created_at=now(),
            metadata=OperationMetadata(
                symbol=",".join(request.symbols or ["multi"]),
                timeframe=",".join(request.timeframes or ["multi"]),
                mode="training",
                start_date=start,
                end_date=end,
                parameters={
                    "strategy_yaml": request.strategy_yaml[:100],
                    "symbols": request.symbols,
                    "timeframes": request.timeframes,
                    "start_date": request.start_date,
                    "end_date": request.end_date,
                    "worker_id": self._worker_id,
                },
            ),
        )

    async def _run(self, operation: OperationInfo, request: TrainingStartRequest) -> None:
        try:
            await self._train(operation, request)
        except asyncio.CancelledError:
            worker_log.info("Training operation %s cancelled", operation.operation_id)
        except (TrainingError, ValueError) as error:
            operation.finish(OperationStatus.FAILED, error=str(error))
            operations_log.error("Failed operation: %s - %s", operation.operation_id, error)

    async def _train(self, operation: OperationInfo, request: TrainingStartRequest) -> None:
        operation_id = operation.operation_id
        operations_log.info("Registered local bridge for operation %s", operation_id)
        worker_log.info("Registered training bridge for operation %s", operation_id)
        clock = Clock(self._pace.speed)
        try:
            plan = make_plan(request)
        except (TrainingError, ValueError):
            await asyncio.sleep(clock.due_in(FAILURE_S))
            raise
        pipeline_log.info(
            "🚀 TrainingPipeline.train_strategy() - Starting training for %s symbol(s): %s",
            len(plan.symbols),
            plan.symbols,
        )
        for step in plan.preparation():
            operation.progress = step.progress
            await asyncio.sleep(clock.due_in(step.seconds))
        started = time.monotonic()
        curves = learn(plan)
        entries = []
        for number, curve in enumerate(curves, start=1):
            began = time.monotonic()
            await self._train_epoch(operation, plan, number, clock)
            entries.append(curve.entry(number - 1, time.monotonic() - began))
            operation.metrics = {"epochs": entries}
            operation.progress = plan.epoch_progress(number)
        self._models += 1
        path = f"/app/models/{plan.strategy.name}/{plan.timeframes[0]}_v{self._models}"
        result = result_summary(plan, operation_id, curves, path, time.monotonic() - started)
        pipeline_log.info("✅ Training complete! Model saved to: %s", path)
        operation.finish(OperationStatus.COMPLETED, result=result)
        operations_log.info("Completed operation: %s", operation_id)
        worker_log.info("Training completed for operation %s: model_path=%s", operation_id, path)

    async def _train_epoch(self, operation: OperationInfo, plan: Plan, number: int, clock: Clock) -> None:
        for batch in range(0, plan.batches, BATCHES_PER_REPORT):
            if batch:
                operation.progress = plan.batch_progress(number, batch)
            wait = clock.due_in(BATCH_S * min(BATCHES_PER_REPORT, plan.batches - batch))
            if wait:
                await asyncio.sleep(wait)
        wait = clock.due_in(EPOCH_OVERHEAD_S)
        await asyncio.sleep(wait)
