"""Specimens of scenario results and runs, and readers that say what each output states of them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from behave.parser import parse_feature

from ktrdr_acceptance.catalogue.tags import read_tags
from ktrdr_acceptance.faults import Category
from ktrdr_acceptance.verdict.model import RunResult, ScenarioResult, StepResult, Verdict
from ktrdr_acceptance.verdict.reports import Reports

TAGS = ("category:smoke", "milestone:CKP-M1", "criterion:D26", "severity:blocker")


def scenario_result(
    verdict: Verdict, category: Category | None = None, reason: str = "", *, id: str = "1.1", name: str = ""
) -> ScenarioResult:
    """Return a result as the session makes it."""
    tags = (*TAGS, f"id:{id}")
    return ScenarioResult(
        id=id,
        name=name or f"Scenario {id}",
        feature="Trainings",
        file="features/training/a.feature",
        line=int("".join(filter(str.isdigit, id)) or 1),
        tags=tags,
        facts=read_tags(tags),
        verdict=verdict,
        category=category,
        reason=reason if verdict != Verdict.MET else "",
        started_at=1_700_000_000.0,
        duration_s=1.5,
        steps=(StepResult("Given a training", "passed", 0.5),),
    )


def run_result(*scenarios: ScenarioResult, **changes: Any) -> RunResult:
    """Return a complete run with these scenarios."""
    run = RunResult(
        suite={"version": "0.1.0", "commit": "abc"},
        settings={"target": "embedded"},
        started_at=1_700_000_000.0,
        target={"kind": "embedded", "version": "1.0", "workers": []},
        target_lines=["KTRDR 1.0, generation S (embedded) at http://h:1"],
        scenarios=list(scenarios),
        duration_s=2.5,
        complete=True,
    )
    return replace(run, **changes)


def behave_scenario(result: ScenarioResult) -> Any:
    """Return behave's scenario that a result would come from."""
    tags = " ".join(f"@{tag}" for tag in result.tags)
    text = f"Feature: {result.feature}\n  {tags}\n  Scenario: {result.name}\n    Given a training\n"
    (scenario,) = parse_feature(text, filename=result.file).walk_scenarios()
    return scenario


class Outputs:
    """Every output of one run, written as a run writes them, and what each says."""

    def __init__(self, folder: Path, run: RunResult, reached: list[ScenarioResult] | None = None) -> None:
        reports = Reports(folder)
        for result in run.scenarios if reached is None else reached:
            reports.scenario(run, result, behave_scenario(result))
        reports.finish(run)
        self.read(folder)

    @classmethod
    def of(cls, folder: Path) -> Outputs:
        """Return the outputs that lie in a folder."""
        outputs = cls.__new__(cls)
        outputs.read(folder)
        return outputs

    def read(self, folder: Path) -> None:
        self.results: dict[str, Any] = json.loads((folder / "results.json").read_text("utf-8"))
        self.junit = ElementTree.fromstring((folder / "junit.xml").read_text("utf-8"))
        self.markdown = (folder / "summary.md").read_text("utf-8")
        allure = folder / "allure-results"
        self.allure = [json.loads(path.read_text("utf-8")) for path in sorted(allure.glob("*-result.json"))]
        self.allure_errors = [
            error["message"]
            for path in sorted(allure.glob("*-globals.json"))
            for error in json.loads(path.read_text("utf-8")).get("errors", [])
        ]
        self._allure_folder = allure
        self.allure_facts = dict(
            line.split(" = ", 1)
            for line in (allure / "environment.properties").read_text("utf-8").splitlines()
        )

    def allure_tables(self) -> dict[str, str]:
        """Return the attachments of the run as a whole by their name."""
        return {
            attached["name"]: (self._allure_folder / attached["source"]).read_text("utf-8")
            for path in sorted(self._allure_folder.glob("*-globals.json"))
            for attached in json.loads(path.read_text("utf-8")).get("attachments", [])
        }

    def row(self, id: str) -> dict[str, Any]:
        """Return a scenario's row of results.json."""
        (row,) = (row for row in self.results["scenarios"] if row["id"] == id)
        return dict(row)

    def said_by_json(self) -> dict[str, str]:
        return {row["id"]: row["verdict"] for row in self.results["scenarios"]}

    def said_by_markdown(self) -> dict[str, str]:
        table = self.markdown.split("\n## Scenarios\n")[1].split("\n## ")[0]
        rows = [line.split(" | ") for line in table.splitlines() if line.startswith("| ")]
        return {row[0].removeprefix("| "): row[2].split(" ", 1)[1] for row in rows if row[0] != "| Scenario"}

    def said_by_junit(self) -> dict[str, str]:
        return {
            case.get("name", "").split(" ")[0]: next(
                (child.tag for child in case if child.tag not in ("system-out", "properties")), "passed"
            )
            for case in self.junit.iter("testcase")
            if case.get("classname") != "run"
        }

    def said_by_allure(self) -> dict[str, str]:
        return {test["name"].split(" ")[0]: test["status"] for test in self.allure}

    def allure_of(self, id: str) -> dict[str, Any]:
        """Return a scenario's Allure result."""
        (test,) = (test for test in self.allure if test["name"].split(" ")[0] == id)
        return dict(test)

    def run_errors_of_junit(self) -> list[str]:
        return [
            str(error.get("message"))
            for case in self.junit.iter("testcase")
            if case.get("classname") == "run"
            for error in case.iter("error")
        ]

    def last_line(self) -> str:
        return self.markdown.rstrip().splitlines()[-1]


