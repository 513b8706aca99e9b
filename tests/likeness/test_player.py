"""The player notices what it must: a KTRDR of a few lines, with one thing changed at a time."""

from __future__ import annotations

from dataclasses import replace

import httpx
import pytest

from .player import Replayed
from .shapes import Json, shape_of
from .small_ktrdr import REFUSED, SPECIMEN, SmallKtrdr, differences, operation, play
from .specimen import Step


def test_the_same_answers_are_no_difference() -> None:
    ktrdr = SmallKtrdr()
    replay = play(ktrdr)
    assert replay.differences == []
    assert set(replay.outcomes.values()) == {Replayed.AS_RECORDED}
    assert ktrdr.asked.count("GET /api/v1/operations/op_here") == 2, "it waits for the recorded status"


def test_a_missing_field_is_a_difference() -> None:
    body = operation("op_here", "completed")
    del body["data"]["result"]
    assert differences(play(SmallKtrdr(lookups=[body]))) == [
        ("seed/smoke#1", "data.result", "null", "absent")
    ]


def test_a_wrong_type_is_a_difference() -> None:
    body = operation("op_here", "completed")
    body["data"]["result"] = {}
    assert differences(play(SmallKtrdr(lookups=[body]))) == [
        ("seed/smoke#1", "data.result", "null", "object")
    ]


def test_a_field_too_many_is_a_difference() -> None:
    body = operation("op_here", "completed") | {"more": 1}
    assert differences(play(SmallKtrdr(lookups=[body]))) == [("seed/smoke#1", "more", "absent", "number")]


def test_a_wrong_http_status_is_a_difference() -> None:
    replay = play(SmallKtrdr(refused=(500, {"detail": "oops"})))
    assert differences(replay) == [("seed/smoke#2", "HTTP status", "422", "500")]


def test_a_wrong_operation_status_is_a_difference_and_not_waited_for() -> None:
    ktrdr = SmallKtrdr(lookups=[operation("op_here", "failed")])
    assert differences(play(ktrdr)) == [("seed/smoke#1", "data.status", "completed", "failed")]
    assert ktrdr.asked.count("GET /api/v1/operations/op_here") == 2


def test_an_operation_that_never_gets_there_is_a_difference() -> None:
    replay = play(SmallKtrdr(lookups=[operation("op_here", "running")]))
    assert differences(replay) == [("seed/smoke#1", "data.status", "completed", "running")]


def test_a_wrong_error_code_is_a_difference() -> None:
    body = REFUSED | {"error": dict(REFUSED["error"], code="OTHER")}
    assert differences(play(SmallKtrdr(refused=(422, body)))) == [
        ("seed/smoke#2", "error.code", "VALIDATION_ERROR", "OTHER")
    ]


def test_the_id_of_another_operation_is_a_difference() -> None:
    replay = play(SmallKtrdr(lookups=[operation("op_other", "completed")]))
    assert differences(replay) == [("seed/smoke#1", "data.operation_id", "op_here", "op_other")]


def test_steps_about_an_id_that_was_not_given_are_differences() -> None:
    replay = play(SmallKtrdr(accepted={"success": True, "status": "training_started"}))
    assert [each.step for each in replay.differences] == ["seed/smoke#0", "seed/smoke#0", "seed/smoke#1"]
    assert replay.differences[-1].recorded == "an id for id1"


def test_all_differences_of_a_specimen_are_reported_readably() -> None:
    body = operation("op_here", "completed")
    body["data"]["result"] = 5
    replay = play(SmallKtrdr(lookups=[body], refused=(500, {})))
    assert [str(each) for each in replay.differences] == [
        "seed/smoke#1 GET /api/v1/operations/{id1}  data.result: recorded null, got number",
        "seed/smoke#2 POST /api/v1/trainings/start  HTTP status: recorded 422, got 500",
    ]


LISTED: Json = {"success": True, "data": [{"operation_id": "op_old", "status": "failed"}]}


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        ([{"operation_id": "op_x", "status": "failed"}], []),
        ([], [("seed/list#0", "data[].status", "some of ['failed']", "no rows")]),
        (
            [{"operation_id": "op_x", "status": "completed"}],
            [("seed/list#0", "data[].status", "failed", "completed")],
        ),
    ],
)
def test_rows_of_a_list_have_a_status_that_was_recorded(rows: Json, found: list[tuple[str, ...]]) -> None:
    values = (("data[].status", ["failed"]),)
    path = "/api/v1/operations?status=failed"
    step = Step(0, "backend", "GET", path, 200, shape_of(LISTED), values=values)

    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json=LISTED | {"data": rows})

    assert differences(play(answer, specimen=replace(SPECIMEN, name="list", steps=(step,)))) == found


@pytest.mark.parametrize(("status", "found"), [(0, []), (200, [("seed/smoke#0", "HTTP status", "200", "0")])])
def test_a_refused_connection_is_an_answer(status: int, found: list[tuple[str, ...]]) -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    step = Step(0, "ib-host", "GET", "/health", status, shape_of(None))
    assert differences(play(refuse, specimen=replace(SPECIMEN, steps=(step,)))) == found


def test_another_service_that_answers_in_its_place_is_a_difference() -> None:
    step = Step(0, "ib-host", "GET", "/health", 0, shape_of(None))
    replay = play(lambda _: httpx.Response(200, json={}), specimen=replace(SPECIMEN, steps=(step,)))
    assert differences(replay) == [("seed/smoke#0", "HTTP status", "0", "200")]


@pytest.mark.parametrize(
    ("recorded", "answered", "got"),
    [
        ({"dates": [1]}, {"dates": []}, ["an empty list"]),
        ({"dates": []}, {"dates": [1]}, ["a list with items"]),
        ({"dates": [1]}, {"dates": [2, 3]}, []),
    ],
)
def test_whether_a_list_is_empty_is_compared(recorded: Json, answered: Json, got: list[str]) -> None:
    step = Step(
        0, "backend", "GET", "/x", 200, shape_of(recorded), filled=(("dates", bool(recorded["dates"])),)
    )
    replay = play(lambda _: httpx.Response(200, json=answered), specimen=replace(SPECIMEN, steps=(step,)))
    assert [each.got for each in replay.differences] == got


def test_operations_of_another_type_do_not_lend_their_shape() -> None:
    def lookup(index: int, kind: str, result: Json) -> Step:
        values = (("data.status", "completed"), ("data.operation_type", kind))
        body = {"data": {"status": "completed", "operation_type": kind, "result": result}}
        return Step(index, "backend", "GET", f"/api/v1/operations/{kind}", 200, shape_of(body), values=values)

    def answer(request: httpx.Request) -> httpx.Response:
        kind = request.url.path.rpartition("/")[2]
        return httpx.Response(
            200, json={"data": {"status": "completed", "operation_type": kind, "result": {}}}
        )

    steps = (lookup(0, "training", None), lookup(1, "data_load", {}))
    assert differences(play(answer, specimen=replace(SPECIMEN, steps=steps))) == [
        ("seed/smoke#0", "data.result", "null", "object")
    ]
