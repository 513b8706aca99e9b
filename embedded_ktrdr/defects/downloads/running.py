"""Defects of how a download goes on and ends, and of what it leaves in the cache."""

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import Any

from embedded_ktrdr import bars
from embedded_ktrdr.backend import operations as backend_operations
from embedded_ktrdr.backend.download_progress import PERCENT, DownloadProgress
from embedded_ktrdr.backend.downloads import Download
from embedded_ktrdr.bars import BarRepository, Series
from embedded_ktrdr.defects.defect import defect, patch
from embedded_ktrdr.generator import Bar
from embedded_ktrdr.operations import OperationInfo, OperationType

AREA = "downloads"
SMALL, LONG, LOGGED = "D3.1", "D3.2", "D3.3"
KEEPS = "download-keeps-cached-bars"
STILL_THERE = "all those cached before are still there"
FETCHING = 5  # the step in which the bars come, and
SAVING = 6  # that in which they are saved
LATE_S = 30.0

Within = Callable[[DownloadProgress, int, int, str, int], None]


@defect(
    "download-not-saved",
    "A download completes, and its bars are not in the cache",
    (SMALL, "they are as many as calibrated, give or take 5 %"),
    (LOGGED, "the log of the backend shows that its bars were saved"),
    area=AREA,
    severity="blocker",
    behaviour="the bars of a completed download are in the cache",
)
def _download_not_saved() -> None:
    @patch(Download, "_save")
    async def save(_original: object, _self: Download) -> None:
        pass


@defect(
    "download-completes-before-it-is-saved",
    "A download completes long before its bars are in the cache",
    (SMALL, "they are as many as calibrated, give or take 5 %"),
    area=AREA,
    behaviour="the bars of a completed download are in the cache",
)
def _download_completes_before_it_is_saved() -> None:
    saving: set[asyncio.Task[None]] = set()

    @patch(Download, "_save")
    async def save(original: Callable[[Download], Awaitable[None]], self: Download) -> None:
        async def later() -> None:
            await asyncio.sleep(LATE_S / self.pace.speed)
            await original(self)

        saving.add(asyncio.create_task(later()))


@defect(
    "saving-not-logged",
    "The log says nothing of the bars that are saved",
    (LOGGED, "the log of the backend shows that its bars were saved"),
    area=AREA,
    severity="minor",
    behaviour="the log shows which bars were saved",
)
def _saving_not_logged() -> None:
    bars.log.setLevel(logging.WARNING)


@defect(
    "download-erases-cached-bars",
    "A download erases cached bars outside the range it was asked for",
    (KEEPS, STILL_THERE),
    area=AREA,
    severity="blocker",
    behaviour="a download adds to what is cached",
    shown_by="S",
)
def _download_erases_cached_bars() -> None:
    @patch(BarRepository, "save")
    def save(
        original: Callable[..., int], self: BarRepository, symbol: str, timeframe: str, new: Iterable[Bar]
    ) -> int:
        self._path(symbol, timeframe).unlink(missing_ok=True)
        return original(self, symbol, timeframe, new)


@defect(
    "saved-prices-cut",
    "Bars are saved with four decimals",
    (KEEPS, STILL_THERE),
    area=AREA,
    severity="blocker",
    behaviour="a cached bar keeps its prices",
)
def _saved_prices_cut() -> None:
    @patch(BarRepository, "_write")
    def write(
        original: Callable[[BarRepository, Path, bytes], None],
        self: BarRepository,
        path: Path,
        content: bytes,
    ) -> None:
        original(self, path, re.sub(rb"([.][0-9]{4})[0-9]+", rb"\1", content))


@defect(
    "file-read-once",
    "A file of bars that was read once is not read again when it has changed",
    (KEEPS, "no weekday from 2024-03-04 to 2024-03-08 is without bars"),
    area=AREA,
    severity="blocker",
    behaviour="a read brings what is cached now",
)
def _file_read_once() -> None:
    @patch(BarRepository, "_read")
    def read(
        original: Callable[[BarRepository, Path], Series | None], self: BarRepository, path: Path
    ) -> Series | None:
        known = self._stored.get(path)
        return known[1] if known is not None and path.exists() else original(self, path)


@defect(
    "download-shown-in-steps-alone",
    "A download shows nothing of its pieces: it stands at 30 % until all of them have come",
    (LONG, "I have seen at least 5 different percentages"),
    area=AREA,
    behaviour="the percentage of a download follows its pieces",
)
def _download_shown_in_steps_alone() -> None:
    @patch(DownloadProgress, "within")
    def within(
        original: Within, self: DownloadProgress, current: int, total: int, detail: str, items: int
    ) -> None:
        original(self, current if self._step == SAVING else 0, total, detail, items)


@defect(
    "download-percentage-is-a-fraction",
    "The percentage of a download is a number from 0 to 1 until it ends",
    (LONG, "at least one of them was between 10 % and 90 %"),
    area=AREA,
    behaviour="a percentage is from 0 to 100",
)
def _download_percentage_is_a_fraction() -> None:
    @patch(DownloadProgress, "_show")
    def show(
        original: Callable[..., None], self: DownloadProgress, percentage: float, text: str, items: int
    ) -> None:
        original(self, percentage / 100, text, items)


@defect(
    "pieces-not-named",
    "A download does not say at which piece it is",
    (LONG, 'I have seen a step that names "Segment"'),
    area=AREA,
    severity="minor",
    behaviour="a download names the piece that it fetches",
)
def _pieces_not_named() -> None:
    @patch(DownloadProgress, "within")
    def within(
        original: Within, self: DownloadProgress, current: int, total: int, detail: str, items: int
    ) -> None:
        original(self, current, total, re.sub("Segment [0-9]+/[0-9]+: ", "", detail), items)


@defect(
    "download-counts-down",
    "The percentage of a download that fetches the newest bars first goes down",
    (LONG, "its percentage never went down"),
    area=AREA,
    behaviour="a percentage never goes down",
)
def _download_counts_down() -> None:
    @patch(DownloadProgress, "within")
    def within(
        original: Within, self: DownloadProgress, current: int, total: int, detail: str, items: int
    ) -> None:
        # By the place of the piece in the range, not by when its turn is.
        original(self, total + 1 - current if self._step == FETCHING else current, total, detail, items)


@defect(
    "download-ends-at-its-last-step",
    "A completed download stays at the percentage at which its last step began",
    (LONG, "it ended at 100 %"),
    area=AREA,
    severity="minor",
    behaviour="what is completed is at 100 %",
)
def _download_ends_at_its_last_step() -> None:
    @patch(backend_operations, "carry_out")
    async def carry_out(
        original: Callable[..., Awaitable[None]], operation: OperationInfo, work: Awaitable[Any]
    ) -> None:
        await original(operation, work)
        if operation.operation_type is OperationType.DATA_LOAD:
            ended = {"percentage": min(operation.progress.percentage, PERCENT[SAVING])}
            operation.progress = operation.progress.model_copy(update=ended)
