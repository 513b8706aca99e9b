"""`ktrdr-acceptance preflight` tells every check and ends with ready or not; the page is the catalogue."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from driver.scripted_world import ScriptedTarget
from machine import idle_s
from run.stub_ktrdr import StubKtrdr, closed_url
from typer.testing import CliRunner, Result

from ktrdr_acceptance.cli import app
from ktrdr_acceptance.faults import EnvironmentFault, RunAborted
from ktrdr_acceptance.ledger import FILE as LEDGER
from ktrdr_acceptance.ledger import Ledger
from ktrdr_acceptance.operations.waiting import Clock
from ktrdr_acceptance.preflight import command as command_module
from ktrdr_acceptance.preflight.catalogue import catalogue
from ktrdr_acceptance.preflight.check import Outcome, Preflight, failed, not_made, ok
from ktrdr_acceptance.preflight.command import verdict_line
from ktrdr_acceptance.preflight.cures import inspect_and_cure
from ktrdr_acceptance.preflight.troubleshooting import troubleshooting_markdown
from ktrdr_acceptance.settings import Settings
from ktrdr_acceptance.target import make_target

from .scripted_target import OPERATION, listed, shown

ROOT = Path(__file__).parents[2]
Told = Callable[..., Result]


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Told:
    """Run the command in a folder of its own, with nothing of KTRDR in the environment."""
    monkeypatch.chdir(tmp_path)
    for variable in [name for name in os.environ if name.startswith("KTRDR_")]:
        monkeypatch.delenv(variable)

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(app, ["preflight", *arguments])

    return run


def services(backend: str, others: str) -> list[str]:
    named = {"backend": backend, "ib-host": others, "training-host": others, "backtest-worker": others}
    options = [part for name, url in named.items() for part in (f"--{name}-url", url)]
    return ["--target", "services", *options]


def test_a_target_that_is_not_ready_is_told_check_by_check(told: Told, tmp_path: Path) -> None:
    stub = StubKtrdr(lacks=("neuro_mean_reversion",))
    try:
        done = told(*services(stub.url, stub.url))
    finally:
        stub.stop()
    lines = done.stdout.splitlines()
    assert done.exit_code == 3, done.output
    assert lines[0].startswith(f"KTRDR 1.0.7, generation S (services) at {stub.url}")
    at = lines.index(
        "✘ strategies are there and valid: failed: the target has no strategy neuro_mean_reversion"
    )
    assert lines[at + 1] == "    symptom: A strategy is missing. (E7)"
    assert lines[at + 2].startswith("    cause:   Its file is in none of the folders")
    assert lines[at + 3].startswith("    cure:    Let the suite write them (`ktrdr-acceptance testdata write")
    assert "✔ cached bars cover the calibration: ok: EURUSD 1d, EURUSD 5m, EURUSD 1h" in lines
    assert lines[-2].startswith("preflight: ")
    assert lines[-1].startswith("❌ Issue: not ready: ")
    assert list(tmp_path.iterdir()) == [], "nothing is written"


def test_a_backend_that_is_gone_is_not_ready(told: Told) -> None:
    done = told(*services(closed_url(), closed_url()))
    assert done.exit_code == 3
    assert done.stdout.splitlines()[-1].startswith("❌ Issue: not ready: backend at http://127.0.0.1:")
    assert "symptom: The backend cannot be reached. (E2)" in done.stdout


def test_previous_reports_stay_where_they_are(told: Told, tmp_path: Path) -> None:
    reports = tmp_path / "reports"
    reports.mkdir()
    (reports / "results.json").write_text("{}")
    told(*services(closed_url(), closed_url()), "--reports", str(reports))
    assert [path.name for path in reports.iterdir()] == ["results.json"]


class LeftKtrdr(StubKtrdr):
    """A KTRDR on which a training runs that somebody has left."""

    def _answer(self, method: str, path: str, sent: object) -> tuple[int, object]:
        if path.startswith("/api/v1/operations?"):
            return listed(OPERATION)
        return shown() if path.endswith(OPERATION) else super()._answer(method, path, sent)


def test_what_a_killed_run_left_is_told_as_the_suite_s_own(told: Told, tmp_path: Path) -> None:
    stub = LeftKtrdr()
    (tmp_path / "reports").mkdir()
    ledger = Ledger(tmp_path / "reports" / LEDGER)
    try:
        foreign = told(*services(stub.url, stub.url))
        ledger.begun(OPERATION, id=OPERATION, backend=stub.url, kind="training")
        ours = told(*services(stub.url, stub.url))
    finally:
        stub.stop()
    assert f"1 operation of others is active: {OPERATION} (running)" in foreign.stdout
    assert f"left by an earlier run: {OPERATION} (running)" in ours.stdout


def command(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("KTRDR_")}
    return subprocess.run(
        [ROOT / ".venv/bin/ktrdr-acceptance", *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def test_the_embedded_ktrdr_is_ready_and_nothing_is_left_of_it(tmp_path: Path) -> None:
    done = command("preflight", folder=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    assert lines[-1] == "✅ ready"
    assert " 0 failed, 0 not made in " in lines[-2]
    assert lines[0].startswith("KTRDR ")
    assert sum(line.startswith("✔ ") for line in lines) == 13
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("option", "said"),
    [
        (("--speed", "fast"), "Setting speed from -D speed is 'fast'"),
        (("--calibration", "nope.yaml"), "Setting calibration: nope.yaml: it cannot be read"),
    ],
    ids=str,
)
def test_bad_input_is_one_sentence(option: tuple[str, str], said: str, tmp_path: Path) -> None:
    done = command("preflight", *option, folder=tmp_path)
    assert done.returncode == 2
    assert said in done.stderr
    assert done.stdout == ""


def test_preflight_of_the_embedded_ktrdr_takes_less_than_3_s(tmp_path: Path) -> None:
    settings = Settings.load({"reports": str(tmp_path)}, {}, {})
    target = make_target(settings)
    clock = Clock()
    target.start(clock)
    try:
        began, began_idle = time.monotonic(), idle_s()
        found = inspect_and_cure(target, settings, clock)
        took, took_idle = time.monotonic() - began, idle_s() - began_idle
    finally:
        target.stop()
    assert {check.outcome for check in found.preflight.checks} == {Outcome.OK}, found.preflight.lines()
    assert took_idle < 3
    assert took / 2 < found.preflight.took_s <= took
    assert len(found.preflight.checks) == 13


def test_the_last_line_names_what_failed_first() -> None:
    late = not_made("b", "no answer in time")
    other = not_made("c", "there is nothing to compare", unanswered=False)
    wrong = failed("a", "Permission denied\nsecond line")
    assert verdict_line(Preflight((ok("o", "fine"), other), 0.1)) == "✅ ready"
    assert verdict_line(Preflight((late,), 0.1)) == "❌ Issue: not ready: no answer in time"
    said = verdict_line(Preflight((late, other, wrong), 0.1))
    assert said == "❌ Issue: not ready: Permission denied second line (and 1 more)"


# what stands in results.json


def test_a_check_as_json_has_what_is_known_and_no_more() -> None:
    fine = ok("o", "fine").as_json()
    assert fine == {"check": "o", "outcome": "ok", "said": "fine"}
    wrong = failed("a", "no worker is registered", blocks=True).as_json()
    assert (wrong["id"], wrong["blocks"]) == ("E19", True)
    assert {"symptom", "cause", "cure"} <= wrong.keys()
    assert "tried" not in wrong
    assert json.loads(json.dumps(wrong)) == wrong


def test_a_failed_check_whose_words_nobody_knows_is_failed_all_the_same() -> None:
    check = failed("a", "something odd")
    assert (check.outcome, check.symptom, check.symptom_id) == ("failed", "", "")
    assert check.lines() == ["✘ a: failed: something odd"]
    assert failed("a", "something odd", otherwise="E18").symptom_id == "E18"


# the page


def test_the_page_has_every_entry_and_everything_that_is_left_out() -> None:
    page = troubleshooting_markdown()
    symptoms, omitted = page.split("## What is left out, and why")
    for entry in catalogue().symptoms:
        (row,) = (line for line in symptoms.splitlines() if line.startswith(f"| {entry.id} |"))
        for text in (entry.symptom, entry.cause, entry.cure, entry.category):
            assert " ".join(text.split()) in row
    for left_out, reason in catalogue().omitted.items():
        assert f"| {left_out} | {reason} |" in omitted
    assert "| yes, 2 attempts, up to 10 s each |" in page
    assert page.index("| E2 |") < page.index("| E10 |") < page.index("| K1 |")


def test_the_page_is_compared_and_renewed(tmp_path: Path) -> None:
    missing = command("troubleshooting", "--check", folder=tmp_path)
    assert missing.returncode == 2
    assert "run `ktrdr-acceptance troubleshooting`" in missing.stderr
    assert command("troubleshooting", folder=tmp_path).returncode == 0
    assert (tmp_path / "docs/troubleshooting.md").read_text("utf-8") == troubleshooting_markdown()
    assert command("troubleshooting", "--check", folder=tmp_path).returncode == 0
    assert (ROOT / "docs/troubleshooting.md").read_text("utf-8") == troubleshooting_markdown()


class FakeTarget(ScriptedTarget):
    """A target that tells whether it was stopped; its start may fail."""

    def __init__(self, fails_with: Exception) -> None:
        super().__init__()
        self.fails_with = fails_with
        self.is_stopped = False

    def start(self, clock: Clock) -> None:
        del clock
        raise self.fails_with

    def stop(self) -> None:
        self.is_stopped = True


@pytest.mark.parametrize(
    ("problem", "status", "said"),
    [
        (EnvironmentFault("it did not come up"), 3, "❌ Issue: not ready: it did not come up"),
        (RunAborted("SIGINT"), 4, "❌ Issue: ended by SIGINT"),
    ],
    ids=["fault", "signal"],
)
def test_a_target_that_does_not_come_up_is_stopped_and_told(
    problem: Exception, status: int, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = FakeTarget(problem)
    monkeypatch.setattr(command_module, "make_target", lambda _settings: target)
    lines: list[str] = []
    assert command_module.preflight(Settings.load({}, {}, {}), lines.append) == status
    assert lines == [said]
    assert target.is_stopped
