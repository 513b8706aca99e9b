"""Exit status, last line and reports of runs as a user starts them."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from verdict.specimens import Outputs, assert_same_verdicts

from .project import Project
from .runs import NOBODY, Plan, Runs
from .stub_ktrdr import StubKtrdr

KINDS = "features/kinds.feature"

PASSED = "✅ Integration test passed"
# Name -> arguments of a run against the healthy stub, its exit status, a part of its last line.
RUNS: dict[str, tuple[list[str], int, str]] = {
    "all-met": (["-t", "@id:met or @id:put-back", KINDS], 0, PASSED),
    "met-and-not-run": (["-t", "@id:met or @id:skipped", KINDS], 0, PASSED),
    "strict": (["-t", "@id:met or @id:skipped", "-D", "strict=1", KINDS], 1, "is not run: no gateway here"),
    "failed": (["-t", "@id:failed", KINDS], 1, "failed Failed is not met: one: expected <2>"),
    "all-skipped": (["-t", "@id:skipped", KINDS], 3, "no selected scenario could run: no gateway here"),
    "line": ([f"{KINDS}:5"], 0, PASSED),
    "row": (["-t", "@id:rows#right", KINDS], 0, PASSED),
    "other-row": (["-t", "@id:rows#wrong", KINDS], 1, "rows#wrong Row wrong is not met"),
    "time-factor": (["-D", "time_factor=3", "-t", "@id:met", KINDS], 0, PASSED),
    "plain": (["-f", "plain", "-t", "@id:met", KINDS], 0, PASSED),
    "plain-to-file": (["-f", "plain", "-o", "plain.txt", "-t", "@id:met", KINDS], 0, PASSED),
}
# Name -> arguments of a run that must be refused, a part of the one sentence that says why.
REFUSED: dict[str, tuple[list[str], str]] = {
    "unknown-key": (["-D", "tagret=services"], "Unknown setting tagret from -D: did you mean target?"),
    "unknown-target": (["-D", "target=kubernetes"], "Setting target from -D target is 'kubernetes'"),
    "wrong-type": (["-D", "speed=fast"], "Setting speed from -D speed is 'fast'"),
    "missing-folder": (["nosuch"], "Nothing to run at nosuch"),
    "no-tag-to-list": (["--dry-run", "-t", "@nosuch", KINDS], "matches no scenario"),
    "no-row": (["-t", "@id:rows#nosuch", KINDS], "matches no scenario"),
    "password": (["-D", "backend_url=http://user:cret@h:1"], "must not hold a user or password"),
    "formatter-s-file": (
        ["-f", "json", "-o", "pyproject.toml/x", KINDS],
        "A formatter's file (-o) cannot be",
    ),
    "formatter-s-file-for-a-list": (
        ["--dry-run", "-f", "json", "-o", "pyproject.toml/x", KINDS],
        "(-o) cannot be",
    ),
    "reports-is-a-file": (["-D", "reports=pyproject.toml"], "reports"),
}
RULES_LISTED = [
    "rule-met  Met under a rule  (features/rules.feature:11)",
    "rule-failed  Failed under a rule  (features/rules.feature:15)",
    "2 scenarios, not run",
]
# Name -> arguments of what only lists, its exit status, a part of what it says.
LISTINGS: dict[str, tuple[list[str], int, str]] = {
    "dry-run": (["--dry-run", "features/rules.feature"], 0, "\n".join(RULES_LISTED)),
    "dry-run-row": (
        ["--dry-run", "-t", "@id:rows#wrong", KINDS],
        0,
        "rows#wrong  Row wrong  (features/kinds.feature:51)\n1 scenario, not run",
    ),
    "dry-run-undefined": (
        ["--dry-run", "-t", "@id:met or @id:undefined", KINDS],
        1,
        "no step says Given nobody wrote this step  (features/kinds.feature:19)\n2 scenarios, not run",
    ),
    "steps": (["-f", "steps", "features/rules.feature"], 0, "Then one is two"),
    "steps-catalog": (["--steps-catalog", "features/rules.feature"], 0, "Then one is two"),
    "tags-and-steps": (["-f", "tags", "-f", "steps", "features/rules.feature"], 0, "@id:rule-met"),
}
# Whether results lay there when the backend first heard of the run.
found: list[dict[str, Any]] = []


def lay_previous_results(reports: Path, stub: StubKtrdr) -> None:
    (reports / "results.json").write_text('{"exit_status": 0}', "utf-8")
    stub.on_first_request = lambda: found.append(json.loads((reports / "results.json").read_text()))


def leave_a_file_named_previous(reports: Path, _stub: StubKtrdr) -> None:
    (reports / "results.json").write_text("{}", "utf-8")
    (reports / "previous").write_text("mine", "utf-8")


MILESTONES = """
Feature: Milestones

  @milestone:OPS-M1 @criterion:D2 @id:m1
  Scenario: Selected
    Then one is one

  @milestone:OPS-M1 @criterion:D3 @id:m2
  Scenario: Not selected
    Then one is two
