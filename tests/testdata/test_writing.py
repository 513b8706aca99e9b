"""Bars and strategies come into their folders whole, or not at all; what is there is not lost unasked."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from ktrdr_acceptance.faults import BadInput
from ktrdr_acceptance.testdata import bars, writing

from .conftest import Written


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two short series, so that writing takes no time."""
    daily = [series for series in bars.SERIES if series.timeframe == "1d"]
    monkeypatch.setattr(writing, "SERIES", daily)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_the_same_is_written_every_time(written: Written, tmp_path: Path) -> None:
    writing.write_testdata(tmp_path / "data", tmp_path / "strategies")
    assert contents(tmp_path / "data") == contents(written.data)
    assert contents(tmp_path / "strategies") == contents(written.strategies)
    assert names(written.data) == sorted(series.file_name for series in bars.SERIES)
    assert names(written.strategies) == sorted(f"{name}.yaml" for name in writing.strategy_texts())


@pytest.mark.usefixtures("small")
def test_folders_that_are_not_there_yet_are_made_and_every_file_is_told(tmp_path: Path) -> None:
    data, strategies = tmp_path / "deep" / "down", tmp_path / "strategies"
    told = writing.write_testdata(data, strategies)
    assert sorted(content.path.name for content in told) == names(tmp_path)
    summaries = {content.path.name: content.summary for content in told}
    assert summaries["EURUSD_1d.csv"] == f"{len((data / 'EURUSD_1d.csv').read_text().splitlines()) - 1} bars"
    assert summaries["test_e2e_local_pull.yaml"] == "strategy"


@pytest.mark.usefixtures("small")
def test_without_a_folder_for_them_no_strategies_are_written(tmp_path: Path) -> None:
    writing.write_testdata(tmp_path)
    assert names(tmp_path) == ["EURUSD_1d.csv", "MSFT_1d.csv"]


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("present", ["data/MSFT_1d.csv", "strategies/neuro_mean_reversion.yaml"])
def test_what_is_there_is_not_lost_unasked(tmp_path: Path, present: str) -> None:
    mine = tmp_path / present
    mine.parent.mkdir()
    mine.write_text("mine", "utf-8")
    with pytest.raises(BadInput, match=rf"already holds {mine.name}: choose another folder, or add"):
        writing.write_testdata(tmp_path / "data", tmp_path / "strategies")
    assert names(tmp_path) == [mine.name]
    assert mine.read_text("utf-8") == "mine"
    writing.write_testdata(tmp_path / "data", tmp_path / "strategies", overwrite=True)
    assert mine.read_text("utf-8") != "mine"


@pytest.mark.usefixtures("small")
def test_files_of_others_stay(tmp_path: Path) -> None:
    (tmp_path / "AAPL_1d.csv").write_text("mine", "utf-8")
    writing.write_testdata(tmp_path)
    assert (tmp_path / "AAPL_1d.csv").read_text("utf-8") == "mine"


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("place", ["file", "file/below"])
@pytest.mark.parametrize("wrong", ["data", "strategies"])
def test_a_place_that_cannot_be_written_to_is_bad_input_and_nothing_is_written(
    tmp_path: Path, place: str, wrong: str
) -> None:
    (tmp_path / "file").write_text("mine", "utf-8")
    folders = {"data": tmp_path / "data", "strategies": tmp_path / "strategies", wrong: tmp_path / place}
    with pytest.raises(BadInput, match=r"file(/below)? cannot be written to \(.+\)\.$"):
        writing.write_testdata(folders["data"], folders["strategies"], overwrite=True)
    assert names(tmp_path) == ["file"]
    assert (tmp_path / "file").read_text("utf-8") == "mine"


@pytest.mark.usefixtures("small")
def test_on_a_disk_that_is_full_nothing_is_half_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "EURUSD_1d.csv").write_text("mine", "utf-8")
    write_text = Path.write_text

    def full(path: Path, text: str, *rest: str) -> int:
        write_text(path, text[: len(text) // 2], *rest)
        if path.name.startswith("MSFT"):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return len(text)

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(BadInput, match=r"cannot be written to \(No space left on device\)\."):
        writing.write_testdata(tmp_path, overwrite=True)
    assert names(tmp_path) == ["EURUSD_1d.csv"]
    assert (tmp_path / "EURUSD_1d.csv").read_text("utf-8") == "mine"
