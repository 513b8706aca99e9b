"""The bars of an embedded KTRDR: CSV files in its data folder, and where there is none, generated ones."""

import errno
import logging
import os
import re
import threading
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import cache
from itertools import pairwise
from pathlib import Path

from embedded_ktrdr.generator import Bar, GeneratedSeries
from embedded_ktrdr.moments import seconds_of, text_of

Extent = tuple[datetime, datetime]

_LONG_AGO = datetime(2007, 3, 12)
_HOURLY: Extent = (_LONG_AGO, datetime(2025, 9, 12, 9))
_DAILY: Extent = (_LONG_AGO, datetime(2025, 8, 25))
_RECENT: Extent = (datetime(2022, 12, 30), datetime(2025, 1, 10, 21, 55))

# First and last bar, from recording D1 of generation S; the stock is our own.
EXTENTS: dict[tuple[str, str], Extent] = {
    ("EURUSD", "5m"): _RECENT,
    ("EURUSD", "15m"): _RECENT,
    ("EURUSD", "30m"): _RECENT,
    ("EURUSD", "1h"): _HOURLY,
    ("EURUSD", "1d"): _DAILY,
    ("GBPUSD", "1h"): _HOURLY,
    ("GBPUSD", "1d"): _DAILY,
    ("MSFT", "1h"): _HOURLY,
    ("MSFT", "1d"): _DAILY,
}

HEADER = "date,open,high,low,close,volume"
_FILE_NAME = re.compile(r"([A-Za-z0-9.-]{1,20})_([0-9]+[mhdwM])")

log = logging.getLogger("ktrdr.data.repository.data_repository")
loader_log = logging.getLogger("ktrdr.data.local_data_loader")


class StoredSeries:
    """Bars read from a file, kept in compact form; empty ones do not exist."""

    def __init__(self, bars: Iterable[Bar]) -> None:
        self._moments = array("q")
        self._values = array("d")
        for moment, *values in bars:
            self._moments.append(moment)
            self._values.extend(values)

    def __len__(self) -> int:
        return len(self._moments)

    @property
    def first(self) -> int:
        """The moment of the first bar."""
        return self._moments[0]

    @property
    def last(self) -> int:
        """The moment of the last bar."""
        return self._moments[-1]

    def count(self, first: int, last: int) -> int:
        """Number of bars in a range."""
        return max(0, bisect_right(self._moments, last) - bisect_left(self._moments, first))

    def bars(self, first: int, last: int) -> Iterator[Bar]:
        """The bars of a range."""
        for index in range(bisect_left(self._moments, first), bisect_right(self._moments, last)):
            opening, high, low, close, volume = self._values[index * 5 : index * 5 + 5]
            yield self._moments[index], opening, high, low, close, volume

    def rows(self, first: int, last: int) -> tuple[list[int], list[str]]:
        """The moments of the same bars, and their numbers as JSON."""
        bars = list(self.bars(first, last))
        return [bar[0] for bar in bars], [",".join(map(repr, bar[1:])) for bar in bars]


Series = GeneratedSeries | StoredSeries
"""Bars of one symbol and timeframe in the order of time; moments are seconds."""


