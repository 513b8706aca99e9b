from collections.abc import Callable
from datetime import date
from typing import Any

import parse
import pytest

from ktrdr_acceptance import parameter_types as types
from ktrdr_acceptance.domain.bad_requests import FLAWS, WAYS
from ktrdr_acceptance.domain.logs import PLACES
from ktrdr_acceptance.domain.operation_list import DEEDS, LISTED, Listed, read_filters
from ktrdr_acceptance.evidence.log_lines import LINES
from ktrdr_acceptance.operations.operation import Kind


def in_sentence(convert: Callable[[str], Any], sentence: str) -> Any:
    """Return the value that behave's parser finds, or None if the sentence does not match."""
    found = parse.compile("within {value:Type} it ends", {"Type": convert}).parse(
        f"within {sentence} it ends"
    )
    return found and found["value"]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("5", 5),
        ("5.0", 5),
        ("5 s", 5),
        ("5s", 5),
        ("0.5 s", 0.5),
        ("500 ms", 0.5),
        ("250ms", 0.25),
        ("1 second", 1),
        ("30 seconds", 30),
        ("2 min", 120),
        ("1 minute", 60),
        ("2 minutes", 120),
        ("1.5 minutes", 90),
    ],
)
def test_a_duration_in_each_spelling(text: str, seconds: float) -> None:
    assert types.parse_duration(text) == pytest.approx(seconds)
    assert in_sentence(types.parse_duration, text) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["soon", "-5 s", "5 sec", "5 hours", "5 mins", "s", ".5 s", "5,0 s", "5 5"])
def test_what_is_no_duration_does_not_match_the_sentence(text: str) -> None:
    assert in_sentence(types.parse_duration, text) is None


@pytest.mark.parametrize("text", ["soon", "-5 s", "", "5 hours"])
def test_what_is_no_duration_is_an_error_of_the_value(text: str) -> None:
    with pytest.raises(ValueError, match="is not a duration such as"):
        types.parse_duration(text)


@pytest.mark.parametrize(
    ("text", "value"), [("40 %", 40), ("40%", 40), ("40", 40), ("2.5 %", 2.5), ("0 %", 0)]
)
def test_a_percentage_in_each_spelling(text: str, value: float) -> None:
    assert in_sentence(types.parse_percent, text) == value


def test_more_than_a_hundred_percent_is_an_error_of_the_value() -> None:
    with pytest.raises(ValueError, match="is more than 100 %"):
        types.parse_percent("400 %")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("10", 10),
        ("115,000", 115000),
        ("1_000", 1000),
        ("one", 1),
        ("seven", 7),
        ("ten", 10),
        ("twelve", 12),
        ("0", 0),
    ],
)
def test_a_count_in_each_spelling(text: str, value: int) -> None:
    assert in_sentence(types.parse_count, text) == value


@pytest.mark.parametrize("text", ["some", "-1", "1.5", "thirteen", "ten thousand"])
def test_what_is_no_count_does_not_match_the_sentence(text: str) -> None:
    assert in_sentence(types.parse_count, text) is None


@pytest.mark.parametrize("text", ["smoke", "long", "5-minute", "overnight"])
def test_a_purpose_is_any_word_because_a_calibration_of_one_s_own_may_have_more(text: str) -> None:
    assert in_sentence(types.parse_purpose, text) == text


@pytest.mark.parametrize("text", ["very long", "-x", ""])
def test_what_is_no_purpose_does_not_match_the_sentence(text: str) -> None:
    assert in_sentence(types.parse_purpose, text) is None


@pytest.mark.parametrize("kind", list(Kind))
def test_every_kind_of_operation_can_be_spoken_of(kind: Kind) -> None:
    assert in_sentence(types.parse_kind, str(kind)) is kind


def test_the_services_that_can_be_spoken_of_are_those_that_can_be_switched() -> None:
    assert in_sentence(types.parse_service, "the IB host") == "ib-host"
    assert in_sentence(types.parse_service, "the IB gateway") == "ib-gateway"
    assert in_sentence(types.parse_service, "the backend") == "backend"
    assert in_sentence(types.parse_service, "the training host") is None


