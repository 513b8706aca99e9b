"""The ways in which KTRDR's workflow selects scenarios: by milestone, category, id, name and capability."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import starting
from behave.parser import parse_file

from ktrdr_acceptance.catalogue.tags import ScenarioTags, facts_of

ROOT = Path(__file__).parents[2]
Wanted = Callable[[ScenarioTags, Any], bool]

# Name -> arguments of behave, and which scenarios they stand for.
SELECTIONS: dict[str, tuple[list[str], Wanted]] = {
    "milestone": (["-t", "@milestone:OPS-M1"], lambda facts, _: "OPS-M1" in facts.milestones),
    "category": (["-t", "@category:smoke"], lambda facts, _: facts.category == "smoke"),
    "another category": (["-t", "@category:integration"], lambda facts, _: facts.category == "integration"),
    "criterion": (["-t", "@criterion:D5"], lambda facts, _: "D5" in facts.criteria),
    "id": (["-t", "@id:1.3"], lambda facts, _: facts.id == "1.3"),
    "name": (
        ["-n", "[Cc]ancelled"],
        lambda _, scenario: re.search("[Cc]ancelled", scenario.name) is not None,
    ),
    "capability": (["features/platform"], lambda _, scenario: "features/platform/" in scenario.filename),
    "two of them": (
        ["-t", "@milestone:OPS-M1 and not @category:smoke"],
        lambda facts, _: "OPS-M1" in facts.milestones and facts.category != "smoke",
    ),
}


@cache
def scenarios() -> list[tuple[ScenarioTags, Any]]:
    """Return every scenario of the suite and what its tags say."""
    return [
        (facts_of(scenario), scenario)
        for file in sorted((ROOT / "features").rglob("*.feature"))
        for scenario in parse_file(str(file)).walk_scenarios()
    ]


@pytest.fixture(scope="module")
def listed() -> Iterator[Callable[[str], str]]:
    """What behave lists for each selection; all are asked at once."""
    asked = {
        name: starting.start(
            [sys.executable, "-m", "behave", "--dry-run", *arguments], cwd=ROOT, stdout=subprocess.PIPE
        )
        for name, (arguments, _) in SELECTIONS.items()
    }
    yield lambda name: asked[name].communicate(timeout=300)[0]
    for process in asked.values():
        process.kill()
        process.wait()


@pytest.mark.parametrize("name", list(SELECTIONS))
def test_a_selection_lists_the_scenarios_it_stands_for(name: str, listed: Callable[[str], str]) -> None:
    wanted = SELECTIONS[name][1]
    expected = {facts.id for facts, scenario in scenarios() if wanted(facts, scenario)}
    assert expected
    said = listed(name)
    found = {line.split("  ")[0] for line in said.splitlines() if re.search(r"\.feature:\d+\)$", line)}
    assert found == expected, said
