"""Bars of the suite's own making, for the data folder of a real KTRDR.

Each series is a level with slow swings, the same for all timeframes, and a mean-reverting walk of its own.
The swings are wide enough for a zigzag of 3 %: on calmer bars that strategy labels everything alike and every
model collapses (the trap behind the recorded accuracies of 100 %). Prices are of the order of the real ones,
times UTC. File name and columns as KTRDR's loader reads them (ktrdr/data/local_data_loader.py).
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count

from ktrdr_acceptance.testdata.markets import (
    is_exchange_day,
    is_exchange_hour,
    is_forex_day,
    is_forex_hour,
    trading_days_since,
)

SEED = 20240101
# Amplitude (natural logarithm of the price), period in trading days, phase.
_SWINGS = ((0.022, 41.0, 0.3), (0.022, 83.0, 1.1), (0.025, 420.0, 2.0))
_REVERSION_DAYS = 25.0
_WICK = 0.45
_EPOCH = datetime(2018, 1, 1)


@dataclass(frozen=True)
class Instrument:
    """What is traded: its price level and how far it moves in a day."""

    symbol: str
    price: float
    decimals: int
    daily_noise: float
    daily_volume: int
    # How much wider than EURUSD it swings.
    swing: float = 1.0

    def level(self, moment: datetime) -> float:
        """Return the logarithm of the price about which it is traded at `moment`."""
        day = trading_days_since(_EPOCH, moment)
        swings = (height * math.sin(2 * math.pi * day / period + phase) for height, period, phase in _SWINGS)
        return math.log(self.price) + self.swing * sum(swings)


@dataclass(frozen=True)
class Series:
    """One file of bars: of what, how far apart, how many a day, first and last moment."""

    instrument: Instrument
    timeframe: str
    step: timedelta
    per_day: int
    first: datetime
    last: datetime
    is_open: Callable[[datetime], bool]

    @property
    def name(self) -> str:
        """Return what KTRDR calls the series."""
        return f"{self.instrument.symbol}_{self.timeframe}"

    @property
    def file_name(self) -> str:
        """Return the name under which KTRDR looks for the series."""
        return f"{self.name}.csv"

    def moments(self) -> Iterator[datetime]:
        """Yield the start of each bar."""
        for number in count():
            moment = self.first + number * self.step
            if moment > self.last:
                return
            if self.is_open(moment):
                yield moment

    def text(self) -> str:
        """Return the content of the file; the same every time."""
        return "\n".join(["date,open,high,low,close,volume", *self._rows()]) + "\n"

    def _rows(self) -> Iterator[str]:
        traded, decimals = self.instrument, self.instrument.decimals
        chance = random.Random(f"{SEED} {self.name}")
        sigma = traded.daily_noise / math.sqrt(self.per_day)
        keep = 1 - 1 / (_REVERSION_DAYS * self.per_day)
        noise = 0.0
        opening = round(math.exp(traded.level(self.first)), decimals)
        for moment in self.moments():
            noise = noise * keep + chance.gauss(0, sigma)
            close = round(math.exp(traded.level(moment + self.step) + noise), decimals)
            high = max(opening, close) * (1 + _WICK * sigma * abs(chance.gauss(0, 1)))
            low = min(opening, close) * (1 - _WICK * sigma * abs(chance.gauss(0, 1)))
            volume = int(traded.daily_volume / self.per_day * chance.uniform(0.6, 1.4))
            prices = ",".join(f"{price:.{decimals}f}" for price in (opening, high, low, close))
            yield f"{moment:%Y-%m-%dT%H:%M:%SZ},{prices},{volume}"
            opening = close


_EURUSD = Instrument("EURUSD", 1.10, 5, daily_noise=0.0045, daily_volume=140_000)
_MSFT = Instrument("MSFT", 300.0, 2, daily_noise=0.011, daily_volume=24_000_000, swing=1.6)
_DAY, _HOUR, _FIVE_MINUTES = timedelta(days=1), timedelta(hours=1), timedelta(minutes=5)
# As far back as the team's own cache; hourly bars of stocks begin with the opening of the exchange.
_FIRST, _FIRST_OPENING = datetime(2007, 3, 12), datetime(2007, 3, 12, 13, 30)
_LAST, _LAST_HOUR = datetime(2025, 9, 12), datetime(2025, 9, 12, 21, 59)

SERIES = (
    Series(_EURUSD, "1d", _DAY, 1, _FIRST, _LAST, is_forex_day),
    Series(_EURUSD, "1h", _HOUR, 24, _FIRST, _LAST_HOUR, is_forex_hour),
    Series(
        _EURUSD,
        "5m",
        _FIVE_MINUTES,
        288,
        datetime(2022, 12, 1),
        datetime(2025, 1, 31, 21, 55),
        is_forex_hour,
    ),
    Series(_MSFT, "1d", _DAY, 1, _FIRST, _LAST, is_exchange_day),
    Series(_MSFT, "1h", _HOUR, 7, _FIRST_OPENING, _LAST_HOUR, is_exchange_hour),
)
