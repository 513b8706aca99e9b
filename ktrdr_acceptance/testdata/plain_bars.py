"""A few plain bars for the data folder: enough to see whether they are still there, and as they were."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

HEADER = "date,open,high,low,close,volume"
_STEPS = {"1h": timedelta(hours=1), "1d": timedelta(days=1)}


def plain_lines(timeframe: str, first: date, last: date) -> Iterator[str]:
    """Yield the lines of a file, header first: a bar per step on each weekday from `first` to `last`."""
    yield HEADER
    moment, end = datetime.combine(first, time()), datetime.combine(last, time(23, 59))
    number = 0
    while moment <= end:
        if moment.weekday() < 5:
            # Each has a fifth decimal and a volume of its own: what is cut or exchanged is seen.
            price = 1.10003 + 0.0001 * (number % 50)
            row = (price, price + 0.00051, price - 0.00052, price + 0.00021)
            yield f"{moment:%Y-%m-%dT%H:%M:%SZ},{','.join(f'{value:.5f}' for value in row)},{1000 + number}"
            number += 1
        moment += _STEPS[timeframe]


def with_bad_bar(lines: list[str], place: int) -> list[str]:
    """Return the lines with high and low of the bar at `place` (from 1, without the header) exchanged."""
    spoilt = list(lines)
    day, opening, high, low, *rest = spoilt[place].split(",")
    spoilt[place] = ",".join([day, opening, low, high, *rest])
    return spoilt
