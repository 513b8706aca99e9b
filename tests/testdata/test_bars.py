"""The bars of our own making are valid, complete, the same every time, and not calm."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise
from statistics import mean

import pytest

from ktrdr_acceptance.testdata import bars, markets
from ktrdr_acceptance.testdata.calibration import Purpose, default_calibration

from .conftest import Written

PRICES = {"EURUSD": (0.9, 1.3), "MSFT": (200.0, 450.0)}


@pytest.mark.parametrize("series", bars.SERIES, ids=lambda series: series.name)
def test_every_bar_is_valid_and_stands_once_in_market_hours(written: Written, series: bars.Series) -> None:
    rows = written.bars(series.name)
    lowest, highest = PRICES[series.instrument.symbol]
    for before, after in pairwise(rows):
        assert after.moment - before.moment >= series.step
        assert after.open == before.close
    for row in rows:
        assert row.low <= min(row.open, row.close) <= max(row.open, row.close) <= row.high
        assert lowest < row.low <= row.high < highest
        assert row.volume > 0
        assert series.is_open(row.moment.replace(tzinfo=None))


@pytest.mark.parametrize(
    ("name", "first", "last", "at_least", "at_most"),
    [
        ("EURUSD_1h", "2007-03-12", "2025-09-12", 114_500, 115_500),
        ("EURUSD_1h", "2024-01-01", "2024-12-31", 6_200, 6_300),
        ("EURUSD_1d", "2007-03-12", "2025-09-12", 4_700, 4_810),
        ("EURUSD_1d", "2024-01-01", "2024-12-31", 250, 262),
        ("EURUSD_5m", "2023-01-01", "2024-12-31", 147_000, 150_000),
        ("MSFT_1d", "2024-01-01", "2024-12-31", 250, 254),
        ("MSFT_1h", "2024-01-01", "2024-12-31", 7 * 250, 7 * 254),
    ],
)
def test_there_are_as_many_bars_as_the_market_makes(
    written: Written, name: str, first: str, last: str, at_least: int, at_most: int
) -> None:
    assert at_least <= len(written.bars(name, first, last)) <= at_most


def calibrated() -> list[tuple[str, Purpose, int]]:
    """What is asked of the bars that we write, and how many of them it needs."""
    purposes, warm_up = default_calibration(), 50
    return [
        *((f"training {name}", each, each.samples) for name, each in purposes.trainings.items()),
        *((f"backtest {name}", each, each.bars + warm_up) for name, each in purposes.backtests.items()),
        *((f"read {name}", each, each.bars) for name, each in purposes.reads.items()),
    ]


@pytest.mark.parametrize(
    ("purpose", "expected"),
    [(each, number) for _, each, number in calibrated()],
    ids=[c[0] for c in calibrated()],
)
def test_the_calibrated_ranges_hold_about_as_many_bars_as_expected(
    written: Written, purpose: Purpose, expected: int
) -> None:
    rows = written.bars(f"{purpose.symbol}_{purpose.timeframe}")
    # A last day without a time is its midnight to KTRDR.
    first, last = (
        datetime.fromisoformat(f"{day}T00:00:00Z")
        for day in (purpose.start_date or "0001-01-01", purpose.end_date or "9999-12-31")
    )
    inside = [row for row in rows if first <= row.moment <= last]
    assert abs(len(inside) - expected) <= expected * 0.05


@pytest.mark.parametrize("other", ["1h", "5m"])
def test_the_timeframes_of_a_symbol_are_on_one_level(written: Written, other: str) -> None:
    ranges = [("2023-01-01", "2023-12-31"), ("2024-01-01", "2024-12-31")]
    for first, last in ranges:
        daily = mean(row.close for row in written.bars("EURUSD_1d", first, last))
        finer = mean(row.close for row in written.bars(f"EURUSD_{other}", first, last))
        assert finer == pytest.approx(daily, rel=0.03)


def test_a_week_of_forex_is_from_sunday_evening_to_friday_evening(written: Written) -> None:
    week = written.bars("EURUSD_5m", "2024-03-08", "2024-03-15")
    (gap,) = [
        (before.moment, after.moment)
        for before, after in pairwise(week)
        if after.moment - before.moment > timedelta(minutes=5)
    ]
    assert [f"{moment:%a %H:%M}" for moment in gap] == ["Fri 21:55", "Sun 22:00"]


@pytest.mark.parametrize(
    ("first", "last", "opens_at"),
    [
        ("2007-03-12", "2007-11-02", "13:30"),
        ("2007-11-05", "2008-03-07", "14:30"),
        ("2023-11-06", "2024-03-08", "14:30"),
        ("2024-03-11", "2024-11-01", "13:30"),
        ("2024-11-04", "2025-03-07", "14:30"),
        ("2025-03-10", "2025-09-12", "13:30"),
    ],
)
def test_stocks_are_traded_from_half_past_nine_to_four_in_new_york_all_the_year(
    written: Written, first: str, last: str, opens_at: str
) -> None:
    by_day: dict[str, list[timedelta]] = {}
    for row in written.bars("MSFT_1h", first, last):
        opening = datetime.fromisoformat(f"{row.moment:%Y-%m-%d}T{opens_at}:00Z")
        by_day.setdefault(f"{opening:%Y-%m-%d}", []).append(row.moment - opening)
    hours = [timedelta(hours=number) for number in range(7)]
    assert [day for day, since_opening in by_day.items() if since_opening != hours] == []
    assert [f"{row.moment:%Y-%m-%d}" for row in written.bars("MSFT_1d", first, last)] == list(by_day)


@pytest.mark.parametrize(
    ("day", "is_open"),
    [
        ("2024-01-01", False),
        ("2024-01-02", True),
        ("2024-01-15", False),
        ("2024-02-19", False),
        ("2024-05-27", False),
        ("2024-06-19", False),
        ("2019-06-19", True),
        ("2024-07-04", False),
        ("2024-09-02", False),
        ("2024-11-28", False),
        ("2024-11-29", True),
        ("2024-11-30", False),
        ("2024-12-25", False),
    ],
)
def test_the_exchange_keeps_its_holidays(day: str, is_open: bool) -> None:
    moment = datetime.fromisoformat(day)
    assert markets.is_exchange_day(moment) is is_open
    assert markets.is_exchange_hour(moment + timedelta(hours=16)) is is_open


def test_trading_days_stand_still_at_weekends() -> None:
    monday = datetime(2018, 1, 1)
    passed = [markets.trading_days_since(monday, monday + timedelta(days=days)) for days in range(-2, 9)]
    assert passed == [0, 0, 0, 1, 2, 3, 4, 5, 5, 5, 6]
