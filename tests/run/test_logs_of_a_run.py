"""What a run makes of the target's logs: not known, not readable, not its own; and as evidence."""

from __future__ import annotations

from pathlib import Path

from verdict.specimens import Outputs, assert_same_verdicts

from .runs import Plan, Runs
from .stub_ktrdr import StubKtrdr

STEP = """
from behave import given, then


@given("the log of the backend can be read")
def given_readable_log(context):
    context.world.logs.prove_readable()
"""
FEATURE = """
Feature: Logs

  @needs:logs @id:log-read
  Scenario: The log is read
    Given the log of the backend can be read
    Then one is one

  @id:log-as-evidence
  Scenario: The log is evidence
    When I start a long training
    Then one is two

  @id:log-of-a-met-one
  Scenario: The log is no evidence of what is met
    When I start a long training
    Then one is one
"""


def keep_logs(reports: Path, stub: StubKtrdr) -> None:
    """Have the stub write the log of the backend; its worker has one that is empty."""
    stub.log = reports.parent / "backend.log"
    (reports.parent / "w0.log").touch()


def leave_others_logs(reports: Path, _stub: StubKtrdr) -> None:
    """Logs of another KTRDR, which nobody writes any more."""
    for name in ("backend.log", "w0.log"):
        (reports.parent / name).write_text("2026-11-22 08:54:28 [INFO] other: something\n", "utf-8")


LOGS = "logs=backend=../backend.log,w0=../w0.log"
MORE = {"step": STEP, "feature": FEATURE}
READ = ["-t", "@id:log-read or @id:met", "features/more.feature", "features/kinds.feature"]
PLANS = {
    "known": Plan(["-D", LOGS, "features/more.feature"], stub={}, project=MORE, prepare=keep_logs),
    "not-known": Plan(READ, project=MORE),
    "one-not-known": Plan(
        ["-D", "logs=backend=../backend.log", *READ], stub={}, project=MORE, prepare=keep_logs
    ),
    "not-there": Plan(["-D", LOGS, *READ], project=MORE),
    "another-s": Plan(["-D", LOGS, *READ], stub={}, project=MORE, prepare=leave_others_logs),
}


def test_a_log_that_is_known_and_readable_is_read(runs: Runs) -> None:
    done = runs["known"]
    outputs = Outputs.of(done.reports)
    assert outputs.said_by_json() == {
        "log-read": "met",
        "log-as-evidence": "not met",
        "log-of-a-met-one": "met",
    }, done.stdout
    assert_same_verdicts(outputs)


def logs_of(outputs: Outputs, id: str) -> dict[str, str]:
    """Return the attached logs of a scenario: name and file."""
    attached = outputs.allure_of(id).get("attachments", ())
    return {one["name"]: one["source"] for one in attached if one["name"].startswith("Log of ")}


def test_the_logs_that_name_what_a_refused_scenario_did_are_its_evidence(runs: Runs) -> None:
    done = runs["known"]
    outputs = Outputs.of(done.reports)
    assert logs_of(outputs, "log-read") == logs_of(outputs, "log-of-a-met-one") == {}
    evidence = logs_of(outputs, "log-as-evidence")
    assert list(evidence) == ["Log of backend"]
    text = (done.reports / "allure-results" / evidence["Log of backend"]).read_text("utf-8")
    assert "Request started: request_id=acceptance-" in text


def test_without_logs_what_needs_them_is_not_run_and_says_so(runs: Runs) -> None:
    row = Outputs.of(runs["not-known"].reports).row("log-read")
    said = "the target's logs are not known (setting logs)"
    assert (row["verdict"], row["category"], row["reason"]) == ("not run", None, said)
    assert runs["not-known"].status == 0


def test_without_the_log_of_a_worker_too(runs: Runs) -> None:
    row = Outputs.of(runs["one-not-known"].reports).row("log-read")
    assert (row["verdict"], row["reason"]) == ("not run", "the log of w0 is not known (setting logs)")
    assert runs["one-not-known"].status == 0


def test_a_log_that_can_not_be_read_makes_the_run_unfit(runs: Runs) -> None:
    done = runs["not-there"]
    row = Outputs.of(done.reports).row("log-read")
    assert (done.status, row["verdict"], row["category"]) == (3, "not run", "ENVIRONMENT"), done.stdout
    assert "the log of backend cannot be read: ../backend.log" in row["reason"]
    assert "the log of backend cannot be read" in done.last_line


def test_a_log_that_shows_nothing_of_ours_makes_the_run_unfit(runs: Runs) -> None:
    done = runs["another-s"]
    row = Outputs.of(done.reports).row("log-read")
    assert (done.status, row["verdict"], row["category"]) == (3, "not run", "ENVIRONMENT"), done.stdout
    assert "expected the log of backend (../backend.log) to show the request acceptance-" in row["reason"]
