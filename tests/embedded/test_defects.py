"""The seeded defects as data and as switches; that a run finds them is proven with the features."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from embedded_ktrdr.defects import all_defects, switch_on
from embedded_ktrdr.patching import UnknownName

from .harness import Embedded, told, until

COMMAND = [sys.executable, "-m", "embedded_ktrdr"]
FEW = ("--training-workers", "0", "--backtest-workers", "0")


def run(*options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *options], capture_output=True, text=True, check=False)


def test_every_defect_is_told_of_as_data() -> None:
    done = run("--list-defects")
    listed = json.loads(done.stdout)
    assert (done.returncode, len(listed)) == (0, len(all_defects()))
    names = {"name", "line", "area", "severity", "behaviour", "sentences", "category"}
    for each in listed:
        assert set(each) == names | {"shown_by", "blind"}
        assert all(each[name] for name in names - {"sentences"}), each["name"]
        assert each["sentences"] or each["blind"], each["name"]
        assert each["severity"] in ("blocker", "major", "minor")
        assert all(set(sentence) == {"scenario", "sentence"} for sentence in each["sentences"])


@pytest.mark.parametrize(
    ("name", "hint"),
    [("lost-worker-not-notice", "did you mean 'lost-worker-not-noticed'?"), ("moon", "--list")],
)
def test_an_unknown_one_is_one_sentence_and_nothing_starts(name: str, hint: str, tmp_path: Path) -> None:
    done = run("--defect", name, "--log-dir", str(tmp_path))
    assert (done.returncode, done.stdout) == (2, "")
    assert repr(name) in done.stderr
    assert hint in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_nothing_is_patched_if_one_is_unknown() -> None:
    with pytest.raises(UnknownName):
        switch_on(["full-disk-for-ever", "moon"])
    from embedded_ktrdr.bars import BarRepository

    assert BarRepository._write.__qualname__ == "BarRepository._write"


def test_the_ready_line_names_those_that_are_on_and_they_are_on() -> None:
    names = ["operations-forgotten", "ib-host-off-called-success"]
    switches = [option for name in [*names, names[0]] for option in ("--defect", name)]
    embedded = Embedded(*FEW, *switches)
    assert embedded.ready["defects"] == names
    told(embedded, "stop ib-host")
    body = {"symbol": "AAPL", "timeframe": "1d", "start_date": "2024-02-01", "end_date": "2024-02-20"}
    operation = embedded.client.post("/data/acquire/download", json=body).json()["operation_id"]
    assert embedded.ended(operation)["status"] == "completed"
    told(embedded, "stop backend", "start backend")
    until(lambda: embedded.client.get("/health").status_code == 200)
    assert embedded.client.get(f"/operations/{operation}").status_code == 404
    embedded.stop()
