"""The kinds of values that sentences hold."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Any, TypeVar

from behave import register_type

from ktrdr_acceptance.domain.bad_requests import FLAWS, WAYS
from ktrdr_acceptance.domain.logs import PLACES
from ktrdr_acceptance.domain.operation_list import DEEDS, FILTERS_PATTERN, LISTED, Listed, read_filters
from ktrdr_acceptance.evidence.log_lines import LINES
from ktrdr_acceptance.operations.operation import Kind
from ktrdr_acceptance.target.base import BACKEND, IB_GATEWAY, IB_HOST, Nonsense

# How services are spoken of.
SERVICES = {"the backend": BACKEND, "the IB host": IB_HOST, "the IB gateway": IB_GATEWAY}
# What something that listens in the place of a service answers.
NONSENSE: dict[str, Nonsense] = {
    "a huge body": "huge",
    "a malformed body": "malformed",
    "an endless body": "endless",
    "a redirect": "redirected",
}
_UNITS = {"ms": 0.001, "s": 1.0, "second": 1.0, "seconds": 1.0, "min": 60.0, "minute": 60.0, "minutes": 60.0}
_NUMBER = r"\d+(?:\.\d+)?"


F = TypeVar("F", bound=Callable[[str], Any])


def _typed(pattern: str) -> Callable[[F], F]:
    """Give a converter the pattern that behave's parser looks for in sentences."""

    def mark(function: F) -> F:
        function.pattern = pattern  # type: ignore[attr-defined]
        return function

    return mark


@_typed(rf"{_NUMBER}(?:\s*(?:{'|'.join(sorted(_UNITS, key=len, reverse=True))})\b)?")
def parse_duration(text: str) -> float:
    """Return seconds: `5`, `5.0`, `5 s`, `500 ms` and `2 minutes` all work; a bare number is seconds."""
    found = re.fullmatch(rf"({_NUMBER})\s*([a-z]*)", text.strip())
    if not found or (found[2] and found[2] not in _UNITS):
        raise ValueError(f"{text!r} is not a duration such as '5 s', '500 ms' or '2 minutes'")
    return float(found[1]) * _UNITS[found[2] or "s"]


@_typed(r"\d{4}-\d\d-\d\d")
def parse_date(text: str) -> date:
    """Return a day such as `2024-12-31`."""
    return date.fromisoformat(text)


@_typed(rf"{_NUMBER}\s*%?")
def parse_percent(text: str) -> float:
    """Return a percentage from 0 to 100: `40 %`, `40%` and `40` all work."""
    value = float(text.rstrip("% "))
    if value > 100:
        raise ValueError(f"{text!r} is more than 100 %")
    return value


@_typed(r"\d[\d,_]*|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve")
def parse_count(text: str) -> int:
    """Return a whole number: `10`, `115,000` and `ten` all work."""
    words = (
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "ten",
        "eleven",
        "twelve",
    )
    return words.index(text) + 1 if text in words else int(re.sub(r"[,_]", "", text))


@_typed(r"[a-z0-9][a-z0-9-]*")
def parse_purpose(text: str) -> str:
    """Return the purpose of an operation or a read; what it asks for stands in the calibration."""
    return text


@_typed("|".join(Kind))
def parse_kind(text: str) -> Kind:
    """Return the kind of an operation: training, backtest or download."""
    return Kind(text)


@_typed("|".join(SERVICES))
def parse_service(text: str) -> str:
    """Return the name of a service that is spoken of as `the IB host`."""
    return SERVICES[text]


@_typed("|".join(NONSENSE))
def parse_nonsense(text: str) -> Nonsense:
    """Return which kind of nonsense is answered."""
    return NONSENSE[text]


@_typed("|".join(PLACES))
def parse_log_place(text: str) -> str:
    """Return whose log is spoken of."""
    return text


@_typed("|".join(LINES))
def parse_log_line(text: str) -> str:
    """Return what a log can say about an operation."""
    return text


@_typed("|".join(sorted(WAYS, key=len, reverse=True)))
def parse_way(text: str) -> str:
    """Return one of the ways to ask for work."""
    return text


@_typed("|".join(sorted(FLAWS, key=len, reverse=True)))
def parse_flaw(text: str) -> str:
    """Return one of the things that can be wrong with a field of a request."""
    return text


@_typed("|".join(DEEDS))
def parse_deed(text: str) -> str:
    """Return one of the things that can be done with an operation."""
    return text


@_typed("|".join(sorted(LISTED, key=len, reverse=True)))
def parse_listed(text: str) -> tuple[Listed, ...]:
    """Return what every operation of a list should be."""
    return LISTED[text]


@_typed(rf"(?:{FILTERS_PATTERN})(?: and (?:{FILTERS_PATTERN}))*")
def parse_filters(text: str) -> dict[str, str]:
    """Return the query that filters of the operations list stand for."""
    return read_filters(text)


def register() -> None:
    """Register the types with behave; before any step module is loaded."""
    register_type(
        Duration=parse_duration,
        Date=parse_date,
        Percent=parse_percent,
        Count=parse_count,
        Purpose=parse_purpose,
        Kind=parse_kind,
        Service=parse_service,
        Nonsense=parse_nonsense,
        LogPlace=parse_log_place,
        LogLine=parse_log_line,
        Way=parse_way,
        Flaw=parse_flaw,
        Deed=parse_deed,
        Listed=parse_listed,
        Filters=parse_filters,
    )
