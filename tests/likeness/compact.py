"""Reduces recordings of the real KTRDR to specimens: `python -m tests.likeness.compact RECORDINGS_DIR`."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from .arrangement import REQUESTS, training_that
from .scope import OPENAPI_PATHS, SERVICES, TRAINING_WORKER, in_scope, reduce_body, route_template
from .shapes import Json, Shape, shape_of
from .specimen import FINAL_STATUSES, SPECIMENS, Specimen, Step, has_epoch, write

REFUSED = "No training workers available"
STRATEGY = "<strategy>"


@dataclass
class Recording:
    """One recording, and what has been learned from it so far."""

    generation: str
    name: str
    steps: list[Mapping[str, Json]]
    ids: dict[str, str] = field(default_factory=dict)

    def service(self, url: str) -> str | None:
        """The service behind a recorded URL, if it is in scope."""
        return SERVICES[self.generation].get(urlsplit(url).port or 0)

    def named(self, text: str) -> str:
        """The text with every id that an earlier answer gave replaced by its name."""
        for value, name in self.ids.items():
            text = text.replace(value, f"{{{name}}}")
        return text

    def workers(self) -> tuple[str, ...]:
        """The training workers in the first list of workers; without a list, the one of the generation."""
        for body in self._bodies("/api/v1/workers"):
            found = [row["worker_id"] for row in body if row["worker_type"] != "backtesting"]
            if found:
                return tuple(found)
        return ("training-host-1",) if self.generation == "seed" else ("training-worker-5002",)

    def was_refused(self, operation: str) -> bool:
        """Whether the operation failed because no worker was free."""
        answers = (body for body in self._bodies(f"/api/v1/operations/{operation}") if "data" in body)
        return any(str(body["data"].get("error_message")).startswith(REFUSED) for body in answers)

    def final_status(self, operation: str) -> str | None:
        """The last status that the backend gave of the operation."""
        last = None
        for body in self._bodies(f"/api/v1/operations/{operation}", service="backend"):
            last = body.get("data", {}).get("status", last)
        return last

    def _bodies(self, path: str, service: str | None = None) -> Iterator[Json]:
        for recorded in self.steps:
            url = recorded.get("request", {}).get("url", "")
            if urlsplit(url).path == path and service in (None, self.service(url)):
                yield recorded["response"].get("body")


def read_recording(path: Path) -> Recording:
    """Reads a recording."""
    return Recording(path.parent.name, path.stem, json.loads(path.read_text(encoding="utf-8"))["steps"])


def specimen_of(recording: Recording) -> Specimen | None:
    """The specimen of a recording, if anything in it is in scope."""
    workers = recording.workers()
    steps: list[Step] = []
    copies: tuple[tuple[str, str], ...] = ()
    for index, recorded in enumerate(recording.steps):
        url = recorded["url"] if "polls" in recorded else recorded.get("request", {}).get("url")
        if url is None:
            continue
        if not in_scope(recording.name, recording.service(url), _path(url)):
            copies += _worker_copy(recording, recorded)
            continue
        if "polls" in recorded:
            steps.append(_poll_step(recording, index, recorded, copies))
        else:
            steps.append(_step(recording, index, recorded, workers, copies))
        copies = ()
    if not steps:
        return None
    return Specimen(recording.generation, recording.name, workers, tuple(_earlier(steps) + steps))


def openapi_specimen(folder: Path) -> Specimen:
    """The OpenAPI documents of the services in scope."""
    documents = {"backend": "openapi.backend.json", TRAINING_WORKER: "openapi.training-host.json"}
    steps = []
    for index, service in enumerate(SERVICES[folder.name].values()):
        path = OPENAPI_PATHS[service]
        document = json.loads((folder / documents[service]).read_text(encoding="utf-8"))
        shape = shape_of(reduce_body(path, document))
        steps.append(Step(index, service, "GET", path, 200, shape, label="live OpenAPI document"))
    workers = ("training-host-1",) if folder.name == "seed" else ("training-worker-5002",)
    return Specimen(folder.name, "openapi", workers, tuple(steps))


def main(arguments: list[str]) -> int:
    """Writes all specimens."""
    recordings = Path(arguments[0])
    count = 0
    for generation in SERVICES:
        for path in sorted((recordings / generation).glob("*.json")):
            specimen = None if path.name.startswith("openapi.") else specimen_of(read_recording(path))
            if specimen is not None:
                write(specimen, SPECIMENS)
                count += 1
        write(openapi_specimen(recordings / generation), SPECIMENS)
        count += 1
    size = sum(path.stat().st_size for path in SPECIMENS.glob("*/*.json"))
    sys.stdout.write(f"{count} specimens, {size / 1024:.0f} KiB\n")
    return 0


def _path(url: str) -> str:
    parts = urlsplit(url)
    return parts.path + (f"?{parts.query}" if parts.query else "")


def _step(
    recording: Recording,
    index: int,
    recorded: Mapping[str, Json],
    workers: tuple[str, ...],
    copies: tuple[tuple[str, str], ...],
) -> Step:
    request, response = recorded["request"], recorded["response"]
    path = _path(request["url"])
    named_path = recording.named(path)
    body = reduce_body(path, response["body"])
    learns = _learn(recording, request["method"], path, response["status"], body)
    started = (
        request["method"] == "POST" and route_template(path) == "/api/v1/trainings/start" and bool(learns)
    )
    refused = started and recording.was_refused(body["task_id"])
    data = body.get("data") if isinstance(body, dict) else None
    running = (
        data if isinstance(data, dict) and data.get("status") == "running" and "progress" in data else None
    )
    return Step(
        index=index,
        service=recording.service(request["url"]) or "",
        method=request["method"],
        path=named_path,
        status=response["status"],
        shape=shape_of(body),
        label=recorded.get("label", ""),
        body=_request_body(request["body"]),
        content_type=request["headers"].get("Content-Type"),
        values=tuple(_values(recording, path, body, workers).items()),
        learns=learns,
        free_worker=started and not refused,
        busy_worker=refused,
        worker_copy=copies,
        progressed=running is not None and running["progress"]["percentage"] > 0,
        has_epoch=running is not None and has_epoch(running["metrics"]),
    )


def _poll_step(
    recording: Recording, index: int, recorded: Mapping[str, Json], copies: tuple[tuple[str, str], ...]
) -> Step:
    path = recording.named(_path(recorded["url"]))
    return Step(
        index=index,
        service=recording.service(recorded["url"]) or "",
        method="GET",
        path=path,
        status=recorded["polls"][-1]["http"],
        shape=Shape(),
        label="poll",
        values=(("data.status", recorded["final"]),),
        worker_copy=copies,
        poll=True,
    )


def _request_body(body: Json) -> Json:
    if isinstance(body, dict) and "strategy_yaml" in body:
        return body | {"strategy_yaml": STRATEGY}
    return body


def _learn(
    recording: Recording, method: str, path: str, status: int, body: Json
) -> tuple[tuple[str, str], ...]:
    """Names the id that the answer gives, if it starts something."""
    if method != "POST" or status != 200:
        return ()
    places = {"task_id": body.get("task_id"), "operation_id": body.get("operation_id")}
    if path.endswith("/retry"):
        places = {"data.operation_id": body["data"]["operation_id"]}
    learned = []
    for place, value in places.items():
        if isinstance(value, str):
            recording.ids[value] = f"id{len(recording.ids) + 1}"
            learned.append((recording.ids[value], place))
    return tuple(learned)


def _values(recording: Recording, path: str, body: Json, workers: tuple[str, ...]) -> dict[str, Json]:
    """What is compared literally: success, statuses of operations, error codes, ids given before."""
    if isinstance(body, list):
        rows = {row["worker_id"]: row["worker_type"] for row in body}
        return {f"[{{{worker}}}].worker_type": rows[worker] for worker in workers if worker in rows}
    if not isinstance(body, dict):
        return {}
    values: dict[str, Json] = {}
    data = body.get("data")
    parts = {"": body, "data.": data if isinstance(data, dict) else {}, "error.": body.get("error") or {}}
    for prefix, part in parts.items():
        for name in ("success", "status", "code", "operation_id", "task_id"):
            if name in part:
                values[prefix + name] = part[name]
    for place in [place for place in values if place.endswith("_id")]:
        value = values.pop(place)
        if value in recording.ids:
            values[place] = recording.named(value)
    if isinstance(data, list):
        values |= _values_of_rows(recording, path, data)
    return values


def _values_of_rows(recording: Recording, path: str, rows: list[Json]) -> dict[str, Json]:
    """The status of each operation that this recording started, and what may stand in the other rows."""
    query = parse_qs(urlsplit(path).query)
    values: dict[str, Json] = {
        f"data[{{{recording.ids[row['operation_id']]}}}].status": row["status"]
        for row in rows
        if row.get("operation_id") in recording.ids
    }
    others = sorted({row["status"] for row in rows if row["operation_id"] not in recording.ids})
    if others or "status" in query:
        values["data[].status"] = query.get("status", others)
    if "operation_type" in query:
        values["data[].operation_type"] = query["operation_type"]
    return values


def _worker_copy(recording: Recording, recorded: Mapping[str, Json]) -> tuple[tuple[str, str], ...]:
    """That the worker's own copy had ended, as a GPU host was asked; its answer itself is not in scope."""
    if "request" not in recorded or ":5002/api/v1/operations/" not in recorded["request"]["url"]:
        return ()
    operation = recorded["request"]["url"].rpartition("/")[2]
    body = recorded["response"].get("body")
    data = body.get("data") if isinstance(body, dict) else None
    if (
        operation not in recording.ids
        or not isinstance(data, dict)
        or data.get("status") not in FINAL_STATUSES
    ):
        return ()
    if data["status"] != recording.final_status(operation):
        return ()
    return ((recording.ids[operation], data["status"]),)


def _earlier(steps: list[Step]) -> list[Step]:
    """Steps that leave trainings as earlier recordings had left them, for recordings that only list them."""
    if any(step.learns for step in steps):
        return []
    lists = [step for step in steps if step.path == "/api/v1/operations"]
    statuses = {status for step in lists for status in dict(step.values).get("data[].status", [])}
    return [
        step
        for status in REQUESTS
        if status in statuses
        for step in training_that(status, f"earlier_{status}")
    ]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
