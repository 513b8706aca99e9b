"""Rules, outlines, equal names and what is skipped: T5 to T8."""

from __future__ import annotations

from ..specimen import BROKEN, MET, NOT_RUN, REFUSED, Specimen

PLAIN_NAMES = 'scenario_outline_annotation_schema = "{name}"\n'
RULES = """
Feature: Rules

  Background:
    Given something

  @id:outside
  Scenario: Outside of a rule
    Then one is one

  @milestone:CKP-M1 @criterion:D26
  Rule: A rule

    Background:
      Given something

    @id:r-met
    Scenario: Met under a rule
      Then one is one

    @id:r-refused
    Scenario: Refused under a rule
      Then one is two

    @id:r-row
    Scenario Outline: Row under a rule <name>
      Then one is <word>

      Examples: words
        | name  | word |
        | right | one  |
        | wrong | two  |

  Rule: Another rule

    @id:r-other
    Example: Met under another rule
      Then one is one
"""
SHOWN = """
Feature: Tables and texts

  Rule: A rule

    @id:r-table
    Scenario: A step with a table
      When a training is started
      Given a table
        | a | b |
        | 1 | 2 |
      Then one is one

    @id:r-text
    Scenario: A step with a text
      Given a text
        \"\"\"
        some text
        \"\"\"
      Then one is one

    @id:r-refused
    Scenario: A step with a table is refused
      Then one is two
        | a | b |
        | 1 | 2 |
"""
SHOWN_STEPS = """
from behave import given

@given("a table")
def table(context):
    assert context.table is not None

@given("a text")
def text(context):
    assert context.text == "some text"
"""
EQUAL = """
Feature: Equal

  @id:{id}
  Scenario: The same
    Then one is {word}
"""
SKIPPED = """
@feature:{skip}
Feature: Skipped {skip}

  Rule: A rule
    @id:{skip}-in-a-rule
    Scenario: {skip} in a rule
      Then one is one

  @id:{skip}-one
  Scenario: {skip} one
    Then one is one
"""

