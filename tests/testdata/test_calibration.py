"""The calibration that ships is that of the brief's tables, and fits into its own deadlines."""

from __future__ import annotations

import pytest

from ktrdr_acceptance.testdata.calibration import Calibration, Purpose, default_calibration

# Kind, purpose -> what the brief says: symbols' timeframe, years, how many, seconds (least and most).
BRIEF = {
    ("trainings", "smoke"): ("1d", 1, 250, (2, 2)),
    ("trainings", "long"): ("5m", 2, 150_000, (60, 60)),
    ("reads", "hourly"): ("1h", None, 115_000, (0, 1)),
    ("downloads", "small"): ("1d", 1, 250, (10, 30)),
    # 8,760 in the brief, which counts the hours of a year; the market is closed in a third of them.
    ("downloads", "long"): ("1h", 1, 6_240, (30, 90)),
}
PURPOSES = [
    (kind, name) for kind in Calibration.model_fields for name in getattr(default_calibration(), kind)
]


def purpose(kind: str, name: str) -> Purpose:
    calibrated: Purpose = getattr(default_calibration(), kind)[name]
    return calibrated


def years(calibrated: Purpose) -> int | None:
    if calibrated.start_date is None or calibrated.end_date is None:
        return None
    return round(
        int(calibrated.end_date[:4]) - int(calibrated.start_date[:4]) + int(calibrated.end_date[5:7]) / 12
    )


@pytest.mark.parametrize(("kind", "name"), list(BRIEF))
def test_the_brief_s_tables_are_the_calibration_s_figures(kind: str, name: str) -> None:
    timeframe, of_years, number, (least, most) = BRIEF[kind, name]
    calibrated = purpose(kind, name)
    counted = getattr(calibrated, "samples", None) or getattr(calibrated, "bars", None)
    assert (calibrated.timeframe, years(calibrated), counted) == (timeframe, of_years, number)
    assert least <= calibrated.duration_s <= most


def test_half_of_the_long_training_takes_half_a_minute_as_the_brief_s_cancel_does() -> None:
    assert purpose("trainings", "long").duration_s / 2 == 30


@pytest.mark.parametrize(("kind", "name"), PURPOSES)
def test_what_takes_as_long_as_calibrated_keeps_its_deadline(kind: str, name: str) -> None:
    calibrated = purpose(kind, name)
    assert calibrated.duration_s < calibrated.deadline_s
