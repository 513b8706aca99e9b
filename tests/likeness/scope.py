"""What of the recordings this test replays, and how a body is reduced to that."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from .shapes import Json

BACKEND = "backend"
TRAINING_WORKER = "training-worker"

SERVICES = {
    "seed": {8000: BACKEND},
    "seed-tw5002": {8000: BACKEND, 5002: TRAINING_WORKER},
}
"""Which port is which service. In `seed` 5002 is the GPU training host: not in this test yet."""

OPENAPI_PATHS = {BACKEND: "/api/v1/openapi.json", TRAINING_WORKER: "/openapi.json"}

LATER = ("F1_", "F2_")
"""Recordings that are not in this test yet: a worker that dies, a backend that restarts."""

OF_OTHER_SUBJECTS = ("B", "D", "M_", "X6_")
"""Recordings of backtests, data and the rest: only what they ask about workers is in scope."""

ROUTES = re.compile(
    r"^(/|/health|/api/v1/health/?|/openapi\.json|/api/v1/openapi\.json|/training/.*"
    r"|/api/v1/(trainings|operations|workers)(/.*)?|/api/v1/nope|/api/v1/api/v1/training/start)$"
)
OTHER_OPERATIONS = re.compile(r"op_backtesting_|op_data_load_|worker_backtest_")
PROSE = frozenset({"title", "description", "summary"})
EXAMPLES = frozenset({"example", "examples", "contact"})
"""Left out of the recorded documents along with the prose."""


def in_scope(recording: str, service: str | None, path: str) -> bool:
    """Whether this test replays the exchange."""
    route = urlsplit(path).path
    if service is None or recording.startswith(LATER) or OTHER_OPERATIONS.search(path):
        return False
    if recording.startswith(OF_OTHER_SUBJECTS) and not route.startswith("/api/v1/workers"):
        return False
    return ROUTES.match(route) is not None


def route_template(path: str) -> str:
    """The route behind a path: `/api/v1/operations/{operation_id}/results`."""
    route = urlsplit(path).path
    route = re.sub(r"^(/api/v1/operations)/[^/]+", r"\1/{operation_id}", route)
    route = re.sub(r"^(/api/v1/trainings)/(?!(start|stop)$)[^/]+", r"\1/{task_id}", route)
    return re.sub(r"^(/training/(status|result))/[^/]+", r"\1/{session_id}", route)


def reduce_body(path: str, body: Json) -> Json:
    """The part of an answer in scope: trainings and their workers, in lists and in the OpenAPI document."""
    route = urlsplit(path).path
    if route == "/api/v1/workers" and isinstance(body, list):
        return [row for row in body if row.get("worker_type") != "backtesting"]
    if route == "/api/v1/operations" and isinstance(body, dict) and isinstance(body.get("data"), list):
        rows = [row for row in body["data"] if row.get("operation_type", "training") == "training"]
        return body | {"data": rows}
    if route in OPENAPI_PATHS.values() and isinstance(body, dict) and "paths" in body:
        return reduce_openapi(body)
    return body


def reduce_openapi(document: Json) -> Json:
    """The routes in scope and the schemas that they use; parameters by name; without prose and tags."""
    paths = {
        path: item
        for path, item in document["paths"].items()
        if ROUTES.match(path) and not path.startswith("/metrics")
    }
    schemas = document.get("components", {}).get("schemas", {})
    used: set[str] = set()
    waiting = _references(paths)
    while waiting:
        name = waiting.pop()
        used.add(name)
        waiting |= _references(schemas.get(name)) - used
    components = document.get("components", {}) | {
        "schemas": {name: schema for name, schema in schemas.items() if name in used}
    }
    reduced = {name: value for name, value in document.items() if name != "tags"}
    return _without_prose(reduced | {"paths": paths, "components": components})


def _references(form: Json) -> set[str]:
    if isinstance(form, list):
        return {name for item in form for name in _references(item)}
    if not isinstance(form, dict):
        return set()
    found = {name for item in form.values() for name in _references(item)}
    reference = form.get("$ref")
    if isinstance(reference, str):
        found.add(reference.rpartition("/")[2])
    return found


def _without_prose(form: Json) -> Json:
    if isinstance(form, list):
        return [_without_prose(item) for item in form]
    if not isinstance(form, dict):
        return form
    kept = {}
    for name, value in form.items():
        if name in EXAMPLES or (name in PROSE and isinstance(value, str)):
            continue
        if name == "parameters" and isinstance(value, list):
            value = {parameter["name"]: parameter for parameter in value}
        kept[name] = _without_prose(value)
    return kept
