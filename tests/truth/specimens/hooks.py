"""Hooks, fixtures and cleanups that fail: T1 to T4, T13."""

from __future__ import annotations

from ..specimen import BROKEN, MET, NOT_RUN, REFUSED, Specimen

ONE_OF_EACH = """
Feature: Hooks of scenarios

  @id:untouched
  Scenario: No hook fails
    Given something
    Then one is one

  @after-raises @id:after
  Scenario: after_scenario raises
    When a training is started
    Then one is one

  @after-asserts @id:after-asserts
  Scenario: after_scenario raises an AssertionError
    Then one is one

  @before-raises @id:before
  Scenario: before_scenario raises
    Then one is one

  @tag-raises @id:tag
  Scenario: before_tag raises
    Then one is one

  @late-tag-raises @id:late-tag
  Scenario: after_tag raises
    Then one is one

  @cleanup-raises @id:cleanup
  Scenario: A cleanup raises
    Then one is one

  @fixture-down @id:fixture-down
  Scenario: The teardown of a fixture raises
    Then one is one

  @fixture-up @id:fixture-up
  Scenario: The setup of a fixture raises
    Then one is one

  @step-hook-before @id:step-before
  Scenario: before_step raises
    Then one is one

  @step-hook-after @id:step-after
  Scenario: after_step raises
    Given something
    Then one is one

  @step-hook-asserts @id:step-asserts
  Scenario: after_step raises an AssertionError
    Given something
    Then one is one

  @after-raises @id:refused
  Scenario: after_scenario raises after a step was refused
    Then one is two
"""
HOOKS_OF_SCENARIOS = """
from behave import fixture, use_fixture

@fixture
def broken_at_the_end(context):
    yield
    raise RuntimeError("the teardown broke")

@fixture
def broken_at_once(context):
    raise RuntimeError("the setup broke")
    yield

def before_tag(context, tag):
    if tag == "tag-raises":
        raise RuntimeError("before_tag broke")
    if tag == "fixture-down":
        use_fixture(broken_at_the_end, context)
    if tag == "fixture-up":
        use_fixture(broken_at_once, context)

def after_tag(context, tag):
    if tag == "late-tag-raises":
        raise RuntimeError("after_tag broke")

def clean_up():
    raise RuntimeError("the cleanup broke")

def before_scenario(context, scenario):
    if "before-raises" in scenario.tags:
        raise RuntimeError("before_scenario broke")
    if "cleanup-raises" in scenario.tags:
        context.add_cleanup(clean_up)

def after_scenario(context, scenario):
    if "after-raises" in scenario.tags:
        raise RuntimeError("after_scenario broke")
    assert "after-asserts" not in scenario.tags, "after_scenario is wrong"

def before_step(context, step):
    if "step-hook-before" in context.tags:
        raise RuntimeError("before_step broke")

def after_step(context, step):
    if "step-hook-after" in context.tags:
        raise RuntimeError("after_step broke")
    assert "step-hook-asserts" not in context.tags, "after_step is wrong"
"""
TWO_FEATURES = {
    "a.feature": """
@marked
Feature: First

  @id:f1
  Scenario: One
    Then one is one

  @id:f2
  Scenario: Two
    Then one is one
""",
    "b.feature": """
Feature: Second

  @id:s1
  Scenario: Three
    Then one is one
""",
}
ALL_MET = {"f1": (MET, ""), "f2": (MET, ""), "s1": (MET, "")}
LEFT_OUT = {"f1": (BROKEN, "broke"), "f2": (BROKEN, "broke"), "s1": (MET, "")}
ABORTED = dict.fromkeys(ALL_MET, (NOT_RUN, ""))


def _raising(hook: str, condition: str = "True") -> str:
    return f"""
def {hook}(context, *rest):
    if {condition}:
        raise RuntimeError("{hook} broke")
"""


