"""The criteria that a run is about, and every scenario of the suite that proves them, selected or not."""

from __future__ import annotations

from dataclasses import dataclass

from ktrdr_acceptance.catalogue.milestones import milestones
from ktrdr_acceptance.verdict.model import RunResult


@dataclass(frozen=True)
class Criterion:
    """A criterion; `scenarios` are the ids of all that prove it, none if the suite has no scenario for it."""

    id: str
    wording: str
    scenarios: tuple[str, ...]


def criteria_of(run: RunResult) -> list[Criterion]:
    """Return the criteria that the selected scenarios name, and the others of their milestones."""
    known = milestones()
    proofs: dict[str, dict[str, None]] = {}
    for scenario in run.scenarios:
        for milestone in scenario.facts.milestones:
            for criterion in known.criteria_of(milestone):
                proofs.setdefault(criterion, {})
        for criterion in scenario.facts.criteria:
            proofs.setdefault(criterion, {})[scenario.id] = None
    return [
        Criterion(one, known.wording(one), tuple(by | dict.fromkeys(run.proofs.get(one, ()))))
        for one, by in sorted(proofs.items(), key=lambda item: place_of(item[0]))
    ]


def place_of(criterion: str) -> tuple[str, int]:
    """Return where a criterion stands: D2 before D10, all of them before the S."""
    return criterion[:1], int("".join(filter(str.isdigit, criterion)) or 0)
