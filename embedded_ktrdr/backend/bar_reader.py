"""Bars as JSON, made beside the event loop: nobody else waits while 115,000 of them are written."""

import asyncio
import json
import logging
import sys
import threading
import time
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from itertools import islice

from embedded_ktrdr.bars import BarRepository, Series
from embedded_ktrdr.generator import seconds_of, text_of

# More at once would take the event loop's share of the processor.
THREADS = 2
# Bars that are held one by one, before they are text.
PIECE = 2000
SWITCH_S = 0.0005
# Whole series of which the text is kept, about 8 MB each.
KEPT = 2

log = logging.getLogger("ktrdr.data.repository.data_repository")
loader_log = logging.getLogger("ktrdr.data.local_data_loader")


class BarReader:
    """Reads bars for GET /data/{symbol}/{timeframe}."""

    def __init__(self, repository: BarRepository) -> None:
        self._repository = repository
        self._threads = ThreadPoolExecutor(THREADS, "bars")
        # A request waits for the interpreter several times; with the usual 5 ms that adds up.
        sys.setswitchinterval(SWITCH_S)
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[str, str], tuple[Series, bytes, int]] = OrderedDict()

    async def read(
        self, symbol: str, timeframe: str, start: datetime | None, end: datetime | None
    ) -> tuple[bytes, int]:
        """The whole answer and the number of bars in it; none of what is not held."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, self._read, symbol, timeframe, start, end)

    def _read(
        self, symbol: str, timeframe: str, start: datetime | None, end: datetime | None
    ) -> tuple[bytes, int]:
        log.info("Loading data from cache: %s %s (start=%s, end=%s)", symbol, timeframe, start, end)
        loader_log.info("Started load of price data")
        path = f"{self._repository.data_dir}/{symbol}_{timeframe}.csv"
        loader_log.info("Loading data for %s (%s) from %s", symbol, timeframe, path)
        began = time.perf_counter()
        series = self._repository.series(symbol, timeframe)
        body, count = b"", 0
        if series is not None:
            first = series.first if start is None else seconds_of(start)
            last = series.last if end is None else seconds_of(end)
            if first <= series.first and last >= series.last:
                body, count = self._whole(symbol, timeframe, series)
            else:
                body, count = _json(symbol, timeframe, series, first, last)
        if not count:
            log.warning("No data found in cache for %s %s", symbol, timeframe)
            nothing = {"symbol": symbol, "timeframe": timeframe, "start": "", "end": "", "points": 0}
            return _answer("[]", "[]", nothing), 0
        spent_s = time.perf_counter() - began
        loader_log.info("Completed load of price data in %.3fs (%s items)", spent_s, count)
        log.info("Successfully loaded %s rows from cache for %s %s", count, symbol, timeframe)
        return body, count

    def _whole(self, symbol: str, timeframe: str, series: Series) -> tuple[bytes, int]:
        with self._lock:
            kept = self._kept.get((symbol, timeframe))
            if kept is None or kept[0] != series:
                body, count = _json(symbol, timeframe, series, series.first, series.last)
                kept = self._kept[symbol, timeframe] = (series, body, count)
            self._kept.move_to_end((symbol, timeframe))
            if len(self._kept) > KEPT:
                self._kept.popitem(last=False)
            return kept[1:]


def _json(symbol: str, timeframe: str, series: Series, first: int, last: int) -> tuple[bytes, int]:
    # Not json.dumps: one call for everything would hold the interpreter for half a second.
    bars = series.bars(first, last)
    dates: list[str] = []
    rows: list[str] = []
    count = 0
    while piece := list(islice(bars, PIECE)):
        dates.append('","'.join(text_of(bar[0]) for bar in piece))
        rows.append("],[".join(",".join(map(repr, bar[1:])) for bar in piece))
        count += len(piece)
        newest = piece[-1][0]
    if not count:
        return b"", 0
    metadata = {
        "symbol": symbol,
        "timeframe": timeframe,
        "start_date": f"{dates[0].partition(chr(34))[0]}+00:00",
        "end_date": f"{text_of(newest)}+00:00",
        "point_count": count,
    }
    return _answer('["' + '","'.join(dates) + '"]', "[[" + "],[".join(rows) + "]]", metadata), count


def _answer(dates: str, ohlcv: str, metadata: dict[str, object]) -> bytes:
    about = json.dumps(metadata, separators=(",", ":"))
    head = f'{{"success":true,"data":{{"dates":{dates},"ohlcv":{ohlcv},"points":null,'
    return f'{head}"metadata":{about}}},"error":null}}'.encode()
