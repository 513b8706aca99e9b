import json
import logging
import os
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from embedded_ktrdr.bars import EXTENTS, HEADER, BarRepository, Series, is_consistent
from embedded_ktrdr.generator import STEPS, Bar, GeneratedSeries
from embedded_ktrdr.moments import moment_of, seconds_of, text_of


@pytest.fixture
def repository(tmp_path: Path) -> BarRepository:
    return BarRepository(tmp_path)


def series(repository: BarRepository, symbol: str, timeframe: str) -> Series:
    found = repository.series(symbol, timeframe)
    assert found is not None
    return found


def all_bars(found: Series) -> list[Bar]:
    return list(found.bars(found.first, found.last))


@pytest.mark.parametrize(
    ("timeframe", "start", "end", "bars"),
    [
        ("1d", "2024-01-01", "2024-12-31", 262),
        ("1d", "2024-01-01", "2024-01-31", 23),
        ("5m", "2023-01-01", "2025-01-01", 150_361),
        ("1h", "2024-01-01", "2024-01-02", 25),
        ("1h", "2024-01-01", "2024-01-05", 97),
        ("1h", "2000-01-01", "2030-01-01", 115_906),
        ("1d", "2000-01-01", "2030-01-01", 4_816),
        ("5m", "2000-01-01", "2030-01-01", 152_904),
        ("15m", "2000-01-01", "2030-01-01", 50_968),
        ("1d", "1990-01-01", "1990-12-31", 0),
        ("1d", "2024-12-31", "2024-01-01", 0),
        ("7x", "2024-01-01", "2024-12-31", 0),
        ("1h", "2024-01-06", "2024-01-07", 0),
    ],
)
def test_counts_are_those_of_the_recordings(
    repository: BarRepository, timeframe: str, start: str, end: str, bars: int
) -> None:
    span = datetime.fromisoformat(start), datetime.fromisoformat(end)
    assert repository.count("EURUSD", timeframe, *span) == bars
    assert len(list(repository.bars("EURUSD", timeframe, *span))) == bars


def test_an_unknown_symbol_has_no_bars(repository: BarRepository) -> None:
    assert repository.count("NOSUCH", "1d", datetime(2024, 1, 1), datetime(2024, 12, 31)) == 0
    for name in ("../EURUSD", "EUR/USD", "", "X" * 21):
        assert repository.series(name, "1d") is None


def test_a_zone_is_honoured(repository: BarRepository) -> None:
    start, end = datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 12, 31, tzinfo=UTC)
    assert repository.count("EURUSD", "1d", start, end) == 262


@pytest.mark.parametrize("key", sorted(EXTENTS))
def test_every_bar_is_consistent_and_comes_once(repository: BarRepository, key: tuple[str, str]) -> None:
    found = series(repository, *key)
    bars = all_bars(found)
    assert len(bars) == len(found)
    assert all(is_consistent(bar) for bar in bars)
    assert all(before[0] < after[0] for before, after in pairwise(bars))
    assert (bars[0][0], bars[-1][0]) == (found.first, found.last)
    moments, rows = found.rows(found.first, found.last)
    assert moments == [bar[0] for bar in bars]
    assert json.loads(f"[[{'],['.join(rows)}]]") == [list(bar[1:]) for bar in bars]


@pytest.mark.parametrize("timeframe", sorted(STEPS))
@pytest.mark.parametrize("symbol", ["EURUSD", "AAPL"])
def test_a_bar_is_the_same_whatever_range_is_asked(symbol: str, timeframe: str) -> None:
    first, last = seconds_of(datetime(2024, 2, 1)), seconds_of(datetime(2024, 7, 6))
    whole = GeneratedSeries.between(symbol, timeframe, first, last)
    assert whole is not None
    by_moment = {bar[0]: bar for bar in all_bars(whole)}
    for days in range(0, 150, 7):
        start = first + days * 86_400 + 1234
        part = list(whole.bars(start, start + 3 * 86_400))
        assert part == [bar for moment, bar in by_moment.items() if start <= moment <= start + 3 * 86_400]
        assert whole.count(start, start + 3 * 86_400) == len(part)


