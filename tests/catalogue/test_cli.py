"""The command: bad input is one sentence and status 2; what it writes is what it says."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import starting

ROOT = Path(__file__).parents[2]


def command(*arguments: str, folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    code = "from ktrdr_acceptance.cli import main; main()"
    return starting.run([sys.executable, "-c", code, *arguments], cwd=folder)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["durations", "nowhere.json"], "nowhere.json cannot be read as the results of a run"),
        (["field-report", "nowhere.json"], "nowhere.json cannot be read as the results of a run"),
        (["settings-doc", "--check"], "is not what the settings say: run `ktrdr-acceptance settings-doc`."),
    ],
)
def test_bad_input_is_one_sentence(tmp_path: Path, arguments: list[str], sentence: str) -> None:
    done = command(*arguments, folder=tmp_path)
    assert done.returncode == 2
    assert sentence in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_bars_for_a_place_that_cannot_be_written_to_are_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine", "utf-8")
    done = command("testdata", "write", "file/below", folder=tmp_path)
    assert done.returncode == 2
    assert done.stderr == "file/below cannot be written to (Not a directory).\n"
    assert done.stdout == ""


def test_results_of_a_run_that_was_not_complete_are_refused(tmp_path: Path) -> None:
    (tmp_path / "results.json").write_text(json.dumps({"status": "aborted"}), "utf-8")
    done = command("durations", "results.json", folder=tmp_path)
    assert done.returncode == 2
    assert "of a run that was not complete" in done.stderr


def test_an_option_of_run_is_a_setting_and_is_judged_as_one_and_a_switch_takes_no_value(
    tmp_path: Path,
) -> None:
    done = command("run", "--strict", "--target", "nowhere", "--reports", str(tmp_path), "features/platform")
    assert done.returncode == 2
    assert "❌ Issue: Setting target from -D target is 'nowhere'" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


def test_the_settings_page_is_what_the_settings_say() -> None:
    assert command("settings-doc", "--check").returncode == 0


def test_durations_are_those_of_the_met_scenarios(tmp_path: Path) -> None:
    rows = [
        {"id": "1.1", "verdict": "met", "duration_s": 1.26},
        {"id": "1.2", "verdict": "not met", "duration_s": 60.0},
    ]
    results = {"status": "complete", "target": {"kind": "embedded", "speed": 20.0}, "scenarios": rows}
    (tmp_path / "results.json").write_text(json.dumps(results), "utf-8")
    (tmp_path / "features").mkdir()
    assert command("durations", "results.json", folder=tmp_path).returncode == 0
    written = json.loads((tmp_path / "features/durations.json").read_text("utf-8"))
    assert written == {"target": "embedded", "speed": 20.0, "scenarios": {"1.1": 1.3}}


RECORDED = {"operation": "long training", "scenario": "1.2", "recorded_s": 62, "least_s": 54, "most_s": 70}


@pytest.mark.parametrize(
    ("real_s", "status", "said"),
    [
        (61.0, 0, "long training holds (61.0 s): recorded 62 s in 1.2, tolerance 54 to 70 s"),
        (71.0, 1, "long training does not hold (71.0 s): recorded 62 s in 1.2, tolerance 54 to 70 s"),
        (None, 1, "long training not run: recorded 62 s in 1.2, tolerance 54 to 70 s"),
    ],
)
def test_recorded_durations_must_all_hold(
    real_s: float | None, status: int, said: str, tmp_path: Path
) -> None:
    rows = [{**RECORDED, "real_s": real_s, "outcome": "whatever"}]
    (tmp_path / "results.json").write_text(
        json.dumps({"status": "complete", "recorded_durations": rows}), "utf-8"
    )
    done = command("recorded-durations", "results.json", folder=tmp_path)
    assert (done.returncode, done.stdout) == (status, said + "\n")


def test_a_run_at_another_speed_is_not_compared(tmp_path: Path) -> None:
    content = {"status": "complete", "recorded_durations": []}
    (tmp_path / "results.json").write_text(json.dumps(content), "utf-8")
    done = command("recorded-durations", "results.json", folder=tmp_path)
    assert done.returncode == 2
    assert "at another speed than 1" in done.stderr


def test_the_scenarios_to_compare_at_speed_1_can_be_selected(tmp_path: Path) -> None:
    done = command("recorded-durations", "--selection", folder=tmp_path)
    assert done.returncode == 0
    assert done.stdout.startswith("@id:1.1 or @id:1.2 or ")


def test_lint_says_where_and_how_many(tmp_path: Path) -> None:
    (tmp_path / "x.feature").write_text("Feature: X\n\n  Scenario: Y\n    Given z\n", "utf-8")
    done = command("lint", str(tmp_path / "x.feature"))
    assert done.returncode == 1
    assert "x.feature:3: no tag @milestone:" in done.stdout
    assert done.stdout.strip().splitlines()[-1].endswith("problems in the features")
