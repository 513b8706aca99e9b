"""The comparison of outputs tells every way in which one of them could lie."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from ktrdr_acceptance.faults import Category
from ktrdr_acceptance.verdict.model import Verdict

from .agreement import console_disagreements, disagreements
from .specimens import Outputs, run_result, scenario_result

MET = scenario_result(Verdict.MET, id="1.1")
REFUSED = scenario_result(Verdict.NOT_MET, Category.CODE_BUG, "because", id="1.2")
NOT_RUN = scenario_result(Verdict.NOT_RUN, None, "no worker", id="1.3")


@pytest.fixture
def outputs(tmp_path: Path) -> Outputs:
    return Outputs(tmp_path, run_result(MET, REFUSED, NOT_RUN))


@pytest.fixture
def accepted(tmp_path: Path) -> Outputs:
    return Outputs(tmp_path / "accepted", run_result(MET, replace(MET, id="1.4", line=14)))


def case(outputs: Outputs, id: str) -> ElementTree.Element:
    (found,) = (one for one in outputs.junit.iter("testcase") if one.get("name", "").startswith(f"{id} "))
    return found


def write(attribute: str, before: str, after: str) -> Callable[[Outputs], None]:
    def change(outputs: Outputs) -> None:
        text = getattr(outputs, attribute)
        assert before in text
        setattr(outputs, attribute, text.replace(before, after))

    return change


def in_allure(id: str, **changes: Any) -> Callable[[Outputs], None]:
    """Change what Allure says of a scenario."""

    def change(outputs: Outputs) -> None:
        (found,) = (test for test in outputs.allure if test["name"].startswith(f"{id} "))
        found.update(changes)

    return change


def row(id: str, **changes: Any) -> Callable[[Outputs], None]:
    """Change what results.json says of a scenario."""

    def change(outputs: Outputs) -> None:
        (found,) = (row for row in outputs.results["scenarios"] if row["id"] == id)
        found.update(changes)

    return change


def same_history(outputs: Outputs) -> None:
    outputs.allure[0]["historyId"] = outputs.allure[1]["historyId"]


def one_more_case(outputs: Outputs) -> None:
    outputs.junit.append(ElementTree.fromstring('<testcase name="9.9 x" classname="y"/>'))
    outputs.junit.set("tests", "4")


def fewer_milestones(outputs: Outputs) -> None:
    outputs.results["milestones"] = []


def junit_says_passed(outputs: Outputs) -> None:
    refused = case(outputs, "1.2")
    refused.remove(refused.findall("failure")[0])
    outputs.junit.set("failures", "0")


# What is changed in an output of a run -> a part of what is told of it.
LIES: dict[str, tuple[Callable[[Outputs], None], str]] = {
    "allure-passed": (in_allure("1.2", status="passed"), "Allure says 'passed' of 1.2"),
    "allure-missing": (lambda o: o.allure.pop(), "Allure does not say"),
    "allure-twice": (lambda o: o.allure.append({**o.allure[0], "historyId": "x"}), "Allure says"),
    "allure-retry": (same_history, "as a retry of the other"),
    "allure-without-a-word": (in_allure("1.2", statusDetails={}), "is failed without a word"),
    "allure-passed-with-a-message": (in_allure("1.1", statusDetails={"message": "x"}), "passed, and yet x"),
    "allure-passed-with-a-red-step": (
        in_allure("1.1", steps=[{"name": "x", "status": "failed"}]),
        "passed, and yet ['failed']",
    ),
    "allure-run": (lambda o: o.allure_facts.update(Verdict="accepted"), "Allure's verdict on the run"),
    "allure-milestone": (
        lambda o: o.allure_facts.update({"Milestone.CKP-M1": "CKP-M1 met: 1 met"}),
        "Allure's milestones",
    ),
    "junit-passed": (junit_says_passed, "junit.xml says 'passed' of 1.2"),
    "junit-no-message": (
        lambda o: case(o, "1.2").findall("failure")[0].attrib.pop("message"),
        "has a failure without a message",
    ),
    "junit-missing": (lambda o: o.junit.remove(case(o, "1.1")), "junit.xml does not say 'passed' of 1.1"),
    "junit-extra": (one_more_case, "junit.xml says 'passed' of 9.9"),
    "junit-count": (lambda o: o.junit.set("failures", "0"), "junit.xml's failures"),
    "junit-skipped": (lambda o: o.junit.set("skipped", "0"), "junit.xml's skipped"),
    "junit-tests": (lambda o: o.junit.set("tests", "2"), "junit.xml's tests"),
    "markdown-title": (write("markdown", ": not accepted\n", ": accepted\n"), "summary.md's title"),
    "markdown-row": (
        write("markdown", "❌ not met | 1.5 s", "✅ met | 1.5 s"),
        "summary.md says 'met' of 1.2",
    ),
    "markdown-counts": (write("markdown", "1 met, 1 not met", "2 met, 0 not met"), "summary.md does not say"),
    "markdown-last-line": (write("markdown", "❌ Issue: ", "✅ "), "summary.md's last line"),
    "markdown-milestone": (
        write("markdown", " | not met | 1 met", " | met | 1 met"),
        "summary.md's milestones",
    ),
    "json-verdict": (row("1.2", verdict="met"), "junit.xml says 'failure' of 1.2"),
    "json-reason": (row("1.2", reason=""), "1.2 is not met for the reason ''"),
    "json-met-for-a-reason": (row("1.1", reason="x"), "1.1 is met for the reason 'x'"),
    "json-summary": (lambda o: o.results["summary"].update(met=2), "the counts of results.json"),
    "json-exit-status": (lambda o: o.results.update(exit_status=0), "the exit status of results.json"),
    "json-status": (lambda o: o.results.update(status="aborted"), "the status of results.json"),
    "json-issue": (lambda o: o.results.update(issue=""), "whether there is an issue"),
    "json-finding": (lambda o: o.results.update(run_findings=["x"]), "keeps quiet about 'x'"),
    "json-milestones": (fewer_milestones, "junit.xml's milestones"),
    "json-milestone": (lambda o: o.results["milestones"][0].update(verdict="met"), "the verdict on CKP-M1"),
}


def test_outputs_as_they_are_written_agree(outputs: Outputs, accepted: Outputs) -> None:
    assert disagreements(outputs) == []
    assert disagreements(accepted) == []


@pytest.mark.parametrize("name", list(LIES))
def test_each_lie_of_one_output_is_told(name: str, outputs: Outputs) -> None:
    change, told = LIES[name]
    change(outputs)
    assert any(told in line for line in disagreements(outputs)), disagreements(outputs)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda o: o.allure_errors.append("x"), "what is red in Allure"),
        (lambda o: o.results["run_findings"].append("x"), "the findings of the run"),
        (in_allure("1.1", status="broken"), "what is red in Allure"),
    ],
)
def test_nothing_may_be_red_in_a_run_that_is_accepted(
    change: Callable[[Outputs], None], told: str, accepted: Outputs
) -> None:
    change(accepted)
    assert any(told in line for line in disagreements(accepted))


STDOUT = """
1.2 Scenario 1.2 (features/training/a.feature:12)
  because
