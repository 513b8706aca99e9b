"""One run over the ways in which a scenario can end at a target, and what each output says of it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from verdict.specimens import Outputs, assert_same_verdicts

from .project import Done, Project
from .stub_ktrdr import StubKtrdr

# id -> verdict, category, a part of the reason, Allure's and JUnit's word.
ENDS = {
    "met": ("met", None, "", "passed", "passed"),
    "failed": (
        "not met",
        "CODE_BUG",
        "in: Then one is two",
        "failed",
        "failure",
    ),
    "broken": ("not met", "TEST_ISSUE", "KeyError: 'broken step'", "broken", "error"),
    "undefined": (
        "not met",
        "TEST_ISSUE",
        "step is undefined: Given nobody wrote this step",
        "broken",
        "error",
    ),
    "unchecked": ("not met", "TEST_ISSUE", "the scenario checked nothing", "broken", "error"),
    "unchecked-after-a-wait": (
        "not met",
        "TEST_ISSUE",
        "the scenario checked nothing",
        "broken",
        "error",
    ),
    "violated": ("not met", "CODE_BUG", "went from completed to running", "failed", "failure"),
    "unchecked-with-undo": ("not met", "TEST_ISSUE", "the scenario checked nothing", "broken", "error"),
    "skipped": ("not run", None, "no gateway here", "skipped", "skipped"),
    "rows#right": ("met", None, "", "passed", "passed"),
    "rows#wrong": ("not met", "CODE_BUG", "in: Then one is two", "failed", "failure"),
    "put-back": ("met", None, "", "passed", "passed"),
    "rule-met": ("met", None, "", "passed", "passed"),
    "rule-failed": ("not met", "CODE_BUG", "in: Then one is two", "failed", "failure"),
}


@pytest.fixture(scope="module")
def done(project: Project, ktrdr: StubKtrdr, tmp_path_factory: pytest.TempPathFactory) -> Done:
    reports = tmp_path_factory.mktemp("ends") / "reports"
    return project.run(reports, "features/kinds.feature", "features/rules.feature", backend=ktrdr)


@pytest.fixture(scope="module")
def outputs(done: Done) -> Outputs:
    return Outputs.of(done.reports)


def test_the_run_is_not_accepted_and_says_so_last(done: Done, outputs: Outputs) -> None:
    assert done.status == 1
    assert done.last_line == f"❌ Issue: {outputs.results['issue']}"
    assert done.stdout.splitlines()[-2].endswith("exit status 1")
    assert outputs.results["exit_status"] == 1
    assert outputs.results["status"] == "complete"


def test_every_output_states_the_same_verdicts(outputs: Outputs) -> None:
    assert_same_verdicts(outputs)
    assert set(outputs.said_by_json()) == set(ENDS)


@pytest.mark.parametrize("id", list(ENDS))
def test_each_end_has_its_verdict_category_and_reason(id: str, outputs: Outputs) -> None:
    verdict, category, reason, allure, junit = ENDS[id]
    row = outputs.row(id)
    assert (row["verdict"], row["category"]) == (verdict, category)
    assert reason in row["reason"]
    assert outputs.said_by_allure()[id] == allure
    assert outputs.said_by_junit()[id] == junit
    if verdict != "met":
        message = outputs.allure_of(id)["statusDetails"]["message"]
        assert reason.splitlines()[0].removeprefix("in: ") in message


def test_what_was_started_is_put_back(outputs: Outputs, ktrdr: StubKtrdr) -> None:
    (operation,) = outputs.row("put-back")["operations"]
    assert f"DELETE /api/v1/operations/{operation}" in ktrdr.requests
    assert "running" not in ktrdr.statuses()


def test_the_exchanges_of_a_scenario_are_its_evidence(outputs: Outputs, done: Done) -> None:
    attachments = {
        one["name"]: one["source"] for one in outputs.allure_of("unchecked-with-undo")["attachments"]
    }
    text = (done.reports / "allure-results" / attachments["HTTP exchanges"]).read_text("utf-8")
    assert "POST" in text
    assert "/api/v1/trainings/start" in text


def test_the_command_for_one_alone_repeats_it_at_the_same_target(
    outputs: Outputs, project: Project, ktrdr: StubKtrdr, reports: Path
) -> None:
    alone = [line for line in outputs.markdown.splitlines() if line.startswith("reproduce: ")]
    (line,) = [line for line in alone if line.endswith("features/kinds.feature:10")]
    command = line.removeprefix("reproduce: ").split(" ")
    assert command[0] == ".venv/bin/behave"
    assert f"backend_url={ktrdr.url}" in command
    command = [sys.executable, "-m", "behave", *command[1:], "-D", f"reports={reports}"]
    done = project.end(project.start(command), reports)
    assert done.status == 1
    repeated = Outputs.of(reports)
    assert repeated.said_by_json() == {"failed": "not met"}
    assert repeated.results["target"] == outputs.results["target"]
    assert {**repeated.results["settings"], "reports": ""} == {**outputs.results["settings"], "reports": ""}


def test_no_traceback_of_ours_reaches_the_user(done: Done) -> None:
    assert "Traceback" not in done.stdout + done.stderr


def test_the_target_is_named_first(done: Done, ktrdr: StubKtrdr) -> None:
    lines = done.stdout.splitlines()
    assert f"KTRDR 1.0.7, generation S (services) at {ktrdr.url}" in lines[:3]
    before_the_first_end = lines[
        : next(place for place, line in enumerate(lines) if line[0] == "✘" and "not met" in line)
    ]
    assert any("14 scenarios" in line for line in before_the_first_end)
