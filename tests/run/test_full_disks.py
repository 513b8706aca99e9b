"""Reports that cannot be written, in part or any more: no output says that such a run was accepted."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from .project import Project
from .stub_ktrdr import StubKtrdr

STEP = """
import resource
from pathlib import Path

from behave import given


@given("a report that cannot be written: {name}")
def given_no_report(context, name):
    # A folder of that name is in the way.
    (context.world.settings.reports / name / "in the way").mkdir(parents=True, exist_ok=True)


@given("no file may be longer than {length:d} bytes")
def given_full_disk(context, length):
    resource.setrlimit(resource.RLIMIT_FSIZE, (length, length))
"""
FEATURE = """
Feature: Disks

  @id:met
  Scenario: Met
    Then one is one

  @id:full
  Scenario: Reports cannot be written
    Given {given}
    Then one is one

  @id:after
  Scenario: After it
    Then one is one
"""


GIVENS = [
    "a report that cannot be written: junit.xml",
    "a report that cannot be written: summary.md",
    "a report that cannot be written: allure-results/environment.properties",
    "no file may be longer than 100 bytes",
    "no file may be longer than 6000 bytes",
]
# How each output says that a run was aborted.
SIGNS = {
    "results.json": '"verdict": "aborted"',
    "summary.md": "# KTRDR acceptance: aborted",
    "junit.xml": 'errors="1"',
    "allure-results/environment.properties": "Verdict = aborted",
}


@pytest.mark.parametrize("given", GIVENS)
def test_what_there_is_of_the_reports_says_that_the_run_was_aborted(
    given: str, own_ktrdr: StubKtrdr, tmp_path: Path
) -> None:
    project = Project(tmp_path / "project", step=STEP, feature=FEATURE.format(given=given))
    reports = tmp_path / "reports"
    done = project.run(reports, "features/more.feature", backend=own_ktrdr)
    assert done.status == 4, done.stderr
    assert done.last_line.startswith("❌ Issue: aborted: ")
    found = {name: reports / name for name in SIGNS if (reports / name).is_file()}
    assert "results.json" in found
    for name, path in found.items():
        assert SIGNS[name] in path.read_text("utf-8"), name
    results = json.loads(found["results.json"].read_text("utf-8"))
    assert (results["status"], results["exit_status"]) == ("aborted", 4)
