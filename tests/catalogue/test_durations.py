"""Measured durations foretell only runs of the target and the speed that they were measured at."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ktrdr_acceptance.catalogue.durations import durations_from, read_durations


@pytest.mark.parametrize(
    ("target", "speed", "found"),
    [("embedded", 20.0, {"1.1": 0.3}), ("embedded", 10.0, {}), ("services", 20.0, {}), ("services", 1.0, {})],
)
def test_durations_of_another_target_or_speed_foretell_nothing(
    tmp_path: Path, target: str, speed: float, found: dict[str, float]
) -> None:
    path = tmp_path / "durations.json"
    measured = {"target": "embedded", "speed": 20.0, "scenarios": {"1.1": 0.3}}
    path.write_text(json.dumps(measured), "utf-8")
    assert read_durations(target, speed, path) == found


def test_nothing_measured_yet_is_no_error(tmp_path: Path) -> None:
    assert read_durations("embedded", 20.0, tmp_path / "durations.json") == {}


def test_a_run_that_was_not_complete_is_no_measurement() -> None:
    with pytest.raises(ValueError, match="was not complete"):
        durations_from({"status": "aborted", "target": {}, "scenarios": []})
