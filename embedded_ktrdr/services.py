"""Which services an embedded KTRDR has: one entry each, so that a further service is one more entry."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from fastapi import FastAPI

from embedded_ktrdr import logs
from embedded_ktrdr.backend.app import create_app as create_backend
from embedded_ktrdr.bars import BarRepository
from embedded_ktrdr.hosts.ib_gateway import create_app as create_ib_gateway
from embedded_ktrdr.hosts.ib_host import create_app as create_ib_host
from embedded_ktrdr.models import Models
from embedded_ktrdr.pace import Pace
from embedded_ktrdr.worker.app import Place
from embedded_ktrdr.worker.backtest import create_app as create_backtest_worker
from embedded_ktrdr.worker.host import create_app as create_training_host
from embedded_ktrdr.worker.training import create_app as create_training_worker

BACKEND = "backend"
IB_HOST = "ib-host"
IB_GATEWAY = "ib-gateway"
TRAINING_HOST = "training-host"

# KTRDR's own ports (contract 1.1); further training workers follow the second, backtest workers beyond the
# second have a range of their own.
BACKEND_PORT = 8000
IB_HOST_PORT = 5001
TRAINING_HOST_PORT = 5002
BACKTEST_PORTS = (5003, 5004)
FURTHER_BACKTEST_PORT = 5103
FIRST_TRAINING_PORT = 5005
IB_GATEWAY_PORT = 4002


class GatewayState(StrEnum):
    """How the IB gateway is when everything starts."""

    CONNECTED = "connected"
    DISCONNECTED = "disconnected"
    SLOW = "slow"


@dataclass(frozen=True)
class Wishes:
    """What the caller decides about the services."""

    training_workers: tuple[str, ...] = ()
    backtest_workers: int = 0
    gateway: GatewayState = GatewayState.CONNECTED


@dataclass(frozen=True)
class Surroundings:
    """What a service may know when it starts: itself, the others, the pace and the data they share."""

    name: str
    urls: Mapping[str, str]
    pace: Pace
    data_dir: Path
    models_dir: Path
    wishes: Wishes

    @property
    def url(self) -> str:
        """Where the service itself answers."""
        return self.urls[self.name]

    def repository(self) -> BarRepository:
        """The bars that backend and workers read, with a memory of its own for each process."""
        return BarRepository(self.data_dir)

    def place(self, *, registers: bool = True) -> Place:
        """Where a worker is, and the backend that it registers at."""
        return Place(self.name, self.url, self.urls[BACKEND] if registers else None)


@dataclass(frozen=True)
class Entry:
    """A service: its name and KTRDR port, the app that it runs and the format of its log.

    `health` is the path that answers when it is up; one that `registers` is ready once the backend knows it.
    """

    name: str
    port: int
    make_app: Callable[[Surroundings], FastAPI]
    configure_logs: Callable[[], None] = logs.configure_worker
    health: str = "/health"
    registers: bool = False
    starts: bool = True


def table(wishes: Wishes) -> list[Entry]:
    """All services in the order of their start."""
    backtest_ports = [*BACKTEST_PORTS, *range(FURTHER_BACKTEST_PORT, 2**16)]
    return [
        Entry(BACKEND, BACKEND_PORT, _backend, logs.configure_backend, health="/api/v1/health"),
        Entry(IB_HOST, IB_HOST_PORT, _ib_host),
        Entry(TRAINING_HOST, TRAINING_HOST_PORT, _training_host),
        *(
            Entry(f"backtest-worker-{number + 1}", port, _backtest_worker, registers=True)
            for number, port in enumerate(backtest_ports[: wishes.backtest_workers])
        ),
        *(
            Entry(name, FIRST_TRAINING_PORT + number, _training_worker, registers=True)
            for number, name in enumerate(wishes.training_workers)
        ),
        Entry(
            IB_GATEWAY,
            IB_GATEWAY_PORT,
            _ib_gateway,
            starts=wishes.gateway is not GatewayState.DISCONNECTED,
        ),
    ]


def _backend(around: Surroundings) -> FastAPI:
    models = Models(around.models_dir)
    return create_backend(around.pace, around.repository(), models, around.urls[IB_HOST])


def _ib_host(around: Surroundings) -> FastAPI:
    return create_ib_host(around.urls[IB_GATEWAY], around.pace)


def _ib_gateway(around: Surroundings) -> FastAPI:
    return create_ib_gateway(around.pace, slow=around.wishes.gateway is GatewayState.SLOW)


def _training_worker(around: Surroundings) -> FastAPI:
    return create_training_worker(around.place(), around.pace, around.repository(), Models(around.models_dir))


def _backtest_worker(around: Surroundings) -> FastAPI:
    return create_backtest_worker(around.place(), around.pace, around.repository(), Models(around.models_dir))


def _training_host(around: Surroundings) -> FastAPI:
    place = around.place(registers=False)
    return create_training_host(place, around.pace, around.repository(), Models(around.models_dir))
