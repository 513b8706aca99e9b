"""What can be wrong with bars, and how they are read: each fault goes red, sound bars pass."""

from __future__ import annotations

import json
import math
from datetime import date, datetime
from typing import Any, cast

import pytest

from ktrdr_acceptance.api.bars import Bars, bars_of, bars_of_records
from ktrdr_acceptance.api.http import Answer, ServiceClient
from ktrdr_acceptance.api.ib_host import IbHost
from ktrdr_acceptance.api.models import ContractBreach
from ktrdr_acceptance.domain.bars import bar_faults, missing_bars, missing_weekdays, moment, outside
from ktrdr_acceptance.testdata.plain_bars import plain_lines, with_bad_bar

SOUND = [1.1, 1.2, 1.0, 1.15, 1000]
HOURS = [f"2024-12-02T{hour:02d}:00:00Z" for hour in range(24)]


def bars(*rows: Any, times: list[Any] | None = None, timeframe: str = "") -> Bars:
    return Bars(HOURS[: len(rows)] if times is None else times, list(rows), 0.1, timeframe)


def changed(place: int, value: Any) -> list[Any]:
    return [*SOUND[:place], value, *SOUND[place + 1 :]]


# faults


def test_sound_bars_have_no_fault() -> None:
    assert bar_faults(bars(SOUND, [1, 1, 1, 1, 0], [0.1, 0.1, 0.1, 0.1, -1])) == []


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (changed(1, 1.14), "its high 1.14 is below 1.15"),
        (changed(1, 1.0), "its high 1.0 is below 1.15"),
        ([1.1, 1.1, 1.2, 1.1, 5], "its high 1.1 is below 1.2"),
        (changed(2, 1.12), "its low 1.12 is above 1.1"),
        ([1.2, 1.3, 1.15, 1.1, 5], "its low 1.15 is above 1.1"),
        ([0, 1.2, 0, 1.15, 5], "a price of 0"),
        (changed(2, -1.0), "a price of -1.0"),
        (changed(0, None), "is not five numbers"),
        (changed(3, "1.15"), "is not five numbers"),
        (changed(4, None), "is not five numbers"),
        (changed(4, True), "is not five numbers"),
        (changed(1, math.nan), "is not five numbers"),
        (changed(1, math.inf), "is not five numbers"),
        (SOUND[:4], "is not five numbers"),
        ([*SOUND, 1], "is not five numbers"),
        (None, "None is not five numbers"),
        ("1.1", "'1.1' is not five numbers"),
        ({"open": 1.1}, "is not five numbers"),
    ],
    ids=str,
)
def test_an_unsound_bar_is_told_with_its_time(row: Any, said: str) -> None:
    (fault,) = bar_faults(bars(SOUND, row, SOUND))
    assert fault.startswith("2024-12-02T01:00:00Z: ")
    assert said in fault


def test_no_bars_are_no_sound_bars() -> None:
    assert bar_faults(bars()) == ["there are no bars"]


@pytest.mark.parametrize(("times", "rows"), [(2, 3), (3, 2), (0, 1), (1, 0)])
def test_times_without_bars_and_bars_without_times_are_told(times: int, rows: int) -> None:
    faults = bar_faults(bars(*[SOUND] * rows, times=HOURS[:times]))
    assert f"there are {times} times but {rows} bars" in faults


@pytest.mark.parametrize(
    ("times", "fault"),
    [
        ([HOURS[0], HOURS[1], HOURS[1]], f"{HOURS[1]} stands there twice"),
        ([HOURS[0], HOURS[2], HOURS[1]], f"{HOURS[1]} comes after {HOURS[2]}"),
        (["2024-12-02T01:00:00Z", "2024-12-02T01:00:00+00:00"], "+00:00 stands there twice"),
        (["2024-12-02 10:00:00", "2024-12-02T09:00:00"], "2024-12-02T09:00:00 comes after"),
        (["2024-12-02T01:00:00", "2024-12-02T01:30:00+01:00"], "2024-12-02T01:30:00+01:00 comes after"),
        ([HOURS[0], "soon", HOURS[1]], "'soon' is no time"),
        ([HOURS[0], None, HOURS[1]], "None is no time"),
        ([1733097600], "1733097600 is no time"),
    ],
    ids=["twice", "order", "twice-spelt-otherwise", "mixed", "zones", "word", "null", "number"],
)
def test_times_out_of_order_or_listed_twice_or_none_are_told(times: list[Any], fault: str) -> None:
    (found,) = bar_faults(bars(*[SOUND] * len(times), times=times))
    assert fault in found


def test_a_time_that_is_none_does_not_hide_the_order_of_the_others() -> None:
    assert len(bar_faults(bars(SOUND, SOUND, SOUND, times=[HOURS[2], "soon", HOURS[1]]))) == 2


