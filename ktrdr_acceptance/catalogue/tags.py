"""The closed list of tags, and what they say about a scenario."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from behave.model import Tag

CATEGORIES = ("smoke", "progress", "cancellation", "error", "integration", "stress")
SEVERITIES = ("blocker", "major", "minor")
# What a target can have, and what a scenario occupies; docs/writing-scenarios.md explains each value.
NEEDS = (
    "training-worker",
    "backtest-worker",
    "two-backtest-workers",
    "worker-registry",
    "training-host",
    "ib-host",
    "ib-gateway",
    "data-folder",
    "fillable-disk",
    "switchable-backend",
    "switchable-workers",
    "switchable-ib-host",
    "switchable-ib-gateway",
    "cuttable-workers",
    "replaceable-workers",
    "replaceable-ib-host",
    "logs",
    "cli",
    "scriptable-cli",
)
USES = ("training-worker", "backtest-worker", "training-host", "data-folder", "services")
LOCKS: tuple[str, ...] = ()
# The order in which the tags of a scenario stand.
ORDER = ("category", "milestone", "criterion", "needs", "uses", "lock", "severity", "contract", "slow", "id")


@dataclass(frozen=True, slots=True)
class ScenarioTags:
    """The tags of one scenario, taken apart."""

    id: str
    category: str
    severity: str
    milestones: tuple[str, ...]
    criteria: tuple[str, ...]
    needs: tuple[str, ...]


def read_tags(tags: Iterable[str]) -> ScenarioTags:
    """Take apart a scenario's tags; what is missing reads as empty (lint names it)."""
    values: dict[str, list[str]] = {}
    for tag in tags:
        kind, _, value = str(tag).partition(":")
        values.setdefault(kind, []).append(sys.intern(value))

    def first(kind: str) -> str:
        return values.get(kind, [""])[0]

    return ScenarioTags(
        id=first("id"),
        category=first("category"),
        severity=first("severity"),
        milestones=tuple(values.get("milestone", ())),
        criteria=tuple(values.get("criterion", ())),
        needs=tuple(values.get("needs", ())),
    )


def tags_of(scenario: Any) -> tuple[str, ...]:
    """Return the tags of behave's `scenario`, those inherited from its feature and rule first."""
    own = [sys.intern(str(tag)) for tag in scenario.tags]
    inherited = sorted({sys.intern(str(tag)) for tag in scenario.effective_tags} - set(own))
    return (*inherited, *own)


def facts_of(scenario: Any) -> ScenarioTags:
    """Return what the tags say about behave's `scenario`; an outline row's id ends in its row's name."""
    facts = read_tags(tags_of(scenario))
    return replace(facts, id=_row_id(scenario, facts.id))


def name_row(scenario: Any) -> None:
    """Give an outline's row its own id as a tag, so that `-t` selects it as the reports name it."""
    own = read_tags(tags_of(scenario)).id
    if (row_id := _row_id(scenario, own)) != own:
        scenario.tags.append(Tag(f"id:{row_id}", scenario.line))


def _row_id(scenario: Any, outline_id: str) -> str:
    row = scenario._row
    if row is None or "name" not in row.headings:
        return outline_id
    return f"{outline_id}#{row['name']}"
