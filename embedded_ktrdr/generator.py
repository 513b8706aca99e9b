"""Bars made by rule: when each market is open, and a price for every moment.

A bar depends on its moment alone, so any range of a series can be made without the rest of it. Both ends
of a range are included. Bars are made by the week and of
whole numbers, from tables: 115,000 of them have to come within a request.
"""

import calendar
import math
import random
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache, cached_property

from embedded_ktrdr.moments import A_MONDAY, DAY, HOUR, WEEK, moment_of, week_of

Bar = tuple[int, float, float, float, float, float]
"""Moment, open, high, low, close, volume."""

_Places = tuple[int, int, int, int, int, int]
"""The same with the places of the prices in the list of all prices of the instrument."""

Windows = tuple[tuple[int, int], ...]
"""When a market opens and closes, in seconds of a week that begins on Monday."""

STEPS = {
    "1m": 60,
    "5m": 300,
    "15m": 900,
    "30m": 1800,
    "1h": HOUR,
    "2h": 2 * HOUR,
    "4h": 4 * HOUR,
    "1d": DAY,
    "1w": WEEK,
}

_WEEKDAYS = ((0, 5 * DAY),)
_WHOLE_WEEK = ((0, WEEK),)
# From Sunday 22:00 to Friday 22:00.
_FOREX = ((0, 4 * DAY + 22 * HOUR), (6 * DAY + 22 * HOUR, WEEK))
# When New York trades in summer and in winter alike.
_EXCHANGE = tuple((day * DAY + 14 * HOUR + HOUR // 2, day * DAY + 20 * HOUR) for day in range(5))

# Height as a share of the price, period in days, phase: what changes from week to week.
_SWINGS = ((0.06, 1511.0, 0.4), (0.03, 263.0, 1.9), (0.02, 47.0, 0.3))
# Height and how many times in the table of the ripples, which goes by minutes and begins anew after 3.5 days:
# a prime number, so that hours meet all of it too.
_RIPPLES, _RIPPLE_MINUTES = ((0.006, 1), (0.002, 4)), 4999
_NOISE = 0.0008
_WICK_OF_AN_HOUR = 0.0006
_WIDEST = 0.13  # more than all of these together
_WICKS = 1009  # a prime, so that every timeframe meets all of them


@dataclass(frozen=True)
class Instrument:
    """What is traded: its contract, its price and how many digits it is quoted with."""

    symbol: str
    price: float
    digits: int
    head: datetime
    asset_type: str = "CASH"
    exchange: str = "IDEALPRO"
    currency: str = "USD"

    @property
    def is_stock(self) -> bool:
        """Whether it is traded at an exchange, with holidays."""
        return self.asset_type == "STK"

    @cached_property
    def prices(self) -> list[float]:
        """Every price that it can have, the lowest first."""
        lowest, highest = (round(self.whole * (1 + swing)) for swing in (-_WIDEST, _WIDEST))
        return [price / self._units for price in range(lowest, highest + 1)]

    @cached_property
    def texts(self) -> list[str]:
        """The same as they are written."""
        return list(map(repr, self.prices))

    @cached_property
    def whole(self) -> int:
        """The price in units of its last digit."""
        return round(self.price * self._units)

    def level(self, moment: int) -> int:
        """The slow part of the price, as a place in `prices`."""
        swings = (height * math.sin(speed * moment + phase) for height, speed, phase in self._swings)
        return round(self.whole * (_WIDEST + sum(swings)))

    @cached_property
    def ripples(self) -> list[int]:
        """The quick part of the price, in units, by minutes."""
        chance, turn = random.Random(self.symbol), math.tau / _RIPPLE_MINUTES
        waves = (
            sum(height * math.sin(times * turn * minute) for height, times in _RIPPLES)
            for minute in range(_RIPPLE_MINUTES)
        )
        return [round(self.whole * (wave + _NOISE * (chance.random() - 0.5))) for wave in waves]

    @property
    def _units(self) -> int:
        return int(10**self.digits)

    @cached_property
    def _swings(self) -> list[tuple[float, float, float]]:
        shift = sum(self.symbol.encode())
        return [(height, math.tau / (days * DAY), phase + shift) for height, days, phase in _SWINGS]


_LONG_AGO = datetime(2005, 3, 14, tzinfo=UTC)

INSTRUMENTS = {
    each.symbol: each
    for each in (
        Instrument("EURUSD", 1.12, 5, _LONG_AGO),
        Instrument("GBPUSD", 1.34, 5, _LONG_AGO),
        Instrument("USDJPY", 118.0, 3, _LONG_AGO, currency="JPY"),
        Instrument("AUDUSD", 0.71, 5, _LONG_AGO),
        Instrument("AAPL", 180.0, 2, datetime(1980, 12, 12, tzinfo=UTC), "STK", "NASDAQ"),
        Instrument("MSFT", 320.0, 2, datetime(1986, 3, 13, tzinfo=UTC), "STK", "NASDAQ"),
    )
}


@dataclass(frozen=True)
class GeneratedSeries:
    """All bars of an instrument and a timeframe from `first` to `last`, made when asked for."""

    instrument: Instrument
    timeframe: str
    first: int
    last: int

    @classmethod
    def between(cls, symbol: str, timeframe: str, first: int, last: int) -> "GeneratedSeries | None":
        """The bars of a range that need not begin or end with a bar; None if there are none."""
        rough = cls(INSTRUMENTS[symbol], timeframe, first, last)
        if not len(rough):
            return None
        # No market is closed for longer than a week.
        start = next(rough.bars(first, last))[0]
        *_, end = rough.bars(max(start, last - WEEK), last)
        return cls(rough.instrument, timeframe, start, end[0])

    def __len__(self) -> int:
        return self.count(self.first, self.last)

    def count(self, first: int, last: int) -> int:
        """Number of bars from `first` to `last`, without making them."""
        first, last = max(first, self.first), min(last, self.last)
        if first > last:
            return 0
        holidays = [(max(first, day), min(last, day + DAY - 1)) for day in self._holidays(first, last)]
        opened, *closed = (
            self._before(end + 1) - self._before(begin) for begin, end in [(first, last), *holidays]
        )
        return opened - sum(closed)

    def bars(self, first: int, last: int) -> Iterator[Bar]:
        """The bars from `first` to `last`."""
        prices = self.instrument.prices
        for moment, opening, high, low, close, volume in self._range(first, last):
            yield moment, prices[opening], prices[high], prices[low], prices[close], float(volume)

    def rows(self, first: int, last: int) -> tuple[list[int], list[str]]:
        """The moments of the same bars, and their numbers as JSON."""
        texts, bars = self.instrument.texts, list(self._range(first, last))
        return [bar[0] for bar in bars], [
            f"{texts[opening]},{texts[high]},{texts[low]},{texts[close]},{volume}.0"
            for _, opening, high, low, close, volume in bars
        ]

    def _range(self, first: int, last: int) -> Iterator[_Places]:
        first, last = max(first, self.first), min(last, self.last)
        for week in range(week_of(first), last + 1, WEEK):
            bars = self._week(week)
            if week < first or week + WEEK > last:
                bars = [bar for bar in bars if first <= bar[0] <= last]
            yield from bars

    def _week(self, week: int) -> list[_Places]:
        """The bars of the week that begins at `week`."""
        level, ripples = self.instrument.level(week), self.instrument.ripples
        rise = self.instrument.level(week + WEEK) - level
        begins, ends = _offsets(self._windows, STEPS[self.timeframe])
        minute, step = week // 60, STEPS[self.timeframe]
        prices = {
            at: level + rise * at // WEEK + ripples[(minute + at // 60) % _RIPPLE_MINUTES] for at in ends
        }
        holidays = set(self._holidays(week, week + WEEK - 1))
        if holidays:
            begins = [each for each in begins if (week + each) // DAY * DAY not in holidays]
        wicks = _wicks(self.instrument.whole, step)
        bars = []
        for begin in begins:
            opening, close = prices[begin], prices[begin + step]
            up, down, volume = wicks[(minute + begin // 60) % _WICKS]
            if opening > close:
                high, low = opening + up, close - down
            else:
                high, low = close + up, opening - down
            bars.append((week + begin, opening, high, low, close, volume))
        return bars

    @property
    def _windows(self) -> Windows:
        if self.timeframe == "1w":
            return _WHOLE_WEEK
        if self.timeframe == "1d":
            return _WEEKDAYS
        return _EXCHANGE if self.instrument.is_stock else _FOREX

    def _before(self, moment: int) -> int:
        """Bars before `moment` and since some moment long ago, holidays included."""
        offsets, _ = _offsets(self._windows, STEPS[self.timeframe])
        weeks, rest = divmod(moment - A_MONDAY, WEEK)
        return weeks * len(offsets) + bisect_left(offsets, rest)

    def _holidays(self, first: int, last: int) -> list[int]:
        """The days from `first` to `last` on which the exchange stays closed."""
        if not self.instrument.is_stock or self.timeframe == "1w":
            return []
        years = range(moment_of(first).year, moment_of(last).year + 1)
        return [day for year in years for day in _exchange_holidays(year) if first - DAY < day <= last]


@cache
def _offsets(windows: Windows, step: int) -> tuple[list[int], list[int]]:
    """When bars begin, in seconds of a week, and when they begin or end."""
    begins = [each for window in windows for each in range(*window, step)]
    return begins, sorted({*begins, *(each + step for each in begins)})


@cache
def _wicks(price: int, step: int) -> list[tuple[int, int, int]]:
    """How far bars reach beyond their opening and close, up and down, and their volumes."""
    chance, longest = random.Random(step), round(price * _WICK_OF_AN_HOUR * math.sqrt(step / HOUR))
    return [
        (chance.randint(0, longest), chance.randint(0, longest), 500 + chance.randint(0, 4000) * step // HOUR)
        for _ in range(_WICKS)
    ]


@cache
def _exchange_holidays(year: int) -> list[int]:
    """Weekdays on which New York does not trade (Good Friday is left out)."""
    # Month, weekday and which one of it: Luther King, Presidents, Memorial (the last), Labor, Thanksgiving.
    movable = ((1, 0, 3), (2, 0, 3), (5, 0, -1), (9, 0, 1), (11, 3, 4))
    days = [date(year, *fixed) for fixed in ((1, 1), (6, 19), (7, 4), (12, 25))]
    for month, weekday, which in movable:
        first = date(year, month, 1)
        length = calendar.monthrange(year, month)[1]
        same = [each for each in range(1, length + 1) if (first.weekday() + each - 1) % 7 == weekday]
        days.append(first + timedelta(days=same[which - 1 if which > 0 else which] - 1))
    return [calendar.timegm(day.timetuple()) for day in days if day.weekday() < 5]
