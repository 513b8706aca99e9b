"""Downloads: what is said of them beyond starting one."""

from __future__ import annotations

from dataclasses import dataclass

from ktrdr_acceptance.api.bars import Bars
from ktrdr_acceptance.domain.data import Data
from ktrdr_acceptance.domain.results import Result
from ktrdr_acceptance.domain.starts import Starts
from ktrdr_acceptance.operations.operation import Operation
from ktrdr_acceptance.testdata.calibration import DownloadCalibration


@dataclass
class Downloads(Starts[DownloadCalibration]):
    """What steps say about downloads."""

    def forget(self, purpose: str, data: Data) -> None:
        """Make uncached what a purpose downloads; what was there is put back after the scenario."""
        asked = self.calibrated(purpose)
        data.set_aside(asked.symbol, asked.timeframe)

    def why_nothing_came(self, result: Result) -> str:
        """Return what to do if a result says that the download took everything from the cache, or nothing."""
        if result.get("cache_hit") and not result.get("rows_downloaded"):
            return (
                "it used the cache and fetched nothing: ask with a mode (tail, backfill or full), and for "
                "bars that are not cached"
            )
        return ""

    def downloaded(self, download: Operation, data: Data) -> Bars:
        """Return the cached bars that a download was asked for."""
        asked = download.calibration
        return data.bars(asked.symbol, asked.timeframe, **asked.dates())
