"""How the backend asks the IB host: with KTRDR's timeout, tries and error texts (contract 4.2)."""

import asyncio
import logging
from typing import Any

import httpx

from embedded_ktrdr.pace import Pace

TRIES = 4

log = logging.getLogger("ktrdr.async_infrastructure.service_adapter")


class HostServiceError(Exception):
    """The IB host gives no answer; the text is a download's reason of failure."""


class IbHost:
    """Requests to the IB host."""

    def __init__(self, client: httpx.AsyncClient, url: str, pace: Pace) -> None:
        self.url = url
        self._client = client
        self._pace = pace

    async def gateway_connected(self) -> bool:
        """Whether the host reaches its gateway; one try."""
        answer = await self._once("GET", "/health/", None)
        return bool(answer["ib_status"]["connected"])

    async def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """The answer to a request; one that gets no answer in time is made again."""
        for number in range(TRIES):
            try:
                return await self._once("POST", path, body)
            except TimeoutError:
                if number < TRIES - 1:
                    log.warning("IB Data Service: POST %s timeout (attempt %s/%s)", path, number + 1, TRIES)
                    await asyncio.sleep(2**number / self._pace.speed)
        reason = f"no answer to POST {path}; is its gateway connected?"
        raise HostServiceError(f"Host service timeout: Request timed out after {TRIES} attempts: {reason}")

    async def _once(self, method: str, path: str, body: dict[str, Any] | None) -> dict[str, Any]:
        try:
            answer = await self._client.request(
                method, f"{self.url}{path}", json=body, timeout=self._pace.ib_timeout_s
            )
        except httpx.TimeoutException as error:
            raise TimeoutError(f"no answer to {method} {path}") from error
        except httpx.HTTPError as error:
            reason = f"HTTP error for {method} {path}: {error or type(error).__name__}"
            raise HostServiceError(f"Host service connection failed: {reason}") from error
        if answer.is_error:
            reason = f"Host service error (HTTP {answer.status_code})"
            raise HostServiceError(f"Host service connection failed: {reason}")
        found: dict[str, Any] = answer.json()
        return found
