"""What rows of deviations allow, require and make impossible, and how all of it is reckoned."""

from __future__ import annotations

import json
from dataclasses import replace

import httpx
import pytest

from .deviations import Row, RowSteps
from .player import Replayed
from .reckoning import reckon
from .shapes import Json, shape_of
from .small_ktrdr import SPECIMEN, START, SmallKtrdr, operation, play, row
from .specimen import Step


def test_a_difference_that_a_row_prescribes_is_replayed_by_the_row() -> None:
    body = operation("op_here", "completed")
    body["data"]["result"] = {"path": "x"}
    replay = play(SmallKtrdr(lookups=[body]), row("object"))
    assert replay.differences == []
    assert replay.outcomes["seed/smoke#1"] is Replayed.BY_A_ROW
    assert replay.used_rows == {"D-1"}


@pytest.mark.parametrize("result", [None, "text"])
def test_where_a_row_applies_the_answer_must_be_as_it_says(result: Json) -> None:
    body = operation("op_here", "completed")
    body["data"]["result"] = result
    (difference,) = play(SmallKtrdr(lookups=[body]), row("object")).differences
    assert (difference.row, difference.path, difference.recorded) == ("D-1", "data.result", "object")


def test_a_row_explains_nothing_beside_its_path() -> None:
    body = operation("op_here", "completed")
    body["data"] |= {"result": {}, "more": 1}
    assert [each.path for each in play(SmallKtrdr(lookups=[body]), row("object")).differences] == [
        "data.more"
    ]


def test_a_row_about_an_http_status_requires_that_status_and_its_body() -> None:
    refusal = Row("D-2", ("backend",), (f"POST {START}",), 422, 400, (("detail", "string"),))
    good = play(SmallKtrdr(refused=(400, {"detail": "bad"})), refusal)
    assert (good.differences, good.used_rows) == ([], {"D-2"})
    assert len(play(SmallKtrdr(), refusal).differences) == 1
    assert len(play(SmallKtrdr(refused=(400, {"detail": 5})), refusal).differences) == 1
    assert len(play(SmallKtrdr(refused=(400, {"detail": "bad", "more": 1})), refusal).differences) == 1


@pytest.mark.parametrize(("result", "found"), [("text", []), ({}, ["data.result"])])
def test_where_a_listed_row_gives_another_status_the_shape_is_of_that_status(
    result: Json, found: list[str]
) -> None:
    body = operation("op_here", "failed")
    body["data"]["result"] = result
    failed = replace(
        SPECIMEN.steps[1],
        index=3,
        shape=shape_of(
            {"success": True, "data": {"operation_id": "x", "status": "failed", "result": "text"}}
        ),
        values=(("success", True), ("data.status", "failed")),
    )
    steps = RowSteps(changes=frozenset({"seed/smoke#1"}))
    listed = replace(row("`failed`", path="data.status", only=("listed",)), steps=steps)
    replay = play(
        SmallKtrdr(lookups=[body]), listed, specimen=replace(SPECIMEN, steps=(*SPECIMEN.steps, failed))
    )
    assert [each.path for each in replay.differences if each.step == "seed/smoke#1"] == found
    assert replay.outcomes["seed/smoke#1"] is Replayed.BY_A_ROW


def test_a_replaced_http_status_has_the_shape_that_was_recorded_for_it() -> None:
    recorded = Step(3, "backend", "POST", START, 400, shape_of({"detail": "text", "code": 1}), body={})
    specimen = replace(SPECIMEN, steps=(*SPECIMEN.steps, recorded))
    refusal = Row("D-2", ("backend",), (f"POST {START}",), 422, 400, (("code", "`7`"),))
    good = play(SmallKtrdr(refused=(400, {"detail": "x", "code": 7})), refusal, specimen=specimen)
    assert [each for each in good.differences if each.step == "seed/smoke#2"] == []
    bad = play(SmallKtrdr(refused=(400, {"detail": 5, "code": 7})), refusal, specimen=specimen)
    assert [each.path for each in bad.differences if each.step == "seed/smoke#2"] == ["detail"]


def test_an_unused_row_fails() -> None:
    replay = play(SmallKtrdr(), row("null"))
    assert replay.differences == []
    assert reckon([replay], [row("null")]).faults() == ["no exchange uses row D-1 of DEVIATIONS.md"]


def test_a_prevented_step_is_impossible_only_if_its_id_is_missing() -> None:
    steps = RowSteps(prevents=frozenset({"seed/smoke#1"}))
    preventing = Row("D-2", ("backend",), (f"POST {START}",), 200, 503, (("detail", "string"),), steps=steps)

    def busy(request: httpx.Request) -> httpx.Response:
        if request.url.path == START and json.loads(request.content):
            return httpx.Response(503, json={"detail": "busy"})
        return SmallKtrdr()(request)

    replay = play(busy, preventing)
    assert replay.differences == []
    assert list(replay.outcomes.values()) == [Replayed.BY_A_ROW, Replayed.IMPOSSIBLE, Replayed.AS_RECORDED]
    possible = replace(preventing, status=500)
    assert [each.recorded for each in play(SmallKtrdr(), possible).differences] == ["impossible, by a row"]


def test_a_stand_in_takes_the_place_of_an_operation() -> None:
    steps = RowSteps(prevents=frozenset({"seed/smoke#0"}), stand_ins={"seed/smoke": {"id1": "completed"}})
    replay = play(SmallKtrdr(), row("null"), replace(row("null"), id="D-2", routes=(), steps=steps))
    assert "seed/smoke#1" in replay.outcomes
    assert not [each for each in replay.differences if each.step == "seed/smoke#1"]


def test_more_than_a_hundredth_not_replayed_fails() -> None:
    replay = play(SmallKtrdr(), not_replayed=("seed/smoke#2",))
    reckoning = reckon([replay], [])
    assert "1 not replayed" in str(reckoning)
    assert reckoning.faults() == ["1 of 3 exchanges are not replayed, at most 1 % may be"]


def test_nothing_played_fails() -> None:
    assert reckon([], []).faults() == ["there is no exchange at all"]
