"""Bars made by rule: when each market is open, and a price for every moment.

A bar depends on its moment alone, so any range of a series can be made without the rest of it. Moments are
whole seconds since 1970, UTC. Both ends of a range are included.
"""

import calendar
import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache, cached_property, lru_cache

Bar = tuple[int, float, float, float, float, float]
"""Moment, open, high, low, close, volume."""

HOUR = 3600
DAY = 24 * HOUR
WEEK = 7 * DAY

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

_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()
_A_MONDAY = 4 * DAY  # 1970-01-05
_WEEKDAYS = ((0, 5 * DAY),)
_WHOLE_WEEK = ((0, WEEK),)
# From Sunday 22:00 to Friday 22:00, in seconds of a week that begins on Monday.
_FOREX = ((0, 4 * DAY + 22 * HOUR), (6 * DAY + 22 * HOUR, WEEK))
# When New York trades in summer and in winter alike.
_EXCHANGE = tuple((day * DAY + 14 * HOUR + HOUR // 2, day * DAY + 20 * HOUR) for day in range(5))

# Height in natural logarithms of the price, period in days, phase.
_SWINGS = ((0.06, 1511.0, 0.4), (0.03, 263.0, 1.9), (0.02, 47.0, 0.3), (0.006, 9.3, 2.2), (0.002, 0.9, 1.0))
_NOISE = 0.0008
_WICK_OF_AN_HOUR = 0.0006


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

    def price_at(self, moment: int) -> float:
        """The price at `moment`; the same for all timeframes."""
        level = _NOISE * (_mix(moment, self._seed) % 1024 / 1024 - 0.5)
        for height, speed, phase in self._waves:
            level += height * math.sin(speed * moment + phase)
        return round(self.price * (1 + level), self.digits)

    @cached_property
    def _seed(self) -> int:
        return int.from_bytes(self.symbol.encode()[:6], "big")

    @cached_property
    def _waves(self) -> list[tuple[float, float, float]]:
        shift = self._seed % 97
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
        start = next(rough._moments(first, last))
        *_, end = rough._moments(max(start, last - WEEK), last)
        return cls(rough.instrument, timeframe, start, end)

    def __len__(self) -> int:
        return self.count(self.first, self.last)

    def count(self, first: int, last: int) -> int:
        """Number of bars from `first` to `last`, without making them."""
        first, last = max(first, self.first), min(last, self.last)
        if first > last:
            return 0
        holidays = self._holidays(first, last)
        closed = sum(self._open(max(first, day), min(last, day + DAY - 1)) for day in holidays)
        return self._open(first, last) - closed

    def bars(self, first: int, last: int) -> Iterator[Bar]:
        """The bars from `first` to `last`."""
        price_at, digits, seed = self.instrument.price_at, self.instrument.digits, self.instrument.price
        step = STEPS[self.timeframe]
        wick = _WICK_OF_AN_HOUR * math.sqrt(step / HOUR) / 1024
        until, close = None, 0.0
        for moment in self._moments(max(first, self.first), min(last, self.last)):
            opening = close if moment == until else price_at(moment)
            until = moment + step
            close = price_at(until)
            chance = _mix(moment, int(seed))
            high = round(max(opening, close) * (1 + wick * (chance & 1023)), digits)
            low = round(min(opening, close) * (1 - wick * (chance >> 10 & 1023)), digits)
            yield moment, opening, high, low, close, float(500 + (chance >> 20) * step // HOUR)

    @property
    def _windows(self) -> tuple[tuple[int, int], ...]:
        if self.timeframe == "1w":
            return _WHOLE_WEEK
        if self.timeframe == "1d":
            return _WEEKDAYS
        return _EXCHANGE if self.instrument.is_stock else _FOREX

    def _moments(self, first: int, last: int) -> Iterator[int]:
        step = STEPS[self.timeframe]
        holidays = set(self._holidays(first, last))
        week = (first - _A_MONDAY) // WEEK * WEEK + _A_MONDAY
        while week <= last:
            for opens, closes in self._windows:
                start = week + opens
                start += max(0, -(-(first - start) // step) * step)
                for moment in range(start, min(week + closes, last + 1), step):
                    if not holidays or moment - moment % DAY not in holidays:
                        yield moment
            week += WEEK

    def _open(self, first: int, last: int) -> int:
        """Bars from `first` to `last`, holidays included."""
        return self._open_before(last + 1) - self._open_before(first)

    def _open_before(self, moment: int) -> int:
        step = STEPS[self.timeframe]
        weeks, rest = divmod(moment - _A_MONDAY, WEEK)
        whole = sum(-(-(closes - opens) // step) for opens, closes in self._windows)
        begun = sum(max(0, -(-(min(rest, closes) - opens) // step)) for opens, closes in self._windows)
        return weeks * whole + begun

    def _holidays(self, first: int, last: int) -> list[int]:
        """The days from `first` to `last` on which the exchange stays closed."""
        if not self.instrument.is_stock or self.timeframe == "1w":
            return []
        years = range(moment_of(first).year, moment_of(last).year + 1)
        return [day for year in years for day in _exchange_holidays(year) if first - DAY < day <= last]


def moment_of(seconds: int) -> datetime:
    """The moment as a datetime, UTC."""
    return datetime.fromtimestamp(seconds, UTC)


def seconds_of(moment: datetime) -> int:
    """The moment in seconds; one without a zone is taken as UTC."""
    days = moment.toordinal() - _EPOCH_ORDINAL
    seconds = days * DAY + moment.hour * HOUR + moment.minute * 60 + moment.second
    # Not converted: a moment of the year 1 or 9999 may have no other zone.
    offset = moment.utcoffset()
    return seconds if offset is None else seconds - int(offset.total_seconds())


def text_of(seconds: int) -> str:
    """The moment as KTRDR writes it in its data answers, without a zone."""
    day, rest = divmod(seconds, DAY)
    return f"{_day_text(day)}T{_time_text(rest)}"


@lru_cache(maxsize=64)
def _day_text(day: int) -> str:
    return date.fromordinal(_EPOCH_ORDINAL + day).isoformat()


@lru_cache(maxsize=DAY // 60)
def _time_text(second: int) -> str:
    return f"{second // HOUR:02}:{second // 60 % 60:02}:{second % 60:02}"


def _mix(moment: int, seed: int) -> int:
    """32 bits that look like chance."""
    bits = (moment + seed) * 0x9E3779B1 & 0xFFFFFFFF
    bits = (bits ^ bits >> 15) * 0x85EBCA6B & 0xFFFFFFFF
    return bits ^ bits >> 13


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
