"""How a worker makes itself known to the backend, and sees to it that it stays known (contract 1.2)."""

import asyncio
import logging
import time
from dataclasses import dataclass
from typing import Any, TypeVar

from embedded_ktrdr.pace import Pace
from embedded_ktrdr.wire import Wire, WireError
from embedded_ktrdr.worker.desk import Desk

# The worker starts beside the backend, so its first tries may come too early.
RETRY_S = 0.05
TRIES = 600

T = TypeVar("T")

WORKERS = "/api/v1/workers"

log = logging.getLogger("ktrdr.workers.base")


@dataclass(frozen=True)
class Place:
    """A worker's name, where it answers, and the backend that it registers at (None: it does not)."""

    worker_id: str
    url: str
    backend_url: str | None


class Registration:
    """A worker's standing with its backend."""

    def __init__(self, place: Place, desk: Desk, pace: Pace) -> None:
        self._place = place
        self._desk = desk
        self._pace = pace
        self._wire = Wire()
        self._checked_at = time.monotonic()
        self.done = asyncio.Event()
        """Set once the worker has registered, or has given up."""

    def note_check(self) -> None:
        """Somebody asked for the worker's health, so the backend knows it."""
        self._checked_at = time.monotonic()

    async def keep_up(self) -> None:
        """Register, and again when no health check has come for a while and the backend knows it no more."""
        if self._place.backend_url is None:
            self.done.set()
            return
        await self._register()
        self.done.set()
        patience = self._pace.registration_check_s
        while True:
            await asyncio.sleep(max(0.0, self._checked_at + patience - time.monotonic()))
            if time.monotonic() - self._checked_at < patience:
                continue
            try:
                known = await self._known()
            except WireError:
                await asyncio.sleep(RETRY_S)
                continue
            if not known:
                log.info("The backend does not know this worker: %s registers again", self._place.worker_id)
                await self._register()
            self.note_check()

    async def _register(self) -> None:
        """Tell the backend about this worker; KTRDR tries once, we until the backend is up."""
        place, kind = self._place, self._desk.kind
        body: dict[str, Any] = {
            "worker_id": place.worker_id,
            "worker_type": kind.registers_as,
            "endpoint_url": place.url,
            "capabilities": kind.capabilities,
        }
        for _ in range(TRIES):
            current = self._desk.current
            if current is not None:
                body["current_operation_id"] = current.operation_id
            try:
                await self._ask("POST", f"{WORKERS}/register", dict[str, Any], body)
            except WireError as error:
                problem = error
                await asyncio.sleep(RETRY_S)
            else:
                log.info("✅ Worker registered successfully: %s", place.worker_id)
                return
        log.warning("⚠️  Worker self-registration failed: %s", problem)

    async def _known(self) -> bool:
        workers = await self._ask("GET", WORKERS, list[dict[str, Any]])
        return any(each.get("worker_id") == self._place.worker_id for each in workers)

    async def _ask(self, method: str, path: str, shape: type[T], body: dict[str, Any] | None = None) -> T:
        url = f"{self._place.backend_url}{path}"
        return await self._wire.ask(method, url, shape, body=body, within=self._pace.proxy_timeout_s)
