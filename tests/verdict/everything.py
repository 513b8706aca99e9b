"""A run with something of everything that an output can tell."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from behave.parser import parse_feature

from ktrdr_acceptance.catalogue.tags import read_tags
from ktrdr_acceptance.faults import Category
from ktrdr_acceptance.preflight.check import Check, Outcome, Preflight
from ktrdr_acceptance.verdict.durations import OperationDuration
from ktrdr_acceptance.verdict.earlier import EarlierRun, EarlierScenario
from ktrdr_acceptance.verdict.failure import Failure, State
from ktrdr_acceptance.verdict.model import (
    Attachment,
    RunResult,
    RunVerdict,
    ScenarioResult,
    StepResult,
    Verdict,
)
from ktrdr_acceptance.verdict.watched import Drift, Watched

from .specimens import run_result, scenario_result

TRAININGS = ("Trainings", "features/training/a.feature")
BACKTESTS = ("Backtests", "features/back_tests/b.feature")


def one(
    verdict: Verdict,
    category: Category | None,
    reason: str,
    *tags: str,
    id: str,
    feature: tuple[str, str] = TRAININGS,
    **changes: Any,
) -> ScenarioResult:
    result = scenario_result(verdict, category, reason, id=id)
    own = ("category:smoke", *tags, f"id:{id}")
    named = replace(result, feature=feature[0], file=feature[1], tags=own, facts=read_tags(own))
    return replace(named, **{"expected_s": 1.2, **changes})


MET = one(
    *(Verdict.MET, None, ""),
    *("milestone:OPS-M1", "criterion:D2", "severity:major"),
    id="1.1",
    duration_s=1.23456,
    operations=("op_1", "op_2"),
    operation_durations=(
        OperationDuration("op_1", "long training", 3.00049, 62.50049, "completed"),
        OperationDuration("op_2", "smoke training", None),
    ),
)
NOT_MET = one(
    *(Verdict.NOT_MET, Category.CODE_BUG, "the training fell\nfrom 40 % to 20 %"),
    *("milestone:OPS-M1", "milestone:MET-M1", "criterion:D2", "criterion:D9", "severity:blocker"),
    id="1.2",
    name="A training | of two",
    attempts=2,
    age="new",
    steps=(
        StepResult("Given a training", "passed", 0.25),
        StepResult("Then it completes", "failed", 1.0, "it fell\nfrom 40 % to 20 %"),
        StepResult("And it is told", "untested", 0.0),
    ),
    attachments=(Attachment("HTTP exchanges", "application/json", '{"password": "***", "größe": 1}'),),
    operations=("op_3",),
    operation_durations=(OperationDuration("op_3", "smoke training", 2.0, 9.0, "failed"),),
    failure=Failure(
        Category.CODE_BUG,
        point="Then it completes (features/training/a.feature:14)",
        expected="a progress that never falls",
        actual="20 % after 40 %",
        states=(State(0.5, "op_3", "running 40 %"), State(1.0, "op_3", "running 20 %")),
        evidence=("operation smoke training op_3",),
        cause="It was started twice.",
        next_action="Mend it.",
        reproduce=".venv/bin/behave features/training/a.feature:12",
        preflight="2 ok, 1 failed (gateway)",
        cures=("gateway: waited 2 s",),
        notes=("attempt 1: not met",),
    ),
)
FLAKY = one(
    *(Verdict.FLAKY, Category.CODE_BUG, "met at the second try only – größer", "severity:minor"),
    id="1.3",
    age="old",
)
KNOWN = one(
    Verdict.KNOWN_ISSUE, Category.CODE_BUG, "known issue KI-1: it is so\nuntil it is mended", id="1.4"
)
NOT_RUN = one(Verdict.NOT_RUN, None, "no gateway\nasked twice", "milestone:MET-M1", "criterion:D9", id="1.5")
NOT_RUN_EITHER = one(
    *(Verdict.NOT_RUN, None, "no gateway\nasked once"),
    id="2.1",
    feature=BACKTESTS,
    steps=(),
    started_at=0.0,
    duration_s=0.0,
)
# Without a failure block: the suite itself failed before it had one.
SUITE_FAILED = one(
    *(Verdict.NOT_MET, Category.TEST_ISSUE, "undefined step\nGiven nothing", "contract:x"),
    id="2.2",
    feature=BACKTESTS,
    expected_s=None,
    steps=(),
    counted_steps=(2, 5),
)

PREFLIGHT = Preflight(
    (
        Check("backend", Outcome.OK, "answers"),
        Check("workers", Outcome.OK, "2 of 2", tried=("waited 3 s",)),
        Check(
            *("gateway", Outcome.FAILED, "refused\nthe connection"),
            symptom_id="gateway-gone",
            symptom="no gateway",
            cause="It is not started.",
            cure="Start it | by hand.",
            tried=("waited 2 s", "asked again"),
        ),
        Check("ib host", Outcome.NOT_MADE, "nothing to ask"),
    ),
    took_s=1.3,
)
BASELINE = EarlierRun(
    file=Path("earlier/results.json"),
    verdict=RunVerdict.NOT_ACCEPTED,
    suite="0.1.0 (abc)",
    target={"kind": "embedded", "generation": "N"},
    selection="",
    scenarios=tuple(
        EarlierScenario(id=id, name=id, verdict=verdict, category=None, reason="")
        for id, verdict in {
            "1.1": Verdict.MET,
            "1.2": Verdict.MET,
            "1.3": Verdict.FLAKY,
            "1.4": Verdict.KNOWN_ISSUE,
            "1.5": Verdict.NOT_RUN,
            "2.1": Verdict.NOT_RUN,
            "2.2": Verdict.MET,
        }.items()
    ),
)


def everything(**changes: Any) -> RunResult:
    """Return the run, or one that differs from it in `changes`."""
    run = run_result(
        *(MET, NOT_MET, FLAKY, KNOWN, NOT_RUN, NOT_RUN_EITHER, replace(SUITE_FAILED, age="new")),
        settings={"target": "embedded", "issue_form": "issue-found"},
        options="-D target=embedded",
        time_factor=3.0,
        target={"kind": "embedded", "generation": "S", "speed": 1.0, "workers": ["w0"]},
        target_lines=["KTRDR 1.0, generation S (embedded)", "2 workers: w0, w1"],
        preflight=PREFLIGHT,
        run_findings=["2 ERROR lines that no scenario expects: boom", "KTRDR left a process behind"],
        watched=Watched(
            drift={"unknown field": Drift(7, ["GET /a: x", "GET /b: y"]), "late answer": Drift(1, ["3 s"])},
            tolerated=["noise of w0 (12 lines)"],
        ),
        calibration="own.yaml for long training",
        proofs={"D1": ("9.9",), "D2": ("1.1", "1.2", "9.9")},
        suite_ids=frozenset({"1.1", "1.2", "1.3", "1.4", "1.5", "2.1", "2.2", "9.9"}),
        known_issues="known issues: 1 of own.yaml",
        selection="rerun of 7 scenarios of earlier/results.json",
        known_findings=["known issue KI-2: it logs too much"],
        put_back=["put back: größen.csv of an earlier run"],
        baseline=BASELINE,
        peak_memory_mb=87.5,
        duration_s=7.12345,
    )
    return replace(run, **changes)


def behave_row() -> Any:
    """Return behave's scenario for a row of a table, with a description and a link."""
    text = (
        "Feature: Trainings\n\n  @allure.issue:KI-1\n  Scenario Outline: A training | of two\n"
        "    It must never fall.\n    Not once.\n    Given a <kind> training\n\n"
        "    Examples:\n      | name | kind |\n      | a    | long |\n"
    )
    (scenario,) = parse_feature(text, filename=NOT_MET.file).walk_scenarios()
    return scenario
