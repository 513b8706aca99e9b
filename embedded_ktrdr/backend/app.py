"""The backend's application: its parts put together."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import APIRouter, FastAPI
from fastapi.responses import PlainTextResponse

from embedded_ktrdr.backend.backtests import backtest_router
from embedded_ktrdr.backend.data_routes import data_router
from embedded_ktrdr.backend.dispatch import Dispatch
from embedded_ktrdr.backend.download_routes import download_router
from embedded_ktrdr.backend.downloads import Downloads
from embedded_ktrdr.backend.dummy import dummy_router
from embedded_ktrdr.backend.ib_client import IbHost
from embedded_ktrdr.backend.ib_routes import ib_router
from embedded_ktrdr.backend.operation_routes import operation_router
from embedded_ktrdr.backend.operations import Operations
from embedded_ktrdr.backend.registry import Registry
from embedded_ktrdr.backend.state import State
from embedded_ktrdr.backend.strategy_routes import strategy_router
from embedded_ktrdr.backend.trainings import training_router
from embedded_ktrdr.backend.worker_routes import worker_router
from embedded_ktrdr.bars import BarRepository
from embedded_ktrdr.errors import install_error_envelope
from embedded_ktrdr.logs import RequestLog
from embedded_ktrdr.models import Models
from embedded_ktrdr.pace import Pace
from embedded_ktrdr.telemetry import prometheus_text
from embedded_ktrdr.wire import Wire

PREFIX = "/api/v1"
VERSION = "1.0.7.2"  # what generation S calls itself

log = logging.getLogger("ktrdr.api.main")


def create_app(
    pace: Pace, repository: BarRepository, models: Models, ib_host_url: str, state_dir: Path | None = None
) -> FastAPI:
    """A backend without workers, which register themselves; what it keeps is in `state_dir`."""
    wire = Wire()
    registry = Registry(wire, pace)
    ib_host = IbHost(wire, ib_host_url, pace)
    operations = Operations(wire, registry, pace, State(state_dir))
    downloads = Downloads(ib_host, repository, operations, pace)
    dispatch = Dispatch(wire, registry, operations, pace)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        log.info("KTRDR API initialized: version=%s", VERSION)
        operations.restore()
        watches = [asyncio.create_task(registry.sweep_for_ever())]
        watches.append(asyncio.create_task(operations.watch_for_ever()))
        yield
        for watch in watches:
            watch.cancel()
        operations.stop()
        await wire.close()

    app = FastAPI(
        title="KTRDR API",
        version=VERSION,
        docs_url=f"{PREFIX}/docs",
        redoc_url=f"{PREFIX}/redoc",
        openapi_url=f"{PREFIX}/openapi.json",
        lifespan=lifespan,
        # Callers of generation S may leave the content type out.
        strict_content_type=False,
    )
    install_error_envelope(app)
    app.add_middleware(RequestLog)
    app.include_router(_identity())
    for router in (
        training_router(dispatch, operations),
        backtest_router(dispatch),
        operation_router(operations),
        worker_router(registry),
        strategy_router(models),
        dummy_router(operations, pace),
        data_router(repository),
        download_router(downloads),
        ib_router(ib_host),
    ):
        app.include_router(router, prefix=PREFIX)
    return app


def _identity() -> APIRouter:
    router = APIRouter()

    @router.get("/")
    async def root() -> dict[str, str]:
        return {"message": f"KTRDR API is running. Visit {PREFIX}/docs for documentation"}

    @router.get(f"{PREFIX}/health")
    async def health_check() -> dict[str, str]:
        return {"status": "ok", "version": VERSION}

    # With the slash, as the mounted metrics of KTRDR: /metrics redirects here.
    @router.get("/metrics/", include_in_schema=False)
    async def metrics() -> PlainTextResponse:
        return prometheus_text()

    return router
