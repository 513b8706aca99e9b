"""What breaks in the suite itself never passes for a verdict on KTRDR."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from verdict.specimens import Outputs, assert_same_run_verdict, assert_same_verdicts

from .project import Project
from .runs import NOBODY, Plan, Runs
from .stub_ktrdr import StubKtrdr

KINDS = "features/kinds.feature"
# Name -> what cannot be loaded, and what is said of it.
UNLOADABLE: dict[str, tuple[dict[str, str], str]] = {
    "import": ({"step": "import nosuch_module_of_nobody\n"}, "nosuch_module_of_nobody"),
    "ambiguous": (
        {"step": "from behave import given\n@given('something')\ndef twice(context): pass\n"},
        "Ambiguous",
    ),
    "feature": (
        {"feature": "Feature: x\n  Scenario: y\n    Given z\n    Bogus line\n"},
        'line 4: "Bogus line"',
    ),
    "exit": ({"step": "raise SystemExit(0)\n"}, "SystemExit: 0"),
    "environment": ({"environment": "\nimport nosuch_module_of_nobody\n"}, "nosuch_module_of_nobody"),
}
# Hooks that run after the last scenario they could be told with.
LATE_HOOKS = {
    name: f"\n\ndef {name}(context, *_more):\n    raise RuntimeError('{name} broke')\n"
    for name in ("after_all", "after_rule")
}
BREAKING = """
from ktrdr_acceptance.runner.session import Session

def broken(*_arguments):
    raise ValueError("the end broke")

Session.end = broken
"""


def lose_id(_reports: Path, stub: StubKtrdr) -> None:
    stub.loses_id_after_cancel = True


PLANS = {
    **{name: Plan([], backend=NOBODY, project=broken) for name, (broken, _) in UNLOADABLE.items()},
    **{
        name: Plan(["-t", "@id:rule-met", "features/rules.feature"], project={"environment": hook})
        for name, hook in LATE_HOOKS.items()
    },
    "breaking": Plan(["-t", "@id:put-back", KINDS], stub={}, project={"environment": BREAKING}),
    "not-put-back": Plan(
        ["-f", "json", "-o", "told.json", "-t", "@id:met or @id:put-back", KINDS], stub={}, prepare=lose_id
    ),
    "leaving": Plan(["features/leaving.feature"]),
}


@pytest.mark.parametrize("name", list(UNLOADABLE))
def test_what_cannot_be_loaded_is_a_suite_error(name: str, runs: Runs) -> None:
    done = runs[name]
    assert done.status == 4, done.stdout + done.stderr
    assert done.last_line.startswith("❌ Issue: aborted: cannot load the suite: ")
    assert UNLOADABLE[name][1] in done.last_line
    assert "Traceback" not in done.stdout + done.stderr
    outputs = Outputs.of(done.reports)
    assert_same_run_verdict(outputs)
    assert (outputs.results["status"], outputs.results["exit_status"]) == ("aborted", 4)


@pytest.mark.parametrize("name", list(LATE_HOOKS))
def test_a_late_hook_that_raises_keeps_the_run_from_being_accepted(name: str, runs: Runs) -> None:
    done = runs[name]
    assert done.status == 1, done.stdout + done.stderr
    outputs = Outputs.of(done.reports)
    assert outputs.said_by_json() == {"rule-met": "met"}
    assert outputs.results["run_findings"] == ["behave says that something failed outside the scenarios"]
    assert_same_verdicts(outputs)


def test_whatever_breaks_in_the_suite_itself_ends_in_a_report(runs: Runs) -> None:
    done = runs["breaking"]
    assert done.status == 4, done.stdout + done.stderr
    assert done.last_line == "❌ Issue: aborted: the suite itself failed: ValueError: the end broke"
    outputs = Outputs.of(done.reports)
    assert_same_run_verdict(outputs)
    assert outputs.said_by_json() == {"put-back": "not run"}
    (finding,) = outputs.results["run_findings"]
    assert finding.startswith("Traceback")
    assert runs.stub("breaking").statuses() == ["cancelled"]


def test_what_could_not_be_put_back_is_a_failed_hook_that_behave_does_not_tell_as_well(
    runs: Runs, project: Project
) -> None:
    done = runs["not-put-back"]
    assert done.status == 1, done.stdout + done.stderr
    outputs = Outputs.of(done.reports)
    row = outputs.row("put-back")
    assert (row["verdict"], row["category"]) == ("not met", "TEST_ISSUE")
    assert row["reason"].startswith("could not end the long training: backend answered the lookup of ")
    assert "could not end the long training: " in done.last_line
    assert "HOOK-ERROR" not in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    told = json.loads((project.folder / "told.json").read_text("utf-8"))
    statuses = {element["name"]: element["status"] for element in told[0]["elements"]}
    assert (statuses["Met"], statuses["A training is put back"]) == ("passed", "hook_error")
    assert_same_verdicts(outputs)


def test_a_step_that_leaves_the_process_does_not_pass(runs: Runs) -> None:
    done = runs["leaving"]
    assert done.status == 4, "a step that calls sys.exit(0) made the run green"
    assert "A step ends the process" in done.last_line
    assert "✅" not in done.stdout
    outputs = Outputs.of(done.reports)
    assert_same_verdicts(outputs)
    assert set(outputs.said_by_json().values()) == {"not run"}
