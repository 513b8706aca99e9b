"""What is asked for by kind and purpose, at the backend and at workers, and what bad requests have wrong."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from ktrdr_acceptance.api.errors import Refusal
from ktrdr_acceptance.domain.bad_requests import BARS_AT_IB, FLAWS, WAYS, spoilt
from ktrdr_acceptance.domain.starts import NONSENSE
from ktrdr_acceptance.faults import Category, EnvironmentFault, category_of
from ktrdr_acceptance.matchers.refusals import names_field
from ktrdr_acceptance.operations.operation import Kind

from .scripted_world import ScriptedWorld, scripted_world

START = {
    Kind.TRAINING: "POST /trainings/start",
    Kind.BACKTEST: "POST /backtests/start",
    Kind.DOWNLOAD: "POST /data/acquire/download",
}
SMALLEST = {Kind.TRAINING: "smoke", Kind.BACKTEST: "short", Kind.DOWNLOAD: "small"}
TYPES = {Kind.TRAINING: "training", Kind.BACKTEST: "backtesting", Kind.DOWNLOAD: "data_load"}


def world_with(start: Any, *, kind: Kind, listed: Any = ()) -> ScriptedWorld:
    world = scripted_world()
    world.script(START[kind], start)
    world.script("GET /operations", list_of(*listed))
    return world


def list_of(*ids: str) -> tuple[int, Any]:
    rows = [
        {
            "operation_id": id,
            "operation_type": "x",
            "status": "running",
            "created_at": "2026-11-22T08:54:28Z",
        }
        for id in ids
    ]
    return 200, {"data": rows, "total_count": len(rows), "active_count": 0}


def asked_bodies(world: ScriptedWorld, service: str = "backend") -> list[Any]:
    return [one.body for one in world.net.asked if one.service == service and one.request.startswith("POST")]


# what is asked for


@pytest.mark.parametrize("kind", list(Kind))
def test_a_purpose_is_asked_for_as_calibrated_and_expected_to_take_its_time(kind: Kind) -> None:
    world = world_with((200, {"operation_id": "op_1"}), kind=kind)
    purpose = SMALLEST[kind]
    operation = world.starts[kind].start(purpose)
    calibrated = world.starts[kind].calibrated(purpose)
    assert asked_bodies(world) == [calibrated.request()]
    assert (operation.id, operation.kind, operation.purpose) == ("op_1", kind, purpose)
    assert operation.expected_s == pytest.approx(calibrated.duration_s / 20)
    assert operation.home is None
    assert not operation.is_changed


@pytest.mark.parametrize("kind", list(Kind))
def test_changes_are_made_to_the_request_and_none_takes_a_field_out(kind: Kind) -> None:
    world = world_with((200, {"operation_id": "op_1"}), kind=kind)
    operation = world.starts[kind].start(SMALLEST[kind], start_date="2024-02-02", end_date=None)
    (body,) = asked_bodies(world)
    assert body["start_date"] == "2024-02-02"
    assert "end_date" not in body
    assert operation.is_changed


@pytest.mark.parametrize("kind", list(Kind))
def test_the_smallest_purpose_is_the_one_that_is_over_soonest(kind: Kind) -> None:
    assert scripted_world().starts[kind].smallest == SMALLEST[kind]


@pytest.mark.parametrize("kind", list(Kind))
def test_a_purpose_that_is_not_calibrated_is_named_with_those_that_are(kind: Kind) -> None:
    with pytest.raises(LookupError, match=rf"the calibration has no {kind} 'huge', only .*{SMALLEST[kind]}"):
        scripted_world().starts[kind].start("huge")
    with pytest.raises(LookupError, match="the calibration has no bars 'huge', only hourly"):
        scripted_world().data.read("huge")


@pytest.mark.parametrize("kind", list(Kind))
def test_a_refused_start_names_purpose_kind_and_what_was_said(kind: Kind) -> None:
    world = world_with((503, {"detail": "busy"}), kind=kind)
    purpose = SMALLEST[kind]
    with pytest.raises(
        AssertionError, match=f"starting a {purpose} {kind} was refused: HTTP 503: busy"
    ) as caught:
        world.starts[kind].start(purpose)
    assert category_of(caught.value) == Category.CODE_BUG


def test_a_training_starts_once_a_worker_is_free() -> None:
    world = world_with((200, {"task_id": "op_1"}), kind=Kind.TRAINING)
    world.has_workers("w1")
    world.trainings.start_when_ready("smoke")
    assert world.net.requests()[-1] == "POST /api/v1/trainings/start"
    assert world.net.requests("w1") == ["GET /health"]


def test_a_backtest_starts_once_its_strategy_has_a_model_and_a_worker_is_free() -> None:
    world = world_with((200, {"operation_id": "op_2"}), kind=Kind.BACKTEST)
    world.script(START[Kind.TRAINING], (200, {"task_id": "op_1"}))
    strategies = [{"name": "neuro_mean_reversion", "latest_version": None}]
    world.script("GET /strategies/", (200, {"strategies": strategies}))
    rows = [
        {"worker_id": id, "worker_type": kind, "endpoint_url": f"http://{id}:1", "status": "available"}
        for id, kind in (("t1", "training"), ("b1", "backtesting"))
    ]
    world.script("GET /workers", (200, rows))
    for row in rows:
        world.script("GET /health", (200, {"worker_status": "idle"}), row["worker_id"])
    world.shows(operation_id="op_1")
    world.backtests.start_when_ready("smoke")
    training, backtest = asked_bodies(world)
    assert training["strategy_name"] == backtest["strategy_name"] == "neuro_mean_reversion"
    assert [one.id for one in world.operations.started] == ["op_1", "op_2"]


def test_work_without_a_free_worker_is_not_asked_for() -> None:
    world = world_with((200, {"task_id": "op_1"}), kind=Kind.TRAINING)
    world.has_workers("w1", status="busy")
    with pytest.raises((AssertionError, EnvironmentFault)):
        world.trainings.start_when_ready("smoke")
    assert asked_bodies(world) == []


# requests that must be refused


@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize("later", [(), ("op_9",)], ids=["nothing", "one"])
def test_what_a_refused_request_started_all_the_same_is_found(kind: Kind, later: tuple[str, ...]) -> None:
    world = world_with((422, {"detail": "no"}), kind=kind, listed=["op_0"])
    assert world.starts[kind].refusal_of(start_date="x").status == 422
    world.script("GET /operations", list_of(*later, "op_0"))
    assert world.starts[kind].started_since() == list(later)
    queries = [one.query for one in world.net.asked if one.request.startswith("GET")]
    assert queries == [{"operation_type": TYPES[kind], "limit": 100}] * 2


@pytest.mark.parametrize("kind", list(Kind))
def test_what_is_accepted_instead_of_refused_is_told_and_undone(kind: Kind) -> None:
    world = world_with((200, {"operation_id": "op_1"}), kind=kind)
    world.shows("running", 5.0)
    with pytest.raises(AssertionError, match=f"a {kind} with .* was accepted as operation op_1 instead of"):
        world.starts[kind].refusal_of(start_date="x")
    world.undo.run()
    assert "DELETE /api/v1/operations/op_1" in world.net.requests()


def place_of(way: str) -> str:
    return "training-host" if "training host" in way else f"{way.partition(' ')[0]}-worker-1"


def world_of_ways(start: tuple[int, Any], listed: tuple[str, ...] = ()) -> ScriptedWorld:
    """Every place answers a start so, and lists these operations afterwards."""
    world = scripted_world()
    rows = [
        {"worker_id": f"{kind}-worker-1", "worker_type": type, "endpoint_url": "http://x:1"}
        | {"status": "available"}
        for kind, type in (("training", "training"), ("backtest", "backtesting"))
    ]
    world.script("GET /workers", (200, rows))
    for kind in Kind:
        world.script(START[kind], start)
    world.script("GET /operations", [list_of("op_0"), list_of(*listed, "op_0")])
    for name, route in (
        ("training-worker-1", "/training/start"),
        ("training-host", "/training/start"),
        ("backtest-worker-1", "/backtests/start"),
    ):
        world.script("GET /health", (200, {"worker_status": "idle"}), name)
        world.script(f"POST {route}", start, name)
        world.script("GET /api/v1/operations", [list_of("op_0"), list_of(*listed, "op_0")], name)
    return world


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("ask", ["nonsense", "flaw"])
def test_a_bad_request_goes_where_its_way_says_and_what_it_starts_is_looked_for_there(
    ask: str, way: str
) -> None:
    world = world_of_ways((422, {"detail": [{"loc": ["body", "start_date"], "msg": "bad"}]}), ("op_9",))
    refusal = (
        world.bad_requests.refusal_of_nonsense(way)
        if ask == "nonsense"
        else world.bad_requests.refusal(way, "start_date", "not a date")
    )
    assert refusal.fields == ("start_date",)
    place = place_of(way) if " at " in way else "backend"
    ((service, body),) = [(one.service, one.body) for one in world.net.asked if "POST" in one.request]
    assert service == place
    assert body == NONSENSE if ask == "nonsense" else body["start_date"] == "not-a-date"
    if ask == "flaw" and way.startswith("training"):
        assert ("strategy_yaml" in body, "strategy_name" in body) == (" at " in way, " at " not in way)
    assert world.bad_requests.started_since() == ["op_9"]
    last = world.net.asked[-1]
    assert (last.service, last.request.split("?")[0]) == (place, "GET /api/v1/operations")


@pytest.mark.parametrize("way", WAYS)
def test_a_bad_request_that_is_accepted_is_told_with_its_flaw_and_undone_where_it_was_asked_for(
    way: str,
) -> None:
    world = world_of_ways((200, {"operation_id": "op_1"}))
    with pytest.raises(
        AssertionError, match="whose start_date is not a date was accepted as operation op_1 instead of"
    ):
        world.bad_requests.refusal(way, "start_date", "not a date")
    world.undo.run()
    place = place_of(way) if " at " in way else "backend"
    path = "/api/v1/operations/op_1" + ("" if place == "backend" else "/cancel")
    assert f"DELETE {path}" in world.net.requests(place)


@pytest.mark.parametrize("way", [way for way in WAYS if way.startswith("training at")])
def test_a_training_at_a_worker_is_asked_for_with_the_strategy_s_text(way: str) -> None:
    world = world_of_ways((422, {"detail": "no"}))
    world.bad_requests.refusal(way, "symbols", "missing")
    (body,) = asked_bodies(world, place_of(way))
    assert "name: " in body["strategy_yaml"]
    assert {"symbols", "strategy_name"}.isdisjoint(body)


@pytest.mark.parametrize("kind", ["training", "backtest"])
def test_what_a_refused_request_has_started_at_a_worker_alone_is_found(kind: str) -> None:
    world = world_of_ways((422, {"detail": "no"}))
    at = f"{kind}-worker-1"
    world.script("GET /api/v1/operations", [list_of("op_0"), list_of("op_9", "op_0")], at)
    world.bad_requests.refusal(kind, "start_date", "not a date")
    assert world.bad_requests.started_since() == [f"op_9 at {at}"]


@pytest.mark.parametrize("silent", [0, 1], ids=["before", "after"])
def test_a_silent_worker_has_started_nothing(silent: int) -> None:
    world = world_of_ways((422, {"detail": "no"}))
    lists: list[Any] = [list_of("op_0"), list_of("op_9", "op_0")]
    lists[silent] = EnvironmentFault("gone")
    world.script("GET /api/v1/operations", lists, "training-worker-1")
    world.bad_requests.refusal("training", "start_date", "not a date")
    assert world.bad_requests.started_since() == []


def test_nothing_can_have_been_started_by_what_was_not_asked_for() -> None:
    with pytest.raises(LookupError, match="nothing has been asked for yet"):
        scripted_world().bad_requests.started_since()


def test_bars_that_the_ib_host_gives_for_a_bad_request_are_no_refusal() -> None:
    world = scripted_world()
    world.script("POST /data/historical", (200, {"success": True, "data": "{}"}), "ib-host")
    with pytest.raises(AssertionError, match="ib-host accepted bars whose start is not a date"):
        world.bad_requests.refusal_of_bars("start", "not a date")
    detail = [{"loc": ["body", "start"], "msg": "bad"}]
    world.script("POST /data/historical", (422, {"detail": detail}), "ib-host")
    assert world.bad_requests.refusal_of_bars("start", "not a date").fields == ("start",)
    assert asked_bodies(world, "ib-host") == [{**BARS_AT_IB, "start": "not-a-date"}] * 2


# flaws

BODY = {"symbol": "EURUSD", "symbols": ["EURUSD"], "end_date": "2024-12-31", "initial_capital": 100000}


@pytest.mark.parametrize(
    ("field", "flaw", "wrong"),
    [
        ("symbol", "blank", " "),
        ("symbols", "blank", [" "]),
        ("symbol", "empty", ""),
        ("symbols", "empty", []),
        ("symbol", "a number", 5),
        ("symbol", "a list", ["EURUSD"]),
        ("symbols", "not a list", "EURUSD"),
        ("end_date", "not a date", "not-a-date"),
        ("initial_capital", "not a number", "plenty"),
        ("initial_capital", "zero", 0),
        ("initial_capital", "below zero", -1),
        ("mode", "unknown", "nonsense"),
        ("end_date", "before the start", "1999-01-01"),
    ],
)
def test_one_field_is_spoilt_and_the_others_are_left(field: str, flaw: str, wrong: Any) -> None:
    before = dict(BODY)
    assert spoilt(BODY, field, flaw) == {**BODY, field: wrong}
    assert before == BODY


def test_a_missing_field_is_taken_out() -> None:
    assert spoilt(BODY, "symbol", "missing") == {key: BODY[key] for key in BODY if key != "symbol"}


def test_a_commission_is_asked_for_as_a_share() -> None:
    world = world_with((200, {"operation_id": "op_2"}), kind=Kind.BACKTEST)
    world.has_workers("b1", kind="backtesting")
    strategies = [{"name": "neuro_mean_reversion", "latest_version": 1}]
    world.script("GET /strategies/", (200, {"strategies": strategies}))
    world.say("when I start a smoke backtest with a commission of 2 %")
    asked = [one.body for one in world.net.asked if one.request.endswith("/backtests/start")]
    assert [body["commission"] for body in asked] == [0.02]
    assert world.operation.is_changed


def test_every_flaw_changes_what_is_right() -> None:
    rights: Mapping[str, Any] = {"not a list": ["EURUSD"]}
    for flaw, spoil in FLAWS.items():
        right = rights.get(flaw, "2024-12-31")
        assert spoil(right) != right, flaw


# what a refusal names


def said(message: str, *fields: str) -> Refusal:
    return Refusal(422, message, message, fields=fields)


@pytest.mark.parametrize(
    ("refusal", "named"),
    [
        (said("no", "mode"), True),
        (said("no", "symbol", "mode"), True),
        (said("mode must be one of tail, full"), True),
        (said("validation failed: mode: bad"), True),
        (said("'mode' is wrong"), True),
        (said("no", "model"), False),
        (said("model_path: missing"), False),
        (said("no such model"), False),
        (said("trade_mode: missing"), False),
        (said("no"), False),
        (said(""), False),
    ],
    ids=str,
)
def test_a_field_is_named_by_a_whole_word(refusal: Refusal, named: bool) -> None:
    assert names_field("mode").matches(refusal) is named


def test_a_field_whose_name_holds_signs_is_looked_for_as_it_stands() -> None:
    assert not names_field("a.b").matches(said("axb"))
    assert names_field("a.b").matches(said("a.b is wrong"))
