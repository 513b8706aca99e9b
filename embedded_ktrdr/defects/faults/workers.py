"""Defects about workers that die, hang or are not there."""

from collections.abc import Awaitable, Callable
from typing import Any

from embedded_ktrdr.backend.dispatch import Dispatch, Job, NoWorkerError
from embedded_ktrdr.backend.operations import Operations
from embedded_ktrdr.backend.registry import Registry, Worker, WorkerStatus, WorkerType
from embedded_ktrdr.defects.defect import defect, patch
from embedded_ktrdr.operations import OperationInfo, fail, new_operation

AREA = "faults: workers"
DIES, HANGS, TAKES_OVER = "worker-dies", "worker-hangs", "another-worker-takes-over"
NO_TRAINING, NO_BACKTEST = "no-training-worker", "no-backtest-worker"

Check = Callable[[Registry, Worker], Awaitable[None]]
Start = Callable[..., Awaitable[OperationInfo]]
Choose = Callable[..., Awaitable[Worker | None]]


@defect(
    "lost-worker-not-noticed",
    "An operation whose worker is gone stays running for ever",
    (DIES, "it fails within 90 seconds"),
    area=AREA,
    severity="blocker",
    behaviour="an operation fails when no worker has answered for it for 60 s",
    shown_by="S",
)
def _lost_worker_not_noticed() -> None:
    @patch(Operations, "_note_silence")
    def note(_original: object, _self: Operations, _operation: OperationInfo, _proxy: object) -> None:
        pass


@defect(
    "dead-worker-never-forgotten",
    "A worker that is gone for good stays in the list for ever",
    ("worker-forgotten", "its worker is forgotten within 6 minutes"),
    area=AREA,
    severity="minor",
    behaviour="a worker that stays away is forgotten after five minutes",
)
def _dead_worker_never_forgotten() -> None:
    @patch(Registry, "_forget_if_dead")
    def forget(_original: object, _self: Registry, _worker: Worker) -> None:
        pass


@defect(
    "lost-worker-not-named",
    "The reason of an operation whose worker is gone does not say which worker",
    (DIES, "the reason names its worker"),
    area=AREA,
    severity="minor",
    behaviour="the reason names the lost worker",
)
def _lost_worker_not_named() -> None:
    @patch(Operations, "_note_silence")
    def note(original: Callable[..., None], self: Operations, operation: OperationInfo, proxy: Any) -> None:
        original(self, operation, proxy)
        if operation.status.final:
            operation.error_message = "Operation was RUNNING but no worker claimed it"
            self._keep(operation)


@defect(
    "lookup-fails-without-worker",
    "While a worker is gone, the lookup of its operation is an internal error",
    (DIES, "the backend shows it as running for 1 second"),
    area=AREA,
    behaviour="a lookup shows the last known state while the worker cannot be reached",
)
def _lookup_fails_without_worker() -> None:
    @patch(Operations, "lookup")
    async def lookup(
        original: Start, self: Operations, operation_id: str, *, force: bool = False
    ) -> OperationInfo | None:
        operation = await original(self, operation_id, force=force)
        proxy = self._proxies.get(operation_id)
        if operation and not operation.status.final and proxy and proxy.silent_since is not None:
            raise ConnectionError("All connection attempts failed")
        return operation


@defect(
    "restarted-worker-never-free",
    "A worker that was lost is not used again after its restart",
    (DIES, "its worker is free within 60 seconds"),
    area=AREA,
    behaviour="a worker that registers anew is free",
)
def _restarted_worker_never_free() -> None:
    @patch(Registry, "register")
    def register(original: Callable[..., Worker], self: Registry, worker_id: str, *arguments: Any) -> Worker:
        before = self._workers.get(worker_id)
        was_lost = before is not None and before.status is WorkerStatus.TEMPORARILY_UNAVAILABLE
        worker = original(self, worker_id, *arguments)
        if was_lost:
            worker.metadata["lost"] = True
            worker.status = WorkerStatus.TEMPORARILY_UNAVAILABLE
        return worker

    @patch(Registry, "check")
    async def check(original: Check, self: Registry, worker: Worker) -> None:
        await original(self, worker)
        if worker.metadata.get("lost"):
            worker.status = WorkerStatus.TEMPORARILY_UNAVAILABLE


@defect(
    "hanging-worker-shown-as-reachable",
    "A worker that hangs is never shown as unavailable",
    (HANGS, "its worker is shown as temporarily unavailable within 60 seconds"),
    area=AREA,
    behaviour="after three failed health checks a worker is temporarily unavailable",
)
def _hanging_worker_shown_as_reachable() -> None:
    @patch(Registry, "_note_failure")
    def note(original: Callable[..., None], self: Registry, worker: Worker, error: Exception) -> None:
        status = worker.status
        original(self, worker, error)
        worker.status = status


@defect(
    "returned-worker-stays-unavailable",
    "A worker that hung stays unavailable though it answers again",
    (HANGS, "its worker is shown as reachable within 30 seconds"),
    area=AREA,
    behaviour="a worker that answers its health check is available or busy",
)
def _returned_worker_stays_unavailable() -> None:
    @patch(Registry, "check")
    async def check(original: Check, self: Registry, worker: Worker) -> None:
        was_lost = worker.status is WorkerStatus.TEMPORARILY_UNAVAILABLE
        await original(self, worker)
        if was_lost:
            worker.status = WorkerStatus.TEMPORARILY_UNAVAILABLE


