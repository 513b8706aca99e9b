"""`results.json`: schema 1."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from dataclasses import asdict
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import Any

from ktrdr_acceptance.catalogue.suite import is_whole
from ktrdr_acceptance.evidence.redaction import redacted, redacted_json
from ktrdr_acceptance.verdict.comparison import comparison_of
from ktrdr_acceptance.verdict.criteria import criteria_of
from ktrdr_acceptance.verdict.milestones import MilestoneResult, milestone_results
from ktrdr_acceptance.verdict.model import RunResult, RunVerdict, ScenarioKey, ScenarioResult
from ktrdr_acceptance.verdict.recorded import comparisons

SCHEMA = 1


# The share of a run's time that rewriting its results may take: with it every scenario that takes some
# milliseconds is there at once, and thousands that take none do not write megabytes each.
_SHARE = 0.05


def as_json(run: RunResult) -> dict[str, Any]:
    """Return a run as `results.json` has it."""
    return {**_facts(run), **_sums(run), "scenarios": [_scenario(scenario) for scenario in run.scenarios]}


def _facts(run: RunResult) -> dict[str, Any]:
    """Return what is said of the run as a whole; not what is summed up over its scenarios at the end."""
    return {
        "schema": SCHEMA,
        "suite": run.suite,
        "status": "aborted" if run.verdict == RunVerdict.ABORTED else "complete",
        "verdict": run.verdict,
        "target": run.target,
        "settings": run.settings,
        "calibration": run.calibration,
        "preflight": [check.as_json() for check in run.preflight.checks] if run.preflight else [],
        "started_at": datetime.fromtimestamp(run.started_at, UTC).isoformat(),
        "duration_s": round(run.duration_s, 3),
        "exit_status": int(run.exit_status),
        "summary": {str(verdict): count for verdict, count in sorted(run.counts().items())},
        "issue": run.issue(),
        "notes": run.notes(),
        "run_findings": run.run_findings,
        "drift": [{"kind": kind, **asdict(drift)} for kind, drift in run.watched.drift.items()],
        "tolerated_log_lines": run.watched.tolerated,
        "planned_s": _rounded(run.planned_s),
        "peak_memory_mb": run.peak_memory_mb,
        "selection": run.selection,
        "whole_suite": is_whole(run.suite_ids, (scenario.id for scenario in run.scenarios)),
        "known_issues": run.known_issues,
    }


def _sums(run: RunResult) -> dict[str, Any]:
    """Return what is summed up over the scenarios of a run."""
    return {
        "comparison": None if (comparison := comparison_of(run)) is None else comparison.as_json(),
        "criteria": [asdict(criterion) for criterion in criteria_of(run)],
        "milestones": [_milestone(milestone) for milestone in milestone_results(run)],
        "recorded_durations": [
            {**one.recorded.model_dump(), "real_s": _rounded(one.real_s), "outcome": one.outcome}
            for one in comparisons(run)
        ],
    }


def _scenario(scenario: ScenarioResult) -> dict[str, Any]:
    return {
        "id": scenario.id,
        "name": scenario.name,
        "feature": scenario.feature,
        "file": scenario.file,
        "line": scenario.line,
        "verdict": scenario.verdict,
        "category": scenario.category,
        "reason": scenario.reason,
        "failure": None if scenario.failure is None else asdict(scenario.failure),
        "failure_age": scenario.age or None,
        "steps": dict(zip(("passed", "of"), scenario.step_counts, strict=True)),
        "duration_s": round(scenario.duration_s, 3),
        "expected_s": scenario.expected_s,
        "attempts": scenario.attempts,
        "milestones": list(scenario.facts.milestones),
        "criteria": list(scenario.facts.criteria),
        "tags": list(scenario.tags),
        "operations": list(scenario.operations),
        "operation_durations": [
            {
                **asdict(duration),
                "planned_s": _rounded(duration.planned_s),
                "real_s": _rounded(duration.real_s),
            }
            for duration in scenario.operation_durations
        ],
    }


def _milestone(milestone: MilestoneResult) -> dict[str, Any]:
    return {
        "id": milestone.id,
        "title": milestone.title,
        "verdict": milestone.verdict,
        "summary": {str(verdict): count for verdict, count in sorted(milestone.counts().items())},
        "criteria": list(milestone.criteria),
        "criteria_without_scenario": list(milestone.without_scenario),
        "proofs": [
            {
                "criterion": proof.criterion,
                "wording": proof.wording,
                "scenario": proof.scenario.id,
                "verdict": proof.scenario.verdict,
            }
            for proof in milestone.proofs
        ],
    }


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 3)


def write_atomically(path: Path, text: str) -> None:
    """Write a file so that a reader sees the old content or the new, never a part, and no secret.

    JSON is made by `redacted_json`, which knows names and values apart.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    _write_pieces(path, [text if path.suffix == ".json" else redacted(text)])


def draft_of(path: Path) -> Path:
    """Return where a file is written before it takes its place."""
    return path.with_name(f"{path.name}.part")


def _write_pieces(path: Path, pieces: Iterable[str]) -> None:
    draft = draft_of(path)
    # A target may send half a character; whatever it sends, the report of it must come to be.
    with draft.open("w", encoding="utf-8", errors="backslashreplace") as file:
        file.writelines(pieces)
    os.replace(draft, path)


class ResultsFile:
    """`results.json` of a run in progress and at its end; what is there can always be read."""

    def __init__(self, path: Path) -> None:
        self.path = path
        # Whether it says how the run has ended.
        self.is_finished = False
        # What was written of each scenario, as it was when it was.
        self._texts: dict[ScenarioKey, tuple[ScenarioResult, str]] = {}
        self._next_at = 0.0

    def follow(self, run: RunResult) -> None:
        """Write what is known once a scenario has ended, if not with the next.

        What is summed up over the scenarios is only in what `finish` writes.
        """
        if time.monotonic() < self._next_at:
            return
        # What it costs, not how long others made it wait: else a busy machine has what is written lag behind.
        began = time.thread_time()
        lists: dict[str, Any] = {"criteria": [], "milestones": [], "recorded_durations": []}
        self._write(run, {"comparison": None, **lists}, map(self._text, run.scenarios))
        self._next_at = time.monotonic() + (time.thread_time() - began) / _SHARE

    def finish(self, run: RunResult) -> None:
        """Write the whole of it."""
        # Made anew: the sums need the memory.
        self._texts.clear()
        self._write(run, _sums(run), map(_text, run.scenarios))
        self.is_finished = True

    def _write(self, run: RunResult, sums: dict[str, Any], texts: Iterable[str]) -> None:
        """Write one scenario a line, piece by piece: all of them at once would be megabytes once more."""
        facts = redacted_json({**_facts(run), **sums}, indent=1, ensure_ascii=False).removesuffix("\n}")
        rows = (part for number, text in enumerate(texts) for part in (",\n" if number else "\n", text))
        _write_pieces(self.path, chain([facts, ',\n "scenarios": ['], rows, ["\n]}\n"]))

    def _text(self, scenario: ScenarioResult) -> str:
        written = self._texts.get(scenario.key)
        if written is None or written[0] is not scenario:
            written = self._texts[scenario.key] = scenario, _text(scenario)
        return written[1]


def _text(scenario: ScenarioResult) -> str:
    return redacted_json(_scenario(scenario), ensure_ascii=False)
