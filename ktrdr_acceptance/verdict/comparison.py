"""A run beside an earlier one: which failures are new, which are old, and what else has changed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any

from ktrdr_acceptance.verdict.earlier import EarlierRun
from ktrdr_acceptance.verdict.model import RunResult, RunVerdict, ScenarioResult, Verdict

NEW, OLD = "new", "old"
_REFUSED = frozenset({Verdict.NOT_MET, Verdict.FLAKY})
_MOST_IDS = 12
# What makes a run another one: key of the target -> how it is called.
_TARGET = {"kind": "a target of the kind", "generation": "generation", "version": "KTRDR"}


@dataclass(frozen=True)
class Comparison:
    """What has changed since an earlier run; every field but the first is a list of scenario ids."""

    baseline: EarlierRun
    # What differs in target and suite, and what the earlier run was not, in words.
    differences: tuple[str, ...]
    new_failures: tuple[str, ...]
    old_failures: tuple[str, ...]
    mended: tuple[str, ...]
    newly_not_run: tuple[str, ...]
    newly_known: tuple[str, ...]
    new_scenarios: tuple[str, ...]
    # In the suite no more, and in the suite but not selected now.
    vanished: tuple[str, ...]
    not_selected: tuple[str, ...]

    def line(self) -> str:
        """Return in one line how many failures are new."""
        others = (
            f"{len(ids)} {said}"
            for said, ids in (
                ("mended", self.mended),
                ("newly not run", self.newly_not_run),
                ("newly a known issue", self.newly_known),
                ("new in the suite", self.new_scenarios),
                ("no longer in the suite", self.vanished),
            )
            if ids
        )
        counts = [f"{len(self.new_failures)} new and {len(self.old_failures)} old failures", *others]
        return f"compared with {self.baseline.file}: {', '.join(counts)}"

    def lines(self) -> list[str]:
        """Return everything that has changed, what matters most first."""
        told = {
            "new failures": [f"{one} ({self._then(one)})" for one in self.new_failures],
            "old failures": self.old_failures,
            "mended": self.mended,
            "newly not run": self.newly_not_run,
            "newly a known issue": self.newly_known,
            "new in the suite": self.new_scenarios,
            "no longer in the suite": self.vanished,
        }
        lines = [self.line(), *self.differences]
        lines += [f"{said}: {_listed(ids)}" for said, ids in told.items() if ids]
        if self.not_selected:
            lines.append(f"not part of this run: {len(self.not_selected)} of the scenarios there")
        return lines

    def as_json(self) -> dict[str, Any]:
        """Return the comparison as `results.json` has it."""
        lists = {field.name: list(getattr(self, field.name)) for field in fields(self)[1:]}
        return {"baseline": str(self.baseline.file), "line": self.line(), **lists}

    def _then(self, scenario_id: str) -> str:
        then = self.baseline.by_id.get(scenario_id)
        return f"{then.verdict} there" if then is not None else "not in it"


def comparison_of(run: RunResult) -> Comparison | None:
    """Return the comparison of a run with its baseline; None if it was given none."""
    baseline = run.baseline
    if baseline is None:
        return None
    then = baseline.by_id
    now = {scenario.id: scenario for scenario in run.scenarios}

    def ids(wanted: Iterable[ScenarioResult]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(scenario.id for scenario in wanted))

    known_then = {one for one, scenario in then.items() if scenario.verdict == Verdict.KNOWN_ISSUE}
    not_run_then = {one for one, scenario in then.items() if scenario.verdict == Verdict.NOT_RUN}
    gone = tuple(one for one in then if one not in now)
    return Comparison(
        baseline=baseline,
        differences=tuple(_differences(run, baseline)),
        new_failures=ids(s for s in run.scenarios if age_of(baseline, s.id, s.verdict) == NEW),
        old_failures=ids(s for s in run.scenarios if age_of(baseline, s.id, s.verdict) == OLD),
        mended=ids(s for s in run.scenarios if s.verdict == Verdict.MET and baseline.failed(s.id)),
        newly_not_run=ids(
            s
            for s in run.scenarios
            if s.verdict == Verdict.NOT_RUN and s.id in then and s.id not in not_run_then
        ),
        newly_known=ids(
            s for s in run.scenarios if s.verdict == Verdict.KNOWN_ISSUE and s.id not in known_then
        ),
        new_scenarios=ids(s for s in run.scenarios if s.id not in then),
        vanished=tuple(one for one in gone if one not in run.suite_ids),
        not_selected=tuple(one for one in gone if one in run.suite_ids),
    )


def comparison_lines(run: RunResult) -> list[str]:
    """Return what every output says first of all; nothing without a baseline."""
    comparison = comparison_of(run)
    return comparison.lines() if comparison else []


def age_of(baseline: EarlierRun | None, scenario_id: str, verdict: Verdict) -> str:
    """Return whether a failure is new since the baseline or old; empty for what did not fail."""
    if baseline is None or verdict not in _REFUSED:
        return ""
    return OLD if baseline.failed(scenario_id) else NEW


def _differences(run: RunResult, baseline: EarlierRun) -> list[str]:
    said = []
    if baseline.verdict in (RunVerdict.ABORTED, RunVerdict.UNFIT):
        said.append(f"that run was {baseline.verdict}: what it did not come to counts as not run there")
    if baseline.selection:
        said.append(f"that run was not of the whole suite: {baseline.selection}")
    told = dict(_TARGET)
    if run.target.get("kind") == baseline.target.get("kind") != "embedded":
        # The ports of an embedded one are others each time.
        told["backend_url"] = "the backend at"
    for key, called in told.items():
        then, now = baseline.target.get(key), run.target.get(key)
        if then and now and then != now:
            said.append(f"compared with a run of another target: {called} {then} there, {now} here")
    suite = f"{run.suite['version']} ({run.suite['commit']})"
    if baseline.suite != suite:
        said.append(f"compared with a run of another suite: {baseline.suite} there, {suite} here")
    return said


def _listed(ids: Iterable[str]) -> str:
    listed = list(ids)
    more = f" and {len(listed) - _MOST_IDS} more" if len(listed) > _MOST_IDS else ""
    return ", ".join(listed[:_MOST_IDS]) + more
