"""`calibrate`: what was measured becomes a file that a run can use; whatever happens, all is put back."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import starting
import yaml

from ktrdr_acceptance.runner.measuring import Measured, Once
from ktrdr_acceptance.testdata.calibration import default_calibration
from ktrdr_acceptance.testdata.own_calibration import use_calibration

from .stub_ktrdr import StubKtrdr, closed_url, until

LONG = default_calibration().trainings["long"]
HOURLY = default_calibration().reads["hourly"]
CODE = "from ktrdr_acceptance.cli import main; main()"
SHIPPED = Path(__file__).parents[2] / "ktrdr_acceptance/testdata/calibration.yaml"


def start(folder: Path, backend: str, *arguments: str) -> subprocess.Popen[str]:
    silent = closed_url()
    options = [
        *("--target", "services", "--backend-url", backend, "--cache-ttl", "0"),
        *("--training-host-url", silent, "--ib-host-url", silent, "--backtest-worker-url", silent),
    ]
    environment = {key: value for key, value in os.environ.items() if not key.startswith("KTRDR_")}
    return starting.start(
        [sys.executable, "-c", CODE, "calibrate", *options, *arguments],
        cwd=folder,
        env={**environment, "PYTHONDONTWRITEBYTECODE": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def run(folder: Path, backend: str, *arguments: str) -> tuple[int, list[str], str]:
    process = start(folder, backend, *arguments)
    try:
        stdout, stderr = process.communicate(timeout=180)
    finally:
        process.kill()
    assert "Traceback" not in stdout + stderr
    return process.returncode, stdout.splitlines(), stderr


@pytest.fixture
def ending_ktrdr() -> object:
    stub = StubKtrdr(ends_after_looks=3)
    yield stub
    stub.stop()


def test_what_was_measured_becomes_a_calibration_of_its_own(ending_ktrdr: StubKtrdr, tmp_path: Path) -> None:
    shipped = SHIPPED.read_bytes()
    arguments = ("--purpose", "trainings.long", "--times", "2", "--write", "own.yaml")
    began = time.monotonic()
    status, lines, _ = run(tmp_path, ending_ktrdr.url, *arguments)
    took = time.monotonic() - began
    assert status == 0, lines
    assert ending_ktrdr.count("POST /api/v1/trainings/start") == 2
    assert ending_ktrdr.count("DELETE") == 0
    (said,) = [line for line in lines if line.startswith("trainings.long: ")]
    assert said.endswith(" s, median of 2, planned 60 s; 1234 samples")
    written = yaml.safe_load((tmp_path / "own.yaml").read_text("utf-8"))
    assert set(written) == {"measured", "trainings"}
    assert written["measured"]["target"] == f"KTRDR 1.0.7, generation S (services) at {ending_ktrdr.url}"
    assert written["measured"]["workers"] == ["w0 (training)"]
    assert f"{os.cpu_count()} cores" in written["measured"]["machine"]
    assert f"Python {sys.version_info.major}.{sys.version_info.minor}" in written["measured"]["machine"]
    used = use_calibration(tmp_path / "own.yaml")
    long, planned = used.calibration.trainings["long"], default_calibration().trainings["long"]
    assert 0 < long.duration_s < took / 2, "of the two, the median"
    assert long.samples == 1234
    assert long.deadline_s == planned.deadline_s
    assert long.request() == planned.request()
    assert "measured" in used.source
    assert "for trainings.long" in used.source
    assert SHIPPED.read_bytes() == shipped
    assert sorted(path.name for path in tmp_path.iterdir()) == ["own.yaml"]


def test_what_cannot_be_measured_is_one_sentence_each_and_the_rest_is_written(
    ending_ktrdr: StubKtrdr, tmp_path: Path
) -> None:
    wanted = ("--purpose", "trainings.long", "--purpose", "backtests", "--purpose", "downloads.small")
    status, lines, _ = run(tmp_path, ending_ktrdr.url, *wanted, "--write", "own.yaml")
    assert status == 1
    backtests = [line for line in lines if line.startswith("backtests.")]
    assert len(backtests) == len(default_calibration().backtests)
    assert all("not measured: the target (generation S) has no backtest worker" in line for line in backtests)
    assert any(line.startswith("downloads.small: not measured: ") for line in lines)
    assert "for trainings.long" in use_calibration(tmp_path / "own.yaml").source
    assert set(yaml.safe_load((tmp_path / "own.yaml").read_text("utf-8"))) == {"measured", "trainings"}
    assert lines[-1].startswith(f"own.yaml: 1 of {len(backtests) + 2} purposes; ")


def test_an_operation_that_does_not_complete_is_not_measured_but_put_back(
    own_ktrdr: StubKtrdr, tmp_path: Path
) -> None:
    """The stub's smoke training is completed at its second look and running at its third."""
    status, lines, _ = run(tmp_path, own_ktrdr.url, "--purpose", "trainings.smoke", "--write", "own.yaml")
    assert status == 1
    assert any(line.startswith("trainings.smoke: not measured: ") for line in lines)
    assert lines[-1] == "nothing was measured; own.yaml is not written"
    assert own_ktrdr.statuses() == ["cancelled"]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_measuring_and_puts_back_what_runs(
    number: signal.Signals, own_ktrdr: StubKtrdr, tmp_path: Path
) -> None:
    process = start(tmp_path, own_ktrdr.url, "--purpose", "trainings.long", "--write", "own.yaml")
    try:
        own_ktrdr.wait_for("GET /api/v1/operations/", 3)
        process.send_signal(number)
        stdout, stderr = process.communicate(timeout=180)
    finally:
        process.kill()
    assert process.returncode == 4, stdout + stderr
    assert f"❌ Issue: ended by {number.name} after 0 of 1 purposes" in stdout.splitlines()
    assert "Traceback" not in stdout + stderr
    until(lambda: own_ktrdr.statuses() == ["cancelled"])
    assert list(tmp_path.iterdir()) == []


