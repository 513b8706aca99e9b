"""Workers that the backend has forgotten are started anew when a scenario has done things to services."""

from __future__ import annotations

import pytest

from ktrdr_acceptance.domain.roll_call import RollCall
from ktrdr_acceptance.domain.services import Services
from ktrdr_acceptance.faults import EnvironmentFault
from ktrdr_acceptance.operations.waiting import Clock
from ktrdr_acceptance.target.base import Verb
from ktrdr_acceptance.undo import Undo

from .fake_clock import FakeClock
from .scripted_world import ScriptedTarget


class Register(ScriptedTarget):
    """A backend that forgets its workers when it stops; each registers once, some time after its start."""

    def __init__(self, registers_after: float = 1.0) -> None:
        super().__init__()
        self.answers = True
        self.registers_after = registers_after
        self._since = {"w1": 0.0, "w2": 0.0}
        self.clock = FakeClock()

    def switch(self, verb: Verb, service: str, clock: Clock) -> None:
        super().switch(verb, service, clock)
        if verb == "stop":
            self._since = {} if service == "backend" else self._since
            self._since.pop(service, None)
        elif verb == "start" and service != "backend":
            self._since[service] = self.clock.now() + self.registers_after

    def listed(self) -> list[str]:
        if not self.answers:
            raise EnvironmentFault("no answer")
        return [name for name, since in self._since.items() if since <= self.clock.now()]


def _stage(target: Register) -> Services:
    services = Services(target, target.clock, Undo())
    services.on_first = RollCall(target.listed, services).begin
    return services


def test_who_was_forgotten_is_started_anew_and_awaited() -> None:
    target = Register()
    services = _stage(target)
    services.stop("backend")
    assert services.undo.run() == []
    assert target.switched[2:] == ["stop w1", "start w1", "stop w2", "start w2"]
    assert target.listed() == ["w1", "w2"]
    assert services.switched == [
        *(("stop", "backend"), ("start", "backend")),
        *(("start", "w1"), ("start", "w2")),
    ]


def test_who_is_still_listed_is_left_alone() -> None:
    target = Register()
    services = _stage(target)
    services.pause("w1")
    services.cut("w2")
    assert services.undo.run() == []
    assert target.switched == ["pause w1", "cut w2", "heal w2", "resume w1"]


def test_who_is_not_the_suites_to_start_is_left_alone() -> None:
    target = Register()
    services = _stage(target)
    services.stop("backend")
    target.why_not = "not disposable"
    assert services.undo.run() == []
    assert target.switched == ["stop backend", "start backend"]


def test_who_does_not_register_after_all_is_told() -> None:
    target = Register(registers_after=100.0)
    services = _stage(target)
    services.stop("w1")
    errors = services.undo.run()
    assert len(errors) == 1
    assert "w1: started anew, and not listed by the backend within 60 s" in errors[0]
    assert target.switched.count("start w1") == 2


def test_who_comes_back_by_itself_in_a_moment_is_not_started_anew() -> None:
    target = Register(registers_after=4.0)
    services = _stage(target)
    services.stop("w1")
    assert services.undo.run() == []
    assert target.switched == ["stop w1", "start w1"]
    assert target.listed() == ["w2", "w1"]


def test_where_the_backend_cannot_be_asked_before_nobody_is_missed() -> None:
    target = Register()
    target.answers = False
    services = _stage(target)
    services.stop("backend")
    target.answers = True
    assert services.undo.run() == []
    assert target.switched == ["stop backend", "start backend"]


def test_without_deeds_nobody_is_asked() -> None:
    target = Register()
    services = _stage(target)
    target.answers = False
    services.restore("w1")
    assert services.undo.is_empty


@pytest.mark.parametrize("times", [1, 2])
def test_the_roll_is_called_once_in_a_scenario(times: int) -> None:
    target = Register()
    services = _stage(target)
    asked: list[str] = []
    services.on_first = lambda: asked.append("first")
    for _ in range(times):
        services.stop("w1")
    assert asked == ["first"]
