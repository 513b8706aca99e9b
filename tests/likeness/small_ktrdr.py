"""A KTRDR of a few lines for the proofs of the player; a test changes one thing at a time."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field

import httpx

from .comparison import RecordedShapes
from .deviations import Row
from .player import Patience, Player, Replay
from .shapes import Json, shape_of
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
