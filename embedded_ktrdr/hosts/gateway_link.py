"""How the IB host reaches the IB gateway: patiently, as KTRDR's connection pool does."""

import asyncio
import logging
import time
from http import HTTPStatus
from typing import Any, TypeVar

from fastapi import Request
from pydantic import BaseModel

from embedded_ktrdr.pace import Pace
from embedded_ktrdr.wire import RefusedError, Wire, WireError

LARGEST = 8 * 2**20  # bytes of an answer

T = TypeVar("T")

log = logging.getLogger("ib.pool")


class GatewayError(Exception):
    """The gateway gives no answer, or says that it has none."""


class Contract(BaseModel):
    """What the gateway knows of a symbol."""

    contract: dict[str, Any]
    head: str


class GatewayLink:
    """Requests to the gateway; without it each of them waits for minutes, as at S."""

    def __init__(self, url: str, pace: Pace) -> None:
        self._url = url
        self._pace = pace
        self._contracts: dict[str, Contract] = {}
        self._wire = Wire()

    async def connected(self) -> bool:
        """Whether the gateway answers."""
        try:
            await self._wire.ask(
                "GET", f"{self._url}/health", dict[str, Any], within=self._pace.gateway_probe_s
            )
        except WireError:
            return False
        return True

    async def contract(self, symbol: str, caller: Request) -> Contract | None:
        """What the gateway knows of a symbol; None if it does not know it."""
        try:
            return await self._ask("/contract", {"symbol": symbol}, Contract, caller)
        except RefusedError as error:
            if error.status == HTTPStatus.NOT_FOUND:
                return None
            raise GatewayError(error.detail) from None

    async def known(self, symbol: str, caller: Request) -> Contract | None:
        """As `contract`, but what was found once need not be asked for again."""
        if symbol not in self._contracts:
            found = await self.contract(symbol, caller)
            if found is None:
                return None
            self._contracts[symbol] = found
        return self._contracts[symbol]

    async def bars(
        self, symbol: str, timeframe: str, first: int, last: int, caller: Request
    ) -> list[list[float]]:
        """The bars of a range."""
        wanted = {"symbol": symbol, "timeframe": timeframe, "first": first, "last": last}
        try:
            return await self._ask("/bars", wanted, list[list[float]], caller)
        except RefusedError as error:
            raise GatewayError(error.detail) from None

    async def _ask(self, path: str, wanted: dict[str, Any], shape: type[T], caller: Request) -> T:
        deadline = time.monotonic() + self._pace.gateway_patience_s
        while True:
            try:
                return await self._wire.ask(
                    "GET",
                    f"{self._url}{path}",
                    shape,
                    query=wanted,
                    within=self._pace.ib_timeout_s,
                    largest=LARGEST,
                )
            except RefusedError:
                raise
            except WireError as error:
                problem = str(error)
            log.error("Connection to the IB gateway at %s failed: %s", self._url, problem)
            if time.monotonic() > deadline or await caller.is_disconnected():
                raise GatewayError(f"IB Gateway is not connected: {problem}")
            await asyncio.sleep(self._pace.gateway_retry_s)
