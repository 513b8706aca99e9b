"""A small project of its own that uses the driver as the suite does, and runs of it as a user starts them."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import starting

from .stub_ktrdr import StubKtrdr, closed_url

# Taken once: runs begin in threads, while pytest changes the environment beside them.
_ENVIRONMENT = {key: value for key, value in os.environ.items() if not key.startswith("KTRDR_")}

ROOT = Path(__file__).parents[2]
# The suite's own way to run behave.
PYPROJECT = (
    "[tool.behave]"
    + (ROOT / "pyproject.toml").read_text("utf-8").split("[tool.behave]")[1].split("[tool.ruff]")[0]
)

# The hooks of the suite, and one that skips; `tests/truth` has the ways in which hooks can go wrong.
ENVIRONMENT = """
from ktrdr_acceptance import hooks, parameter_types

parameter_types.register()
globals().update({name: hook for name, hook in vars(hooks).items() if name.startswith(("before_", "after_"))})


def before_scenario(context, scenario):
    hooks.before_scenario(context, scenario)
    if "skipped" in scenario.tags:
        scenario.skip("no gateway here")
"""

STEPS = """
import urllib.request

from behave import given, then, when
from hamcrest import equal_to

from ktrdr_acceptance.operations.lifecycle import Status
from ktrdr_acceptance.operations.operation import Kind


@given("something")
def given_something(context):
    pass


@when("I start a {purpose:Purpose} training")
def when_start(context, purpose):
    context.world.said.speak_of(context.world.trainings.start(purpose))


@given("a training worker is free")
def given_free_worker(context):
    context.world.workers.wait_for_free(Kind.TRAINING, 0.3)


@when("the backend dies")
def when_backend_dies(context):
    urllib.request.urlopen(context.world.backend.base_url + "/die").read()


@then("one is one")
def then_one_is_one(context):
    context.world.check.that("one", 1, equal_to(1))


@then("one is two")
def then_one_is_two(context):
    context.world.check.that("one", 1, equal_to(2))


@then("the step breaks")
def then_breaks(context):
    raise KeyError("broken step")


@then("the training completes within {limit:Duration}")
def then_completes(context, limit):
    context.world.operations.eventually(context.world.training, Status.COMPLETED, within=limit)


@given("a training that runs")
def given_running(context):
    when_start(context, "long")
    then_runs(context)


@then("the training is seen to go back")
def then_goes_back(context):
    for _ in range(3):
        context.world.operations.look(context.world.training)
    then_one_is_one(context)


@then("the training runs")
def then_runs(context):
    context.world.operations.eventually(context.world.training, Status.RUNNING, within=60)
"""

# One scenario for each way to end; each can be selected by its tag.
KINDS = """
Feature: Kinds of ends

  @good @id:met
  Scenario: Met
    Given something
    Then one is one

  @id:failed
  Scenario: Failed
    Then one is two

  @id:broken
  Scenario: Broken
    Then the step breaks

  @id:undefined
  Scenario: Undefined
    Given nobody wrote this step
    Then one is one

  @id:unchecked
  Scenario: Nothing checked
    Given something

  @id:unchecked-with-undo
  Scenario: Nothing checked, but something to put back
    When I start a long training

  @id:unchecked-after-a-wait
  Scenario: Nothing checked after a wait
    Given a training that runs

  @id:violated
  Scenario: The life of a training goes back
    When I start a smoke training
    Then the training is seen to go back

  @skipped @id:skipped
  Scenario: Skipped with a reason
    Then one is one

  @good @id:rows
  Scenario Outline: Row <name>
    Given something
    Then one is <word>

    Examples: words
      | name  | word |
      | right | one  |
      | wrong | two  |

  @good @uses:training-worker @needs:training-worker @id:put-back
  Scenario: A training is put back
    When I start a long training
    Then the training runs
"""
RULES = """
Feature: Rules

  @needs:training-worker
  Rule: A rule has scenarios

    Background: of the rule
      Given something

    @good @id:rule-met
    Scenario: Met under a rule
      Then one is one

    @id:rule-failed
    Scenario: Failed under a rule
      Then one is two
"""
WAITING = """
Feature: Waiting

  @id:w1-before
  Scenario: Met before
    Then one is one

  @id:w2-waiting
  Scenario: Waiting
    When I start a long training
    Then the training completes within 90 seconds

  @id:w3-never
  Scenario: Never reached
    Then one is one
"""
DYING = """
Feature: Dying

  @id:d1-before
  Scenario: Met before
    Then one is one

  @id:d2-dying
  Scenario: The service dies during the scenario
    When I start a long training
    And the backend dies
    Then the training completes within 90 seconds
"""
FREE = """
Feature: Free workers

  @id:busy-before
  Scenario: A training before
    When I start a long training
    Then one is one

  @id:busy-after
  Scenario: A worker is free
    Given a training worker is free
    Then one is one
"""
FEATURES = {
    "kinds": KINDS,
    "rules": RULES,
    "waiting": WAITING,
    "dying": DYING,
    "free": FREE,
}


@dataclass
class Done:
    """A run that has ended."""

    status: int
    stdout: str
    stderr: str
    reports: Path

    @property
    def last_line(self) -> str:
        return self.stdout.rstrip().splitlines()[-1]


class Project:
    """The project in a folder; each run gets a reports folder of its own."""

    def __init__(
        self,
        folder: Path,
        *,
        step: str = "",
        feature: str = "",
        environment: str = "",
        durations: str = "",
        calibration: str = "",
    ) -> None:
        self.folder = folder
        (folder / "features").mkdir(parents=True)
        (folder / "steps").mkdir()
        (folder / "pyproject.toml").write_text(PYPROJECT)
        (folder / "environment.py").write_text(ENVIRONMENT + environment)
        (folder / "steps" / "sentences.py").write_text(STEPS)
        for name, text in FEATURES.items():
            (folder / "features" / f"{name}.feature").write_text(text)
        if step:
            (folder / "steps" / "more.py").write_text(step)
        if durations:
            (folder / "features" / "durations.json").write_text(durations)
        if calibration:
            (folder / "own.yaml").write_text(calibration)
        if feature:
            (folder / "features" / "more.feature").write_text(feature)

    def command(self, *arguments: str, backend: str, reports: Path | None = None) -> list[str]:
        silent = closed_url()
        settings = {
            "target": "services",
            "backend_url": backend,
            **dict.fromkeys(("training_host_url", "ib_host_url", "backtest_worker_url"), silent),
            "cache_ttl": "0",
        }
        if reports is not None:
            settings["reports"] = str(reports)
        defines = [part for key, value in settings.items() for part in ("-D", f"{key}={value}")]
        return [sys.executable, "-m", "behave", *defines, *arguments]

    def start(self, command: list[str], folder: Path | None = None) -> subprocess.Popen[str]:
        return starting.start(
            command,
            cwd=folder or self.folder,
            env={**_ENVIRONMENT, "PYTHONDONTWRITEBYTECODE": "1", "COLUMNS": "200"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def end(self, process: subprocess.Popen[str], reports: Path, within: float = 180.0) -> Done:
        try:
            stdout, stderr = process.communicate(timeout=within)
        finally:
            if process.poll() is None:
                process.kill()
        return Done(process.returncode, stdout, stderr, reports)

    def run(self, reports: Path, *arguments: str, backend: str | StubKtrdr) -> Done:
        url = backend if isinstance(backend, str) else backend.url
        return self.end(self.start(self.command(*arguments, backend=url, reports=reports)), reports)
