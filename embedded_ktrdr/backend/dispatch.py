"""Giving work to workers: choose one, hand the work over, keep the operation (contract 1.3)."""

import asyncio
import logging
import time
from dataclasses import dataclass
from typing import Any

from fastapi import HTTPException
from pydantic import BaseModel

from embedded_ktrdr.backend.operations import Operations
from embedded_ktrdr.backend.registry import Registry, Worker, WorkerStatus, WorkerType
from embedded_ktrdr.operations import (
    OperationInfo,
    OperationMetadata,
    OperationProgress,
    OperationType,
    new_operation,
)
from embedded_ktrdr.pace import Pace
from embedded_ktrdr.wire import NonsenseError, RefusedError, Wire, WireError

MAX_TRIES = 3  # workers that are offered one piece of work


@dataclass(frozen=True)
class Kind:
    """A kind of work that workers do; `word` as in KTRDR's log lines."""

    operation_type: OperationType
    worker_type: WorkerType
    route: str
    word: str
    log: logging.Logger


TRAINING = Kind(
    OperationType.TRAINING,
    WorkerType.TRAINING,
    "/training/start",
    "Training",
    logging.getLogger("ktrdr.api.services.training_service"),
)
BACKTEST = Kind(
    OperationType.BACKTESTING,
    WorkerType.BACKTESTING,
    "/backtests/start",
    "Backtest",
    logging.getLogger("ktrdr.backtesting.backtesting_service"),
)


KINDS = {each.operation_type: each for each in (TRAINING, BACKTEST)}


class Acceptance(BaseModel):
    """The answer of a worker that takes the work."""

    operation_id: str


class NoWorkerError(HTTPException):
    """No worker takes the work: 503 with what the backend knows of its workers."""

    def __init__(self, worker_type: WorkerType, registered: int, uptime_s: float) -> None:
        detail = {
            "error": f"No {worker_type.value} workers available",
            "worker_type": worker_type.value,
            "registered_workers": registered,
            "backend_uptime_seconds": round(uptime_s, 1),
            "hint": (
                f"Every {worker_type.value} worker is busy, unavailable or not registered yet. "
                "Retry in a few seconds, or look at the workers and their logs."
            ),
        }
        super().__init__(503, detail)


class Job(BaseModel):
    """A piece of work, which can be given away again: the worker's request and what the backend shows."""

    operation_type: OperationType
    body: dict[str, Any]
    metadata: OperationMetadata
    progress: OperationProgress
    asked: str
    """What is wanted, for the log."""

    @property
    def kind(self) -> Kind:
        """The kind of work."""
        return KINDS[self.operation_type]


class Dispatch:
    """Gives work to the registered workers and can do so again."""

    def __init__(self, wire: Wire, registry: Registry, operations: Operations, pace: Pace) -> None:
        self._wire = wire
        self._registry = registry
        self._operations = operations
        self._pace = pace
        self._up_since = time.monotonic()
        for operation_type in KINDS:
            operations.restarts[operation_type] = self._restart

    async def start(self, job: Job, *, retry: bool = False) -> OperationInfo:
        """A running operation; NoWorkerError, and nothing starts, if no worker takes it."""
        operation = new_operation(job.operation_type, job.metadata, retry=retry)
        operation.progress = job.progress
        # The id is handed out only once a worker has accepted: so no failed operation without a worker,
        # and no cancel that overtakes its own dispatch (DEV-02, DEV-13).
        worker = await self._dispatch(operation.operation_id, job)
        self._operations.add(operation, job, worker)
        job.kind.log.info("Registered remote proxy: %s → %s", operation.operation_id, operation.operation_id)
        return operation

    async def _restart(self, order: dict[str, Any]) -> OperationInfo:
        return await self.start(Job.model_validate(order), retry=True)

    async def _dispatch(self, operation_id: str, job: Job) -> Worker:
        tried: list[str] = []
        while len(tried) < MAX_TRIES:
            worker = await self._choose(job.kind.worker_type, tried)
            if worker is None:
                break
            tried.append(worker.worker_id)
            job.kind.log.info(
                "Selected worker %s for operation %s (%s, attempt=%s/%s)",
                worker.worker_id, operation_id, job.asked, len(tried), MAX_TRIES,
            )  # fmt: skip
            # Before the request, so that a second start at the same moment chooses another worker.
            self._registry.mark_busy(worker, operation_id)
            if await self._offer(worker, operation_id, job):
                return worker
        registered = len(self._registry.all(job.kind.worker_type))
        job.kind.log.warning("No %s workers available (%s registered)", job.kind.worker_type, registered)
        raise NoWorkerError(job.kind.worker_type, registered, time.monotonic() - self._up_since)

    async def _choose(self, worker_type: WorkerType, tried: list[str]) -> Worker | None:
        """A free worker; workers that only look busy are asked before giving up."""
        for last_chance in (False, True):
            if last_chance:
                # One of them may have ended since the last sweep (DEV-16).
                busy = self._registry.all(worker_type, WorkerStatus.BUSY)
                await asyncio.gather(*(self._registry.check(each) for each in busy))
            free = [
                each
                for each in self._registry.all(worker_type, WorkerStatus.AVAILABLE)
                if each.worker_id not in tried
            ]
            if free:
                return free[0]
        return None

    async def _offer(self, worker: Worker, operation_id: str, job: Job) -> bool:
        """Whether the worker takes the work."""
        log, word = job.kind.log, job.kind.word
        url = f"{worker.endpoint_url}{job.kind.route}"
        body = {"task_id": operation_id, **job.body}
        try:
            answer = await self._wire.ask(
                "POST", url, Acceptance, body=body, within=self._pace.proxy_timeout_s
            )
            if answer.operation_id != operation_id:
                raise NonsenseError("the answer is about another operation")
        except RefusedError as error:
            log.warning("Worker %s is busy (%s)", worker.worker_id, error.status)
            await self._registry.check(worker)
            return False
        except WireError as error:
            log.warning("Worker %s cannot be reached: %s", worker.worker_id, error)
            self._registry.release(worker.worker_id, operation_id)
            return False
        log.info("✅ %s accepted by worker %s: remote_op=%s", word, worker.worker_id, operation_id)
        # Again: a health answer from before the acceptance may have said idle in between.
        self._registry.mark_busy(worker, operation_id)
        return True
