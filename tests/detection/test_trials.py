"""A trial is a real run of the suite, and one that says nothing is never taken for a healthy one."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from ktrdr_acceptance.detection.trial import TrialFailed, Trials


def test_a_run_that_is_refused_is_no_trial(tmp_path: Path) -> None:
    with pytest.raises(TrialFailed, match=r"(?s)moon.*There is no defect .moon."):
        Trials(tmp_path).run(["S1"], defect="moon")


def test_a_healthy_one_is_met_at_shorter_deadlines_and_without_settings_of_the_caller(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KTRDR_TARGET", "services")
    trial = Trials(tmp_path).run(["S1"])
    assert (trial.reds, trial.met, trial.of["S1"]) == ((), 1, "met")
    assert trial.duration_s > 0


def test_a_run_under_way_is_ended_and_none_begins_afterwards(tmp_path: Path) -> None:
    trials = Trials(tmp_path)
    seen: list[BaseException] = []

    def run() -> None:
        try:
            trials.run(["1.2"])
        except TrialFailed as problem:
            seen.append(problem)

    running = threading.Thread(target=run)
    running.start()
    results = tmp_path / "1-healthy"
    # It writes its first results when the target is up.
    while not results.exists():
        running.join(0.05)
        assert running.is_alive() or results.exists()
    trials.stop()
    running.join(180)
    assert not running.is_alive()
    assert "was aborted" in str(seen[0]) or "no results" in str(seen[0])
    with pytest.raises(TrialFailed, match="stopped"):
        trials.run(["S1"])
