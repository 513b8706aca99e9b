"""What KTRDR's workflow pastes into its handoffs: tables of tests and the acceptance check-list.

Made from `results.json`, so that the summary and the command say the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

from ktrdr_acceptance.verdict.model import RunVerdict, Verdict, issue_mark
from ktrdr_acceptance.verdict.tables import table

_RESULT = {
    Verdict.MET: "✅ PASSED",
    Verdict.NOT_MET: "❌ FAILED",
    Verdict.FLAKY: "❌ FLAKY",
    Verdict.KNOWN_ISSUE: "➖ KNOWN ISSUE",
    Verdict.NOT_RUN: "➖ NOT RUN",
}
_REFUSED = frozenset({Verdict.NOT_MET, Verdict.FLAKY})
# Of a scenario's reason only so much is told in a line of its own.
_MOST = 160
_NOTHING = "–"

Results = Mapping[str, Any]


class Form(StrEnum):
    """A form: for a task, a milestone, the contract of a tester, or the check-list alone."""

    TASK = "task"
    MILESTONE = "milestone"
    TESTS = "tests"
    CHECKLIST = "checklist"


def form(results: Results, which: Form) -> list[str]:
    """Return the lines of a form of the run whose `results.json` this is."""
    rows = results["scenarios"]
    if which == Form.MILESTONE:
        return table(("Test", "Steps", "Result"), ((_test(row), _steps(row), _result(row)) for row in rows))
    if which == Form.TESTS:
        return table(
            ("Test", "Result", "Duration"),
            ((_test(row), _result(row), _duration(row)) for row in rows),
        )
    if which == Form.TASK:
        return [*checklist(results), "", _last_line(results)]
    return checklist(results)


def whole_form(results: Results, which: Form) -> list[str]:
    """Return a form that stands for itself: with the verdict, and what the run was not."""
    said = [f"> {results['issue']}"] if results["issue"] and which != Form.TASK else []
    if results.get("selection"):
        said.append(f"> {results['selection']}")
    return [*said, *([""] if said else []), *form(results, which)]


def checklist(results: Results) -> list[str]:
    """Return a line for each criterion; validated is one if all scenarios that prove it are met."""
    found: dict[str, list[Results]] = {}
    for row in results["scenarios"]:
        found.setdefault(row["id"], []).append(row)
    return [_line(criterion, found) for criterion in results["criteria"]]


def _line(criterion: Results, found: Mapping[str, Sequence[Results]]) -> str:
    about = " ".join(f"{criterion['id']} {criterion['wording']}".split())
    rows = [row for one in criterion["scenarios"] for row in found.get(one, ())]
    refused = [row for row in rows if Verdict(row["verdict"]) in _REFUSED]
    if refused:
        return f"- [ ] {about} — ❌ NOT MET (needs: {_told(refused)})"
    known = [row for row in rows if row["verdict"] == Verdict.KNOWN_ISSUE]
    if known:
        return f"- [ ] {about} — ➖ KNOWN ISSUE ({_told(known)})"
    if not criterion["scenarios"]:
        return f"- [ ] {about} — ➖ NOT RUN (no scenario proves it)"
    not_run = [row for row in rows if row["verdict"] == Verdict.NOT_RUN]
    if not_run:
        return f"- [ ] {about} — ➖ NOT RUN ({_told(not_run)})"
    not_selected = [one for one in criterion["scenarios"] if one not in found]
    if not_selected:
        return f"- [ ] {about} — ➖ NOT RUN (not selected: {', '.join(not_selected)})"
    return f"- [x] {about} — ✅ VALIDATED"


def _told(rows: Sequence[Results]) -> str:
    more = f", and {len(rows) - 1} more" if len(rows) > 1 else ""
    lines = str(rows[0]["reason"]).strip().splitlines() or ["no reason"]
    said = " ".join(lines[0].split())
    return f"{rows[0]['id']}: {said if len(said) <= _MOST else said[:_MOST] + ' ...'}{more}"


def _last_line(results: Results) -> str:
    accepted = results["verdict"] == RunVerdict.ACCEPTED
    return "✅ Integration test passed" if accepted else f"{issue_mark('issue-found')}: {results['issue']}"


def _test(row: Results) -> str:
    return f"{row['id']} {row['name']}"


def _result(row: Results) -> str:
    return _RESULT[Verdict(row["verdict"])]


def _steps(row: Results) -> str:
    steps = row["steps"]
    return f"{steps['passed']} of {steps['of']}" if steps["of"] else _NOTHING


def _duration(row: Results) -> str:
    return _NOTHING if row["verdict"] == Verdict.NOT_RUN else f"{row['duration_s']:.1f} s"
