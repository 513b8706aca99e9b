"""Defects that show only where one thing follows another at once, as between programs and never by hand."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

from embedded_ktrdr.backend.dispatch import Dispatch
from embedded_ktrdr.backend.operations import Operations
from embedded_ktrdr.backend.registry import Registry, Worker, WorkerStatus, WorkerType
from embedded_ktrdr.defects.defect import defect, patch
from embedded_ktrdr.pace import Pace, Scaled

# How long a cancel that follows the start at once is lost on the way, in seconds.
_YOUNG_S = 0.5

_SWEEP_S = 10.0


@defect(
    "cancel-at-once-never-reaches-the-worker",
    "A training that is cancelled as soon as it is accepted is called cancelled, and its worker trains on",
    (
        "cancel-at-once",
        "it is still cancelled, at the backend and at its worker, when it would have ended by itself",
    ),
    area="lifecycle",
    severity="blocker",
    behaviour="a cancel stops the work, however soon after the start it comes",
    shown_by="S",
)
def _cancel_at_once_never_reaches_the_worker() -> None:
    @patch(Operations, "_cancel_with")
    async def cancel_with(
        original: Callable[..., Awaitable[bool]], self: Operations, proxy: Any, operation_id: str, *given: Any
    ) -> bool:
        operation = self.store.get(operation_id)
        if operation is not None and (datetime.now(UTC) - operation.created_at).total_seconds() < _YOUNG_S:
            return False
        return await original(self, proxy, operation_id, *given)


@defect(
    "worker-busy-until-the-next-health-check",
    "A worker that has finished gets no work until the backend's next health check has seen it idle",
    ("next-work-at-once", "as many backtests are accepted as there are workers"),
    area="workers",
    behaviour="a worker is free as soon as the end of its work is known",
    shown_by="S",
)
def _worker_busy_until_the_next_health_check() -> None:
    # As long as of the real one: here the work is faster, but not who looks at it.
    Pace.health_sweep_s = Scaled(0.0, _SWEEP_S)

    @patch(Registry, "release")
    def release(_original: object, _self: Registry, _worker_id: str, _operation_id: str) -> None:
        pass

    @patch(Dispatch, "_choose")
    async def choose(
        _original: object, self: Dispatch, worker_type: WorkerType, tried: list[str]
    ) -> Worker | None:
        free = self._registry.all(worker_type, WorkerStatus.AVAILABLE)
        return next((each for each in free if each.worker_id not in tried), None)
