"""`summary.md`: what happened, for a person and for a coding agent, ready to paste."""

from __future__ import annotations

from ktrdr_acceptance.verdict.comparison import comparison_lines
from ktrdr_acceptance.verdict.forms import Form, form
from ktrdr_acceptance.verdict.json_view import as_json
from ktrdr_acceptance.verdict.model import RunResult, ScenarioResult, Verdict
from ktrdr_acceptance.verdict.tables import run_tables, scenario_table


def as_markdown(run: RunResult) -> str:
    """Return a run as `summary.md` has it."""
    lines = [f"# KTRDR acceptance: {run.verdict}", ""]
    if compared := comparison_lines(run):
        lines += [*[f"- {line}" for line in compared], ""]
    lines += [f"- {line}" for line in [*run.target_lines, run.counts_line(), *run.notes()]]
    if run.unfit or run.aborted:
        lines += ["", "## Why", "", _quoted(run.aborted or run.unfit)]
    if run.run_findings:
        lines += [
            "",
            "## Findings of the run as a whole",
            "",
            *[f"- {finding}" for finding in run.run_findings],
        ]
    for scenario in run.scenarios:
        if scenario in run.refusals():
            lines += ["", *_failure(scenario, run.options)]
    tables = run_tables(run)
    if run.scenarios:
        tables["Scenarios"] = scenario_table(run)
    for title, table in tables.items():
        lines += ["", f"## {title}", "", *table]
    refused = run.refusals()
    for verdict in (Verdict.NOT_RUN, Verdict.KNOWN_ISSUE):
        found = [s for s in run.scenarios if s.verdict == verdict and s not in refused]
        if found:
            lines += ["", f"## {verdict.capitalize()}", "", *[f"- {s.id}: {s.reason}" for s in found]]
    if run.drift:
        lines += ["", "## Drift", "", *[f"- {line}" for line in run.drift_lines()]]
    if run.scenarios:
        lines += ["", "## To paste", "", *_folded(run)]
    lines += ["", run.last_line(), ""]
    return "\n".join(lines)


def _folded(run: RunResult) -> list[str]:
    """Return the forms of KTRDR's workflow, folded away: they repeat what stands above."""
    results = as_json(run)
    told = {
        "Acceptance criteria": Form.CHECKLIST,
        "Test, steps, result": Form.MILESTONE,
        "Test, result, duration": Form.TESTS,
    }
    lines: list[str] = []
    for title, which in told.items():
        lines += [f"<details><summary>{title}</summary>", "", *form(results, which), "", "</details>", ""]
    return lines[:-1]


def _failure(scenario: ScenarioResult, options: str) -> list[str]:
    age = f" ({scenario.age} failure)" if scenario.age else ""
    lines = [f"## {scenario.id} {scenario.name}: {scenario.verdict}{age}", ""]
    if scenario.category:
        lines += [f"- category: {scenario.category}", f"- next: {scenario.category.next_action}"]
    lines += [f"- feature: {scenario.file}:{scenario.line}"]
    if scenario.operations:
        lines += [f"- operations: {', '.join(scenario.operations)}"]
    alone = " ".join(filter(None, [".venv/bin/behave", options, f"{scenario.file}:{scenario.line}"]))
    lines += [f"- alone: `{alone}`", "", _quoted(scenario.reason)]
    return lines


def _quoted(text: str) -> str:
    return "\n".join(["```text", text.strip(), "```"])
