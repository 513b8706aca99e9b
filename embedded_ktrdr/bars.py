"""Which bars the embedded KTRDR holds: a forex calendar that gives the counts of the recordings.

Daily bars exist on weekdays; intraday bars from Sunday 22:00 to Friday 22:00 UTC. Both ends of a range are
included.
"""

from datetime import UTC, datetime, timedelta
from pathlib import Path

Extent = tuple[datetime, datetime]

STEPS = {
    "5m": timedelta(minutes=5),
    "15m": timedelta(minutes=15),
    "30m": timedelta(minutes=30),
    "1h": timedelta(hours=1),
    "1d": timedelta(days=1),
}

_LONG_AGO = datetime(2007, 3, 12)
_HOURLY: Extent = (_LONG_AGO, datetime(2025, 9, 12, 9))
_DAILY: Extent = (_LONG_AGO, datetime(2025, 8, 25))
_RECENT: Extent = (datetime(2022, 12, 30), datetime(2025, 1, 10, 21, 55))

# First and last bar, from recording D1 of generation S.
EXTENTS: dict[tuple[str, str], Extent] = {
    ("EURUSD", "5m"): _RECENT,
    ("EURUSD", "15m"): _RECENT,
    ("EURUSD", "30m"): _RECENT,
    ("EURUSD", "1h"): _HOURLY,
    ("EURUSD", "1d"): _DAILY,
    ("GBPUSD", "1h"): _HOURLY,
    ("GBPUSD", "1d"): _DAILY,
}

_MONDAY = datetime(2000, 1, 3)
_WEEK = timedelta(days=7)
_OPEN_PER_WEEK = timedelta(days=5)
_FRIDAY_CLOSE = timedelta(days=4, hours=22)
_SUNDAY_OPEN = timedelta(days=6, hours=22)


def naive_utc(moment: datetime) -> datetime:
    """The same moment without a zone; a moment without one is taken as UTC."""
    return moment if moment.tzinfo is None else moment.astimezone(UTC).replace(tzinfo=None)


def count_bars(symbol: str, timeframe: str, start: datetime, end: datetime) -> int:
    """Number of bars of `symbol` from `start` to `end`; 0 for what is not held."""
    extent = EXTENTS.get((symbol.upper(), timeframe))
    if extent is None:
        return 0
    first = max(naive_utc(start), extent[0])
    last = min(naive_utc(end), extent[1])
    if first > last:
        return 0
    before = _bars_until if timeframe != "1d" else _days_until
    step = STEPS[timeframe]
    return before(last, step, inclusive=True) - before(first, step, inclusive=False)


def _days_until(moment: datetime, step: timedelta, *, inclusive: bool) -> int:
    """Weekdays whose midnight lies before `moment` (or on it), counted from a fixed Monday."""
    midnights = _ticks(moment - _MONDAY, step, inclusive=inclusive)
    weeks, days = divmod(midnights, 7)
    return weeks * 5 + min(days, 5)


def _bars_until(moment: datetime, step: timedelta, *, inclusive: bool) -> int:
    """Bars that begin before `moment` (or on it) while the market is open, counted from a fixed Monday."""
    weeks, rest = divmod(moment - _MONDAY, _WEEK)
    in_week = _ticks(min(rest, _FRIDAY_CLOSE), step, inclusive=inclusive and rest < _FRIDAY_CLOSE)
    if rest >= _SUNDAY_OPEN:
        in_week += _ticks(rest - _SUNDAY_OPEN, step, inclusive=inclusive)
    return weeks * (_OPEN_PER_WEEK // step) + in_week


def _ticks(span: timedelta, step: timedelta, *, inclusive: bool) -> int:
    """How many multiples of `step` lie in [0, span), or in [0, span] if inclusive."""
    whole, rest = divmod(span, step)
    return whole + (1 if rest or inclusive else 0)


class BarRepository:
    """The bars of one embedded KTRDR, as one process sees them."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir

    def count(self, symbol: str, timeframe: str, start: datetime, end: datetime) -> int:
        """Number of bars of `symbol` from `start` to `end`; 0 for what is not held."""
        return count_bars(symbol, timeframe, start, end)
