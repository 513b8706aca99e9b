"""Log lines in KTRDR's formats (contract 9), one flush per line, and the backend's request lines."""

import logging
import re
import sys
import time
from http import HTTPStatus
from typing import TextIO

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_COLOURS = {"INFO": "\033[92m", "WARNING": "\033[93m", "ERROR": "\033[91m"}
_RESET = "\033[0m"

# KTRDR logs these requests at DEBUG, which its configuration hides.
_QUIET_PATHS = ("/api/v1/operations/", "/api/v1/health")

# Polled several times a second; KTRDR's workers would fill their log with them.
_POLLED = ("GET /health", "GET /api/v1/operations")

# What a caller may have put into a query or a body by mistake; the logs lie among the reports.
_SECRET = re.compile(
    r"""((?:password|passwd|secret|token|api[_-]?key|authorization|cookie)\\*["']?\s*(?:[=:]|%3[AD])\s*\\*["']?"""
    r"""(?:Bearer\s+|Basic\s+)?)[^\s"'&,;)\]}\\]+""",
    re.IGNORECASE,
)

requests_log = logging.getLogger("ktrdr.api.middleware")


class _Handler(logging.StreamHandler[TextIO]):
    """Writes no secret that a caller has sent."""

    def format(self, record: logging.LogRecord) -> str:
        return _SECRET.sub(r"\1***", super().format(record))


class _WorkerFormatter(logging.Formatter):
    """KTRDR's worker console: colour codes around the level; uvicorn's lines in uvicorn's form."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s | %(levelname)s | %(name)s | %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        if record.name.startswith("uvicorn"):
            return f"{record.levelname + ':':<9} {record.getMessage()}{_phrase(record)}"
        plain = record.levelname
        record.levelname = f"{_COLOURS.get(plain, '')}{plain}{_RESET}"
        try:
            return super().format(record)
        finally:
            record.levelname = plain


def _phrase(record: logging.LogRecord) -> str:
    """The words after the status of an access line, which uvicorn's own formatter would add."""
    if record.name != "uvicorn.access" or not isinstance(record.args, tuple):
        return ""
    return f" {HTTPStatus(int(str(record.args[-1]))).phrase}"


def _not_polled(record: logging.LogRecord) -> bool:
    message = record.getMessage()
    return not any(polled in message for polled in _POLLED)


def _no_lookups(record: logging.LogRecord) -> bool:
    return "HTTP Request: GET" not in record.getMessage()


def configure_backend() -> None:
    """The backend's console: `date [LEVEL] logger: message`, no access lines."""
    _configure(logging.Formatter("%(asctime)s [%(levelname)s] %(name)s: %(message)s", "%Y-%m-%d %H:%M:%S"))
    logging.getLogger("uvicorn.access").setLevel(logging.WARNING)


def configure_worker() -> None:
    """A worker's console: `date | LEVEL | logger | message`, with access lines."""
    _configure(_WorkerFormatter())
    logging.getLogger("uvicorn.access").addFilter(_not_polled)


def _configure(formatter: logging.Formatter) -> None:
    handler = _Handler(sys.stdout)  # flushes after every record
    handler.setFormatter(formatter)
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    logging.getLogger("httpx").addFilter(_no_lookups)
    logging.getLogger("httpcore").setLevel(logging.WARNING)


class RequestLog:
    """Middleware: a line at the start and the end of a request, and the X-Process-Time header."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        path, method = scope["path"], scope["method"]
        level = logging.DEBUG if path.startswith(_QUIET_PATHS) else logging.INFO
        request_id = Headers(scope=scope).get("x-request-id", "")
        client = scope["client"][0] if scope.get("client") else "unknown"
        begun = "Request started: method=%s path=%s client=%s request_id=%s"
        requests_log.log(level, begun, method, path, client, request_id)

        async def send_timed(message: Message) -> None:
            if message["type"] == "http.response.start":
                spent_ms = (time.perf_counter() - started) * 1000
                MutableHeaders(scope=message)["X-Process-Time"] = f"{spent_ms:.2f}ms"
                ended = "Request completed: method=%s path=%s status_code=%s duration=%.2fms request_id=%s"
                requests_log.log(level, ended, method, path, message["status"], spent_ms, request_id)
            await send(message)

        await self._app(scope, receive, send_timed)
