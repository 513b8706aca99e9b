"""From the scenarios to the verdict on the run, its exit status and its one line."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ktrdr_acceptance.faults import Category
from ktrdr_acceptance.verdict.failure import Failure
from ktrdr_acceptance.verdict.model import (
    Attachment,
    ExitStatus,
    RunVerdict,
    ScenarioResult,
    StepResult,
    Verdict,
)
from ktrdr_acceptance.verdict.watched import Drift, Watched

from .specimens import run_result, scenario_result

MET = scenario_result(Verdict.MET, id="1.1")
NOT_MET = scenario_result(Verdict.NOT_MET, Category.CODE_BUG, "expected 3\nin: Then x", id="1.2")
BROKEN = scenario_result(Verdict.NOT_MET, Category.TEST_ISSUE, "undefined", id="1.3")
COLLAPSED = scenario_result(Verdict.NOT_MET, Category.CONFIGURATION, "collapsed", id="1.4")
FLAKY = scenario_result(Verdict.FLAKY, Category.CODE_BUG, "met at the second try", id="1.5")
KNOWN = scenario_result(Verdict.KNOWN_ISSUE, None, "issue 7", id="1.6")
NOT_RUN = scenario_result(Verdict.NOT_RUN, None, "no training worker", id="1.7")
UNFIT = scenario_result(Verdict.NOT_RUN, Category.ENVIRONMENT, "backend gone", id="1.8")

ACCEPTED, REFUSED = RunVerdict.ACCEPTED, RunVerdict.NOT_ACCEPTED
IS_UNFIT, ABORTED = RunVerdict.UNFIT, RunVerdict.ABORTED


@pytest.mark.parametrize(
    ("scenarios", "changes", "verdict"),
    [
        ([MET], {}, ACCEPTED),
        ([MET, KNOWN], {}, ACCEPTED),
        ([MET, NOT_RUN], {}, ACCEPTED),
        ([MET, NOT_RUN, KNOWN], {}, ACCEPTED),
        ([MET], {"strict": True}, ACCEPTED),
        ([MET, KNOWN], {"strict": True}, ACCEPTED),
        ([MET, NOT_RUN], {"strict": True}, REFUSED),
        ([MET, NOT_MET], {}, REFUSED),
        ([MET, BROKEN], {}, REFUSED),
        ([MET, COLLAPSED], {}, REFUSED),
        ([MET, FLAKY], {}, REFUSED),
        ([NOT_MET, NOT_RUN], {}, REFUSED),
        ([KNOWN], {}, REFUSED),
        ([MET], {"run_findings": ["ERROR lines of nobody"]}, REFUSED),
        ([], {}, REFUSED),
        ([NOT_RUN], {}, IS_UNFIT),
        ([NOT_RUN, NOT_RUN], {}, IS_UNFIT),
        ([MET, UNFIT], {}, IS_UNFIT),
        ([MET, NOT_MET, UNFIT], {}, IS_UNFIT),
        ([MET, UNFIT], {"strict": True}, IS_UNFIT),
        ([MET], {"unfit": "backend gone"}, IS_UNFIT),
        ([], {"unfit": "backend gone"}, IS_UNFIT),
        ([MET, NOT_MET], {"unfit": "backend gone"}, IS_UNFIT),
        ([MET], {"aborted": "SIGTERM"}, ABORTED),
        ([MET, NOT_MET], {"aborted": "SIGTERM"}, ABORTED),
        ([MET, UNFIT], {"aborted": "SIGTERM"}, ABORTED),
        ([MET], {"aborted": "SIGTERM", "unfit": "backend gone"}, ABORTED),
        ([], {"aborted": "cannot load the suite"}, ABORTED),
        ([MET], {"complete": False}, ABORTED),
        ([MET, NOT_MET], {"complete": False}, ABORTED),
        ([MET], {"complete": False, "unfit": "backend gone"}, ABORTED),
        ([], {"complete": False}, ABORTED),
        ([KNOWN, NOT_RUN], {}, IS_UNFIT),
        ([NOT_RUN], {"strict": True}, IS_UNFIT),
    ],
)
def test_the_verdict_of_a_run(
    scenarios: list[ScenarioResult], changes: dict[str, Any], verdict: RunVerdict
) -> None:
    run = run_result(*scenarios, **changes)
    assert run.verdict == verdict
    assert run.exit_status == {ACCEPTED: 0, REFUSED: 1, IS_UNFIT: 3, ABORTED: 4}[verdict]
    assert (run.issue() == "") is (verdict == ACCEPTED)
    assert "\n" not in run.issue()


def test_the_exit_statuses_are_those_that_other_tools_rely_on() -> None:
    assert {status.name: int(status) for status in ExitStatus} == {
        "ACCEPTED": 0,
        "NOT_ACCEPTED": 1,
        "BAD_INPUT": 2,
        "UNFIT": 3,
        "ABORTED": 4,
    }


@pytest.mark.parametrize(
    ("scenarios", "changes", "issue"),
    [
        ([MET, NOT_MET], {}, "1.2 Scenario 1.2 is not met: expected 3"),
        ([NOT_MET, BROKEN, FLAKY], {}, "1.2 Scenario 1.2 is not met: expected 3 (and 2 more)"),
        ([NOT_MET, FLAKY], {}, "1.2 Scenario 1.2 is not met: expected 3 (and 1 more)"),
        ([FLAKY], {}, "1.5 Scenario 1.5 is flaky: met at the second try"),
        ([KNOWN], {}, "no scenario is met"),
        ([MET, NOT_RUN], {"strict": True}, "1.7 Scenario 1.7 is not run: no training worker"),
        ([NOT_MET, UNFIT], {}, "environment unfit: backend gone"),
        ([NOT_RUN], {}, "environment unfit: no selected scenario could run: no training worker"),
        ([MET], {"run_findings": ["ERROR lines\nmore"]}, "ERROR lines"),
        ([MET], {"unfit": "backend gone\nmore"}, "environment unfit: backend gone"),
        ([NOT_MET], {"aborted": "SIGTERM", "unfit": "x"}, "aborted: SIGTERM"),
        ([NOT_MET], {"complete": False}, "aborted: the run has not come to its end"),
        ([MET], {"complete": False, "aborted": "SIGTERM"}, "aborted: SIGTERM"),
    ],
)
def test_the_one_line_names_what_matters_most(
    scenarios: list[ScenarioResult], changes: dict[str, Any], issue: str
) -> None:
    assert run_result(*scenarios, **changes).issue() == issue


@pytest.mark.parametrize(
    ("reason", "told"),
    [("x" * 320, "x" * 320), ("x" * 321, f"{'x' * 320} ..."), (" \n", "")],
    ids=["longest", "too-long", "empty"],
)
def test_the_one_line_is_never_a_very_long_one(reason: str, told: str) -> None:
    assert run_result(MET, unfit=reason).issue() == f"environment unfit: {told}"


def test_besides_the_verdicts_everything_that_makes_a_run_another_one_is_noted() -> None:
    assert run_result(MET).notes() == []
    noted = {
        "selection": "rerun of 1 failed scenario of x",
        "known_issues": "known issues listed in: x (1 entry)",
        "calibration": "own.yaml for trainings.long",
        "time_factor": 2.0,
    }
    run = run_result(MET, put_back=["ended op_1"], known_findings=["known issue x: y"], **noted)
    assert run.notes() == [
        "ended op_1",
        "known issue x: y",
        "rerun of 1 failed scenario of x",
        "known issues listed in: x (1 entry)",
        "calibration: own.yaml for trainings.long",
        "waiting deadlines were scaled by the time factor 2",
    ]


def test_a_run_of_known_issues_alone_does_not_blame_the_environment() -> None:
    run = run_result(KNOWN)
    assert run.verdict == REFUSED
    assert "environment unfit" not in run.issue()


@pytest.mark.parametrize(
    ("scenarios", "line"),
    [
        ([MET, MET], "2 met, 0 not met, 0 not run of 2 scenarios in 2.5 s"),
        ([MET, NOT_MET, NOT_RUN], "1 met, 1 not met, 1 not run of 3 scenarios in 2.5 s"),
        ([FLAKY, KNOWN], "0 met, 0 not met, 1 flaky, 1 known issue, 0 not run of 2 scenarios in 2.5 s"),
        ([], "0 met, 0 not met, 0 not run of 0 scenarios in 2.5 s"),
        ([MET], "1 met, 0 not met, 0 not run of 1 scenario in 2.5 s"),
    ],
)
def test_the_counts(scenarios: list[ScenarioResult], line: str) -> None:
    assert run_result(*scenarios).counts_line() == line


def test_what_all_scenarios_should_take_stands_beside_what_they_took() -> None:
    planned = [replace(MET, expected_s=1.25), replace(MET, expected_s=0.1)]
    assert run_result(*planned).counts_line().endswith(" in 2.5 s (planned 1.4 s)")
    assert run_result(*planned, MET).counts_line().endswith(" in 2.5 s")


def test_what_keeps_a_run_from_being_accepted() -> None:
    everything = [MET, NOT_MET, BROKEN, COLLAPSED, FLAKY, KNOWN, NOT_RUN, UNFIT]
    assert run_result(*everything).refusals() == [NOT_MET, BROKEN, COLLAPSED, FLAKY, UNFIT]
    assert run_result(*everything, strict=True).refusals() == [
        *(NOT_MET, BROKEN, COLLAPSED, FLAKY, NOT_RUN, UNFIT)
    ]


def test_drift_is_counted_by_kind() -> None:
    run = run_result(MET)
    for kind, case in (("falls", "a"), ("falls", "b"), ("names", "c")):
        run.watched.add_drift(kind, case)
    assert run.watched.drift_lines() == ["falls: 2 times, first a", "names: once, first c"]
    assert run.verdict == ACCEPTED


def test_of_a_kind_of_drift_the_first_cases_are_kept_and_all_are_counted() -> None:
    watched = Watched()
    for number in range(7):
        watched.add_drift("falls", f"case {number}")
    assert watched.drift == {"falls": Drift(7, [f"case {number}" for number in range(5)])}


@pytest.mark.parametrize(
    ("kinds", "entries", "said"),
    [
        (0, 0, []),
        (1, 0, ["drift: 1 kind, see summary.md"]),
        (2, 0, ["drift: 2 kinds, see summary.md"]),
        (0, 1, ["tolerated log lines: 1 entry of the allow-list, see summary.md"]),
        (
            1,
            2,
            [
                "drift: 1 kind, see summary.md",
                "tolerated log lines: 2 entries of the allow-list, see summary.md",
            ],
        ),
    ],
)
def test_what_was_watched_is_told_in_short(kinds: int, entries: int, said: list[str]) -> None:
    watched = Watched(tolerated=[f"entry {number}" for number in range(entries)])
    for number in range(kinds):
        watched.add_drift(f"kind {number}", "case")
    assert watched.in_short("summary.md") == said


# one scenario of it


def test_what_is_kept_of_a_scenario_still_counts_its_steps() -> None:
    steps = (StepResult("Given x", "passed", 0.1), StepResult("Then y", "failed", 0.1))
    whole = replace(NOT_MET, steps=steps, attachments=(Attachment("Log", "text/plain", "long"),))
    kept = whole.in_short()
    assert kept == replace(NOT_MET, steps=(), counted_steps=(1, 2))
    assert kept.in_short().step_counts == whole.step_counts == (1, 2)


def test_the_block_of_what_was_never_judged_is_its_reason_and_what_to_do_next() -> None:
    assert UNFIT.block("-D strict=true") == Failure(
        Category.ENVIRONMENT,
        point="",
        expected="",
        actual="backend gone",
        next_action=Category.ENVIRONMENT.next_action,
        reproduce=".venv/bin/behave -D strict=true features/training/a.feature:18",
    )
    assert NOT_RUN.block("").next_action == ""
