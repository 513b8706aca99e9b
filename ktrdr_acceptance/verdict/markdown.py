"""`summary.md`: what happened, for a person and for a coding agent, ready to paste."""

from __future__ import annotations

from ktrdr_acceptance.verdict.model import RunResult, ScenarioResult, Verdict
from ktrdr_acceptance.verdict.tables import run_tables, scenario_table


def as_markdown(run: RunResult) -> str:
    """Return a run as `summary.md` has it."""
    lines = [f"# KTRDR acceptance: {run.verdict}", ""]
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
    lines += ["", run.last_line(), ""]
    return "\n".join(lines)


def _failure(scenario: ScenarioResult, options: str) -> list[str]:
    lines = [f"## {scenario.id} {scenario.name}: {scenario.verdict}", ""]
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
