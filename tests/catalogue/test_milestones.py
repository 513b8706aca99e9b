"""The list of milestones: every criterion has a home and words; the tags say what has a scenario."""

from __future__ import annotations

import pytest

from ktrdr_acceptance.catalogue.milestones import milestones
from ktrdr_acceptance.catalogue.tags import read_tags

KNOWN = milestones()


def test_each_of_the_78_criteria_is_some_milestone_s_own_and_has_words() -> None:
    assert set(KNOWN.homes) == {f"D{number}" for number in range(1, 79)}
    assert set(KNOWN.behaviours) == {f"S{number}" for number in range(1, 31)}
    assert all(KNOWN.wording(criterion) for criterion in [*KNOWN.homes, *KNOWN.behaviours])


def test_a_criterion_of_two_milestones_has_the_same_words_in_both() -> None:
    for criterion, homes in KNOWN.homes.items():
        assert len({KNOWN.milestones[home].criteria[criterion] for home in homes}) == 1, criterion


def test_each_milestone_is_of_a_known_track_and_says_what_it_is_about() -> None:
    for milestone in KNOWN.milestones:
        track, _, own = KNOWN.title(milestone).partition(": ")
        assert track in KNOWN.tracks.values()
        assert own


@pytest.mark.parametrize(
    ("milestone", "known"),
    [("OPS-M1", True), ("API", True), ("DAT-Ph5", True), ("OPS", False), ("XYZ-M1", False), ("", False)],
)
def test_a_milestone_is_known_by_itself_or_by_its_track(milestone: str, known: bool) -> None:
    assert KNOWN.knows(milestone) is known


@pytest.mark.parametrize(
    ("milestone", "tags", "proven"),
    [
        ("CLU-Ph3", "milestone:CLU-Ph3 criterion:S26 criterion:D26 criterion:S9", "S26 D26 S9"),
        ("OPS-M1", "milestone:OPS-M1 milestone:MCP-Ph2 criterion:D1 criterion:S6", "D1 S6"),
        ("MCP-Ph2", "milestone:OPS-M1 milestone:MCP-Ph2 criterion:D1 criterion:S6", "S6"),
        ("MCP-Ph2", "milestone:OPS-M1 milestone:MCP-Ph2 criterion:D1", "D1"),
        ("PRE-M4", "milestone:PRE-M4 milestone:PRE-M5 criterion:D41", "D41"),
        ("API", "milestone:API criterion:D7", "D7"),
    ],
)
def test_what_a_scenario_proves_for_a_milestone(milestone: str, tags: str, proven: str) -> None:
    facts = read_tags(tags.split())
    assert KNOWN.proven(milestone, facts.milestones, facts.criteria) == tuple(proven.split())


def test_milestones_stand_in_the_order_of_the_list_and_unknown_ones_before_the_last() -> None:
    assert KNOWN.in_order({"API", "XYZ-M1", "CKP-M8", "OPS-M1"}) == ["OPS-M1", "CKP-M8", "XYZ-M1", "API"]
