"""The bars of our own making are valid, complete, the same every time, and not calm."""

from __future__ import annotations

import csv
import errno
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from ktrdr_acceptance.faults import BadInput
from ktrdr_acceptance.testdata import bars
from ktrdr_acceptance.testdata.calibration import default_calibration


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bars")
    bars.write_bars(folder)
    return folder


def read(path: Path) -> list[tuple[datetime, float, float, float, float, int]]:
    with path.open(encoding="utf-8") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["date", "open", "high", "low", "close", "volume"]
    return [
        (datetime.fromisoformat(row[0]), *(float(cell) for cell in row[1:5]), int(row[5]))  # type: ignore[misc]
        for row in rows[1:]
    ]


@pytest.mark.parametrize("series", bars.SERIES, ids=lambda series: series.timeframe)
def test_every_bar_is_valid_and_stands_once_in_market_hours(written: Path, series: bars.Series) -> None:
    rows = read(written / series.file_name)
    assert len(rows) > 2000
    step = timedelta(days=1) / series.per_day
    for (before, *_), (after, *_) in pairwise(rows):
        assert after - before >= step
    for moment, opening, high, low, close, volume in rows:
        assert low <= min(opening, close) <= max(opening, close) <= high
        assert 0.5 < low <= high < 2
        assert volume > 0
        assert series.is_open(moment.replace(tzinfo=None))


@pytest.mark.parametrize("purpose", ["smoke", "long"])
def test_the_calibrated_ranges_hold_about_as_many_bars_as_expected(written: Path, purpose: str) -> None:
    calibrated = default_calibration().trainings[purpose]
    rows = read(written / f"{calibrated.symbol}_{calibrated.timeframe}.csv")
    inside = [
        row for row in rows if calibrated.start_date <= row[0].date().isoformat() <= calibrated.end_date
    ]
    assert abs(len(inside) - calibrated.samples) <= calibrated.samples * 0.1


@pytest.mark.parametrize("purpose", ["smoke", "long"])
def test_a_zigzag_of_3_percent_turns_often_enough_to_leave_more_than_one_label(
    written: Path, purpose: str
) -> None:
    calibrated = default_calibration().trainings[purpose]
    closes = [
        row[4]
        for row in read(written / f"{calibrated.symbol}_{calibrated.timeframe}.csv")
        if calibrated.start_date <= row[0].date().isoformat() <= calibrated.end_date
    ]
    turns, extreme, rising = 0, closes[0], True
    for close in closes:
        extreme = max(extreme, close) if rising else min(extreme, close)
        if abs(close - extreme) >= 0.03 * extreme:
            turns, extreme, rising = turns + 1, close, not rising
    assert turns >= 5


def test_bars_that_are_there_are_not_lost_unasked_and_the_same_ones_are_written_every_time(
    written: Path, tmp_path: Path
) -> None:
    present = tmp_path / "EURUSD_1h.csv"
    present.write_text("mine", "utf-8")
    with pytest.raises(BadInput, match=r"already holds EURUSD_1h\.csv"):
        bars.write_bars(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["EURUSD_1h.csv"]
    assert present.read_text("utf-8") == "mine"
    bars.write_bars(tmp_path, overwrite=True)
    for series in bars.SERIES:
        assert (tmp_path / series.file_name).read_bytes() == (written / series.file_name).read_bytes()


def test_a_folder_that_is_not_there_yet_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bars, "SERIES", bars.SERIES[:1])
    ((path, count),) = bars.write_bars(tmp_path / "deep" / "down")
    assert path == tmp_path / "deep" / "down" / "EURUSD_1d.csv"
    assert count == len(read(path))


@pytest.mark.parametrize("place", ["file", "file/below"])
def test_a_place_that_cannot_be_written_to_is_bad_input(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").write_text("mine", "utf-8")
    with pytest.raises(BadInput, match=r"file(/below)? cannot be written to \(.+\)\.$"):
        bars.write_bars(tmp_path / place, overwrite=True)
    assert (tmp_path / "file").read_text("utf-8") == "mine"


def test_a_disk_that_is_full_is_bad_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_arguments: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(bars, "write_atomically", full)
    with pytest.raises(BadInput, match=r"cannot be written to \(No space left on device\)\."):
        bars.write_bars(tmp_path)
