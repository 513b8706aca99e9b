"""Defects about a full disk."""

import errno
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from embedded_ktrdr.backend.downloads import Download, DownloadError
from embedded_ktrdr.bars import BarRepository
from embedded_ktrdr.defects.defect import defect, patch
from embedded_ktrdr.generator import Bar

AREA = "faults: disk"
FULL = "disk-full"

Save = Callable[[BarRepository, str, str, Iterable[Bar]], int]


@defect(
    "full-disk-called-success",
    "A download completes though its bars could not be written",
    (FULL, "it fails within 60 seconds"),
    area=AREA,
    severity="blocker",
    behaviour="a download whose bars cannot be written has failed",
)
def _full_disk_called_success() -> None:
    @patch(BarRepository, "save")
    def save(original: Save, self: BarRepository, symbol: str, timeframe: str, bars: Iterable[Bar]) -> int:
        try:
            return original(self, symbol, timeframe, bars)
        except OSError:
            return 0


@defect(
    "full-disk-not-named",
    "The reason of a download whose bars could not be written does not name the disk",
    (FULL, "the reason says that the disk is full"),
    area=AREA,
    severity="minor",
    behaviour="the reason says that the disk is full",
)
def _full_disk_not_named() -> None:
    @patch(Download, "_save")
    async def save(original: Callable[[Download], Awaitable[None]], self: Download) -> None:
        try:
            await original(self)
        except DownloadError as error:
            raise DownloadError("The bars could not be saved") from error


@defect(
    "full-disk-loses-bars",
    "A full disk takes the cached bars with it",
    (FULL, "all those cached before can still be read"),
    area=AREA,
    severity="blocker",
    behaviour="what was cached stays as it was",
)
def _full_disk_loses_bars() -> None:
    @patch(BarRepository, "_write")
    def write(original: Callable[..., None], self: BarRepository, path: Any, content: bytes) -> None:
        path.unlink(missing_ok=True)
        original(self, path, content)


@defect(
    "full-disk-for-ever",
    "Once the disk was full, bars are not written any more",
    (FULL, "the same download completes within 180 seconds"),
    area=AREA,
    severity="blocker",
    behaviour="downloads work again when there is room",
)
def _full_disk_for_ever() -> None:
    full: list[int] = []

    @patch(BarRepository, "_write")
    def write(original: Callable[..., None], self: BarRepository, path: Any, content: bytes) -> None:
        if full:
            raise OSError(errno.ENOSPC, "No space left on device", str(path))
        try:
            original(self, path, content)
        except OSError:
            full.append(1)
            raise