def test_forex_rests_at_the_weekend_and_stocks_at_night_and_on_holidays(repository: BarRepository) -> None:
    for moment, *_ in all_bars(series(repository, "EURUSD", "1h"))[-5_000:]:
        at = moment_of(moment)
        assert (at.weekday() < 4 or (at.weekday() == 4 and at.hour < 22)
                or (at.weekday() == 6 and at.hour >= 22))  # fmt: skip
    year = datetime(2024, 1, 1), datetime(2024, 12, 31)
    assert repository.count("MSFT", "1d", *year) == 253
    for moment, *_ in repository.bars("MSFT", "1h", *year):
        at = moment_of(moment)
        assert at.weekday() < 5
        assert (
            timedelta(hours=14, minutes=30)
            <= timedelta(hours=at.hour, minutes=at.minute)
            < timedelta(hours=20)
        )
        assert (at.month, at.day) != (7, 4)


def test_moments_are_written_as_ktrdr_does() -> None:
    assert text_of(seconds_of(datetime(2007, 3, 12, 23, 55))) == "2007-03-12T23:55:00"
    assert text_of(seconds_of(datetime.fromisoformat("2024-01-01T01:00:00+02:00"))) == "2023-12-31T23:00:00"
    assert seconds_of(datetime.fromisoformat("0001-01-01T00:00:00+14:00")) < seconds_of(datetime.min)


FILE = f"""{HEADER}
2024-01-02T00:00:00Z,1.1,1.2,1.0,1.15,100
2024-01-01T00:00:00Z,1.1,1.2,1.0,1.15,100
2024-01-03,1.1,1.05,1.0,1.15,100
2024-01-04T00:00:00Z,1.1,1.2,nan,1.15,100
2024-01-05T00:00:00Z,text,1.2,1.0,1.15,100
2024-01-08,1.1,1.2,1.0,1.15,100
"""


def test_a_file_wins_over_the_generator_until_it_is_moved_away(repository: BarRepository) -> None:
    path = repository.data_dir / "EURUSD_1d.csv"
    path.write_text(FILE)
    assert repository.count("EURUSD", "1d", datetime(2000, 1, 1), datetime(2030, 1, 1)) == 3
    path.rename(path.with_suffix(".away"))
    assert repository.count("EURUSD", "1d", datetime(2000, 1, 1), datetime(2030, 1, 1)) == 4_816


def test_a_file_that_changes_is_read_again(repository: BarRepository) -> None:
    path = repository.data_dir / "AUDUSD_1d.csv"
    assert repository.series("AUDUSD", "1d") is None
    path.write_text(FILE)
    assert len(series(repository, "AUDUSD", "1d")) == 3
    path.write_text(f"{FILE}2024-01-09,1.1,1.2,1.0,1.15,100\n")
    os.utime(path, (1, 1))
    assert len(series(repository, "AUDUSD", "1d")) == 4
    assert repository.available()["AUDUSD"] == ["1d"]


def test_an_inconsistent_row_does_not_hide_the_others(
    repository: BarRepository, caplog: pytest.LogCaptureFixture
) -> None:
    (repository.data_dir / "AUDUSD_1d.csv").write_text(FILE)
    with caplog.at_level(logging.WARNING):
        bars = all_bars(series(repository, "AUDUSD", "1d"))
    assert [text_of(bar[0])[:10] for bar in bars] == ["2024-01-01", "2024-01-02", "2024-01-08"]
    assert [record.args[0] for record in caplog.records if isinstance(record.args, tuple)] == [4, 5, 6]


def test_saving_loses_nothing_that_was_held(repository: BarRepository) -> None:
    before = all_bars(series(repository, "EURUSD", "1d"))
    new = (before[-1][0] + 86_400, 1.0, 1.2, 0.9, 1.1, 5.0)
    bad = (before[-1][0] + 2 * 86_400, 1.0, 0.2, 0.9, 1.1, 5.0)
    assert repository.save("EURUSD", "1d", [new, before[3], bad]) == len(before) + 1
    assert all_bars(series(repository, "EURUSD", "1d")) == [*before, new]
    assert (repository.data_dir / "EURUSD_1d.csv").read_text().startswith(f"{HEADER}\n2007-03-12T00:00:00Z,")
