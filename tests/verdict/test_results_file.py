"""`results.json` while a run goes on: always readable, and never most of the run's time."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ktrdr_acceptance.verdict import json_view
from ktrdr_acceptance.verdict.json_view import ResultsFile, as_json
from ktrdr_acceptance.verdict.model import RunResult, ScenarioResult, Verdict

from .specimens import run_result, scenario_result


class Time:
    """A clock that a writing of the file takes `writing_s` of."""

    def __init__(self, writing_s: float) -> None:
        self.now = 100.0
        self.writing_s = writing_s
        self.written = 0

    def monotonic(self) -> float:
        return self.now

    def write(self, path: Path, pieces: Iterable[str]) -> None:
        self.now += self.writing_s
        self.written += 1
        path.write_text("".join(pieces))


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Time:
    clock = Time(0.002)
    for name in ("monotonic", "thread_time"):
        monkeypatch.setattr(json_view.time, name, clock.monotonic)
    monkeypatch.setattr(json_view, "_write_pieces", clock.write)
    return clock


def planned(count: int) -> RunResult:
    return run_result(*(scenario_result(Verdict.NOT_RUN, id=f"x{n}") for n in range(count)), complete=False)


def end(run: RunResult, file: ResultsFile, number: int) -> ScenarioResult:
    result = run.scenarios[number] = replace(run.scenarios[number], verdict=Verdict.MET)
    file.follow(run)
    return result


def read(path: Path) -> Any:
    return json.loads(path.read_text("utf-8"))


def test_every_scenario_that_takes_its_time_is_there_at_once(tmp_path: Path, clock: Time) -> None:
    run, file = planned(3), ResultsFile(tmp_path / "results.json")
    for number in range(3):
        clock.now += 0.05
        end(run, file, number)
        rows = read(tmp_path / "results.json")["scenarios"]
        assert [row["verdict"] for row in rows] == ["met"] * (number + 1) + ["not run"] * (2 - number)
    assert read(tmp_path / "results.json")["status"] == "aborted"


def test_scenarios_that_take_no_time_wait_for_each_other(tmp_path: Path, clock: Time) -> None:
    run, file = planned(2000), ResultsFile(tmp_path / "results.json")
    for number in range(2000):
        clock.now += 0.0001
        end(run, file, number)
    spent = clock.written * clock.writing_s
    assert spent <= 0.05 * (clock.now - 100.0) + clock.writing_s
    assert clock.written > 3


def test_what_has_not_changed_is_not_made_again(
    tmp_path: Path, clock: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []
    text = json_view._text

    def counting(scenario: ScenarioResult) -> str:
        made.append(scenario.id)
        return text(scenario)

    monkeypatch.setattr(json_view, "_text", counting)
    run, file = planned(3), ResultsFile(tmp_path / "results.json")
    for number in range(3):
        clock.now += 0.05
        end(run, file, number)
    assert made == ["x0", "x1", "x2", "x1", "x2"]


@pytest.mark.usefixtures("clock")
def test_until_the_end_nothing_is_summed_up_and_nothing_is_missing(tmp_path: Path) -> None:
    run, file = planned(1), ResultsFile(tmp_path / "results.json")
    end(run, file, 0)
    found, whole = read(tmp_path / "results.json"), json.loads(json.dumps(as_json(run)))
    sums = {"comparison": None, "criteria": [], "milestones": [], "recorded_durations": []}
    assert found == {**whole, **sums}
    assert whole["milestones"]


@pytest.mark.usefixtures("clock")
def test_the_end_has_everything(tmp_path: Path) -> None:
    run, file = planned(3), ResultsFile(tmp_path / "results.json")
    for number in range(3):
        end(run, file, number)
    run.complete = True
    # What is written of a scenario is what it has become, not what it was taken down as.
    run.scenarios[1] = replace(run.scenarios[1], reason="changed")
    file.finish(run)
    assert read(tmp_path / "results.json") == json.loads(json.dumps(as_json(run)))
    lines = (tmp_path / "results.json").read_text().splitlines()
    assert sum(line.startswith('{"id": ') for line in lines) == 3
