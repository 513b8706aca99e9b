"""The platform: is the backend up, and how fast does it say so."""

from __future__ import annotations

from dataclasses import dataclass

from ktrdr_acceptance.api.backend import Backend
from ktrdr_acceptance.api.models import Health, read


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
