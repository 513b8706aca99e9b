"""Operations that run on a worker: the backend's copy, kept up to date by asking (contract 2.4 and 2.5)."""

import asyncio
import logging
import time
from dataclasses import dataclass, field

import httpx

from embedded_ktrdr.backend.registry import Registry, Worker
from embedded_ktrdr.operations import DEFAULT_CANCEL_MESSAGE, OperationInfo, OperationStatus, OperationStore
from embedded_ktrdr.pace import Pace

log = logging.getLogger("ktrdr.api.services.operations_service")


class FinishedError(Exception):
    """The operation has ended, so it cannot be cancelled."""


@dataclass
class _Proxy:
    """Where an operation runs and when its worker was last asked (monotonic seconds)."""

    worker_id: str
    url: str
    asked_at: float
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class RemoteOperations:
    """The backend's operations together with the workers that do them."""

    def __init__(self, client: httpx.AsyncClient, registry: Registry, pace: Pace) -> None:
        self.store = OperationStore()
        self._client = client
        self._registry = registry
        self._pace = pace
        self._proxies: dict[str, _Proxy] = {}

    def add(self, operation: OperationInfo, worker: Worker) -> None:
        """Keep an operation that `worker` has just accepted."""
        operation_id = operation.operation_id
        self.store.add(operation)
        # The acceptance counts as the first answer: KTRDR too shows its own state until the cache expires.
        self._proxies[operation_id] = _Proxy(worker.worker_id, worker.endpoint_url, time.monotonic())
        log.info("Registered remote proxy for operation %s → host %s", operation_id, operation_id)

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

    async def cancel(self, operation: OperationInfo, reason: str | None) -> bool:
        """Stop the work, then mark it; whether the worker confirmed. FinishedError if it ended before."""
        operation_id = operation.operation_id
        proxy = self._proxies[operation_id]
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
            if confirmed:
                log.info("Successfully cancelled remote operation: %s", operation_id)
            else:
                await self.lookup(operation_id, force=True)
        if not operation.finish(OperationStatus.CANCELLED, error=reason or DEFAULT_CANCEL_MESSAGE):
            raise FinishedError
        self._registry.release(proxy.worker_id, operation_id)
        log.info(
            "Cancelled operation: %s (task_cancelled: False, remote_cancelled: %s)", operation_id, confirmed
        )
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
            return
        if operation.status.final:  # cancelled while the worker answered
            return
        operation.status = seen.status
        operation.progress = seen.progress.model_copy(update={"context": {}})
        operation.metrics = {"epochs": (seen.metrics or {}).get("epochs", [])}
        if seen.status.final:
            operation.completed_at = seen.completed_at
            operation.error_message = seen.error_message
            operation.result_summary = seen.result_summary
            self._registry.release(proxy.worker_id, operation_id)
