"""Planned beside real, of scenarios and operations, in every output."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from ktrdr_acceptance.verdict.durations import OperationDuration
from ktrdr_acceptance.verdict.model import Verdict
from ktrdr_acceptance.verdict.planned import purpose_durations

from .specimens import Outputs, assert_same_verdicts, run_result, scenario_result
from .test_outputs_agree import printed

LONG = OperationDuration("op_1", "long training", 3.0, 3.14159, "completed")
CANCELLED = OperationDuration("op_2", "long training", 3.0, 1.5, "cancelled")
UNSEEN = OperationDuration("op_3", "smoke training", 0.1)
RESULT = replace(
    scenario_result(Verdict.MET),
    expected_s=1.2,
    operations=("op_1", "op_2", "op_3"),
    operation_durations=(LONG, CANCELLED, UNSEEN),
)
WITHOUT = scenario_result(Verdict.MET, id="1.2")


def test_results_json_has_both_of_each_operation(tmp_path: Path) -> None:
    outputs = Outputs(tmp_path, run_result(RESULT))
    row = outputs.row("1.1")
    assert row["operations"] == ["op_1", "op_2", "op_3"]
    assert (row["expected_s"], row["duration_s"]) == (1.2, 1.5)
    assert row["operation_durations"] == [
        {
            "id": "op_1",
            "purpose": "long training",
            "planned_s": 3.0,
            "real_s": 3.142,
            "ended_as": "completed",
        },
        {"id": "op_2", "purpose": "long training", "planned_s": 3.0, "real_s": 1.5, "ended_as": "cancelled"},
        {"id": "op_3", "purpose": "smoke training", "planned_s": 0.1, "real_s": None, "ended_as": ""},
    ]


def test_only_what_was_seen_to_complete_has_taken_its_time() -> None:
    again = replace(LONG, id="op_4", real_s=4.0)
    late = replace(LONG, id="op_5", real_s=9.0)
    run = run_result(RESULT, replace(WITHOUT, operation_durations=(again, late)))
    long, smoke = purpose_durations(run)
    assert (long.purpose, long.started, long.completed, long.planned_s, long.real_s) == (
        *("long training", 4, 3, 3.0, 4.0),
    )
    assert long.ratio == pytest.approx(4 / 3)
    assert (smoke.started, smoke.completed, smoke.real_s, smoke.ratio) == (1, 0, None, None)


def test_what_was_asked_for_otherwise_is_told_by_itself_and_without_a_plan(tmp_path: Path) -> None:
    changed = OperationDuration("op_7", "smoke training, changed", None, 4.2, "completed")
    outputs = Outputs(tmp_path, run_result(replace(RESULT, operation_durations=(changed,))))
    assert "| smoke training, changed | 1 | 1 | – | 4.2 s | – |" in outputs.markdown
    assert outputs.row("1.1")["operation_durations"][0]["planned_s"] is None
    (case,) = outputs.junit.iter("testcase")
    assert "smoke training, changed op_7: completed after 4.2 s" in (case.findtext("system-out") or "")


def test_every_report_sets_planned_beside_real(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = run_result(RESULT)
    outputs = Outputs(tmp_path, run)
    assert_same_verdicts(outputs)
    operations = "| long training | 2 | 1 | 3.0 s | 3.1 s | 1.05 |"
    assert "| 1.1 | Scenario 1.1 | ✅ met | 1.5 s | 1.2 s |" in outputs.markdown
    assert operations in outputs.markdown
    assert "| smoke training | 1 | 0 | 0.1 s | – | – |" in outputs.markdown
    assert operations in outputs.allure_tables()["Operations, planned and real"]
    test = outputs.allure_of("1.1")
    assert {"name": "planned", "value": "1.2 s", "excluded": True} in test["parameters"]
    (attachment,) = test["attachments"]
    said = [
        "long training op_1: planned 3.0 s, completed after 3.1 s",
        "long training op_2: planned 3.0 s, cancelled after 1.5 s",
        "smoke training op_3: planned 0.1 s, no end was seen",
    ]
    text = (tmp_path / "allure-results" / attachment["source"]).read_text("utf-8")
    assert text.splitlines() == said
    (case,) = outputs.junit.iter("testcase")
    assert (case.findtext("system-out") or "").splitlines() == ["scenario: planned 1.2 s", *said]
    lines = printed(run, capfd, monkeypatch)
    assert "✔ Trainings: 1 met (1.5 s, planned 1.2 s)" in lines
    assert lines[-3] == "1 met, 0 not met, 0 not run of 1 scenario in 2.5 s (planned 1.2 s)"
    assert outputs.results["planned_s"] == 1.2


def test_what_was_never_measured_is_planned_nowhere(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = run_result(replace(RESULT, operation_durations=()), WITHOUT)
    outputs = Outputs(tmp_path, run)
    assert outputs.results["planned_s"] is None
    assert "| 1.2 | Scenario 1.2 | ✅ met | 1.5 s | – |" in outputs.markdown
    assert "## Operations" not in outputs.markdown
    assert outputs.allure_of("1.2").get("attachments", []) == []
    assert outputs.allure_of("1.2").get("parameters", []) == []
    lines = printed(run, capfd, monkeypatch)
    assert "✔ Trainings: 2 met (3.0 s)" in lines
    assert "planned" not in lines[-3]
