"""The tables of a run in Markdown, as the summary and the Allure report show them."""

from __future__ import annotations

from collections.abc import Iterable

from ktrdr_acceptance.preflight.check import Check, Outcome
from ktrdr_acceptance.verdict.milestones import MilestoneResult, milestone_results
from ktrdr_acceptance.verdict.model import RunResult, Verdict
from ktrdr_acceptance.verdict.planned import purpose_durations
from ktrdr_acceptance.verdict.recorded import comparisons

MARK = {
    Verdict.MET: "✅ met",
    Verdict.NOT_MET: "❌ not met",
    Verdict.FLAKY: "❌ flaky",
    Verdict.KNOWN_ISSUE: "➖ known issue",
    Verdict.NOT_RUN: "➖ not run",
}
OUTCOME_MARK = {Outcome.OK: "✅ ok", Outcome.FAILED: "❌ failed", Outcome.NOT_MADE: "➖ not made"}
_NOTHING = "–"
CRITERIA = "Criteria of the milestones"


def run_tables(run: RunResult) -> dict[str, list[str]]:
    """Return the tables and lists of the run as a whole by their title; none that would be empty."""
    tables = {
        "Preflight": preflight_table(run),
        "Milestones": milestone_table(run),
        CRITERIA: criterion_table(run),
        "Operations, planned and real": operation_table(run),
        "Recorded durations at speed 1": recorded_table(run),
        "Drift": [f"- {line}" for line in run.watched.drift_lines()],
        "Tolerated log lines": [f"- {line}" for line in run.watched.tolerated],
    }
    return {title: lines for title, lines in tables.items() if lines}


def preflight_table(run: RunResult) -> list[str]:
    """Return every check made before the first scenario, what is wrong first; nothing if there was none."""
    if run.preflight is None:
        return []
    checks = run.preflight.checks
    rows = ((check.name, OUTCOME_MARK[check.outcome], check.said) for check in checks)
    wrong = [line for check in checks if check.symptom or check.tried for line in _cure_of(check)]
    return [run.preflight.counts_line(), "", *wrong, *table(("Check", "Outcome", "Found"), rows)]


def _cure_of(check: Check) -> list[str]:
    """Return what is found by a check that is not ok, or was made so, with its symptom, cause and cure."""
    told = [f"{OUTCOME_MARK[check.outcome]}: {check.name}: {check.said}"]
    if check.symptom:
        told += [
            f"symptom: {check.symptom} ({check.symptom_id})",
            f"cause: {check.cause}",
            f"cure: {check.cure}",
        ]
    first, *others = [" ".join(one.split()) for one in (*told, *(f"tried: {one}" for one in check.tried))]
    return [f"- {first}", *[f"  - {one}" for one in others], ""]


def scenario_table(run: RunResult) -> list[str]:
    """Return every scenario with its verdict, planned beside real."""
    rows = (
        (s.id, s.name, MARK[s.verdict], f"{s.duration_s:.1f} s", _seconds(s.expected_s))
        for s in run.scenarios
    )
    return table(("Scenario", "Title", "Result", "Duration", "Planned"), rows)


def milestone_table(run: RunResult) -> list[str]:
    """Return the milestones; nothing if no scenario is of one."""
    rows = [(r.id, r.title, r.verdict, r.counts_in_words(), _coverage(r)) for r in milestone_results(run)]
    return table(("Milestone", "About", "Verdict", "Scenarios", "Criteria"), rows) if rows else []


def criterion_table(run: RunResult) -> list[str]:
    """Return which scenario proves which criterion of each milestone."""
    proofs = [
        (
            result.id,
            f"{proof.criterion} {proof.wording}".strip(),
            proof.scenario.id,
            MARK[proof.scenario.verdict],
        )
        for result in milestone_results(run)
        for proof in result.proofs
    ]
    return table(("Milestone", "Criterion", "Scenario", "Verdict"), proofs) if proofs else []


def operation_table(run: RunResult) -> list[str]:
    """Return the operations of the run by purpose, planned beside real; nothing if there were none."""
    rows = [
        (
            one.purpose,
            str(one.started),
            str(one.completed),
            _seconds(one.planned_s),
            _seconds(one.real_s),
            _NOTHING if one.ratio is None else f"{one.ratio:.2f}",
        )
        for one in purpose_durations(run)
    ]
    header = ("Operation", "Started", "Seen to complete", "Planned", "Real (median)", "Real / planned")
    return table(header, rows) if rows else []


def recorded_table(run: RunResult) -> list[str]:
    """Return the recorded durations beside those of the run; nothing at any speed but 1."""
    rows = [
        (
            one.recorded.operation,
            f"{one.recorded.recorded_s:g} s in {one.recorded.scenario}",
            f"{one.recorded.least_s:g} to {one.recorded.most_s:g} s",
            _seconds(one.real_s),
            one.outcome,
        )
        for one in comparisons(run)
    ]
    return table(("Operation", "Recorded", "Tolerance", "Real (median)", "Outcome"), rows) if rows else []


def _coverage(result: MilestoneResult) -> str:
    without = f" (none: {', '.join(result.without_scenario)})" if result.without_scenario else ""
    return result.coverage() + without


def _seconds(value: float | None) -> str:
    return _NOTHING if value is None else f"{value:.1f} s"


def table(header: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> list[str]:
    """Return a table in Markdown, whatever its cells hold."""
    return [_row(header), "|" + "---|" * len(header), *[_row(row) for row in rows]]


def _row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(" ".join(cell.split()).replace("|", "\\|") for cell in cells) + " |"
