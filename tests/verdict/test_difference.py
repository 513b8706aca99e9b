"""Two runs side by side: the same verdicts are no difference, anything else is one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from ktrdr_acceptance.cli import app


def scenario(id: str = "1.1", verdict: str = "met", category: str | None = None, reason: str = "") -> Any:
    return {"id": id, "name": id, "verdict": verdict, "category": category, "reason": reason}


def results(folder: Path, name: str, scenarios: list[Any], status: str = "complete") -> str:
    content = {
        "schema": 1,
        "status": status,
        "verdict": "accepted",
        "suite": {"version": "0", "commit": "c"},
        "target": {"kind": name},
        "started_at": "now",
        "scenarios": scenarios,
    }
    file = folder / f"{name}.json"
    file.write_text(json.dumps(content), "utf-8")
    return str(file)


def compared(folder: Path, first: list[Any], second: list[Any], status: str = "complete") -> tuple[int, str]:
    files = [results(folder, "embedded", first), results(folder, "docker", second, status)]
    done = CliRunner().invoke(app, ["compare", *files])
    return done.exit_code, done.output.replace(f"{folder}/", "")


def test_the_same_verdicts_are_no_difference(tmp_path: Path) -> None:
    both = [scenario(), scenario("1.2", "not run", None, "no GPU")]
    # Why something was not run may be said otherwise.
    other = [scenario(), scenario("1.2", "not run", None, "none")]
    assert compared(tmp_path, both, other) == (0, "0 differences over 2 scenarios (embedded and docker)\n")


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        (
            [scenario()],
            [scenario("1.1", "not met", "CODE_BUG", "too late\nby far")],
            "1.1: met in embedded.json, not met (CODE_BUG: too late) in docker.json",
        ),
        (
            [scenario("1.1", "not met", "CODE_BUG", "x")],
            [scenario("1.1", "not met", "TEST_ISSUE", "x")],
            "1.1: not met (CODE_BUG: x) in embedded.json, not met (TEST_ISSUE: x) in docker.json",
        ),
        ([scenario(), scenario("1.2")], [scenario()], "1.2: met in embedded.json, absent in docker.json"),
        ([scenario()], [scenario(), scenario("1.2")], "1.2: absent in embedded.json, met in docker.json"),
        ([], [], "neither embedded.json nor docker.json has a scenario"),
    ],
)
def test_anything_else_is_a_difference(
    tmp_path: Path, first: list[Any], second: list[Any], said: str
) -> None:
    status, printed = compared(tmp_path, first, second)
    assert status == 1
    assert printed.splitlines()[0] == said
    assert printed.splitlines()[1].startswith("1 differences over ")


def test_a_run_that_was_aborted_is_never_the_same(tmp_path: Path) -> None:
    status, printed = compared(tmp_path, [scenario()], [scenario()], "aborted")
    assert (status, printed.splitlines()[0]) == (
        1,
        "docker.json was aborted, so that it says nothing of some scenarios",
    )
