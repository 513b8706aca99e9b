"""The guards in real runs: what the services write and answer breaks scenarios or the run, whoever asked."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from verdict.specimens import Outputs, assert_same_run_verdict, assert_same_verdicts

from .project import Project
from .runs import Plan, Runs
from .stub_ktrdr import StubKtrdr

LOGS = "logs=backend=../backend.log,w0=../w0.log"
TRACE = 'Traceback (most recent call last):\\n  File \\"a.py\\", line 1, in f\\nRuntimeError: no'
STEP = """
from behave import given, then, when

HEAD = "2026-11-22 08:54:28 [{}] ktrdr: "
TRACE = 'Traceback (most recent call last):\\n  File "a.py", line 1, in f\\nRuntimeError: no'
earlier = []


def write(context, service, text):
    with context.world.target.endpoints.logs[service].path.open("a") as log:
        log.write(text + "\\n")


@when("the log of {service} gets the {level} \\"{text}\\"")
def when_log(context, service, level, text):
    started = context.world.operations.started
    names = {"op": started[-1].id if started else "", "earlier": "".join(earlier[-1:]), "trace": TRACE}
    if context.world.exchanges:
        names["request"] = context.world.exchanges[-1].request_id
    earlier.extend(operation.id for operation in started)
    write(context, service, HEAD.format(level) + text.format(**names))


@when("the log of {service} is emptied")
def when_emptied(context, service):
    context.world.target.endpoints.logs[service].path.write_text("")


@when("I read the bars of {symbol}")
def when_read(context, symbol):
    context.world.backend.bars_answer(symbol, "1d")
"""
FEATURE = """
Feature: Guards

  @id:error
  Scenario: An error of its operation
    When I start a long training
    And the log of backend gets the ERROR "cannot refresh {op}"
    Then one is one

  @id:trace
  Scenario: A stack trace at its worker, which names nothing
    When I start a long training
    And the log of w0 gets the INFO "Registered bridge for operation {op}"
    And the log of w0 gets the WARNING "careful {trace}"
    Then one is one

  @id:loop
  Scenario: A missing event loop
    When I start a long training
    And the log of w0 gets the INFO "{op}: no running event loop"
    Then one is one

  @id:restart
  Scenario: Its worker restarts
    When I start a long training
    And the log of w0 gets the INFO "Registered bridge for operation {op}"
    And the log of w0 gets the INFO "Started server process [7]"
    Then one is one

  @id:one-too-many
  Scenario: An error more than refused requests
    When I read the bars of NOSUCH
    And the log of backend gets the ERROR "not found request_id={request}"
    And the log of backend gets the ERROR "and a second request_id={request}"
    Then one is one

  @id:fails-too
  Scenario: It fails by itself, and an error comes to that
    When I start a long training
    And the log of backend gets the ERROR "cannot refresh {op}"
    Then one is two

  @id:answer
  Scenario: An answer with a stack trace
    When I read the bars of TRACE
    Then one is one
"""
FINDINGS = """
Feature: Findings

  @id:nobodys-error
  Scenario: An error of nobody's
    When I start a long training
    And the log of backend gets the CRITICAL "disk full"
    And the log of backend gets the CRITICAL "disk full"
    Then one is one

  @id:late
  Scenario: An error that comes late
    When the log of backend gets the ERROR "lost {earlier}"
    Then one is one

  @id:restart
  Scenario: A restart of nobody's
    When the log of backend gets the INFO "Started server process [7]"
    Then one is one

  @id:emptied
  Scenario: A log that is emptied
    When the log of w0 is emptied
    Then one is one
"""
QUIET = """
Feature: Near misses

  @id:refused
  Scenario: A refused request with its one error
    When I read the bars of NOSUCH
    And the log of backend gets the ERROR "not found request_id={request}"
    Then one is one

  @id:warned
  Scenario: A warning
    When I start a long training
    And the log of w0 gets the WARNING "{op} is slow, see error_message"
    Then one is one

  @id:tolerated
  Scenario: A tolerated error
    When I start a long training
    And the log of backend gets the ERROR "known noise about {op}"
    And the log of backend gets the ERROR "known noise"
    Then one is one
"""
DRIFT = """
Feature: Drift

  @id:html
  Scenario: HTML for bars
    When I read the bars of HTML
    Then one is one

  @id:fields
  Scenario: Bars without their metadata, again and again
    When I read the bars of FIELDS
    And I read the bars of FIELDS
    And I read the bars of FIELDS
    Then one is one

  @id:refusal
  Scenario: A refusal of no known shape
    When I read the bars of TEAPOT
    Then one is one
"""
TOLERANCE = """
import ktrdr_acceptance.evidence.tolerated as tolerated

