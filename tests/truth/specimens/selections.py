"""What is selected, and what cannot be loaded: T10 to T12, and the selection traps of behave."""

from __future__ import annotations

from ..specimen import BROKEN, MET, NOT_RUN, REFUSED, Specimen

TWO = """
Feature: Two

  @good @id:one
  Scenario: The first
    Then one is one

  @id:two
  Scenario: The second
    Then one is two

  @good @id:three
  Scenario: The third
    Then one is one
"""
STRICT = 'tag_expression_protocol = "strict"\n'


def _refused(name: str, traps: str, said: str, *arguments: str, stock_settings: str = "") -> Specimen:
    return Specimen(
        name, traps, TWO, "refused", said=said, arguments=arguments, stock_settings=stock_settings
    )


SPECIMENS = [
    _refused("no-such-tag", "T11", "matches no scenario", "-t", "@nosuch"),
    _refused("no-such-name", "T11", "matches no scenario", "-n", "No such name"),
    _refused("old-tag-not", "T12", "matches no scenario", "-t", "~@good", stock_settings=STRICT),
    _refused("old-tag-minus", "T12", "matches no scenario", "--tags=-good", stock_settings=STRICT),
    _refused("old-tag-list", "T12", "matches no scenario", "-t", "@good,@id:two", stock_settings=STRICT),
    _refused("missing-path", "toolchain 1", "Nothing to run", "features/nosuch.feature"),
    Specimen(
        "empty-feature",
        "T11",
        "Feature: Empty\n",
        "refused",
        said="matches no scenario",
    ),
    Specimen(
        "by-name",
        "toolchain 1",
        TWO,
        "accepted",
        {"one": (MET, ""), "three": (MET, "")},
        arguments=("-n", "The first", "-n", "The third"),
    ),
    Specimen(
        "by-list",
        "toolchain 1",
        TWO,
        "not accepted",
        {"two": (REFUSED, ""), "three": (MET, "")},
        arguments=("@features/again.txt",),
        files={"features/again.txt": "one.feature:9\none.feature:13\n"},
    ),
    Specimen(
        "named-twice",
        "toolchain 1",
        {
            "a.feature": """
Feature: First

  @id:a
  Scenario: Met at the second time
    Then one is one at the second time
""",
            "b.feature": TWO,
        },
        "not accepted",
        {"a": (REFUSED, ""), "one": (MET, ""), "two": (REFUSED, "")},
        steps="""
from behave import then
from hamcrest import equal_to

times = []

@then("one is one at the second time")
def second_time(context):
    times.append(1)
    context.world.check.that("times", len(times), equal_to(2))
""",
        arguments=(
            *("features/a.feature", "features/b.feature:5", "features/./a.feature:5"),
            "features/b.feature:9",
        ),
    ),
    Specimen(
        "never-come-to",
        "ends of a run",
        TWO,
        "not accepted",
        {"one": (MET, ""), "two": (BROKEN, "never came to this scenario"), "three": (MET, "")},
        hooks="""
def before_feature(context, feature):
    del feature.run_items[1]
""",
    ),
    Specimen(
        "stop",
        "toolchain 1",
        TWO,
        "not accepted",
        {"one": (MET, ""), "two": (REFUSED, ""), "three": (NOT_RUN, "the run ended before")},
        said="two The second is not met",
        arguments=("--stop",),
    ),
    Specimen(
        "progress-and-a-failing-cleanup",
        "T10",
        TWO,
        "not accepted",
        {"one": (BROKEN, "the cleanup broke"), "two": (REFUSED, ""), "three": (MET, "")},
        hooks="""
def clean_up():
    raise RuntimeError("the cleanup broke")

def before_scenario(context, scenario):
    if scenario.name == "The first":
        context.add_cleanup(clean_up)
""",
        arguments=("-f", "progress"),
    ),
    Specimen(
        "other-outputs-asked-for",
        "T17",
        TWO,
        "not accepted",
        {"one": (MET, ""), "two": (REFUSED, ""), "three": (MET, "")},
        arguments=("-f", "json", "-o", "told.json"),
        settings=("--junit", "--junit-directory", "reports"),
    ),
    Specimen(
        "step-module-not-importable",
        "toolchain 1",
        TWO,
        "aborted",
        said="nosuch_module_of_nobody",
        steps="import nosuch_module_of_nobody\n",
    ),
    Specimen(
        "step-module-leaves",
        "toolchain 1",
        TWO,
        "aborted",
        said="cannot load the suite: SystemExit",
        steps="raise SystemExit(0)\n",
    ),
    Specimen(
        "hooks-not-importable",
        "toolchain 1",
        TWO,
        "aborted",
        said="nosuch_module_of_nobody",
        hooks="import nosuch_module_of_nobody\n",
    ),
    Specimen(
        "ambiguous-step",
        "toolchain 1",
        TWO,
        "aborted",
        said="Ambiguous",
        steps="from behave import given\n\n@given('something')\ndef twice(context): pass\n",
    ),
    Specimen(
        "feature-not-readable",
        "toolchain 1",
        {"a.feature": TWO, "b.feature": "Feature: x\n  Scenario: y\n    Given z\n    Bogus line\n"},
        "aborted",
        said="Bogus line",
    ),
    Specimen(
        "undefined-step",
        "T18",
        "Feature: x\n  @id:x\n  Scenario: y\n    Given something\n    Then nobody wrote this\n",
        "not accepted",
        {"x": (BROKEN, "step is undefined: Then nobody wrote this")},
    ),
    Specimen(
        "second-run-into-the-folder",
        "T14 T15",
        TWO,
        "accepted",
        {"one": (MET, ""), "three": (MET, "")},
        before=("-t", "not @good"),
        arguments=("-t", "@good"),
    ),
]
