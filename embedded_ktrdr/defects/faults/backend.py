"""Defects about a backend that is restarted."""

from collections.abc import Awaitable, Callable
from typing import Any

from embedded_ktrdr.backend.dispatch import Dispatch, Job, NoWorkerError
from embedded_ktrdr.backend.operations import LOST, Operations
from embedded_ktrdr.backend.state import Record, State
from embedded_ktrdr.defects.defect import defect, patch
from embedded_ktrdr.operations import OperationInfo, fail
from embedded_ktrdr.worker.registration import Registration

AREA = "faults: restart"
RESTARTS = ("backend-restarts#gently", "backend-restarts#killed")
REMEMBERS, AWAY = "backend-remembers", "ended-while-backend-was-away"

Load = Callable[[State], list[Record]]


@defect(
    "operations-forgotten",
    "After its restart the backend does not know any operation from before",
    *((each, "it completes within 120 seconds") for each in RESTARTS),
    (REMEMBERS, "it is still completed"),
    (AWAY, "it completes within 60 seconds"),
    area=AREA,
    severity="blocker",
    behaviour="operations survive a restart of the backend",
    shown_by="S",
)
def _operations_forgotten() -> None:
    @patch(State, "load")
    def load(_original: Load, _self: State) -> list[Record]:
        return []


@defect(
    "running-operation-failed-by-restart",
    "What ran on a worker when the backend was restarted is shown as failed",
    *((each, "it completes within 120 seconds") for each in RESTARTS),
    area=AREA,
    severity="blocker",
    behaviour="an operation that runs on a worker goes on over a restart of the backend",
)
def _running_operation_failed_by_restart() -> None:
    @patch(Operations, "restore")
    def restore(original: Callable[..., None], self: Operations) -> None:
        original(self)
        for operation in self.store.active():
            fail(operation, LOST)


@defect(
    "running-operation-not-followed-after-restart",
    "After its restart the backend does not ask the worker about what runs there",
    *((each, "it completes within 120 seconds") for each in RESTARTS),
    (AWAY, "it completes within 60 seconds"),
    area=AREA,
    severity="blocker",
    behaviour="an operation that runs on a worker is followed on after a restart of the backend",
)
def _running_operation_not_followed_after_restart() -> None:
    @patch(Operations, "restore")
    def restore(original: Callable[..., None], self: Operations) -> None:
        original(self)
        self._proxies.clear()


@defect(
    "end-during-absence-missed",
    "What ended while the backend was away stays running, for its end was told to nobody",
    (AWAY, "it completes within 60 seconds"),
    area=AREA,
    severity="blocker",
    behaviour="an operation that ended while the backend was away is shown as what it ended as",
)
def _end_during_absence_missed() -> None:
    unheard: set[str] = set()

    @patch(Operations, "restore")
    def restore(original: Callable[..., None], self: Operations) -> None:
        original(self)
        unheard.update(each.operation_id for each in self.store.active())

    @patch(Operations, "_ask_worker")
    async def ask(
        original: Callable[..., Awaitable[None]], self: Operations, operation: OperationInfo, *more: Any
    ) -> None:
        before = operation.status
        await original(self, operation, *more)
        if operation.operation_id in unheard and operation.status.final:
            operation.status = before
        else:
            unheard.discard(operation.operation_id)


@defect(
    "workers-stay-away-after-restart",
    "Workers do not register again when the backend has forgotten them",
    ("backend-restarts#gently", "every worker is listed again within 15 seconds"),
    ("backend-restarts#killed", "every worker is listed again within 45 seconds"),
    area=AREA,
    severity="blocker",
    behaviour="workers come back by themselves after a restart of the backend",
    shown_by="S",
)
def _workers_stay_away_after_restart() -> None:
    @patch(Registration, "_known")
    async def known(_original: object, _self: Registration) -> bool:
        return True


@defect(
    "results-forgotten",
    "After its restart the backend has no results of what had completed",
    (REMEMBERS, "the backend shows its result"),
    area=AREA,
    behaviour="results survive a restart of the backend",
)
def _results_forgotten() -> None:
    @patch(State, "load")
    def load(original: Load, self: State) -> list[Record]:
        records = original(self)
        for record in records:
            record.operation.result_summary = None
        return records


@defect(
    "reasons-forgotten",
    "After its restart the backend gives another reason for what had failed",
    (REMEMBERS, "the failed training is still failed, for the same reason"),
    area=AREA,
    severity="minor",
    behaviour="reasons of failure survive a restart of the backend",
)
def _reasons_forgotten() -> None:
    @patch(State, "load")
    def load(original: Load, self: State) -> list[Record]:
        records = original(self)
        for record in records:
            if record.operation.error_message is not None:
                record.operation.error_message = "Unknown error"
        return records


@defect(
    "no-work-after-restart",
    "After its restart the backend accepts no work",
    # The first of a run: where nothing can start, those after it do not come that far.
    (RESTARTS[0], "a new training can start"),
    area=AREA,
    severity="blocker",
    behaviour="new work is accepted after a restart of the backend",
)
def _no_work_after_restart() -> None:
    restored: list[OperationInfo] = []

    @patch(Dispatch, "start")
    async def start(
        original: Callable[..., Awaitable[OperationInfo]], self: Dispatch, job: Job, **options: Any
    ) -> OperationInfo:
        if restored:
            raise NoWorkerError(job.kind.worker_type, 0, 0.0)
        return await original(self, job, **options)

    @patch(Operations, "restore")
    def restore(original: Callable[..., None], self: Operations) -> None:
        original(self)
        restored.extend(self.store.all())
