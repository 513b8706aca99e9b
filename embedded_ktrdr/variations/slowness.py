"""Variations of speed: everything takes half as long again."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from embedded_ktrdr.backend import downloads, dummy
from embedded_ktrdr.variations.answering import Layer, wrap
from embedded_ktrdr.variations.variation import patch, variation
from embedded_ktrdr.worker.desk import Clock

FACTOR = 1.5
# An answer that waited for something else is no slower for its own sake.
LONGEST_S = 0.5
# How the services ask each other for answers (`Wire`).
BETWEEN_SERVICES = "identity"


class Slower:
    """Middleware: an answer begins later."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request; the services ask each other with less patience than clients have."""
        if scope["type"] != "http" or Headers(scope=scope).get("accept-encoding") == BETWEEN_SERVICES:
            await self._app(scope, receive, send)
            return
        began = time.monotonic()

        async def send_later(message: Message) -> None:
            if message["type"] == "http.response.start":
                await asyncio.sleep(min(LONGEST_S, (time.monotonic() - began) * (FACTOR - 1)))
            await send(message)

        await self._app(scope, receive, send_later)


@variation(
    "work-slower-by-half",
    "Trainings, backtests, downloads and dummies take half as long again",
    benign="how long work takes depends on the machine; the deadlines have room for it",
)
def _work_slower_by_half() -> None:
    @patch(Clock, "work")
    async def work(original: Callable[..., Awaitable[Any]], self: Clock, seconds: float, **more: Any) -> None:
        await original(self, seconds * FACTOR, **more)

    # Not the gateway, which is IB's: what a download does with an answer of it takes longer.
    @patch(downloads.Download, "_fetch")
    async def fetch(original: Callable[..., Awaitable[Any]], *arguments: Any) -> Any:
        began = time.monotonic()
        found = await original(*arguments)
        await asyncio.sleep(min(LONGEST_S, (time.monotonic() - began) * (FACTOR - 1)))
        return found

    for module, name in ((dummy, "ITERATION_S"), (downloads, "SET_UP_S")):
        setattr(module, name, getattr(module, name) * FACTOR)


@variation(
    "answers-slower-by-half",
    "Every answer to a client takes half as long again",
    benign="how fast an answer is depends on the machine; the limits have room for it",
)
def _answers_slower_by_half() -> None:
    wrap(Slower, Layer.TRANSPORT)
