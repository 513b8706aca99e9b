"""Defects about several pieces of work at once, and about a worker that is asked for more than it can do."""

import fcntl
import os
from collections.abc import Awaitable, Callable
from types import ModuleType
from typing import Any

from embedded_ktrdr.backend.dispatch import Dispatch, Job, NoWorkerError
from embedded_ktrdr.backend.registry import Registry, Worker, WorkerStatus, WorkerType
from embedded_ktrdr.defects.defect import defect, patch
from embedded_ktrdr.operations import OperationInfo, OperationMetadata, new_operation
from embedded_ktrdr.worker import backtest, training
from embedded_ktrdr.worker.desk import Clock, Desk, Work, WorkError

AREA = "workers"
BUSY, AT_ONCE = "busy-worker-refuses", "stress-at-once"

Begin = Callable[..., OperationInfo]
Choose = Callable[..., Awaitable[Worker | None]]


@defect(
    "busy-worker-takes-more",
    "A worker that is busy takes more work and does both at the same time",
    (BUSY, "I ask its worker for another training"),
    area=AREA,
    behaviour="a worker does one piece of work at a time and refuses the next",
    shown_by="S",
)
def _busy_worker_takes_more() -> None:
    _take_more(training)
    _take_more(backtest)


@defect(
    "busy-worker-breaks-down",
    "A worker that is busy answers a request for more work with an internal error",
    (BUSY, "the refusal says that the worker is busy"),
    area=AREA,
    severity="minor",
    behaviour="a worker that is busy says so",
)
def _busy_worker_breaks_down() -> None:
    @patch(training, "begin")
    def begin(original: Begin, desk: Desk, *arguments: Any) -> OperationInfo:
        # What asyncio.Semaphore and the like raise when they are released once too often.
        if desk.current is not None:
            raise ValueError("BoundedSemaphore released too many times")
        return original(desk, *arguments)


@defect(
    "refused-work-is-kept",
    "Work that a busy worker refuses stands in its list all the same",
    (BUSY, "no training has been started"),
    area=AREA,
    behaviour="what is refused starts nothing",
)
def _refused_work_is_kept() -> None:
    @patch(training, "begin")
    def begin(
        original: Begin,
        desk: Desk,
        metadata: OperationMetadata,
        work: Work,
        operation_id: str | None = None,
    ) -> OperationInfo:
        if desk.current is not None:
            kept = new_operation(desk.kind.operation_type, metadata, operation_id=operation_id)
            desk.operations.restore(kept)
        return original(desk, metadata, work, operation_id)


@defect(
    "only-the-first-worker-used",
    "Work is refused while the first worker of its kind is busy, though others are free",
    (AT_ONCE, "as many backtests are accepted as there are workers"),
    area=AREA,
    behaviour="work is given to any worker that is free",
)
def _only_the_first_worker_used() -> None:
    @patch(Dispatch, "_choose")
    async def choose(
        original: Choose, self: Dispatch, worker_type: WorkerType, tried: list[str]
    ) -> Worker | None:
        worker = await original(self, worker_type, tried)
        first = next(iter(self._registry.all(worker_type)), None)
        return worker if worker is first else None


@defect(
    "busy-workers-get-more",
    "When no worker is free the backend gives the work to one that is busy, which takes it",
    (AT_ONCE, "as many backtests are accepted as there are workers"),
    area=AREA,
    behaviour="work is refused while no worker is free",
)
def _busy_workers_get_more() -> None:
    _busy_worker_takes_more()

    @patch(Dispatch, "_choose")
    async def choose(
        original: Choose, self: Dispatch, worker_type: WorkerType, tried: list[str]
    ) -> Worker | None:
        worker = await original(self, worker_type, tried)
        return worker or next(iter(self._registry.all(worker_type, WorkerStatus.BUSY)), None)


