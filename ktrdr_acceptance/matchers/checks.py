"""Assertions that say subject, expected and actual, and count that something was checked."""

from __future__ import annotations

from typing import Any

from hamcrest.core.core.isequal import equal_to
from hamcrest.core.matcher import Matcher
from hamcrest.core.string_description import StringDescription

from ktrdr_acceptance.faults import Mismatch, Refuted
from ktrdr_acceptance.operations.waiting import Waiter


class Checker:
    """Checks on behalf of one scenario; one that checked nothing is not met."""

    def __init__(self, waiter: Waiter) -> None:
        self._waiter = waiter

    def that(self, subject: str, actual: Any, expected: Any, hint: str = "") -> None:
        """Raise Refuted unless `actual` matches `expected` (a matcher, or a value to equal)."""
        self._waiter.checks += 1
        matcher: Matcher[Any] = expected if isinstance(expected, Matcher) else equal_to(expected)
        mismatch = StringDescription()
        if matcher.matches(actual, mismatch):
            return
        wanted = StringDescription().append_description_of(matcher)
        instead = str(mismatch).removeprefix("but ")
        raise Refuted(
            f"{subject}: expected {wanted}, but {instead}" + (f"\n{hint}" if hint else ""),
            Mismatch(f"{subject}: {wanted}", instead + (f"\n{hint}" if hint else "")),
        )
