"""How variations get between a service and who asked it: middleware, and changes of what a body says."""

import json
from collections.abc import Callable
from enum import IntEnum
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from embedded_ktrdr import service
from embedded_ktrdr.patching import patch

LONGEST = 2**18
"""Bytes of an answer beyond which it stays as it is: to read 7 MB of bars again would hold up everybody."""

SCHEMA = "openapi.json"

Change = Callable[[Any, str], Any]
"""Returns what a body says otherwise; it gets what it says, and the path that was asked for."""

Middleware = Callable[[ASGIApp], ASGIApp]

_layers: list[tuple[int, Middleware]] = []
_changes: list[Change] = []
_style: dict[str, Any] = {"ensure_ascii": False, "separators": (",", ":")}
_ends: list[str] = []


class Layer(IntEnum):
    """How near to the service a middleware lies; the last is the nearest."""

    HEADERS = 0
    TRANSPORT = 1
    ENCODING = 2
    CONTENT = 3


def wrap(middleware: Middleware, layer: Layer) -> None:
    """Put middleware around every service."""
    if not _layers:

        @patch(service, "serve")
        def serve(original: Callable[..., None], make_app: Callable[[], ASGIApp], *more: Any) -> None:
            original(lambda: _wrapped(make_app()), *more)

    _layers.append((layer, middleware))


def _wrapped(app: ASGIApp) -> ASGIApp:
    for _, middleware in sorted(_layers, key=lambda each: each[0], reverse=True):
        app = middleware(app)
    return app


def change_bodies(change: Change) -> None:
    """Have every body of JSON changed, after the changes that were asked for before."""
    _rewrite()
    _changes.append(change)


def write_bodies(*, end: str = "", **style: Any) -> None:
    """Have every body of JSON written in a style, as `json.dumps` takes it, with `end` at its end."""
    _rewrite()
    _style.update(style)
    _ends.append(end)


def every_dict(value: Any, change: Callable[[dict[str, Any]], dict[str, Any]]) -> Any:
    """The value with each dictionary in it changed, the inner ones first."""
    if isinstance(value, dict):
        return change({name: every_dict(each, change) for name, each in value.items()})
    return [every_dict(each, change) for each in value] if isinstance(value, list) else value


def _rewrite() -> None:
    if not (_changes or _ends):
        wrap(Rewriting, Layer.CONTENT)


class Rewriting:
    """Middleware: a body of JSON is read, changed and written again."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request; whatever is no JSON, or too long, is passed on."""
        if scope["type"] != "http" or scope["method"] == "HEAD":
            await self._app(scope, receive, send)
            return
        held: Message | None = None
        body = bytearray()

        async def send_rewritten(message: Message) -> None:
            nonlocal held
            if message["type"] == "http.response.start":
                if is_json(message):
                    held = message
                else:
                    await send(message)
                return
            if held is None:
                await send(message)
                return
            body.extend(message.get("body", b""))
            if message.get("more_body") and len(body) <= LONGEST:
                return
            content = bytes(body) if len(body) > LONGEST else rewritten(bytes(body), scope["path"])
            if len(body) <= LONGEST:
                MutableHeaders(scope=held)["content-length"] = str(len(content))
            await send(held)
            held = None
            await send({**message, "body": content})

        await self._app(scope, receive, send_rewritten)


def is_json(message: Message) -> bool:
    """Whether what begins is a body of JSON."""
    return Headers(raw=message["headers"]).get("content-type", "").startswith("application/json")


def rewritten(body: bytes, path: str) -> bytes:
    """A body as it is after all changes."""
    said = json.loads(body)
    if not path.endswith(SCHEMA):
        for change in _changes:
            said = change(said, path)
    return (json.dumps(said, **_style) + "".join(_ends)).encode()
