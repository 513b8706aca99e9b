"""What can be wrong with bars."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from ktrdr_acceptance.api.bars import Bars
from ktrdr_acceptance.api.models import ContractBreach
from ktrdr_acceptance.domain.results import is_number

_MOST_FAULTS = 20
# Month and day on which no market is open.
_REST = {(1, 1), (12, 25)}
_STEPS = {
    "5m": timedelta(minutes=5),
    "15m": timedelta(minutes=15),
    "30m": timedelta(minutes=30),
    "1h": timedelta(hours=1),
    "1d": timedelta(days=1),
}


def bar_faults(bars: Bars) -> list[str]:
    """Return what is wrong with bars, at most 20 faults: numbers, prices, order, duplicates, steps."""
    return list(itertools.islice(_faults(bars), _MOST_FAULTS))


def missing_bars(bars: Bars, wanted: Mapping[str, tuple[float, ...]]) -> list[str]:
    """Return which of the `wanted` bars (by ISO time) are not there, or not as they were."""
    there = {moment(text): row for text, row in zip(bars.times, bars.rows, strict=False)}
    lost: list[str] = []
    for text, row in wanted.items():
        at = moment(text)
        if at not in there:
            lost.append(f"{text} is not there")
        elif there[at] != list(row):
            lost.append(f"{text} is {there[at]} instead of {list(row)}")
    return lost


def missing_weekdays(bars: Bars, first: date, last: date) -> list[str]:
    """Return the weekdays from `first` to before `last` without a bar, Christmas and New Year apart.

    The last day is left out: a range that ends with a day ends at its first moment in some generations.
    """
    days = {moment(text).date() for text in bars.times}
    between = (first + timedelta(days=number) for number in range((last - first).days))
    return [
        str(day)
        for day in between
        if day.weekday() < 5 and (day.month, day.day) not in _REST and day not in days
    ]


def outside(bars: Bars, first: str, last: str) -> list[str]:
    """Return the times of bars before the day `first` or after the day `last`."""
    return [text for text in bars.times if not first <= text[:10] <= last]


def moment(text: str) -> datetime:
    """Return an ISO text as a moment; without a zone it is UTC. Raises ContractBreach if it is none."""
    try:
        parsed = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        raise ContractBreach(f"{text!r} is no time") from None
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def _faults(bars: Bars) -> Iterator[str]:
    if not bars.times:
        yield "there are no bars"
    if len(bars.times) != len(bars.rows):
        yield f"there are {len(bars.times)} times but {len(bars.rows)} bars"
    for text, row in zip(bars.times, bars.rows, strict=False):
        if fault := _row_fault(row):
            yield f"{text}: {fault}"
    last: tuple[datetime, str] | None = None
    step = _STEPS.get(bars.timeframe)
    for text in bars.times:
        try:
            now = moment(text)
        except ContractBreach as breach:
            yield str(breach)
            continue
        if last and now == last[0]:
            yield f"{text} stands there twice"
        elif last and now < last[0]:
            yield f"{text} comes after {last[1]}"
        elif last and step and (now - last[0]) % step:
            yield f"{text} is no whole number of steps of {bars.timeframe} after {last[1]}"
        last = now, text


def _row_fault(row: Any) -> str:
    if not isinstance(row, list) or len(row) != 5 or not all(map(is_number, row)):
        return f"{row!r} is not five numbers"
    opening, high, low, close, _volume = row
    if min(row[:4]) <= 0:
        return f"a price of {min(row[:4])}"
    if high < max(opening, close, low):
        return f"its high {high} is below {max(opening, close, low)}"
    if low > min(opening, close):
        return f"its low {low} is above {min(opening, close)}"
    return ""
