"""Bars of the suite's own making, for the data folder of a real KTRDR.

Each series is a level with slow swings, the same for all timeframes, and a mean-reverting walk of its own.
The swings are wide enough for a zigzag of 3 %: on calmer bars that strategy labels everything alike and every
model collapses (the trap behind the recorded accuracies of 100 %). Prices are of EURUSD's order, times UTC.
File name and columns as KTRDR's loader reads them (ktrdr/data/local_data_loader.py).
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path

from ktrdr_acceptance.faults import BadInput
from ktrdr_acceptance.verdict.json_view import write_atomically

SEED = 20240101
_SYMBOL = "EURUSD"
_PRICE = 1.10
# Amplitude (natural logarithm of the price), period in trading days, phase.
_SWINGS = ((0.022, 41.0, 0.3), (0.022, 83.0, 1.1), (0.025, 420.0, 2.0))
_DAILY_NOISE = 0.0045
_REVERSION_DAYS = 25.0
_WICK = 0.45
_DAILY_VOLUME = 140_000
_EPOCH = datetime(2018, 1, 1)


@dataclass(frozen=True)
class Series:
    """One file of bars: timeframe, bars per trading day, first and last moment."""

    timeframe: str
    per_day: int
    first: datetime
    last: datetime
    is_open: Callable[[datetime], bool]

    @property
    def file_name(self) -> str:
        """Return the name under which KTRDR looks for the series."""
        return f"{_SYMBOL}_{self.timeframe}.csv"

    def moments(self) -> Iterator[datetime]:
        """Yield the start of each bar."""
        step = timedelta(days=1) if self.per_day == 1 else timedelta(days=1) / self.per_day
        for number in count():
            moment = self.first + number * step
            if moment > self.last:
                return
            if self.is_open(moment):
                yield moment


def _is_weekday(moment: datetime) -> bool:
    return moment.weekday() < 5


def _is_forex_week(moment: datetime) -> bool:
    """From Sunday 22:00 to Friday 22:00 UTC."""
    day, hour = moment.weekday(), moment.hour
    return day < 4 or (day == 4 and hour < 22) or (day == 6 and hour >= 22)


SERIES = (
    Series("1d", 1, _EPOCH, datetime(2025, 12, 31), _is_weekday),
    Series("1h", 24, _EPOCH, datetime(2025, 12, 31, 23), _is_forex_week),
    Series("5m", 288, datetime(2022, 12, 1), datetime(2025, 1, 31, 23, 55), _is_forex_week),
)


def write_bars(folder: Path, overwrite: bool = False) -> list[tuple[Path, int]]:
    """Write every series into `folder`; return each file with its number of bars.

    Raises BadInput, before anything is written, if a file is there already and `overwrite` was not asked for.
    """
    paths = [folder / series.file_name for series in SERIES]
    present = [path.name for path in paths if path.exists()]
    if present and not overwrite:
        raise BadInput(
            f"{folder} already holds {', '.join(present)}: "
            "choose another folder, or add --overwrite to lose them."
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return [(path, _write(path, series)) for path, series in zip(paths, SERIES, strict=True)]
    except OSError as problem:
        raise BadInput(f"{folder} cannot be written to ({problem.strerror}).") from None


def _write(path: Path, series: Series) -> int:
    rows = ["date,open,high,low,close,volume", *_rows(series)]
    write_atomically(path, "\n".join(rows) + "\n")
    return len(rows) - 1


def _rows(series: Series) -> Iterator[str]:
    chance = random.Random(f"{SEED} {series.timeframe}")
    sigma = _DAILY_NOISE / math.sqrt(series.per_day)
    keep = 1 - 1 / (_REVERSION_DAYS * series.per_day)
    noise = 0.0
    days_before = (series.first - _EPOCH).days * 5 / 7
    opening = round(math.exp(_level(days_before)), 5)
    for number, moment in enumerate(series.moments(), 1):
        noise = noise * keep + chance.gauss(0, sigma)
        close = round(math.exp(_level(days_before + number / series.per_day) + noise), 5)
        high = max(opening, close) * (1 + _WICK * sigma * abs(chance.gauss(0, 1)))
        low = min(opening, close) * (1 - _WICK * sigma * abs(chance.gauss(0, 1)))
        volume = int(_DAILY_VOLUME / series.per_day * chance.uniform(0.6, 1.4))
        yield f"{moment:%Y-%m-%dT%H:%M:%SZ},{opening:.5f},{high:.5f},{low:.5f},{close:.5f},{volume}"
        opening = close


def _level(day: float) -> float:
    swing = sum(height * math.sin(2 * math.pi * day / period + phase) for height, period, phase in _SWINGS)
    return math.log(_PRICE) + swing
