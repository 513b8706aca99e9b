"""The backend's operations: those on workers, kept up to date by asking, and its own (contract 2)."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from embedded_ktrdr.backend.registry import Registry, Worker, WorkerStatus
from embedded_ktrdr.backend.state import Record, State
from embedded_ktrdr.operations import (
    DEFAULT_CANCEL_MESSAGE,
    OperationInfo,
    OperationStatus,
    OperationStatusResponse,
    OperationStore,
    OperationType,
    carry_out,
    fail,
)
from embedded_ktrdr.pace import ORPHAN_AFTER_S, Pace
from embedded_ktrdr.wire import NonsenseError, Wire, WireError, shortened

# Of an operation that the backend did itself.
LOST = "The backend was restarted while it worked on this operation; start it again."

log = logging.getLogger("ktrdr.api.services.operations_service")

Restart = Callable[[dict[str, Any]], Awaitable[OperationInfo]]
"""Does what was ordered again, as a new operation."""

Work = Callable[[], Awaitable[dict[str, Any]]]
"""Work that the backend does itself: returns the result summary or raises, with the reason as its text."""


class CancelOutcome(BaseModel):
    """What a worker says of a cancel."""

    success: bool


class CancelAnswer(BaseModel):
    """A worker's answer to a cancel."""

    data: CancelOutcome


class FinishedError(Exception):
    """The operation has ended, so it cannot be cancelled."""


@dataclass
class _Proxy:
    """Where an operation runs and when its worker was last asked (monotonic seconds)."""

    worker_id: str
    url: str
    asked_at: float
    silent_since: float | None = None
    asking: asyncio.Task[None] | None = None
    # While the worker is told to stop: what it says of the operation meanwhile is no news.
    cancelling: bool = False


