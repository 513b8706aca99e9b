"""`summary.md`: what happened, for a person and for a coding agent, ready to paste."""

from __future__ import annotations

import re

from ktrdr_acceptance.verdict.comparison import comparison_lines
from ktrdr_acceptance.verdict.forms import Form, form
from ktrdr_acceptance.verdict.json_view import as_json
from ktrdr_acceptance.verdict.model import RunResult, ScenarioResult, Verdict
from ktrdr_acceptance.verdict.tables import CRITERIA, run_tables, scenario_table


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
    refused = run.refusals()
    for scenario in refused:
        lines += ["", *_failure(scenario, run.options)]
    tables = run_tables(run)
    if run.scenarios:
        tables["Scenarios"] = scenario_table(run)
    for title, table in tables.items():
        lines += ["", *(_fold(title, table) if title == CRITERIA else [f"## {title}", "", *table])]
    told = {scenario.key for scenario in refused}
    for verdict in (Verdict.NOT_RUN, Verdict.KNOWN_ISSUE):
        found = [s for s in run.scenarios if s.verdict == verdict and s.key not in told]
        if found:
            lines += ["", f"## {verdict.capitalize()}", "", *[f"- {s.id}: {s.reason}" for s in found]]
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
        lines += [*_fold(title, form(results, which)), ""]
    return lines[:-1]


def _fold(title: str, lines: list[str]) -> list[str]:
    """Return what few read and many would have to scroll over, folded away."""
    return [f"<details><summary>{title}</summary>", "", *lines, "", "</details>"]


def _failure(scenario: ScenarioResult, options: str) -> list[str]:
    age = f" ({scenario.age} failure)" if scenario.age else ""
    title = f"## {scenario.id} {scenario.name}: {scenario.verdict}{age}"
    return [title, "", _quoted("\n".join(scenario.block(options).lines()))]


def _quoted(text: str) -> str:
    """Return a text as a block of code; what it quotes may hold such a block itself."""
    longest = max((len(found) for found in re.findall("`{3,}", text)), default=2)
    fence = "`" * (longest + 1)
    return "\n".join([f"{fence}text", text.strip(), fence])
