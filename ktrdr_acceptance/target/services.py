"""A running KTRDR, found by its URLs; never started, never stopped."""

from __future__ import annotations

from ktrdr_acceptance.operations.waiting import Clock
from ktrdr_acceptance.settings import Settings
from ktrdr_acceptance.target.base import Endpoints


class ServicesTarget:
    """The KTRDR that the settings point at."""

    name = "services"

    def __init__(self, settings: Settings) -> None:
        self.endpoints = Endpoints(
            backend_url=settings.backend_url,
            backend_url_source="setting backend_url",
            cache_ttl=settings.cache_ttl,
            speed=1.0,
            other_services=(
                ("IB host", settings.ib_host_url),
                ("training host", settings.training_host_url),
                ("backtest worker", settings.backtest_worker_url),
            ),
        )

    def start(self, clock: Clock) -> None:
        """Do nothing: it runs or it does not, and preflight tells."""

    def stop(self) -> None:
        """Do nothing."""
