"""The ends of steps, and of scenarios by their steps."""

from __future__ import annotations

from ..specimen import BROKEN, MET, NOT_RUN, REFUSED, Specimen

ENDS = """
Feature: Ends of steps

  @id:met
  Scenario: Met
    Given something
    Then one is one

  @id:refused
  Scenario: Refused
    Then one is two
    And one is one

  @id:broken
  Scenario: Broken
    Then the step breaks

  @id:undefined
  Scenario: Undefined
    Given nobody wrote this step
    Then one is one

  @id:undefined-later
  Scenario: Undefined after what is met
    Then one is one
    And nobody wrote this step

  @id:pending
  Scenario: Pending
    Given a step to be written
    Then one is one

  @wip @id:pending-wip
  Scenario: Pending and in work
    Given a step to be written
    Then one is one

  @id:unchecked
  Scenario: Nothing checked
    Given something

  @id:unchecked-then
  Scenario: One of two checks nothing
    Then one is one
    And nothing is checked

  @id:checked-too-soon
  Scenario: Checked by a When alone
    When one is checked

  @id:empty
  Scenario: Without steps

  @id:substeps
  Scenario: A step of a step is refused
    Then all of it

  @id:goes-on
  Scenario: Goes on after a refusal
    Then one is two
    Then one is one
    And nobody wrote this step

  @id:no-message
  Scenario: An assertion without a word
    Then nothing is said
"""
STEPS = """
from behave import given, then, when
from behave.exception import StepNotImplementedError

@given("a step to be written")
def to_be_written(context):
    raise StepNotImplementedError("later")

@when("one is checked")
def checked(context):
    from hamcrest import equal_to
    context.world.check.that("one", 1, equal_to(1))

@then("all of it")
def all_of_it(context):
    context.execute_steps("Then one is one\\nThen one is two")

@then("nothing is checked")
def nothing_checked(context):
    return False

@then("nothing is said")
def nothing_said(context):
    assert 1 == 2
"""
BACKGROUND = """
Feature: Background

  Background:
    Given something
    Then one is two

  @id:b1
  Scenario: Behind a background that is refused
    Then one is one

  @id:b2
  Scenario: Another behind it
    Then one is one
"""
LEAVING = """
Feature: Leaving

  @id:before
  Scenario: Before
    Then one is one

  @id:leaving
  Scenario: Leaves
    When a training is started
    Then one is one
    And {how}

  @id:never
  Scenario: Never reached
    Then one is one
"""
LEFT = {"before": (MET, ""), "leaving": (NOT_RUN, ""), "never": (NOT_RUN, "")}


def _leaving(name: str, statement: str, said: str) -> Specimen:
    return Specimen(
        name,
        "ends of a run",
        LEAVING.format(how="the step ends it"),
        "aborted",
        LEFT,
        said=said,
        steps=f"""
import asyncio
from behave import then

@then("the step ends it")
def ends_it(context):
    {statement}
""",
    )


