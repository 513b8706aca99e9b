"""Defects of what a read of cached bars brings."""

import time
from collections.abc import Awaitable, Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

from embedded_ktrdr.backend import data_routes
from embedded_ktrdr.backend.bar_reader import BarReader
from embedded_ktrdr.bars import BarRepository, Series, StoredSeries
from embedded_ktrdr.defects.defect import defect, patch
from embedded_ktrdr.errors import DataError
from embedded_ktrdr.generator import INSTRUMENTS, STEPS, GeneratedSeries
from embedded_ktrdr.moments import DAY, week_of

AREA = "data"
SOUND = "every bar is sound, and none is out of order or listed twice"
AS_MANY = "they are as many as calibrated, give or take 5 %"

MOST_BARS = 100_000
MOST_WEEKS = 940
# What a bar took at S, where 115,906 of them were recorded with 2.2 s.
S_READS_A_BAR_IN_S = 19e-6

Find = Callable[[BarRepository, str, str], Series | None]
Pieces = Callable[..., Iterator[Any]]
Read = Callable[[BarReader, str, str, datetime | None, datetime | None], bytes]
Rows = Callable[[Any, int, int], tuple[list[int], list[str]]]


@defect(
    "long-read-cut",
    "A read of all bars brings the newest 100,000 of them alone, and does not say so",
    ("D1.1", AS_MANY),
    area=AREA,
    severity="blocker",
    behaviour="a read without dates brings every cached bar",
)
def _long_read_cut() -> None:
    @patch(BarReader, "_pieces")
    def pieces(original: Pieces, self: BarReader, *asked: Any) -> Iterator[Any]:
        found = list(original(self, *asked))
        while sum(each.bars for each in found) > MOST_BARS:
            found.pop(0)
        return iter(found)


@defect(
    "weeks-without-room-lost",
    "Weeks for which there is no room among those kept are missing from a long read",
    ("D1.1", "no weekday from 2010-01-01 to 2025-09-01 is without bars"),
    area=AREA,
    severity="blocker",
    behaviour="a read without dates brings every cached bar",
)
def _weeks_without_room_lost() -> None:
    @patch(BarReader, "_pieces")
    def pieces(original: Pieces, self: BarReader, *asked: Any) -> Iterator[Any]:
        return (each for number, each in enumerate(original(self, *asked)) if number < MOST_WEEKS)


@defect(
    "week-joins-doubled",
    "Where two weeks meet, the first bar of the second stands in a read twice",
    ("data-year", SOUND),
    area=AREA,
    behaviour="each bar is listed once",
)
def _week_joins_doubled() -> None:
    @patch(GeneratedSeries, "rows")
    def rows(original: Rows, self: GeneratedSeries, first: int, last: int) -> tuple[list[int], list[str]]:
        return original(self, first, last + (week_of(last + 1) == last + 1))


@defect(
    "week-begins-lost",
    "The bar with which a later week begins is missing from a read",
    ("range-follows-download", "it counts as many bars as can be read"),
    area=AREA,
    behaviour="a read brings every cached bar of its days",
)
def _week_begins_lost() -> None:
    for kind in (GeneratedSeries, StoredSeries):

        @patch(kind, "rows")
        def rows(original: Rows, self: Series, first: int, last: int) -> tuple[list[int], list[str]]:
            return original(self, first + (first > self.first), last)


@defect(
    "daily-bars-a-day-late",
    "Daily bars are told with the day on which they ended",
    ("D1.3", "no weekday from 2010-01-01 to 2025-08-01 is without bars"),
    area=AREA,
    severity="blocker",
    behaviour="a bar is told with the moment at which it begins",
)
def _daily_bars_a_day_late() -> None:
    @patch(GeneratedSeries, "rows")
    def rows(original: Rows, self: GeneratedSeries, first: int, last: int) -> tuple[list[int], list[str]]:
        moments, texts = original(self, first, last)
        late = DAY if self.timeframe == "1d" else 0
        return [each + late for each in moments], texts


@defect(
    "falling-bars-too-low",
    "The high of a bar whose price falls is reckoned from its close",
    ("D1.3", SOUND),
    area=AREA,
    severity="blocker",
    behaviour="the high of a bar is its highest price",
)
def _falling_bars_too_low() -> None:
    def reckoned(text: str) -> str:
        opening, high, low, close, volume = text.split(",")
        if float(close) < float(opening):
            high = repr(round(float(close) + float(high) - float(opening), 5))
        return ",".join((opening, high, low, close, volume))

    @patch(GeneratedSeries, "rows")
    def rows(original: Rows, self: GeneratedSeries, first: int, last: int) -> tuple[list[int], list[str]]:
        moments, texts = original(self, first, last)
        return moments, list(map(reckoned, texts))


