"""Preflight: every check side by side, before the first scenario."""

from __future__ import annotations

import time
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from ktrdr_acceptance.operations.waiting import Clock
from ktrdr_acceptance.preflight.asking import Asking, Probe
from ktrdr_acceptance.preflight.check import Check, Outcome, Preflight, failed, not_made, ok
from ktrdr_acceptance.preflight.inspected import Connect, Inspected, connected
from ktrdr_acceptance.preflight.machine import disk_probe, log_probe, sandbox_check
from ktrdr_acceptance.preflight.material import bars_probes, strategy_probe
from ktrdr_acceptance.preflight.others import others_probe
from ktrdr_acceptance.preflight.services import (
    BACKEND_ANSWERS,
    clock_probe,
    gateway_probe,
    host_check,
    host_probes,
    worker_probes,
)
from ktrdr_acceptance.settings import Settings
from ktrdr_acceptance.target.base import Target
from ktrdr_acceptance.target.identity import Identity, ServiceIdentity, identify_backend
from ktrdr_acceptance.testdata.own_calibration import use_calibration

# Seconds for all checks together; those that wait for the backend's identity get at least the second figure.
MOST_S, LEAST_S = 2.8, 1.5
_IDENTITY = "identity"
_SILENT = "gave no answer"
_UNKNOWN = "the backend has not said who it is"


@dataclass(frozen=True)
class Inspection:
    """What preflight found: who answers (None if nobody does) and what came of each check."""

    target: Target
    settings: Settings
    identity: Identity | None
    preflight: Preflight


def inspect(
    target: Target,
    settings: Settings,
    clock: Clock,
    *,
    left_over: Collection[str] = (),
    connect: Connect | None = None,
) -> Inspection:
    """Make every check of a target that has been started.

    The backend has the time of any request to say who it is, everything else MOST_S; what has not been
    answered by then is not made. Raises RunAborted.
    """
    inspected = _inspected(target, settings, left_over, connect)
    try:
        return _inspect(inspected, clock)
    finally:
        inspected.close()


def _inspect(inspected: Inspected, clock: Clock) -> Inspection:
    began = time.monotonic()
    asking = Asking(clock)
    beside = [
        *host_probes(inspected),
        *gateway_probe(inspected),
        disk_probe(inspected),
        *log_probe(inspected),
    ]
    _start(asking, beside)
    backend = _identify(inspected, asking)
    identity = inspected.identity
    until = began + MOST_S
    probes = _of_backend(inspected)
    if identity:
        until = max(until, time.monotonic() + LEAST_S)
        _start(asking, probes)
    asking.wait({ask for probe in [*beside, *(probes if identity else [])] for ask in probe.asks}, until)
    checks = [
        # First, because it explains what the second finds.
        *sandbox_check(inspected, answers=identity is not None or _SILENT not in backend.said),
        backend,
        *(probe.made(asking) for probe in beside),
        *(probe.made(asking) if identity else not_made(probe.name, _UNKNOWN) for probe in probes),
    ]
    if identity:
        identity = replace(identity, services=_services(inspected, checks), command=inspected.settings.cli)
    made = Preflight(tuple(checks), time.monotonic() - began)
    return Inspection(inspected.target, inspected.settings, identity, made)


def _inspected(
    target: Target, settings: Settings, left_over: Collection[str], connect: Connect | None
) -> Inspected:
    def now() -> datetime:
        return datetime.now(UTC)

    calibration = use_calibration(settings.calibration).calibration
    return Inspected(settings, target, calibration, connect or connected, now, left_over)


def _start(asking: Asking, probes: list[Probe]) -> None:
    for probe in probes:
        asking.start(probe.asks)


def _identify(inspected: Inspected, asking: Asking) -> Check:
    """Wait for the backend to say who it is; return the check of that."""
    settings = inspected.settings
    url = inspected.target.endpoints.backend_url
    backend = inspected.patient_backend
    asking.start({_IDENTITY: lambda: identify_backend(inspected.target, backend)})
    # Its three requests have their own deadlines.
    asking.wait([_IDENTITY], time.monotonic() + 3 * settings.request_timeout + LEAST_S)
    if identity := asking.values.get(_IDENTITY):
        inspected.identity = identity
        return ok(BACKEND_ANSWERS, f"KTRDR {identity.version}, generation {identity.generation}")
    problem = asking.problems.get(_IDENTITY)
    said = str(problem) if problem else f"backend at {url} {_SILENT}: its answers did not end in time"
    return failed(BACKEND_ANSWERS, said, blocks=True)


def _of_backend(inspected: Inspected) -> list[Probe]:
    """Return the checks that need a backend whose identity is known."""
    workers = inspected.identity.workers if inspected.identity else ()
    return [
        *worker_probes(inspected, workers),
        *bars_probes(inspected),
        strategy_probe(inspected),
        others_probe(inspected),
        clock_probe(inspected, {**inspected.services, **{one.id: one.url for one in workers}}),
    ]


def _services(inspected: Inspected, checks: list[Check]) -> tuple[ServiceIdentity, ...]:
    fine = {check.name for check in checks if check.outcome is Outcome.OK}
    return tuple(
        ServiceIdentity(name, url, host_check(name) in fine) for name, url in inspected.services.items()
    )
