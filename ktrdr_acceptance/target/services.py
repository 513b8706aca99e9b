"""A running KTRDR, found by its URLs; never started, never stopped."""

from __future__ import annotations

from ktrdr_acceptance.evidence.log_files import LogFile
from ktrdr_acceptance.faults import EnvironmentFault
from ktrdr_acceptance.operations.waiting import Clock
from ktrdr_acceptance.setting_values import log_files
from ktrdr_acceptance.settings import Settings
from ktrdr_acceptance.target.base import (
    BACKTEST_WORKER,
    IB_HOST,
    TRAINING_HOST,
    DirectTarget,
    Endpoints,
    Nonsense,
    Verb,
)


class ServicesTarget(DirectTarget):
    """The KTRDR that the settings point at."""

    name = "services"
    data_limit: int | None = None

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
            logs={name: LogFile(path) for name, path in log_files(settings.logs).items()},
        )

    @property
    def place(self) -> str:
        """Return where its backend listens."""
        return self.endpoints.backend_url

    def mend(self, done: str, service: str, clock: Clock) -> None:  # noqa: ARG002 - of the protocol
        """Refuse: nothing was ever done to its services."""
        raise EnvironmentFault(self.cannot("put back", service))

    def cannot(self, verb: str, service: str) -> str:
        """Refuse: what is known by its URL alone is not ours to stop, nor could it be."""
        return f"{service} is known by its URL alone, so that the suite cannot {verb} it"

    def switch(self, verb: Verb, service: str, clock: Clock) -> None:  # noqa: ARG002 - of the protocol
        """Refuse."""
        raise EnvironmentFault(self.cannot(verb, service))

    def replace(self, service: str, answer: Nonsense, clock: Clock) -> None:  # noqa: ARG002 - of the protocol
        """Refuse."""
        raise EnvironmentFault(self.cannot("replace", service))

    def put_back(self, service: str, clock: Clock) -> None:  # noqa: ARG002 - of the protocol
        """Refuse."""
        raise EnvironmentFault(self.cannot("put back", service))

    def start(self, clock: Clock) -> None:
        """Do nothing: it runs or it does not, and preflight tells."""

    def stop(self) -> None:
        """Do nothing."""
