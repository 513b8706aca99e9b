"""SIGINT, SIGTERM and SIGHUP during a wait: status 4, everything put back, partial results kept."""

from __future__ import annotations

import json
import signal
import subprocess
from contextlib import suppress
from pathlib import Path

import pytest
from verdict.specimens import Outputs, assert_same_run_verdict

from .project import Project
from .stub_ktrdr import StubKtrdr

WAITING = "features/waiting.feature"


def started(project: Project, own_ktrdr: StubKtrdr, reports: Path, *before: str) -> subprocess.Popen[str]:
    """Start the run and return once it waits for the training."""
    process = project.start([*before, *project.command(WAITING, backend=own_ktrdr.url, reports=reports)])
    own_ktrdr.wait_for("GET /api/v1/operations/", count=3)
    return process


@pytest.mark.parametrize(
    "number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda number: number.name
)
def test_a_signal_ends_the_run_in_order(
    number: signal.Signals, project: Project, own_ktrdr: StubKtrdr, reports: Path
) -> None:
    # A background job of a shell inherits SIGINT as ignored; the run must heed it all the same.
    process = started(project, own_ktrdr, reports, "sh", "-c", 'trap "" INT; exec "$@"', "sh")
    process.send_signal(number)
    done = project.end(process, reports)
    assert done.status == 4, done.stdout + done.stderr
    assert done.last_line == f"❌ Issue: aborted: {number.name}"
    assert "Traceback" not in done.stdout + done.stderr
    assert own_ktrdr.count("DELETE /api/v1/operations/") == 1
    assert own_ktrdr.statuses() == ["cancelled"]
    outputs = Outputs.of(reports)
    assert_same_run_verdict(outputs)
    assert (outputs.results["status"], outputs.results["exit_status"]) == ("aborted", 4)
    assert outputs.said_by_json() == {"w1-before": "met", "w2-waiting": "not run", "w3-never": "not run"}
    assert number.name in outputs.row("w2-waiting")["reason"]
    assert {"failed", "broken"}.isdisjoint(outputs.said_by_allure().values())
    assert "failure" not in outputs.said_by_junit().values()


def test_a_closed_terminal_does_not_end_what_nohup_runs(
    project: Project, own_ktrdr: StubKtrdr, reports: Path
) -> None:
    process = started(project, own_ktrdr, reports, "sh", "-c", 'trap "" HUP; exec "$@"', "sh")
    process.send_signal(signal.SIGHUP)
    process.send_signal(signal.SIGTERM)
    assert project.end(process, reports).last_line == "❌ Issue: aborted: SIGTERM"


def test_a_deadline_of_the_run_ends_it_in_order(
    project: Project, own_ktrdr: StubKtrdr, reports: Path
) -> None:
    done = project.run(reports, WAITING, "-D", "run_deadline=1 s", backend=own_ktrdr)
    assert done.status == 4, done.stdout + done.stderr
    assert done.last_line == "❌ Issue: aborted: the run's deadline of 1 s has passed"
    assert "By user" not in done.stdout + done.stderr
    assert own_ktrdr.statuses() in ([], ["cancelled"])
    outputs = Outputs.of(reports)
    assert_same_run_verdict(outputs)
    assert "not met" not in outputs.said_by_json().values()


def test_a_second_signal_does_not_interrupt_the_undo(
    project: Project, own_ktrdr: StubKtrdr, reports: Path
) -> None:
    own_ktrdr.cancel_takes_looks = 4
    process = started(project, own_ktrdr, reports)
    process.send_signal(signal.SIGINT)
    own_ktrdr.wait_for("DELETE /api/v1/operations/")
    for _ in range(3):
        process.send_signal(signal.SIGTERM)
        process.send_signal(signal.SIGINT)
    done = project.end(process, reports)
    assert done.status == 4
    assert own_ktrdr.statuses() == ["cancelled"]
    assert Outputs.of(reports).results["status"] == "aborted"


