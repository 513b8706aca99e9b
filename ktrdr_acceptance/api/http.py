"""One HTTP client for every service; the only module that imports httpx."""

from __future__ import annotations

import json
import logging
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cached_property
from typing import Any

import httpx

from ktrdr_acceptance.evidence.redaction import redacted, redacted_data, the_redaction
from ktrdr_acceptance.faults import EnvironmentFault

# Its line per request says less than the exchanges that are kept as evidence.
logging.getLogger("httpx").setLevel(logging.WARNING)

# Characters of a body that are kept as evidence whole; of a longer one (bars: 7 MB) only the beginning.
_MOST_KEPT = 100_000
# Redirects that keep method and body.
_SAME_REQUEST = (307, 308)


@dataclass(frozen=True)
class Exchange:
    """One request and what came back, kept as evidence. Times are seconds."""

    service: str
    method: str
    url: str
    request_body: Any
    status: int | None
    response_body: Any
    elapsed_s: float
    at: float
    failure: str | None = None
    request_id: str = ""
    # What `status` is a status of: a command has exchanges too.
    form: str = "HTTP"

    @property
    def outcome(self) -> str:
        """What came of it: the status, or why there is none."""
        return self.failure or f"{self.form} {self.status}"


@dataclass(frozen=True)
class Answer:
    """A service's answer: HTTP status, decoded body (text if it is not JSON), and how long it took.

    `request_id` is the id that we gave the request; KTRDR's backend logs it. `date` is the header so called.
    """

    service: str
    request: str
    status: int
    body: Any
    elapsed_s: float
    request_id: str = ""
    date: str = ""

    @property
    def ok(self) -> bool:
        """True for a 2xx status."""
        return 200 <= self.status < 300

    @property
    def said_at(self) -> datetime | None:
        """When the service says that it answered, by its own clock; None if it does not tell."""
        try:
            said = parsedate_to_datetime(self.date)
        except ValueError:
            return None
        return said if said.tzinfo else said.replace(tzinfo=UTC)

    @property
    def text(self) -> str:
        """The whole body as text, for a search in it."""
        return self.body if isinstance(self.body, str) else json.dumps(self.body, ensure_ascii=False)


class ServiceClient:
    """Talks to one service over one kept connection.

    Plain HTTP needs neither certificates nor proxies: without them a client costs 0.14 ms instead of 22.
    Never retries: a second POST would be another request of ours at the target. `on_answer` gets each answer
    with its decoded body and its text, both whole.
    """

    def __init__(
        self,
        name: str,
        base_url: str,
        timeout_s: float,
        on_exchange: Callable[[Exchange], None],
        on_answer: Callable[[Exchange, Any, str], None] | None = None,
    ) -> None:
        self.name = name
        self.base_url = base_url
        self.timeout_s = timeout_s
        self._on_exchange = on_exchange
        self._on_answer = on_answer

    @cached_property
    def _client(self) -> httpx.Client:
        """Made with the first request: most scenarios speak to few of the services."""
        return httpx.Client(
            base_url=self.base_url,
            timeout=self.timeout_s,
            trust_env=False,
            verify=self.base_url.startswith("https:"),
        )

    def close(self) -> None:
        """Close the connection, if there was one."""
        if client := self.__dict__.pop("_client", None):
            client.close()

    def request(
        self,
        method: str,
        path: str,
        *,
        body: Any = None,
        query: Mapping[str, Any] | None = None,
        timeout_s: float | None = None,
    ) -> Answer:
        """Send one request and return the answer, whatever its status.

        `timeout_s` is for what may take longer than an answer usually does. Raises EnvironmentFault if there
        was no HTTP answer at all.
        """
        timeout_s = max(self.timeout_s, timeout_s or 0.0)
        request_id = f"acceptance-{uuid.uuid4().hex[:12]}"
        try:
            request = self._client.build_request(
                method,
                path,
                json=body,
                params=dict(query) if query else None,
                headers={"X-Request-ID": request_id},
                timeout=timeout_s,
            )
        except httpx.InvalidURL as error:
            raise AssertionError(f"{self.name}: no request can be made of {path!r}: {error}") from None
        url, sent = redacted(str(request.url)), redacted_data(body)
        at = time.monotonic()
        try:
            status, text, headers = self._send(request, at + timeout_s)
        except httpx.HTTPError as error:
            elapsed = time.monotonic() - at
            reason = _reason(error, timeout_s)
            self._on_exchange(
                Exchange(self.name, method, url, sent, None, None, elapsed, at, reason, request_id)
            )
            raise EnvironmentFault(
                f"{self.name} at {self.base_url} gave no answer to {method} {path}: {reason}"
            ) from error
        elapsed = time.monotonic() - at
        decoded = _decode(text)
        exchange = Exchange(
            self.name, method, url, sent, status, _kept(text, decoded), elapsed, at, request_id=request_id
        )
        self._on_exchange(exchange)
        if self._on_answer is not None:
            self._on_answer(exchange, decoded, text + _traces(headers))
        date = headers.get("date", "")
        return Answer(self.name, f"{method} {path}", status, decoded, elapsed, request_id, date)

    def _send(self, request: httpx.Request, deadline: float) -> tuple[int, str, httpx.Headers]:
        """Send and read to the end; return the status, the body's text and the headers of the answer.

        httpx's own limit is per read, which a dripping body never meets; headers that drip still escape. A
        redirect to the same path with or without a slash at its end is a matter of form, and is followed.
        """
        response = self._client.send(request, stream=True)
        if other := _with_other_slash(response):
            response.close()
            response = self._client.send(other, stream=True)
        content = bytearray()
        try:
            for chunk in response.iter_bytes():
                content += chunk
                if time.monotonic() > deadline:
                    raise httpx.ReadTimeout("the answer did not end in time", request=request)
        finally:
            response.close()
        try:
            text = content.decode(response.charset_encoding or "utf-8", "replace")
        except LookupError:  # an encoding that does not exist
            text = content.decode("utf-8", "replace")
        return response.status_code, text, response.headers


def _with_other_slash(response: httpx.Response) -> httpx.Request | None:
    """Return the same request with or without the slash at its end, if the answer is that it is found there.

    Only the path counts: a service behind another address may know itself by a name of its own.
    """
    if response.status_code not in _SAME_REQUEST or response.next_request is None:
        return None
    request, path = response.request, response.next_request.url.path
    if path == request.url.path or path.rstrip("/") != request.url.path.rstrip("/"):
        return None
    return httpx.Request(
        request.method,
        request.url.copy_with(path=path),
        headers=request.headers,
        stream=request.stream,
        extensions=request.extensions,
    )


def _traces(headers: httpx.Headers) -> str:
    """Return the headers that hold a stack trace: they are of the answer as its body is."""
    found = [value for _, value in headers.raw if b"Traceback (most" in value]
    return b"\n".join([b"", *found]).decode("utf-8", "replace")


def _kept(text: str, decoded: Any) -> Any:
    """Return what is kept of a body as evidence, without its secrets."""
    if len(text) > _MOST_KEPT:
        return f"{redacted(text[:_MOST_KEPT])} ..."
    return redacted_data(decoded) if the_redaction().suspects(text) else decoded


def _reason(error: httpx.HTTPError, timeout_s: float) -> str:
    if isinstance(error, httpx.TimeoutException):
        return f"no answer within {timeout_s:g} s"
    if isinstance(error, httpx.ConnectError):
        return "connection refused or host unknown; is it running, and reachable from here?"
    return f"{type(error).__name__}: {error}"


def _decode(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
