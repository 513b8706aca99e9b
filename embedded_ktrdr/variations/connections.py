"""Variations of the form in which an answer comes: connections, headers, encodings, redirects."""

import asyncio
import gzip

from starlette.datastructures import URL, Headers, MutableHeaders
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from embedded_ktrdr.variations.answering import LONGEST, Layer, wrap
from embedded_ktrdr.variations.variation import variation

PIECES = 5
MORE_HEADERS = {
    "Cache-Control": "no-store",
    "Server-Timing": "app;dur=1.2",
    "Vary": "Accept-Encoding, Origin",
    "X-Frame-Options": "DENY",
}
# Which routes are registered with a slash at their end, and which without: the other form redirects.
WITH_SLASH = {
    f"/api/v1/{name}" for name in ("operations", "symbols", "timeframes", "models", "data/info", "data/range")
}
WITHOUT_SLASH = {"/api/v1/strategies/", "/api/v1/indicators/"}


class Headed:
    """Middleware that changes how an answer begins."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""

        async def send_changed(message: Message) -> None:
            if message["type"] == "http.response.start":
                self.begin(message)
            await send(message)

        await self._app(scope, receive, send_changed)

    def begin(self, message: Message) -> None:
        """Change what begins."""
        raise NotImplementedError


class Titled(Headed):
    """The names of headers are written in another case."""

    def begin(self, message: Message) -> None:
        """Change what begins."""
        message["headers"] = [(name.title(), value) for name, value in message["headers"]]


class MoreHeaders(Headed):
    """There are more headers, and the type of the content says more."""

    def begin(self, message: Message) -> None:
        """Change what begins."""
        headers = MutableHeaders(scope=message)
        for name, value in MORE_HEADERS.items():
            headers.setdefault(name, value)
        if headers.get("content-type") == "application/json":
            headers["content-type"] = "application/json; charset=utf-8"


class Closing(Headed):
    """No connection is kept."""

    def begin(self, message: Message) -> None:
        """Change what begins."""
        MutableHeaders(scope=message)["connection"] = "close"


class Chunked(Headed):
    """An answer comes in pieces, and does not say how long it is."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""

        async def send_pieces(message: Message) -> None:
            body = message.get("body", b"")
            size = len(body) // PIECES + 1
            *pieces, last = [body[at : at + size] for at in range(0, len(body), size)] or [b""]
            for piece in pieces:
                await send({**message, "body": piece, "more_body": True})
                await asyncio.sleep(0)
            await send({**message, "body": last} if "body" in message else message)

        await super().__call__(scope, receive, send_pieces if scope["type"] == "http" else send)

    def begin(self, message: Message) -> None:
        """Change what begins."""
        del MutableHeaders(scope=message)["content-length"]


class Compressed:
    """Middleware: an answer is compressed for who understands it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request; what is long is passed on, for to compress it would hold up everybody else."""
        if scope["type"] != "http" or "gzip" not in Headers(scope=scope).get("accept-encoding", ""):
            await self._app(scope, receive, send)
            return
        held: list[Message] = []

        async def send_compressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                held.append(message)
                return
            if held:
                start, body = held.pop(), message.get("body", b"")
                if body and not message.get("more_body") and len(body) <= LONGEST:
                    headers, body = MutableHeaders(scope=start), gzip.compress(body, 1)
                    headers["content-encoding"], headers["content-length"] = "gzip", str(len(body))
                    message = {**message, "body": body}
                await send(start)
            await send(message)

        await self._app(scope, receive, send_compressed)


class Redirected:
    """Middleware: one form of a path redirects to the other, with or without the slash at its end."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        path = scope["path"] if scope["type"] == "http" else ""
        other = path.removesuffix("/") if path.endswith("/") else f"{path}/"
        if path in WITH_SLASH | WITHOUT_SLASH:
            await RedirectResponse(URL(scope=scope).replace(path=other))(scope, receive, send)
            return
        if other in WITH_SLASH | WITHOUT_SLASH:
            scope = {**scope, "path": other, "raw_path": other.encode()}
        await self._app(scope, receive, send)


@variation(
    "header-names-in-another-case",
    "The names of headers are written Content-Type instead of content-type",
    benign="the case of a header's name means nothing in HTTP",
)
def _header_names_in_another_case() -> None:
    wrap(Titled, Layer.HEADERS)


@variation(
    "more-headers",
    "Answers have more headers, and their content type names a charset",
    benign="a client ignores headers that it does not know",
)
def _more_headers() -> None:
    wrap(MoreHeaders, Layer.TRANSPORT)


@variation(
    "connection-closed-after-each-answer",
    "No connection is kept for a further request",
    benign="a server may close a connection after any answer if it says so",
)
def _connection_closed_after_each_answer() -> None:
    wrap(Closing, Layer.TRANSPORT)


@variation(
    "chunked-answers",
    "Answers come in pieces and do not say how long they are",
    benign="HTTP/1.1 leaves that to the server",
)
def _chunked_answers() -> None:
    wrap(Chunked, Layer.TRANSPORT)


@variation(
    "compressed-answers",
    "Answers are compressed for clients that say that they understand it",
    benign="the client asks for it",
)
def _compressed_answers() -> None:
    wrap(Compressed, Layer.ENCODING)


@variation(
    "redirects-of-trailing-slashes",
    "Lists answer at their path with a slash, and redirect there (307) from the one without; strategies and "
    "indicators the other way round",
    benign="one of both forms redirects already, and a client follows a redirect to the same place",
)
def _redirects_of_trailing_slashes() -> None:
    wrap(Redirected, Layer.TRANSPORT)
