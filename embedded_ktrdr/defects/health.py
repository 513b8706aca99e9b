"""Defects about a health that is not as it is told."""

from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute

from embedded_ktrdr.backend import app as backend_app
from embedded_ktrdr.backend.dispatch import NoWorkerError
from embedded_ktrdr.backend.ib_client import IbHost
from embedded_ktrdr.defects.defect import defect, patch
from embedded_ktrdr.worker import app as worker_app
from embedded_ktrdr.worker.desk import Desk

AREA = "health"
AT_WORK = "worker-busy-then-idle"
BUSY = "its worker says within 5 seconds that it is busy with it"

Words = dict[str, Any]


@defect(
    "backend-health-in-other-words",
    "The backend says healthy where ok was agreed upon",
    ("S1", "it reports itself healthy"),
    area=AREA,
    severity="blocker",
    behaviour="a backend that is well says ok",
)
def _backend_health_in_other_words() -> None:
    _backend_says(lambda said: {**said, "status": "healthy"})


@defect(
    "version-not-known",
    "The backend does not know its version",
    ("S1", "it states its version"),
    area=AREA,
    severity="minor",
    behaviour="the health names the version that answers",
)
def _version_not_known() -> None:
    # As where the package is not installed and its metadata is asked for.
    _backend_says(lambda said: {**said, "version": "unknown"})


@defect(
    "no-worker-makes-unwell",
    "Once work was refused for want of a worker the backend calls itself degraded",
    ("no-training-worker", "the backend is still healthy"),
    area=AREA,
    behaviour="that a worker is missing is no matter of the backend's own health",
)
def _no_worker_makes_unwell() -> None:
    missing: list[NoWorkerError] = []

    @patch(NoWorkerError, "__init__")
    def init(original: Callable[..., None], self: NoWorkerError, *arguments: Any) -> None:
        original(self, *arguments)
        missing.append(self)

    _backend_says(lambda said: {**said, "status": "degraded" if missing else said["status"]})


@defect(
    "late-host-makes-unwell",
    "Once the IB host was late the backend calls itself degraded",
    ("download-gateway-hangs", "the backend is still healthy"),
    area=AREA,
    behaviour="that another service is late is no matter of the backend's own health",
)
def _late_host_makes_unwell() -> None:
    late: list[TimeoutError] = []

    @patch(IbHost, "_once")
    async def once(original: Callable[..., Awaitable[Any]], self: IbHost, *asked: Any) -> Any:
        try:
            return await original(self, *asked)
        except TimeoutError as error:
            late.append(error)
            raise

    _backend_says(lambda said: {**said, "status": "degraded" if late else said["status"]})


@defect(
    "training-worker-unwell-without-gpu",
    "A training worker without a GPU calls itself unhealthy, though it works",
    ("S5", "each of them says that it is well"),
    area=AREA,
    behaviour="a worker that works says that it is healthy",
)
def _training_worker_unwell_without_gpu() -> None:
    _worker_says(lambda said, desk: {**said, "healthy": desk.kind.capabilities.get("gpu", True)})


@defect(
    "backtest-worker-starting-for-ever",
    "A backtest worker says that it is starting until it has done its first work",
    ("S4", "it says that it is healthy and operational"),
    area=AREA,
    severity="minor",
    behaviour="a worker that takes work is operational",
)
def _backtest_worker_starting_for_ever() -> None:
    def says(said: Words, desk: Desk) -> Words:
        is_new = desk.kind.word == "backtest" and not desk.operations.all()
        return {**said, "status": "starting"} if is_new else said

    _worker_says(says)


@defect(
    "worker-with-another-name",
    "A backtest worker calls itself a training worker",
    ("S4", 'it calls itself "backtesting-worker"'),
    area=AREA,
    severity="minor",
    behaviour="a service names itself in its health",
)
def _worker_with_another_name() -> None:
    _worker_says(lambda said, _desk: {**said, "service": "training-worker"})


@defect(
    "worker-idle-while-at-work",
    "A worker says that it is idle while it works, so that the backend takes it for free",
    (AT_WORK, BUSY),
    area=AREA,
    severity="blocker",
    behaviour="a worker at work says that it is busy",
)
def _worker_idle_while_at_work() -> None:
    _worker_says(lambda said, _desk: {**said, "worker_status": "idle", "current_operation": None})


@defect(
    "busy-worker-names-no-operation",
    "A worker at work does not say at what",
    (AT_WORK, BUSY),
    area=AREA,
    severity="minor",
    behaviour="a worker at work names its operation",
)
def _busy_worker_names_no_operation() -> None:
    _worker_says(lambda said, _desk: {**said, "current_operation": None})


@defect(
    "idle-worker-names-last-operation",
    "A worker that is idle still names the operation that it has ended",
    (AT_WORK, "its worker is free within 30 seconds"),
    area=AREA,
    severity="minor",
    behaviour="a worker that is idle names no operation",
)
def _idle_worker_names_last_operation() -> None:
    def says(said: Words, desk: Desk) -> Words:
        done = desk.operations.all()
        return {**said, "current_operation": done[-1].operation_id if done else None}

    _worker_says(says)


def _backend_says(says: Callable[[Words], Words]) -> None:
    async def change(said: Words) -> Words:
        return says(said)

    change_backend_health(change)


def change_backend_health(change: Callable[[Words], Awaitable[Words]]) -> None:
    """Have the backend say something else of itself, or later."""

    @patch(backend_app, "_identity")
    def identity(original: Callable[[], APIRouter]) -> APIRouter:
        router = original()
        route = _health_of(router.routes, f"{backend_app.PREFIX}/health")
        healthy = route.endpoint

        async def health_check() -> Words:
            return await change(await healthy())

        route.endpoint = health_check
        return router


def _worker_says(says: Callable[[Words, Desk], Words]) -> None:
    @patch(worker_app, "_add_identity")
    def add(original: Callable[..., None], app: FastAPI, worker_id: str, desk: Desk, *more: Any) -> None:
        original(app, worker_id, desk, *more)
        route = _health_of(app.routes, "/health")
        healthy = route.endpoint

        async def health_check() -> Words:
            return says(await healthy(), desk)

        app.router.routes.remove(route)
        app.add_api_route("/health", health_check)


def _health_of(routes: list[Any], path: str) -> APIRoute:
    return next(each for each in routes if isinstance(each, APIRoute) and each.path == path)
