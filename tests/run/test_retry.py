"""An asked-for retry: what is met only then is flaky, in every output, and each attempt is put back."""

from __future__ import annotations

import pytest
from verdict.specimens import Outputs, assert_same_verdicts

from .runs import Plan, Runs

STEPS = """
from behave import given, then
from hamcrest import equal_to

TRIES = {}


@then("it is so on try {wanted:d}")
def then_on_try(context, wanted):
    tries = TRIES[context.scenario.name] = TRIES.get(context.scenario.name, 0) + 1
    context.world.check.that("try", tries, equal_to(wanted))


@given("a long training is started")
def given_started(context):
    context.world.trainings.start("long")
"""
FEATURE = """
Feature: Retries

  @id:at-once
  Scenario: Met at once
    Then it is so on try 1

  @id:second
  Scenario: Met on the second attempt
    Given a long training is started
    Then it is so on try 2

  @id:third
  Scenario Outline: Met on attempt <try>
    Then it is so on try <try>

    Examples:
      | name | try |
      | late | 3   |
"""
OWN = {"step": STEPS, "feature": FEATURE}
PLANS = {
    "none": Plan(["features/more.feature"], stub={}, project=OWN),
    "one": Plan(["-D", "retry=1", "features/more.feature"], stub={}, project=OWN),
}


def outputs_of(runs: Runs, run: str) -> Outputs:
    _ = runs[run].status
    return Outputs.of(runs.reports[run])


@pytest.mark.parametrize(
    ("run", "verdicts", "attempts"),
    [
        ("none", ("met", "not met", "not met"), (1, 1, 1)),
        ("one", ("met", "flaky", "not met"), (1, 2, 2)),
    ],
)
def test_a_retry_never_makes_a_scenario_met(
    run: str, verdicts: tuple[str, ...], attempts: tuple[int, ...], runs: Runs
) -> None:
    outputs = outputs_of(runs, run)
    assert runs[run].status == 1
    assert_same_verdicts(outputs)
    assert outputs.said_by_json() == dict(zip(("at-once", "second", "third#late"), verdicts, strict=True))
    assert tuple(row["attempts"] for row in outputs.results["scenarios"]) == attempts


def test_each_attempt_leaves_its_evidence_and_is_put_back(runs: Runs) -> None:
    outputs = outputs_of(runs, "one")
    assert len(outputs.row("second")["operations"]) == 2
    assert "attempt 1 of 2: not met: " in outputs.row("second")["reason"]
    names = [attachment["name"] for attachment in outputs.allure_of("second")["attachments"]]
    assert {"HTTP exchanges, in short", "HTTP exchanges (attempt 1)"} <= set(names)
    assert set(runs.stub("one").statuses()) == {"cancelled"}
    assert {"name": "tag", "value": "flaky"} in outputs.allure_of("second")["labels"]
    assert len(outputs.allure) == 3, "an attempt is no scenario of its own"
