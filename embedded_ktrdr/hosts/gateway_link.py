"""How the IB host reaches the IB gateway: patiently, as KTRDR's connection pool does."""

import asyncio
import logging
import time
from typing import Any

import httpx
from fastapi import Request

from embedded_ktrdr.pace import Pace

log = logging.getLogger("ib.pool")


class GatewayError(Exception):
    """The gateway gives no answer, or says that it has none."""


class GatewayLink:
    """Requests to the gateway; without it each of them waits for minutes, as at S."""

    def __init__(self, url: str, pace: Pace) -> None:
        self._url = url
        self._pace = pace
        self._contracts: dict[str, dict[str, Any]] = {}
        self._client = httpx.AsyncClient(
            base_url=url, trust_env=False, verify=False, limits=httpx.Limits(max_keepalive_connections=0)
        )

    async def connected(self) -> bool:
        """Whether the gateway answers."""
        try:
            answer = await self._client.get("/health", timeout=self._pace.gateway_probe_s)
        except httpx.HTTPError:
            return False
        return answer.status_code == httpx.codes.OK

    async def contract(self, symbol: str, caller: Request) -> dict[str, Any] | None:
        """What the gateway knows of a symbol; None if it does not know it."""
        answer = await self._ask("/contract", {"symbol": symbol}, caller)
        if answer.status_code == httpx.codes.NOT_FOUND:
            return None
        found: dict[str, Any] = answer.json()
        return found

    async def known(self, symbol: str, caller: Request) -> dict[str, Any] | None:
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
        answer = await self._ask("/bars", wanted, caller)
        if answer.status_code != httpx.codes.OK:
            raise GatewayError(str(answer.json()["detail"]))
        found: list[list[float]] = answer.json()
        return found

    async def _ask(self, path: str, wanted: dict[str, Any], caller: Request) -> httpx.Response:
        deadline = time.monotonic() + self._pace.gateway_patience_s
        while True:
            try:
                return await self._client.get(path, params=wanted, timeout=self._pace.ib_timeout_s)
            except httpx.HTTPError as error:
                problem = str(error) or type(error).__name__
            log.error("Connection to the IB gateway at %s failed: %s", self._url, problem)
            if time.monotonic() > deadline or await caller.is_disconnected():
                raise GatewayError(f"IB Gateway is not connected: {problem}")
            await asyncio.sleep(self._pace.gateway_retry_s)
