"""What is done to the containers of a KTRDR, and how they come back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from ktrdr_acceptance.faults import EnvironmentFault
from ktrdr_acceptance.operations.waiting import Clock
from ktrdr_acceptance.target.answering import answers_within, listens_within
from ktrdr_acceptance.target.base import BACKEND, IB_GATEWAY, Nonsense, Verb
from ktrdr_acceptance.target.container import Container
from ktrdr_acceptance.target.discovery import PORTS, number_in
from ktrdr_acceptance.target.docker import Engine

_NONSENSE = Path(__file__).with_name("nonsense.py")
# Seconds until a service answers that was started with all others, and alone: a real worker on a busy
# machine takes more than a minute, and without it the next scenarios would have none.
ANSWERS_WITHIN, BACK_WITHIN = 60.0, 180.0


def health_path(service: str) -> str:
    """Return the path at which a service says how it is."""
    return "/api/v1/health" if service == BACKEND else "/health"


@dataclass
class Switching:
    """The containers by the names of their services."""

    engine: Engine
    containers: Mapping[str, Container]
    # Where each service listened when the run began: it must come back there.
    known: dict[str, str] = field(default_factory=dict)

    def url_of(self, service: str) -> str | None:
        """Return where a service is reached from here; None if it publishes no port or does not run."""
        container = self.containers[service]
        address = container.address(self._port_of(service)) or container.address()
        return f"http://{address[0]}:{address[1]}" if address else None

    def switch(self, verb: Verb, service: str, clock: Clock) -> None:
        """Have the engine do it; one that comes back answers before this returns."""
        container = self.containers[service]
        {
            "stop": container.stop,
            "kill": container.kill,
            "start": container.start,
            "pause": container.pause,
            "resume": container.resume,
            "cut": container.cut,
            "heal": container.heal,
        }[verb]()
        if verb in ("start", "heal"):
            self._await_back(service, clock)

    def replace(self, service: str, answer: Nonsense) -> None:
        """Stop the container, and have another one of its image listen under its names."""
        container = self.containers[service]
        container.stop()
        self.engine.run_in_place(container, self._port_of(service), _NONSENSE, [answer], "listening")

    def put_back(self, service: str, clock: Clock) -> None:
        """Remove what is in its place, and start it."""
        self.engine.end_in_place(self.containers[service])
        self.switch("start", service, clock)

    def mend(self, done: str, service: str, clock: Clock) -> None:
        """Put back what was done to a service, whatever of it is still to be done."""
        if done == "replace":
            self.put_back(service, clock)
            return
        back: dict[str, Verb] = {"cut": "heal", "pause": "resume", "slow down": "resume"}
        self.switch(back.get(done, "start"), service, clock)

    def _port_of(self, service: str) -> int:
        container = self.containers[service]
        said = number_in(container, "WORKER_PORT", container.environment.get("WORKER_PORT"))
        port = said or PORTS.get(service)
        if port is None:
            raise EnvironmentFault(f"the port of {service} is not known: its container names no WORKER_PORT")
        return int(port)

    def _await_back(self, service: str, clock: Clock) -> None:
        """Wait until a service answers where it did; not interruptible, for undoing must come to its end."""
        url = self.url_of(service)
        if url is None:
            return
        if url != self.known.setdefault(service, url):
            raise EnvironmentFault(
                f"{service} was at {self.known[service]} and came back at {url}",
                cure="publish a fixed port of this machine in the compose file",
            )
        if service == IB_GATEWAY:
            parts = urlsplit(url)
            is_back = listens_within(parts.hostname or "", parts.port or 0, BACK_WITHIN, clock)
        else:
            is_back = answers_within(url, health_path(service), BACK_WITHIN, clock, interruptible=False)
        if not is_back:
            raise EnvironmentFault(f"{service} does not answer at {url} within {BACK_WITHIN:g} s")
