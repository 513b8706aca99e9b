"""Reads of cached data, what is put there and taken away, downloads, and the health while bars are read."""

from __future__ import annotations

import threading
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from ktrdr_acceptance.api.models import ContractBreach
from ktrdr_acceptance.domain.bars import bar_faults, missing_times
from ktrdr_acceptance.faults import EnvironmentFault

from .scripted_world import ScriptedTarget, ScriptedWorld, scripted_world

TIMES = ["2024-12-02T00:00:00Z", "2024-12-02T01:00:00Z"]
BARS = (200, {"success": True, "data": {"dates": TIMES, "ohlcv": [[1, 1, 1, 1, 1]] * 2}})
HEALTHY = (200, {"status": "ok", "version": "1"})


def world_at(folder: Path | None = None) -> ScriptedWorld:
    return scripted_world(ScriptedTarget(folder))


# reads


def test_a_purpose_is_read_as_calibrated_and_its_time_and_number_are_spoken_of() -> None:
    world = world_at()
    world.script("GET /data/EURUSD/1h", BARS)
    world.say("when I read the year bars")
    (asked,) = world.net.asked
    assert asked.query == {"start_date": "2024-01-01", "end_date": "2024-12-31"}
    assert (len(world.said.bars), world.said.expected_bars, world.said.elapsed_s) == (2, 6240, 0.01)
    world.say("when I read the hourly bars")
    assert world.net.asked[-1].query == {}


def test_bars_between_two_days_are_asked_for_by_these_days() -> None:
    world = world_at()
    world.script("GET /data/AUDUSD/1h", BARS)
    world.say('when I read the bars of "AUDUSD" at "1h" from 2024-12-02 to 2024-12-03')
    assert world.net.asked[-1].query == {"start_date": "2024-12-02", "end_date": "2024-12-03"}


@pytest.mark.parametrize(
    ("sentence", "request_", "refused"),
    [
        (
            'when I ask for the bars of "EURUSD" at "1h" from "not-a-date" on',
            "GET /data/EURUSD/1h",
            "backend accepted a read of EURUSD 1h {'start_date': 'not-a-date'}",
        ),
        (
            'when I ask for the range of the uncached "NOSUCH" at "1h"',
            "POST /data/range",
            "backend accepted the range of NOSUCH 1h",
        ),
    ],
)
def test_a_read_that_must_be_refused_fails_when_it_is_answered(
    sentence: str, request_: str, refused: str
) -> None:
    world = world_at()
    world.script(request_, (422, {"detail": "no"}))
    world.say(sentence)
    assert world.said.refusal.message == "no"
    world.script(request_, BARS)
    with pytest.raises(AssertionError) as caught:
        world.say(sentence)
    assert refused in str(caught.value)


RANGE = {
    "symbol": "EURUSD",
    "timeframe": "1h",
    "start_date": TIMES[0],
    "end_date": TIMES[1],
    "point_count": 2,
}
INVENTORY = {
    "data_directory": "data",
    "total_symbols": 0,
    "available_symbols": [],
    "timeframes_available": [],
    "data_sources": [],
}
PARTS = {
    'when I ask for the range of "EURUSD" at "1h"': ("POST /data/range", RANGE),
    "when I ask what is cached": ("GET /data/info", INVENTORY),
}


@pytest.mark.parametrize("sentence", list(PARTS))
def test_range_and_inventory_must_be_whole(sentence: str) -> None:
    request, data = PARTS[sentence]
    world = world_at()
    world.script(request, (200, {"success": True, "data": data}))
    world.say(sentence)
    assert world.said.elapsed_s == 0.01
    for key in data:
        part = {name: value for name, value in data.items() if name != key}
        world.script(request, (200, {"success": True, "data": part}))
        with pytest.raises(ContractBreach, match=f"but its {key}: field required"):
            world.say(sentence)


# the health meanwhile


def while_reading(*seconds: float, read: Any = BARS) -> float:
    """The bars come once the backend has been asked for its health as often as there are `seconds`."""
    world = world_at()
    enough, left = threading.Event(), list(seconds)

    def bars(_body: Any, _query: Any) -> Any:
        assert enough.wait(5)
        return read

    def health(_body: Any, _query: Any) -> Any:
        if left:
            world.net.elapsed_s = left.pop(0)
        if not left:
            enough.set()
        return HEALTHY

    world.script("GET /data/EURUSD/1h", bars)
    world.script("GET /health", health)
    world.say("when I ask the backend for its health while the hourly bars are read")
    assert len([one for one in world.net.asked if "/data/" in one.request]) == 3
    return world.said.elapsed_s


@pytest.mark.parametrize("seconds", [(0.1, 2.5, 0.2, 0.2), (2.5, 0.1, 0.1), (0.1, 0.1, 2.5)])
def test_the_slowest_health_check_while_bars_are_read_counts(seconds: tuple[float, ...]) -> None:
    assert while_reading(*seconds) == 2.5


def test_a_read_that_fails_meanwhile_is_not_hidden() -> None:
    with pytest.raises(ContractBreach, match="refused GET"):
        while_reading(0.1, read=(500, {"detail": "x"}))


def test_a_health_check_that_fails_meanwhile_is_not_hidden() -> None:
    world = world_at()
    world.script("GET /data/EURUSD/1h", BARS)
    world.script("GET /health", (503, {"detail": "overloaded"}))
    with pytest.raises(ContractBreach, match="overloaded"):
        world.data.slowest_health_while_reading("hourly", world.platform)


# what is put there


def lines_of(file: Path) -> list[str]:
    return file.read_text("utf-8").splitlines()


