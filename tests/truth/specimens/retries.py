"""Attempts after the first: T17."""

from __future__ import annotations

from ..specimen import FLAKY, MET, REFUSED, Kind, Specimen

FEATURE = """
Feature: Retries

  @id:steady
  Scenario: Met at once
    Then one is one

  @id:second
  Scenario: Met at the second attempt
    Then one is one at attempt 2

  @id:third
  Scenario: Met at the third attempt
    Then one is one at attempt 3

  @id:never
  Scenario: Never met
    Then one is two

  @hook @id:hook
  Scenario: A hook raises at the first attempt
    Then one is one

  @id:breaks-first
  Scenario: Breaks at first
    Then it breaks at first

  @id:row
  Scenario Outline: Row <name>
    Then one is one at attempt <attempt>

    Examples: rows
      | name   | attempt |
      | steady | 1       |
      | second | 2       |
"""
STEPS = """
from collections import Counter
from behave import then
from hamcrest import equal_to

attempts = Counter()

@then("one is one at attempt {number:d}")
def at_attempt(context, number):
    attempts[context.scenario.name] += 1
    context.world.check.that("one", attempts[context.scenario.name], equal_to(number))

@then("it breaks at first")
def breaks_first(context):
    attempts["breaks"] += 1
    if attempts["breaks"] == 1:
        raise KeyError("broken at first")
    context.world.check.that("one", 1, equal_to(1))
"""
HOOKS = """
raised = []

def before_scenario(context, scenario):
    if "hook" in scenario.tags and not raised:
        raised.append(scenario)
        raise RuntimeError("before_scenario broke")
"""
AUTORETRY = """
from behave.contrib.scenario_autoretry import patch_scenario_with_autoretry

def before_feature(context, feature):
    for scenario in feature.walk_scenarios():
        patch_scenario_with_autoretry(scenario, max_attempts=2)
"""
BROKEN_AT_FIRST: Kind = ("flaky", "TEST_ISSUE")
RIGHT = {
    "steady": (MET, ""),
    "second": (FLAKY, "attempt 1 of 2"),
    "third": (REFUSED, "attempt 1 of 2"),
    "never": (REFUSED, "Then one is two"),
    "hook": (BROKEN_AT_FIRST, "before_scenario broke"),
    "breaks-first": (BROKEN_AT_FIRST, "broken at first"),
    "row#steady": (MET, ""),
    "row#second": (FLAKY, "attempt 1 of 2"),
}
SPECIMENS = [
    Specimen(
        "retries",
        "T17",
        FEATURE,
        "not accepted",
        RIGHT,
        hooks=HOOKS,
        steps=STEPS,
        settings=("-D", "retry=1"),
        stock_hooks=AUTORETRY,
        stock_settings='scenario_outline_annotation_schema = "{name}"\n',
    ),
    Specimen(
        "flaky-alone",
        "T17",
        FEATURE,
        "not accepted",
        {"second": (FLAKY, "attempt 1 of 2")},
        said="second Met at the second attempt is flaky",
        steps=STEPS,
        arguments=("-n", "Met at the second attempt"),
        settings=("-D", "retry=1"),
        stock_hooks=AUTORETRY,
    ),
]
