"""Every scenario of the suite, selected or not: its ids, and which scenarios prove which criterion."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ktrdr_acceptance.catalogue.tags import ScenarioTags, facts_of, read_tags

FEATURES = Path("features")


@dataclass(frozen=True)
class Suite:
    """What the suite has: `ids` are those of scenarios, outlines and their rows."""

    ids: frozenset[str]
    proofs: dict[str, tuple[str, ...]]


def whole_suite(loaded: Iterable[Any] = (), folder: Path = FEATURES) -> Suite:
    """Return the suite below `folder`, of which behave has `loaded` some features already."""
    ids: set[str] = set()
    proofs: dict[str, list[str]] = {}
    for facts in _every_scenario(list(loaded), folder):
        ids.update((facts.id, facts.id.partition("#")[0]))
        for criterion in facts.criteria:
            proofs.setdefault(criterion, []).append(facts.id)
    return Suite(
        frozenset(ids - {""}), {criterion: tuple(dict.fromkeys(by)) for criterion, by in proofs.items()}
    )


def is_whole(ids: frozenset[str], selected: Iterable[str]) -> bool:
    """Whether all ids of a suite are among the `selected`; of an outline its rows count."""
    wanted = ids - {id.partition("#")[0] for id in ids if "#" in id}
    return bool(wanted) and wanted <= set(selected)


def scenario_ids(folder: Path = FEATURES) -> tuple[str, ...]:
    """Return the id of each scenario below `folder`, an outline as one, in the order of their text."""
    return tuple(dict.fromkeys(facts.id.partition("#")[0] for facts in _every_scenario([], folder)))


def _every_scenario(loaded: list[Any], folder: Path) -> Iterator[ScenarioTags]:
    for feature in loaded:
        yield from map(facts_of, feature.walk_scenarios())
    known = {Path(feature.filename).resolve() for feature in loaded}
    for path in sorted(folder.rglob("*.feature")):
        if path.resolve() not in known:
            yield from _scenarios_in(path)


def _scenarios_in(path: Path) -> Iterator[ScenarioTags]:
    from behave.parser import ParserError, parse_file

    try:
        feature = parse_file(str(path))
    except (ParserError, UnicodeDecodeError):
        # A feature that nobody selected need not be right; its tag lines say enough.
        yield from _tag_lines(path)
        return
    if feature is not None:
        yield from map(facts_of, feature.walk_scenarios())


def _tag_lines(path: Path) -> Iterator[ScenarioTags]:
    block: list[str] = []
    for line in [*path.read_text("utf-8", errors="replace").splitlines(), ""]:
        if line.lstrip().startswith("@"):
            block += [tag.removeprefix("@") for tag in line.split()]
        elif block:
            yield read_tags(block)
            block = []
