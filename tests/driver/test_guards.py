"""The guards of a run: what they learn of each scenario, and what they have the run say."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from verdict.specimens import run_result

from ktrdr_acceptance.api.generations import Generation
from ktrdr_acceptance.api.http import Exchange
from ktrdr_acceptance.domain.services import Services
from ktrdr_acceptance.evidence.log_files import LogFile
from ktrdr_acceptance.runner.guards import Guards
from ktrdr_acceptance.target.base import Endpoints, Target
from ktrdr_acceptance.target.condition import Condition
from ktrdr_acceptance.undo import Undo
from ktrdr_acceptance.verdict.model import RunResult
from ktrdr_acceptance.world import World

from .fake_clock import FakeClock

ID = "op_training_20261122_154627_d3ce30ab"
FAILED = f"2026-11-22 15:46:27 [ERROR] ktrdr: Failed operation: {ID} - no bars\n"
NO_IB = "2026-11-22 15:46:27 [ERROR] ktrdr: {}: All connection attempts failed\n"
START = "2026-11-22 15:46:27 [INFO] uvicorn.error: Started server process [7]\n"


def target_at(endpoints: Endpoints, fares: dict[str, Condition]) -> Target:
    return cast(Target, SimpleNamespace(endpoints=endpoints, conditions=lambda: dict(fares)))


class Stage:
    """A target with one log, and the guards of a run at it."""

    def __init__(self, folder: Path) -> None:
        self.log = folder / "backend.log"
        self.log.touch()
        others = {"ib-host": "http://h:5001"}
        endpoints = Endpoints(
            "http://h:8000", "the test", 0.0, 1.0, others, logs={"backend": LogFile(self.log)}
        )
        self.fares: dict[str, Condition] = {}
        self.target = target_at(endpoints, self.fares)
        self.run: RunResult = run_result(target={"workers": [{"id": "w1", "url": "http://h:5005"}]})
        self.guards = Guards(self.run, lambda: date(2026, 11, 22))
        self.worlds = 0
        self.seen_as: dict[str, set[str]] = {}

    def world(self) -> World:
        """Begin a scenario with an operation of its own."""
        self.guards.begin(self.target, Generation.S)
        operation = SimpleNamespace(id=ID, home=None, worker=None)
        operations = SimpleNamespace(started=[operation], recorder=SimpleNamespace(drift={}))
        world = SimpleNamespace(
            operations=operations,
            workers=SimpleNamespace(unreachable=[], seen_as=lambda service: self.seen_as.get(service, set())),
            services=Services(self.target, FakeClock(), Undo()),
            exchanges=[],
            target=self.target,
            data=SimpleNamespace(folder=None),
        )
        return cast(World, world)

    def writes(self, text: str) -> None:
        with self.log.open("a", encoding="utf-8") as log:
            log.write(text)

    def ends(self, world: World) -> list[str]:
        self.guards.steps_ended(world)
        return self.guards.end("1.1", world)


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path)


def failure() -> Exchange:
    body: dict[str, Any] = {"data": {"operation_id": ID, "status": "failed", "error_message": "no bars"}}
    return Exchange("backend", "GET", "http://h:8000/x", None, 200, body, 0.0, 0.0, request_id="acceptance-1")


@pytest.mark.parametrize(("seen_in_steps", "breaches"), [(True, 0), (False, 1)])
def test_a_failure_is_expected_only_if_the_steps_saw_it(
    stage: Stage, seen_in_steps: bool, breaches: int
) -> None:
    world = stage.world()
    stage.writes(FAILED)
    if seen_in_steps:
        world.exchanges.append(failure())
    stage.guards.steps_ended(world)
    # Putting things back looks at every operation.
    world.exchanges.append(failure())
    assert len(stage.guards.end("1.1", world)) == breaches
    assert stage.run.run_findings == []


@pytest.mark.parametrize(
    ("service", "name"),
    [
        ("ib-gateway", "the IB gateway"),
        ("ib-host", "http://h:5001/data"),
        ("w1", "http://h:5005"),
        ("w1", "worker w1"),
    ],
)
@pytest.mark.parametrize(("verb", "findings"), [("stop", 0), ("kill", 0), ("pause", 0), ("start", 1)])
def test_what_was_switched_off_is_not_reached_in_this_scenario_and_the_next(
    stage: Stage, service: str, name: str, verb: Any, findings: int
) -> None:
    world = stage.world()
    world.services.switched.append((verb, service))
    stage.writes(NO_IB.format(name))
    stage.ends(world)
    assert len(stage.run.run_findings) == findings
    second = stage.world()
    stage.writes(NO_IB.format(name))
    stage.ends(second)
    assert len(stage.run.run_findings) == findings
    third = stage.world()
    stage.writes(NO_IB.format(name))
    stage.ends(third)
    assert len(stage.run.run_findings) == 1


NO_SPACE = "2026-11-22 15:46:27 [ERROR] ktrdr.data: cannot save: [Errno 28] No space left on device\n"


@pytest.mark.parametrize(("was_filled", "findings"), [(True, 0), (False, 1), (None, 1)])
def test_a_full_disk_is_told_without_harm_where_the_scenario_filled_it(
    stage: Stage, was_filled: bool | None, findings: int
) -> None:
    world = stage.world()
    if was_filled is not None:
        world.data = cast(Any, SimpleNamespace(folder=SimpleNamespace(was_filled=was_filled)))
    stage.writes(NO_SPACE)
    assert stage.ends(world) == []
    assert len(stage.run.run_findings) == findings
    stage.writes(NO_SPACE.replace("No space left on device", "gone"))
    stage.ends(stage.world())
    assert len(stage.run.run_findings) == findings + 1


REFRESH = f"2026-11-22 15:46:27 [ERROR] ktrdr: Failed to refresh operation {ID} from host service: HTTP 404\n"


@pytest.mark.parametrize(("lost", "breaches"), [("w1", 0), ("w2", 1)])
def test_an_operation_is_out_of_reach_where_its_worker_is_in_this_scenario_and_the_next(
    stage: Stage, lost: str, breaches: int
) -> None:
    world = stage.world()
    stage.writes(REFRESH)
    world.operations.started[0].worker = cast(
        Any, SimpleNamespace(name="w1", service="w1", base_url="http://h:5005")
    )
    world.services.switched.append(("kill", lost))
    assert len(stage.ends(world)) == breaches
    for findings in (0, 1):
        other = stage.world()
        other.operations.started.clear()
        stage.writes(REFRESH)
        stage.ends(other)
        if not breaches:
            assert len(stage.run.run_findings) == findings


def test_what_is_out_of_reach_at_the_end_is_so_after_the_last_scenario_too(stage: Stage) -> None:
    world = stage.world()
    world.operations.started[0].worker = cast(
        Any, SimpleNamespace(name="w1", service="w1", base_url="http://h:5005")
    )
    world.services.switched.append(("kill", "w1"))
    stage.ends(world)
    stage.writes(REFRESH)
    stage.guards.finish()
    assert stage.run.run_findings == []


def test_a_worker_that_the_scenario_silenced_is_no_drift_and_another_is(stage: Stage) -> None:
    world = stage.world()
    world.services.switched.append(("pause", "w1"))
    world.workers.unreachable.extend(["w1 at http://h:5005 gave no answer", "w2 gave no answer"])  # type: ignore[attr-defined]
    stage.ends(world)
    assert [case for drift in stage.run.watched.drift.values() for case in drift.cases] == [
        "w2 gave no answer"
    ]


@pytest.mark.parametrize(("verb", "findings"), [("start", 0), ("resume", 1), ("stop", 1)])
def test_only_a_start_of_the_suite_plans_a_start(stage: Stage, verb: Any, findings: int) -> None:
    world = stage.world()
    world.services.switched.append((verb, "backend"))
    world.operations.started.clear()
    stage.writes(START)
    stage.ends(world)
    assert len(stage.run.run_findings) == findings


def test_counts_of_findings_grow_and_other_findings_stay(stage: Stage) -> None:
    stage.run.run_findings.append("of another kind")
    for _ in range(3):
        world = stage.world()
        stage.writes("2026-11-22 15:46:27 [ERROR] ktrdr: disk full\n")
        stage.ends(world)
    other, said = stage.run.run_findings
    assert other == "of another kind"
    assert said.endswith("disk full (first seen after scenario 1.1) (3 such)")


def test_what_is_written_after_the_last_scenario_is_looked_at(stage: Stage) -> None:
    stage.guards.finish()
    stage.ends(stage.world())
    stage.writes("2026-11-22 15:46:27 [ERROR] ktrdr: disk full\n")
    stage.guards.finish()
    (said,) = stage.run.run_findings
    assert said.endswith("disk full (first seen after the last scenario)")


def test_drift_of_a_scenario_is_that_of_the_run(stage: Stage) -> None:
    for _ in range(2):
        world = stage.world()
        world.operations.recorder.drift["falls"] = ["a", "b"]
        world.workers.unreachable.append("w1 is gone")
        stage.ends(world)
    assert {kind: drift.count for kind, drift in stage.run.watched.drift.items()} == {
        "falls": 4,
        "a registered worker does not answer": 2,
    }


def test_a_target_whose_logs_are_not_known_has_no_sentinel(stage: Stage) -> None:
    endpoints = Endpoints("http://h:8000", "the test", 0.0, 1.0)
    stage.target = target_at(endpoints, {})
    world = stage.world()
    assert stage.guards.slices == {}
    assert stage.ends(world) == []
    stage.guards.finish()
    assert stage.run.run_findings == []


def test_of_findings_without_end_the_run_tells_the_first_and_may_leave_out_what_is_known(
    stage: Stage,
) -> None:
    stage.run.run_findings = ["something else"]
    stage.ends(stage.world())
    kinds = ["".join(pair) for pair in itertools.product("ghijklmnop", repeat=2)]
    stage.writes("".join(f"2026-11-22 15:46:27 [ERROR] ktrdr: kind {kind}\n" for kind in kinds))
    stage.guards.finish()
    first, *told, more = stage.run.run_findings
    assert (first, len(told), more) == ("something else", 50, "... 50 more kinds of lines in the logs")
    stage.guards.leave(stage.guards.found_in_logs()[:30])
    assert stage.run.run_findings == ["something else", *told[:30]]


WELL = Condition(
    running=True, paused=False, started_at="2026-11-22T20:00:00.5Z", restarts=0, health="healthy"
)


@pytest.mark.parametrize(
    ("then", "now", "said"),
    [
        (WELL, WELL, []),
        (WELL, replace(WELL, restarts=1), ["w1 was restarted, and not by the suite"]),
        (WELL, replace(WELL, started_at="2026-11-22T20:00:01Z"), ["w1 was restarted, and not by the suite"]),
        (WELL, replace(WELL, running=False, exit_code=3), ["w1 has ended (exit code 3)"]),
        (WELL, replace(WELL, out_of_memory=True), ["w1 was killed because it used too much memory"]),
        (WELL, replace(WELL, health="unhealthy"), ["w1 has become unhealthy by its own health check"]),
        (replace(WELL, health="unhealthy"), replace(WELL, health="unhealthy"), []),
        (replace(WELL, running=False), replace(WELL, running=False), []),
        (WELL, None, ["w1 is gone"]),
    ],
)
def test_what_happens_to_a_service_that_the_suite_did_not_do_breaks_the_scenario(
    stage: Stage, then: Condition, now: Condition | None, said: list[str]
) -> None:
    stage.fares["w1"] = then
    world = stage.world()
    if now is None:
        stage.fares["w2"] = stage.fares.pop("w1")
    else:
        stage.fares["w1"] = now
    assert stage.ends(world) == said


def test_where_nobody_can_tell_any_more_no_service_is_said_to_be_gone(stage: Stage) -> None:
    stage.fares["w1"] = WELL
    world = stage.world()
    stage.fares.clear()
    assert stage.ends(world) == []


def test_sight_of_the_services_is_lost_only_where_there_was_some(stage: Stage) -> None:
    assert not stage.guards.have_lost_sight(stage.world()), "a target without containers never tells"
    stage.fares["backend"] = WELL
    world = stage.world()
    assert not stage.guards.have_lost_sight(world)
    stage.fares.clear()
    assert stage.guards.have_lost_sight(world)


def test_what_the_suite_did_to_a_service_is_no_trouble_of_it(stage: Stage) -> None:
    stage.fares.update(w1=WELL, w2=WELL)
    world = stage.world()
    world.services.switched.append(("kill", "w1"))
    stage.fares.update(dict.fromkeys(("w1", "w2"), replace(WELL, started_at="later", exit_code=137)))
    assert stage.ends(world) == ["w2 was restarted, and not by the suite"]


def test_too_much_memory_is_trouble_whatever_the_suite_did(stage: Stage) -> None:
    stage.fares["w1"] = WELL
    world = stage.world()
    world.services.switched.append(("kill", "w1"))
    stage.fares["w1"] = replace(WELL, out_of_memory=True)
    assert stage.ends(world) == ["w1 was killed because it used too much memory"]


def test_what_happens_to_a_service_between_two_scenarios_is_a_finding_of_the_run(stage: Stage) -> None:
    stage.fares.update(w1=WELL, w2=WELL)
    assert stage.ends(stage.world()) == []
    stage.fares["w1"] = replace(WELL, started_at="later")
    assert stage.ends(stage.world()) == []
    assert stage.run.run_findings == ["w1 was restarted, and not by the suite (between two scenarios)"]
    assert stage.ends(stage.world()) == []
    assert len(stage.run.run_findings) == 1


def test_what_the_suite_has_put_back_is_no_finding(stage: Stage) -> None:
    stage.fares["w1"] = WELL
    world = stage.world()
    world.services.switched.append(("kill", "w1"))
    stage.fares["w1"] = replace(WELL, started_at="later")
    assert stage.ends(world) == []
    assert stage.ends(stage.world()) == []
    assert stage.run.run_findings == []
