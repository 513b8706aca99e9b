"""Defects about services that are slow or cut off the network."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

from embedded_ktrdr.backend.ib_client import HostServiceError, IbHost
from embedded_ktrdr.backend.operations import Operations
from embedded_ktrdr.backend.registry import Registry, Worker, WorkerStatus
from embedded_ktrdr.defects.defect import defect, patch
from embedded_ktrdr.operations import OperationInfo, fail

AREA = "faults: network"
CUT, SLOW, SLOW_HOST = "network-cut", "slow-worker", "slow-ib-host"

# What is slow, and how long it then keeps everybody waiting.
SLOW_S = 0.3
STALL_S = 1.5

Ask = Callable[..., Awaitable[Any]]


@defect(
    "silence-fails-operation-at-once",
    "An operation fails as soon as its worker does not answer once",
    (CUT, "the backend shows it as running for 4 seconds"),
    area=AREA,
    severity="blocker",
    behaviour="an operation outlasts a short cut of the network",
)
def _silence_fails_operation_at_once() -> None:
    @patch(Operations, "_note_silence")
    def note(_original: object, self: Operations, operation: OperationInfo, proxy: Any) -> None:
        fail(operation, f"{proxy.worker_id} does not answer")
        self._keep(operation)


@defect(
    "silent-worker-shown-as-cancelled",
    "An operation is shown as cancelled while its worker cannot be reached",
    (CUT, "the backend shows it as running for 4 seconds"),
    area=AREA,
    behaviour="while the worker cannot be reached the last known state is shown",
)
def _silent_worker_shown_as_cancelled() -> None:
    @patch(Operations, "lookup")
    async def lookup(original: Ask, self: Operations, operation_id: str, **options: Any) -> Any:
        operation: OperationInfo | None = await original(self, operation_id, **options)
        proxy = self._proxies.get(operation_id)
        if operation is None or proxy is None or proxy.silent_since is None or operation.status.final:
            return operation
        return operation.model_copy(update={"status": "cancelled"})


@defect(
    "silent-worker-not-asked-again",
    "Once a worker did not answer, it is not asked about its operation again",
    (CUT, "it completes within 120 seconds"),
    area=AREA,
    severity="blocker",
    behaviour="an operation completes after the network has healed",
)
def _silent_worker_not_asked_again() -> None:
    @patch(Operations, "_ask_worker")
    async def ask(original: Ask, self: Operations, operation: OperationInfo, proxy: Any) -> None:
        if proxy.silent_since is None:
            await original(self, operation, proxy)


@defect(
    "epochs-lost-by-cut",
    "After a cut of the network the backend has no epochs of what ended",
    (CUT, "the backend lists 10 epochs of it"),
    area=AREA,
    behaviour="nothing of a result is lost by a cut of the network",
)
def _epochs_lost_by_cut() -> None:
    cut: set[str] = set()

    @patch(Operations, "_ask_worker")
    async def ask(original: Ask, self: Operations, operation: OperationInfo, proxy: Any) -> None:
        await original(self, operation, proxy)
        if proxy.silent_since is not None:
            cut.add(operation.operation_id)
        elif operation.operation_id in cut:
            operation.metrics = {"epochs": []}


@defect(
    "no-work-after-cut",
    "A worker that was cut off keeps its place, and no other gets work of its kind",
    (CUT, "a new training can start"),
    area=AREA,
    behaviour="new work is accepted after the network has healed",
)
def _no_work_after_cut() -> None:
    cut: set[str] = set()

    @patch(Registry, "_note_failure")
    def note(original: Callable[..., None], self: Registry, worker: Worker, error: Exception) -> None:
        original(self, worker, error)
        cut.add(worker.worker_type)

    @patch(Registry, "all")
    def every(
        original: Callable[..., list[Worker]], self: Registry, *wanted: Any, **more: Any
    ) -> list[Worker]:
        free = more.get("status", wanted[1] if len(wanted) > 1 else None) is WorkerStatus.AVAILABLE
        return [each for each in original(self, *wanted, **more) if not (free and each.worker_type in cut)]


@defect(
    "slow-worker-stalls-others",
    "While a worker is slow, every request to the backend waits",
    (SLOW, "even the slowest answer came within 500 ms"),
    area=AREA,
    severity="blocker",
    behaviour="a slow worker holds up nobody else",
)
def _slow_worker_stalls_others() -> None:
    _stall(Operations, "_ask_worker")


@defect(
    "slow-worker-given-up",
    "An operation fails when its worker takes its time to answer once",
    (
        SLOW,
        "I follow it until it completes within 300 seconds, asking the backend for its health all the while",
    ),
    area=AREA,
    behaviour="an operation on a slow worker completes",
)
def _slow_worker_given_up() -> None:
    @patch(Operations, "_ask_worker")
    async def ask(original: Ask, self: Operations, operation: OperationInfo, proxy: Any) -> None:
        began = time.monotonic()
        await original(self, operation, proxy)
        if time.monotonic() - began > SLOW_S:
            fail(operation, f"{proxy.worker_id} is too slow")
            self._keep(operation)


@defect(
    "slow-worker-never-free",
    "A worker that answered slowly once is never free again",
    (SLOW, "its worker is free within 60 seconds"),
    area=AREA,
    behaviour="a worker whose operation has ended is free",
)
def _slow_worker_never_free() -> None:
    slow: set[str] = set()

    @patch(Registry, "check")
    async def check(original: Ask, self: Registry, worker: Worker) -> None:
        began = time.monotonic()
        await original(self, worker)
        if time.monotonic() - began > SLOW_S:
            slow.add(worker.worker_id)
        if worker.worker_id in slow and worker.status is WorkerStatus.AVAILABLE:
            worker.status = WorkerStatus.BUSY

    @patch(Registry, "release")
    def release(original: Callable[..., None], self: Registry, worker_id: str, operation_id: str) -> None:
        if worker_id not in slow:
            original(self, worker_id, operation_id)


@defect(
    "slow-ib-host-stalls-others",
    "While the IB host is slow, every request to the backend waits",
    (SLOW_HOST, "even the slowest answer came within 500 ms"),
    area=AREA,
    severity="blocker",
    behaviour="a slow IB host holds up nobody but its download",
)
def _slow_ib_host_stalls_others() -> None:
    _stall(IbHost, "_once")


@defect(
    "slow-ib-host-given-up",
    "A download fails when the IB host takes its time to answer once",
    (
        SLOW_HOST,
        "I follow it until it completes within 180 seconds, asking the backend for its health all the while",
    ),
    area=AREA,
    behaviour="a download from a slow IB host completes",
)
def _slow_ib_host_given_up() -> None:
    @patch(IbHost, "_once")
    async def once(original: Ask, self: IbHost, *arguments: Any) -> Any:
        try:
            return await asyncio.wait_for(original(self, *arguments), SLOW_S)
        except TimeoutError:
            raise HostServiceError("Host service timeout: Request timed out after 1 attempts") from None


@defect(
    "no-download-after-slowness",
    "Once the IB host was slow, it is never asked again",
    (SLOW_HOST, "a new download can start"),
    area=AREA,
    behaviour="downloads work again when the IB host is as fast as before",
)
def _no_download_after_slowness() -> None:
    ended: list[float] = []

    @patch(IbHost, "post")
    async def post(original: Ask, self: IbHost, path: str, *arguments: Any) -> Any:
        began = time.monotonic()
        if ended and path == "/data/validate":
            raise HostServiceError("Host service timeout: the IB host is too slow")
        answer = await original(self, path, *arguments)
        if time.monotonic() - began > SLOW_S:
            ended.append(began)
        return answer


def _stall(owner: type, name: str) -> None:
    """Keep everybody waiting when an answer takes its time."""

    @patch(owner, name)
    async def asked(original: Ask, *arguments: Any, **options: Any) -> Any:
        began = time.monotonic()
        try:
            return await original(*arguments, **options)
        finally:
            if time.monotonic() - began > SLOW_S:
                time.sleep(STALL_S)
