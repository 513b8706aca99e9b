"""Defects about answers that are late, or never come."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

from embedded_ktrdr.backend.bar_reader import BarReader
from embedded_ktrdr.backend.dispatch import Dispatch
from embedded_ktrdr.backend.operations import Operations
from embedded_ktrdr.backend.registry import Registry
from embedded_ktrdr.defects.defect import defect, patch
from embedded_ktrdr.defects.health import change_backend_health
from embedded_ktrdr.operations import OperationInfo, OperationStatus, OperationType

AREA = "timing"
KNOWN, RESULT = "training-is-known-at-once", "the backend shows its result"
CANCELLED = "it is cancelled within 10 seconds"

# How long a start takes that is not answered at once, and a result that is fetched beside the status.
FIRST_PROGRESS_S = 1.5
FETCHED_AFTER_S = 1.0

Read = Callable[..., Awaitable[bytes]]
Lookup = Callable[..., Awaitable[OperationInfo | None]]
Start = Callable[..., Awaitable[OperationInfo]]
Ask = Callable[..., Awaitable[None]]
Cancel = Callable[..., Awaitable[dict[str, Any]]]


@defect(
    "health-asks-everybody",
    "The backend asks one worker after the other before it says how it is",
    ("S1", "it answered within 1 second"),
    area=AREA,
    behaviour="the backend says within 1 second how it is",
)
def _health_asks_everybody() -> None:
    registries: list[Registry] = []

    @patch(Registry, "__init__")
    def init(original: Callable[..., None], self: Registry, *arguments: Any) -> None:
        original(self, *arguments)
        registries.append(self)

    async def asks(said: dict[str, Any]) -> dict[str, Any]:
        for worker in registries[0].all():
            await registries[0].check(worker)
            await asyncio.sleep(0.3)
        return said

    change_backend_health(asks)


@defect(
    "large-reads-too-slow",
    "Reads of more than 120,000 bars take more than 6 seconds, for the answer is copied again and again",
    ("stress-large-volume", "the answer came within 6 seconds"),
    area=AREA,
    behaviour="two years of 5-minute bars are read within 6 seconds",
)
def _large_reads_too_slow() -> None:
    @patch(BarReader, "read")
    async def read(original: Read, self: BarReader, *asked: Any) -> bytes:
        answer = await original(self, *asked)
        if answer.count(b"],[") > 120_000:
            await asyncio.sleep(6.5)
        return answer


@defect(
    "start-answered-late",
    "A start is answered only when the worker has had time to show its first progress",
    (KNOWN, "the backend knows it within 1 second as a training that has not ended"),
    area=AREA,
    behaviour="what was started is known within 1 second",
)
def _start_answered_late() -> None:
    @patch(Dispatch, "start")
    async def start(original: Start, self: Dispatch, *asked: Any, **how: Any) -> OperationInfo:
        operation = await original(self, *asked, **how)
        await asyncio.sleep(FIRST_PROGRESS_S)
        return operation


@defect(
    "result-after-completion",
    "An operation is shown as completed a moment before its result can be read",
    ("1.1", RESULT),
    ("B1.1", RESULT),
    area=AREA,
    behaviour="an operation that is shown as completed has its result",
)
def _result_after_completion() -> None:
    @patch(Operations, "_ask_worker")
    async def ask(original: Ask, self: Operations, operation: OperationInfo, *more: Any) -> None:
        await original(self, operation, *more)
        result, operation.result_summary = operation.result_summary, None
        later = asyncio.get_running_loop().call_later
        later(FETCHED_AFTER_S, setattr, operation, "result_summary", result)


@defect(
    "cancel-answered-late",
    "A cancel is answered only when the work has had time to end by itself, and shows as long after that",
    ("B2.3", CANCELLED),
    area=AREA,
    behaviour="a cancel takes effect within 10 seconds of its request",
)
def _cancel_answered_late() -> None:
    _cancel_late(answered_s=5.5, shown_s=5.0)


@defect(
    "cancel-shown-late",
    "A cancelled operation is shown as running for a while, for the lookup answers from its cache",
    ("B2.3", CANCELLED),
    area=AREA,
    behaviour="a cancel shows within 10 seconds",
)
def _cancel_shown_late() -> None:
    _cancel_late(answered_s=0.0, shown_s=12.0)


@defect(
    "completion-never-seen",
    "A training that has come to its last epoch is not asked about any more, and stays running for ever",
    ("1.1", "it completes within 60 seconds"),
    area=AREA,
    severity="blocker",
    behaviour="a training that has completed is shown as completed",
)
def _completion_never_seen() -> None:
    @patch(Operations, "_ask_worker")
    async def ask(original: Ask, self: Operations, operation: OperationInfo, *more: Any) -> None:
        before = operation.model_copy()
        await original(self, operation, *more)
        done, wanted = operation.progress.steps_completed, operation.progress.steps_total
        trains = operation.operation_type is OperationType.TRAINING
        if trains and operation.status is OperationStatus.COMPLETED and 0 < wanted <= done:
            operation.status, operation.completed_at = OperationStatus.RUNNING, before.completed_at


def _cancel_late(answered_s: float, shown_s: float) -> None:
    """A cancel is answered after some seconds and shows after some more, though the work stops at once."""
    before: dict[str, tuple[float, OperationInfo]] = {}

    @patch(Operations, "cancel")
    async def cancel(
        original: Cancel, self: Operations, operation: OperationInfo, *arguments: Any
    ) -> dict[str, Any]:
        cached = operation.model_copy(deep=True)
        before[operation.operation_id] = (time.monotonic() + answered_s + shown_s, cached)
        done = await original(self, operation, *arguments)
        await asyncio.sleep(answered_s)
        return done

    @patch(Operations, "lookup")
    async def lookup(
        original: Lookup, self: Operations, operation_id: str, **how: Any
    ) -> OperationInfo | None:
        until, cached = before.get(operation_id, (0.0, None))
        return cached if time.monotonic() < until else await original(self, operation_id, **how)
