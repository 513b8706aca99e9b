"""Which workers there are and whether they can take work (contract 1.2)."""

import asyncio
import logging
import time
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, Field

from embedded_ktrdr.operations import now
from embedded_ktrdr.pace import Pace
from embedded_ktrdr.wire import Wire, WireError

FAILURES_UNTIL_UNAVAILABLE = 3

log = logging.getLogger("ktrdr.api.services.worker_registry")


class WorkerType(StrEnum):
    """Kinds of workers."""

    BACKTESTING = "backtesting"
    TRAINING = "training"
    CPU_TRAINING = "cpu_training"
    GPU_HOST = "gpu_host"


class WorkerStatus(StrEnum):
    """States of a worker, as far as the backend knows."""

    AVAILABLE = "available"
    BUSY = "busy"
    TEMPORARILY_UNAVAILABLE = "temporarily_unavailable"


class Worker(BaseModel):
    """A registered worker; times are naive UTC."""

    worker_id: str
    worker_type: WorkerType
    endpoint_url: str
    status: WorkerStatus = WorkerStatus.AVAILABLE
    current_operation_id: str | None = None
    capabilities: dict[str, Any] = Field(default_factory=dict)
    last_health_check: str | None = None
    last_healthy_at: str | None = None
    health_check_failures: int = 0
    metadata: dict[str, Any] = Field(default_factory=dict)


class Health(BaseModel):
    """What a worker says of itself."""

    worker_status: str
    current_operation: str | None = None


class Registry:
    """The workers by id, in the order of their registration, and the sweep that watches them."""

    def __init__(self, wire: Wire, pace: Pace) -> None:
        self._wire = wire
        self._pace = pace
        self._workers: dict[str, Worker] = {}
        self._healthy_at: dict[str, float] = {}
        # Counts what the backend itself changed: a health answer asked for before is out of date then.
        self._changes: dict[str, int] = {}

    def all(self, worker_type: WorkerType | None = None, status: WorkerStatus | None = None) -> list[Worker]:
        """The workers that match."""
        return [
            each
            for each in self._workers.values()
            if (worker_type is None or each.worker_type is worker_type)
            and (status is None or each.status is status)
        ]

    def register(
        self,
        worker_id: str,
        worker_type: WorkerType,
        url: str,
        capabilities: dict[str, Any],
        operation_id: str | None = None,
    ) -> Worker:
        """Take a worker in, perhaps with an operation that it works at.

        The same id again updates it, a new id at a known URL replaces the old one.
        """
        worker = self._workers.get(worker_id)
        if worker is None:
            for stale in [each.worker_id for each in self._workers.values() if each.endpoint_url == url]:
                log.info("Removing stale worker %s (same endpoint as %s)", stale, worker_id)
                del self._workers[stale]
            worker = Worker(worker_id=worker_id, worker_type=worker_type, endpoint_url=url)
            self._workers[worker_id] = worker
            log.info("Worker %s registered (WorkerType.%s)", worker_id, worker_type.name)
        else:
            log.info("Worker %s re-registered", worker_id)
        worker.endpoint_url = url
        worker.capabilities = capabilities
        worker.status = WorkerStatus.BUSY if operation_id else WorkerStatus.AVAILABLE
        worker.current_operation_id = operation_id
        self._note_healthy(worker)
        self._changed(worker_id)
        return worker

    def mark_busy(self, worker: Worker, operation_id: str) -> None:
        """The worker takes `operation_id`; nobody else may choose it."""
        worker.status = WorkerStatus.BUSY
        worker.current_operation_id = operation_id
        self._changed(worker.worker_id)

    def release(self, worker_id: str, operation_id: str) -> None:
        """`operation_id` has ended, so the worker is free without waiting for the sweep (DEV-16)."""
        worker = self._workers.get(worker_id)
        if worker is not None and worker.current_operation_id == operation_id:
            worker.current_operation_id = None
            if worker.status is WorkerStatus.BUSY:
                worker.status = WorkerStatus.AVAILABLE
                log.info("Worker %s marked as AVAILABLE", worker_id)
            self._changed(worker_id)

    async def sweep_for_ever(self) -> None:
        """Check all workers, then pause; at once, so that a silent one does not make the others wait."""
        while True:
            workers = self.all()
            await asyncio.gather(*map(self.check, workers))
            for worker in workers:
                self._forget_if_dead(worker)
            await asyncio.sleep(self._pace.health_sweep_s)

    async def check(self, worker: Worker) -> None:
        """Ask one worker how it is."""
        before = self._changes.get(worker.worker_id)
        try:
            health = await self._wire.ask(
                "GET", f"{worker.endpoint_url}/health", Health, within=self._pace.health_timeout_s
            )
        except WireError as error:
            self._note_failure(worker, error)
            return
        self._note_healthy(worker)
        if self._changes.get(worker.worker_id) != before:
            return
        busy = health.worker_status == "busy"
        worker.status = WorkerStatus.BUSY if busy else WorkerStatus.AVAILABLE
        worker.current_operation_id = health.current_operation if busy else None

    def _note_healthy(self, worker: Worker) -> None:
        moment = now().replace(tzinfo=None).isoformat()
        worker.last_health_check = worker.last_healthy_at = moment
        worker.health_check_failures = 0
        self._healthy_at[worker.worker_id] = time.monotonic()

    def _note_failure(self, worker: Worker, error: WireError) -> None:
        log.warning("Health check failed for %s: %s", worker.worker_id, error)
        worker.last_health_check = now().replace(tzinfo=None).isoformat()
        worker.health_check_failures += 1
        if worker.health_check_failures >= FAILURES_UNTIL_UNAVAILABLE:
            worker.status = WorkerStatus.TEMPORARILY_UNAVAILABLE
            marked = "Worker %s marked TEMPORARILY_UNAVAILABLE after %s failures"
            log.warning(marked, worker.worker_id, worker.health_check_failures)

    def _forget_if_dead(self, worker: Worker) -> None:
        silent_s = time.monotonic() - self._healthy_at[worker.worker_id]
        if worker.status is WorkerStatus.TEMPORARILY_UNAVAILABLE and silent_s > self._pace.removal_after_s:
            self._workers.pop(worker.worker_id, None)
            log.info("Removed dead worker: %s", worker.worker_id)

    def _changed(self, worker_id: str) -> None:
        self._changes[worker_id] = self._changes.get(worker_id, 0) + 1