"""
PLANS = {
    **{name: Plan(arguments) for name, (arguments, *_) in {**RUNS, **REFUSED}.items()},
    **{name: Plan(arguments, backend=NOBODY) for name, (arguments, *_) in LISTINGS.items()},
    "after-another": Plan(["-t", "@id:met", KINDS], stub={}, prepare=lay_previous_results),
    "refused-after-another": Plan(["-D", "speed=fast"], prepare=lay_previous_results, stub={}),
    "previous-is-a-file": Plan(["-t", "@id:met", KINDS], stub={}, prepare=leave_a_file_named_previous),
    "calibrated": Plan(
        ["-t", "@id:put-back", "-D", "calibration=own.yaml", KINDS],
        project={"calibration": "trainings: {long: {duration_s: 4321}}"},
    ),
    "milestone": Plan(["-t", "@id:m1", "features/more.feature"], project={"feature": MILESTONES}),
    "spoiled-calibration": Plan(
        ["-t", "@id:met", "-D", "calibration=own.yaml", KINDS],
        stub={},
        project={"calibration": "trainings: {long: {duration_s: soon}}"},
    ),
    "spoiled-durations": Plan(["-t", "@id:met", KINDS], stub={}, project={"durations": "{"}),
    "listed-after-another": Plan(["--dry-run", KINDS], prepare=lay_previous_results, stub={}),
}


MILESTONES_OF_A_RUN = "✔ OPS-M1 met: 1 met, 0 not met, 0 not run; 2 of 5 criteria with a scenario"


def test_criteria_whose_scenario_was_not_selected_count_as_having_one(runs: Runs) -> None:
    done = runs["milestone"]
    assert done.status == 0, done.stdout + done.stderr
    assert MILESTONES_OF_A_RUN in done.stdout.splitlines()
    outputs = Outputs.of(done.reports)
    (milestone,) = outputs.results["milestones"]
    assert milestone["criteria_without_scenario"] == ["D1", "D4", "D5"]
    assert outputs.allure_facts["Milestone.OPS-M1"] in MILESTONES_OF_A_RUN


@pytest.mark.parametrize("name", list(RUNS))
def test_a_run_exits_with_its_verdict_and_says_it_last(name: str, runs: Runs) -> None:
    _, status, said = RUNS[name]
    done = runs[name]
    assert done.status == status, done.stdout + done.stderr
    assert said in done.last_line
    outputs = Outputs.of(done.reports)
    assert outputs.results["exit_status"] == status
    assert outputs.results["status"] == "complete"
    assert done.last_line == outputs.last_line()
    assert_same_verdicts(outputs)


@pytest.mark.parametrize("name", list(REFUSED))
def test_bad_input_is_one_sentence_and_no_verdict(name: str, runs: Runs) -> None:
    done = runs[name]
    assert done.status == 2, done.stdout + done.stderr
    assert done.last_line.startswith("❌ Issue: ")
    assert REFUSED[name][1] in done.last_line
    assert [line for line in done.stdout.splitlines() if line][1:] == [done.last_line]
    assert done.stdout.startswith("USING RUNNER: ")
    assert "Traceback" not in done.stdout + done.stderr
    assert not (done.reports / "results.json").exists()
    assert "passed" not in done.stdout


def test_a_password_is_not_echoed(runs: Runs) -> None:
    assert "cret" not in runs["password"].stdout + runs["password"].stderr


@pytest.mark.parametrize("name", ["row", "other-row"])
def test_a_row_is_selected_by_the_id_that_the_reports_give_it(name: str, runs: Runs) -> None:
    ((id, _),) = Outputs.of(runs[name].reports).said_by_json().items()
    assert f"@id:{id}" in RUNS[name][0]


def test_another_formatter_may_share_the_console_or_have_a_file(runs: Runs, project: Project) -> None:
    assert "Scenario: Met" in runs["plain"].stdout
    assert "Scenario: Met" not in runs["plain-to-file"].stdout
    assert "Scenario: Met" in (project.folder / "plain.txt").read_text("utf-8")


@pytest.mark.parametrize("name", list(LISTINGS))
def test_what_only_lists_writes_nothing_and_claims_nothing(name: str, runs: Runs) -> None:
    _, status, said = LISTINGS[name]
    done = runs[name]
    assert done.status == status, done.stdout + done.stderr
    assert said in done.stdout
    assert not done.reports.exists()
    for claim in ("Integration test", "Issue:", "passed", "failed, ", "Traceback", "snippets"):
        assert claim not in done.stdout + done.stderr


def test_a_dry_run_lists_the_selected_scenarios_and_no_other(runs: Runs) -> None:
    lines = [line for line in runs["dry-run"].stdout.splitlines() if line]
    assert lines[1:] == RULES_LISTED


@pytest.mark.parametrize("name", ["steps", "steps-catalog", "tags-and-steps"])
def test_a_catalogue_is_nothing_but_the_catalogue(name: str, runs: Runs) -> None:
    assert "not run" not in runs[name].stdout
    assert "rule-met  Met" not in runs[name].stdout


def test_behave_started_elsewhere_says_where_to_start_it(project: Project, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "behave", str(project.folder / "features" / "rules.feature")]
    done = project.end(project.start(command, folder=tmp_path), tmp_path)
    assert done.status == 2
    assert done.last_line.startswith("❌ Issue: run behave in the suite's folder: ")
    assert "Traceback" not in done.stdout + done.stderr
    assert list(tmp_path.iterdir()) == []


# previous results


def test_previous_results_move_aside_before_the_target_is_touched(runs: Runs) -> None:
    done = runs["after-another"]
    assert done.status == 0
    (at_first_request,) = found
    assert (at_first_request["status"], at_first_request["exit_status"]) == ("aborted", 4)
    assert {row["verdict"] for row in at_first_request["scenarios"]} == {"not run"}
    assert json.loads((done.reports / "previous" / "results.json").read_text()) == {"exit_status": 0}
    assert json.loads((done.reports / "results.json").read_text())["schema"] == 1


@pytest.mark.parametrize("name", ["refused-after-another", "listed-after-another"])
def test_previous_results_stay_when_nothing_is_run(name: str, runs: Runs) -> None:
    done = runs[name]
    assert (done.reports / "results.json").read_text() == '{"exit_status": 0}'
    assert runs.stub(name).requests == []


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("previous-is-a-file", "cannot be moved to"),
        ("spoiled-calibration", "Setting calibration: own.yaml: trainings.long.duration_s: input should be"),
        ("spoiled-durations", "features/durations.json cannot be read as measured durations"),
    ],
)
def test_files_in_the_way_are_one_sentence_before_the_target_is_touched(
    name: str, said: str, runs: Runs
) -> None:
    done = runs[name]
    assert done.status == 2, done.stdout + done.stderr
    assert said in done.last_line
    assert [line for line in done.stdout.splitlines() if line][1:] == [done.last_line]
    assert done.stderr.strip() == ""
    assert runs.stub(name).requests == []


# settings of a run


def test_the_time_factor_of_a_run_is_said_in_every_output(runs: Runs) -> None:
    done = runs["time-factor"]
    note = "waiting deadlines were scaled by the time factor 3"
    outputs = Outputs.of(done.reports)
    assert done.stdout.count(note) >= 1
    assert outputs.results["notes"] == ["calibration: the suite's own", note]
    assert outputs.results["settings"]["time_factor"] == 3
    assert note in outputs.markdown
    assert note in outputs.allure_facts.values()
    assert note in (done.reports / "junit.xml").read_text("utf-8")


def test_a_calibration_of_one_s_own_plans_the_operations_and_is_named(runs: Runs) -> None:
    outputs = Outputs.of(runs["calibrated"].reports)
    assert runs["calibrated"].status == 0
    assert "calibration: own.yaml for trainings.long" in runs["calibrated"].stdout
    assert outputs.results["calibration"] == "own.yaml for trainings.long"
    (duration,) = outputs.row("put-back")["operation_durations"]
    assert [duration["id"]] == outputs.row("put-back")["operations"]
    assert (duration["purpose"], duration["planned_s"]) == ("long training", 4321)
    # Put back by its undo, which sees it end.
    assert duration["ended_as"] == "cancelled"
    assert 0 < duration["real_s"] < 30
    assert "| long training | 1 | 0 | 4321.0 s |" in outputs.markdown


def test_the_peak_of_the_suite_s_memory_is_told(runs: Runs) -> None:
    assert 20 < Outputs.of(runs["all-met"].reports).results["peak_memory_mb"] < 150
