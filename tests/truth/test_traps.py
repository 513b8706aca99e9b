"""What single traps of the toolchain are about, beyond the verdicts."""

from __future__ import annotations

import json
from typing import Any

import pytest
from run.stub_ktrdr import StubKtrdr
from verdict.specimens import Outputs

from .conftest import Runs
from .specimens import SPECIMENS


def labels(test: dict[str, Any], name: str) -> list[str]:
    return [label["value"] for label in test["labels"] if label["name"] == name]


def attached(outputs: Outputs, id: str) -> list[str]:
    return [attachment["name"] for attachment in outputs.allure_of(id).get("attachments", [])]


@pytest.mark.parametrize("id", ["r-met", "r-refused", "r-row#right"])
def test_tags_of_a_rule_are_labels_of_its_scenarios(id: str, runs: Runs) -> None:
    outputs = runs.outputs("rules")
    assert labels(outputs.allure_of(id), "milestone") == ["CKP-M1"]
    assert labels(outputs.allure_of(id), "criterion") == ["D26"]
    assert outputs.row(id)["milestones"] == ["CKP-M1"]


@pytest.mark.parametrize("id", ["outside", "r-other"])
def test_tags_of_a_rule_are_no_labels_of_others(id: str, runs: Runs) -> None:
    outputs = runs.outputs("rules")
    assert labels(outputs.allure_of(id), "milestone") == []
    assert outputs.row(id)["milestones"] == []


def test_a_scenario_in_a_rule_has_the_steps_of_both_backgrounds(runs: Runs) -> None:
    outputs = runs.outputs("rules")
    steps = [step["name"] for step in outputs.allure_of("r-met")["steps"]]
    assert steps == ["Given something", "Given something", "Then one is one"]


def test_a_scenario_in_a_rule_has_its_evidence(runs: Runs) -> None:
    names = attached(runs.outputs("tables-and-texts-in-a-rule"), "r-table")
    assert any(name.startswith("HTTP exchanges") for name in names), names


@pytest.mark.parametrize("name", ["equal-names", "equal-ids-and-none"])
def test_what_is_named_alike_has_a_history_of_its_own(name: str, runs: Runs) -> None:
    outputs = runs.outputs(name)
    assert len({test["historyId"] for test in outputs.allure}) == len(outputs.results["scenarios"])
    assert len({test["historyId"] for test in runs.stock("equal-names").tests}) == 1


def test_the_reason_of_what_is_skipped_stands_in_every_output(runs: Runs) -> None:
    outputs = runs.outputs("skipped-with-a-reason")
    for id in ("by-hook", "by-step"):
        assert outputs.row(id)["reason"] == "no gateway here"
        assert outputs.allure_of(id)["statusDetails"]["message"] == "no gateway here"
        (case,) = (case for case in outputs.junit.iter("testcase") if case.get("name", "").startswith(id))
        (skipped,) = case.findall("skipped")
        assert skipped.get("message") == "no gateway here"
        assert f"- {id}: no gateway here" in outputs.markdown.splitlines()


def test_evidence_is_kept_of_every_failing_status_not_of_failed_alone(runs: Runs) -> None:
    outputs, specimen = runs.outputs("evidence-of-every-failure"), SPECIMENS["evidence-of-every-failure"]
    kept = {id: set(attached(outputs, id)) for id in specimen.right}
    for id, names in kept.items():
        assert {"HTTP exchanges", "Log of backend"} <= names, (id, names)
    with_log = [test["name"] for test in runs.stock(specimen.name).tests if test.get("attachments")]
    assert len(with_log) < len(specimen.right), "the trap has gone: stock behave keeps evidence of everything"


@pytest.mark.parametrize("name", ["hooks-of-scenarios", "step-leaves", "step-raises-a-base-exception"])
def test_what_was_started_is_put_back_whatever_failed(name: str, runs: Runs, ktrdr: StubKtrdr) -> None:
    rows = runs.outputs(name).results["scenarios"]
    started = [operation for row in rows for operation in row["operations"]]
    assert started
    for operation in started:
        assert f"DELETE /api/v1/operations/{operation}" in ktrdr.requests


def test_a_flaky_scenario_says_so_everywhere_and_keeps_the_evidence_of_each_attempt(runs: Runs) -> None:
    outputs = runs.outputs("retries")
    assert outputs.row("second")["attempts"] == 2
    assert "flaky" in labels(outputs.allure_of("second"), "tag")
    assert "flaky" not in labels(outputs.allure_of("steady"), "tag")
    assert outputs.said_by_junit()["second"] == "failure"
    assert outputs.said_by_markdown()["second"] == "flaky"
    assert "4 flaky" in runs.ours("retries").stdout.splitlines()[-3]


def test_a_hook_that_raised_at_the_first_attempt_does_not_stick_to_the_second(runs: Runs) -> None:
    outputs = runs.outputs("retries")
    assert [step["status"] for step in outputs.allure_of("hook")["steps"]] == ["passed"]
    assert outputs.row("hook")["reason"].endswith("the last attempt is met")


def test_a_second_run_leaves_nothing_of_the_first_beside_its_own_reports(runs: Runs) -> None:
    reports = runs.ours("second-run-into-the-folder").reports
    first = Outputs.of(reports / "previous")
    assert first.said_by_json() == {"two": "not met"}
    assert len(list(reports.glob("allure-results/*-result.json"))) == 2


def test_another_formatter_tells_the_same_beside_ours(runs: Runs) -> None:
    done = runs.ours("other-outputs-asked-for")
    (feature,) = json.loads((done.reports.parent / "told.json").read_text("utf-8"))
    assert {element["name"]: element["status"] for element in feature["elements"]} == {
        "The first": "passed",
        "The second": "failed",
        "The third": "passed",
    }


def test_a_formatter_that_breaks_is_a_finding_and_ends_nothing(runs: Runs) -> None:
    (finding,) = runs.outputs("progress-and-a-failing-cleanup").results["run_findings"]
    assert finding.startswith("the formatter progress broke and told no more: KeyError: ")


def test_no_junit_but_our_own_is_written(runs: Runs) -> None:
    done = runs.ours("other-outputs-asked-for")
    assert [path.name for path in done.reports.rglob("*.xml")] == ["junit.xml"]
    assert "--junit: every run writes JUnit, to " in done.stdout


@pytest.mark.parametrize(
    "name", [name for name, specimen in SPECIMENS.items() if specimen.verdict == "aborted" and specimen.right]
)
def test_an_aborted_run_has_no_finding_but_its_reason(name: str, runs: Runs) -> None:
    assert runs.outputs(name).results["run_findings"] == []
