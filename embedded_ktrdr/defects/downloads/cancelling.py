"""Defects of a download that is cancelled."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from embedded_ktrdr.backend.downloads import Download
from embedded_ktrdr.backend.gaps import Span
from embedded_ktrdr.backend.operations import Operations
from embedded_ktrdr.defects.defect import defect, patch
from embedded_ktrdr.generator import Bar
from embedded_ktrdr.operations import OperationInfo, OperationStatus, OperationType

AREA = "downloads"
CANCEL = "download-cancel"
SKIP_S = 0.4

Cancel = Callable[[Operations, OperationInfo, str | None], Awaitable[dict[str, Any]]]


@defect(
    "download-cancel-lost",
    "The cancel of a download is acknowledged, and nothing comes of it",
    (CANCEL, "it is cancelled within 10 seconds"),
    area=AREA,
    severity="blocker",
    behaviour="a cancelled download is cancelled",
)
def _download_cancel_lost() -> None:
    @patch(Operations, "cancel")
    async def cancel(
        original: Cancel, self: Operations, operation: OperationInfo, reason: str | None
    ) -> dict[str, Any]:
        if operation.operation_type is not OperationType.DATA_LOAD:
            return await original(self, operation, reason)
        marked = operation.model_copy()
        marked.finish(OperationStatus.CANCELLED, error=reason)
        return marked.cancel_result(reason, task=True)


@defect(
    "cancelled-download-goes-on",
    "A cancelled download goes on fetching",
    (CANCEL, "its progress has stood still since"),
    area=AREA,
    severity="blocker",
    behaviour="a cancelled download stops",
)
def _cancelled_download_goes_on() -> None:
    _leave_at_work()


@defect(
    "cancelled-download-completes",
    "A cancelled download skips the pieces that are left, and is completed with those that came",
    (CANCEL, "it is still cancelled when it would have ended by itself"),
    area=AREA,
    severity="blocker",
    behaviour="a cancelled download stays cancelled",
)
def _cancelled_download_completes() -> None:
    _leave_at_work()

    @patch(Download, "_fetch")
    async def fetch(
        original: Callable[[Download, Span], Awaitable[list[Bar]]], self: Download, segment: Span
    ) -> list[Bar]:
        if self.operation.status is OperationStatus.CANCELLED:
            await asyncio.sleep(SKIP_S / self.pace.speed)
            return []
        return await original(self, segment)

    @patch(OperationInfo, "finish")
    def finish(
        original: Callable[..., bool], self: OperationInfo, status: OperationStatus, **more: Any
    ) -> bool:
        if self.operation_type is OperationType.DATA_LOAD and status is OperationStatus.COMPLETED:
            self.status = OperationStatus.RUNNING
        return original(self, status, **more)


@defect(
    "cancelled-download-erases-cached-bars",
    "A cancelled download takes the bars with it that were cached before",
    ("download-cancel-keeps-cached-bars", "all those cached before can still be read"),
    area=AREA,
    severity="blocker",
    behaviour="a cancelled download loses no bars that were cached",
)
def _cancelled_download_erases_cached_bars() -> None:
    @patch(Download, "run")
    async def run(
        original: Callable[[Download], Awaitable[dict[str, Any]]], self: Download
    ) -> dict[str, Any]:
        try:
            return await original(self)
        except asyncio.CancelledError:
            # What is there is taken for what this download has left half done.
            self.repository._path(self.order.symbol, self.order.timeframe).unlink(missing_ok=True)
            raise


def _leave_at_work() -> None:
    """The task of a cancelled operation is not told."""
    left: list[asyncio.Task[None] | None] = []

    @patch(Operations, "cancel")
    async def cancel(
        original: Cancel, self: Operations, operation: OperationInfo, reason: str | None
    ) -> dict[str, Any]:
        left.append(self._tasks.pop(operation.operation_id, None))
        return await original(self, operation, reason)
