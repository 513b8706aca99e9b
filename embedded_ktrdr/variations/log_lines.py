"""Variations of the logs: more lines, of every level below an error, and of several lines each."""

import itertools
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