def test_the_times_of_cached_bars_are_those_in_the_file(tmp_path: Path) -> None:
    world = world_at(tmp_path)
    world.say('given bars of "AUDUSD" at "1h" from 2024-12-02 to 2024-12-03 are cached')
    header, *rows = lines_of(tmp_path / "AUDUSD_1h.csv")
    assert header == "date,open,high,low,close,volume"
    assert world.said.cached == [row.split(",")[0] for row in rows]
    assert len(rows) == 48
    assert world.undo.run() == []
    assert list(tmp_path.iterdir()) == []


def test_the_inconsistent_bar_is_in_the_file_and_not_awaited(tmp_path: Path) -> None:
    world = world_at(tmp_path)
    world.say('given bars of "AUDUSD" at "1h" from 2024-12-02 to 2024-12-03 are cached, one inconsistent')
    _, *rows = lines_of(tmp_path / "AUDUSD_1h.csv")
    assert len(rows) == 48
    times = [row.split(",")[0] for row in rows]
    (left_out,) = set(times) - set(world.said.cached)
    assert left_out == times[4]
    bad = [row.split(",") for row in rows if float(row.split(",")[2]) < float(row.split(",")[3])]
    assert [row[0] for row in bad] == [left_out]


def test_without_a_data_folder_the_scenario_s_tags_are_to_blame() -> None:
    world = world_at()
    for sentence in (
        'given bars of "AUDUSD" at "1h" from 2024-12-02 to 2024-12-03 are cached',
        "given nothing is cached of what the small download brings",
    ):
        with pytest.raises(LookupError, match="tag the scenario @needs:data-folder"):
            world.say(sentence)


# downloads


def test_what_a_download_brings_is_forgotten_and_comes_back(tmp_path: Path) -> None:
    file = tmp_path / "AAPL_1d.csv"
    file.write_text("theirs", "utf-8")
    world = world_at(tmp_path)
    world.say("given nothing is cached of what the small download brings")
    assert not file.exists()
    file.write_text("downloaded", "utf-8")
    world.undo.run()
    assert file.read_text("utf-8") == "theirs"


@pytest.mark.parametrize(
    ("sentence", "changes"),
    [
        ("when I start a small download", {}),
        ("when I start a small download without a mode", {"mode": None}),
        ('when I start a small download on the unknown symbol "NOSUCH"', {"symbol": "NOSUCH"}),
    ],
)
def test_a_download_is_asked_for_as_the_sentence_says(sentence: str, changes: dict[str, Any]) -> None:
    world = world_at()
    world.script("POST /data/acquire/download", (200, {"operation_id": "op_1"}))
    world.say(sentence)
    asked = {
        "symbol": "AAPL",
        "timeframe": "1d",
        "start_date": "2024-01-01",
        "end_date": "2024-12-31",
        "mode": "tail",
    } | changes
    (start,) = world.net.asked
    assert start.body == {key: value for key, value in asked.items() if value is not None}


def test_the_same_download_again_is_that_of_the_same_purpose() -> None:
    world = world_at()
    replies: list[Any] = [(200, {"operation_id": f"op_{number}"}) for number in (1, 2)]
    world.script("POST /data/acquire/download", replies)
    world.say("when I start a small download")
    world.say("when I start the same download again")
    first, second = [one.body for one in world.net.asked]
    assert first == second
    assert world.operation.id == "op_2"


def test_what_a_download_brought_is_read_as_it_was_asked_for() -> None:
    world = world_at()
    world.script("POST /data/acquire/download", (200, {"operation_id": "op_1"}))
    world.script("GET /data/AAPL/1d", BARS)
    world.say("when I start a small download")
    world.say("when I read what it brought")
    assert world.net.asked[-1].query == {"start_date": "2024-01-01", "end_date": "2024-12-31"}
    assert (len(world.said.bars), world.said.expected_bars) == (2, 250)


def test_a_download_of_other_days_is_seen_completed_before_the_scenario_goes_on() -> None:
    world = world_at()
    world.script("POST /data/acquire/download", (200, {"operation_id": "op_1"}))
    sentence = 'when I download "AUDUSD" at "1h" from 2024-12-04 to 2024-12-05'
    world.shows("failed", 0.0)
    with pytest.raises(AssertionError, match="it has ended as failed"):
        world.say(sentence)
    world.script("POST /data/acquire/download", (200, {"operation_id": "op_2"}))
    world.shows(operation_id="op_2")
    world.say(sentence)
    assert [one.body for one in world.net.asked if "POST" in one.request][-1] == {
        "symbol": "AUDUSD",
        "timeframe": "1h",
        "start_date": "2024-12-04",
        "end_date": "2024-12-05",
        "mode": "tail",
    }


def test_a_service_that_is_gone_is_no_matter_of_the_data() -> None:
    world = world_at()
    world.script("GET /data/EURUSD/1h", EnvironmentFault("gone"))
    with pytest.raises(EnvironmentFault):
        world.data.read("hourly")


def test_bars_that_are_put_there_are_sound_when_read_again(tmp_path: Path) -> None:
    world = world_at(tmp_path)
    put = world.data.put("AUDUSD", "1h", date(2024, 12, 6), date(2024, 12, 9))
    rows = [line.split(",") for line in lines_of(tmp_path / "AUDUSD_1h.csv")[1:]]
    data = {"dates": [row[0] for row in rows], "ohlcv": [[float(part) for part in row[1:]] for row in rows]}
    world.script("GET /data/AUDUSD/1h", (200, {"success": True, "data": data}))
    found = world.data.bars("AUDUSD", "1h")
    assert bar_faults(found) == missing_times(found, put) == []
