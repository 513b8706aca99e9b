"""What every target has: addresses, and a way to come up and go down."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from ktrdr_acceptance.operations.waiting import Clock


@dataclass(frozen=True)
class Endpoints:
    """Where the target listens and how its time runs. `cache_ttl` is seconds, `speed` times real time."""

    backend_url: str
    backend_url_source: str
    cache_ttl: float
    speed: float
    # Services that the backend does not list: name and URL.
    other_services: tuple[tuple[str, str], ...] = ()


class Target(Protocol):
    """A KTRDR under test."""

    name: str

    @property
    def endpoints(self) -> Endpoints:
        """Return the addresses; only after `start`."""

    def start(self, clock: Clock) -> None:
        """Bring the target up, or do nothing if it is not ours. Raises EnvironmentFault."""

    def stop(self) -> None:
        """End what `start` brought up."""