@pytest.mark.parametrize(
    ("timeframe", "times", "off"),
    [
        ("5m", ["2024-12-02T00:00:00Z", "2024-12-02T00:05:00Z", "2024-12-02T00:07:00Z"], 2),
        ("15m", ["2024-12-02T00:15:00Z", "2024-12-02T00:20:00Z"], 1),
        ("30m", ["2024-12-02T00:30:00Z", "2024-12-02T00:45:00Z"], 1),
        ("1h", [HOURS[0], "2024-12-02T00:30:00Z"], 1),
        ("1h", [HOURS[0], "2024-12-02T02:00:00+01:00", "2024-12-02T01:00:01Z"], 2),
        ("1d", ["2024-12-02T00:00:00Z", "2024-12-03T00:00:00Z", "2024-12-04T01:00:00Z"], 2),
    ],
    ids=["5m", "15m", "30m", "1h", "1h-zones", "1d"],
)
def test_a_bar_between_the_steps_of_its_timeframe_is_told(timeframe: str, times: list[str], off: int) -> None:
    (fault,) = bar_faults(bars(*[SOUND] * len(times), times=times, timeframe=timeframe))
    said = f"{times[off]} is no whole number of steps of {timeframe} after {times[off - 1]}"
    assert fault == said


@pytest.mark.parametrize(
    ("timeframe", "times"),
    [
        ("1h", [HOURS[0], HOURS[1], "2024-12-09T05:00:00Z"]),
        ("1h", ["2024-12-02T14:30:00Z", "2024-12-02T15:30:00Z"]),
        ("1d", ["2024-12-06T00:00:00Z", "2024-12-09T00:00:00Z"]),
        ("1w", ["2024-12-02T00:00:00Z", "2024-12-02T00:00:01Z"]),
        ("", ["2024-12-02T00:00:00Z", "2024-12-02T00:00:01Z"]),
    ],
    ids=["weekend", "half-hours", "daily-weekend", "unknown-timeframe", "no-timeframe"],
)
def test_a_gap_of_whole_steps_is_no_fault(timeframe: str, times: list[str]) -> None:
    assert bar_faults(bars(*[SOUND] * len(times), times=times, timeframe=timeframe)) == []


def test_of_many_faults_only_some_are_told() -> None:
    assert len(bar_faults(bars(*[None] * 24))) == 20


# missing and superfluous ones


WANTED = {
    "2024-12-02T01:00:00Z": tuple(SOUND),
    "2024-12-02T02:00:00Z": tuple(SOUND),
    "2024-12-02T03:00:00Z": tuple(SOUND),
}


def test_a_missing_bar_is_named_however_its_time_is_spelt() -> None:
    there = bars(SOUND, SOUND, times=["2024-12-02T01:00:00+00:00", "2024-12-02 04:00:00+01:00"])
    assert missing_bars(there, WANTED) == ["2024-12-02T02:00:00Z is not there"]
    assert missing_bars(bars(), WANTED) == [f"{time} is not there" for time in WANTED]
    assert missing_bars(there, {}) == []


@pytest.mark.parametrize("place", range(5), ids=["open", "high", "low", "close", "volume"])
def test_a_bar_that_is_not_as_it_was_is_told_with_both(place: int) -> None:
    other = changed(place, 7.5)
    there = bars(SOUND, other, SOUND, times=list(WANTED))
    assert missing_bars(there, WANTED) == [f"2024-12-02T02:00:00Z is {other} instead of {SOUND}"]


@pytest.mark.parametrize("row", [None, 1.1, SOUND[:4], [*SOUND, 1], "1.1"], ids=str)
def test_what_is_no_bar_is_not_the_bar_that_was_there(row: Any) -> None:
    (lost,) = missing_bars(bars(SOUND, row, SOUND, times=list(WANTED)), WANTED)
    assert lost == f"2024-12-02T02:00:00Z is {row} instead of {SOUND}"


def test_whole_numbers_are_the_same_bar_as_their_fractions() -> None:
    assert missing_bars(bars([1, 2, 1, 2, 5], times=[HOURS[0]]), {HOURS[0]: (1.0, 2.0, 1.0, 2.0, 5.0)}) == []


MONDAY_TO_MONDAY = date(2024, 12, 2), date(2024, 12, 9)


@pytest.mark.parametrize(
    ("days", "missing"),
    [
        ([2, 3, 4, 5, 6], []),
        ([2, 3, 4, 5, 6, 8, 9], []),
        ([2, 3, 5, 6], ["2024-12-04"]),
        ([3, 4, 5, 6, 9], ["2024-12-02"]),
        ([2, 3, 4, 5, 9], ["2024-12-06"]),
        ([5, 4, 3, 2], ["2024-12-06"]),
        ([], ["2024-12-02", "2024-12-03", "2024-12-04", "2024-12-05", "2024-12-06"]),
    ],
    ids=["last-day-left-out", "sunday", "middle", "first", "friday", "order", "none"],
)
def test_a_weekday_without_a_bar_is_named(days: list[int], missing: list[str]) -> None:
    times = [f"2024-12-{day:02d}T22:00:00Z" for day in days]
    assert missing_weekdays(bars(*[SOUND] * len(days), times=times), *MONDAY_TO_MONDAY) == missing