def test_durations_are_those_at_speed_1_and_the_median_of_several() -> None:
    times = [Once(real_s, 150_000) for real_s in (3.0, 9.0, 4.0)]
    measured = Measured("trainings", "long", LONG, speed=20.0, measurements=times)
    assert measured.calibrated()["duration_s"] == 80.0
    assert (
        "80.00 s at speed 1 (here 4.00 s), median of 3, planned 60 s; 150000 samples" in measured.sentence()
    )


def test_a_slow_machine_gets_a_longer_deadline_and_a_fast_one_keeps_it() -> None:
    slow = Measured("trainings", "long", LONG, speed=1.0, measurements=[Once(200.2, 1)])
    fast = Measured("trainings", "long", LONG, speed=1.0, measurements=[Once(2.0, 1)])
    assert slow.calibrated()["deadline_s"] == 401
    assert fast.calibrated()["deadline_s"] == LONG.deadline_s


def test_the_deadline_of_a_read_is_a_criterion_and_stays() -> None:
    slow = Measured("reads", "hourly", HOURLY, speed=1.0, measurements=[Once(30.0, 115_906)])
    assert slow.calibrated() == {**HOURLY.model_dump(exclude_none=True), "duration_s": 30.0, "bars": 115_906}


def test_a_target_that_is_not_there_is_unfit(tmp_path: Path) -> None:
    status, lines, _ = run(tmp_path, closed_url(), "--write", "own.yaml")
    assert status == 3
    assert lines[0].startswith("❌ Issue: environment unfit: backend")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            ["--write", str(SHIPPED), "--overwrite"],
            "is the suite's own calibration, which is for every target",
        ),
        (["--write", "mine"], "mine is there already: name another file, or add --overwrite to lose it."),
        (["--write", "."], "cannot be written to"),
        (["--write", "nowhere/own.yaml"], "nowhere/own.yaml cannot be written to"),
        (["--write", "own.yaml", "--purpose", "trainings.longer"], "There is no purpose 'trainings.longer'"),
        (
            ["--write", "own.yaml", "--calibration", "nowhere.yaml"],
            "Setting calibration: nowhere.yaml: it cannot",
        ),
        (["--write", "own.yaml", "--speed", "fast"], "Setting speed from -D speed is 'fast'"),
    ],
)
def test_bad_input_is_one_sentence_and_the_target_is_not_touched(
    arguments: list[str], sentence: str, own_ktrdr: StubKtrdr, tmp_path: Path
) -> None:
    (tmp_path / "mine").write_text("mine", "utf-8")
    shipped = SHIPPED.read_bytes()
    status, lines, stderr = run(tmp_path, own_ktrdr.url, *arguments)
    assert (status, lines) == (2, [])
    assert sentence in stderr
    assert len(stderr.strip().splitlines()) == 1
    assert own_ktrdr.requests == []
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]
    assert SHIPPED.read_bytes() == shipped
