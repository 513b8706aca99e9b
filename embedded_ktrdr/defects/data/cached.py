"""Defects of the bars in the data folder, and of what is told about them."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

from fastapi import HTTPException

from embedded_ktrdr import bars
from embedded_ktrdr.backend import app, data_routes
from embedded_ktrdr.backend.bar_reader import BarReader
from embedded_ktrdr.bars import BarRepository, Series
from embedded_ktrdr.defects.defect import defect, patch
from embedded_ktrdr.defects.routes import patch_route
from embedded_ktrdr.errors import DataError
from embedded_ktrdr.generator import INSTRUMENTS, STEPS, Bar
from embedded_ktrdr.moments import HOUR

AREA = "data"
BAD_BAR, RANGE, FOLLOWS = "data-bad-bar", "D1.2", "range-follows-download"
IS_RANGE_OF_BARS = "it is the range of the bars that can be read"
STILL_THERE = "all those cached before are still there"

# What a bar took at S, where the range of 115,906 of them was recorded with 0.5 s.
S_COUNTS_A_BAR_IN_S = 4.5e-6

Answer = dict[str, Any]
Ask = Callable[..., Awaitable[Answer]]
InFile = Callable[[Path], list[Bar]]


def _first_bad(path: Path) -> int | None:
    """The moment of the first inconsistent bar of a file."""
    found = map(bars._bar_of, path.read_text("utf-8").splitlines())
    return next((bar[0] for bar in found if bar is not None and not bars.is_consistent(bar)), None)


@defect(
    "bad-bar-refuses-the-read",
    "One inconsistent bar makes the whole series unreadable",
    (BAD_BAR, 'I read the bars of "NZDUSD" at "1d"'),
    area=AREA,
    behaviour="one inconsistent bar does not hide the others",
    shown_by="S",
)
def _bad_bar_refuses_the_read() -> None:
    @patch(bars, "_bars_in")
    def in_file(original: InFile, path: Path) -> list[Bar]:
        if _first_bad(path) is not None:
            raise DataError("DATA-LoadError", "Failed to get cached data", {"file": path.name})
        return original(path)


@defect(
    "bad-bar-ends-the-read",
    "Of a file with an inconsistent bar nothing is read that comes after it",
    (BAD_BAR, STILL_THERE),
    area=AREA,
    severity="blocker",
    behaviour="one inconsistent bar does not hide the others",
)
def _bad_bar_ends_the_read() -> None:
    @patch(bars, "_bars_in")
    def in_file(original: InFile, path: Path) -> list[Bar]:
        bad = _first_bad(path)
        return [bar for bar in original(path) if bad is None or bar[0] < bad]


@defect(
    "bad-bar-served",
    "An inconsistent bar is given out like any other",
    (BAD_BAR, "every bar is sound, and none is out of order or listed twice"),
    area=AREA,
    behaviour="bars are checked when they are read",
)
def _bad_bar_served() -> None:
    @patch(bars, "is_consistent")
    def is_consistent(_original: object, _bar: Bar) -> bool:
        return True


@defect(
    "week-kept-though-changed",
    "A week that was read before it was complete is given out as it was then",
    (FOLLOWS, IS_RANGE_OF_BARS),
    area=AREA,
    severity="blocker",
    behaviour="a read brings what is cached now",
)
def _week_kept_though_changed() -> None:
    @patch(BarReader, "_pieces")
    def pieces(
        original: Callable[..., Iterator[Any]],
        self: BarReader,
        name: tuple[str, str],
        series: Series,
        first: int,
        last: int,
    ) -> Iterator[Any]:
        if name in self._kept:
            self._kept[name] = (series, self._kept[name][1])
        return original(self, name, series, first, last)


@defect(
    "week-of-another-symbol",
    "A week that was read of one symbol is given out as that of another one",
    ("symbols-told-apart", STILL_THERE),
    area=AREA,
    severity="blocker",
    behaviour="a read brings the bars of the symbol that was asked for",
)
def _week_of_another_symbol() -> None:
    @patch(BarReader, "_pieces")
    def pieces(
        original: Callable[..., Iterator[Any]],
        self: BarReader,
        name: tuple[str, str],
        series: Series,
        *days: int,
    ) -> Iterator[Any]:
        # Kept by the timeframe alone.
        found = (weeks for (_, timeframe), (_, weeks) in self._kept.items() if timeframe == name[1])
        self._kept[name] = (series, next(found, {}))
        return original(self, name, series, *days)


@defect(
    "range-in-local-time",
    "The range of cached bars is told in another time zone than it says",
    (RANGE, IS_RANGE_OF_BARS),
    area=AREA,
    behaviour="the range of bars is from the first to the last of them",
)
def _range_in_local_time() -> None:
    @patch(data_routes, "text_of")
    def text_of(original: Callable[[int], str], seconds: int) -> str:
        return original(seconds + HOUR)


@defect(
    "range-exchanged",
    "The range of cached bars is told with begin and end exchanged",
    (RANGE, "it begins before it ends"),
    area=AREA,
    behaviour="the range of bars is from the first to the last of them",
)
def _range_exchanged() -> None:
    @patch_route(app, "data_router", "/data/range", "POST")
    async def told(original: Ask, *asked: Any, **named: Any) -> Answer:
        answer = await original(*asked, **named)
        told = answer["data"]
        told["start_date"], told["end_date"] = told["end_date"], told["start_date"]
        return answer


@defect(
    "range-reads-every-bar",
    "The range of cached bars is told only after all of them have been read",
    (RANGE, "the answer came within 100 ms"),
    area=AREA,
    severity="minor",
    behaviour="the range of bars is told at once",
    shown_by="S",
)
def _range_reads_every_bar() -> None:
    @patch_route(app, "data_router", "/data/range", "POST")
    async def told(original: Ask, *asked: Any, **named: Any) -> Answer:
        answer = await original(*asked, **named)
        await asyncio.sleep(S_COUNTS_A_BAR_IN_S * answer["data"]["point_count"])
        return answer


@defect(
    "range-remembered",
    "The range of cached bars stays as it was when it was first asked for",
    (FOLLOWS, IS_RANGE_OF_BARS),
    area=AREA,
    behaviour="the range follows the bars that are cached",
)
def _range_remembered() -> None:
    told_before: dict[tuple[str, str], Answer] = {}

    @patch_route(app, "data_router", "/data/range", "POST")
    async def told(original: Ask, *asked: Any, **named: Any) -> Answer:
        answer = await original(*asked, **named)
        return told_before.setdefault((answer["data"]["symbol"], answer["data"]["timeframe"]), answer)


@defect(
    "unknown-range-is-bad-request",
    "To ask for the range of what is not cached is called a bad request",
    ("data-range-unknown", "it is reported as not found"),
    area=AREA,
    severity="minor",
    behaviour="what is not cached is reported as not found",
)
def _unknown_range_is_bad_request() -> None:
    @patch_route(app, "data_router", "/data/range", "POST")
    async def told(original: Ask, *asked: Any, **named: Any) -> Answer:
        try:
            return await original(*asked, **named)
        except HTTPException as error:
            raise HTTPException(400, error.detail) from None


@defect(
    "inventory-of-one-timeframe",
    "The inventory holds only the last timeframe of each symbol",
    ("D1.4", 'the inventory holds "EURUSD" at "1h"'),
    area=AREA,
    behaviour="the inventory holds each symbol with all its timeframes",
)
def _inventory_of_one_timeframe() -> None:
    @patch(BarRepository, "available")
    def available(
        original: Callable[[BarRepository], dict[str, list[str]]], self: BarRepository
    ) -> dict[str, list[str]]:
        return {symbol: timeframes[-1:] for symbol, timeframes in original(self).items()}


@defect(
    "inventory-counts-files",
    "The inventory counts files as symbols",
    ("D1.4", "it counts as many symbols as it lists"),
    area=AREA,
    severity="minor",
    behaviour="the inventory counts the symbols that it lists",
)
def _inventory_counts_files() -> None:
    @patch(data_routes, "_info")
    def info(original: Callable[[BarRepository], Answer], repository: BarRepository) -> Answer:
        files = sum(map(len, repository.available().values()))
        return original(repository) | {"total_symbols": files}


@defect(
    "inventory-remembered",
    "The inventory stays as it was when it was first asked for",
    ("inventory-follows-download", 'the inventory holds "AAPL" at "1d"'),
    area=AREA,
    behaviour="the inventory holds what is cached now",
)
def _inventory_remembered() -> None:
    told_before: list[Answer] = []

    @patch(data_routes, "_info")
    def info(original: Callable[[BarRepository], Answer], repository: BarRepository) -> Answer:
        told_before.append(original(repository))
        return told_before[0]


@defect(
    "inventory-of-what-ib-has",
    "The inventory holds what could be downloaded as if it were cached",
    ("inventory-follows-download", 'the inventory does not hold "AAPL" at "1d"'),
    area=AREA,
    behaviour="the inventory holds what is cached now",
)
def _inventory_of_what_ib_has() -> None:
    @patch(BarRepository, "available")
    def available(
        original: Callable[[BarRepository], dict[str, list[str]]], self: BarRepository
    ) -> dict[str, list[str]]:
        return dict.fromkeys(INSTRUMENTS, sorted(STEPS)) | original(self)
