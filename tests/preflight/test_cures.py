"""Safe cures, on request alone: at most two attempts, each told, and never at the cost of others."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from driver.fake_clock import FakeClock
from driver.scripted_world import Reply, Script

from ktrdr_acceptance.faults import EnvironmentFault
from ktrdr_acceptance.ledger import Ledger
from ktrdr_acceptance.preflight.catalogue import catalogue
from ktrdr_acceptance.preflight.check import Outcome
from ktrdr_acceptance.preflight.cures import CURES
from ktrdr_acceptance.runner import inspecting
from ktrdr_acceptance.settings import Settings

from .scripted_target import OPERATION, WORKERS, Inspected, addressing, inspected, listed, shown, silent

OTHERS = "nothing else runs on the target"
FREE = "a worker of each kind is free"
SANDBOX = "the addressed port is the sandbox's"
LIST = "backend GET /api/v1/operations"
LOOKUP = f"backend GET /api/v1/operations/{OPERATION}"
CANCEL = f"DELETE /api/v1/operations/{OPERATION}"
BUSY = (200, [{**row, "status": "busy"} for row in WORKERS])


def ends_at(clock: FakeClock, after: float, ended: Script, before: Script) -> Script:
    """Answer one way until `after` seconds have passed, then another."""
    began = clock.now()

    def answer(_body: Any, _query: Any) -> Any:
        return ended if clock.now() >= began + after else before

    return answer


def work_of_others(clock: FakeClock, after: float) -> dict[str, Script]:
    return {
        LIST: ends_at(clock, after, listed(), listed(OPERATION)),
        LOOKUP: ends_at(clock, after, shown("completed"), shown()),
    }


def writes(found: Inspected) -> list[str]:
    return [one.request for one in found.net.asked if one.request.startswith("DELETE")]


def test_each_cure_that_may_be_tried_is_there_and_no_other() -> None:
    tried = {entry.id for entry in catalogue().symptoms if entry.attempts}
    assert tried == set(CURES)


def test_nothing_is_cured_unless_asked_for() -> None:
    clock = FakeClock()
    found = inspected(work_of_others(clock, 3.0), clock=clock)
    check = found.check(OTHERS)
    assert (check.outcome, check.tried, clock.sleeps) == (Outcome.FAILED, (), [])


def test_the_work_of_others_is_waited_for_and_never_ended() -> None:
    clock = FakeClock()
    found = inspected(work_of_others(clock, 3.0), clock=clock, cure="true")
    check = found.check(OTHERS)
    assert check.outcome is Outcome.OK
    assert check.tried == ("attempt 1: waited until the operations of others had ended",)
    assert writes(found) == []
    assert 2.9 <= clock.now() - 1000 <= 3.5
    assert any("tried:   attempt 1" in line for line in found.found.preflight.lines()), (
        "shown although it is ok"
    )


def test_a_second_attempt_is_the_last() -> None:
    clock = FakeClock()
    found = inspected(work_of_others(clock, 12.0), clock=clock, cure="true")
    first, second = found.check(OTHERS).tried
    assert first.startswith("attempt 1: in vain: expected the operations of others to end within 10 s")
    assert second == "attempt 2: waited until the operations of others had ended"
    assert found.check(OTHERS).outcome is Outcome.OK
    clock = FakeClock()
    never = inspected(work_of_others(clock, 1000.0), clock=clock, cure="true")
    assert len(never.check(OTHERS).tried) == 2
    assert never.check(OTHERS).outcome is Outcome.FAILED
    assert clock.now() - 1000 <= 21, "two waits of 10 s"
    assert never.check(OTHERS).as_json()["tried"] == list(never.check(OTHERS).tried)


def test_the_time_factor_lengthens_the_wait() -> None:
    clock = FakeClock()
    found = inspected(work_of_others(clock, 12.0), clock=clock, cure="true", time_factor="2")
    assert len(found.check(OTHERS).tried) == 1


def test_a_free_worker_is_waited_for() -> None:
    clock = FakeClock()
    workers = {"backend GET /api/v1/workers": ends_at(clock, 4.0, (200, WORKERS), BUSY)}
    found = inspected(workers, clock=clock, cure="true")
    check = found.check(FREE)
    assert check.outcome is Outcome.OK
    assert check.tried == ("attempt 1: waited until a training worker was free",)


def test_what_an_earlier_run_left_is_ended_and_nothing_else() -> None:
    other = f"{OPERATION[:-1]}0"
    clock, cancelled = FakeClock(), list[str]()

    def cancel(_body: Any, _query: Any) -> Any:
        cancelled.append(OPERATION)
        return 200, {"success": True, "data": {"operation_id": OPERATION, "status": "cancelled"}}

    changes: dict[str, Script] = {
        LIST: lambda _body, _query: listed(*([other] if cancelled else [other, OPERATION])),
        LOOKUP: lambda _body, _query: shown("cancelled" if cancelled else "running"),
        f"backend GET /api/v1/operations/{other}": shown(operation_id=other),
        f"backend {CANCEL}": cancel,
    }
    found = inspected(changes, clock=clock, cure="true", left_over=(OPERATION,))
    assert writes(found) == [CANCEL]
    check = found.check(OTHERS)
    assert check.tried[0] == f"attempt 1: cancelled {OPERATION}"
    assert (check.outcome, check.symptom_id) == (Outcome.FAILED, "K4"), "the other one is not ours"


def test_the_port_of_the_sandbox_is_taken_where_no_backend_was_named(tmp_path: Path) -> None:
    (tmp_path / ".env.sandbox").write_text("KTRDR_API_PORT=8003\n")
    answers: list[Reply] = [silent(), (200, {"status": "ok", "version": "1"})]
    changes: dict[str, Script] = {"backend GET /api/v1/health": answers}
    found = inspected(changes, at=addressing("http://localhost:8000"), ktrdr_home=str(tmp_path), cure="true")
    check = found.check(SANDBOX)
    assert check.outcome is Outcome.OK
    assert check.tried == (f"attempt 1: took http://localhost:8003 from {tmp_path / '.env.sandbox'}",)
    assert found.found.settings.backend_url == "http://localhost:8003"
    assert found.found.target.endpoints.backend_url == "http://localhost:8003"
    assert "-D backend_url=http://localhost:8003" in found.found.settings.as_options()
    assert found.found.preflight.blocking == ""


@pytest.mark.parametrize("cure", ["true", "false"])
def test_a_backend_that_was_named_is_never_exchanged(cure: str, tmp_path: Path) -> None:
    (tmp_path / ".env.sandbox").write_text("KTRDR_API_PORT=8003\n")
    found = inspected(
        at=addressing("http://localhost:8000"),
        ktrdr_home=str(tmp_path),
        cure=cure,
        backend_url="http://localhost:8000",
    )
    check = found.check(SANDBOX)
    assert (check.outcome, check.symptom_id) == (Outcome.FAILED, "E44")
    assert found.found.target.endpoints.backend_url == "http://localhost:8000"
    given = ("attempt 1: nothing, because a backend URL was given",)
    assert check.tried == (given if cure == "true" else ())


def test_a_target_that_goes_away_while_it_is_cured_is_told() -> None:
    clock = FakeClock()
    gone = [listed(OPERATION), silent(request="GET /api/v1/operations")]
    found = inspected({LIST: gone, LOOKUP: shown()}, clock=clock, cure="true")
    check = found.check(OTHERS)
    assert check.tried[0].startswith("attempt 1: in vain: backend at http://backend:1 gave no answer")
    assert check.outcome is Outcome.NOT_MADE


# in a run


def test_a_run_goes_on_with_the_target_that_a_cure_has_found(monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere = inspected(backend_url="http://localhost:8003").found
    monkeypatch.setattr(inspecting, "inspect_and_cure", lambda *_given, **_named: elsewhere)
    session = a_session()
    lines = inspecting.inspect_target(session)
    assert lines == elsewhere.preflight.lines()
    assert (session.target, session.settings) == (elsewhere.target, elsewhere.settings)
    assert "-D backend_url=http://localhost:8003" in session.run.options
    assert session.run.settings["backend_url"] == "http://localhost:8003"
    assert session.run.preflight is elsewhere.preflight
    assert session.run.target["version"] == "1.0.7.2"


def test_a_run_on_what_cannot_be_judged_is_ended_with_every_check_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    gone = inspected({"backend GET /api/v1/health": silent()}).found
    monkeypatch.setattr(inspecting, "inspect_and_cure", lambda *_given, **_named: gone)
    session = a_session()
    with pytest.raises(EnvironmentFault, match="backend at http://backend:1 gave no answer"):
        inspecting.inspect_target(session)
    assert session.console.told == gone.preflight.lines()
    assert session.run.preflight is gone.preflight
    assert session.run.target == {}


def a_session() -> Any:
    """Return what `inspect_target` uses of a session."""
    told: list[str] = []
    return SimpleNamespace(
        ledger=Ledger(None),
        target=addressing("http://localhost:8000"),
        settings=Settings.load({"target": "services"}, {}, {}),
        clock=FakeClock(),
        generation=None,
        run=SimpleNamespace(preflight=None, settings={}, options="", target={}, target_lines=[]),
        console=SimpleNamespace(told=told, tell=told.extend),
    )