@defect(
    "read-includes-the-day-after",
    "A read up to a day brings the first bar of the day after it too",
    ("data-year", "every bar is of the days from 2024-01-01 to 2024-12-31"),
    area=AREA,
    behaviour="a read between two days brings the bars of those days alone",
)
def _read_includes_the_day_after() -> None:
    @patch(BarReader, "_read")
    def read(
        original: Read,
        self: BarReader,
        symbol: str,
        timeframe: str,
        start: datetime | None,
        end: datetime | None,
    ) -> bytes:
        return original(self, symbol, timeframe, start, end and end + timedelta(days=1))


@defect(
    "read-begins-after-its-first-day",
    "A read from a day on leaves that day out",
    ("data-range-respected", "there are at least 96 bars"),
    area=AREA,
    behaviour="a read from a day on brings the bars of that day too",
)
def _read_begins_after_its_first_day() -> None:
    @patch(BarReader, "_read")
    def read(
        original: Read,
        self: BarReader,
        symbol: str,
        timeframe: str,
        start: datetime | None,
        end: datetime | None,
    ) -> bytes:
        return original(self, symbol, timeframe, start and start + timedelta(days=1), end)


@defect(
    "unknown-symbol-invented",
    "A read of an unknown symbol brings the bars of another one",
    ("data-unknown#symbol", "there are none"),
    area=AREA,
    severity="blocker",
    behaviour="of what is not cached there are no bars",
)
def _unknown_symbol_invented() -> None:
    @patch(BarRepository, "series")
    def series(original: Find, self: BarRepository, symbol: str, timeframe: str) -> Series | None:
        found = original(self, symbol, timeframe)
        if found is None and symbol not in INSTRUMENTS:
            return original(self, "EURUSD", timeframe)
        return found


@defect(
    "unknown-timeframe-read-as-daily",
    "A read at an unknown timeframe brings the daily bars",
    ("data-unknown#timeframe", "there are none"),
    area=AREA,
    behaviour="of what is not cached there are no bars",
)
def _unknown_timeframe_read_as_daily() -> None:
    @patch(BarRepository, "series")
    def series(original: Find, self: BarRepository, symbol: str, timeframe: str) -> Series | None:
        return original(self, symbol, timeframe if timeframe in STEPS else "1d")


@defect(
    "unknown-symbol-hides-others",
    "Once a symbol was not found at a timeframe, no other is found there",
    ("data-unknown#symbol", "the hourly bars can still be read"),
    area=AREA,
    severity="blocker",
    behaviour="a read of what is not cached does not affect what is",
)
def _unknown_symbol_hides_others() -> None:
    missing: set[str] = set()

    @patch(BarRepository, "series")
    def series(original: Find, self: BarRepository, symbol: str, timeframe: str) -> Series | None:
        found = None if timeframe in missing else original(self, symbol, timeframe)
        if found is None:
            missing.add(timeframe)
        return found


@defect(
    "bad-read-date-ignored",
    "A read from what is no date brings all bars",
    ("data-bad-date", 'I ask for the bars of "EURUSD" at "1d" from "garbage" on'),
    area=AREA,
    behaviour="a read from what is no date is refused",
)
def _bad_read_date_ignored() -> None:
    @patch(data_routes, "_date")
    def date(original: Callable[[str, str | None], Any], name: str, text: str | None) -> Any:
        try:
            return original(name, text)
        except DataError:
            return None


@defect(
    "bad-read-date-not-named",
    "The refusal of a read from what is no date does not say which date",
    ("data-bad-date", 'the message names the field "start_date"'),
    area=AREA,
    severity="minor",
    behaviour="a refusal names the field that is wrong",
)
def _bad_read_date_not_named() -> None:
    @patch(data_routes, "_date")
    def date(original: Callable[[str, str | None], Any], name: str, text: str | None) -> Any:
        try:
            return original(name, text)
        except DataError as error:
            raise DataError(error.code, "Invalid date format. Use YYYY-MM-DD", {}) from None


@defect(
    "reading-stalls-others",
    "While bars are read, nobody else gets an answer",
    ("data-does-not-stall", "even the slowest answer came within 500 ms"),
    area=AREA,
    behaviour="a long read does not hold up other requests",
    shown_by="S",
)
def _reading_stalls_others() -> None:
    @patch(BarReader, "read")
    async def read(
        _original: Callable[..., Awaitable[bytes]],
        self: BarReader,
        symbol: str,
        timeframe: str,
        start: datetime | None,
        end: datetime | None,
    ) -> bytes:
        # The whole file first, whatever is asked of it, and all of that on the event loop.
        time.sleep(S_READS_A_BAR_IN_S * len(self._repository.series(symbol, timeframe) or ()))
        return self._read(symbol, timeframe, start, end)