def test_markets_rest_on_christmas_day_and_new_year_alone() -> None:
    missing = missing_weekdays(bars(), date(2024, 12, 23), date(2025, 1, 4))
    rest = {"2024-12-25", "2025-01-01"}
    assert missing == [f"2024-12-{day}" for day in (23, 24, 26, 27, 30, 31)] + ["2025-01-02", "2025-01-03"]
    assert rest.isdisjoint(missing)


def test_the_day_of_a_bar_is_the_day_that_it_is_written_with() -> None:
    early = bars(SOUND, times=["2024-12-03T00:30:00+01:00"])
    assert missing_weekdays(early, date(2024, 12, 2), date(2024, 12, 4)) == ["2024-12-02"]
    assert outside(early, "2024-12-03", "2024-12-03") == []


def test_bars_outside_the_days_that_were_asked_for_are_named() -> None:
    times = ["2024-12-01T23:59:59Z", "2024-12-02T00:00:00Z", "2024-12-03T23:59:59Z", "2024-12-04T00:00:00Z"]
    there = bars(*[SOUND] * 4, times=times)
    assert outside(there, "2024-12-02", "2024-12-03") == [times[0], times[3]]
    assert outside(there, "2024-12-01", "2024-12-04") == []


def test_a_time_without_a_zone_is_utc_and_no_time_is_a_breach() -> None:
    assert moment("2024-12-02T01:00:00") == moment("2024-12-02T02:00:00+01:00")
    for text in ("soon", "", None, 7):
        with pytest.raises(ContractBreach, match="is no time"):
            moment(cast(str, text))


# reading them


def answer(body: Any, status: int = 200) -> Answer:
    return Answer("backend", "GET /api/v1/data/EURUSD/1h", status, body, 0.25)


OF_EURUSD = {"symbol": "EURUSD", "timeframe": "1h"}


def test_the_backend_s_bars_are_taken_as_they_came() -> None:
    data = {"dates": HOURS[:2], "ohlcv": [SOUND, None], "metadata": OF_EURUSD}
    found = bars_of(answer({"success": True, "data": data}), "EURUSD", "1h")
    assert (list(found.times), list(found.rows), found.elapsed_s) == (HOURS[:2], [SOUND, None], 0.25)
    assert (len(found), found.timeframe) == (2, "1h")


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        [{"data": {}}],
        {"data": None},
        {"data": []},
        {"data": {"dates": HOURS}},
        {"data": {"ohlcv": [SOUND]}},
        {"data": {"dates": None, "ohlcv": []}},
        {"data": {"dates": [], "ohlcv": {}}},
    ],
    ids=str,
)
def test_an_answer_without_bars_is_a_breach(body: Any) -> None:
    with pytest.raises(ContractBreach, match=r"answered GET /api/v1/data/EURUSD/1h without dates and ohlcv"):
        bars_of(answer(body), "EURUSD", "1h")


@pytest.mark.parametrize(
    ("about", "said"),
    [
        ({**OF_EURUSD, "symbol": "GBPUSD"}, "('GBPUSD', '1h')"),
        ({**OF_EURUSD, "timeframe": "1d"}, "('EURUSD', '1d')"),
        ({"symbol": "EURUSD"}, "('EURUSD', None)"),
        ({"timeframe": "1h"}, "(None, '1h')"),
        ({}, "(None, None)"),
        (None, "None"),
        ([OF_EURUSD], "None"),
    ],
    ids=str,
)
@pytest.mark.parametrize("times", [HOURS[:2], []], ids=["bars", "none"])
def test_bars_of_anything_but_what_was_asked_for_are_a_breach(
    about: Any, said: str, times: list[str]
) -> None:
    data = {"dates": times, "ohlcv": [SOUND] * len(times), "metadata": about}
    with pytest.raises(ContractBreach) as caught:
        bars_of(answer({"data": data}), "EURUSD", "1h")
    assert str(caught.value) == f"backend answered GET /api/v1/data/EURUSD/1h with bars of {said}"


