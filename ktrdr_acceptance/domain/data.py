"""Cached data: bars, their range, the inventory."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from typing import Any, Generic, TypeVar

from ktrdr_acceptance.api.backend import Backend
from ktrdr_acceptance.api.bars import Bars, Inventory, Range, bars_of
from ktrdr_acceptance.api.errors import Refusal, refusal_expected
from ktrdr_acceptance.api.models import ContractBreach, read
from ktrdr_acceptance.domain.platform import Platform
from ktrdr_acceptance.faults import ConfigurationFault
from ktrdr_acceptance.target.data_folder import DataFolder
from ktrdr_acceptance.testdata.calibration import ReadCalibration
from ktrdr_acceptance.testdata.plain_bars import plain_lines, with_bad_bar

T = TypeVar("T")

_READS_WHILE_LOOKING = 3


@dataclass(frozen=True)
class Timed(Generic[T]):
    """Something that the backend said, and after how many seconds."""

    said: T
    elapsed_s: float


@dataclass
class Data:
    """What steps say about cached data."""

    backend: Backend
    purposes: Mapping[str, ReadCalibration]
    folder: DataFolder | None
    # Bytes that the folder can hold, if the suite may fill it.
    limit: int | None = None

    def read(self, purpose: str) -> Bars:
        """Return the bars calibrated for a purpose."""
        if purpose not in self.purposes:
            raise LookupError(f"the calibration has no bars {purpose!r}, only {', '.join(self.purposes)}")
        asked = self.purposes[purpose]
        return self.bars(asked.symbol, asked.timeframe, **asked.dates())

    def bars(self, symbol: str, timeframe: str, **dates: Any) -> Bars:
        """Return the cached bars of a symbol and timeframe, between two dates or all."""
        return bars_of(self.backend.bars_answer(symbol, timeframe, **dates), symbol, timeframe)

    def refusal_of_dates(self, symbol: str, timeframe: str, **dates: Any) -> Refusal:
        """Return the refusal of a read that must be refused."""
        return refusal_expected(
            self.backend.bars_answer(symbol, timeframe, **dates), f"a read of {symbol} {timeframe} {dates}"
        )

    def range(self, symbol: str, timeframe: str) -> Timed[Range]:
        """Return from when to when there are cached bars."""
        answer = self.backend.range_answer(symbol, timeframe)
        told = read(Range, answer, "data")
        if (told.symbol, told.timeframe) != (symbol, timeframe):
            raise ContractBreach(
                f"{answer.service} answered {answer.request} with the range of {told.symbol} {told.timeframe}"
            )
        return Timed(told, answer.elapsed_s)

    def refusal_of_range(self, symbol: str, timeframe: str) -> Refusal:
        """Return the refusal to give a range of what is not cached."""
        return refusal_expected(
            self.backend.range_answer(symbol, timeframe), f"the range of {symbol} {timeframe}"
        )

    def inventory(self) -> Timed[Inventory]:
        """Return what is cached."""
        answer = self.backend.inventory_answer()
        return Timed(read(Inventory, answer, "data"), answer.elapsed_s)

    def slowest_health_while_reading(self, purpose: str, platform: Platform) -> float:
        """Read bars a few times; return the seconds that the slowest health check meanwhile took."""
        slowest = 0.0
        with ThreadPoolExecutor(max_workers=1) as reader:
            # Only their lengths: three years of bars at once would be three times the memory.
            reads = [reader.submit(lambda: len(self.read(purpose))) for _ in range(_READS_WHILE_LOOKING)]
            while not slowest or not all(read.done() for read in reads):
                slowest = max(slowest, platform.check_health().elapsed_s)
            for one in reads:
                one.result()
        return slowest

    def put(
        self, symbol: str, timeframe: str, first: date, last: date, bad: int | None = None
    ) -> dict[str, tuple[float, ...]]:
        """Cache plain bars of some days; return by time all but the inconsistent one at place `bad`."""
        lines = list(plain_lines(timeframe, first, last))
        rows = [line.split(",") for number, line in enumerate(lines) if number not in (0, bad)]
        self._folder().put(symbol, timeframe, lines if bad is None else with_bad_bar(lines, bad))
        return {time: tuple(map(float, values)) for time, *values in rows}

    def set_aside(self, symbol: str, timeframe: str) -> None:
        """Make a symbol and timeframe uncached until the scenario ends.

        Raises ConfigurationFault if there are bars all the same: then the folder is not that of KTRDR.
        """
        self._folder().set_aside(symbol, timeframe)
        if found := len(self.bars(symbol, timeframe)):
            cure = "correct the setting data_dir"
            raise ConfigurationFault(
                f"KTRDR still has {found} bars of {symbol} {timeframe} after their file was moved aside: "
                f"{self._folder().path} is not its data folder; {cure}",
                cure=cure,
            )

    def fill_disk(self) -> None:
        """Leave no room for another byte in the folder, until the scenario ends or there is room again."""
        if self.limit is None:
            raise LookupError("the data folder cannot be filled; tag the scenario @needs:fillable-disk")
        self._folder().fill(self.limit)

    def make_room(self) -> None:
        """Give back the room that was taken."""
        self._folder().make_room()

    def _folder(self) -> DataFolder:
        if self.folder is None:
            raise LookupError(
                "the target has no data folder for the suite; tag the scenario @needs:data-folder"
            )
        return self.folder
