"""Bars and those who give them: reading, downloads, the IB host and its gateway."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

from embedded_ktrdr.backend import downloads
from embedded_ktrdr.backend.downloads import Download
from embedded_ktrdr.backend.gaps import DownloadMode, Span
from embedded_ktrdr.bars import BarRepository, Series, StoredSeries
from embedded_ktrdr.defects.defect import defect, patch
from embedded_ktrdr.generator import GeneratedSeries
from embedded_ktrdr.hosts.gateway_link import GatewayLink

Original = Callable[..., Any]


@defect(
    "bar-twice-where-chunks-meet",
    "I read a month of hourly bars and the first one of every Monday came twice.",
    ("D1.1", "every bar is sound, and none is out of order or listed twice"),
    ("data-year", "every bar is sound, and none is out of order or listed twice"),
    ("D1.3", "every bar is sound, and none is out of order or listed twice"),
    area="data",
    behaviour="A read has each bar once, in the order of time, and point_count says how many there are.",
    blind="second",
)
def bar_twice_where_chunks_meet() -> None:
    """Chunks of a week that include both their ends."""
    for series in (GeneratedSeries, StoredSeries):

        @patch(series, "rows")
        def rows(original: Original, whole: Series, first: int, last: int) -> Any:
            return original(whole, first, last + 1)


@defect(
    "file-read-only-once",
    "I downloaded newer bars of a symbol that I had read before and kept getting the old ones.",
    ("download-keeps-cached-bars", "no weekday from 2024-03-04 to 2024-03-08 is without bars"),
    ("range-follows-download", "it is the range of the bars that can be read"),
    area="data",
    severity="blocker",
    behaviour="Reading and /data/range show what the latest download has saved, as soon as it has completed.",
    blind="second",
)
def file_read_only_once() -> None:
    """A cache of files whose key is the path alone."""

    @patch(BarRepository, "_read")
    def read(original: Original, repository: BarRepository, path: Path) -> Any:
        known = repository._stored.get(path)
        return original(repository, path) if known is None else known[1]


@defect(
    "rest-of-a-long-gap-not-fetched",
    "I downloaded forty-five days of hourly bars; it completed, but the last fifteen days were missing.",
    ("download-without-gaps", "they are as many as calibrated, give or take 5 %"),
    ("download-without-gaps", "no weekday from 2024-01-02 to 2024-12-31 is without bars"),
    area="downloads",
    behaviour="A download fetches the whole range asked for, in as many segments as it takes.",
    blind="second",
)
def rest_of_a_long_gap_not_fetched() -> None:
    """As many pieces as fit in whole; what is left over is none."""

    @patch(downloads, "split")
    def split(original: Original, gaps: list[Span], timeframe: str, mode: DownloadMode) -> list[Span]:
        pieces = [each for gap in gaps for each in sorted(original([gap], timeframe, mode))[:-1] or [gap]]
        return sorted(pieces, reverse=mode == "tail")


@defect(
    "cancelled-download-waits-for-its-work",
    "I cancelled a download and it went on loading, and saved its bars at the end.",
    ("download-cancel", "its progress has stood still since"),
    area="downloads",
    severity="blocker",
    behaviour="A cancelled download stops within moments: its progress stands still, no more bars are saved.",
    blind="second",
)
def cancelled_download_waits_for_its_work() -> None:
    """What is cancelled only waits for the work, as where a thread does it."""

    @patch(Download, "run")
    async def run(original: Original, download: Download) -> Any:
        return await asyncio.shield(original(download))


@defect(
    "gateway-loss-not-noticed",
    "I switched the IB gateway off and the health of the IB host went on saying that it was connected.",
    ("D4.3", "the IB host says within 5 seconds that its gateway is not connected"),
    area="hosts",
    behaviour="/health/ and /health/detailed of the IB host tell whether its gateway is connected now.",
    blind="second",
)
def gateway_loss_not_noticed() -> None:
    """A flag that is set when the connection is made, and by nothing else."""
    made = False

    @patch(GatewayLink, "connected")
    async def connected(original: Original, link: GatewayLink) -> bool:
        nonlocal made
        made = made or await original(link)
        return made