row = dict(
    id="noise",
    pattern="known noise",
    services=["backend"],
    generations=["S"],
    reason="nobody is harmed by it",
    owner="the maintainer",
    expires="{}",
)
tolerated.allow_list = lambda: [tolerated.Tolerance.model_validate(row)]
"""
BARS = {"success": True, "data": {"dates": [], "ohlcv": [], "points": None}, "error": None}


def keep_logs(reports: Path, stub: StubKtrdr) -> None:
    stub.log = reports.parent / "backend.log"
    for name in ("backend.log", "w0.log"):
        (reports.parent / name).write_text("2026-11-22 08:54:28 [INFO] old: long ago\n", "utf-8")
    stub.answers = {
        "/data/TRACE/1d": (200, {"detail": json.loads(f'"{TRACE}"')}),
        "/data/HTML/1d": (200, "<html>It works!</html>"),
        "/data/FIELDS/1d": (200, BARS),
        "/data/TEAPOT/1d": (418, {"message": "I am a teapot"}),
    }


def plan(feature: str, environment: str = "") -> Plan:
    project = {"step": STEP, "feature": feature, "environment": environment}
    return Plan(["-D", LOGS, "features/more.feature"], stub={}, project=project, prepare=keep_logs)


KNOWN = """
- id: S-disk
  title: the disk is full now and then
  scenarios: [run]
  generations: [S]
  observed: "the log of backend shows an unexpected error: .* disk full"
  link: https://example.org/issues/9
  owner: maintainer
  expires: 2099-12-31
"""


def keep_logs_and_a_list(reports: Path, stub: StubKtrdr) -> None:
    keep_logs(reports, stub)
    (reports.parent / "known.yaml").write_text(KNOWN)


PLANS = {
    "known": Plan(
        ["-D", LOGS, "-D", "known_issues=../known.yaml", "features/more.feature"],
        stub={},
        project={"step": STEP, "feature": FINDINGS, "environment": ""},
        prepare=keep_logs_and_a_list,
    ),
    "breaches": plan(FEATURE),
    "findings": plan(FINDINGS),
    "quiet": plan(QUIET, TOLERANCE.format("2999-01-01")),
    "expired": plan(QUIET, TOLERANCE.format("1999-01-01")),
    "drift": plan(DRIFT),
}

SAID = {
    "error": "the log of backend shows an unexpected error: ",
    "trace": "the log of w0 shows a stack trace: ",
    "loop": "the log of w0 shows 'no running event loop': ",
    "restart": "the log of w0 shows an unplanned restart: ",
    "one-too-many": "the log of backend shows an unexpected error: ",
    "fails-too": "the log of backend shows an unexpected error: ",
    "answer": "backend answered GET /api/v1/data/TRACE/1d (HTTP 200) with a stack trace: Traceback",
}


@pytest.mark.parametrize("id", list(SAID))
def test_a_breach_makes_its_scenario_not_met_in_every_output(runs: Runs, id: str) -> None:
    done = runs["breaches"]
    outputs = Outputs.of(done.reports)
    row = outputs.row(id)
    assert (row["verdict"], row["category"]) == ("not met", "CODE_BUG"), done.stdout
    assert SAID[id] in row["reason"]
    assert SAID[id] in outputs.markdown
    assert SAID[id] in outputs.allure_of(id)["statusDetails"]["message"]
    (case,) = (case for case in outputs.junit.iter("testcase") if str(case.get("name")).startswith(f"{id} "))
    assert SAID[id] in str(case.findtext("failure"))
    assert SAID[id] in " ".join(done.stdout.split())


def test_breaches_are_no_findings_of_the_run_as_well(runs: Runs) -> None:
    done = runs["breaches"]
    outputs = Outputs.of(done.reports)
    assert set(outputs.said_by_json().values()) == {"not met"}
    assert outputs.results["run_findings"] == []
    assert done.status == 1
    assert_same_verdicts(outputs)


def test_what_belongs_to_no_scenario_makes_the_run_not_accepted_in_every_output(runs: Runs) -> None:
    done = runs["findings"]
    outputs = Outputs.of(done.reports)
    assert set(outputs.said_by_json().values()) == {"met"}, done.stdout
    assert (done.status, outputs.results["verdict"]) == (1, "not accepted")
    findings = outputs.results["run_findings"]
    beginnings = [
        "the log of backend shows an unexpected error: ",
        "the log of backend shows an unexpected error: ",
        "the log of backend shows an unplanned restart: ",
        "the log of w0 (",
    ]
    assert len(findings) == len(beginnings), findings
    assert [said[: len(start)] for said, start in zip(findings, beginnings, strict=True)] == beginnings
    assert findings[0].endswith("disk full (first seen after scenario nobodys-error) (2 such)")
    assert findings[1].endswith("(of scenario nobodys-error, after its end)")
    for finding in findings:
        assert f"- {finding}" in outputs.markdown
        assert finding in outputs.allure_errors
        assert finding in str(outputs.junit.findtext("system-err"))
        assert f"finding of the run: {finding}" in done.stdout
    assert_same_run_verdict(outputs)


def test_a_finding_of_the_run_that_a_list_knows_is_told_and_accepted(runs: Runs) -> None:
    done = runs["known"]
    outputs = Outputs.of(done.reports)
    before = Outputs.of(runs["findings"].reports).results["run_findings"]
    # Only that one: what else was found is a finding still.
    assert len(outputs.results["run_findings"]) == len(before) - 1
    assert not any("disk full" in finding for finding in outputs.results["run_findings"])
    (told,) = (note for note in outputs.results["notes"] if "S-disk" in note)
    assert told.startswith("known issue S-disk: the disk is full now and then")
    assert told.endswith("disk full (first seen after scenario nobodys-error) (2 such)")
    assert told in done.stdout
    assert told in outputs.markdown
    assert (done.status, outputs.results["verdict"]) == (1, "not accepted")
    assert_same_run_verdict(outputs)


def test_near_misses_and_tolerated_lines_leave_a_run_accepted(runs: Runs) -> None:
    done = runs["quiet"]
    outputs = Outputs.of(done.reports)
    assert set(outputs.said_by_json().values()) == {"met"}, done.stdout
    assert (done.status, outputs.results["run_findings"]) == (0, []), done.stdout
    assert_same_verdicts(outputs)
    (used,) = outputs.results["tolerated_log_lines"]
    assert used == "noise: 2 times, until 2999-01-01 (the maintainer): nobody is harmed by it"
    assert f"## Tolerated log lines\n\n- {used}\n" in outputs.markdown
    assert outputs.allure_tables()["Tolerated log lines"] == f"- {used}\n"
    assert f"tolerated: {used}" in str(outputs.junit.findtext("system-out"))
    assert "tolerated log lines: 1 entry of the allow-list, see " in done.stdout


def test_an_expired_tolerance_is_a_finding_and_no_longer_holds(runs: Runs) -> None:
    done = runs["expired"]
    outputs = Outputs.of(done.reports)
    assert outputs.said_by_json() == {"refused": "met", "warned": "met", "tolerated": "not met"}
    expired, noise = outputs.results["run_findings"]
    assert expired.startswith("the allow-list of log lines: noise has expired on 1999-01-01")
    assert noise.startswith("the log of backend shows an unexpected error: ")
    assert (done.status, outputs.results["tolerated_log_lines"]) == (1, [])


def test_drift_changes_no_verdict_and_stands_in_every_output(runs: Runs) -> None:
    done = runs["drift"]
    outputs = Outputs.of(done.reports)
    assert set(outputs.said_by_json().values()) == {"met"}, done.stdout
    assert (done.status, outputs.results["run_findings"]) == (0, []), done.stdout
    assert_same_verdicts(outputs)
    route = "backend GET /api/v1/data/{symbol}/{timeframe}"
    kinds = [
        f"{route}: no JSON",
        f"{route}: data.metadata: field required",
        f"{route}: HTTP 418 in no known shape",
    ]
    counts = {drift["kind"]: (drift["count"], len(drift["cases"])) for drift in outputs.results["drift"]}
    assert counts == dict(zip(kinds, [(1, 1), (3, 3), (1, 1)], strict=True))
    section = outputs.markdown.split("\n## Drift\n")[1].split("\n## ")[0]
    for kind in kinds:
        assert f"- {kind}: " in section
        assert f"- {kind}: " in outputs.allure_tables()["Drift"]
        assert f"drift: {kind}: " in str(outputs.junit.findtext("system-out"))
    assert f"{kinds[1]}: 3 times, first GET /api/v1/data/FIELDS/1d at backend: {{" in section
    assert "drift: 3 kinds, see " in done.stdout


EMBEDDED = """
Feature: Restarts

  @needs:switchable-ib-host @id:planned
  Scenario: The suite stops a service, and starts it again
    When I stop the IB host
    Then one is one

  @id:after
  Scenario: Another
    Then one is one
