"""The backend's operations: those on workers, kept up to date by asking, and its own (contract 2)."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

from embedded_ktrdr.backend.registry import Registry, Worker
from embedded_ktrdr.operations import (
    DEFAULT_CANCEL_MESSAGE,
    OperationInfo,
    OperationStatus,
    OperationStore,
    OperationType,
    carry_out,
    fail,
)
from embedded_ktrdr.pace import ORPHAN_AFTER_S, Pace

log = logging.getLogger("ktrdr.api.services.operations_service")

Restart = Callable[[OperationInfo], Awaitable[OperationInfo]]
"""Runs the work of a failed operation again, as a new operation."""

Work = Callable[[], Awaitable[dict[str, Any]]]
"""Work that the backend does itself: returns the result summary or raises, with the reason as its text."""


class FinishedError(Exception):
    """The operation has ended, so it cannot be cancelled."""


@dataclass
class _Proxy:
    """Where an operation runs and when its worker was last asked (monotonic seconds)."""

    worker_id: str
    url: str
    asked_at: float
    silent_since: float | None = None
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class Operations:
    """Every operation of the backend, together with the worker or the task that does it."""

    def __init__(self, client: httpx.AsyncClient, registry: Registry, pace: Pace) -> None:
        self.store = OperationStore()
        self.restarts: dict[OperationType, Restart] = {}
        self._client = client
        self._registry = registry
        self._pace = pace
        self._proxies: dict[str, _Proxy] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def add(self, operation: OperationInfo, worker: Worker) -> None:
        """Keep an operation that `worker` has just accepted."""
        operation_id = operation.operation_id
        self.store.begin(operation)
        # The acceptance counts as the first answer: KTRDR too shows its own state until the cache expires.
        self._proxies[operation_id] = _Proxy(worker.worker_id, worker.endpoint_url, time.monotonic())
        log.info("Registered remote proxy for operation %s → host %s", operation_id, operation_id)

    def run(self, operation: OperationInfo, work: Work) -> None:
        """Keep an operation and do its work here; `work` is cancelled with it and may report its progress."""
        self.store.begin(operation)
        self._tasks[operation.operation_id] = asyncio.create_task(self._work(operation, work))

    async def lookup(self, operation_id: str, *, force: bool = False) -> OperationInfo | None:
        """The operation as its worker saw it at most one cache TTL ago; None if unknown."""
        operation = self.store.get(operation_id)
        proxy = self._proxies.get(operation_id)
        if operation is not None and proxy is not None:
            async with proxy.lock:
                expired = time.monotonic() - proxy.asked_at >= self._pace.cache_ttl_s
                if not operation.status.final and (expired or force):
                    await self._refresh(operation, proxy)
                    proxy.asked_at = time.monotonic()
        return operation

    async def refresh_active(self) -> None:
        """Bring every operation that has not ended up to date."""
        await asyncio.gather(*(self.lookup(each.operation_id) for each in self.store.active()))

    async def watch_for_ever(self) -> None:
        """Look at what runs once per health sweep, so that nobody need ask for a lost operation to fail."""
        while True:
            await asyncio.sleep(self._pace.health_sweep_s)
            await self.refresh_active()

    async def cancel(self, operation: OperationInfo, reason: str | None) -> dict[str, Any]:
        """Stop the work and mark it; what a cancel answers. FinishedError if it ended before."""
        operation_id = operation.operation_id
        task, proxy = self._tasks.get(operation_id), self._proxies.get(operation_id)
        confirmed = proxy is not None and await self._cancel_at_worker(operation_id, proxy, reason)
        if not operation.finish(OperationStatus.CANCELLED, error=reason or DEFAULT_CANCEL_MESSAGE):
            raise FinishedError
        if task is not None:
            task.cancel()
        if proxy is not None:
            self._registry.release(proxy.worker_id, operation_id)
        return operation.cancel_result(reason, task=task is not None, remote=confirmed)

    async def retry(self, failed: OperationInfo) -> OperationInfo:
        """A new operation that does the work of `failed` again."""
        return await self.restarts[failed.operation_type](failed)

    def stop(self) -> None:
        """The service ends: none of its own work outlives it."""
        for task in self._tasks.values():
            task.cancel()

    async def _work(self, operation: OperationInfo, work: Work) -> None:
        try:
            await carry_out(operation, work())
        finally:
            self._tasks.pop(operation.operation_id, None)

    async def _cancel_at_worker(self, operation_id: str, proxy: _Proxy, reason: str | None) -> bool:
        """Whether the worker confirms that it has stopped the work."""
        log.info("Cancelling remote operation via proxy: %s (backend: %s)", operation_id, operation_id)
        confirmed = False
        try:
            answer = await self._client.delete(
                f"{proxy.url}/api/v1/operations/{operation_id}/cancel",
                params={"reason": reason} if reason else None,
                timeout=self._pace.proxy_timeout_s,
            )
            answer.raise_for_status()
            confirmed = bool(answer.json()["data"]["success"])
        except httpx.HTTPError as error:
            log.error("Failed to cancel remote operation %s: %s", operation_id, error or type(error).__name__)
        else:
            if not confirmed:
                await self.lookup(operation_id, force=True)
        return confirmed

    async def _refresh(self, operation: OperationInfo, proxy: _Proxy) -> None:
        operation_id = operation.operation_id
        try:
            answer = await self._client.get(
                f"{proxy.url}/api/v1/operations/{operation_id}", timeout=self._pace.proxy_timeout_s
            )
            answer.raise_for_status()
            seen = OperationInfo.model_validate(answer.json()["data"])
        except (httpx.HTTPError, ValueError) as error:
            # KTRDR answers with the state it last knew.
            problem = error or type(error).__name__
            log.error("Failed to refresh operation %s from host service: %s", operation_id, problem)
            self._note_silence(operation, proxy)
            return
        proxy.silent_since = None
        if operation.status.final:  # cancelled while the worker answered
            return
        operation.status = seen.status
        operation.progress = seen.progress.model_copy(update={"context": {}})
        trains = operation.operation_type is OperationType.TRAINING
        operation.metrics = seen.metrics or ({"epochs": []} if trains else {})
        if seen.status.final:
            operation.completed_at = seen.completed_at
            operation.error_message = seen.error_message
            operation.result_summary = seen.result_summary
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
            self._registry.release(proxy.worker_id, operation.operation_id)
