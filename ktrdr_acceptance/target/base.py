"""What every target has: addresses, a way to come up and go down, and what may be done to its services."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol

from ktrdr_acceptance.evidence.log_source import LogPlace
from ktrdr_acceptance.operations.waiting import Clock
from ktrdr_acceptance.target.condition import Condition

# The names of the services that are no workers.
BACKEND, IB_HOST, IB_GATEWAY, TRAINING_HOST = "backend", "ib-host", "ib-gateway", "training-host"
# The one that a setting names; the backend knows the others.
BACKTEST_WORKER = "backtest worker"

# `cut` takes a service off the network, where it goes on working; `heal` brings it back.
Verb = Literal["stop", "kill", "start", "pause", "resume", "cut", "heal"]
# What listens in the place of a service that is replaced answers so; see `nonsense`.
Nonsense = Literal["huge", "malformed", "endless", "redirected"]


@dataclass(frozen=True)
class Endpoints:
    """Where the target listens and how its time runs. `cache_ttl` is seconds, `speed` times real time."""

    backend_url: str
    backend_url_source: str
    cache_ttl: float
    speed: float
    # Services that the backend does not list: name -> URL.
    other_services: Mapping[str, str] = field(default_factory=dict)
    # The log of each service, as far as known: `backend`, `ib-host`, `training-host`, each worker by its id.
    logs: Mapping[str, LogPlace] = field(default_factory=dict)
    # The seeded defects and the benign variations that are switched on; a real KTRDR has none.
    defects: tuple[str, ...] = ()
    variations: tuple[str, ...] = ()


class Target(Protocol):
    """A KTRDR under test."""

    name: str

    @property
    def endpoints(self) -> Endpoints:
        """Return the addresses; only after `start`."""

    @property
    def data_folder(self) -> Path | None:
        """Return the folder of KTRDR's cached bars, if the suite may write there; only after `start`."""

    @property
    def data_limit(self) -> int | None:
        """Return how many bytes the data folder can hold, if it is small and the suite may fill it."""

    def reach(self, url: str) -> str:
        """Return where a URL that the services use among themselves is reached from here."""

    def service_at(self, worker_id: str, url: str) -> str:
        """Return what the target calls the worker that registered with this id and URL."""

    def cannot(self, verb: Verb | Literal["replace"], service: str) -> str:
        """Return in words why the suite may not, or cannot, do this to a service; empty if it can."""

    def switch(self, verb: Verb, service: str, clock: Clock) -> None:
        """Do this to a service; return once it is so. Raises EnvironmentFault."""

    def replace(self, service: str, answer: Nonsense, clock: Clock) -> None:
        """Have something that answers nonsense listen in the place of a service. Raises EnvironmentFault."""

    def put_back(self, service: str, clock: Clock) -> None:
        """Have a service that was replaced listen again; return once it does. Raises EnvironmentFault."""

    def conditions(self) -> Mapping[str, Condition]:
        """Return how each service fares by the word of what runs it; empty if nobody can tell."""

    def facts(self) -> list[str]:
        """Return in words what runs the target, as far as it is not said elsewhere."""

    @property
    def place(self) -> str:
        """Return what tells this target from others of its kind, also while it is down."""

    def mend(self, done: str, service: str, clock: Clock) -> None:
        """Put back what a run that was killed has done to a service. Raises EnvironmentFault."""

    def start(self, clock: Clock) -> None:
        """Bring the target up, or do nothing if it is not ours. Raises EnvironmentFault."""

    def stop(self) -> None:
        """End what `start` brought up."""


class DirectTarget:
    """A target whose services are reached where they say, and of whose condition nobody tells."""

    def reach(self, url: str) -> str:
        """Return the URL as it is."""
        return url

    def service_at(self, worker_id: str, url: str) -> str:  # noqa: ARG002 - of the protocol
        """Return the worker's id: it keeps that."""
        return worker_id

    def facts(self) -> list[str]:
        """Return nothing: the addresses say it."""
        return []

    def conditions(self) -> Mapping[str, Condition]:
        """Nobody tells."""
        return {}
