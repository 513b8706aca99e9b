"""Which bars a download has to fetch, and in which pieces (ktrdr/data/acquisition at S)."""

from datetime import timedelta
from itertools import pairwise
from typing import Literal

from embedded_ktrdr.bars import Series
from embedded_ktrdr.generator import INSTRUMENTS, STEPS, GeneratedSeries
from embedded_ktrdr.moments import DAY

Span = tuple[int, int]
"""First and last moment, in seconds."""

# The longest span that IB gives at once.
LONGEST = {
    "1m": 1, "5m": 7, "15m": 14, "30m": 30, "1h": 30, "2h": 60, "4h": 120, "1d": 365, "1w": 730, "1M": 3650,
}  # fmt: skip

TAIL_DEFAULT = timedelta(days=30)


DownloadMode = Literal["tail", "backfill", "full"]
"""What a download without a start fetches, and in which order."""


def find_gaps(
    held: Series | None, symbol: str, timeframe: str, wanted: Span, mode: DownloadMode
) -> list[Span]:
    """The spans of `wanted` in which a bar is missing; inside what is held only in mode tail, as at S."""
    first, last = wanted
    moments = [] if held is None else [bar[0] for bar in held.bars(first, last)]
    if not moments:
        return [wanted]
    edges = [(first - 1, moments[0]), (moments[-1], last + 1)]
    step = STEPS.get(timeframe, DAY)
    if mode == "tail":
        edges[1:1] = [(before, after) for before, after in pairwise(moments) if after - before > step]
    return [
        (max(before, first), min(after, last))
        for before, after in edges
        if _expected(symbol, timeframe, before + 1, after - 1)
    ]


def split(gaps: list[Span], timeframe: str, mode: DownloadMode) -> list[Span]:
    """Pieces that IB gives at once: the newest first in mode tail, else the oldest."""
    longest = LONGEST[timeframe] * DAY
    pieces = [
        (start, min(start + longest, last))
        for first, last in gaps
        for start in range(first, max(last, first + 1), longest)
    ]
    return sorted(pieces, reverse=mode == "tail")


def _expected(symbol: str, timeframe: str, first: int, last: int) -> bool:
    """Whether the market was open for a bar between two moments."""
    instrument = INSTRUMENTS.get(symbol)
    if instrument is None or timeframe not in STEPS:
        return first <= last
    return GeneratedSeries(instrument, timeframe, first, last).count(first, last) > 0
