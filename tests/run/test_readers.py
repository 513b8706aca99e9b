"""A console that cannot be written to, or only in part, changes nothing of what the run says elsewhere."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from verdict.specimens import Outputs

from .project import Project
from .stub_ktrdr import StubKtrdr

KINDS = "features/kinds.feature"


def verdict(reports: Path) -> tuple[str, int]:
    results = json.loads((reports / "results.json").read_text("utf-8"))
    return results["verdict"], results["exit_status"]


def test_a_reader_that_goes_away_does_not_end_the_run(
    project: Project, own_ktrdr: StubKtrdr, reports: Path
) -> None:
    command = project.command("-t", "@id:met", KINDS, backend=own_ktrdr.url, reports=reports)
    process = project.start(command)
    assert process.stdout is not None
    process.stdout.readline()
    process.stdout.close()
    assert process.wait(180) == 0
    assert verdict(reports) == ("accepted", 0)


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_a_console_without_the_marks_still_ends_with_the_verdict(
    encoding: str, project: Project, own_ktrdr: StubKtrdr, reports: Path
) -> None:
    command = project.command("-t", "@id:met", KINDS, backend=own_ktrdr.url, reports=reports)
    process = project.start(["env", f"PYTHONIOENCODING={encoding}", *command])
    done = project.end(process, reports)
    assert done.status == 0, done.stderr
    assert done.last_line == "? Integration test passed"
    assert verdict(reports) == ("accepted", 0)


CLOSING = """
import os
import sys

from behave import given


@given("a console that is {how}")
def given_console(context, how):
    if how == "closed":
        sys.__stdout__.close()
    else:
        os.dup2(os.open("/dev/full", os.O_WRONLY), 1)
"""
FEATURE = """
Feature: Consoles

  @id:before
  Scenario: Not to be written to
    Given a console that is {how}
    Then one is one

  @id:after
  Scenario: Refused
    Then one is two
"""


@pytest.mark.parametrize("how", ["closed", "full"])
def test_a_console_that_cannot_be_written_to_changes_nothing_of_the_status(
    how: str, own_ktrdr: StubKtrdr, tmp_path: Path
) -> None:
    project = Project(tmp_path / "project", step=CLOSING, feature=FEATURE.format(how=how))
    done = project.run(tmp_path / "reports", "features/more.feature", backend=own_ktrdr)
    assert done.status == 1, done.stderr
    assert verdict(done.reports) == ("not accepted", 1)
    assert Outputs.of(done.reports).said_by_json() == {"before": "met", "after": "not met"}
