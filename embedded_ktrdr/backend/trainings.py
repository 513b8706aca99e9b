"""Starting trainings: check what is asked, choose a worker, hand the work over (contract 1.3 and 3.1)."""

import logging
import re
import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx

from embedded_ktrdr.backend.registry import Registry, Worker, WorkerStatus, WorkerType
from embedded_ktrdr.backend.remote import RemoteOperations
from embedded_ktrdr.operations import (
    OperationInfo,
    OperationMetadata,
    OperationProgress,
    OperationStatus,
    OperationType,
    new_operation_id,
    now,
)
from embedded_ktrdr.pace import Pace
from embedded_ktrdr.strategies import STRATEGIES, Strategy

MAX_TRIES = 3  # workers that are offered one training
EARLIEST_DATE = "2020-01-01"  # where a training without dates starts

NO_WORKER_HINT = (
    "Every training worker is busy, unavailable or not registered yet. "
    "Retry in a few seconds, or look at the workers and their logs."
)

_STRATEGY_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")

log = logging.getLogger("ktrdr.api.services.training_service")
operations_log = logging.getLogger("ktrdr.api.services.operations_service")


class StrategyError(Exception):
    """No strategy of that name."""


class NoWorkerError(Exception):
    """No training worker takes the work; `detail` says what the backend knows."""

    def __init__(self, detail: dict[str, Any]) -> None:
        super().__init__(detail["error"])
        self.detail = detail


@dataclass(frozen=True)
class Order:
    """A training as it was asked for; dates are ISO texts."""

    symbols: list[str]
    timeframes: list[str]
    strategy_name: str
    start_date: str | None
    end_date: str | None
    detailed_analytics: bool


class Trainings:
    """Starts trainings on the registered workers and can start them again."""

    def __init__(
        self, client: httpx.AsyncClient, registry: Registry, operations: RemoteOperations, pace: Pace
    ) -> None:
        self._client = client
        self._registry = registry
        self._operations = operations
        self._pace = pace
        self._orders: dict[str, Order] = {}
        self._up_since = time.monotonic()

    async def start(self, order: Order, *, retry: bool = False) -> OperationInfo:
        """A running operation; nothing starts on StrategyError, ValueError (a date) or NoWorkerError."""
        strategy = find_strategy(order.strategy_name)
        operation = _new_operation(order, strategy, new_operation_id(OperationType.TRAINING, retry=retry))
        # The id is handed out only once a worker has accepted: so no failed operation without a worker,
        # and no cancel that overtakes its own dispatch (DEV-02, DEV-13).
        worker = await self._dispatch(operation.operation_id, order, strategy)
        operations_log.info("Created operation: %s (type: OperationType.TRAINING)", operation.operation_id)
        operation.start()
        operations_log.info("Started operation: %s", operation.operation_id)
        self._orders[operation.operation_id] = order
        self._operations.add(operation, worker)
        log.info("Registered remote proxy: %s → %s", operation.operation_id, operation.operation_id)
        return operation

    async def retry(self, operation_id: str) -> OperationInfo:
        """Run the training of `operation_id` again, as a new operation."""
        return await self.start(self._orders[operation_id], retry=True)

    async def _dispatch(self, operation_id: str, order: Order, strategy: Strategy) -> Worker:
        tried: list[str] = []
        while len(tried) < MAX_TRIES:
            worker = await self._choose(tried)
            if worker is None:
                break
            tried.append(worker.worker_id)
            log.info(
                "Selected worker %s for operation %s (symbols=%s, timeframes=%s, strategy=%s, attempt=%s/%s)",
                worker.worker_id, operation_id, order.symbols, order.timeframes, strategy.name,
                len(tried), MAX_TRIES,
            )  # fmt: skip
            # Before the request, so that a second start at the same moment chooses another worker.
            self._registry.mark_busy(worker, operation_id)
            if await self._offer(worker, operation_id, order, strategy):
                return worker
        raise NoWorkerError(self._no_worker_detail())

    async def _choose(self, tried: list[str]) -> Worker | None:
        """A free worker, GPU first; workers that only look busy are asked before giving up."""
        for last_chance in (False, True):
            if last_chance:
                await self._registry.ask_busy(WorkerType.TRAINING)
            free = [
                each
                for each in self._registry.all(WorkerType.TRAINING, WorkerStatus.AVAILABLE)
                if each.worker_id not in tried
            ]
            free.sort(key=lambda each: each.capabilities.get("gpu") is not True)
            if free:
                return free[0]
        return None

    async def _offer(self, worker: Worker, operation_id: str, order: Order, strategy: Strategy) -> bool:
        """Whether the worker takes the work."""
        url = f"{worker.endpoint_url}/training/start"
        log.info("Dispatching training to worker %s at %s", worker.worker_id, url)
        body = {
            "task_id": operation_id,
            "strategy_yaml": strategy.document(),
            "symbols": order.symbols,
            "timeframes": order.timeframes,
            "start_date": order.start_date or EARLIEST_DATE,
            "end_date": order.end_date or now().date().isoformat(),
        }
        try:
            answer = await self._client.post(url, json=body, timeout=self._pace.proxy_timeout_s)
            answer.raise_for_status()
        except httpx.HTTPStatusError as error:
            log.warning("Worker %s is busy (%s)", worker.worker_id, error.response.status_code)
            await self._registry.check(worker)
            return False
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            log.warning("Worker %s cannot be reached: %s", worker.worker_id, error or type(error).__name__)
            self._registry.release(worker.worker_id, operation_id)
            return False
        log.info("✅ Training accepted by worker %s: remote_op=%s", worker.worker_id, operation_id)
        # Again: a health answer from before the acceptance may have said idle in between.
        self._registry.mark_busy(worker, operation_id)
        log.info("Marked worker %s as BUSY for operation %s", worker.worker_id, operation_id)
        return True

    def _no_worker_detail(self) -> dict[str, Any]:
        return {
            "error": "No training workers available",
            "worker_type": WorkerType.TRAINING.value,
            "registered_workers": len(self._registry.all(WorkerType.TRAINING)),
            "backend_uptime_seconds": round(time.monotonic() - self._up_since, 1),
            "hint": NO_WORKER_HINT,
        }


