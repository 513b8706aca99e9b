"""A matcher for lists that should be empty."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hamcrest.core.base_matcher import BaseMatcher
from hamcrest.core.description import Description

_MOST_SHOWN = 5


class Nothing(BaseMatcher[Sequence[Any]]):
    """Matches an empty list; a mismatch shows what stands there, not only how much."""

    def _matches(self, item: Sequence[Any]) -> bool:
        return len(item) == 0

    def describe_to(self, description: Description) -> None:
        """Say what was expected."""
        description.append_text("none")

    def describe_mismatch(self, item: Sequence[Any], mismatch_description: Description) -> None:
        """Say what stands there."""
        shown = "; ".join(str(one) for one in item[:_MOST_SHOWN])
        more = f"; and {len(item) - _MOST_SHOWN} more" if len(item) > _MOST_SHOWN else ""
        mismatch_description.append_text(f"there were {len(item)}: {shown}{more}")


def nothing() -> Nothing:
    """Match an empty list."""
    return Nothing()
