"""Defects about workers: when they are free, how they are listed."""

from collections.abc import Awaitable, Callable
from typing import Any

from embedded_ktrdr.backend.registry import Registry, Worker, WorkerStatus, WorkerType
from embedded_ktrdr.defects.defect import defect, patch
from embedded_ktrdr.operations import OperationInfo, OperationStatus
from embedded_ktrdr.wire import LateError
from embedded_ktrdr.worker.desk import Desk

AREA = "workers"
LISTING, DEAD = "S4", "worker-dead-is-shown"
FREE = "its worker is free within 30 seconds"
ONCE = "no worker is listed twice"

Check = Callable[[Registry, Worker], Awaitable[None]]
Register = Callable[..., Worker]


@defect(
    "worker-never-freed",
    "To the backend a worker stays busy for ever when its work has completed",
    ("worker-busy-then-idle", FREE),
    area=AREA,
    severity="blocker",
    behaviour="a worker whose work has ended is available",
)
def _worker_never_freed() -> None:
    _not_told_of_ends()

    @patch(Registry, "check")
    async def check(original: Check, self: Registry, worker: Worker) -> None:
        before = worker.current_operation_id
        await original(self, worker)
        if before is not None and worker.status is WorkerStatus.AVAILABLE:
            self.mark_busy(worker, before)


@defect(
    "worker-not-freed-after-failure",
    "A worker whose work has failed says for ever that it is busy with it",
    ("worker-free-after-failure", FREE),
    area=AREA,
    severity="blocker",
    behaviour="a worker whose work has failed is free again",
)
def _worker_not_freed_after_failure() -> None:
    _stays_at_its_desk(OperationStatus.FAILED)


@defect(
    "worker-not-freed-after-cancel",
    "A worker whose work was cancelled says for ever that it is busy with it",
    ("B1.3", FREE),
    area=AREA,
    severity="blocker",
    behaviour="a worker whose work was cancelled is free again",
)
def _worker_not_freed_after_cancel() -> None:
    _stays_at_its_desk(OperationStatus.CANCELLED)


@defect(
    "dead-worker-listed-as-reachable",
    "A worker that refuses connections is never shown as unavailable, for only timeouts are counted",
    (DEAD, "its worker is shown as temporarily unavailable within 60 seconds"),
    area=AREA,
    behaviour="after three failed health checks a worker is temporarily unavailable",
)
def _dead_worker_listed_as_reachable() -> None:
    @patch(Registry, "_note_failure")
    def note(original: Callable[..., None], self: Registry, worker: Worker, error: Exception) -> None:
        if isinstance(error, LateError):
            original(self, worker, error)


@defect(
    "returned-worker-listed-twice",
    "A worker that registers again under its name is listed beside its former self",
    (DEAD, ONCE),
    area=AREA,
    behaviour="a worker that registers again has one entry, which is updated",
)
def _returned_worker_listed_twice() -> None:
    @patch(Registry, "register")
    def register(original: Register, self: Registry, worker_id: str, *arguments: Any) -> Worker:
        former = self._workers.get(worker_id)
        if former is not None:
            self._workers[f"{worker_id} before"] = former.model_copy()
        return original(self, worker_id, *arguments)


@defect(
    "worker-registered-twice",
    "A registration that is sent again makes a second entry of the same worker",
    (LISTING, ONCE),
    area=AREA,
    behaviour="each worker is listed once",
)
def _worker_registered_twice() -> None:
    @patch(Registry, "register")
    def register(original: Register, self: Registry, worker_id: str, *arguments: Any) -> Worker:
        worker = original(self, worker_id, *arguments)
        self._workers[f"{worker_id} again"] = worker.model_copy()
        return worker


@defect(
    "worker-kinds-mixed-up",
    "Training workers are listed as backtest workers, and backtest workers as training workers",
    ("3.1", "the worker that has it is one of those listed for a training"),
    ("B3.2", "the worker that has it is one of those listed for a backtest"),
    area=AREA,
    behaviour="a worker is listed with its kind",
)
def _worker_kinds_mixed_up() -> None:
    kinds = (WorkerType.TRAINING, WorkerType.BACKTESTING)
    other = dict(zip(kinds, reversed(kinds), strict=True))
    _list_otherwise(lambda row: {**row, "worker_type": other[row["worker_type"]]})


@defect(
    "worker-state-in-other-words",
    "The list of workers says idle of a worker that is available",
    (LISTING, "a backtest worker is listed with its kind, its address and its state"),
    area=AREA,
    behaviour="a free worker is listed as available",
)
def _worker_state_in_other_words() -> None:
    words = {WorkerStatus.AVAILABLE: "idle"}
    _list_otherwise(lambda row: {**row, "status": words.get(row["status"], row["status"])})


@defect(
    "worker-listed-without-address",
    "Of the workers on one machine only the first is listed with its address",
    (LISTING, "a backtest worker is listed with its kind, its address and its state"),
    area=AREA,
    behaviour="every worker is listed with its address",
)
def _worker_listed_without_address() -> None:
    first: dict[str, str] = {}

    def listed(row: dict[str, Any]) -> dict[str, Any]:
        place = first.setdefault(row["worker_type"], row["worker_id"])
        return row if place == row["worker_id"] else {**row, "endpoint_url": ""}

    _list_otherwise(listed)


def _not_told_of_ends() -> None:
    """The backend does not note that the work of a worker has ended."""

    @patch(Registry, "release")
    def release(_original: object, _self: Registry, _worker_id: str, _operation_id: str) -> None:
        pass


def _stays_at_its_desk(end: OperationStatus) -> None:
    """What has ended so is still what a worker works at."""

    def still(desk: Desk) -> OperationInfo | None:
        return next(
            (each for each in desk.operations.all() if not each.status.final or each.status is end), None
        )

    Desk.current = property(still)  # type: ignore[assignment, method-assign]


def _list_otherwise(listed: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """Workers are shown so; they are chosen as they are."""

    @patch(Worker, "model_dump")
    def dump(original: Callable[[Worker], dict[str, Any]], self: Worker) -> dict[str, Any]:
        return listed(original(self))
