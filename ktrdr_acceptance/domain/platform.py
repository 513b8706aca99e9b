"""The platform: is the backend up, and how fast does it say so."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import TypeVar

from ktrdr_acceptance.api.backend import Backend
from ktrdr_acceptance.api.models import Health, read

T = TypeVar("T")

_BETWEEN_CHECKS_S = 0.1


@dataclass(frozen=True)
class HealthCheck:
    """One health check: what the backend said, and after how many seconds."""

    health: Health
    elapsed_s: float


@dataclass
class Platform:
    """What steps say about the backend as a whole."""

    backend: Backend

    def check_health(self) -> HealthCheck:
        """Ask the backend for its health."""
        answer = self.backend.health_answer()
        return HealthCheck(read(Health, answer), answer.elapsed_s)


@dataclass
class HealthBeside:
    """Asks the backend for its health all the while that it is asked for something else."""

    platform: Platform
    slowest_s: float = 0.0

    def __call__(self, look: Callable[[], T]) -> T:
        """Return what `look` brings; take down how long the slowest health check beside it took."""
        with ThreadPoolExecutor(max_workers=1) as other:
            looking = other.submit(look)
            while True:
                self.slowest_s = max(self.slowest_s, self.platform.check_health().elapsed_s)
                if wait([looking], _BETWEEN_CHECKS_S).done:
                    return looking.result()
