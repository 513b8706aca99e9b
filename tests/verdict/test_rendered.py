"""A run with something of everything, as each output tells it: word by word."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ktrdr_acceptance.verdict import allure
from ktrdr_acceptance.verdict.reports import Reports

from .everything import NOT_MET, NOT_RUN_EITHER, behave_row, everything
from .specimens import Outputs, assert_same_verdicts, behave_scenario
from .test_outputs_agree import printed

RENDERED = Path(__file__).parent / "rendered"
# When the outputs are written.
NOW_MS = 1_700_000_009_000


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a run that did not come to one of its scenarios."""
    folder = tmp_path_factory.mktemp("reports")
    run, writing = everything(), Reports(folder)
    for result in run.scenarios:
        if result is not NOT_RUN_EITHER:
            writing.scenario(run, result, behave_row() if result is NOT_MET else behave_scenario(result))
    with pytest.MonkeyPatch.context() as until_written:
        until_written.setattr(allure, "now", lambda: NOW_MS)
        writing.finish(run)
    return folder


def lines_of(path: Path) -> list[str]:
    return path.read_bytes().decode("utf-8").split("\n")


@pytest.mark.parametrize("name", ["summary.md", "junit.xml", "results.json"])
def test_a_file(name: str, reports: Path) -> None:
    assert lines_of(reports / name) == lines_of(RENDERED / name)


@pytest.mark.parametrize("name", ["environment.properties", "categories.json"])
def test_a_file_of_allure_s(name: str, reports: Path) -> None:
    assert lines_of(reports / "allure-results" / name) == lines_of(RENDERED / name)


def plain(value: Any, folder: Path) -> Any:
    """Return what an object of Allure's says: attachments as their lines, a label as its name and value."""
    if isinstance(value, list):
        return [plain(one, folder) for one in value]
    if not isinstance(value, dict):
        return value
    if value.keys() == {"name", "value"}:
        return f"{value['name']} = {value['value']}"
    # It is another each time.
    said = {name: plain(part, folder) for name, part in value.items() if name != "uuid"}
    if source := said.pop("source", None):
        said |= {"suffix": Path(source).suffix, "lines": lines_of(folder / source)}
    return said


def allure_objects(folder: Path, kind: str) -> list[Any]:
    return [plain(json.loads(path.read_text("utf-8")), folder) for path in folder.glob(f"*-{kind}.json")]


def test_the_scenarios_of_allure_s(reports: Path) -> None:
    found = sorted(allure_objects(reports / "allure-results", "result"), key=lambda test: test["name"])
    assert found == json.loads((RENDERED / "allure-scenarios.json").read_text("utf-8"))


def test_what_allure_says_of_the_run_as_a_whole(reports: Path) -> None:
    found = allure_objects(reports / "allure-results", "globals")
    assert sorted(found, key=json.dumps) == json.loads((RENDERED / "allure-run.json").read_text("utf-8"))


def test_the_console(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    expected_s = {"1.1": 1.2, "1.2": 3.0, "9.9": 5.0}
    lines = printed(everything(), capfd, monkeypatch, expected_s)
    assert lines == lines_of(RENDERED / "console.txt")[:-1]


def test_they_agree(reports: Path) -> None:
    assert_same_verdicts(Outputs.of(reports))
