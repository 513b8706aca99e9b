"""Reads of cached data, what is put there and taken away, downloads, and the health while bars are read."""

from __future__ import annotations

import threading
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from ktrdr_acceptance.api.models import ContractBreach
from ktrdr_acceptance.domain.bars import bar_faults, missing_bars
from ktrdr_acceptance.faults import Category, ConfigurationFault, EnvironmentFault, category_of

from .scripted_world import ScriptedTarget, ScriptedWorld, bars_reply, scripted_world

TIMES = ["2024-12-02T00:00:00Z", "2024-12-02T01:00:00Z"]
BARS = bars_reply("EURUSD", "1h", *TIMES)
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
    world.script("GET /data/AUDUSD/1h", bars_reply("AUDUSD", "1h", *TIMES))
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


@pytest.mark.parametrize("told", [{"symbol": "GBPUSD"}, {"timeframe": "1d"}], ids=str)
def test_the_range_of_anything_but_what_was_asked_for_is_a_breach(told: dict[str, str]) -> None:
    world = world_at()
    said = RANGE | told
    world.script("POST /data/range", (200, {"success": True, "data": said}))
    with pytest.raises(ContractBreach, match=f"with the range of {said['symbol']} {said['timeframe']}$"):
        world.say('when I ask for the range of "EURUSD" at "1h"')


def test_bars_of_another_symbol_are_a_breach_whoever_reads_them() -> None:
    world = world_at()
    world.script("GET /data/EURUSD/1h", bars_reply("GBPUSD", "1h", *TIMES))
    with pytest.raises(ContractBreach, match=r"with bars of \('GBPUSD', '1h'\)"):
        world.say("when I read the year bars")


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


def fields_of(file: Path) -> list[list[str]]:
    return [line.split(",") for line in lines_of(file)[1:]]


def test_the_cached_bars_are_those_in_the_file(tmp_path: Path) -> None:
    world = world_at(tmp_path)
    world.say('given bars of "AUDUSD" at "1h" from 2024-12-02 to 2024-12-03 are cached')
    header, *rows = lines_of(tmp_path / "AUDUSD_1h.csv")
    assert header == "date,open,high,low,close,volume"
    fields = [row.split(",") for row in rows]
    assert world.said.cached == {time: tuple(map(float, values)) for time, *values in fields}
    assert {len(values) for values in world.said.cached.values()} == {5}
    assert len(rows) == 48
    assert world.undo.run() == []
    assert list(tmp_path.iterdir()) == []


def test_the_inconsistent_bar_is_in_the_file_and_not_awaited(tmp_path: Path) -> None:
    world = world_at(tmp_path)
    world.say('given bars of "AUDUSD" at "1h" from 2024-12-02 to 2024-12-03 are cached, one inconsistent')
    rows = fields_of(tmp_path / "AUDUSD_1h.csv")
    assert len(rows) == 48
    (left_out,) = {row[0] for row in rows} - set(world.said.cached)
    assert left_out == rows[4][0]
    assert [row[0] for row in rows if float(row[2]) < float(row[3])] == [left_out]
    others = {row[0]: tuple(map(float, row[1:])) for row in rows if row[0] != left_out}
    assert world.said.cached == others


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
    world.script("GET /data/AAPL/1d", bars_reply("AAPL", "1d"))
    world.say("given nothing is cached of what the small download brings")
    assert not file.exists()
    file.write_text("downloaded", "utf-8")
    world.undo.run()
    assert file.read_text("utf-8") == "theirs"


def test_bars_that_are_there_after_their_file_is_gone_come_from_another_folder(tmp_path: Path) -> None:
    file = tmp_path / "AAPL_1d.csv"
    file.write_text("theirs", "utf-8")
    world = world_at(tmp_path)
    world.script("GET /data/AAPL/1d", bars_reply("AAPL", "1d", *TIMES))
    with pytest.raises(ConfigurationFault) as caught:
        world.say("given nothing is cached of what the small download brings")
    assert category_of(caught.value) is Category.CONFIGURATION
    for part in ("KTRDR still has 2 bars of AAPL 1d", str(tmp_path), "correct the setting data_dir"):
        assert part in str(caught.value)
    assert world.undo.run() == []
    assert file.read_text("utf-8") == "theirs"


def test_one_bar_that_is_there_all_the_same_is_enough(tmp_path: Path) -> None:
    world = world_at(tmp_path)
    world.script("GET /data/AAPL/1d", bars_reply("AAPL", "1d", TIMES[0]))
    with pytest.raises(ConfigurationFault, match="still has 1 bars"):
        world.data.set_aside("AAPL", "1d")


@pytest.mark.parametrize(
    ("sentence", "changes"),
    [
        ("when I start a small download", {}),
        ("when I start a small download without a mode", {"mode": None}),
        ('when I start a small download in the mode "full"', {"mode": "full"}),
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
    world.script("GET /data/AAPL/1d", bars_reply("AAPL", "1d", *TIMES))
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
    rows = fields_of(tmp_path / "AUDUSD_1h.csv")
    status, body = bars_reply("AUDUSD", "1h", *(row[0] for row in rows))
    body["data"]["ohlcv"] = [[float(part) for part in row[1:]] for row in rows]
    world.script("GET /data/AUDUSD/1h", (status, body))
    found = world.data.bars("AUDUSD", "1h")
    assert bar_faults(found) == missing_bars(found, put) == []
    body["data"]["ohlcv"][3][0] += 0.001
    (lost,) = missing_bars(world.data.bars("AUDUSD", "1h"), put)
    assert lost.startswith(f"{rows[3][0]} is [")
