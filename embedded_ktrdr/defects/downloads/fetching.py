"""Defects of what a download fetches, and of what it says of that."""

from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import HTTPException

from embedded_ktrdr.backend import downloads
from embedded_ktrdr.backend.downloads import DataLoadRequest, Download, DownloadError, Downloads
from embedded_ktrdr.backend.gaps import LONGEST, DownloadMode, Span
from embedded_ktrdr.bars import Series
from embedded_ktrdr.defects.defect import defect, patch
from embedded_ktrdr.generator import Bar
from embedded_ktrdr.hosts.gateway_link import GatewayLink
from embedded_ktrdr.moments import DAY, WEEK
from embedded_ktrdr.operations import OperationInfo

AREA = "downloads"
SMALL, KEEPS, NO_MODE, UNKNOWN = "D3.1", "download-keeps-cached-bars", "download-without-mode", "D4.1"
WITHOUT_GAPS = "download-without-gaps"

Run = Callable[[Download], Awaitable[dict[str, Any]]]
FetchAll = Callable[[Download, list[Span]], Awaitable[None]]
Start = Callable[..., OperationInfo]


@defect(
    "zero-rows-called-success",
    "A download that could read none of the bars that came completes with none",
    (SMALL, "its result counts the calibrated number of bars, give or take 5 %"),
    area=AREA,
    severity="blocker",
    behaviour="a download that brought nothing has failed",
)
def _zero_rows_called_success() -> None:
    @patch(Download, "_fetch")
    async def fetch(
        original: Callable[[Download, Span], Awaitable[list[Bar]]], self: Download, segment: Span
    ) -> list[Bar]:
        # Their times have another form than the one expected, so each row is skipped.
        await original(self, segment)
        return []

    _count_failures_alone()


@defect(
    "unknown-symbol-download-completes",
    "A download of an unknown symbol completes with no bars",
    (UNKNOWN, "it fails within 30 seconds"),
    area=AREA,
    severity="blocker",
    behaviour="a download of an unknown symbol fails",
)
def _unknown_symbol_download_completes() -> None:
    @patch(Download, "_validate")
    async def validate(original: Callable[[Download], Awaitable[int | None]], self: Download) -> int | None:
        try:
            return await original(self)
        except DownloadError:
            return None

    _count_failures_alone()


@defect(
    "unknown-symbol-not-named",
    "The reason of a download of an unknown symbol does not name the symbol",
    (UNKNOWN, 'the backend states a reason that names "INVALID_SYM_XYZ"'),
    area=AREA,
    severity="minor",
    behaviour="the reason names the symbol that is not known",
)
def _unknown_symbol_not_named() -> None:
    @patch(Download, "_validate")
    async def validate(original: Callable[[Download], Awaitable[int | None]], self: Download) -> int | None:
        try:
            return await original(self)
        except DownloadError:
            raise DownloadError("Symbol validation failed") from None


@defect(
    "result-in-words-of-ib",
    "The result of a download names its timeframe as IB spells it",
    (SMALL, "its result is of the symbol and the timeframe that were asked for"),
    area=AREA,
    severity="minor",
    behaviour="a result names the symbol and the timeframe that were asked for",
)
def _result_in_words_of_ib() -> None:
    spelt = {"1h": "1 hour", "1d": "1 day"}

    @patch(Download, "run")
    async def run(original: Run, self: Download) -> dict[str, Any]:
        result = await original(self)
        return result | {"timeframe": spelt.get(result["timeframe"], result["timeframe"])}


@defect(
    "last-piece-not-fetched",
    "The last piece of a long download is left out if it is shorter than the others",
    (WITHOUT_GAPS, "no weekday from 2024-01-02 to 2024-12-31 is without bars"),
    area=AREA,
    severity="blocker",
    behaviour="a download fetches the whole range that was asked for",
)
def _last_piece_not_fetched() -> None:
    @patch(downloads, "split")
    def split(
        original: Callable[..., list[Span]], gaps: list[Span], timeframe: str, mode: DownloadMode
    ) -> list[Span]:
        pieces = original(gaps, timeframe, mode)
        whole = [each for each in pieces if each[1] - each[0] == LONGEST[timeframe] * DAY]
        return whole or pieces


@defect(
    "piece-asked-in-whole-weeks",
    "A piece of 30 days is asked of IB as four weeks",
    (WITHOUT_GAPS, "they are as many as calibrated, give or take 5 %"),
    area=AREA,
    severity="blocker",
    behaviour="a download fetches the whole range that was asked for",
    shown_by="S",
)
def _piece_asked_in_whole_weeks() -> None:
    @patch(GatewayLink, "bars")
    async def bars(
        original: Callable[..., Awaitable[Any]],
        self: GatewayLink,
        symbol: str,
        timeframe: str,
        first: int,
        last: int,
        caller: Any,
    ) -> Any:
        weeks = (last - first) // WEEK
        return await original(self, symbol, timeframe, last - weeks * WEEK if weeks else first, last, caller)