def find_strategy(name: str) -> Strategy:
    """The strategy called `name`; StrategyError with KTRDR's text."""
    if not _STRATEGY_NAME.fullmatch(name):
        raise StrategyError("Strategy name may only contain alphanumerics, dashes, or underscores")
    if name not in STRATEGIES:
        # KTRDR searches two folders, which are the same one in its container.
        searched = ", ".join([each.path for each in STRATEGIES.values()] * 2)
        raise StrategyError(f"Strategy file not found: {name}.yaml (searched: {searched})")
    return STRATEGIES[name]


def _new_operation(order: Order, strategy: Strategy, operation_id: str) -> OperationInfo:
    return OperationInfo(
        operation_id=operation_id,
        operation_type=OperationType.TRAINING,
        status=OperationStatus.PENDING,
        created_at=now(),
        progress=OperationProgress(
            current_step="Starting training",
            steps_total=strategy.epochs,
            context={"operation": "training", "service": "TrainingService"},
        ),
        metadata=OperationMetadata(
            symbol=order.symbols[0],
            timeframe=order.timeframes[0],
            mode="training",
            start_date=datetime.fromisoformat(order.start_date) if order.start_date else None,
            end_date=datetime.fromisoformat(order.end_date) if order.end_date else None,
            parameters={
                "strategy_name": strategy.name,
                "strategy_path": strategy.path,
                "training_type": "mlp",
                "symbols": order.symbols,
                "timeframes": order.timeframes,
                "epochs": strategy.epochs,
                "use_host_service": False,
                "analytics_enabled": order.detailed_analytics,
                "training_mode": "local",
                "operation_name": "training",
                "service_name": "TrainingService",
            },
        ),
    )
