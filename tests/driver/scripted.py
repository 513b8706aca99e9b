"""A backend and a worker on a fake clock that show an operation as a script says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast

from ktrdr_acceptance.api.backend import Backend
from ktrdr_acceptance.api.http import Answer
from ktrdr_acceptance.api.models import OperationBody, read
from ktrdr_acceptance.api.worker import Worker
from ktrdr_acceptance.faults import EnvironmentFault
from ktrdr_acceptance.operations.operation import Kind, Operation
from ktrdr_acceptance.operations.operations import Operations
from ktrdr_acceptance.operations.waiting import Waiter
from ktrdr_acceptance.testdata.calibration import Purpose, default_calibration

from .fake_clock import FakeClock

OPERATION_ID = "op_training_20261122_085428_2cef1013"
START = 1000.0

# What a copy shows, by the seconds since the start: status, percentage and perhaps epoch and items.
Shown = tuple[str, float] | tuple[str, float, int, int]
Script = Callable[[float], Shown]


def steady(status: str, percentage: float = 50.0) -> Script:
    return lambda _at: (status, percentage)


def flips(at: float, before: Shown, after: Shown) -> Script:
    return lambda now: after if now >= at else before


class ScriptedService:
    """Either service; `cancel_to` is the status that a DELETE brings, none a refusal.

    `changes` are other fields of its lookups, `acknowledges` is what it says of a cancel.
    """

    def __init__(self, name: str, clock: FakeClock, script: Script) -> None:
        self.name = name
        self.base_url = f"http://{name}:1"
        self.script = script
        self.knows = True
        self.is_gone = False
        self.cancel_to: str | None = "cancelled"
        self.acknowledges: Any = {"operation_id": OPERATION_ID, "status": "cancelled"}
        self.changes: dict[str, Any] = {}
        self.asked: list[float] = []
        self.cancels: list[str] = []
        self.reasons: list[str] = []
        self._clock = clock

    def operation_answer(self, operation_id: str) -> Answer:
        now = self._clock.now() - START
        self.asked.append(now)
        request = f"GET /api/v1/operations/{operation_id}"
        if self.is_gone:
            raise EnvironmentFault(f"{self.name} at {self.base_url} gave no answer to {request}")
        if not self.knows:
            return Answer(self.name, request, 404, {"detail": f"Operation not found: {operation_id}"}, 0.0)
        status, percentage, *more = self.script(now)
        epoch, items = more or (5, 500)
        body = {
            "operation_id": operation_id,
            "operation_type": "training",
            "status": status,
            "created_at": "2026-11-22T08:54:28Z",
            "progress": {
                "percentage": percentage,
                "current_step": f"Epoch {epoch}/10",
                "steps_completed": epoch,
                "items_processed": items,
            },
            **self.changes,
        }
        return Answer(self.name, request, 200, {"success": True, "data": body}, 0.0)

    def operation(self, operation_id: str) -> OperationBody:
        return read(OperationBody, self.operation_answer(operation_id), "data")

    def cancel_answer(self, operation_id: str, reason: str = "") -> Answer:
        self.cancels.append(operation_id)
        self.reasons.append(reason)
        request = f"DELETE /api/v1/operations/{operation_id}"
        if self.cancel_to is None:
            return Answer(self.name, request, 400, {"detail": "cannot be cancelled"}, 0.0)
        self.script = steady(self.cancel_to)
        return Answer(self.name, request, 200, {"success": True, "data": self.acknowledges}, 0.0)


def calibrated(kind: Kind, purpose: str) -> Purpose:
    """Return what the suite's own calibration says of a purpose."""
    calibration = default_calibration()
    purposes: dict[Kind, Mapping[str, Purpose]] = {
        Kind.TRAINING: calibration.trainings,
        Kind.BACKTEST: calibration.backtests,
        Kind.DOWNLOAD: calibration.downloads,
    }
    return purposes[kind][purpose]


class Scene:
    """Operations over one scripted backend and one scripted worker, which does one kind of operations."""

    def __init__(
        self,
        backend: Script,
        worker: Script | None = None,
        cache_ttl: float = 0.0,
        kind: Kind = Kind.TRAINING,
    ) -> None:
        self.clock = FakeClock()
        self.kind = kind
        self.backend = ScriptedService("backend", self.clock, backend)
        self.worker = ScriptedService(f"{kind}-worker-1", self.clock, worker or backend)
        self.workers = [self.worker]
        self.looks: list[Any] = []
        self.operations = Operations(
            cast(Backend, self.backend),
            lambda asked: cast(list[Worker], self.workers if asked is kind else []),
            Waiter(self.clock),
            cache_ttl,
            on_look=lambda operation, seen: self.looks.append((operation.id, seen.status)),
        )

    def operation(
        self, expected_s: float = 10.0, percentage_at_cancel: float = 50.0, *, at_worker: bool = False
    ) -> Operation:
        """Return a long operation; the backend did not hear of one that was asked for `at_worker`."""
        return Operation(
            OPERATION_ID,
            self.kind,
            "long",
            calibrated(self.kind, "long"),
            expected_s,
            started_at=START,
            home=cast(Worker, self.worker) if at_worker else None,
            percentage_at_cancel=percentage_at_cancel,
        )
