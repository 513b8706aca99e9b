"""Which services an embedded KTRDR has: one entry each, so that a further service is one more entry."""

import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from fastapi import FastAPI

from embedded_ktrdr import logs
from embedded_ktrdr.backend.app import create_app as create_backend
from embedded_ktrdr.bars import BarRepository
from embedded_ktrdr.cable import Cable
from embedded_ktrdr.hosts.ib_gateway import create_app as create_ib_gateway
from embedded_ktrdr.hosts.ib_host import create_app as create_ib_host
from embedded_ktrdr.models import Models
from embedded_ktrdr.pace import Pace
from embedded_ktrdr.worker.backtest import create_app as create_backtest_worker
from embedded_ktrdr.worker.host import create_app as create_training_host
from embedded_ktrdr.worker.registration import Place
from embedded_ktrdr.worker.training import create_app as create_training_worker

HOST = "127.0.0.1"
BACKEND = "backend"
IB_HOST = "ib-host"
IB_GATEWAY = "ib-gateway"

# KTRDR's own ports (contract 1.1); further backtest workers have a range of their own.
BACKTEST_PORTS = (5003, 5004, *range(5103, 2**16))
FIRST_TRAINING_PORT = 5005

Urls = Mapping[str, str]
"""Where each service answers, by its name."""

CreateWorker = Callable[[Place, Pace, BarRepository, Models], FastAPI]


@dataclass(frozen=True)
class Wishes:
    """What the caller decides about the services, and the folders that they share."""

    training_workers: tuple[str, ...]
    backtest_workers: tuple[str, ...]
    gateway: str
    """`connected`, `disconnected` or `slow`."""
    pace: Pace
    data_dir: Path
    models_dir: Path
    state_dir: Path | None = None
    """Where the backend keeps what shall survive its restart."""
    data_limit: int | None = None
    """How many bytes the folder of bars may hold."""


@dataclass
class Service:
    """A service and its process; `pid` is None while it does not run, `listener` while nobody waits to.

    `health` is the path that answers when it is up; one that `registers` is ready once the backend knows it.
    A cut `cable` stays cut over a restart.
    """

    name: str
    port: int
    make_app: Callable[[Urls], FastAPI]
    configure_logs: Callable[[], None] = logs.configure_worker
    health: str = "/health"
    registers: bool = False
    starts: bool = True
    listener: socket.socket | None = None
    hold: socket.socket | None = None
    """What keeps a free port its own while it does not run; connections are refused all the same."""
    pid: int | None = None
    paused: bool = False
    started_at: datetime | None = None
    cable: Cable = field(default_factory=Cable)

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://{HOST}:{self.port}"


def table(wishes: Wishes) -> list[Service]:
    """All services in the order of their start."""
    pace = wishes.pace

    def shared() -> tuple[Pace, BarRepository, Models]:
        return pace, BarRepository(wishes.data_dir, wishes.data_limit), Models(wishes.models_dir)

    def worker(name: str, port: int, create: CreateWorker, *, registers: bool = True) -> Service:
        def make_app(urls: Urls) -> FastAPI:
            return create(Place(name, urls[name], urls[BACKEND] if registers else None), *shared())

        return Service(name, port, make_app, registers=registers)

    return [
        Service(
            BACKEND,
            8000,
            lambda urls: create_backend(*shared(), urls[IB_HOST], wishes.state_dir),
            logs.configure_backend,
            health="/api/v1/health",
        ),
        Service(IB_HOST, 5001, lambda urls: create_ib_host(urls[IB_GATEWAY], pace)),
        worker("training-host", 5002, create_training_host, registers=False),
        *(
            worker(name, BACKTEST_PORTS[number], create_backtest_worker)
            for number, name in enumerate(wishes.backtest_workers)
        ),
        *(
            worker(name, FIRST_TRAINING_PORT + number, create_training_worker)
            for number, name in enumerate(wishes.training_workers)
        ),
        Service(
            IB_GATEWAY,
            4002,
            lambda _urls: create_ib_gateway(pace, slow=wishes.gateway == "slow"),
            starts=wishes.gateway != "disconnected",
        ),
    ]
