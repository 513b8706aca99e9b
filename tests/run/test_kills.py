"""A run that is ended at any moment leaves readable results, and nothing that the next run does not end.

Two of each signal, at moments that a fixed seed chooses; `KILLS=10` makes it ten.
"""

from __future__ import annotations

import json
import os
import random
import signal
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from verdict.specimens import Outputs, assert_same_run_verdict

from .project import Done, Project
from .stub_ktrdr import StubKtrdr

TIMES = int(os.environ.get("KILLS", "2"))
SCENARIOS = 8
FEATURE = "Feature: Many trainings\n" + "".join(
    f"""
  @id:t{number}
  Scenario: Training {number}
    When I start a long training
    Then the training runs
    And the training completes within 120 seconds
"""
    for number in range(SCENARIOS)
)
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGKILL)


@dataclass(frozen=True)
class Ended:
    """A run that was ended, and the one after it."""

    signal: signal.Signals
    after_requests: int
    done: Done
    results: dict[str, Any]
    allure_ids: set[str]
    statuses: list[str]
    next: Done
    next_results: dict[str, Any]
    statuses_after_next: list[str]
    ledger_is_left: bool


def ended(number: signal.Signals, seed: int, folder: Path) -> Ended:
    """Run, send the signal once so many requests have come in, then run one scenario more."""
    project = Project(folder / "project", feature=FEATURE)
    stub, reports = StubKtrdr(ends_after_looks=8), folder / "reports"
    moment = random.Random(seed).randint(10, 10 + 10 * SCENARIOS)
    # However late the signal comes, the run has not come to its end before.
    stub.waits_after = moment + 4
    try:
        command = project.command("features/more.feature", backend=stub.url, reports=reports)
        process = project.start(command)
        stub.wait_for("", count=moment)
        process.send_signal(number)
        stub.goes_on.set()
        done = project.end(process, reports)
        results = json.loads((reports / "results.json").read_text("utf-8"))
        found = (reports / "allure-results").glob("*-result.json")
        allure = {json.loads(path.read_text("utf-8"))["name"].split(" ")[0] for path in found}
        statuses = stub.statuses()
        if number is not signal.SIGKILL:
            assert_same_run_verdict(Outputs.of(reports))
        after = project.run(reports, "-n", "Training 0", "features/more.feature", backend=stub)
        results_after = json.loads((reports / "results.json").read_text("utf-8"))
        left = (reports / ".ledger").exists()
        return Ended(
            number, moment, done, results, allure, statuses, after, results_after, stub.statuses(), left
        )
    finally:
        stub.stop()


@pytest.fixture(scope="module")
def all_ended(tmp_path_factory: pytest.TempPathFactory) -> list[Ended]:
    plans = [(number, 100 * number + seed) for number in SIGNALS for seed in range(TIMES)]
    with ThreadPoolExecutor(2) as pool:
        futures = [
            pool.submit(ended, number, seed, tmp_path_factory.mktemp(f"{number.name}-{seed}"))
            for number, seed in plans
        ]
        return [future.result() for future in futures]


def mid_run(all_ended: list[Ended], *signals: signal.Signals) -> list[Ended]:
    """Return the runs that a signal ended before their own end."""
    found = [one for one in all_ended if one.signal in signals and one.done.status != 0]
    assert found, "every run had ended before its signal"
    return found


def test_the_results_of_a_run_that_was_ended_say_aborted(all_ended: list[Ended]) -> None:
    for one in mid_run(all_ended, *SIGNALS):
        assert one.done.status == (-9 if one.signal is signal.SIGKILL else 4), one
        assert (one.results["status"], one.results["exit_status"]) == ("aborted", 4)
        assert len(one.results["scenarios"]) == SCENARIOS
        assert {row["verdict"] for row in one.results["scenarios"]} <= {"met", "not run"}


def test_what_had_ended_is_there_even_after_a_kill(all_ended: list[Ended]) -> None:
    for one in mid_run(all_ended, signal.SIGKILL):
        met = {row["id"] for row in one.results["scenarios"] if row["verdict"] == "met"}
        # The kill may fall between the writing of the two.
        assert met <= one.allure_ids
        assert len(one.allure_ids - met) <= 1, one


def test_a_signal_leaves_nothing_at_work(all_ended: list[Ended]) -> None:
    for one in mid_run(all_ended, signal.SIGINT, signal.SIGTERM):
        assert "running" not in one.statuses, one
        assert "an earlier run" not in json.dumps(one.next_results["notes"])


def test_what_a_kill_leaves_is_ended_and_told_by_the_next_run(all_ended: list[Ended]) -> None:
    for one in mid_run(all_ended, signal.SIGKILL):
        if "running" not in one.statuses:
            continue
        assert "running" not in one.statuses_after_next, one
        number = one.statuses.index("running")
        told = [note for note in one.next_results["notes"] if f"op_training_{number} running" in note]
        # Unless it had come to its end by itself meanwhile.
        assert told or one.statuses_after_next[number] == "completed", one


def test_the_next_run_is_as_if_nothing_had_been(all_ended: list[Ended]) -> None:
    for one in all_ended:
        assert one.next.status == 0, one.next.stdout + one.next.stderr
        assert not one.ledger_is_left


READING = """
import json

from behave import then


@then("the ledger tells of the training")
def then_ledger(context):
    lines = (context.world.settings.reports / ".ledger").read_text().splitlines()
    ids = [json.loads(line).get("id") for line in lines]
    assert context.world.training.id in ids, ids
    context.world.check.that("ids", len(ids) > 0, equal_to(True))
"""
WITH_LEDGER = """
Feature: Ledgers

  @id:ledger
  Scenario: A training is taken down
    When I start a long training
    Then the ledger tells of the training
"""


def test_a_line_that_a_kill_cut_off_swallows_none_of_the_next_run(
    own_ktrdr: StubKtrdr, tmp_path: Path
) -> None:
    step = f"from hamcrest import equal_to\n{READING}"
    project = Project(tmp_path / "project", step=step, feature=WITH_LEDGER)
    reports = tmp_path / "reports"
    reports.mkdir()
    (reports / ".ledger").write_text('{"begun": "request 1 for a lo')
    done = project.run(reports, "features/more.feature", backend=own_ktrdr)
    assert done.status == 0, done.stdout
