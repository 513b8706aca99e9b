"""The catalogue of symptoms is whole, well-formed and answers deterministically."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from ktrdr_acceptance.faults import Category
from ktrdr_acceptance.preflight.catalogue import GUIDES, Catalogue, catalogue, symptom, symptom_of

ENTRY: dict[str, Any] = {
    "id": "K90",
    "symptom": "Something is wrong.",
    "cause": "Somebody did it.",
    "cure": "Let somebody undo it.",
    "category": "ENVIRONMENT",
    "signs": ["something is wrong"],
    "source": "own check",
}


def made(*entries: dict[str, Any], omitted: dict[str, str] | None = None) -> Catalogue:
    return Catalogue.model_validate({"symptoms": entries, "omitted": omitted or {}})


def test_each_check_of_the_guides_is_in_the_catalogue_or_left_out_for_a_reason() -> None:
    known = catalogue()
    assert len(GUIDES) == 44
    listed = [entry.id for entry in known.symptoms if entry.id.startswith("E")]
    assert sorted([*listed, *known.omitted]) == sorted(GUIDES)
    assert len(listed) > 30


def test_entries_are_in_whole_sentences() -> None:
    for entry in catalogue().symptoms:
        for text in (entry.symptom, entry.cause, entry.cure):
            assert text[0].isupper() or text[0] == "`", entry.id
            assert text.endswith("."), entry.id


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"signs": []}, "at least 1 item"),
        ({"attempts": 3, "safe": True}, "less than or equal to 2"),
        ({"attempts": 1}, "may not try a cure that is not safe"),
        ({"category": "NOBODY"}, "Input should be"),
        ({"cure": ""}, "at least 10 characters"),
        ({"id": "A1"}, "should match pattern"),
        ({"retries": 1}, "Extra inputs"),
    ],
    ids=str,
)
def test_an_entry_that_says_too_little_or_dares_too_much_is_refused(change: Any, said: str) -> None:
    made(ENTRY)
    with pytest.raises(ValidationError, match=said):
        made({**ENTRY, **change})


def test_no_id_stands_twice() -> None:
    with pytest.raises(ValidationError, match="K90 stand there twice"):
        made(ENTRY, ENTRY)
    with pytest.raises(ValidationError, match="K90 stand there twice"):
        made(ENTRY, omitted={"K90": "it is of no use here"})


def test_a_symptom_is_found_by_its_id() -> None:
    assert symptom("E11").id == "E11"
    with pytest.raises(KeyError):
        symptom("E1")


def test_the_more_specific_symptom_is_found_before_the_more_general() -> None:
    hangs = "backend at http://localhost:8000 gave no answer to GET /api/v1/health: no answer within 10 s"
    refused = hangs.replace("no answer within 10 s", "connection refused or host unknown")
    found = [symptom_of(text) for text in (hangs, refused, f"{refused}\n{hangs}")]
    assert [one and one.id for one in found] == ["E28", "E2", "E28"]


def test_only_symptoms_of_one_category_are_found_if_asked_for() -> None:
    text = "No data found in cache for EURUSD 1d, [Errno 13] Permission denied"
    found = {category: symptom_of(text, category=category) for category in Category}
    assert {category: one.id for category, one in found.items() if one} == {
        Category.CONFIGURATION: "E11",
        Category.ENVIRONMENT: "E29",
    }


@pytest.mark.parametrize("text", ["", "one: expected <2>, but was <1>", "the training took 12 s"])
def test_what_is_no_known_symptom_has_none(text: str) -> None:
    assert symptom_of(text) is None


def test_signs_are_found_in_any_line_and_in_any_case() -> None:
    found = symptom_of("first line\nERROR: NO RUNNING EVENT LOOP\nlast line")
    assert found is not None
    assert found.id == "K16"


def test_the_end_of_a_sign_may_be_the_end_of_any_line() -> None:
    found = symptom_of("it was refused: HTTP 500: Failed to start training\nseen: nothing")
    assert found is not None
    assert found.id == "K15"