# What Allure and JUnit call a scenario, by its verdict and category: the design's table.
ALLURE = {
    (Verdict.MET, None): "passed",
    (Verdict.NOT_MET, Category.CODE_BUG): "failed",
    (Verdict.NOT_MET, Category.CONFIGURATION): "failed",
    (Verdict.NOT_MET, Category.TEST_ISSUE): "broken",
    (Verdict.FLAKY, None): "broken",
    (Verdict.FLAKY, Category.CODE_BUG): "broken",
    (Verdict.FLAKY, Category.TEST_ISSUE): "broken",
    (Verdict.KNOWN_ISSUE, None): "skipped",
    (Verdict.KNOWN_ISSUE, Category.CODE_BUG): "skipped",
    (Verdict.NOT_RUN, None): "skipped",
    (Verdict.NOT_RUN, Category.ENVIRONMENT): "skipped",
}
JUNIT = {
    (Verdict.MET, None): "passed",
    (Verdict.NOT_MET, Category.CODE_BUG): "failure",
    (Verdict.NOT_MET, Category.CONFIGURATION): "failure",
    (Verdict.NOT_MET, Category.TEST_ISSUE): "error",
    (Verdict.FLAKY, None): "failure",
    (Verdict.FLAKY, Category.CODE_BUG): "failure",
    (Verdict.FLAKY, Category.TEST_ISSUE): "failure",
    (Verdict.KNOWN_ISSUE, None): "skipped",
    (Verdict.KNOWN_ISSUE, Category.CODE_BUG): "skipped",
    (Verdict.NOT_RUN, None): "skipped",
    (Verdict.NOT_RUN, Category.ENVIRONMENT): "skipped",
}


def assert_same_verdicts(outputs: Outputs) -> None:
    """Assert that every output states the verdicts that results.json states, of scenarios and run."""
    said = outputs.said_by_json()
    kinds = {
        row["id"]: (Verdict(row["verdict"]), Category(row["category"]) if row["category"] else None)
        for row in outputs.results["scenarios"]
    }
    assert outputs.said_by_markdown() == said
    assert outputs.said_by_junit() == {id: JUNIT[kind] for id, kind in kinds.items()}
    assert outputs.said_by_allure() == {id: ALLURE[kind] for id, kind in kinds.items()}
    assert_same_run_verdict(outputs)


def assert_same_run_verdict(outputs: Outputs) -> None:
    """Assert that every output states the run's verdict that results.json states, and its reason."""
    verdict, issue = outputs.results["verdict"], outputs.results["issue"]
    accepted = verdict == "accepted"
    found = outputs.results["settings"].get("issue_form") == "issue-found"
    mark = "❌ Issue found" if found else "❌ Issue"
    assert outputs.markdown.startswith(f"# KTRDR acceptance: {verdict}\n")
    assert issue == issue.strip()
    assert outputs.last_line() == ("✅ Integration test passed" if accepted else f"{mark}: {issue}")
    assert outputs.allure_facts["Verdict"] == verdict
    assert (
        outputs.results["exit_status"]
        == {
            "accepted": 0,
            "not accepted": 1,
            "environment unfit": 3,
            "aborted": 4,
        }[verdict]
    )
    assert bool(issue) is not accepted
    cases = list(outputs.junit.iter("testcase"))
    failed = [case for case in cases if case.find("failure") is not None or case.find("error") is not None]
    counted = {
        tag: sum(case.find(tag) is not None for case in cases) for tag in ("failure", "error", "skipped")
    }
    assert outputs.junit.get("tests") == str(len(cases))
    assert outputs.junit.get("failures") == str(counted["failure"])
    assert outputs.junit.get("errors") == str(counted["error"])
    assert outputs.junit.get("skipped") == str(counted["skipped"])
    if accepted:
        assert failed == []
        assert outputs.allure_errors == []
    if verdict in ("environment unfit", "aborted"):
        assert outputs.run_errors_of_junit() == [issue]
        assert outputs.allure_errors.count(issue) == 1
