"""What services say of themselves, of others and of what went wrong."""

from collections.abc import Callable
from typing import Any

from fastapi import HTTPException

from embedded_ktrdr import operations
from embedded_ktrdr.backend import strategy_routes, trainings
from embedded_ktrdr.backend.dispatch import TRAINING
from embedded_ktrdr.backend.registry import Registry, Worker, WorkerType
from embedded_ktrdr.defects.defect import defect, patch
from embedded_ktrdr.models import Model
from embedded_ktrdr.operations import OperationInfo, OperationStatus
from embedded_ktrdr.strategies import Strategy
from embedded_ktrdr.worker import app, host
from embedded_ktrdr.worker.app import BUSY
from embedded_ktrdr.worker.desk import Desk

Original = Callable[..., Any]


@defect(
    "latest-model-is-the-oldest",
    "I trained a strategy again and the list went on naming version 1 and its date as the latest.",
    ("strategy-newest-model", "its strategy is listed with a newer version than before"),
    area="strategies",
    behaviour="latest_version, latest_training_date and latest_metrics are those of the newest model.",
    blind="second",
)
def latest_model_is_the_oldest() -> None:
    """Models expected in the other order."""

    @patch(strategy_routes, "_row")
    def row(original: Original, strategy: Strategy, trained: list[Model]) -> Any:
        return original(strategy, trained[::-1])


@defect(
    "moved-worker-asked-at-its-old-place",
    "I started a worker again at another port and the backend went on asking the old one.",
    ("worker-moves", "it is listed once, at that address"),
    area="workers",
    behaviour="A registration with a known id updates the worker in place, its endpoint_url too.",
    blind="second",
)
def moved_worker_asked_at_its_old_place() -> None:
    """An update of all fields but one."""

    @patch(Registry, "register")
    def register(
        original: Original, registry: Registry, worker_id: str, kind: WorkerType, url: str, *more: Any
    ) -> Worker:
        known = {each.worker_id: each.endpoint_url for each in registry.all()}
        worker: Worker = original(registry, worker_id, kind, known.get(worker_id, url), *more)
        return worker


@defect(
    "ended-session-keeps-its-slot",
    "I trained once on the training host and it refused every further training as busy, while it was idle.",
    ("2.1", "I start a smoke training at the training host"),
    ("2.2", "a completed smoke training that was started at the training host"),
    area="hosts",
    severity="blocker",
    behaviour="The training host has room for one running session: 503 only while one runs.",
    blind="second",
)
def ended_session_keeps_its_slot() -> None:
    """Sessions counted, whether they run or not, until somebody cleans them up."""

    @patch(host, "begin")
    def begin(original: Original, desk: Desk, metadata: Any, work: Any, session_id: str) -> Any:
        if desk.operations.all() and desk.operations.get(session_id) is None:
            raise HTTPException(503, BUSY)
        return original(desk, metadata, work, session_id)


@defect(
    "refusal-turned-into-a-fault",
    "I misspelt a strategy and was told of an internal error, not that there is no such strategy.",
    ("4.1", "the request is refused as a client error"),
    ("training-invalid-strategy", "the request is refused as a client error"),
    area="errors",
    behaviour="A training with an unknown or invalid strategy is refused with 400, and the detail says why.",
    blind="second",
)
def refusal_turned_into_a_fault() -> None:
    """A clause for whatever goes wrong, which catches the refusals of the route itself."""

    @patch(trainings, "_trainable")
    def trainable(original: Original, name: str) -> Strategy:
        try:
            strategy: Strategy = original(name)
        except Exception:
            TRAINING.log.exception("Failed to start training")
            raise HTTPException(500, "Failed to start training") from None
        return strategy


@defect(
    "failure-not-logged",
    "I looked for the reason of a failed download in the backend's log and found nothing about it.",
    ("logs-of-a-failure", 'the log of its worker shows an error of it that names "NOSUCH"'),
    area="logs",
    behaviour="Backend and workers log `Failed operation: ID - REASON` for their own work that fails.",
    blind="second",
)
def failure_not_logged() -> None:
    """An error that is kept with the operation, and said to nobody."""

    @patch(operations, "fail")
    def fail(_original: Original, operation: OperationInfo, reason: str) -> None:
        operation.finish(OperationStatus.FAILED, error=reason)


@defect(
    "health-with-the-time-of-the-start",
    "I asked a worker for its health every minute and it always gave the time at which it had been started.",
    ("S5", "asked again, each of them states a later time within 2 seconds"),
    area="health",
    severity="minor",
    behaviour="The timestamp of a worker's health is the moment of the answer.",
    blind="second",
)
def health_with_the_time_of_the_start() -> None:
    """A default argument, worked out once."""

    @patch(app, "timestamp")
    def timestamp(_original: Original, moment: str = app.timestamp()) -> str:
        return moment