– CKP-M1 not met: 1 met, 1 not met, 1 not run (1.2)
1 met, 1 not met, 1 not run of 3 scenarios in 2.5 s
report: reports/summary.md; exit status 1
❌ Issue: 1.2 Scenario 1.2 is not met: because
"""


@pytest.mark.parametrize(
    ("before", "after", "status", "told"),
    [
        ("", "", 1, ""),
        ("", "", 0, "the process' exit status: 0, not 1"),
        ("exit status 1", "exit status 0", 1, "the console's exit status"),
        ("❌ Issue: 1.2", "✅ 1.2", 1, "the console's last line"),
        ("1 met, 1 not met, 1 not run of", "2 met, 0 not met, 1 not run of", 1, "the console's counts"),
        ("1.2 Scenario 1.2 (features", "1.2 (features", 1, "the scenarios that the console refuses"),
        (
            "  because",
            "1.2 Scenario 1.2 (features/training/a.feature:12)",
            1,
            "the scenarios that the console",
        ),
        ("CKP-M1 not met", "CKP-M1 met", 1, "the console does not say that CKP-M1 is not met"),
    ],
)
def test_each_lie_of_the_console_is_told(
    before: str, after: str, status: int, told: str, outputs: Outputs
) -> None:
    assert before in STDOUT
    found = console_disagreements(outputs, STDOUT.replace(before, after) if before else STDOUT, status)
    assert any(told in line for line in found) if told else found == []
