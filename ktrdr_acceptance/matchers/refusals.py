"""Matchers for what a refusal says."""

from __future__ import annotations

import re
from collections.abc import Callable

from hamcrest.core.base_matcher import BaseMatcher
from hamcrest.core.description import Description

from ktrdr_acceptance.api.errors import Refusal


class _Says(BaseMatcher[Refusal]):
    def __init__(self, wanted: str, holds: Callable[[Refusal], bool]) -> None:
        self._wanted = wanted
        self._holds = holds

    def _matches(self, item: Refusal) -> bool:
        return self._holds(item)

    def describe_to(self, description: Description) -> None:
        description.append_text(self._wanted)

    def describe_mismatch(self, item: Refusal, mismatch_description: Description) -> None:
        mismatch_description.append_text(f"it said {item}")


def blames_the_request() -> BaseMatcher[Refusal]:
    """Match a refusal that says the request was wrong, not that the service failed."""
    return _Says("a client error", lambda refusal: refusal.is_client_error)


def says_not_found() -> BaseMatcher[Refusal]:
    """Match a refusal that says there is no such thing."""
    return _Says("not found", lambda refusal: refusal.is_not_found)


def says_no_worker_is_free() -> BaseMatcher[Refusal]:
    """Match a refusal that says there is nobody to take the work just now."""
    return _Says("that no worker is free", lambda refusal: refusal.is_no_worker_free)


def says_busy() -> BaseMatcher[Refusal]:
    """Match a refusal of somebody who has no time just now."""
    return _Says("that it is busy just now", lambda refusal: refusal.is_busy)


def names_field(field: str) -> BaseMatcher[Refusal]:
    """Match a refusal that complains about a field, in its list of fields or in its words."""
    # A whole word: a complaint about `symbols` or `model_path` is none about `symbol` or `mode`.
    as_word = re.compile(rf"\b{re.escape(field)}\b")
    return _Says(
        f"a complaint about {field!r}",
        lambda refusal: field in refusal.fields or bool(as_word.search(refusal.message)),
    )
