"""How the backend asks the IB host: with KTRDR's timeout, tries and error texts (contract 4.2)."""

import asyncio
import logging
from typing import Any, TypeVar

from pydantic import BaseModel

from embedded_ktrdr.pace import Pace
from embedded_ktrdr.wire import LateError, NonsenseError, RefusedError, Wire, WireError, shortened

TRIES = 4
LARGEST = 8 * 2**20  # bytes of an answer

T = TypeVar("T")

log = logging.getLogger("ktrdr.async_infrastructure.service_adapter")


class IbStatus(BaseModel):
    """What the IB host says of its gateway."""

    connected: bool


class IbHealth(BaseModel):
    """The health of the IB host."""

    ib_status: IbStatus


class HostServiceError(Exception):
    """The IB host gives no usable answer; the text is a download's reason of failure."""

    def __init__(self, reason: str) -> None:
        super().__init__(shortened(reason))


class IbHost:
    """Requests to the IB host."""

    def __init__(self, wire: Wire, url: str, pace: Pace) -> None:
        self.url = url
        self._wire = wire
        self._pace = pace

    async def gateway_connected(self) -> bool:
        """Whether the host reaches its gateway; one try."""
        return (await self._once("GET", "/health/", IbHealth)).ib_status.connected

    async def post(self, path: str, body: dict[str, Any], shape: type[T]) -> T:
        """The answer to a request; one that gets no answer in time is made again."""
        for number in range(TRIES):
            try:
                return await self._once("POST", path, shape, body)
            except TimeoutError:
                if number < TRIES - 1:
                    log.warning("IB Data Service: POST %s timeout (attempt %s/%s)", path, number + 1, TRIES)
                    await asyncio.sleep(2**number / self._pace.speed)
        reason = f"no answer to POST {path}; is its gateway connected?"
        raise HostServiceError(f"Host service timeout: Request timed out after {TRIES} attempts: {reason}")

    async def _once(self, method: str, path: str, shape: type[T], body: dict[str, Any] | None = None) -> T:
        try:
            return await self._wire.ask(
                method, f"{self.url}{path}", shape, body=body, within=self._pace.ib_timeout_s, largest=LARGEST
            )
        except LateError as error:
            raise TimeoutError(f"no answer to {method} {path}") from error
        except RefusedError as error:
            reason = f"Host service error (HTTP {error.status}) for {method} {path}"
        except NonsenseError as error:
            reason = f"the IB host talks nonsense for {method} {path}: {error}"
        except WireError as error:
            reason = f"HTTP error for {method} {path}: {error}"
        raise HostServiceError(f"Host service connection failed: {reason}")
