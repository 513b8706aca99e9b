"""Variations of the logs: more lines, of every level below an error, and of several lines each."""

import itertools
import json
import logging
from collections.abc import Callable

from starlette.types import ASGIApp, Receive, Scope, Send

from embedded_ktrdr import logs
from embedded_ktrdr.operations import OperationInfo, OperationStore
from embedded_ktrdr.variations.answering import Layer, wrap
from embedded_ktrdr.variations.variation import patch, variation

# Of how many requests one gets a warning.
WARNED = 10

log = logging.getLogger("ktrdr.monitoring.statistics")


class Talkative:
    """Middleware: each request gets lines of its own, in the middle of others."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._count = itertools.count(1)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] == "http":
            number = next(self._count)
            log.info("Statistics: requests=%s, error_count=0, last_exception=None", number)
            log.debug("Headers of %s: %s", scope["path"], len(scope["headers"]))
            if number % WARNED == 0:
                log.warning("Slow clients are not counted as errors:\n  threshold: 5 s\n  counted: 0")
        await self._app(scope, receive, send)


class JsonFormatter(logging.Formatter):
    """As KTRDR's backend writes its log file: a line of JSON for each entry, the stack trace in it."""

    def format(self, record: logging.LogRecord) -> str:
        """One entry."""
        said = {
            "asctime": self.formatTime(record, "%Y-%m-%dT%H:%M:%S+0000"),
            "levelname": record.levelname,
            "name": record.name,
            "message": record.getMessage(),
            **({"exc_info": self.formatException(record.exc_info)} if record.exc_info else {}),
            "otelSpanID": "0",
            "otelTraceSampled": False,
        }
        return json.dumps(said)


@variation(
    "more-log-lines",
    "Services log more at INFO, DEBUG and WARNING, some of it with the word error or on several lines",
    benign="only lines at ERROR and stack traces are bad news; the promised lines are there as before",
)
def _more_log_lines() -> None:
    wrap(Talkative, Layer.CONTENT)

    @patch(OperationStore, "begin")
    def begin(original: Callable[..., None], self: OperationStore, operation: OperationInfo) -> None:
        log.info("About to begin %s; error_message=%s", operation.operation_id, operation.error_message)
        original(self, operation)
        log.warning("Operation %s has no time limit", operation.operation_id)


@variation(
    "debug-lines",
    "Services log everything down to DEBUG, lookups of operations and health checks too",
    benign="the level of the logs is a setting of KTRDR's",
)
def _debug_lines() -> None:
    @patch(logs, "_configure")
    def configure(original: Callable[..., None], formatter: logging.Formatter) -> None:
        original(formatter)
        logging.getLogger().setLevel(logging.DEBUG)


@variation(
    "backend-log-in-json",
    "The backend logs lines of JSON",
    benign="KTRDR's backend writes its log file so, and plain lines to its console",
)
def _backend_log_in_json() -> None:
    @patch(logs, "configure_backend")
    def configure(original: Callable[..., None]) -> None:
        original()
        for handler in logging.getLogger().handlers:
            handler.setFormatter(JsonFormatter())


@variation(
    "worker-log-tells-where",
    "Workers and hosts log with each line which line of which function has written it",
    benign="KTRDR's workers do so, but for those in containers",
)
def _worker_log_tells_where() -> None:
    @patch(logs._WorkerFormatter, "__init__")
    def begin(_original: object, self: logging.Formatter) -> None:
        where = "%(module)s.%(funcName)s:%(lineno)d"
        logging.Formatter.__init__(self, f"%(asctime)s | %(levelname)s | %(name)s | {where} | %(message)s")
