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

from .agreement import ALLURE as ALLURE
from .agreement import JUNIT as JUNIT
from .agreement import disagreements, disagreements_on_the_run

Pairs = list[tuple[str, str]]
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

    def pairs_of_json(self) -> Pairs:
        """Return each scenario's id and what is said of it; an id that stands twice is there twice."""
        return [(row["id"], row["verdict"]) for row in self.results["scenarios"]]

    def pairs_of_markdown(self) -> Pairs:
        if "\n## Scenarios\n" not in self.markdown:
            return []
        table = self.markdown.split("\n## Scenarios\n")[1].split("\n## ")[0]
        rows = [line.split(" | ") for line in table.splitlines() if line.startswith("| ")]
        return [
            (row[0].removeprefix("| "), row[2].split(" ", 1)[1]) for row in rows if row[0] != "| Scenario"
        ]

    def pairs_of_junit(self) -> Pairs:
        return [
            (
                case.get("name", "").split(" ")[0],
                next(
                    (child.tag for child in case if child.tag not in ("system-out", "properties")), "passed"
                ),
            )
            for case in self.junit.iter("testcase")
            if case.get("classname") != "run"
        ]

    def pairs_of_allure(self) -> Pairs:
        return [(test["name"].split(" ")[0], test["status"]) for test in self.allure]

    def said_by_json(self) -> dict[str, str]:
        return _by_id(self.pairs_of_json())

    def said_by_markdown(self) -> dict[str, str]:
        return _by_id(self.pairs_of_markdown())

    def said_by_junit(self) -> dict[str, str]:
        return _by_id(self.pairs_of_junit())

    def said_by_allure(self) -> dict[str, str]:
        return _by_id(self.pairs_of_allure())

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


def _by_id(pairs: Pairs) -> dict[str, str]:
    said = dict(pairs)
    assert len(said) == len(pairs), f"an id stands twice: {pairs}"
    return said


def assert_same_verdicts(outputs: Outputs) -> None:
    """Assert that every output states the verdicts that results.json states, of scenarios and run."""
    found = disagreements(outputs)
    assert not found, "\n".join(found)


def assert_same_run_verdict(outputs: Outputs) -> None:
    """Assert that every output states the run's verdict that results.json states, and its reason."""
    found = disagreements_on_the_run(outputs)
    assert not found, "\n".join(found)