@pytest.mark.parametrize(
    ("words", "nonsense"),
    [
        ("a huge body", "huge"),
        ("a malformed body", "malformed"),
        ("an endless body", "endless"),
        ("a redirect", "redirected"),
        ("a body", None),
    ],
)
def test_nonsense_is_spoken_of_by_what_comes(words: str, nonsense: str | None) -> None:
    assert in_sentence(types.parse_nonsense, words) == nonsense


@pytest.mark.parametrize("place", list(PLACES))
def test_every_log_can_be_spoken_of_by_its_place(place: str) -> None:
    assert in_sentence(types.parse_log_place, place) == place


@pytest.mark.parametrize("line", list(LINES))
def test_every_line_of_a_log_can_be_spoken_of(line: str) -> None:
    assert in_sentence(types.parse_log_line, line) == line


@pytest.mark.parametrize("way", WAYS)
def test_every_way_to_ask_for_work_can_be_spoken_of_whole(way: str) -> None:
    assert in_sentence(types.parse_way, way) == way


def test_a_day() -> None:
    assert in_sentence(types.parse_date, "2024-12-31") == date(2024, 12, 31)
    assert in_sentence(types.parse_date, "31.12.2024") is None


def test_a_day_that_does_not_exist_is_an_error_of_the_value() -> None:
    with pytest.raises(ValueError, match="day is out of range"):
        types.parse_date("2024-02-30")


@pytest.mark.parametrize("flaw", list(FLAWS))
def test_every_flaw_can_be_spoken_of(flaw: str) -> None:
    assert in_sentence(types.parse_flaw, flaw) == flaw


@pytest.mark.parametrize("words", list(LISTED))
def test_every_kind_of_listed_operation_can_be_spoken_of(words: str) -> None:
    assert in_sentence(types.parse_listed, words) == LISTED[words]
    assert all(isinstance(each, Listed) for each in LISTED[words])


@pytest.mark.parametrize("deed", list(DEEDS))
def test_every_deed_can_be_spoken_of(deed: str) -> None:
    assert in_sentence(types.parse_deed, deed) == deed


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("no filter", {}),
        ("status completed", {"status": "completed"}),
        ("type training", {"operation_type": "training"}),
        ("a limit of 5", {"limit": "5"}),
        ("an offset of -1", {"offset": "-1"}),
        ("what is active", {"active_only": "true"}),
        ("a limit of 5 and an offset of 10", {"limit": "5", "offset": "10"}),
        ("what is active and type training", {"active_only": "true", "operation_type": "training"}),
        ("status running and a limit of 10", {"status": "running", "limit": "10"}),
        (
            "type training and status failed and a limit of 1",
            {"operation_type": "training", "status": "failed", "limit": "1"},
        ),
    ],
)
def test_filters_become_the_query_they_stand_for(text: str, query: dict[str, str]) -> None:
    assert in_sentence(types.parse_filters, text) == query


@pytest.mark.parametrize(
    "text", ["nothing", "status", "a limit of many", "status completed or type training"]
)
def test_what_is_no_filter_does_not_match_the_sentence(text: str) -> None:
    assert in_sentence(types.parse_filters, text) is None


def test_a_wrong_filter_is_named() -> None:
    with pytest.raises(ValueError, match="'colour red' is no filter"):
        read_filters("status completed and colour red")


def test_all_types_are_registered_with_behave(monkeypatch: pytest.MonkeyPatch) -> None:
    registered: dict[str, Any] = {}
    monkeypatch.setattr(types, "register_type", lambda **given: registered.update(given))
    types.register()
    converters = {name.removeprefix("parse_") for name in vars(types) if name.startswith("parse_")}
    assert {name.lower() for name in registered} == {name.replace("_", "") for name in converters}
    assert set(registered) >= {"Duration", "Date", "Percent", "Count", "Purpose", "Kind", "Service"}
    assert set(registered) >= {"Way", "Flaw", "Listed", "Filters", "LogPlace", "LogLine"}
    assert all(hasattr(convert, "pattern") for convert in registered.values())
