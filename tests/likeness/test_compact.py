"""What a recording is reduced to."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from .compact import read_recording, specimen_of
from .scope import in_scope, reduce_openapi, route_template
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
    made = specimen_of(read_recording(path))
    assert made is not None
    return made


def test_ids_become_names_that_an_earlier_answer_gives(tmp_path: Path) -> None:
    start, lookup = specimen(tmp_path, STARTED, looked_up("running", 3)).steps
    assert start.learns == (("id1", "task_id"),)
    assert start.free_worker
    assert lookup.path == "/api/v1/operations/{id1}"
    assert dict(lookup.values) == {"success": True, "data.status": "running", "data.operation_id": "{id1}"}
    assert lookup.progressed


def test_a_start_that_found_no_free_worker_waits_for_none(tmp_path: Path) -> None:
    failed = looked_up("failed", error_message="No training workers available. Start some.")
    start = specimen(tmp_path, STARTED, failed).steps[0]
    assert (start.free_worker, start.busy_worker) == (False, True)


def test_polls_become_one_step_with_the_final_status(tmp_path: Path) -> None:
    url = f"{BACKEND}/api/v1/operations/op_training_1"
    polls = {"polls": [{"http": 200}], "url": url, "final": "completed"}
    assert [step.poll for step in specimen(tmp_path, STARTED, polls).steps] == [False, True]


def test_a_strategy_text_becomes_a_placeholder(tmp_path: Path) -> None:
    answer = {"success": True, "operation_id": "worker_1", "status": "started"}
    start = exchange("POST", f"{WORKER}/training/start", 200, answer, {"strategy_yaml": "name: secret"})
    (step,) = specimen(tmp_path, start).steps
    assert step.body == {"strategy_yaml": "<strategy>"}


def test_the_gpu_host_is_out_of_scope_but_its_end_is_awaited(tmp_path: Path) -> None:
    copy = exchange(
        "GET", f"{WORKER}/api/v1/operations/op_training_1", 200, {"data": {"status": "completed"}}
    )
    steps = specimen(tmp_path, STARTED, copy, looked_up("completed"), generation="seed").steps
    assert [step.service for step in steps] == ["backend", "backend"]
    assert steps[1].worker_copy == (("id1", "completed"),)


@pytest.mark.parametrize(
    ("recording", "path", "expected"),
    [
        ("T1.1_x", "/api/v1/operations?limit=1", True),
        ("T1.1_x", "/metrics", False),
        ("B1.1_x", "/api/v1/workers", True),
        ("B1.1_x", "/api/v1/operations/op_backtesting_1", False),
        ("B3.1_x", "/api/v1/operations/worker_backtest_1", False),
        ("F1_x", "/api/v1/workers", False),
        ("M_misc", "/api/v1/strategies/", False),
        ("E1_x", "/api/v1/trainings/stop", True),
        ("E1_x", "/api/v1/data/EURUSD/1d", False),
    ],
)
def test_what_is_in_scope(recording: str, path: str, expected: bool) -> None:
    assert in_scope(recording, "backend", path) is expected


def test_route_templates() -> None:
    assert route_template("/api/v1/operations/x/results?a=1") == "/api/v1/operations/{operation_id}/results"
    assert route_template("/api/v1/trainings/x/performance") == "/api/v1/trainings/{task_id}/performance"
    assert route_template("/api/v1/trainings/start") == "/api/v1/trainings/start"


def test_of_an_openapi_document_only_routes_in_scope_and_their_schemas_remain() -> None:
    reference = {"schema": {"$ref": "#/components/schemas/A"}}
    document = {
        "tags": [],
        "paths": {
            "/api/v1/workers": {"get": {"parameters": [{"name": "status"} | reference], "summary": "prose"}},
            "/api/v1/data/info": {"get": {"$ref": "#/components/schemas/C"}},
        },
        "components": {"schemas": {"A": {"$ref": "#/components/schemas/B"}, "B": {}, "C": {}}},
    }
    reduced = reduce_openapi(document)
    assert reduced["paths"] == {
        "/api/v1/workers": {"get": {"parameters": {"status": {"name": "status"} | reference}}}
    }
    assert set(reduced["components"]["schemas"]) == {"A", "B"}


def test_a_specimen_is_read_as_it_was_written(tmp_path: Path) -> None:
    for each in read_all():
        assert read(write(each, tmp_path)) == each


def test_the_specimens_are_small_and_hold_no_strategy_and_no_log() -> None:
    texts = [path.read_text(encoding="utf-8") for path in SPECIMENS.glob("*/*.json")]
    assert sum(len(text.encode()) for text in texts) < 300_000
    for text in texts:
        assert set(json.loads(text)) == {"name", "workers", "steps", "shapes"}
    bodies = [step.body for each in read_all() for step in each.steps if isinstance(step.body, dict)]
    assert {body.get("strategy_yaml", "<strategy>") for body in bodies} == {"<strategy>"}
