"""Safe cures on request: at most two attempts for each check, each told in the report."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace

from ktrdr_acceptance.api.backend import Backend
from ktrdr_acceptance.api.http import ServiceClient
from ktrdr_acceptance.faults import EnvironmentFault
from ktrdr_acceptance.operations.operation import Kind
from ktrdr_acceptance.operations.waiting import Clock, Waiter, WaitFailed
from ktrdr_acceptance.preflight.catalogue import symptom
from ktrdr_acceptance.preflight.check import Check, Outcome, Preflight
from ktrdr_acceptance.preflight.inspected import Connect, connected
from ktrdr_acceptance.preflight.inspection import Inspection, inspect
from ktrdr_acceptance.preflight.machine import SANDBOX_FILE, port_of, sandbox_port
from ktrdr_acceptance.preflight.others import active_operations
from ktrdr_acceptance.settings import Settings
from ktrdr_acceptance.target import make_target
from ktrdr_acceptance.target.base import Target

_ATTEMPTS = 2


def inspect_and_cure(
    target: Target,
    settings: Settings,
    clock: Clock,
    *,
    left_over: Collection[str] = (),
    connect: Connect | None = None,
) -> Inspection:
    """Make every check; with the setting `cure`, cure what may be cured and make them again.

    The inspection names the target to use from then on: a cure may have found the right one.
    """

    def look(at: Target, told: Settings) -> Inspection:
        return inspect(at, told, clock, left_over=left_over, connect=connect)

    found = look(target, settings)
    if not settings.cure:
        return found
    tried: dict[str, list[str]] = {}
    for attempt in range(1, _ATTEMPTS + 1):
        curable = [check for check in found.preflight.checks if _may_try(check, attempt)]
        if not curable:
            break
        for check in curable:
            cure = Cure(found, clock, check, left_over, connect)
            done, found = cure.apply()
            tried.setdefault(check.name, []).append(f"attempt {attempt}: {done}")
        found = look(found.target, found.settings)
    checks = tuple(replace(check, tried=tuple(tried.get(check.name, ()))) for check in found.preflight.checks)
    return replace(found, preflight=Preflight(checks, found.preflight.took_s))


def _may_try(check: Check, attempt: int) -> bool:
    if check.outcome is not Outcome.FAILED or not check.symptom_id:
        return False
    entry = symptom(check.symptom_id)
    return entry.safe and entry.attempts >= attempt and check.symptom_id in CURES


@dataclass
class Cure:
    """One attempt to cure what a check has found."""

    found: Inspection
    clock: Clock
    check: Check
    left_over: Collection[str]
    connect: Connect | None
    _clients: list[ServiceClient] = field(default_factory=list)

    def apply(self) -> tuple[str, Inspection]:
        """Do what the catalogue says is safe; return what was done, and the target to look at from now on."""
        try:
            return CURES[self.check.symptom_id](self)
        except (WaitFailed, EnvironmentFault, AssertionError) as problem:
            return f"in vain: {str(problem).splitlines()[0]}", self.found
        finally:
            for client in self._clients:
                client.close()

    def wait_for_others(self) -> tuple[str, Inspection]:
        """Wait until no operation of others is active; never touch one."""
        backend = self._backend()
        self._await(lambda: [*active_operations(backend)], "the operations of others to end")
        return "waited until the operations of others had ended", self.found

    def end_left_over(self) -> tuple[str, Inspection]:
        """Cancel what an earlier run of the suite left active, and wait until it has ended."""
        backend = self._backend()
        ours = [one for one in active_operations(backend) if one in self.left_over]
        for operation_id in ours:
            backend.cancel_answer(operation_id)
        self._await(
            lambda: [one for one in active_operations(backend) if one in ours],
            "the operations of the earlier run to end",
        )
        return f"cancelled {', '.join(ours) or 'nothing, as all had ended'}", self.found

    def wait_for_worker(self) -> tuple[str, Inspection]:
        """Wait until a training worker is free at the backend."""
        backend = self._backend()
        self._await(
            lambda: (
                []
                if any(
                    one.status == "available" and one.worker_type in Kind.TRAINING.worker_types
                    for one in backend.workers()
                )
                else ["every training worker is taken"]
            ),
            "a training worker to be free",
        )
        return "waited until a training worker was free", self.found

    def take_sandbox_port(self) -> tuple[str, Inspection]:
        """Go to the port that KTRDR's sandbox names, unless a backend URL was given."""
        settings = self.found.settings
        assert settings.ktrdr_home is not None
        if "backend_url" in settings.model_fields_set:
            return "nothing, because a backend URL was given", self.found
        file = settings.ktrdr_home / SANDBOX_FILE
        try:
            port = sandbox_port(file)
        except (OSError, ValueError) as problem:
            return f"in vain: {file}: {problem}", self.found
        url = settings.backend_url.replace(f":{port_of(settings.backend_url)}", f":{port}")
        there = settings.model_copy(update={"backend_url": url})
        return f"took {url} from {file}", replace(self.found, settings=there, target=make_target(there))

    def _await(self, left: Callable[[], list[str]], expected: str) -> None:
        entry = symptom(self.check.symptom_id)
        waiter = Waiter(self.clock, self.found.settings.time_factor)
        waiter.eventually(
            left,
            lambda still: not still,
            within=entry.wait_s,
            expected=expected,
            describe=lambda still: ", ".join(still) or "nothing left",
        )

    def _backend(self) -> Backend:
        url, within = self.found.target.endpoints.backend_url, self.found.settings.request_timeout
        connect = self.connect or connected
        self._clients.append(connect("backend", url, within))
        return Backend(self._clients[-1])


CURES: dict[str, Callable[[Cure], tuple[str, Inspection]]] = {
    "K4": Cure.wait_for_others,
    "K5": Cure.end_left_over,
    "E16": Cure.wait_for_worker,
    "E3": Cure.take_sandbox_port,
    "E44": Cure.take_sandbox_port,
}
