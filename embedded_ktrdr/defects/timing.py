"""Defects about answers that are late, or never come."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

from embedded_ktrdr.backend.bar_reader import BarReader
from embedded_ktrdr.backend.operations import Operations
from embedded_ktrdr.backend.registry import Registry
from embedded_ktrdr.defects.defect import defect, patch
from embedded_ktrdr.defects.health import change_backend_health
from embedded_ktrdr.operations import OperationInfo, OperationStatus, OperationType

AREA = "timing"
CANCELLED = "it is cancelled within 10 seconds"

# What a read took at generation S: 2.2 s for 115,906 bars, all of it on the event loop.
READ_S_PER_BAR = 20e-6
# How long a cancel lets the work end by itself; and how long an answer from the cache is taken for true.
GRACE_S = 12.0
SHOWN_S = 12.0

Read = Callable[..., Awaitable[bytes]]
Lookup = Callable[..., Awaitable[OperationInfo | None]]
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
    "reading-bars-stalls-others",
    "While bars are read, no other request is answered",
    ("data-does-not-stall", "even the slowest answer came within 500 ms"),
    area=AREA,
    behaviour="reading bars does not hold up other requests",
    shown_by="S",
)
def _reading_bars_stalls_others() -> None:
    @patch(BarReader, "read")
    async def read(original: Read, self: BarReader, symbol: str, timeframe: str, *span: Any) -> bytes:
        series = self._repository.series(symbol, timeframe)
        # The whole file is read, whatever is wanted of it.
        time.sleep(READ_S_PER_BAR * (len(series) if series else 0))
        return await original(self, symbol, timeframe, *span)


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
    "cancel-answered-late",
    "A cancel is answered only when the work has had time to end by itself",
    ("B2.3", CANCELLED),
    area=AREA,
    behaviour="a cancel takes effect within 10 seconds",
)
def _cancel_answered_late() -> None:
    @patch(Operations, "cancel")
    async def cancel(original: Cancel, self: Operations, *arguments: Any) -> dict[str, Any]:
        done = await original(self, *arguments)
        await asyncio.sleep(GRACE_S)
        return done


@defect(
    "cancel-shown-late",
    "A cancelled operation is shown as running for a while, for the lookup answers from its cache",
    ("B2.3", CANCELLED),
    area=AREA,
    behaviour="a cancel shows within 10 seconds",
)
def _cancel_shown_late() -> None:
    before: dict[str, tuple[float, OperationInfo]] = {}

    @patch(Operations, "cancel")
    async def cancel(
        original: Cancel, self: Operations, operation: OperationInfo, *arguments: Any
    ) -> dict[str, Any]:
        cached = operation.model_copy(deep=True)
        done = await original(self, operation, *arguments)
        before[operation.operation_id] = (time.monotonic() + SHOWN_S, cached)
        return done

    @patch(Operations, "lookup")
    async def lookup(
        original: Lookup, self: Operations, operation_id: str, **how: Any
    ) -> OperationInfo | None:
        until, cached = before.get(operation_id, (0.0, None))
        return cached if time.monotonic() < until else await original(self, operation_id, **how)


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
    async def ask(
        original: Callable[..., Awaitable[None]], self: Operations, operation: OperationInfo, *more: Any
    ) -> None:
        before = operation.model_copy()
        await original(self, operation, *more)
        done, wanted = operation.progress.steps_completed, operation.progress.steps_total
        trains = operation.operation_type is OperationType.TRAINING
        if trains and operation.status is OperationStatus.COMPLETED and 0 < wanted <= done:
            operation.status, operation.completed_at = OperationStatus.RUNNING, before.completed_at
