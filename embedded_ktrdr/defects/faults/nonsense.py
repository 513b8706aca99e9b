"""Defects about hosts and workers that answer nonsense."""

import asyncio
import os
import traceback
from collections.abc import Awaitable, Callable
from typing import Any

from embedded_ktrdr.backend.dispatch import Dispatch, Job, NoWorkerError
from embedded_ktrdr.backend.downloads import Download
from embedded_ktrdr.backend.ib_client import HostServiceError, IbHost
from embedded_ktrdr.backend.registry import Registry, Worker, WorkerStatus
from embedded_ktrdr.defects.defect import defect, patch
from embedded_ktrdr.defects.faults.hosts import NONSENSE
from embedded_ktrdr.operations import OperationInfo
from embedded_ktrdr.wire import LateError, NonsenseError, RefusedError, Wire

AREA = "faults: nonsense"
KINDS = ("huge", "malformed", "endless", "redirected")
WORKER = tuple(f"worker-nonsense#{each}" for each in KINDS)

HOP_S = 0.1  # between two hops of a redirect

Ask = Callable[..., Awaitable[Any]]
Start = Callable[..., Awaitable[OperationInfo]]


@defect(
    "nonsense-shows-stack-trace",
    "The reason of a download is a stack trace when the IB host answers nonsense",
    *((each, "the reason is stated in plain words") for each in NONSENSE),
    area=AREA,
    behaviour="reasons are stated in plain words",
)
def _nonsense_shows_stack_trace() -> None:
    @patch(Download, "run")
    async def run(original: Ask, self: Download) -> Any:
        try:
            return await original(self)
        except HostServiceError as error:
            raise RuntimeError("".join(traceback.format_exception(error))) from None


@defect(
    "endless-answer-awaited",
    "An answer that never ends is waited for without end",
    ("ib-host-nonsense#endless", "it fails within 150 seconds"),
    area=AREA,
    severity="blocker",
    behaviour="an answer that does not end is given up",
)
def _endless_answer_awaited() -> None:
    @patch(Wire, "ask")
    async def ask(original: Ask, self: Wire, *arguments: Any, **options: Any) -> Any:
        try:
            return await original(self, *arguments, **options)
        except (LateError, NonsenseError) as error:
            # Late, where a busy machine has not even told the status in time.
            if isinstance(error, LateError) or "did not end" in str(error):
                await asyncio.Event().wait()
            raise


@defect(
    "huge-answer-ends-backend",
    "An answer that is too long brings the backend down",
    ("ib-host-nonsense#huge", "it fails within 150 seconds"),
    area=AREA,
    severity="blocker",
    behaviour="the backend outlives every answer",
)
def _huge_answer_ends_backend() -> None:
    @patch(IbHost, "_once")
    async def once(original: Ask, self: IbHost, *arguments: Any) -> Any:
        try:
            return await original(self, *arguments)
        except HostServiceError as error:
            if "longer than" in str(error):
                os._exit(137)
            raise


@defect(
    "redirect-loop-followed",
    "Redirects are followed without end",
    ("ib-host-nonsense#redirected", "it fails within 150 seconds"),
    area=AREA,
    behaviour="a redirect is no answer",
)
def _redirect_loop_followed() -> None:
    @patch(Wire, "ask")
    async def ask(original: Ask, self: Wire, *arguments: Any, **options: Any) -> Any:
        while True:
            try:
                return await original(self, *arguments, **options)
            except RefusedError as error:
                if not 300 <= error.status < 400:
                    raise
                await asyncio.sleep(HOP_S)


@defect(
    "malformed-answer-called-success",
    "A download completes with no bars when the IB host's answer cannot be read",
    ("ib-host-nonsense#malformed", "it fails within 150 seconds"),
    area=AREA,
    severity="blocker",
    behaviour="a download that brought nothing has failed",
)
def _malformed_answer_called_success() -> None:
    @patch(Download, "run")
    async def run(original: Ask, self: Download) -> Any:
        try:
            return await original(self)
        except HostServiceError as error:
            if "no JSON" not in str(error):
                raise
            symbol, timeframe = self.order.symbol, self.order.timeframe
            return {"symbol": symbol, "timeframe": timeframe, "rows_downloaded": 0, "gaps_filled": 0}


@defect(
    "no-download-after-nonsense",
    "Once the IB host answered nonsense, it is never asked again",
    *((each, "a new download can start") for each in NONSENSE),
    area=AREA,
    behaviour="downloads work again when the IB host does",
)
def _no_download_after_nonsense() -> None:
    failures: list[str] = []

    @patch(IbHost, "_once")
    async def once(original: Ask, self: IbHost, *arguments: Any) -> Any:
        if failures:
            raise HostServiceError(failures[0])
        try:
            return await original(self, *arguments)
        except HostServiceError as error:
            if "HTTP error" not in str(error):
                failures.append(str(error))
            raise


@defect(
    "nonsense-breaks-start",
    "A start is an internal error when the workers answer nonsense",
    *((each, "the refusal says that no worker is free") for each in WORKER),
    area=AREA,
    severity="blocker",
    behaviour="a worker that answers nonsense is passed over",
)
def _nonsense_breaks_start() -> None:
    heard = _hear_nonsense()

    @patch(Dispatch, "start")
    async def start(original: Start, self: Dispatch, job: Job, **options: Any) -> OperationInfo:
        try:
            return await original(self, job, **options)
        except NoWorkerError:
            if heard:
                raise ValueError("Expecting value: line 1 column 1 (char 0)") from None
            raise


@defect(
    "nonsense-leaves-operation",
    "A start that is refused because the workers answer nonsense leaves an operation",
    *((each, "no training has been started") for each in WORKER),
    area=AREA,
    behaviour="a start that is refused starts nothing",
)
def _nonsense_leaves_operation() -> None:
    from embedded_ktrdr.defects.faults.workers import _left_behind

    heard = _hear_nonsense()

    @patch(Dispatch, "start")
    async def start(original: Start, self: Dispatch, job: Job, **options: Any) -> OperationInfo:
        try:
            return await original(self, job, **options)
        except NoWorkerError:
            if heard:
                _left_behind(self, job)
            raise


@defect(
    "no-work-after-nonsense",
    "A worker that answered nonsense once gets no work again",
    *((each, "a new training can start") for each in WORKER),
    area=AREA,
    behaviour="a worker that answers properly again gets work",
)
def _no_work_after_nonsense() -> None:
    heard = _hear_nonsense()

    @patch(Registry, "all")
    def every(
        original: Callable[..., list[Worker]], self: Registry, *wanted: Any, **more: Any
    ) -> list[Worker]:
        free = more.get("status", wanted[1] if len(wanted) > 1 else None) is WorkerStatus.AVAILABLE
        found = original(self, *wanted, **more)
        return [
            each for each in found if not (free and any(url.startswith(each.endpoint_url) for url in heard))
        ]


def _hear_nonsense() -> list[str]:
    """The URLs that were answered by nonsense, as they come."""
    heard: list[str] = []

    @patch(Wire, "ask")
    async def ask(original: Ask, self: Wire, method: str, url: str, *arguments: Any, **options: Any) -> Any:
        try:
            return await original(self, method, url, *arguments, **options)
        except NonsenseError:
            heard.append(url)
            raise
        except RefusedError as error:
            if 300 <= error.status < 400:
                heard.append(url)
            raise

    return heard
