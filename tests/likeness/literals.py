"""What of a recorded body is compared literally, besides its shape."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

from .recording import Recording
from .scope import OPERATION_LISTS
from .shapes import Json, without_elisions

COMPARED = frozenset(
    {
        "success",
        "status",
        "code",
        "operation_id",
        "task_id",
        "session_id",
        "operation_type",
        "worker_status",
        "healthy",
        "valid",
        "is_valid",
        "connected",
        "ib_gateway_connected",
        "task_cancelled",
        "remote_cancelled",
    }
)
PARTS = ("", "data.", "error.", "ib_status.", "data.connection.")


def literals(recording: Recording, path: str, body: Json) -> dict[str, Json]:
    """Success, states, kinds, error codes and the ids given before: body path -> value."""
    if isinstance(body, list):
        return _of_workers(recording, body)
    values: dict[str, Json] = {}
    for prefix in PARTS:
        part = _part(body, prefix)
        values |= {prefix + name: part[name] for name in part if name in COMPARED}
    for place in [place for place in values if place.endswith("_id")]:
        value = values.pop(place)
        if value in recording.ids:
            values[place] = recording.named(value)
    if urlsplit(path).path == OPERATION_LISTS and isinstance(body, dict) and "data" in body:
        values |= _of_operations(recording, path, body["data"])
    return values


def filled(path: str, body: Json) -> dict[str, bool]:
    """Whether anything is in the lists of the body; of operations only that none is there is compared."""
    if isinstance(body, list):
        return {"": bool(body)}
    found = {}
    for prefix in ("", "data."):
        for name, value in _part(body, prefix).items():
            if isinstance(value, list):
                found[prefix + name] = bool(without_elisions(value))
    if urlsplit(path).path == OPERATION_LISTS:
        return {place: some for place, some in found.items() if not some}
    return found


def _part(body: Json, prefix: str) -> Json:
    for name in prefix.split(".")[:-1]:
        body = body.get(name) if isinstance(body, dict) else None
    return body if isinstance(body, dict) else {}


def _of_workers(recording: Recording, rows: list[Json]) -> dict[str, Json]:
    """Type and state of each registered worker, and what it works on if that is known."""
    values: dict[str, Json] = {}
    for row in rows:
        place = f"[{{{row['worker_id']}}}]."
        values |= {place + name: row[name] for name in ("worker_type", "status")}
        operation = row["current_operation_id"]
        if operation is None or operation in recording.ids:
            values[place + "current_operation_id"] = operation and recording.named(operation)
    return values


def _of_operations(recording: Recording, path: str, rows: list[Json]) -> dict[str, Json]:
    """The status of each operation that this recording started, and what was in any row."""
    rows = without_elisions(rows)
    query = parse_qs(urlsplit(path).query)
    values: dict[str, Json] = {
        f"data[{{{recording.ids[row['operation_id']]}}}].status": row["status"]
        for row in rows
        if row["operation_id"] in recording.ids
    }
    if len(values) < len(rows) or "status" in query:
        values["data[].status"] = query.get("status", sorted({row["status"] for row in rows}))
    if "operation_type" in query:
        values["data[].operation_type"] = query["operation_type"]
    return values
