"""The player notices what it must: a KTRDR of a few lines, with one thing changed at a time."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import httpx
import pytest

from .comparison import RecordedShapes
from .deviations import Row, RowSteps
from .player import Patience, Player, Replay, Replayed
from .reckoning import reckon
from .shapes import Json, Shape, shape_of
from .specimen import Specimen, Step
from .target import Target, Worker, urls_of

START = "/api/v1/trainings/start"
LOOKUP = "/api/v1/operations/{id1}"
ROUTE = "/api/v1/operations/{operation_id}"


def operation(operation_id: str, status: str) -> Json:
    return {"success": True, "data": {"operation_id": operation_id, "status": status, "result": None}}


ACCEPTED: Json = {"success": True, "task_id": "op_1", "status": "training_started"}
REFUSED: Json = {"success": False, "error": {"code": "VALIDATION_ERROR", "details": [{"field": "f"}]}}

SPECIMEN = Specimen(
    "seed",
    "smoke",
    ("training-host-1",),
    (
        Step(
            0, "backend", "POST", START, 200, shape_of(ACCEPTED), body={"symbols": ["EURUSD"]},
            content_type="application/json", values=(("success", True), ("task_id", "{id1}")),
            learns=(("id1", "task_id"),), free_worker="training-worker",
        ),
        Step(
            1, "backend", "GET", LOOKUP, 200, shape_of(operation("op_1", "completed")),
            values=(("success", True), ("data.status", "completed"), ("data.operation_id", "{id1}")),
        ),
        Step(
            2, "backend", "POST", START, 422, shape_of(REFUSED), body={}, content_type="application/json",
            values=(("success", False), ("error.code", "VALIDATION_ERROR")),
        ),
    ),
)  # fmt: skip


@dataclass
class SmallKtrdr:
    """Answers as recorded; a test replaces single answers."""

    accepted: Json = field(default_factory=lambda: dict(ACCEPTED, task_id="op_here"))
    refused: tuple[int, Json] = (422, REFUSED)
    lookups: list[Json] = field(
        default_factory=lambda: [operation("op_here", "running"), operation("op_here", "completed")]
    )
    asked: list[str] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        self.asked.append(f"{request.method} {path}")
        if path == "/api/v1/workers":
            return httpx.Response(200, json=[{"worker_id": "training-host-1", "status": "available"}])
        if path == "/health":
            return httpx.Response(200, json={"worker_status": "idle"})
        if path == START:
            if json.loads(request.content):
                return httpx.Response(200, json=self.accepted)
            return httpx.Response(self.refused[0], json=self.refused[1])
        if path == "/api/v1/operations/op_here":
            return httpx.Response(200, json=self.lookups.pop(0) if len(self.lookups) > 1 else self.lookups[0])
        return httpx.Response(404, json={"detail": "Not Found"})


def play(
    ktrdr: Callable[[httpx.Request], httpx.Response],
    *rows: Row,
    specimen: Specimen = SPECIMEN,
    not_replayed: tuple[str, ...] = (),
    control: Callable[[str], None] | None = None,
    speed: float = 1.0,
) -> Replay:
    workers = {id: Worker(id, f"http://{id}") for id in ("training-host-1", "backtest-worker-1")}
    urls = urls_of(specimen, "http://backend", {"ib-host": "http://ib-host"}, workers)
    target = Target(urls, workers, httpx.MockTransport(ktrdr), speed=speed, control=control)
    patience = Patience(within=0.3, every=0.01)
    return Player(specimen, target, RecordedShapes([specimen]), rows, not_replayed, patience).play()


def row(check: str, *, path: str = "data.result", only: tuple[str, ...] = ("completed",)) -> Row:
    words = tuple(frozenset(alternative.split()) for alternative in only)
    return Row("D-1", ("backend",), (f"GET {ROUTE}",), None, None, ((path, check),), words)


def differences(replay: Replay) -> list[tuple[str, str, str, str]]:
    return [(each.step, each.path, each.recorded, each.got) for each in replay.differences]


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


def test_a_start_that_found_only_busy_workers_waits_until_none_is_free() -> None:
    step = replace(SPECIMEN.steps[2], busy_worker="training")
    replay = play(SmallKtrdr(), specimen=replace(SPECIMEN, steps=(step,)))
    assert [(each.path, each.got) for each in replay.differences] == [
        ("(before)", "a free one for the whole time")
    ]


@pytest.mark.parametrize(
    ("service", "registered", "health", "free"),
    [
        ("backend", "available", "idle", True),
        ("backend", "busy", "idle", False),
        ("backend", "available", "busy", False),
        ("backtest-worker", "busy", "idle", True),
        ("backtest-worker", "available", "busy", False),
    ],
)
def test_a_start_waits_for_the_service_that_was_free(
    service: str, registered: str, health: str, free: bool
) -> None:
    workers = [{"worker_id": "backtest-worker-1", "status": registered}]
    bodies: dict[str, Json] = {"/api/v1/workers": workers, "/health": {"worker_status": health}}
    step = Step(0, service, "POST", "/start", 200, Shape(), free_worker="backtest-worker")

    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json=bodies.get(request.url.path))

    replay = play(answer, specimen=replace(SPECIMEN, steps=(step,)))
    assert [each.path for each in replay.differences] == ([] if free else ["(before)"])


def test_services_are_ended_before_the_step_and_the_pause_runs_at_our_speed() -> None:
    done: list[str] = []
    step = replace(SPECIMEN.steps[2], before=("kill {training-host-1}", "stop backend"), pause_s=30)
    began = time.monotonic()
    replay = play(SmallKtrdr(), specimen=replace(SPECIMEN, steps=(step,)), control=done.append, speed=200)
    assert done == ["kill training-host-1", "stop backend"]
    assert 0.15 <= time.monotonic() - began < 2
    assert replay.differences == []


def test_services_are_also_ended_before_a_step_that_is_left_out() -> None:
    done: list[str] = []
    first, second, third = SPECIMEN.steps
    specimen = replace(SPECIMEN, steps=(first, second, replace(third, before=("stop backend",))))
    play(SmallKtrdr(), specimen=specimen, control=done.append, not_replayed=("seed/smoke#2",))
    assert done == ["stop backend"]


def test_what_cannot_be_ended_is_an_error() -> None:
    step = replace(SPECIMEN.steps[2], before=("stop backend",))
    with pytest.raises(RuntimeError, match="stop backend"):
        play(SmallKtrdr(), specimen=replace(SPECIMEN, steps=(step,)))


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


def test_more_than_a_hundredth_not_replayed_fails() -> None:
    replay = play(SmallKtrdr(), not_replayed=("seed/smoke#2",))
    reckoning = reckon([replay], [])
    assert "1 not replayed" in str(reckoning)
    assert reckoning.faults() == ["1 of 3 exchanges are not replayed, at most 1 % may be"]


def test_nothing_played_fails() -> None:
    assert reckon([], []).faults() == ["there is no exchange at all"]
