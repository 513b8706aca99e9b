"""What is written, once for all proofs, and how it is read back."""

from __future__ import annotations

import csv
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from ktrdr_acceptance.testdata import writing


class Bar(NamedTuple):
    moment: datetime
    open: float
    high: float
    low: float
    close: float
    volume: int


class Written(NamedTuple):
    """The folders as a user gets them."""

    data: Path
    strategies: Path

    def bars(self, name: str, first: str = "", last: str = "9") -> list[Bar]:
        """Read the bars of one series whose day is from `first` to `last`."""
        rows = read(self.data / f"{name}.csv")
        return [row for row in rows if first <= row.moment.date().isoformat() <= last] if first else rows


@cache
def read(path: Path) -> list[Bar]:
    with path.open(encoding="utf-8") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["date", "open", "high", "low", "close", "volume"]
    return [
        Bar(datetime.fromisoformat(row[0]), *(float(cell) for cell in row[1:5]), int(row[5]))
        for row in rows[1:]
    ]


@pytest.fixture(scope="session")
def written(tmp_path_factory: pytest.TempPathFactory) -> Written:
    folder = tmp_path_factory.mktemp("testdata")
    writing.write_testdata(folder / "data", folder / "strategies")
    return Written(folder / "data", folder / "strategies")
