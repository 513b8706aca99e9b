"""Recorded durations are compared at speed 1 alone, and every output says the same of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from ktrdr_acceptance.testdata.calibration import default_calibration
from ktrdr_acceptance.verdict.durations import OperationDuration
from ktrdr_acceptance.verdict.model import RunResult, Verdict
from ktrdr_acceptance.verdict.recorded import comparisons, recorded_durations, recorded_lines

from .specimens import Outputs, run_result, scenario_result
from .test_outputs_agree import printed


def run_of(*durations: tuple[str, float | None], speed: float = 1.0) -> RunResult:
    operations = tuple(
        OperationDuration(f"op_{number}", purpose, 1.0, real_s, "completed" if real_s is not None else "")
        for number, (purpose, real_s) in enumerate(durations)
    )
    result = replace(scenario_result(Verdict.MET), operation_durations=operations)
    return run_result(result, target={"kind": "embedded", "speed": speed})


def outcome(run: RunResult, operation: str) -> str:
    (found,) = [one.outcome for one in comparisons(run) if one.recorded.operation == operation]
    return found


@pytest.mark.parametrize(
    ("real_s", "expected"),
    [(53.9, "does not hold"), (54.0, "holds"), (62.0, "holds"), (70.0, "holds"), (70.1, "does not hold")],
)
def test_a_recorded_duration_holds_within_its_tolerance(real_s: float, expected: str) -> None:
    assert outcome(run_of(("long training", real_s)), "long training") == expected


def test_what_was_not_seen_to_complete_is_not_run() -> None:
    run = run_of(("long training", None), ("smoke training", 2.0))
    assert outcome(run, "long training") == "not run"
    assert outcome(run, "small download") == "not run"
    assert outcome(run, "smoke training") == "holds"
    assert [str(one) for one in comparisons(run) if one.recorded.operation == "long training"] == [
        "long training not run: recorded 62 s in 1.2, tolerance 54 to 70 s"
    ]


def test_one_line_counts_those_that_hold_and_names_those_that_do_not() -> None:
    assert recorded_lines(run_of(("long training", None))) == []
    assert recorded_lines(run_of(("long training", 80.0), ("smoke training", 9.0))) == [
        f"recorded durations: 0 of {len(recorded_durations())} hold; "
        "smoke training does not hold (9.0 s): recorded 2 s in 1.1, tolerance 0.5 to 4 s; "
        "long training does not hold (80.0 s): recorded 62 s in 1.2, tolerance 54 to 70 s"
    ]


def test_at_another_speed_nothing_is_compared(tmp_path: Path) -> None:
    run = run_of(("long training", 62.0), speed=20.0)
    assert comparisons(run) == []
    assert recorded_lines(run) == []
    outputs = Outputs(tmp_path, run)
    assert outputs.results["recorded_durations"] == []
    assert "Recorded" not in outputs.markdown


def test_every_output_says_the_same(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = run_of(("long training", 62.5), ("smoke training", 9.0))
    outputs = Outputs(tmp_path, run)
    line = (
        f"recorded durations: 1 of {len(recorded_durations())} hold; smoke training does not hold (9.0 s): "
        "recorded 2 s in 1.1, tolerance 0.5 to 4 s"
    )
    assert line in printed(run, capfd, monkeypatch)
    assert line in "".join(element.text or "" for element in outputs.junit.iter("system-out"))
    rows = {row["operation"]: row for row in outputs.results["recorded_durations"]}
    assert rows["long training"] == {
        **{"operation": "long training", "scenario": "1.2", "recorded_s": 62, "least_s": 54, "most_s": 70},
        **{"real_s": 62.5, "outcome": "holds"},
    }
    assert rows["smoke training"]["outcome"] == "does not hold"
    assert rows["small download"]["outcome"] == "not run"
    table = "| long training | 62 s in 1.2 | 54 to 70 s | 62.5 s | holds |"
    assert table in outputs.markdown
    assert table in outputs.allure_tables()["Recorded durations at speed 1"]
    # Told, and no criterion: the verdict is that of the scenarios.
    assert outputs.results["verdict"] == "accepted"


def test_each_recorded_operation_is_a_purpose_of_the_calibration_and_within_its_own_tolerance() -> None:
    calibration = default_calibration()
    kinds = {
        "training": calibration.trainings,
        "backtest": calibration.backtests,
        "download": calibration.downloads,
    }
    for recorded in recorded_durations():
        purpose, _, kind = recorded.operation.rpartition(" ")
        assert purpose in kinds[kind]
        assert recorded.least_s <= recorded.recorded_s <= recorded.most_s
