"""What every target has: addresses, a way to come up and go down, and what else it can do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol

from ktrdr_acceptance.operations.waiting import Clock

# The names of the services that are no workers.
BACKEND, IB_HOST, IB_GATEWAY, TRAINING_HOST = "backend", "ib-host", "ib-gateway", "training-host"
# The one that a setting names; the backend knows the others.
BACKTEST_WORKER = "backtest worker"

Verb = Literal["stop", "kill", "start", "pause", "resume"]


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
    logs: Mapping[str, Path] = field(default_factory=dict)


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
    def can_switch(self) -> bool:
        """Return whether the suite may stop and pause services of this target."""

    def switch(self, verb: Verb, service: str, clock: Clock) -> None:
        """Stop, kill, start, pause or resume a service; return once it is so. Raises EnvironmentFault."""

    def start(self, clock: Clock) -> None:
        """Bring the target up, or do nothing if it is not ours. Raises EnvironmentFault."""

    def stop(self) -> None:
        """End what `start` brought up."""