class BarRepository:
    """All bars, as one process sees them; may be used by several threads."""

    def __init__(self, data_dir: Path, limit: int | None = None) -> None:
        self.data_dir = data_dir
        self._limit = limit
        self._stored: dict[Path, tuple[object, Series | None]] = {}
        self._reading, self._saving = threading.Lock(), threading.Lock()

    def available(self) -> dict[str, list[str]]:
        """Symbol -> its timeframes, both sorted as text, as KTRDR sorts its files."""
        keys = set(EXTENTS)
        for path in self.data_dir.glob("*.csv"):
            name = _FILE_NAME.fullmatch(path.stem)
            if name is not None and self.series(name[1], name[2]) is not None:
                keys.add((name[1], name[2]))
        return {
            symbol: sorted(timeframe for each, timeframe in keys if each == symbol)
            for symbol in sorted({symbol for symbol, _ in keys})
        }

    def series(self, symbol: str, timeframe: str) -> Series | None:
        """What is held of `symbol`; a file wins over the generator."""
        if not _FILE_NAME.fullmatch(f"{symbol}_{timeframe}"):
            return None
        stored = self._read(self._path(symbol, timeframe))
        if stored is not None:
            return stored
        return _generated(symbol, timeframe)

    def count(self, symbol: str, timeframe: str, start: datetime, end: datetime) -> int:
        """Number of bars of `symbol` from `start` to `end`; 0 for what is not held."""
        series = self.series(symbol.upper(), timeframe)
        return 0 if series is None else series.count(seconds_of(start), seconds_of(end))

    def bars(self, symbol: str, timeframe: str, start: datetime, end: datetime) -> Iterator[Bar]:
        """The bars of `symbol` from `start` to `end`; none of what is not held."""
        series = self.series(symbol.upper(), timeframe)
        return iter(()) if series is None else series.bars(seconds_of(start), seconds_of(end))

    def save(self, symbol: str, timeframe: str, bars: Iterable[Bar]) -> int:
        """Add `bars` to what is held and write all of it; the number of bars there are then."""
        with self._saving:
            held = self.series(symbol, timeframe)
            merged = {} if held is None else {bar[0]: bar for bar in held.bars(held.first, held.last)}
            merged.update((bar[0], bar) for bar in bars if is_consistent(bar))
            path = self._path(symbol, timeframe)
            log.info("Saving %s rows to cache: %s %s", len(merged), symbol, timeframe)
            lines = [
                f"{text_of(moment)}Z,{','.join(map(repr, merged[moment][1:]))}\n" for moment in sorted(merged)
            ]
            self._write(path, f"{HEADER}\n{''.join(lines)}".encode())
            log.info("Successfully saved data to cache: %s", path)
            return len(merged)

    def _write(self, path: Path, content: bytes) -> None:
        """The whole file or, if that cannot be, the old one; OSError if it cannot."""
        beside = path.with_suffix(".new")
        try:
            held = sum(each.stat().st_size for each in self.data_dir.rglob("*") if each.is_file())
            if self._limit is not None and held + len(content) > self._limit:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
            beside.write_bytes(content)
            os.replace(beside, path)
        except OSError:
            beside.unlink(missing_ok=True)
            raise

    def _path(self, symbol: str, timeframe: str) -> Path:
        return self.data_dir / f"{symbol}_{timeframe}.csv"

    def _read(self, path: Path) -> Series | None:
        """The bars of a file, read again when it has changed; None without file or without bars."""
        with self._reading:
            try:
                state = path.stat()
                version = (state.st_ino, state.st_mtime_ns, state.st_size)
                known = self._stored.get(path)
                if known is None or known[0] != version:
                    series = StoredSeries(_bars_in(path))
                    known = self._stored[path] = (version, series if len(series) else None)
            except OSError:
                self._stored.pop(path, None)
                return None
            return known[1]


@cache
def _generated(symbol: str, timeframe: str) -> GeneratedSeries | None:
    extent = EXTENTS.get((symbol, timeframe))
    return extent and GeneratedSeries.between(symbol, timeframe, *map(seconds_of, extent))


def is_consistent(bar: Bar) -> bool:
    """Whether prices are positive and the high and the low are what they are called."""
    _, opening, high, low, close, volume = bar
    # Written so that a value that is no number fails too.
    return 0 < low <= min(opening, close) and max(opening, close) <= high < float("inf") and volume == volume


def _bars_in(path: Path) -> list[Bar]:
    """The consistent bars of a file, each moment once; one that is not is left out, with a warning."""
    found: list[Bar] = []
    with path.open(encoding="utf-8", errors="replace") as file:
        for number, line in enumerate(file, start=1):
            bar = _bar_of(line)
            if bar is not None and is_consistent(bar):
                found.append(bar)
            elif line.strip() and number > 1:
                loader_log.warning("Left out inconsistent row %s of %s: %s", number, path.name, line.strip())
    if all(before[0] < after[0] for before, after in pairwise(found)):
        return found
    return sorted({bar[0]: bar for bar in found}.values())


def _bar_of(line: str) -> Bar | None:
    try:
        day, opening, high, low, close, volume = line.strip().split(",")[:6]
        moment = seconds_of(datetime.fromisoformat(day.removesuffix("Z")))
        return moment, float(opening), float(high), float(low), float(close), float(volume)
    except ValueError:
        return None
