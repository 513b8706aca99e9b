from datetime import UTC, datetime

import pytest

from embedded_ktrdr.bars import count_bars


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
        ("1d", "1990-01-01", "1990-12-31", 0),
        ("1d", "2024-12-31", "2024-01-01", 0),
        ("7x", "2024-01-01", "2024-12-31", 0),
        ("1h", "2024-01-06", "2024-01-07", 0),
    ],
)
def test_counts_are_those_of_the_recordings(timeframe: str, start: str, end: str, bars: int) -> None:
    assert count_bars("EURUSD", timeframe, datetime.fromisoformat(start), datetime.fromisoformat(end)) == bars


def test_an_unknown_symbol_has_no_bars() -> None:
    assert count_bars("NOSUCH", "1d", datetime(2024, 1, 1), datetime(2024, 12, 31)) == 0


def test_a_zone_is_honoured() -> None:
    start, end = datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 12, 31, tzinfo=UTC)
    assert count_bars("EURUSD", "1d", start, end) == 262