@defect(
    "all-work-to-one-worker",
    "Whichever worker is chosen, the work goes to the first of its kind, which takes it",
    (AT_ONCE, "each that was accepted runs at a worker of its own"),
    area=AREA,
    behaviour="work that is accepted at the same moment goes to different workers",
)
def _all_work_to_one_worker() -> None:
    _busy_worker_takes_more()
    # By operation: the worker that was meant to do it, and that is taken for busy until it has ended.
    meant: dict[str, Worker] = {}

    @patch(Dispatch, "_dispatch")
    async def dispatch(
        original: Callable[..., Awaitable[Worker]], self: Dispatch, operation_id: str, job: Job
    ) -> Worker:
        await original(self, operation_id, job)
        return self._registry.all(job.kind.worker_type)[0]

    @patch(Dispatch, "_offer")
    async def offer(
        original: Callable[..., Awaitable[bool]], self: Dispatch, worker: Worker, operation_id: str, job: Job
    ) -> bool:
        meant[operation_id] = worker
        return await original(self, self._registry.all(worker.worker_type)[0], operation_id, job)

    @patch(Registry, "check")
    async def check(original: Callable[..., Awaitable[None]], self: Registry, worker: Worker) -> None:
        await original(self, worker)
        for operation_id, chosen in meant.items():
            if chosen is worker:
                self.mark_busy(worker, operation_id)

    @patch(Registry, "release")
    def release(original: Callable[..., None], self: Registry, worker_id: str, operation_id: str) -> None:
        chosen = meant.pop(operation_id, None)
        original(self, chosen.worker_id if chosen else worker_id, operation_id)


@defect(
    "busy-called-failure",
    "That every worker is busy is answered as a failure of the backend",
    (AT_ONCE, "the others are refused because no worker is free"),
    area=AREA,
    behaviour="while no worker is free a start is refused for that reason",
)
def _busy_called_failure() -> None:
    @patch(NoWorkerError, "__init__")
    def init(original: Callable[..., None], self: NoWorkerError, kind: WorkerType, *more: Any) -> None:
        original(self, kind, *more)
        self.status_code = 500
        self.detail = f"Failed to start {kind.value}: All workers busy or unavailable"


@defect(
    "no-backtest-worker-internal-error",
    "A backtest for which no worker can be reached is an internal error: turns are taken modulo none",
    ("no-backtest-worker", "the refusal says that no worker is free"),
    area=AREA,
    behaviour="without a worker a start is refused for that reason",
)
def _no_backtest_worker_internal_error() -> None:
    @patch(Dispatch, "_choose")
    async def choose(
        original: Choose, self: Dispatch, worker_type: WorkerType, tried: list[str]
    ) -> Worker | None:
        left = [each for each in self._registry.all(worker_type) if each.worker_id not in tried]
        if worker_type is WorkerType.BACKTESTING:
            _turn = len(tried) % len(left)
        return await original(self, worker_type, tried)


@defect(
    "backtests-disturb-each-other",
    "A backtest fails while another one runs, on whichever worker, for both open the same model",
    (AT_ONCE, "each that was accepted completes"),
    area=AREA,
    severity="blocker",
    behaviour="backtests on different workers do not disturb each other",
)
def _backtests_disturb_each_other() -> None:
    @patch(backtest.Backtest, "__call__")
    async def call(
        original: Callable[..., Awaitable[dict[str, Any]]],
        self: backtest.Backtest,
        operation: OperationInfo,
        clock: Clock,
    ) -> dict[str, Any]:
        models = os.open(self.models._folder, os.O_RDONLY)
        try:
            fcntl.flock(models, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return await original(self, operation, clock)
        except BlockingIOError:
            raise WorkError("The model is in use by another process") from None
        finally:
            os.close(models)


def _take_more(module: ModuleType) -> None:
    @patch(module, "begin")
    def begin(
        original: Begin,
        desk: Desk,
        metadata: OperationMetadata,
        work: Work,
        operation_id: str | None = None,
    ) -> OperationInfo:
        if desk.current is None:
            return original(desk, metadata, work, operation_id)
        operation = new_operation(desk.kind.operation_type, metadata, operation_id=operation_id)
        desk.start(operation, work)
        return operation