SPECIMENS = [
    Specimen(
        "rules",
        "T5 T8",
        RULES,
        "not accepted",
        {
            "outside": (MET, ""),
            "r-met": (MET, ""),
            "r-refused": (REFUSED, "Then one is two"),
            "r-row#right": (MET, ""),
            "r-row#wrong": (REFUSED, "Then one is two"),
            "r-other": (MET, ""),
        },
        stock_settings=PLAIN_NAMES,
    ),
    Specimen(
        "rules-all-met",
        "T5",
        RULES,
        "accepted",
        {"outside": (MET, ""), "r-met": (MET, ""), "r-row#right": (MET, ""), "r-other": (MET, "")},
        hooks="""
def before_feature(context, feature):
    for scenario in feature.walk_scenarios():
        for step in scenario.steps:
            if step.name == "one is two":
                step.name = "one is one"
""",
        arguments=("-n", "Outside", "-n", "Met", "-n", "right"),
        stock_settings=PLAIN_NAMES,
    ),
    Specimen(
        "tables-and-texts-in-a-rule",
        "T5",
        SHOWN,
        "not accepted",
        {"r-table": (MET, ""), "r-text": (MET, ""), "r-refused": (REFUSED, "Then one is two")},
        steps=SHOWN_STEPS,
    ),
    Specimen(
        "attached-in-a-rule",
        "T5 T9",
        RULES,
        "accepted",
        {"r-met": (MET, ""), "r-other": (MET, "")},
        hooks="""
import allure

def before_scenario(context, scenario):
    allure.attach("something", "before")

def after_scenario(context, scenario):
    allure.attach("something", "after")
""",
        arguments=("-n", "Met under"),
    ),
    Specimen(
        "before-rule-raises",
        "T4 T5",
        RULES,
        "not accepted",
        {
            "outside": (MET, ""),
            "r-met": (BROKEN, "before_rule broke"),
            "r-refused": (BROKEN, "before_rule broke"),
            "r-row#right": (BROKEN, "before_rule broke"),
            "r-row#wrong": (BROKEN, "before_rule broke"),
            "r-other": (MET, ""),
        },
        said="before_rule broke",
        hooks="""
def before_rule(context, rule):
    if rule.name == "A rule":
        raise RuntimeError("before_rule broke")
""",
        stock_settings=PLAIN_NAMES,
    ),
    Specimen(
        "after-rule-raises",
        "T5",
        RULES,
        "not accepted",
        {"r-other": (MET, "")},
        said="after_rule broke",
        hooks="""
def after_rule(context, rule):
    raise RuntimeError("after_rule broke")
""",
        arguments=("-n", "Met under another"),
    ),
    Specimen(
        "equal-names",
        "T6",
        {
            "a.feature": EQUAL.format(id="a", word="two"),
            "b.feature": EQUAL.format(id="b", word="one"),
            "c.feature": EQUAL.format(id="c", word="one"),
        },
        "not accepted",
        {"a": (REFUSED, ""), "b": (MET, ""), "c": (MET, "")},
        said="a The same is not met",
    ),
    Specimen(
        "equal-ids-and-none",
        "T6",
        {
            "a.feature": EQUAL.format(id="a", word="two"),
            "b.feature": EQUAL.format(id="a", word="one"),
            "c.feature": """
Feature: Rows without a name

  @id:row
  Scenario Outline: Row
    Then one is <word>

    Examples:
      | word |
      | two  |
      | one  |

  Scenario: No id
    Then one is one
""",
        },
        "not accepted",
        {},
        said="a The same is not met",
        stock_settings=PLAIN_NAMES,
    ),
    Specimen(
        "skipped-with-a-reason",
        "T7",
        """
Feature: Skipped

  @hook @id:by-hook
  Scenario: Skipped by a hook
    Then one is one

  @id:by-step
  Scenario: Skipped by a step
    Given no gateway is here
    Then one is one

  @id:met
  Scenario: Met
    Then one is one
""",
        "accepted",
        {"by-hook": (NOT_RUN, "no gateway here"), "by-step": (NOT_RUN, "no gateway here"), "met": (MET, "")},
        hooks="""
def before_scenario(context, scenario):
    if "hook" in scenario.tags:
        scenario.skip("no gateway here")
""",
        steps="""
from behave import given

@given("no gateway is here")
def no_gateway(context):
    context.scenario.skip("no gateway here")
""",
    ),
    Specimen(
        "skipped-in-odd-ways",
        "T7",
        {
            "a.feature": SKIPPED.format(skip="told"),
            "b.feature": SKIPPED.format(skip="silent"),
            "c.feature": """
Feature: Skipped oddly

  @silent @id:hook-silent
  Scenario: Skipped by a hook without a reason
    Then one is one

  @id:step-silent
  Scenario: Skipped by a step without a reason
    Given no gateway is here
    Then one is one

  @id:refused-first
  Scenario: Refused, and skipped afterwards
    Then one is two
    Given no gateway is here, it says
""",
        },
        "not accepted",
        {
            "told-one": (NOT_RUN, "no gateway here"),
            "told-in-a-rule": (NOT_RUN, "no gateway here"),
            "silent-one": (BROKEN, "skipped without a reason"),
            "silent-in-a-rule": (BROKEN, "skipped without a reason"),
            "hook-silent": (BROKEN, "skipped without a reason"),
            "step-silent": (BROKEN, "skipped without a reason"),
            "refused-first": (REFUSED, "Then one is two"),
        },
        hooks="""
def before_feature(context, feature):
    for scenario in feature.walk_scenarios():
        scenario.continue_after_failed_step = True
    if "feature:told" in feature.tags:
        feature.skip("no gateway here")
    if "feature:silent" in feature.tags:
        feature.skip()

def before_scenario(context, scenario):
    if "silent" in scenario.tags:
        scenario.skip()
""",
        steps="""
from behave import given

@given("no gateway is here")
def silent(context):
    context.scenario.skip()

@given("no gateway is here, it says")
def told(context):
    context.scenario.skip("no gateway here")
""",
    ),
]
