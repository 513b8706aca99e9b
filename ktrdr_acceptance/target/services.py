"""A running KTRDR, found by its URLs; never started, never stopped."""

from __future__ import annotations

from ktrdr_acceptance.faults import EnvironmentFault
from ktrdr_acceptance.operations.waiting import Clock
from ktrdr_acceptance.settings import Settings, log_files
from ktrdr_acceptance.target.base import BACKTEST_WORKER, IB_HOST, TRAINING_HOST, Endpoints, Verb


class ServicesTarget:
    """The KTRDR that the settings point at."""

    name = "services"
    can_switch = False

    def __init__(self, settings: Settings) -> None:
        self.data_folder = settings.data_dir
        self.endpoints = Endpoints(
            backend_url=settings.backend_url,
            backend_url_source="setting backend_url",
            cache_ttl=settings.cache_ttl,
            speed=1.0,
            other_services={
                IB_HOST: settings.ib_host_url,
                TRAINING_HOST: settings.training_host_url,
                BACKTEST_WORKER: settings.backtest_worker_url,
            },
            logs=log_files(settings.logs),
        )

    def switch(self, verb: Verb, service: str, clock: Clock) -> None:  # noqa: ARG002 - of the protocol
        """Refuse: a running KTRDR is not ours to stop."""
        raise EnvironmentFault(f"{service} is not the suite's to {verb}")

    def start(self, clock: Clock) -> None:
        """Do nothing: it runs or it does not, and preflight tells."""

    def stop(self) -> None:
        """Do nothing."""
