"""A run with something of everything, as each output tells it: word by word."""

from __future__ import annotations

import json
from dataclasses import replace
from hashlib import md5
from pathlib import Path
from typing import Any

import pytest

from ktrdr_acceptance.catalogue.tags import read_tags
from ktrdr_acceptance.verdict import allure
from ktrdr_acceptance.verdict.junit import as_junit
from ktrdr_acceptance.verdict.markdown import as_markdown
from ktrdr_acceptance.verdict.model import Verdict
from ktrdr_acceptance.verdict.reports import Reports

from .everything import NOT_MET, NOT_RUN_EITHER, behave_row, everything
from .specimens import Outputs, assert_same_verdicts, behave_scenario, run_result, scenario_result
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


def test_each_result_of_allure_s_is_another_and_can_be_searched(reports: Path) -> None:
    files = list((reports / "allure-results").glob("*-result.json"))
    assert len({json.loads(file.read_text("utf-8"))["uuid"] for file in files}) == 7
    assert sum("größer" in file.read_text("utf-8") for file in files) == 1


def test_what_allure_says_of_the_run_as_a_whole(reports: Path) -> None:
    found = allure_objects(reports / "allure-results", "globals")
    assert sorted(found, key=json.dumps) == json.loads((RENDERED / "allure-run.json").read_text("utf-8"))


def test_the_console(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    expected_s = {"1.1": 1.2, "1.2": 3.0, "9.9": 5.0}
    lines = printed(everything(), capfd, monkeypatch, expected_s)
    assert lines == lines_of(RENDERED / "console.txt")[:-1]


def test_they_agree(reports: Path) -> None:
    assert_same_verdicts(Outputs.of(reports))


# what is said only where there is something to say

SHORT = replace(scenario_result(Verdict.MET), tags=(), facts=read_tags(()))


def test_a_summary_of_nothing_but_a_scenario() -> None:
    assert (
        as_markdown(run_result(SHORT, target_lines=[]))
        == """\
# KTRDR acceptance: accepted

- 1 met, 0 not met, 0 not run of 1 scenario in 2.5 s

## Scenarios

| Scenario | Title | Result | Duration | Planned |
|---|---|---|---|---|
| 1.1 | Scenario 1.1 | ✅ met | 1.5 s | – |

## To paste

<details><summary>Acceptance criteria</summary>


</details>

<details><summary>Test, steps, result</summary>

| Test | Steps | Result |
|---|---|---|
| 1.1 Scenario 1.1 | 1 of 1 | ✅ PASSED |

</details>

<details><summary>Test, result, duration</summary>

| Test | Result | Duration |
|---|---|---|
| 1.1 Scenario 1.1 | ✅ PASSED | 1.5 s |

</details>

✅ Integration test passed
"""
    )


@pytest.mark.parametrize(
    ("changes", "verdict", "why", "issue"),
    [
        ({"aborted": "SIGTERM\nof ```"}, "aborted", "SIGTERM\nof ```", "aborted: SIGTERM"),
        ({"unfit": "backend gone\n"}, "environment unfit", "backend gone", "environment unfit: backend gone"),
        ({"aborted": "SIGTERM", "unfit": "backend gone"}, "aborted", "SIGTERM", "aborted: SIGTERM"),
    ],
    ids=["aborted", "unfit", "both"],
)
def test_a_summary_of_a_run_that_came_to_nothing(
    changes: dict[str, str], verdict: str, why: str, issue: str
) -> None:
    fence = "````" if "```" in why else "```"
    assert (
        as_markdown(run_result(target_lines=[], **changes))
        == f"""\
# KTRDR acceptance: {verdict}

- 0 met, 0 not met, 0 not run of 0 scenarios in 2.5 s

## Why

{fence}text
{why}
{fence}

❌ Issue: {issue}
"""
    )


def test_a_failure_that_is_compared_with_nothing_has_no_age() -> None:
    failed = scenario_result(Verdict.NOT_MET, None, "because")
    assert "\n\n## 1.1 Scenario 1.1: not met\n\n```text\nactual: because\n" in as_markdown(run_result(failed))


def test_junit_of_nothing_but_a_scenario() -> None:
    assert (
        as_junit(run_result(SHORT, target_lines=[]))
        == """\
<?xml version="1.0" encoding="utf-8"?>
<testsuite name="KTRDR acceptance" tests="1" failures="0" errors="0" skipped="0" time="2.500">
  <testcase name="1.1 Scenario 1.1" classname="Trainings" time="1.500" />
</testsuite>
"""
    )


def test_junit_of_a_run_that_came_to_nothing() -> None:
    assert (
        as_junit(run_result(target_lines=[], aborted="SIGTERM\nof somebody"))
        == """\
<?xml version="1.0" encoding="utf-8"?>
<testsuite name="KTRDR acceptance" tests="1" failures="0" errors="1" skipped="0" time="2.500">
  <system-err>aborted: SIGTERM</system-err>
  <testcase name="run: aborted" classname="run">
    <error message="aborted: SIGTERM" />
  </testcase>
</testsuite>
"""
    )


def test_allure_of_nothing_but_a_scenario(tmp_path: Path) -> None:
    outputs = Outputs(tmp_path, run_result(replace(SHORT, steps=(), started_at=0.0), target_lines=[]))
    test = outputs.allure_of("1.1")
    assert test["stop"] - test["start"] == 1500
    assert {name: part for name, part in test.items() if name not in ("uuid", "start", "stop", "labels")} == {
        "name": "1.1 Scenario 1.1",
        "fullName": "Trainings: 1.1",
        "status": "passed",
        "titlePath": ["features", "training", "Trainings"],
        **dict.fromkeys(("historyId", "testCaseId"), md5(b"1.1", usedforsecurity=False).hexdigest()),
    }
    assert outputs.allure_errors == []
    assert outputs.allure_tables() == {}
