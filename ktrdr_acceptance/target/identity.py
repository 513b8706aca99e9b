"""Who answers: the identity of the KTRDR under test, stated in every output."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any

from ktrdr_acceptance.api.backend import Backend
from ktrdr_acceptance.api.generations import Generation, generation_of
from ktrdr_acceptance.api.http import Exchange, ServiceClient
from ktrdr_acceptance.api.models import Health, read
from ktrdr_acceptance.faults import EnvironmentFault
from ktrdr_acceptance.settings import Settings
from ktrdr_acceptance.target.base import Target


@dataclass(frozen=True)
class WorkerIdentity:
    """One worker that the backend knew when the run began."""

    id: str
    type: str
    url: str
    status: str


@dataclass(frozen=True)
class ServiceIdentity:
    """One service that the settings name besides the backend, and whether it answered."""

    name: str
    url: str
    answers: bool


@dataclass(frozen=True)
class Identity:
    """The KTRDR that was found."""

    kind: str
    backend_url: str
    version: str
    generation: Generation
    workers: tuple[WorkerIdentity, ...]
    services: tuple[ServiceIdentity, ...]
    speed: float
    # KTRDR's own command, if the settings name one.
    command: str = ""
    # What runs the target, in words; and the seeded defects and benign variations that are switched on.
    facts: tuple[str, ...] = ()
    defects: tuple[str, ...] = ()
    variations: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return the identity as `results.json` states it."""
        return asdict(self)

    def lines(self) -> list[str]:
        """Return the identity for a person."""
        speed = f", speed {self.speed:g}" if self.speed != 1 else ""
        workers = (
            ", ".join(f"{w.id} ({w.type}, {w.url}, {w.status})" for w in self.workers) or "none registered"
        )
        lines = [
            f"KTRDR {self.version}, generation {self.generation} ({self.kind}{speed}) at {self.backend_url}",
            f"workers: {workers}",
        ]
        if self.services:
            said = (f"{s.name} ({s.url}) {'answers' if s.answers else 'silent'}" for s in self.services)
            lines.append(f"other services: {', '.join(said)}")
        if self.command:
            lines.append(f"KTRDR's command: {self.command}")
        lines += self.facts
        if self.defects:
            lines.append(f"seeded defects, so that failures are expected: {', '.join(self.defects)}")
        if self.variations:
            lines.append(f"benign variations, none of which may fail anything: {', '.join(self.variations)}")
        return lines


def identify(target: Target, settings: Settings, on_exchange: Callable[[Exchange], None]) -> Identity:
    """Ask the target who it is. Raises EnvironmentFault if it does not answer, or not as a KTRDR."""
    endpoints = target.endpoints
    http = ServiceClient("backend", endpoints.backend_url, settings.request_timeout, on_exchange)
    try:
        identity = identify_backend(target, Backend(http))
    finally:
        http.close()
    return replace(
        identity,
        services=tuple(
            ServiceIdentity(name, url, _answers(name, url, settings, on_exchange))
            for name, url in endpoints.other_services.items()
        ),
    )


def identify_backend(target: Target, backend: Backend) -> Identity:
    """Ask the backend alone. Raises EnvironmentFault if it does not answer, or not as a KTRDR."""
    endpoints = target.endpoints
    try:
        health = _health(backend)
        generation = generation_of(_openapi(backend))
        workers = backend.workers() if generation.has_workers else []
    except (EnvironmentFault, AssertionError) as fault:
        raise EnvironmentFault(f"{fault} ({endpoints.backend_url_source})") from fault
    return Identity(
        kind=target.name,
        backend_url=endpoints.backend_url,
        version=health.version,
        generation=generation,
        workers=tuple(WorkerIdentity(w.worker_id, w.worker_type, w.endpoint_url, w.status) for w in workers),
        services=(),
        speed=endpoints.speed,
        facts=tuple(target.facts()),
        defects=endpoints.defects,
        variations=endpoints.variations,
    )


def _answers(name: str, url: str, settings: Settings, on_exchange: Callable[[Exchange], None]) -> bool:
    http = ServiceClient(name, url, settings.request_timeout, on_exchange)
    try:
        return http.request("GET", "/health").ok
    except EnvironmentFault:
        return False
    finally:
        http.close()


def _health(backend: Backend) -> Health:
    answer = backend.health_answer()
    try:
        return read(Health, answer)
    except AssertionError:
        raise EnvironmentFault(
            f"what answers at {backend.base_url} is not a KTRDR backend: GET /api/v1/health gave HTTP "
            f"{answer.status} without a status and a version"
        ) from None


def _openapi(backend: Backend) -> dict[str, Any]:
    answer = backend.openapi_answer()
    if not answer.ok or not isinstance(answer.body, dict) or not isinstance(answer.body.get("paths"), dict):
        raise EnvironmentFault(
            f"what answers at {backend.base_url} has no OpenAPI document, so its generation cannot be told"
        )
    return answer.body
