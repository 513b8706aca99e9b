"""The watch over answers: no stack trace in any of them, and each fits what its route promises."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from ktrdr_acceptance.api.answers import AnswerWatch, stack_trace_in
from ktrdr_acceptance.api.generations import Generation
from ktrdr_acceptance.api.http import Exchange
from ktrdr_acceptance.api.routes import promise_of

SPECIMENS = Path(__file__).parents[1] / "likeness" / "specimens"
ID = "op_training_20261122_085428_2cef1013"
MOMENT = "2026-11-22T08:54:28Z"
OPERATION: dict[str, Any] = {
    "operation_id": ID,
    "operation_type": "training",
    "status": "running",
    "created_at": MOMENT,
    "started_at": MOMENT,
    "completed_at": None,
    "progress": {
        "percentage": 3.5,
        "current_step": "Epoch 1/10",
        "steps_completed": 1,
        "steps_total": 10,
        "items_processed": 7,
        "items_total": None,
        "current_item": None,
        "context": {},
    },
    "metadata": {
        **dict.fromkeys(("symbol", "timeframe", "mode", "start_date", "end_date")),
        "parameters": {},
    },
    "error_message": None,
    "warnings": [],
    "errors": [],
    "result_summary": None,
    "metrics": {},
}
ROW = {
    **{key: OPERATION[key] for key in ("operation_id", "operation_type", "status", "created_at")},
    **{"progress_percentage": 3.5, "current_step": None, "symbol": None, "duration_seconds": 1},
}
LOOKUP, LIST = f"/api/v1/operations/{ID}", "/api/v1/operations"
ENVELOPE = {"success": False, "error": {"code": "VALIDATION_ERROR", "message": "no", "details": []}}
FASTAPI = {"detail": [{"loc": ["body"], "msg": "no", "type": "missing"}]}


class Watch:
    """A watch, and the drift that it has told."""

    def __init__(self, generation: Generation = Generation.S) -> None:
        self.drift: list[tuple[str, str]] = []
        self.watch = AnswerWatch(lambda kind, case: self.drift.append((kind, case)))
        self.watch.generation = generation

    def sees(
        self,
        body: Any,
        path: str = LOOKUP,
        *,
        status: int = 200,
        service: str = "backend",
        method: str = "GET",
    ) -> list[str]:
        """Show it an answer; return the kinds of drift it then knows."""
        text = body if isinstance(body, str) else json.dumps(body)
        url = f"http://127.0.0.1:8000{path}"
        self.watch.see(Exchange(service, method, url, None, status, body, 0.0, 0.0), body, text)
        return [kind for kind, _ in self.drift]


def operation(**changes: Any) -> dict[str, Any]:
    return {"success": True, "data": {**deepcopy(OPERATION), **changes}}


def progress(**changes: Any) -> dict[str, Any]:
    return operation(progress={**OPERATION["progress"], **changes})


def without(key: str) -> dict[str, Any]:
    body = operation()
    del body["data"][key]
    return body


def page(*rows: dict[str, Any]) -> dict[str, Any]:
    return {"success": True, "data": list(rows), "total_count": len(rows), "active_count": 0}


# what fits


def test_what_the_contract_promises_is_no_drift_and_further_fields_are_none() -> None:
    watch = Watch()
    assert watch.sees(operation(new_field=1)) == []
    assert watch.sees(operation(status="completed", result_summary={}, completed_at=MOMENT)) == []
    assert watch.sees(page(ROW, ROW), LIST) == []
    assert watch.sees(page(), LIST) == []


def test_a_count_with_a_fraction_that_is_nothing_is_a_count() -> None:
    assert Watch().sees(progress(steps_total=10.0, items_total=0.0)) == []
    (said,) = Watch().sees(progress(steps_total=10.5))
    assert said.startswith(f"{LOOKED}: data.progress.steps_total: input should be a valid integer")


@pytest.mark.parametrize(
    ("body", "service", "status"),
    [
        ({"detail": "Operation not found: x"}, "backend", 404),
        ({"detail": {"error": "no worker", "hint": "start one"}}, "backend", 503),
        (ENVELOPE, "backend", 422),
        ({**ENVELOPE, "error": {"code": "DATA", "message": "no", "details": {}}}, "backend", 400),
        (FASTAPI, "training-worker-1", 422),
        (FASTAPI, "ib-host", 422),
        ({"detail": "busy"}, "training-worker-1", 503),
    ],
)
def test_each_known_shape_of_a_refusal_is_no_drift(body: Any, service: str, status: int) -> None:
    assert Watch().sees(body, service=service, status=status) == []


# what does not

LOOKED = "backend GET /api/v1/operations/{operation_id}"
LISTED = "backend GET /api/v1/operations"
DRIFT: dict[str, tuple[Callable[[Watch], list[str]], str]] = {
    "a field is missing": (lambda w: w.sees(without("metrics")), f"{LOOKED}: data.metrics: field required"),
    "a field may be null but must be there": (
        lambda w: w.sees(without("completed_at")),
        f"{LOOKED}: data.completed_at: field required",
    ),
    "a number in quotes": (
        lambda w: w.sees(progress(percentage="3.5")),
        f"{LOOKED}: data.progress.percentage: input should be a valid number",
    ),
    "a percentage beyond 100": (
        lambda w: w.sees(progress(percentage=100.5)),
        f"{LOOKED}: data.progress.percentage: input should be less than or equal to 100",
    ),
    "no such status": (lambda w: w.sees(operation(status="RUNNING")), f"{LOOKED}: data.status: input should"),
    "no moment": (lambda w: w.sees(operation(created_at="today")), f"{LOOKED}: data.created_at: string"),
    "null where a text is promised": (
        lambda w: w.sees(operation(operation_id=None)),
        f"{LOOKED}: data.operation_id: input should be a valid string",
    ),
    "wrapped otherwise": (lambda w: w.sees(OPERATION), f"{LOOKED}: success: field required"),
    "not a success": (
        lambda w: w.sees({**operation(), "success": False}),
        f"{LOOKED}: success: input should be true",
    ),
    "a list": (lambda w: w.sees([operation()]), f"{LOOKED}: body: input should be a valid dictionary"),
    "the second row": (
        lambda w: w.sees(page(ROW, {**ROW, "symbol": 7}), LIST),
        f"{LISTED}: data.[].symbol: input should be a valid string",
    ),
    "HTML": (lambda w: w.sees("<html>It works!</html>"), f"{LOOKED}: no JSON"),
    "another success": (lambda w: w.sees(operation(), status=201), f"{LOOKED}: HTTP 201 instead of 200"),
    "moved": (lambda w: w.sees("", status=307), f"{LOOKED}: HTTP 307 instead of 200"),
    "a refusal as a text": (lambda w: w.sees("oh no", status=500), f"{LOOKED}: HTTP 500 in no known shape"),
    "a refusal without words": (lambda w: w.sees({"detail": ""}, status=404), f"{LOOKED}: HTTP 404 in no"),
    "a refusal of another framework": (
        lambda w: w.sees({"message": "no"}, status=404),
        f"{LOOKED}: HTTP 404 in no known shape",
    ),
    "a validation of the backend in the workers' shape": (
        lambda w: w.sees(FASTAPI, status=422),
        f"{LOOKED}: HTTP 422 in no known shape",
    ),
    "a validation of the backend without a list": (
        lambda w: w.sees({**ENVELOPE, "error": {**ENVELOPE["error"], "details": {}}}, status=422),  # type: ignore[dict-item]
        f"{LOOKED}: HTTP 422 in no known shape",
    ),
    "an envelope that says success": (
        lambda w: w.sees({**ENVELOPE, "success": True}, status=400),
        f"{LOOKED}: HTTP 400 in no known shape",
    ),
    "a worker with the backend's envelope": (
        lambda w: w.sees(ENVELOPE, status=422, service="w1"),
        "worker GET /api/v1/operations/{operation_id}: HTTP 422 in no known shape",
    ),
    "a route of which nothing is known": (
        lambda w: w.sees({}, "/api/v1/news"),
        "backend GET /api/v1/news: the suite has no model of this answer",
    ),
}


@pytest.mark.parametrize("name", list(DRIFT))
def test_an_answer_that_does_not_fit_is_drift_and_says_where(name: str) -> None:
    watch = Watch()
    show, kind = DRIFT[name]
    (said,) = show(watch)
    assert said.startswith(kind)
    assert watch.watch.take_violations() == []


def test_a_case_says_what_was_asked_and_what_came() -> None:
    watch = Watch()
    watch.sees(progress(percentage="3.5"))
    ((_, case),) = watch.drift
    assert case.startswith(f"GET {LOOKUP} at backend: {{")
    assert len(case) < 400


def test_a_shape_that_changes_later_is_noticed() -> None:
    watch = Watch()
    for _ in range(50):
        watch.sees(operation())
    assert watch.sees(without("errors")) == [f"{LOOKED}: data.errors: field required"]


def test_the_model_is_that_of_the_generation() -> None:
    health = {"healthy": True, "service": "training-host", "timestamp": MOMENT, "status": "operational"}
    said = {g: Watch(g).sees(health, "/health", service="training-host") for g in Generation}
    missing = ["training-host GET /health: worker_status: field required"]
    assert said == {Generation.O: [], Generation.N: [], Generation.S: missing, Generation.H: missing}


# the shapes that were recorded at the real one

# What stands for a field of which only the type was recorded.
WORDS = {
    "status": "running",
    "worker_status": "idle",
    "string": MOMENT,
    "number": 1,
    "boolean": True,
    "null": None,
}


def body_of(shape: Any, values: dict[str, Any], path: str = "", key: str = "") -> Any:
    """Return a body of a recorded shape, with the values that were recorded beside it."""
    if key == "fuzzy_config":
        # Recorded as the list of its values, for its keys are names.
        return {}
    if isinstance(shape, list):
        return [body_of(one, values, f"{path}[]") for one in shape]
    if isinstance(shape, dict):
        if "|" in shape:
            return body_of(shape["|"][0], values, path) if shape["|"] else {}
        fields = {name.rstrip("?"): one for name, one in shape.items()}
        body = {
            name: body_of(one, values, f"{path}.{name}".lstrip("."), name) for name, one in fields.items()
        }
        return {**body, "status": "available"} if "worker_id" in body and "status" in body else body
    if path in values and "[" not in path and not str(values[path]).startswith("{"):
        return values[path]
    kind = shape.split("|")[0]
    return WORDS.get(key, WORDS[kind]) if kind == "string" else WORDS[kind]


def test_what_generation_s_was_recorded_to_answer_is_no_drift() -> None:
    watch = Watch()
    seen = set()
    for specimen in sorted(SPECIMENS.rglob("*.json")):
        recorded = json.loads(specimen.read_text("utf-8"))
        for step in recorded["steps"]:
            service, method, path = step["service"], step["method"], step["path"].split("?")[0]
            service = {"gpu-worker": "training-host"}.get(service, service)
            _, template, promise = promise_of(service, method, path, Generation.S)
            if promise is None or step["status"] in (0, 307):
                continue
            seen.add((service, method, template, step["status"]))
            shape = recorded["shapes"][step["shape"]]
            if shape == {"|": []}:
                # Its body was not recorded.
                continue
            body = body_of(shape, step.get("values", {}))
            watch.sees(body, path, status=step["status"], service=service, method=method)
    assert {kind for kind, _ in watch.drift} == set()
    assert len(seen) > 40, sorted(seen)


# stack traces

TRACE = 'Traceback (most recent call last):\n  File "a.py", line 1, in f\n    g()\nRuntimeError: no'
FRAMES = '  File "/app/ktrdr/api/main.py", line 12, in handle\n    raise X'


@pytest.mark.parametrize("path", [LOOKUP, "/api/v1/news"])
@pytest.mark.parametrize("status", [200, 500])
@pytest.mark.parametrize("text", [TRACE, FRAMES])
@pytest.mark.parametrize("shape", ["text", "json"])
def test_a_stack_trace_in_an_answer_is_a_violation(shape: str, text: str, status: int, path: str) -> None:
    watch = Watch()
    body = text if shape == "text" else {"detail": f"it broke: {text}"}
    watch.sees(body, path, status=status)
    (violation,) = watch.watch.take_violations()
    assert violation.startswith(f"backend answered GET {path} (HTTP {status}) with a stack trace: ")
    assert "line 1" in violation
    assert watch.watch.take_violations() == []


@pytest.mark.parametrize(
    "text", ["see the File menu, line 3", "Traceback of the parcel", 'File "a.csv", line 3: no number', ""]
)
def test_what_only_sounds_like_a_stack_trace_is_none(text: str) -> None:
    assert stack_trace_in(text) == ""
    assert stack_trace_in(json.dumps({"detail": text})) == ""


def test_of_many_stack_traces_the_first_are_told() -> None:
    watch = Watch()
    for _ in range(9):
        watch.sees(TRACE, status=500)
    violations = watch.watch.take_violations()
    assert (len(violations), violations[-1]) == (6, "... 4 more answers with a stack trace")


# cost


def test_looking_at_an_answer_costs_little(record_property: Callable[[str, object], None]) -> None:
    watch, body = Watch(), operation()
    text = json.dumps(body)
    exchange = Exchange("backend", "GET", f"http://127.0.0.1:8000{LOOKUP}", None, 200, body, 0.0, 0.0)
    watch.watch.see(exchange, body, text)
    times = []
    for _ in range(5):
        started = time.thread_time()
        for _ in range(1000):
            watch.watch.see(exchange, body, text)
        times.append(time.thread_time() - started)
    cost_ms = sorted(times)[2]
    record_property("measured", f"looking at the answer of a lookup costs {cost_ms * 1000:.0f} µs")
    assert cost_ms < 0.2
