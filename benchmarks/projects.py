"""Projects with the same scenarios of five instant steps: as the suite runs them, and as stock behave."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[1]
PER_FEATURE = 50

_GIVEN_AND_WHEN = """
import os
import time

from behave import given, then, when
from hamcrest import assert_that, equal_to


@given("something")
def given_something(context):
    if first := os.environ.pop("FIRST_STEP_FILE", ""):
        with open(first, "w") as file:
            file.write(str(time.time()))


@when("it happens")
def when_it_happens(context):
    pass


@then("it is so")
def then_it_is_so(context):
"""
_STOCK_CHECK = "    assert_that(1, equal_to(1))\n"
_OUR_CHECK = '    context.world.check.that("one", 1, equal_to(1))\n'


def write_project(folder: Path, scenarios: int, *, ours: bool) -> None:
    """Write a project with so many scenarios into a folder that is not there yet."""
    (folder / "features").mkdir(parents=True)
    (folder / "steps").mkdir()
    check = _OUR_CHECK if ours else _STOCK_CHECK
    (folder / "steps" / "sentences.py").write_text(_GIVEN_AND_WHEN + check)
    if ours:
        settings = (
            (ROOT / "pyproject.toml").read_text("utf-8").split("[tool.behave]")[1].split("[tool.ruff]")[0]
        )
        (folder / "pyproject.toml").write_text("[tool.behave]" + settings)
        (folder / "environment.py").write_text((ROOT / "environment.py").read_text("utf-8"))
    for first in range(0, scenarios, PER_FEATURE):
        numbers = range(first, min(first + PER_FEATURE, scenarios))
        text = f"Feature: Feature {first}\n" + "".join(map(_scenario, numbers))
        (folder / "features" / f"f{first:05}.feature").write_text(text)


def _scenario(number: int) -> str:
    tags = f"@category:smoke @milestone:API @criterion:D1 @severity:minor @id:x{number}"
    steps = ("Given something", "And something", "When it happens", "Then it is so", "And it is so")
    lines = [f"  {tags}", f"  Scenario: Number {number} is so", *(f"    {step}" for step in steps)]
    return "\n" + "\n".join(lines) + "\n"