FIRST = 'rest[0].name == "First"'
SPECIMENS = [
    Specimen(
        "hooks-of-scenarios",
        "T1 T2 T3",
        ONE_OF_EACH,
        "not accepted",
        {
            "untouched": (MET, ""),
            "after": (BROKEN, "after_scenario broke"),
            "after-asserts": (BROKEN, "after_scenario is wrong"),
            "before": (BROKEN, "before_scenario broke"),
            "tag": (BROKEN, "before_tag broke"),
            "late-tag": (BROKEN, "after_tag broke"),
            "cleanup": (BROKEN, "the cleanup broke"),
            "fixture-down": (BROKEN, "the teardown broke"),
            "fixture-up": (BROKEN, "the setup broke"),
            "step-before": (BROKEN, "before_step broke"),
            "step-after": (BROKEN, "after_step broke"),
            "step-asserts": (BROKEN, "after_step is wrong"),
            "refused": (REFUSED, "in: Then one is two"),
        },
        hooks=HOOKS_OF_SCENARIOS,
    ),
    Specimen(
        "before-feature-raises",
        "T4",
        TWO_FEATURES,
        "not accepted",
        LEFT_OUT,
        said="before_feature broke",
        hooks=_raising("before_feature", FIRST),
    ),
    Specimen(
        "before-tag-of-a-feature-raises",
        "T4",
        TWO_FEATURES,
        "not accepted",
        LEFT_OUT,
        said="before_tag broke",
        hooks=_raising("before_tag", 'rest[0] == "marked"'),
    ),
    Specimen(
        "after-feature-raises",
        "toolchain 2",
        TWO_FEATURES,
        "not accepted",
        ALL_MET,
        said="after_feature broke",
        hooks=_raising("after_feature", FIRST),
    ),
    Specimen(
        "cleanup-of-a-feature-raises",
        "T2",
        TWO_FEATURES,
        "not accepted",
        ALL_MET,
        said="the cleanup broke",
        hooks="""
def clean_up():
    raise RuntimeError("the cleanup broke")

def before_feature(context, feature):
    if feature.name == "First":
        context.add_cleanup(clean_up)
""",
    ),
    Specimen(
        "before-all-raises",
        "toolchain 2",
        TWO_FEATURES,
        "aborted",
        ABORTED,
        said="before_all broke",
        hooks=_raising("before_all"),
        stock_hooks="",
    ),
    Specimen(
        "after-all-raises",
        "toolchain 2",
        TWO_FEATURES,
        "not accepted",
        ALL_MET,
        said="after_all broke",
        hooks=_raising("after_all"),
    ),
    Specimen(
        "cleanup-of-the-run-raises",
        "T2",
        TWO_FEATURES,
        "not accepted",
        ALL_MET,
        said="the cleanup broke",
        hooks="""
def clean_up():
    raise RuntimeError("the cleanup broke")

def before_all(context):
    context.add_cleanup(clean_up)
""",
    ),
    Specimen(
        "cleanups-hushed-up",
        "T2",
        TWO_FEATURES,
        "not accepted",
        {"f1": (BROKEN, "the cleanup broke"), "f2": (BROKEN, "the cleanup broke"), "s1": (MET, "")},
        hooks="""
def clean_up():
    raise RuntimeError("the cleanup broke")

def before_all(context):
    context.fail_on_cleanup_errors = False

def before_scenario(context, scenario):
    if "marked" in context.tags:
        context.add_cleanup(clean_up)
""",
    ),
    Specimen(
        "attached-before-all",
        "T9",
        TWO_FEATURES,
        "accepted",
        ALL_MET,
        hooks="""
import allure

def before_all(context):
    allure.attach("something", "before all")

def before_feature(context, feature):
    allure.attach("something", "before the feature")
""",
    ),
    Specimen(
        "hook-leaves",
        "toolchain 2",
        TWO_FEATURES,
        "aborted",
        {"f1": (NOT_RUN, "after_scenario"), "f2": (NOT_RUN, ""), "s1": (NOT_RUN, "")},
        said="after_scenario",
        hooks="""
def after_scenario(context, scenario):
    raise SystemExit(0)
""",
    ),
]
