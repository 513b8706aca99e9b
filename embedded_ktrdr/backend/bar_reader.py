"""Bars as JSON, made beside the event loop: nobody else waits while 115,000 of them are written."""

import asyncio
import json
import logging
import sys
import threading
from collections import OrderedDict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import NamedTuple

from embedded_ktrdr.bars import BarRepository, Series
from embedded_ktrdr.moments import DAY, WEEK, day_text, seconds_of, text_of, time_text, week_of

# More at once would take the event loop's share of the processor.
THREADS = 2
SWITCH_S = 0.0005
# Series of which the texts of whole weeks are kept, at most 10 MB each.
KEPT = 2

log = logging.getLogger("ktrdr.data.repository.data_repository")


class _Piece(NamedTuple):
    """The bars of a week or of a part of one, as JSON without the outer brackets."""

    bars: int
    first: int
    last: int
    dates: bytes
    rows: bytes


class BarReader:
    """Reads bars for GET /data/{symbol}/{timeframe}."""

    def __init__(self, repository: BarRepository) -> None:
        self._repository = repository
        self._threads = ThreadPoolExecutor(THREADS, "bars")
        # A request waits for the interpreter several times; with the usual 5 ms that adds up.
        sys.setswitchinterval(SWITCH_S)
        self._kept: OrderedDict[tuple[str, str], tuple[Series, dict[int, _Piece]]] = OrderedDict()
        self._keeping = threading.Lock()

    async def read(self, symbol: str, timeframe: str, start: datetime | None, end: datetime | None) -> bytes:
        """The whole answer; without bars of what is not held."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, self._read, symbol, timeframe, start, end)

    def _read(self, symbol: str, timeframe: str, start: datetime | None, end: datetime | None) -> bytes:
        log.info("Loading data from cache: %s %s (start=%s, end=%s)", symbol, timeframe, start, end)
        series = self._repository.series(symbol, timeframe)
        pieces: list[_Piece] = []
        if series is not None:
            first = series.first if start is None else max(series.first, seconds_of(start))
            last = series.last if end is None else min(series.last, seconds_of(end))
            pieces = [each for each in self._pieces((symbol, timeframe), series, first, last) if each.bars]
        metadata: dict[str, object] = {"symbol": symbol, "timeframe": timeframe}
        if not pieces:
            log.warning("No data found in cache for %s %s", symbol, timeframe)
            return _answer(pieces, {**metadata, "start": "", "end": "", "points": 0})
        count = sum(each.bars for each in pieces)
        log.info("Successfully loaded %s rows from cache for %s %s", count, symbol, timeframe)
        metadata["start_date"] = f"{text_of(pieces[0].first)}+00:00"
        metadata["end_date"] = f"{text_of(pieces[-1].last)}+00:00"
        return _answer(pieces, {**metadata, "point_count": count})

    def _pieces(self, name: tuple[str, str], series: Series, first: int, last: int) -> Iterator[_Piece]:
        """The bars of a range that lies within the series, by weeks; whole weeks are made only once."""
        with self._keeping:
            if name not in self._kept or self._kept[name][0] != series:
                self._kept[name] = (series, {})
            self._kept.move_to_end(name)
            if len(self._kept) > KEPT:
                self._kept.popitem(last=False)
            kept = self._kept[name][1]
        for week in range(week_of(first), last + 1, WEEK):
            begin, end = max(week, series.first), min(week + WEEK - 1, series.last)
            if first <= begin and end <= last:
                if week not in kept:
                    kept[week] = _piece(*series.rows(begin, end))
                yield kept[week]
            else:
                yield _piece(*series.rows(max(begin, first), min(end, last)))


def _piece(moments: list[int], rows: list[str]) -> _Piece:
    # Not json.dumps: it tells the digits of every number anew, and keeps everybody waiting meanwhile.
    dates = '","'.join([f"{day_text(each // DAY)}T{time_text(each % DAY)}" for each in moments])
    first, last = (moments[0], moments[-1]) if moments else (0, 0)
    return _Piece(len(moments), first, last, dates.encode(), "],[".join(rows).encode())


def _answer(pieces: list[_Piece], metadata: dict[str, object]) -> bytes:
    dates = b'","'.join(each.dates for each in pieces)
    rows = b"],[".join(each.rows for each in pieces)
    head, middle, tail = (b'["', b'"],"ohlcv":[[', b"]]") if pieces else (b"[", b'],"ohlcv":[', b"]")
    about = json.dumps(metadata, separators=(",", ":")).encode()
    end = tail + b',"points":null,"metadata":' + about + b'},"error":null}'
    return b"".join((b'{"success":true,"data":{"dates":', head, dates, middle, rows, end))
