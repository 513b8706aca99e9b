"""What a recording is reduced to."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from .compact import specimen_of
from .literals import filled
from .recording import read_recording
from .reduction import reduce_body, reduce_openapi
from .scope import route_template, service_of
from .specimen import SPECIMENS, Specimen, read, read_all, write

BACKEND = "http://127.0.0.1:8000"
WORKER = "http://127.0.0.1:5002"


def exchange(
    method: str, url: str, status: int, answer: Any, body: Any = None, **more: Any
) -> dict[str, Any]:
    headers = {"Content-Type": "application/json"} if body is not None else {}
    request = {"method": method, "url": url, "body": body, "headers": headers}
    return {"label": "", "request": request, "response": {"status": status, "body": answer}} | more


def looked_up(status: str, percentage: float = 0, **more: Any) -> dict[str, Any]:
    data = {
        "operation_id": "op_training_1",
        "operation_type": "training",
        "status": status,
        "progress": {"percentage": percentage},
        "metrics": None,
    }
    return exchange(
        "GET", f"{BACKEND}/api/v1/operations/op_training_1", 200, {"success": True, "data": data | more}
    )


STARTED = exchange(
    "POST",
    f"{BACKEND}/api/v1/trainings/start",
    200,
    {"success": True, "task_id": "op_training_1", "status": "training_started"},
    {"symbols": ["EURUSD"]},
)


def specimen(tmp_path: Path, *steps: dict[str, Any], generation: str = "seed-tw5002") -> Specimen:
    path = tmp_path / generation / "T9_example.json"
    path.parent.mkdir()
    path.write_text(json.dumps({"steps": steps, "logs_during": {"backend": ["a line"]}}), encoding="utf-8")
    return specimen_of(read_recording(path))


def test_ids_become_names_that_an_earlier_answer_gives(tmp_path: Path) -> None:
    start, lookup = specimen(tmp_path, STARTED, looked_up("running", 3)).steps
    assert start.learns == (("id1", "task_id"),)
    assert start.free_worker == "training-worker"
    assert lookup.path == "/api/v1/operations/{id1}"
    assert dict(lookup.values) == {
        "success": True,
        "data.status": "running",
        "data.operation_type": "training",
        "data.operation_id": "{id1}",
    }
    assert lookup.progressed


def test_a_start_that_found_no_free_worker_waits_for_none(tmp_path: Path) -> None:
    failed = looked_up("failed", error_message="No training workers available. Start some.")
    start = specimen(tmp_path, STARTED, failed).steps[0]
    assert (start.free_worker, start.busy_worker) == ("", "training")


def test_polls_become_one_step_with_the_final_status(tmp_path: Path) -> None:
    url = f"{BACKEND}/api/v1/operations/op_training_1"
    polls = {"polls": [{"http": 200}], "url": url, "final": "completed", "duration_s": 7.5}
    steps = specimen(tmp_path, STARTED, polls, looked_up("completed")).steps
    assert [step.poll for step in steps] == [False, True, False]
    assert (steps[1].operation_status, steps[1].operation_type) == ("completed", "training")
    assert steps[1].lasted_s == 7.5


def test_a_strategy_text_becomes_a_placeholder(tmp_path: Path) -> None:
    answer = {"success": True, "operation_id": "worker_1", "status": "started"}
    start = exchange("POST", f"{WORKER}/training/start", 200, answer, {"strategy_yaml": "name: secret"})
    (step,) = specimen(tmp_path, start).steps
    assert step.body == {"strategy_yaml": "<strategy>"}


@pytest.mark.parametrize(
    ("generation", "name", "path", "service"),
    [
        ("seed", "T1.1_x", "/api/v1/operations/op_1", "gpu-worker"),
        ("seed", "T1.2_x", "/health", "gpu-worker"),
        ("seed", "T1.1_x", "/training/result/op_1", "training-host"),
        ("seed", "T2.1_x", "/api/v1/operations/x", "training-host"),
        ("seed", "00_health", "/health", "training-host"),
        ("seed-tw5002", "T1.1_x", "/training/result/op_1", "training-worker"),
    ],
)
def test_the_gpu_host_has_two_roles(generation: str, name: str, path: str, service: str) -> None:
    assert service_of(generation, name, WORKER + path) == service


def test_what_was_done_before_an_exchange(tmp_path: Path) -> None:
    restart = {"action": "docker restart ktrdr-backend"}
    start, lookup = specimen(tmp_path, STARTED, restart, {"sleep_s": 2}, {"sleep_s": 3}, looked_up("x")).steps
    assert (start.before, start.pause_s) == ((), 0)
    assert (lookup.before, lookup.pause_s) == (("stop backend", "start backend"), 5)


def test_a_refused_connection_has_no_status(tmp_path: Path) -> None:
    refused = exchange("GET", "http://127.0.0.1:5001/health", 0, None)
    refused["response"] = {"error": "ConnectError: [Errno 111] Connection refused"}
    (step,) = specimen(tmp_path, refused).steps
    assert (step.service, step.status) == ("ib-host", 0)


@pytest.mark.parametrize(("label", "free"), [("", "backtest-worker"), ("direct at the busy worker", "")])
def test_a_direct_start_waits_for_the_worker_unless_it_was_busy(
    tmp_path: Path, label: str, free: str
) -> None:
    answer = {"success": True, "operation_id": "worker_1", "status": "started"}
    start = exchange("POST", "http://127.0.0.1:5003/backtests/start", 200, answer, {}) | {"label": label}
    (step,) = specimen(tmp_path, start).steps
    assert step.free_worker == free


def test_workers_are_compared_by_state_and_known_work(tmp_path: Path) -> None:
    row = {"worker_id": "w", "worker_type": "training", "status": "busy"}
    known = exchange(
        "GET", f"{BACKEND}/api/v1/workers", 200, [row | {"current_operation_id": "op_training_1"}]
    )
    other = exchange("GET", f"{BACKEND}/api/v1/workers", 200, [row | {"current_operation_id": "op_other"}])
    _, first, second = specimen(tmp_path, STARTED, known, other).steps
    state = {"[{w}].worker_type": "training", "[{w}].status": "busy"}
    assert dict(first.values) == state | {"[{w}].current_operation_id": "{id1}"}
    assert dict(second.values) == state


@pytest.mark.parametrize(
    ("path", "body", "found"),
    [
        ("/api/v1/workers", [], {"": False}),
        ("/api/v1/data/EURUSD/1d", {"data": {"dates": [1, "... 3 more items elided"]}}, {"data.dates": True}),
        ("/api/v1/operations", {"data": [1]}, {}),
        ("/api/v1/operations", {"data": []}, {"data": False}),
    ],
)
def test_which_lists_had_items(path: str, body: Any, found: dict[str, bool]) -> None:
    assert filled(path, body) == found


@pytest.mark.parametrize(
    ("path", "template"),
    [
        ("/api/v1/operations/x/results?a=1", "/api/v1/operations/{operation_id}/results"),
        ("/api/v1/trainings/x/performance", "/api/v1/trainings/{task_id}/performance"),
        ("/api/v1/trainings/start", "/api/v1/trainings/start"),
        ("/api/v1/data/EURUSD/1h?start_date=2024-01-01", "/api/v1/data/{symbol}/{timeframe}"),
        ("/api/v1/data/acquire/download", "/api/v1/data/acquire/download"),
        ("/api/v1/data/info", "/api/v1/data/info"),
        ("/api/v1/strategies/validate/x", "/api/v1/strategies/validate/{strategy_name}"),
        ("/training/result/x", "/training/result/{session_id}"),
        ("/training/sessions", "/training/sessions"),
    ],
)
def test_route_templates(path: str, template: str) -> None:
    assert route_template(path) == template


def test_fuzzy_sets_are_compared_without_their_names() -> None:
    sets = {"rsi_14": {"low": {"type": "triangular"}}}
    body = {"strategies": [{"name": "a", "fuzzy_config": sets}]}
    reduced = reduce_body("/api/v1/strategies/", body)
    assert reduced["strategies"][0]["fuzzy_config"] == [[{"type": "triangular"}]]


def test_of_an_openapi_document_routes_in_use_remain_with_their_schemas_in_place() -> None:
    reference = {"schema": {"$ref": "#/components/schemas/A"}}
    document = {
        "tags": [],
        "paths": {
            "/api/v1/workers": {
                "get": {"parameters": [{"name": "status"} | reference], "summary": "prose", "tags": ["w"]}
            },
            "/api/v1/fuzzy/data": {"get": {"$ref": "#/components/schemas/C"}},
        },
        "components": {
            "schemas": {"A": {"items": {"$ref": "#/components/schemas/B"}}, "B": {"type": "string"}, "C": {}},
            "securitySchemes": {"key": {}},
        },
    }
    parameter = {"name": "status", "schema": {"items": {"type": "string"}}}
    assert reduce_openapi(document) == {
        "paths": {"/api/v1/workers": {"get": {"parameters": {"status": parameter}}}},
        "components": {"securitySchemes": {"key": {}}},
    }


def test_of_long_lists_of_bars_the_ends_are_compared() -> None:
    body = {"data": {"dates": list(range(1000)), "points": None}}
    reduced = reduce_body("/api/v1/data/EURUSD/1h?a=1", body)
    assert reduced == {"data": {"dates": [0, 1, 2, 998, 999], "points": None}}


def test_a_specimen_is_read_as_it_was_written(tmp_path: Path) -> None:
    for each in read_all():
        assert read(write(each, tmp_path)) == each


def test_the_specimens_are_small_and_hold_no_strategy_and_no_log() -> None:
    texts = [path.read_text(encoding="utf-8") for path in SPECIMENS.glob("*/*.json")]
    assert sum(len(text.encode()) for text in texts) < 450_000
    for text in texts:
        assert set(json.loads(text)) == {"name", "workers", "gateway", "steps", "shapes"}
    bodies = [step.body for each in read_all() for step in each.steps if isinstance(step.body, dict)]
    assert {body.get("strategy_yaml", "<strategy>") for body in bodies} == {"<strategy>"}
