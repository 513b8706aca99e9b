"""What can go wrong, by who has to act on it.

A refused criterion is an AssertionError; everything else that stops a scenario is one of these.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Category(StrEnum):
    """Who has to act on a failure."""

    ENVIRONMENT = "ENVIRONMENT"
    CONFIGURATION = "CONFIGURATION"
    CODE_BUG = "CODE_BUG"
    TEST_ISSUE = "TEST_ISSUE"

    @property
    def next_action(self) -> str:
        """What to do next, in one sentence."""
        return _NEXT_ACTION[self]


_NEXT_ACTION = {
    Category.ENVIRONMENT: "Bring the named service up, then run the same command again.",
    Category.CONFIGURATION: "Correct the named configuration (strategy, data, calibration), then run again.",
    Category.CODE_BUG: "Fix KTRDR where the failing step points; the attached exchanges show its answers.",
    Category.TEST_ISSUE: "Fix the suite itself: the scenario did not get as far as judging KTRDR.",
}


@dataclass(frozen=True)
class Mismatch:
    """What was expected and what was there instead; `states` are the times and states seen on the way."""

    expected: str
    actual: str
    states: tuple[tuple[float, str], ...] = ()


class Refuted(AssertionError):
    """A claim about KTRDR that does not hold; with the mismatch where one is known."""

    def __init__(self, message: str = "", mismatch: Mismatch | None = None) -> None:
        super().__init__(*([message] if message else []))
        self.mismatch = mismatch


class BadInput(Exception):
    """A setting, path or selection that cannot be used; the message is one sentence for the user."""


class EnvironmentFault(Exception):
    """The target cannot be judged: a service is gone, unreachable or not KTRDR. `cure` is what to do."""

    def __init__(
        self, message: str = "", *, mismatch: Mismatch | None = None, cause: str = "", cure: str = ""
    ) -> None:
        super().__init__(*([message] if message else []))
        self.mismatch = mismatch
        self.cause, self.cure = cause, cure


class CannotSwitch(EnvironmentFault):
    """What a scenario wants to do to a service cannot be done: nothing is known of how KTRDR bears it."""


class ConfigurationFault(Refuted):
    """The target works but on configuration or data that makes its result worthless. `cure` is what to do."""

    def __init__(
        self, message: str = "", *, mismatch: Mismatch | None = None, cause: str = "", cure: str = ""
    ) -> None:
        super().__init__(message, mismatch)
        self.cause, self.cure = cause, cure


class RunAborted(Exception):
    """The user or the system asked the run to end."""


def category_of(exception: BaseException | None) -> Category:
    """Return who has to act on `exception`; without one (a hook, an undefined step) it is the suite."""
    if isinstance(exception, ConfigurationFault):
        return Category.CONFIGURATION
    if isinstance(exception, AssertionError):
        return Category.CODE_BUG
    if isinstance(exception, EnvironmentFault):
        return Category.ENVIRONMENT
    return Category.TEST_ISSUE