@defect(
    "download-begins-a-day-late",
    "A download leaves out the first day that was asked for",
    (KEEPS, "no weekday from 2024-03-04 to 2024-03-08 is without bars"),
    area=AREA,
    behaviour="a download fetches the whole range that was asked for",
)
def _download_begins_a_day_late() -> None:
    @patch(Download, "_wanted")
    def wanted(original: Callable[[Download, int | None], Span], self: Download, head: int | None) -> Span:
        start, end = original(self, head)
        return (start, end) if self.order.start_date is None else (start + DAY, end)


@defect(
    "download-ends-a-day-early",
    "A download leaves out the last day that was asked for",
    (KEEPS, "there are at least 216 bars"),
    area=AREA,
    behaviour="a download fetches the whole range that was asked for",
)
def _download_ends_a_day_early() -> None:
    @patch(Download, "_wanted")
    def wanted(original: Callable[[Download, int | None], Span], self: Download, head: int | None) -> Span:
        start, end = original(self, head)
        return start, max(start, end - DAY)


@defect(
    "result-counts-all-that-is-cached",
    "The result of a download counts the bars that were cached before as well",
    (KEEPS, "its result counts as many bars as it added"),
    area=AREA,
    severity="minor",
    behaviour="a result counts the bars that were downloaded",
)
def _result_counts_all_that_is_cached() -> None:
    @patch(Download, "run")
    async def run(original: Run, self: Download) -> dict[str, Any]:
        result = await original(self)
        held = self.repository.series(self.order.symbol, self.order.timeframe)
        return result | ({"rows_downloaded": len(held)} if held and result["rows_downloaded"] else {})


@defect(
    "downloads-share-their-bars",
    "What a download has fetched goes to the file of another one that runs at the same time",
    ("downloads-told-apart", "they are as many as calibrated, give or take 5 %"),
    area=AREA,
    severity="blocker",
    behaviour="downloads do not affect each other",
)
def _downloads_share_their_bars() -> None:
    shared: dict[int, Bar] = {}

    @patch(Download, "__init__")
    def init(original: Callable[..., None], self: Download, *arguments: Any) -> None:
        original(self, *arguments)
        self.bars = shared


@defect(
    "cached-bars-fetched-again",
    "A download fetches from IB what is cached already",
    ("download-cache-hit", "its result says that nothing had to be fetched"),
    area=AREA,
    behaviour="what is cached is not fetched again",
)
def _cached_bars_fetched_again() -> None:
    @patch(downloads, "find_gaps")
    def find_gaps(_original: object, _held: Series | None, *asked: Any) -> list[Span]:
        wanted: Span = asked[2]
        return [wanted]


@defect(
    "download-without-mode-refused",
    "A download without a mode is answered as a failure of the service",
    (NO_MODE, "I start a small download without a mode"),
    area=AREA,
    behaviour="a download without a mode takes the newest bars",
    shown_by="S",
)
def _download_without_mode_refused() -> None:
    @patch(Downloads, "start")
    def start(
        original: Start, self: Downloads, order: DataLoadRequest, *, retry: bool = False
    ) -> OperationInfo:
        if "mode" not in order.model_fields_set:
            reason = "Invalid mode: local. Must be 'tail', 'backfill', or 'full'"
            raise HTTPException(500, f"Data acquisition failed: {reason}")
        return original(self, order, retry=retry)


@defect(
    "download-without-mode-takes-all",
    "A download without a mode is carried out in mode full",
    (NO_MODE, 'its result says the mode "tail"'),
    area=AREA,
    behaviour="a download without a mode takes the newest bars",
)
def _download_without_mode_takes_all() -> None:
    @patch(Downloads, "start")
    def start(
        original: Start, self: Downloads, order: DataLoadRequest, *, retry: bool = False
    ) -> OperationInfo:
        if "mode" not in order.model_fields_set:
            order = order.model_copy(update={"mode": "full"})
        return original(self, order, retry=retry)


@defect(
    "download-mode-ignored",
    "A download is carried out in mode tail, whatever mode was asked for",
    ("download-mode#backfill", 'its result says the mode "backfill"'),
    ("download-mode#full", 'its result says the mode "full"'),
    area=AREA,
    behaviour="a download is carried out in the mode that was asked for",
)
def _download_mode_ignored() -> None:
    @patch(Downloads, "start")
    def start(
        original: Start, self: Downloads, order: DataLoadRequest, *, retry: bool = False
    ) -> OperationInfo:
        return original(self, order.model_copy(update={"mode": "tail"}), retry=retry)


def _count_failures_alone() -> None:
    """A piece that brought nothing is no reason to fail, nor are all of them."""

    @patch(Download, "_fetch_all")
    async def fetch_all(original: FetchAll, self: Download, segments: list[Span]) -> None:
        try:
            await original(self, segments)
        except DownloadError:
            if self.bars:
                raise
