"""What breaks in the suite itself never passes for a verdict on KTRDR."""

from __future__ import annotations

import json
from pathlib import Path

from verdict.specimens import Outputs, assert_same_run_verdict, assert_same_verdicts

from .project import Project
from .runs import Plan, Runs
from .stub_ktrdr import StubKtrdr

KINDS = "features/kinds.feature"
BREAKING = """
from ktrdr_acceptance.runner.session import Session

def broken(*_arguments):
    raise ValueError("the end broke")

Session.end = broken
"""


def lose_id(_reports: Path, stub: StubKtrdr) -> None:
    stub.loses_id_after_cancel = True


PLANS = {
    "breaking": Plan(["-t", "@id:put-back", KINDS], stub={}, project={"environment": BREAKING}),
    "not-put-back": Plan(
        ["-f", "json", "-o", "told.json", "-t", "@id:met or @id:put-back", KINDS], stub={}, prepare=lose_id
    ),
}


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
