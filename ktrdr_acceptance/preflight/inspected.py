"""What the checks of one preflight share: the target, its services, and who answered."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from ktrdr_acceptance.api.backend import Backend
from ktrdr_acceptance.api.http import Answer, ServiceClient
from ktrdr_acceptance.preflight.asking import Ask
from ktrdr_acceptance.settings import Settings
from ktrdr_acceptance.target.base import Target
from ktrdr_acceptance.target.identity import Identity
from ktrdr_acceptance.testdata.calibration import Calibration

# Makes the client of a service: its name, its URL, and the seconds after which a request is given up.
Connect = Callable[[str, str, float], ServiceClient]

# Seconds for one answer; shorter than all checks may take, so that who is silent is told by name.
_WITHIN = 2.5


def connected(name: str, url: str, within: float) -> ServiceClient:
    """Return a client of a service whose exchanges are nobody's evidence."""
    return ServiceClient(name, url, within, lambda _exchange: None)


@dataclass(frozen=True)
class Heard:
    """An answer, and by how much the service's clock is ahead of ours; None if it did not tell the time."""

    answer: Answer
    ahead: timedelta | None


@dataclass
class Inspected:
    """A target under inspection."""

    settings: Settings
    target: Target
    calibration: Calibration
    connect: Connect
    now: Callable[[], datetime]
    # The operations that earlier runs of the suite have left active.
    left_over: Collection[str] = ()
    # Known once the backend has answered.
    identity: Identity | None = None
    _clients: dict[str, ServiceClient] = field(default_factory=dict)

    def client(self, name: str, url: str) -> ServiceClient:
        """Return the client of a service; the same for the same address."""
        key = f"{name} {url}"
        if key not in self._clients:
            within = min(self.settings.request_timeout, _WITHIN)
            self._clients[key] = self.connect(name, self.target.reach(url), within)
        return self._clients[key]

    @property
    def backend(self) -> Backend:
        """The backend's client."""
        return Backend(self.client("backend", self.target.endpoints.backend_url))

    @property
    def patient_backend(self) -> Backend:
        """The backend's client that gives an answer as long as a scenario would."""
        url, key = self.target.endpoints.backend_url, "patient backend"
        if key not in self._clients:
            self._clients[key] = self.connect(
                "backend", self.target.reach(url), self.settings.request_timeout
            )
        return Backend(self._clients[key])

    def close(self) -> None:
        """Close every connection; who has not answered by then is asked nothing more."""
        for client in list(self._clients.values()):
            client.close()

    @property
    def services(self) -> Mapping[str, str]:
        """The services besides the backend that the target names, with their URLs."""
        return self.target.endpoints.other_services

    def health(self, name: str, url: str) -> tuple[str, Ask]:
        """Return the ask for the health of a service (not the backend), and the name of that ask."""
        return f"{name} at {url}", partial(self._hear, name, url)

    def healths(self, services: Mapping[str, str]) -> dict[str, Ask]:
        """Return the asks for the health of several services."""
        return dict(self.health(name, url) for name, url in services.items())

    def heard(self, answer: Answer) -> Heard:
        """Return an answer that has just come, with the time that its service has."""
        return Heard(answer, None if answer.said_at is None else answer.said_at - self.now())

    def _hear(self, name: str, url: str) -> Heard:
        return self.heard(self.client(name, url).request("GET", "/health"))