def test_a_symbol_is_answered_in_capitals() -> None:
    data: dict[str, Any] = {"dates": [], "ohlcv": [], "metadata": OF_EURUSD}
    assert len(bars_of(answer({"data": data}), "eurusd", "1h")) == 0


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ({"detail": "no such symbol"}, 404, "refused .* no such symbol"),
        ("<html>", 200, "without a JSON object"),
        ({"success": False, "data": {"dates": [], "ohlcv": []}}, 200, "success: false"),
    ],
)
def test_a_refusal_or_no_json_is_a_breach(body: Any, status: int, said: str) -> None:
    with pytest.raises(ContractBreach, match=said):
        bars_of(answer(body, status), "EURUSD", "1h")


RECORD = {"open": 1.1, "high": 1.2, "low": 1.0, "close": 1.15, "volume": -1.0}


def test_bars_by_time_are_brought_into_the_one_form() -> None:
    found = bars_of_records({HOURS[0]: RECORD, HOURS[1]: {"open": 1.1}}, answer({}), "1h")
    assert (list(found.times), found.timeframe) == (HOURS[:2], "1h")
    assert list(found.rows) == [[1.1, 1.2, 1.0, 1.15, -1.0], [1.1, None, None, None, None]]
    (fault,) = bar_faults(found)
    assert fault.startswith(HOURS[1])


@pytest.mark.parametrize("records", [None, [], "{}", [RECORD], {HOURS[0]: None}, {HOURS[0]: [1.1]}], ids=str)
def test_what_are_no_bars_by_time_is_a_breach(records: Any) -> None:
    with pytest.raises(ContractBreach, match="without bars by time"):
        bars_of_records(records, answer({}), "1h")


class IbClient:
    name, base_url = "ib-host", "http://ib-host:5001"

    def __init__(self, body: Any) -> None:
        self.body = body
        self.sent: list[Any] = []

    def request(self, method: str, path: str, body: Any = None, **_more: Any) -> Answer:
        self.sent.append(body)
        return Answer(self.name, f"{method} {path}", 200, self.body, 0.5)


def from_ib(body: Any) -> tuple[Bars, IbClient]:
    client = IbClient(body)
    start, end = datetime(2024, 12, 2), datetime(2024, 12, 3, 23, 59, 59)
    return IbHost(cast(ServiceClient, client)).historical("EURUSD", "1h", start, end), client


def test_bars_from_ib_are_read_from_the_text_they_come_as() -> None:
    found, client = from_ib({"success": True, "data": json.dumps({HOURS[0]: RECORD})})
    assert (list(found.times), found.elapsed_s, found.timeframe) == ([HOURS[0]], 0.5, "1h")
    assert bar_faults(found) == []
    assert client.sent == [
        {
            "symbol": "EURUSD",
            "timeframe": "1h",
            "start": "2024-12-02T00:00:00",
            "end": "2024-12-03T23:59:59",
        }
    ]


@pytest.mark.parametrize(
    "body",
    [
        {"success": False, "data": "{}", "error": "gateway gone"},
        {"success": True},
        {"success": True, "data": None},
        {"success": True, "data": "not json"},
        {"success": True, "data": "[]"},
        {"success": True, "data": {HOURS[0]: RECORD}},
        [],
    ],
    ids=str,
)
def test_bars_that_ib_did_not_deliver_are_a_breach(body: Any) -> None:
    with pytest.raises(ContractBreach):
        from_ib(body)


# the bars that the suite puts there itself


def as_bars(lines: list[str], timeframe: str = "1h") -> Bars:
    fields = [line.split(",") for line in lines[1:]]
    rows = [[float(part) for part in row] for _, *row in fields]
    return Bars([first for first, *_ in fields], rows, 0.0, timeframe)


@pytest.mark.parametrize(("timeframe", "count"), [("1h", 3 * 24), ("1d", 3)])
def test_plain_bars_are_sound_and_on_weekdays_alone(timeframe: str, count: int) -> None:
    first, last = date(2024, 12, 5), date(2024, 12, 9)
    found = as_bars(list(plain_lines(timeframe, first, last)), timeframe)
    assert len(found) == count
    assert bar_faults(found) == []
    assert missing_weekdays(found, first, last) == []
    assert outside(found, "2024-12-05", "2024-12-09") == []


def test_a_plain_bar_that_is_cut_or_taken_for_its_neighbour_is_another() -> None:
    lines = list(plain_lines("1h", date(2024, 12, 5), date(2024, 12, 6)))
    found = as_bars(lines)
    assert all(round(price, 4) != price for row in found.rows for price in row[:4])
    assert len({tuple(row) for row in found.rows}) == len({row[4] for row in found.rows}) == len(found)


def test_only_the_bar_in_question_is_inconsistent() -> None:
    lines = list(plain_lines("1h", date(2024, 12, 5), date(2024, 12, 6)))
    (fault,) = bar_faults(as_bars(with_bad_bar(lines, 5)))
    assert fault.startswith(f"{lines[5].split(',')[0]}: its high ")
    assert [number for number, line in enumerate(with_bad_bar(lines, 5)) if line != lines[number]] == [5]
