"""What a run knows of a scenario before it is reached, and of one that never is."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ktrdr_acceptance.catalogue.tags import facts_of, tags_of
from ktrdr_acceptance.faults import Category
from ktrdr_acceptance.verdict.comparison import age_of
from ktrdr_acceptance.verdict.model import NEVER_REACHED, RunResult, ScenarioKey, ScenarioResult, Verdict


def planned_result(scenario: Any, expected_s: Mapping[str, float]) -> ScenarioResult:
    """Return behave's `scenario` as not run, which it stays if it is never reached."""
    facts = facts_of(scenario)
    return ScenarioResult(
        id=facts.id,
        name=scenario.name,
        feature=scenario.feature.name,
        file=sys.intern(str(Path(scenario.filename))),
        line=scenario.line,
        tags=tags_of(scenario),
        facts=facts,
        verdict=Verdict.NOT_RUN,
        reason=NEVER_REACHED,
        expected_s=expected_s.get(facts.id),
    )


def key_of(scenario: Any) -> ScenarioKey:
    """Return the key of the results of behave's `scenario`; ids and names may be equal, places are not."""
    return str(Path(scenario.filename)), scenario.line, scenario.name


def prevent(run: RunResult, scenarios: Iterable[Any], reason: str) -> None:
    """Turn the results of those of `scenarios` that were never reached into failures of the suite, once."""
    prevented = set(map(key_of, scenarios))
    for index, result in enumerate(run.scenarios):
        if result.key in prevented and not result.started_at and result.verdict is Verdict.NOT_RUN:
            run.scenarios[index] = replace(
                result,
                verdict=Verdict.NOT_MET,
                category=Category.TEST_ISSUE,
                reason=reason,
                age=age_of(run.baseline, result.id, Verdict.NOT_MET),
            )
