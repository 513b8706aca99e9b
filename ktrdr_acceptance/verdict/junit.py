"""`junit.xml`: one test suite for the run."""

from __future__ import annotations

from xml.etree import ElementTree

from ktrdr_acceptance.faults import Category
from ktrdr_acceptance.verdict.comparison import comparison_lines
from ktrdr_acceptance.verdict.milestones import milestone_results
from ktrdr_acceptance.verdict.model import RunResult, RunVerdict, ScenarioResult, Verdict
from ktrdr_acceptance.verdict.recorded import recorded_lines
from ktrdr_acceptance.verdict.xml_text import xml_text


def as_junit(run: RunResult) -> str:
    """Return a run as JUnit XML."""
    cases = [_case(scenario) for scenario in run.scenarios]
    found = {
        tag: sum(1 for case in cases if case.find(tag) is not None) for tag in ("failure", "error", "skipped")
    }
    suite = ElementTree.Element(
        "testsuite",
        name="KTRDR acceptance",
        tests=str(len(cases)),
        failures=str(found["failure"]),
        errors=str(found["error"]),
        skipped=str(found["skipped"]),
        time=f"{run.duration_s:.3f}",
    )
    if run.baseline is not None:
        properties = ElementTree.SubElement(suite, "properties")
        ElementTree.SubElement(properties, "property", name="baseline", value=str(run.baseline.file))
    suite.extend(cases)
    # Of a run that is strict, or in which nothing is met, no scenario may be red.
    is_told = run.verdict == RunVerdict.NOT_ACCEPTED and (found["failure"] or found["error"])
    if run.run_findings or (run.verdict != RunVerdict.ACCEPTED and not is_told):
        suite.set("errors", str(found["error"] + 1))
        ElementTree.SubElement(suite, "system-err").text = "\n".join([run.issue(), *run.run_findings])
        problem = ElementTree.SubElement(suite, "testcase", name=f"run: {run.verdict}", classname="run")
        ElementTree.SubElement(problem, "error", message=run.issue())
        suite.set("tests", str(len(cases) + 1))
    milestones = [f"milestone {result.line()}" for result in milestone_results(run)]
    compared = comparison_lines(run)
    preflight = run.preflight.lines() if run.preflight else []
    before, after = [*compared, *run.target_lines, *preflight, *run.notes()], run.watched.lines()
    if notes := [*before, *milestones, *recorded_lines(run), *after]:
        ElementTree.SubElement(suite, "system-out").text = "\n".join(notes)
    ElementTree.indent(suite)
    text = ElementTree.tostring(suite, encoding="unicode")
    return '<?xml version="1.0" encoding="utf-8"?>\n' + xml_text(text) + "\n"


def _text(scenario: ScenarioResult) -> str:
    """Return the failure block; without one the reason."""
    return "\n".join(scenario.failure.lines()) if scenario.failure else scenario.reason


def _case(scenario: ScenarioResult) -> ElementTree.Element:
    case = ElementTree.Element(
        "testcase",
        name=f"{scenario.id} {scenario.name}",
        classname=scenario.feature,
        time=f"{scenario.duration_s:.3f}",
    )
    if scenario.age:
        properties = ElementTree.SubElement(case, "properties")
        ElementTree.SubElement(properties, "property", name="failure", value=scenario.age)
    message = scenario.reason.splitlines()[0] if scenario.reason else ""
    if scenario.verdict in (Verdict.NOT_RUN, Verdict.KNOWN_ISSUE):
        ElementTree.SubElement(case, "skipped", message=message)
    elif scenario.verdict != Verdict.MET:
        is_error = scenario.verdict == Verdict.NOT_MET and scenario.category == Category.TEST_ISSUE
        tag = "error" if is_error else "failure"
        ElementTree.SubElement(case, tag, message=message, type=str(scenario.category)).text = _text(scenario)
    planned = [] if scenario.expected_s is None else [f"scenario: planned {scenario.expected_s:.1f} s"]
    if said := [*planned, *map(str, scenario.operation_durations)]:
        ElementTree.SubElement(case, "system-out").text = "\n".join(said)
    return case