"""
UNPLANNED = EMBEDDED.replace("I stop the IB host", "the IB host restarts behind our back")
SWITCH = """
from behave import when


@when("I stop the IB host")
def when_stop(context):
    context.world.services.stop("ib-host")


@when("the IB host restarts behind our back")
def when_restart(context):
    for verb in ("stop", "start"):
        context.world.target.switch(verb, "ib-host", context.world.clock)
"""


@pytest.mark.parametrize(("feature", "status"), [(EMBEDDED, 0), (UNPLANNED, 1)])
def test_only_a_restart_that_the_suite_did_not_cause_is_a_finding(
    tmp_path: Path, feature: str, status: int
) -> None:
    project = Project(tmp_path / "project", step=SWITCH, feature=feature)
    reports = tmp_path / "reports"
    command = project.command("features/more.feature", backend="http://127.0.0.1:1", reports=reports)
    at = command.index("target=services")
    done = project.end(project.start([*command[:at], "target=embedded", *command[at + 1 :]]), reports)
    assert done.status == status, done.stdout + done.stderr
    outputs = Outputs.of(reports)
    assert set(outputs.said_by_json().values()) == {"met"}
    found = [finding.partition(": ")[0] for finding in outputs.results["run_findings"]]
    assert found == (["the log of ib-host shows an unplanned restart"] if status else [])
