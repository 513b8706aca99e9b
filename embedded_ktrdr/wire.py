"""Requests from one service to another: whatever the answer, they end in time and take little memory."""

import asyncio
from typing import Any, TypeVar

import httpx
from pydantic import TypeAdapter, ValidationError

from embedded_ktrdr import cable

T = TypeVar("T")

LARGEST = 2**20
"""Bytes of an answer, unless more is expected."""

LONGEST_TEXT = 300
"""Characters of a reason that another service gives."""


_ADAPTERS: dict[Any, TypeAdapter[Any]] = {}


class WireError(Exception):
    """There is no usable answer; the text says why."""


class LateError(WireError):
    """No answer began in time."""


class RefusedError(WireError):
    """The answer is an error or a redirect."""

    def __init__(self, status: int, body: bytes) -> None:
        super().__init__(f"HTTP {status}")
        self.status = status
        self.detail = _detail(body) or str(self)


class NonsenseError(WireError):
    """The answer makes no sense."""


class Wire:
    """A client of other services."""

    def __init__(self) -> None:
        # No connection is kept: one that the other side closes at the wrong moment would fail a request.
        # No timeout: those of httpx begin anew with every byte.
        self._client = httpx.AsyncClient(
            trust_env=False,
            verify=False,
            timeout=None,
            limits=httpx.Limits(max_keepalive_connections=0),
            headers={"accept-encoding": "identity"},
        )

    async def close(self) -> None:
        """Nothing is asked any more."""
        await self._client.aclose()

    async def ask(
        self,
        method: str,
        url: str,
        shape: type[T],
        *,
        within: float,
        body: dict[str, Any] | None = None,
        query: dict[str, Any] | None = None,
        largest: int = LARGEST,
    ) -> T:
        """The answer, if it is a 2xx of JSON in that shape; WireError if not.

        It has the seconds of `within` to begin, and once more to end.
        """
        came = bytearray()
        status = None
        try:
            async with asyncio.timeout(within) as limit:
                await cable.own.whole()
                async with self._client.stream(method, url, json=body, params=query) as answer:
                    status = answer.status_code
                    # A slow service may have begun just in time.
                    limit.reschedule(asyncio.get_running_loop().time() + within)
                    async for some in answer.aiter_raw():
                        came += some
                        if len(came) > largest:
                            raise NonsenseError(f"the answer is longer than {largest} bytes")
                await cable.own.whole()
        except TimeoutError:
            if status is None:
                raise LateError(f"no answer within {within:g} s") from None
            raise NonsenseError(f"the answer did not end within {within:g} s") from None
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, UnicodeError) as error:
            raise WireError(str(error) or type(error).__name__) from None
        if not 200 <= status < 300:
            raise RefusedError(status, bytes(came))
        return understood(bytes(came), shape)


def understood(body: bytes, shape: type[T]) -> T:
    """JSON in that shape; NonsenseError if it is not."""
    try:
        found: T = _adapter(shape).validate_json(body)
    except ValidationError as error:
        problem = error.errors(include_input=False)[0]
        if problem["type"] == "json_invalid":
            raise NonsenseError("the answer is no JSON") from None
        where = ".".join(map(str, problem["loc"])) or "as a whole"
        raise NonsenseError(f"the answer has another form ({where}: {problem['msg']})") from None
    return found


def shortened(text: str) -> str:
    """A reason of another service's, no longer than a person reads."""
    return text if len(text) <= LONGEST_TEXT else f"{text[:LONGEST_TEXT]}…"


def _detail(body: bytes) -> str:
    """The detail of a refusal, if it has one."""
    try:
        return shortened(understood(body, dict[str, str])["detail"])
    except (NonsenseError, KeyError):
        return ""


def _adapter(shape: Any) -> TypeAdapter[Any]:
    if shape not in _ADAPTERS:
        _ADAPTERS[shape] = TypeAdapter(shape)
    return _ADAPTERS[shape]
