"""Downloads: what is said of them beyond starting one."""

from __future__ import annotations

from dataclasses import dataclass

from ktrdr_acceptance.api.bars import Bars
from ktrdr_acceptance.domain.data import Data
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

    def downloaded(self, download: Operation, data: Data) -> Bars:
        """Return the cached bars that a download was asked for."""
        asked = download.calibration
        return data.bars(asked.symbol, asked.timeframe, **asked.dates())
