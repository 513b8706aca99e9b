"""What the seeded defects claim is about sentences that are there, and no sentence goes without."""

from __future__ import annotations

from collections import Counter, defaultdict
from functools import cache
from pathlib import Path

import pytest
from behave.model import Scenario, Step
from behave.parser import parse_file
from behave.step_registry import registry
from driver.scripted_world import load_sentences

from ktrdr_acceptance.catalogue.suite import scenario_ids
from ktrdr_acceptance.catalogue.tags import facts_of
from ktrdr_acceptance.detection.defects import seeded_defects
from ktrdr_acceptance.detection.real import first_tries, real_defects
from ktrdr_acceptance.detection.table import DETECTION_DOC, kept_for
from ktrdr_acceptance.verdict.judge import GUARDS

ROOT = Path(__file__).parents[2]
# Step modules about KTRDR's own command, which no embedded KTRDR has: specimens make their sentences fail
# (tests/driver/test_sentences.py).
BY_SPECIMEN = {"command"}
# A worker that is dead runs nothing, whatever the defect: the specimen brings it back to life.
SENTENCES_BY_SPECIMEN = {"it ran at a worker that had not been lost"}
LEAST_DEFECTS, LEAST_BLIND, LEAST_VARIATIONS = 80, 20, 15


@cache
def scenarios() -> dict[str, Scenario]:
    features = [parse_file(str(path)) for path in sorted((ROOT / "features").rglob("*.feature"))]
    return {facts_of(each).id: each for feature in features for each in feature.walk_scenarios()}


def sentences(id: str) -> list[str]:
    return [step.name for step in scenarios()[id].all_steps] + [GUARDS]


def test_every_claim_is_about_a_sentence_of_a_scenario() -> None:
    wrong = [
        f"{defect.name}: {claim}"
        for defect in seeded_defects()
        for claim in defect.claims
        if claim.scenario not in scenarios() or claim.sentence not in sentences(claim.scenario)
    ]
    assert wrong == []


def test_every_then_sentence_has_a_defect_that_makes_it_fail() -> None:
    load_sentences()
    named = {(claim.scenario, claim.sentence) for defect in seeded_defects() for claim in defect.claims}
    said: dict[str, list[str]] = defaultdict(list)
    proven = set()
    for id, scenario in scenarios().items():
        for step in scenario.all_steps:
            if (
                step.step_type == "then"
                and (place := _definition_of(step)).partition(":")[0] not in BY_SPECIMEN
            ):
                said[place].append(step.name)
                is_proven = (id, step.name) in named or step.name in SENTENCES_BY_SPECIMEN
                proven |= {place} if is_proven else set()
    assert len(said) > 100, "the proof has lost its subject"
    assert {place: names[0] for place, names in said.items() if place not in proven} == {}


def _definition_of(step: Step) -> str:
    match = registry.find_match(step)
    assert match is not None, step.name
    return f"{Path(match.location.filename).stem}:{match.location.line}"


def test_every_scenario_detects_something_alone_or_says_what_it_is_kept_for() -> None:
    alone = set()
    for defect in seeded_defects():
        by = {claim.scenario.partition("#")[0] for claim in defect.claims}
        alone |= by if len(by) == 1 else set()
    assert set(scenario_ids(ROOT / "features")) - alone == set(kept_for())


def test_there_are_as_many_as_there_should_be() -> None:
    defects = seeded_defects()
    assert len(defects) >= LEAST_DEFECTS
    assert {name: each.defects for name, each in first_tries().items()} == Counter(
        defect.blind for defect in defects if defect.blind
    )
    assert all(each.defects >= LEAST_BLIND for each in first_tries().values())
    assert {"blocker", "major", "minor"} == {defect.severity for defect in defects}


@pytest.mark.parametrize(
    "area",
    [
        *(
            "operations",
            "lifecycle",
            "trainings",
            "backtests",
            "data",
            "downloads",
            "workers",
            "hosts",
            "faults",
        ),
        *("errors", "logs", "health", "timing", "identity"),
    ],
)
def test_every_area_has_defects(area: str) -> None:
    assert len([defect for defect in seeded_defects() if defect.field == area]) >= 3


def test_the_real_defects_are_about_scenarios_that_are_there() -> None:
    named = {id for known in real_defects().values() for each in known for id in each.scenarios}
    assert named <= set(scenarios())
    assert len(real_defects()["S"]) >= 15


def test_the_page_is_of_the_defects_that_there_are() -> None:
    rows = DETECTION_DOC.read_text("utf-8")
    page = rows.partition("## Each defect")[2].partition("## Each scenario")[0]
    told = {line.split(" ")[1] for line in page.splitlines() if line.startswith("| ") and " (" in line}
    assert told == {defect.name for defect in seeded_defects()}, "run `make detect`, then detection-doc"
    scenarios_told = rows.partition("## Each scenario")[2].partition("## Scenarios")[0]
    assert {line.split(" ")[1] for line in scenarios_told.splitlines() if line.startswith("| ")} - {
        "Scenario"
    } == set(scenario_ids(ROOT / "features"))