class Operations:
    """Every operation of the backend, together with the worker or the task that does it."""

    def __init__(self, wire: Wire, registry: Registry, pace: Pace, state: State) -> None:
        self.store = OperationStore()
        self.restarts: dict[OperationType, Restart] = {}
        self._wire = wire
        self._registry = registry
        self._pace = pace
        self._state = state
        self._orders: dict[str, dict[str, Any]] = {}
        self._proxies: dict[str, _Proxy] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def add(self, operation: OperationInfo, order: BaseModel, worker: Worker) -> None:
        """Keep an operation that `worker` has just accepted."""
        operation_id = operation.operation_id
        self.store.begin(operation)
        self._orders[operation_id] = order.model_dump(mode="json")
        # The acceptance counts as the first answer: KTRDR too shows its own state until the cache expires.
        self._proxies[operation_id] = _Proxy(worker.worker_id, worker.endpoint_url, time.monotonic())
        self._keep(operation)
        log.info("Registered remote proxy for operation %s → host %s", operation_id, operation_id)

    def run(self, operation: OperationInfo, work: Work, order: BaseModel | None = None) -> None:
        """Keep an operation and do its work here; `work` is cancelled with it and may report its progress."""
        self.store.begin(operation)
        self._orders[operation.operation_id] = order.model_dump(mode="json") if order else {}
        self._keep(operation)
        self._tasks[operation.operation_id] = asyncio.create_task(self._work(operation, work))

    def restore(self) -> None:
        """Take over what the backend knew before it was restarted."""
        for record in self._state.load():
            operation = record.operation
            self.store.restore(operation)
            self._orders[operation.operation_id] = record.order
            if record.worker_id is not None:
                # Asked as soon as anybody wants to know.
                self._proxies[operation.operation_id] = _Proxy(record.worker_id, record.url, 0.0)
            elif not operation.status.final:
                fail(operation, LOST)
                self._keep(operation)

    async def lookup(self, operation_id: str, *, force: bool = False) -> OperationInfo | None:
        """The operation as its worker saw it at most one cache TTL ago; None if unknown."""
        operation = self.store.get(operation_id)
        proxy = self._proxies.get(operation_id)
        if operation is None or proxy is None or operation.status.final:
            return operation
        if force and proxy.asking is not None:
            await asyncio.wait({proxy.asking})
        if proxy.asking is None and (force or time.monotonic() - proxy.asked_at >= self._pace.cache_ttl_s):
            proxy.asking = asyncio.create_task(self._refresh(operation, proxy))
        if proxy.asking is not None:
            # A worker that takes its time must not keep waiting who asks the backend.
            await asyncio.wait({proxy.asking}, timeout=None if force else self._pace.lookup_patience_s)
        return operation

    async def refresh_active(self) -> None:
        """Bring every operation that has not ended up to date."""
        await asyncio.gather(*(self.lookup(each.operation_id) for each in self.store.active()))

    async def watch_for_ever(self) -> None:
        """Look at what runs once per health sweep, so that nobody need ask for a lost operation to fail."""
        while True:
            await asyncio.sleep(self._pace.health_sweep_s)
            await self.refresh_active()
            for each in self.store.active():
                self._keep(each)
            await self._end_strays()

    async def cancel(self, operation: OperationInfo, reason: str | None) -> dict[str, Any]:
        """Stop the work and mark it; what a cancel answers. FinishedError if it ended before."""
        operation_id = operation.operation_id
        task, proxy = self._tasks.get(operation_id), self._proxies.get(operation_id)
        confirmed = proxy is not None and await self._cancel_with(proxy, operation_id, reason)
        if not operation.finish(OperationStatus.CANCELLED, error=reason or DEFAULT_CANCEL_MESSAGE):
            raise FinishedError
        self._keep(operation)
        if task is not None:
            task.cancel()
        if proxy is not None:
            self._registry.release(proxy.worker_id, operation_id)
        return operation.cancel_result(reason, task=task is not None, remote=confirmed)

    async def _cancel_with(self, proxy: _Proxy, operation_id: str, reason: str | None) -> bool:
        proxy.cancelling = True
        try:
            confirmed = await self._cancel_at_worker(operation_id, proxy.url, reason)
        finally:
            proxy.cancelling = False
        if confirmed is False:
            await self.lookup(operation_id, force=True)
        return bool(confirmed)

    async def retry(self, failed: OperationInfo) -> OperationInfo:
        """A new operation that does the work of `failed` again."""
        return await self.restarts[failed.operation_type](self._orders[failed.operation_id])

    def stop(self) -> None:
        """The service ends: none of its own work outlives it."""
        asking = [each.asking for each in self._proxies.values() if each.asking is not None]
        for task in (*self._tasks.values(), *asking):
            task.cancel()

    def _keep(self, operation: OperationInfo) -> None:
        record = Record(operation=operation, order=self._orders[operation.operation_id])
        proxy = self._proxies.get(operation.operation_id)
        if proxy is not None:
            record.worker_id, record.url = proxy.worker_id, proxy.url
        self._state.keep(record)

    async def _work(self, operation: OperationInfo, work: Work) -> None:
        try:
            await carry_out(operation, work())
            self._keep(operation)
        finally:
            self._tasks.pop(operation.operation_id, None)

    async def _end_strays(self) -> None:
        """Stop what a worker still does though it has ended here or was given to another meanwhile."""
        for worker in self._registry.all(status=WorkerStatus.BUSY):
            operation_id = worker.current_operation_id or ""
            operation, proxy = self.store.get(operation_id), self._proxies.get(operation_id)
            if operation is None or proxy is None:
                continue
            if operation.status.final or proxy.url != worker.endpoint_url:
                await self._cancel_at_worker(operation_id, worker.endpoint_url, operation.error_message)

    async def _cancel_at_worker(self, operation_id: str, url: str, reason: str | None) -> bool | None:
        """Whether the worker confirms that it has stopped the work; None if it does not answer."""
        log.info("Cancelling remote operation via proxy: %s (backend: %s)", operation_id, operation_id)
        try:
            answer = await self._wire.ask(
                "DELETE",
                f"{url}/api/v1/operations/{operation_id}/cancel",
                CancelAnswer,
                query={"reason": reason} if reason else None,
                within=self._pace.proxy_timeout_s,
            )
        except WireError as error:
            log.error("Failed to cancel remote operation %s: %s", operation_id, error)
            return None
        return answer.data.success

    async def _refresh(self, operation: OperationInfo, proxy: _Proxy) -> None:
        try:
            await self._ask_worker(operation, proxy)
        finally:
            proxy.asked_at, proxy.asking = time.monotonic(), None

    async def _ask_worker(self, operation: OperationInfo, proxy: _Proxy) -> None:
        operation_id = operation.operation_id
        url = f"{proxy.url}/api/v1/operations/{operation_id}"
        try:
            answer = await self._wire.ask(
                "GET", url, OperationStatusResponse, within=self._pace.proxy_timeout_s
            )
            seen = answer.data
            if seen.operation_id != operation_id:
                raise NonsenseError("the answer is about another operation")
        except WireError as error:
            # KTRDR answers with the state it last knew.
            log.error("Failed to refresh operation %s from host service: %s", operation_id, error)
            self._note_silence(operation, proxy)
            return
        proxy.silent_since = None
        if operation.status.final or proxy.cancelling:  # cancelled while the worker answered
            return
        operation.status = seen.status
        operation.progress = seen.progress.model_copy(update={"context": {}})
        trains = operation.operation_type is OperationType.TRAINING
        operation.metrics = seen.metrics or ({"epochs": []} if trains else {})
        if seen.status.final:
            operation.completed_at = seen.completed_at
            operation.error_message = seen.error_message and shortened(seen.error_message)
            operation.result_summary = seen.result_summary
            self._keep(operation)
            self._registry.release(proxy.worker_id, operation_id)

    def _note_silence(self, operation: OperationInfo, proxy: _Proxy) -> None:
        """An operation whose worker does not know it any more, or is gone, fails in the end (DEV-61)."""
        moment = time.monotonic()
        if proxy.silent_since is None:
            proxy.silent_since = moment
        elif moment - proxy.silent_since >= self._pace.orphan_after_s:
            reason = (
                "Operation was RUNNING but no worker claimed it: "
                f"{proxy.worker_id} has not answered for it for {ORPHAN_AFTER_S:g} s"
            )
            fail(operation, reason)
            self._keep(operation)
            self._registry.release(proxy.worker_id, operation.operation_id)
