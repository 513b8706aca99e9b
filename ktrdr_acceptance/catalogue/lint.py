"""Rules that every feature keeps: ids, tags, titles, size, and no mechanics (wall 2)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from behave.model import Scenario, ScenarioOutline
from behave.parser import ParserError, parse_file

from ktrdr_acceptance.catalogue.milestones import milestones
from ktrdr_acceptance.catalogue.tags import (
    CATEGORIES,
    LOCKS,
    NEEDS,
    ORDER,
    SEVERITIES,
    USES,
    ScenarioTags,
    read_tags,
)

_ID = re.compile(r"[A-Za-z0-9]+(?:[.-][A-Za-z0-9]+)*")
_ROW_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_CRITERION = re.compile(r"D([1-9]|[1-6]\d|7[0-8])|S([1-9]|[12]\d|30)")
_MILESTONE = re.compile(r"API|[A-Z][A-Z0-9]*-[A-Za-z0-9.]+")
# What a product owner should not have to read; features tagged @contract may say it.
_MECHANICS = {
    "a URL": re.compile(r"https?://|/api/|localhost"),
    "a port": re.compile(r"\bport\b|:\d{4,5}\b|\b(?:8000|500[1-6])\b"),
    "JSON": re.compile(r"[{}]|\bJSON\b", re.IGNORECASE),
    "a status code": re.compile(
        r"\bHTTP\b|\b(?:status code|code) \d{3}\b|\b(?:200|4(?:0[0-9]|22)|50[0-4])\b"
        # A number with its unit is no status code.
        r"(?! (?:ms|s|seconds|bars|samples|operations)\b)"
    ),
    "a sleep": re.compile(r"\b(?:sleep|wait|pause)s?\b", re.IGNORECASE),
    "a shell command": re.compile(r"\b(?:curl|jq|docker)\b"),
}
_LEAST_STEPS, _MOST_STEPS = 3, 8


@dataclass
class _Seen:
    ids: dict[str, str] = field(default_factory=dict)
    titles: dict[str, str] = field(default_factory=dict)


def lint_features(paths: Iterable[Path]) -> list[str]:
    """Return one line for each breach of a rule, in the form `file:line: what`."""
    seen = _Seen()
    problems: list[str] = []
    files = [
        file for path in paths for file in ([path] if path.is_file() else sorted(path.rglob("*.feature")))
    ]
    if not files:
        return [f"{', '.join(map(str, paths))}: no features found"]
    for file in files:
        problems.extend(_lint_file(file, seen))
    return problems


def lint_tag_page(page: Path) -> list[str]:
    """Return one line for each value of @needs, @uses and @lock that the page on writing does not list."""
    text = page.read_text("utf-8") if page.is_file() else ""
    values = {"needs": NEEDS, "uses": USES, "lock": LOCKS}
    return [
        f"{page}:1: @{kind}:{value} is not explained"
        for kind, known in values.items()
        for value in known
        if f"`@{kind}:{value}`" not in text
    ]


def _lint_file(file: Path, seen: _Seen) -> Iterator[str]:
    try:
        feature = parse_file(str(file))
    except ParserError as error:
        yield f"{file}:{error.line}: {error}"
        return
    if feature is None:
        yield f"{file}:1: holds no feature"
        return
    yield from _unique(f"{file}:{feature.line}", "feature title", feature.name, seen.titles)
    if not feature.description:
        yield f"{file}:{feature.line}: the feature does not say who wants it and why"
    elif not any(line.startswith("Flow: ") for line in feature.description):
        yield f"{file}:{feature.line}: the feature does not say through which services it goes (Flow: ...)"
    if feature.background and len(feature.background.steps) > 3:
        yield f"{file}:{feature.background.line}: a background of more than 3 steps"
    for item in feature.walk_scenarios(with_outlines=True):
        if isinstance(item, Scenario) and item._row is not None:
            continue
        yield from _lint_scenario(file, feature, item, seen)


def _lint_scenario(file: Path, feature: Any, scenario: Any, seen: _Seen) -> Iterator[str]:
    where = f"{file}:{scenario.line}"
    yield from _unique(where, "scenario title", scenario.name, seen.titles)
    tags = [str(tag) for tag in scenario.tags]
    yield from (f"{where}: {problem}" for problem in _lint_tags(tags))
    for tag in tags:
        if tag.startswith("id:"):
            yield from _unique(where, "id", tag, seen.ids)
    if not _LEAST_STEPS <= len(scenario.steps) <= _MOST_STEPS:
        yield f"{where}: {len(scenario.steps)} steps; {_LEAST_STEPS} to {_MOST_STEPS} can be read at a glance"
    kinds = [step.step_type for step in scenario.steps]
    if "then" not in kinds:
        yield f"{where}: no Then; a behaviour has an outcome"
    elif kinds[0] == "then":
        yield f"{where}: no Given or When before the first Then; a behaviour has a trigger"
    if isinstance(scenario, ScenarioOutline):
        yield from _lint_examples(file, scenario)
    if "contract" in tags or "contract" in map(str, feature.tags):
        return
    texts = [(scenario.line, scenario.name), *((step.line, step.name) for step in scenario.steps)]
    for line, text in texts:
        for what, pattern in _MECHANICS.items():
            if pattern.search(text):
                yield f"{file}:{line}: {what} in {text!r}; features know no mechanics unless tagged @contract"


def _lint_tags(tags: list[str]) -> Iterator[str]:
    kinds = [tag.partition(":")[0] for tag in tags]
    values = [tag.partition(":")[2] for tag in tags]
    for kind, value, tag in zip(kinds, values, tags, strict=True):
        if kind not in _VALUES:
            yield f"unknown tag @{tag}"
        elif not _VALUES[kind](value):
            yield f"@{tag}: {value!r} is not a value of @{kind}"
    for kind in ("category", "severity", "id"):
        if (found := kinds.count(kind)) != 1:
            yield f"{found} tags @{kind}: instead of one"
    for kind in ("milestone", "criterion"):
        if kind not in kinds:
            yield f"no tag @{kind}:"
    yield from _lint_homes(read_tags(tags))
    if kinds and kinds[-1] != "id":
        yield "the last tag is not @id:"
    places = [ORDER.index(kind) for kind in kinds if kind in ORDER]
    if places != sorted(places):
        yield f"tags out of order; the order is {', '.join('@' + kind for kind in ORDER)}"


def _lint_homes(facts: ScenarioTags) -> Iterator[str]:
    """A milestone is accepted by its own criteria: a scenario that proves one must name the milestone."""
    known = milestones()
    for milestone in facts.milestones:
        if _MILESTONE.fullmatch(milestone) and not known.knows(milestone):
            yield f"@milestone:{milestone} is of no track that milestones.yaml lists"
    for criterion in facts.criteria:
        homes = known.homes.get(criterion, ())
        if homes and not set(homes) & set(facts.milestones):
            yield f"@criterion:{criterion} without its milestone ({' or '.join(homes)})"


def _lint_examples(file: Path, outline: Any) -> Iterator[str]:
    names: list[str] = []
    for examples in outline.examples:
        if examples.table is None or "name" not in examples.table.headings:
            yield f"{file}:{examples.line}: examples without a column 'name'"
            continue
        names += [row["name"] for row in examples.table.rows]
    if not names:
        yield f"{file}:{outline.line}: an outline without rows: nothing of it is ever run"
    for name in names:
        if not _ROW_NAME.fullmatch(name):
            yield f"{file}:{outline.line}: row name {name!r} is not of the form a-row-name"
    if len(set(names)) != len(names):
        yield f"{file}:{outline.line}: two rows of one name"


def _unique(where: str, what: str, value: str, seen: dict[str, str]) -> Iterator[str]:
    if value in seen:
        yield f"{where}: {what} {value!r} stands at {seen[value]} already"
    seen.setdefault(value, where)


_VALUES: dict[str, Callable[[str], object]] = {
    "category": CATEGORIES.__contains__,
    "milestone": _MILESTONE.fullmatch,
    "criterion": _CRITERION.fullmatch,
    "needs": NEEDS.__contains__,
    "uses": USES.__contains__,
    "lock": LOCKS.__contains__,
    "severity": SEVERITIES.__contains__,
    "contract": lambda value: not value,
    "slow": lambda value: not value,
    "id": _ID.fullmatch,
}
