"""A specimen: a small project with a trap in it, run as the suite runs and with stock behave."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from run.project import PYPROJECT, Done, Project

from .stock import StockOutputs

Kind = tuple[str, str | None]
MET: Kind = ("met", None)
REFUSED: Kind = ("not met", "CODE_BUG")
BROKEN: Kind = ("not met", "TEST_ISSUE")
FLAKY: Kind = ("flaky", "CODE_BUG")
NOT_RUN: Kind = ("not run", None)

# The hooks of the suite around those of the specimen: one that raises keeps the suite's from running.
ENVIRONMENT = """
import suite
import traps

def nested(name):
    hooks = [getattr(module, name) for module in (suite, traps) if hasattr(module, name)]
    if name.startswith("after"):
        hooks.reverse()

    def hook(*arguments):
        for each in hooks:
            each(*arguments)

    return hook if hooks else None

for moment in ("before", "after"):
    for what in ("all", "feature", "rule", "scenario", "step", "tag"):
        if hook := nested(f"{moment}_{what}"):
            globals()[f"{moment}_{what}"] = hook
"""
OURS = """
from ktrdr_acceptance import parameter_types
from ktrdr_acceptance.hooks import *

parameter_types.register()
"""
# What the sentences need, where there is no world.
STOCK = """
from hamcrest import assert_that

class Check:
    def that(self, subject, value, matcher):
        assert_that(value, matcher, subject)

class Trainings:
    def start(self, purpose):
        pass

class World:
    check = Check()
    trainings = Trainings()

def before_all(context):
    context.world = World()
"""
STEPS = """
from behave import given, then, when
from hamcrest import equal_to

@given("something")
def something(context):
    pass

@when("a training is started")
def training_started(context):
    context.world.trainings.start("long")

@then("one is one")
def one_is_one(context):
    context.world.check.that("one", 1, equal_to(1))

@then("one is two")
def one_is_two(context):
    context.world.check.that("one", 1, equal_to(2))

@then("the step breaks")
def step_breaks(context):
    raise KeyError("broken step")
"""
_STOCK_FORMATTERS = ("-f", "allure_behave.formatter:AllureFormatter", "-o", "allure")


@dataclass(frozen=True)
class Specimen:
    """A project with a trap, and what is right to say of its run."""

    name: str
    # Which traps of the toolchain it holds.
    traps: str
    # File below `features/` -> its text; a text alone is one feature.
    features: dict[str, str] | str
    # The run's verdict; "refused" for bad input.
    verdict: str
    # Scenario id -> what it is, and a part of the reason.
    right: dict[str, tuple[Kind, str]] = field(default_factory=dict)
    # A part of the last line.
    said: str = ""
    hooks: str = ""
    steps: str = ""
    arguments: tuple[str, ...] = ()
    # A run before this one, into the same folder.
    before: tuple[str, ...] | None = None
    # Only for ours: settings that stock behave has no word for.
    settings: tuple[str, ...] = ()
    # Only for stock behave: keys of its configuration.
    stock_settings: str = ""
    stock_hooks: str = ""
    files: dict[str, str] = field(default_factory=dict)


class SpecimenProject(Project):
    """A specimen in a folder, with the suite's hooks or with none but its own."""

    def __init__(self, folder: Path, specimen: Specimen, *, stock: bool) -> None:
        self.folder = folder
        self.specimen = specimen
        features = specimen.features
        texts = {"one.feature": features} if isinstance(features, str) else features
        files = {
            "environment.py": ENVIRONMENT,
            "suite.py": STOCK if stock else OURS,
            "traps.py": specimen.hooks + (specimen.stock_hooks if stock else ""),
            "steps/sentences.py": STEPS,
            "pyproject.toml": f"[tool.behave]\n{specimen.stock_settings}" if stock else PYPROJECT,
            **({"steps/more.py": specimen.steps} if specimen.steps else {}),
            **{f"features/{name}": text for name, text in texts.items()},
            **specimen.files,
        }
        for name, text in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")

    def run_ours(self, backend: str, log: Path) -> Done:
        """Run it as the suite runs, with the log of the backend if it asks for that."""
        reports = self.folder / "reports"
        if self.specimen.before is not None:
            self.run(reports, *self.specimen.before, backend=backend)
        settings = [setting.format(log=log) for setting in self.specimen.settings]
        return self.run(reports, *settings, *self.specimen.arguments, backend=backend)

    def run_stock(self) -> StockOutputs:
        """Run it with behave, allure-behave and behave's own JUnit."""
        runs = [self.specimen.arguments]
        if self.specimen.before is not None:
            runs.insert(0, self.specimen.before)
        for arguments in runs:
            done = self.end(self._start_stock(arguments), self.folder)
        return StockOutputs(self.folder, done.status)

    def _start_stock(self, arguments: tuple[str, ...]) -> subprocess.Popen[str]:
        junit = ("--junit", "--junit-directory", "junit")
        return self.start([sys.executable, "-m", "behave", *_STOCK_FORMATTERS, *junit, *arguments])