def test_no_signal_however_late_changes_the_status(
    project: Project, own_ktrdr: StubKtrdr, reports: Path
) -> None:
    process = started(project, own_ktrdr, reports)
    ended = False
    while not ended:
        process.send_signal(signal.SIGINT)
        with suppress(subprocess.TimeoutExpired):
            process.wait(0.001)
            ended = True
    done = project.end(process, reports)
    assert (done.status, done.last_line) == (4, "❌ Issue: aborted: SIGINT")
    assert Outputs.of(reports).results["run_findings"] == []


def test_a_second_run_into_the_same_folder_is_refused(
    project: Project, own_ktrdr: StubKtrdr, reports: Path
) -> None:
    process = started(project, own_ktrdr, reports)
    before = (reports / "results.json").read_text("utf-8")
    second = project.run(reports, WAITING, backend=own_ktrdr)
    assert second.status == 2
    assert second.last_line.startswith("❌ Issue: ")
    assert (reports / "results.json").read_text("utf-8") == before
    process.send_signal(signal.SIGTERM)
    assert project.end(process, reports).status == 4


def test_what_is_known_stands_on_disk_while_the_run_goes_on(
    project: Project, own_ktrdr: StubKtrdr, reports: Path
) -> None:
    process = started(project, own_ktrdr, reports)
    process.kill()
    project.end(process, reports)
    results = json.loads((reports / "results.json").read_text("utf-8"))
    assert (results["status"], results["verdict"], results["exit_status"]) == ("aborted", "aborted", 4)
    assert results["issue"] == "aborted: the run has not come to its end"
    assert [row["verdict"] for row in results["scenarios"]] == ["met", "not run", "not run"]


def test_what_a_killed_run_has_left_is_ended_and_told_by_the_next(
    project: Project, own_ktrdr: StubKtrdr, reports: Path
) -> None:
    process = started(project, own_ktrdr, reports)
    process.kill()
    project.end(process, reports)
    assert own_ktrdr.statuses() == ["running"]
    # The kill has cut off a line.
    with (reports / ".ledger").open("a") as ledger:
        ledger.write('{"begun": "half')
    done = project.run(reports, "-n", "Met before", WAITING, backend=own_ktrdr)
    assert done.status == 0, done.stdout + done.stderr
    assert own_ktrdr.statuses() == ["cancelled"]
    told = "an earlier run had left training op_training_0 running: it is cancelled now"
    assert told in done.stdout
    outputs = Outputs.of(reports)
    assert_same_run_verdict(outputs)
    assert told in outputs.results["notes"]
    assert told in outputs.markdown
    assert not (reports / ".ledger").exists()


def test_what_a_killed_run_has_left_elsewhere_is_told_and_kept_for_a_run_there(
    project: Project, own_ktrdr: StubKtrdr, ktrdr: StubKtrdr, reports: Path
) -> None:
    process = started(project, own_ktrdr, reports)
    process.kill()
    project.end(process, reports)
    done = project.run(reports, "-n", "Met before", WAITING, backend=ktrdr)
    # It says nothing against this target, and that one may be gone for good.
    assert done.status == 0, done.stdout
    told = f"an earlier run has left op_training_0 at {own_ktrdr.url}: run against that"
    assert told in done.stdout
    outputs = Outputs.of(reports)
    assert any(note.startswith(told) for note in outputs.results["notes"])
    assert told in outputs.markdown
    assert own_ktrdr.statuses() == ["running"]
    assert project.run(reports, "-n", "Met before", WAITING, backend=own_ktrdr).status == 0
    assert own_ktrdr.statuses() == ["cancelled"]


def test_a_run_that_puts_everything_back_keeps_no_ledger(
    project: Project, own_ktrdr: StubKtrdr, reports: Path
) -> None:
    process = started(project, own_ktrdr, reports)
    assert "op_training_0" in (reports / ".ledger").read_text()
    process.send_signal(signal.SIGTERM)
    project.end(process, reports)
    assert not (reports / ".ledger").exists()
