"""The features of KTRDR's command against the embedded KTRDR: by a stand-in of each form, honest or lying."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from .project import ROOT

STAND_IN = shlex.join([sys.executable, "-I", "-S", str(Path(__file__).with_name("stand_in_command.py"))])
# What only the form can do that answers programs.
OF_H = {"cli-named-at-once", "cli-follow", "cli-help"}
# By each lie: the scenarios that must see it, and what they say.
LIES: dict[str, dict[str, str]] = {
    "success-fails": {"cli-train": "expected <0>, but was <1>", "cli-backtest": "expected <0>, but was <1>"},
    "failure-succeeds": {"cli-failed-training": "expected <1>, but was <0>"},
    "refusal-succeeds": {"cli-refused": "ended as a success, but|succeeded without an operation's id"},
    "list-hides-one": {"cli-list": "is not listed by the command"},
    "status-lies": {"cli-state": "percentage: 50.0 by the command, 100.0 at the backend"},
    "cancel-does-nothing": {"cli-cancel": "to be cancelled at the backend within 10 s, but it has ended as"},
    "late-cancel-succeeds": {"cli-cancel-after-the-end": "expected <1>, but was <0>"},
    "interrupt-detaches": {"cli-ctrl-c": "to be cancelled at the backend within 5 s, but it has ended as"},
    "names-late": {"cli-named-at-once": "seconds until the command had named it"},
    "slow-help": {"cli-help": "seconds until the answer"},
}
MORE_LIES: dict[str, dict[str, str]] = {
    "starts-another": {"cli-train": "symbol and strategy"},
    "refusal-says-nothing": {"cli-refused": "message of the refusal"},
    "list-lies": {"cli-list": "is completed to the command, failed at the backend"},
    "interrupt-succeeds": {"cli-ctrl-c": "expected <1>, but was <0>"},
    "names-another": {"cli-named-at-once": "named op_training_.*x; http.* lists op_training_"},
}
LAST_LIES: dict[str, dict[str, str]] = {
    "gives-up-watching": {
        "cli-ctrl-c": "whether the command still runs|expected <1>, but was <(0|-2)>",
        "cli-follow": "status: expected",
    },
    "starts-all-the-same": {"cli-refused": "trainings started since the request|'} was started as"},
    "answers-otherwise": {"cli-named-at-once": "what the command answered a program.*'status': 'running'"},
}
# Of a command that names what it starts, no other lie about that may be told beside it.
ONE_LIE: dict[str, dict[str, str]] = {"starts-another": {"cli-known-at-once": "symbol and strategy"}}


@dataclass
class Ended:
    """One run: its exit status, and its scenarios by their ids."""

    status: int
    results: dict[str, Any]

    @property
    def scenarios(self) -> dict[str, Any]:
        return {one["id"]: one for one in self.results["scenarios"]}


def environment(form: str, lies: str, cli: str = STAND_IN) -> dict[str, str]:
    own = {"STAND_IN_SET": form, "STAND_IN_LIES": lies, "KTRDR_CLI": cli}
    inherited = {key: value for key, value in os.environ.items() if not key.startswith("KTRDR_")}
    return {**inherited, **own, "PYTHONDONTWRITEBYTECODE": "1"}


def command(reports: Path, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "behave", "features/cli", "-D", f"reports={reports}", *arguments]


def with_time(folder: Path) -> Path:
    """The features with twelve times the time: an honest command may be kept waiting by a busy machine."""
    (folder / "features" / "cli").mkdir(parents=True)
    for name in ("pyproject.toml", "environment.py", "steps"):
        (folder / name).symlink_to(ROOT / name)
    for path in (ROOT / "features" / "cli").glob("*.feature"):
        text = re.sub(
            r"within (\S+) seconds", lambda of: f"within {float(of[1]) * 12:g} seconds", path.read_text()
        )
        (folder / "features" / "cli" / path.name).write_text(text)
    return folder


def run(
    reports: Path, form: str, lies: str = "", *arguments: str, cli: str = STAND_IN, at: Path = ROOT
) -> Ended:
    done = subprocess.run(
        command(reports, *arguments),
        cwd=at,
        env=environment(form, lies, cli),
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert (reports / "results.json").exists(), done.stdout + done.stderr
    return Ended(done.returncode, json.loads((reports / "results.json").read_text()))


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Future[Ended]]]:
    folder = tmp_path_factory.mktemp("runs")
    with ThreadPoolExecutor(2) as pool:
        begun: dict[str, Future[Ended]] = {}
        for form in ("S", "H"):
            groups: list[tuple[str, dict[str, dict[str, str]]]] = [
                *(("honest", {}), ("lies", LIES), ("more", MORE_LIES), ("last", LAST_LIES), ("one", ONE_LIE))
            ]
            for name, lies in groups:
                caught = sorted({id for of_lie in lies.values() for id in of_lie})
                some = ["-t", " or ".join(f"@id:{id}" for id in caught)] if caught else []
                reports = folder / f"{name}-{form}"
                at = ROOT if lies else with_time(folder / f"features-{form}")
                begun[f"{name} {form}"] = pool.submit(run, reports, form, ",".join(lies), *some, at=at)
        yield begun
        pool.shutdown(cancel_futures=True)


@pytest.mark.parametrize("form", ["S", "H"])
def test_an_honest_command_meets_every_scenario_of_its_form(
    form: str, runs: dict[str, Future[Ended]]
) -> None:
    ended = runs[f"honest {form}"].result()
    verdicts = {id: one["verdict"] for id, one in ended.scenarios.items()}
    not_run = OF_H if form == "S" else set()
    wrong = [one["reason"] for one in ended.scenarios.values() if one["verdict"] == "not met"]
    assert wrong == []
    assert verdicts == {id: "not run" if id in not_run else "met" for id in verdicts}
    assert {ended.scenarios[id]["reason"] for id in not_run} <= {
        "KTRDR's command is of set S: it watches to the end and answers no program"
    }
    assert ended.status == 0
    assert ended.results["run_findings"] == []
    assert ended.results["target"]["command"] == STAND_IN


@pytest.mark.parametrize("form", ["S", "H"])
@pytest.mark.parametrize(
    ("group", "lies"), [("lies", LIES), ("more", MORE_LIES), ("last", LAST_LIES), ("one", ONE_LIE)]
)
def test_a_command_that_lies_is_caught(
    group: str, lies: dict[str, dict[str, str]], form: str, runs: dict[str, Future[Ended]]
) -> None:
    ended = runs[f"{group} {form}"].result()
    for lie, caught in lies.items():
        for id, said in caught.items():
            scenario = ended.scenarios[id]
            if form == "S" and id in OF_H:
                assert scenario["verdict"] == "not run"
                continue
            assert (scenario["verdict"], scenario["category"]) == ("not met", "CODE_BUG"), (lie, scenario)
            assert re.search(said, scenario["reason"], re.DOTALL), (lie, scenario["reason"])
    assert ended.status == 1


def test_nothing_is_left_of_honest_commands(
    runs: dict[str, Future[Ended]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    for future in runs.values():
        future.result()
    folder = next(tmp_path_factory.getbasetemp().glob("runs*"))
    assert [path.name for path in folder.glob("*/strategies-*")] == []


@pytest.mark.parametrize(
    ("cli", "said"),
    [
        ("", "KTRDR's command is not known (setting cli)"),
        ("no-such-ktrdr", "KTRDR's command (no-such-ktrdr --help) cannot be run: there is no program"),
    ],
)
def test_without_a_command_nothing_is_run_by_it(cli: str, said: str, tmp_path: Path) -> None:
    ended = run(tmp_path / "reports", "S", "", "-t", "@id:cli-help or @id:cli-refused", cli=cli)
    assert {one["verdict"] for one in ended.scenarios.values()} == {"not run"}
    assert all(one["reason"].startswith(said) for one in ended.scenarios.values())
    # Nothing was checked, so nothing is accepted.
    assert ended.status == 3


def test_a_command_that_watches_goes_with_a_run_that_is_killed(tmp_path: Path) -> None:
    process = subprocess.Popen(
        command(tmp_path / "reports", "-t", "@id:cli-ctrl-c"),
        cwd=ROOT,
        env=environment("S", "interrupt-detaches"),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    marker = str(tmp_path / "reports").encode()
    watching: set[int] = set()
    deadline = time.monotonic() + 180
    while not (watching := _running(marker, b"models")):
        assert time.monotonic() < deadline
        assert process.poll() is None
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait()
    while _running(marker, b"models") & watching:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _running(*words: bytes) -> set[int]:
    """Return the processes whose command line has these words."""
    found: set[int] = set()
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = path.read_bytes()
        except OSError:
            continue
        if all(word in line for word in words):
            found.add(int(path.parent.name))
    return found