EVIDENCE = """
Feature: Evidence

  @id:failed
  Scenario: Refused
    When a training is started
    Then one is two

  @id:error
  Scenario: Broken
    When a training is started
    Then the step breaks

  @id:undefined
  Scenario: Undefined
    When a training is started
    Then nobody wrote this step

  @id:pending
  Scenario: Pending
    When a training is started
    Then it is to be written

  @hook @id:hook-error
  Scenario: A hook raises
    When a training is started
    Then one is one

  @cleanup @id:cleanup-error
  Scenario: A cleanup raises
    When a training is started
    Then one is one

  @id:unchecked
  Scenario: Nothing checked
    When a training is started
"""
SPECIMENS = [
    Specimen(
        "evidence-of-every-failure",
        "T13",
        EVIDENCE,
        "not accepted",
        {
            "failed": (REFUSED, ""),
            **dict.fromkeys(
                ("error", "undefined", "pending", "hook-error", "cleanup-error", "unchecked"), (BROKEN, "")
            ),
        },
        steps="""
from behave import then
from behave.exception import StepNotImplementedError

@then("it is to be written")
def to_be_written(context):
    raise StepNotImplementedError("later")
""",
        hooks="""
import allure

def before_scenario(context, scenario):
    if "cleanup" in scenario.tags:
        context.add_cleanup(lambda: 1 / 0)

def after_scenario(context, scenario):
    # What a suite does to keep its evidence small.
    if scenario.status == "failed":
        allure.attach("something", "log")
    if "hook" in scenario.tags:
        raise RuntimeError("after_scenario broke")
""",
        settings=("-D", "logs=backend={log}"),
    ),
    Specimen(
        "ends-of-steps",
        "T13",
        ENDS,
        "not accepted",
        {
            "met": (MET, ""),
            "refused": (REFUSED, "in: Then one is two"),
            "broken": (BROKEN, "KeyError: 'broken step'"),
            "undefined": (BROKEN, "step is undefined: Given nobody wrote this step"),
            "undefined-later": (BROKEN, "step is undefined: And nobody wrote this step"),
            "pending": (BROKEN, "step is pending"),
            "pending-wip": (BROKEN, "step is pending"),
            "unchecked": (BROKEN, "checked nothing"),
            "unchecked-then": (BROKEN, "a Then checked nothing: nothing is checked"),
            "checked-too-soon": (BROKEN, "checked nothing"),
            "empty": (BROKEN, ""),
            "substeps": (REFUSED, "one is two"),
            "goes-on": (REFUSED, "Then one is two"),
            "no-message": (REFUSED, "AssertionError"),
        },
        steps=STEPS,
        hooks="""
def before_scenario(context, scenario):
    scenario.continue_after_failed_step = "id:goes-on" in scenario.tags
""",
    ),
    Specimen(
        "step-is-a-generator",
        "ends of steps",
        "Feature: x\n  @id:x\n  Scenario: y\n    Then one is one\n    And nothing of it is run\n",
        "aborted",
        said="the step 'nothing of it is run' is a generator",
        steps="""
from behave import then

@then("nothing of it is run")
def never_run(context):
    yield
    raise AssertionError("it was run")
""",
    ),
    Specimen(
        "odd-texts",
        "texts of a target",
        {
            "a.feature": """
Feature: [red]A | B[/] <b> & "c" ]]>

  @id:odd-name
  Scenario: [bold]x | y[/] `z` *<i>* & ]]> – 数据 ✅
    Then one is one

  @id:no-name
  Scenario:
    Then one is two

  @id:half-a-character
  Scenario: Half a character
    Then it says half a character

  @id:control
  Scenario: Control characters
    Then it says control characters

  @id:many-lines
  Scenario: Many lines
    Then it says many lines

  @id:own-verdict
  Scenario: Says what a verdict says
    Then it says that it is fine
""",
            "b.feature": "Feature:\n  @id:nameless\n  Scenario: In a nameless feature\n    Then one is one\n",
        },
        "not accepted",
        {
            "odd-name": (MET, ""),
            "no-name": (REFUSED, ""),
            "half-a-character": (REFUSED, "half"),
            "control": (REFUSED, "red"),
            "many-lines": (REFUSED, "line 1999"),
            "own-verdict": (REFUSED, "passed"),
            "nameless": (MET, ""),
        },
        steps="""
from behave import then

@then("it says half a character")
def half_a_character(context):
    raise AssertionError("half \\ud800 a character")

@then("it says control characters")
def control_characters(context):
    raise AssertionError("\\x1b[31mred\\x00\\ufffe\\r\\x0b")

@then("it says many lines")
def many_lines(context):
    raise AssertionError("\\n".join(f"| line {n} |" for n in range(2000)))

@then("it says that it is fine")
def fine(context):
    print("✅ Integration test passed")
    raise AssertionError("\\n\\n✅ Integration test passed\\n")
""",
    ),
    Specimen(
        "background-refused",
        "toolchain 2",
        BACKGROUND,
        "not accepted",
        {"b1": (REFUSED, "one is two"), "b2": (REFUSED, "one is two")},
    ),
    _leaving("step-leaves", "raise SystemExit(0)", "Leaves"),
    _leaving("step-interrupts", "raise KeyboardInterrupt", "KeyboardInterrupt"),
    _leaving("step-raises-a-base-exception", "raise asyncio.CancelledError('stopped')", "CancelledError"),
    Specimen(
        "step-aborts",
        "ends of a run",
        LEAVING.format(how="the step ends it"),
        "aborted",
        {"before": (MET, ""), "leaving": (MET, ""), "never": (NOT_RUN, "")},
        said="the disk is full",
        steps="""
from behave import then
from hamcrest import equal_to

@then("the step ends it")
def ends_it(context):
    context.world.check.that("one", 1, equal_to(1))
    context.abort("the disk is full")
""",
    ),
]
