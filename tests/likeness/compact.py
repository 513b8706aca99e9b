"""Reduces recordings of the real KTRDR to specimens: `python -m tests.likeness.compact RECORDINGS_DIR`."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from .arrangement import REQUESTS, training_that
from .literals import filled, literals
from .recording import ACTIONS, DONE_BEFORE, Recording, read_recording
from .reduction import reduce_body
from .scope import (
    BACKEND,
    BACKTEST_WORKER,
    OPENAPI_DOCUMENTS,
    OPERATION_LISTS,
    SERVICES,
    TRAINING_WORKER,
    route_template,
)
from .shapes import Json, Shape, shape_of
from .specimen import SPECIMENS, Specimen, Step, has_epoch, write

STRATEGY = "<strategy>"

STARTS = {"/api/v1/trainings/start": TRAINING_WORKER, "/api/v1/backtests/start": BACKTEST_WORKER}
"""Routes of the backend that give work to a worker -> the service that must be free."""

DIRECT_STARTS = ("/training/start", "/backtests/start")

IDS = ("task_id", "operation_id", "session_id")

OF_MODELS = "/api/v1/models"


def specimen_of(recording: Recording) -> Specimen:
    """The specimen of a recording."""
    steps = [_step(recording, index, recorded, at) for index, recorded, at in _exchanges(recording)]
    workers = recording.workers()
    return Specimen(
        recording.generation, recording.name, workers, tuple(_earlier(steps) + steps), recording.gateway
    )


def openapi_specimen(folder: Path) -> Specimen:
    """The OpenAPI documents of all services."""
    steps = []
    for index, service in enumerate(SERVICES[folder.name].values()):
        file, path = OPENAPI_DOCUMENTS[service]
        document = json.loads((folder / file).read_text(encoding="utf-8"))
        shape = shape_of(reduce_body(path, document))
        steps.append(Step(index, service, "GET", path, 200, shape, label="live OpenAPI document"))
    workers = ("training-host-1",) if folder.name == "seed" else ("training-worker-5002",)
    return Specimen(folder.name, "openapi", workers, tuple(steps))


def main(arguments: list[str]) -> int:
    """Writes all specimens."""
    recordings = Path(arguments[0])
    specimens = []
    for generation in SERVICES:
        folder = recordings / generation
        files = (path for path in sorted(folder.glob("*.json")) if not path.name.startswith("openapi."))
        specimens += [specimen_of(read_recording(path)) for path in files]
        specimens.append(openapi_specimen(folder))
    size = sum(write(specimen, SPECIMENS).stat().st_size for specimen in specimens)
    sys.stdout.write(f"{len(specimens)} specimens, {size / 1024:.0f} KiB\n")
    return 0


def _exchanges(recording: Recording) -> Iterator[tuple[int, Mapping[str, Json], dict[str, Json]]]:
    """Every exchange and poll with its index, and what was done before it."""
    before: tuple[str, ...] = DONE_BEFORE.get(recording.name, ())
    pause_s = 0.0
    for index, recorded in enumerate(recording.steps):
        if "request" in recorded or "polls" in recorded:
            yield index, recorded, {"before": before, "pause_s": pause_s}
            before, pause_s = (), 0.0
        elif "action" in recorded:
            before += ACTIONS[recorded["action"]]
        else:
            pause_s += recorded.get("sleep_s", 0.0)


def _step(recording: Recording, index: int, recorded: Mapping[str, Json], at: dict[str, Json]) -> Step:
    url = recorded["url"] if "polls" in recorded else recorded["request"]["url"]
    service, path = recording.service(url), urlsplit(url)._replace(scheme="", netloc="").geturl()
    at["service"] = service
    if "polls" in recorded:
        kind = recording.operation_type(path.rpartition("/")[2])
        at["values"] = (("data.status", recorded["final"]), ("data.operation_type", kind))
        at |= {"status": recorded["polls"][-1]["http"], "label": "poll", "poll": True}
        at["lasted_s"] = recorded["duration_s"]
        return Step(index=index, method="GET", path=recording.named(path), shape=Shape(), **at)
    request, response = recorded["request"], recorded["response"]
    body = reduce_body(path, response.get("body"))
    named_path = recording.named(path)
    learns = _learn(recording, request["method"], response.get("status"), body)
    values = literals(recording, path, body)
    return Step(
        index=index,
        method=request["method"],
        path=named_path,
        status=response.get("status") or 0,
        shape=shape_of(body),
        label=recorded.get("label", ""),
        body=_request_body(request["body"]),
        content_type=request["headers"].get("Content-Type"),
        values=tuple(values.items()),
        filled=tuple(filled(path, body).items()),
        learns=learns,
        **at,
        **_conditions(recording, recorded, service, bool(learns)),
    )


def _conditions(
    recording: Recording, recorded: Mapping[str, Json], service: str, started: bool
) -> dict[str, Json]:
    """The state in which the recorded request was sent, as far as the answers tell."""
    request, body = recorded["request"], recorded["response"].get("body")
    template = route_template(request["url"])
    data = body.get("data") if isinstance(body, dict) else None
    if isinstance(data, dict) and data.get("status") == "running" and "progress" in data:
        return {
            "progressed": data["progress"]["percentage"] > 0,
            "has_epoch": has_epoch(data["metrics"]),
        }
    if not started:
        return {}
    if service == BACKEND and template in STARTS:
        refused = recording.refused(body.get("task_id") or body["operation_id"])
        return {"busy_worker": refused} if refused else {"free_worker": STARTS[template]}
    if template in DIRECT_STARTS and "busy" not in recorded.get("label", ""):
        return {"free_worker": service}
    return {}


def _request_body(body: Json) -> Json:
    if isinstance(body, dict) and "strategy_yaml" in body:
        return body | {"strategy_yaml": STRATEGY}
    return body


def _learn(recording: Recording, method: str, status: int | None, body: Json) -> tuple[tuple[str, str], ...]:
    """Names the ids that the answer gives, if it starts something."""
    if method != "POST" or status != 200:
        return ()
    learned = []
    for prefix, part in (("", body), ("data.", body.get("data"))):
        for name in IDS:
            value = part.get(name) if isinstance(part, dict) else None
            if isinstance(value, str) and value not in recording.ids:
                recording.ids[value] = f"id{len(recording.ids) + 1}"
                learned.append((recording.ids[value], prefix + name))
    return tuple(learned)


def _earlier(steps: list[Step]) -> list[Step]:
    """Steps that leave trainings as earlier recordings had left them, for recordings that only list them."""
    statuses = {"completed"} if any(step.path == OF_MODELS for step in steps) else set()
    if not any(step.learns for step in steps):
        lists = [step for step in steps if step.path == OPERATION_LISTS]
        statuses |= {status for step in lists for status in dict(step.values).get("data[].status", [])}
    return [
        step
        for status in REQUESTS
        if status in statuses
        for step in training_that(status, f"earlier_{status}")
    ]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