@defect(
    "unavailable-worker-loses-its-operation",
    "An operation is given up as soon as its worker is unavailable",
    (HANGS, "it completes within 180 seconds"),
    area=AREA,
    severity="blocker",
    behaviour="an operation outlasts three failed health checks of its worker",
)
def _unavailable_worker_loses_its_operation() -> None:
    kept: list[Operations] = []

    @patch(Operations, "__init__")
    def init(original: Callable[..., None], self: Operations, *arguments: Any) -> None:
        original(self, *arguments)
        kept.append(self)

    @patch(Registry, "_note_failure")
    def note(original: Callable[..., None], self: Registry, worker: Worker, error: Exception) -> None:
        original(self, worker, error)
        if worker.status is WorkerStatus.TEMPORARILY_UNAVAILABLE:
            for operation in kept[0].store.active():
                if kept[0]._proxies[operation.operation_id].worker_id == worker.worker_id:
                    fail(operation, f"{worker.worker_id} is unavailable")
                    kept[0]._keep(operation)


@defect(
    "no-worker-accepted",
    "Without a worker a start is accepted, and the operation never runs",
    (NO_TRAINING, "I ask for a training that should be refused"),
    (NO_BACKTEST, "I ask for a backtest that should be refused"),
    area=AREA,
    severity="blocker",
    behaviour="without a worker a start is refused and nothing starts",
)
def _no_worker_accepted() -> None:
    @patch(Dispatch, "start")
    async def start(original: Start, self: Dispatch, job: Job, *, retry: bool = False) -> OperationInfo:
        try:
            return await original(self, job, retry=retry)
        except NoWorkerError:
            return _left_behind(self, job)


@defect(
    "no-worker-without-hint",
    "The refusal for want of a worker does not say what to do",
    (NO_TRAINING, "the refusal says what to do about it"),
    (NO_BACKTEST, "the refusal says what to do about it"),
    area=AREA,
    severity="minor",
    behaviour="a refusal has a hint",
)
def _no_worker_without_hint() -> None:
    @patch(NoWorkerError, "__init__")
    def init(original: Callable[..., None], self: NoWorkerError, *arguments: Any) -> None:
        original(self, *arguments)
        detail: Any = self.detail
        del detail["hint"]


@defect(
    "no-worker-leaves-failed-operation",
    "A start that is refused for want of a worker leaves a failed operation",
    (NO_TRAINING, "no training has been started"),
    (NO_BACKTEST, "no backtest has been started"),
    area=AREA,
    behaviour="without a worker a start is refused and nothing starts",
)
def _no_worker_leaves_failed_operation() -> None:
    @patch(Dispatch, "start")
    async def start(original: Start, self: Dispatch, job: Job, *, retry: bool = False) -> OperationInfo:
        try:
            return await original(self, job, retry=retry)
        except NoWorkerError:
            fail(_left_behind(self, job), "No workers available")
            raise


@defect(
    "workers-that-come-back-not-used",
    "Once a kind of worker was missing, none of that kind gets work again",
    (NO_TRAINING, "a new training can start"),
    (NO_BACKTEST, "a new backtest can start"),
    area=AREA,
    behaviour="work is accepted as soon as there is a worker",
)
def _workers_that_come_back_not_used() -> None:
    missing: set[WorkerType] = set()

    @patch(Dispatch, "_choose")
    async def choose(
        original: Choose, self: Dispatch, worker_type: WorkerType, tried: list[str]
    ) -> Worker | None:
        worker = None if worker_type in missing else await original(self, worker_type, tried)
        if worker is None:
            missing.add(worker_type)
        return worker


@defect(
    "lost-worker-gets-work",
    "Work is given to a worker that is gone, and nobody notices",
    (TAKES_OVER, "it completes within 60 seconds"),
    area=AREA,
    severity="blocker",
    behaviour="new work goes to a worker that is there",
)
def _lost_worker_gets_work() -> None:
    @patch(Dispatch, "_choose")
    async def choose(
        original: Choose, self: Dispatch, worker_type: WorkerType, tried: list[str]
    ) -> Worker | None:
        for worker in self._registry.all(worker_type):
            await self._registry.check(worker)
            if worker.health_check_failures:
                return worker
        return await original(self, worker_type, tried)

    @patch(Dispatch, "_offer")
    async def offer(
        original: Callable[..., Awaitable[bool]], self: Dispatch, worker: Worker, operation_id: str, job: Job
    ) -> bool:
        return await original(self, worker, operation_id, job) or worker.health_check_failures > 0


@defect(
    "restarted-worker-keeps-operation",
    "A worker that was restarted in mid-run stays busy with what it has lost",
    (TAKES_OVER, "the lost worker is free within 60 seconds"),
    area=AREA,
    behaviour="a worker that registers anew is free",
)
def _restarted_worker_keeps_operation() -> None:
    @patch(Registry, "register")
    def register(original: Callable[..., Worker], self: Registry, worker_id: str, *arguments: Any) -> Worker:
        before = self._workers.get(worker_id)
        lost = None if before is None else before.current_operation_id
        worker = original(self, worker_id, *arguments)
        if lost is not None:
            worker.metadata["lost"] = lost
            self.mark_busy(worker, lost)
        return worker

    @patch(Registry, "check")
    async def check(original: Check, self: Registry, worker: Worker) -> None:
        await original(self, worker)
        if worker.metadata.get("lost"):
            worker.status = WorkerStatus.BUSY


def _left_behind(dispatch: Dispatch, job: Job) -> OperationInfo:
    """An operation that nobody works at."""
    operation = new_operation(job.operation_type, job.metadata)
    operation.progress = job.progress
    dispatch._operations.store.begin(operation)
    dispatch._operations._orders[operation.operation_id] = job.model_dump(mode="json")
    return operation
