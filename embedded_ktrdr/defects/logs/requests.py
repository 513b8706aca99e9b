"""Defects about what the logs tell of a request, and about lines that belong to nothing."""

import logging
import re
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exception_handlers import http_exception_handler
from starlette.exceptions import HTTPException

from embedded_ktrdr import errors, logs
from embedded_ktrdr.backend import app as backend_app
from embedded_ktrdr.backend import bar_reader
from embedded_ktrdr.defects.defect import defect, patch
from embedded_ktrdr.defects.logs.lines import change_lines, leave_out

AREA = "logs"
REFUSAL = "logs-of-a-refusal"
STAGES = "the log of the backend shows the beginning and the end of the request, by its id"
GUARDS = "after the scenario: the guards of every scenario"

Handle = Callable[[Request, Exception], Awaitable[Response]]


@defect(
    "refusal-logged-with-trace",
    "A refused request leaves a stack trace in the backend's log",
    (REFUSAL, "the log of the backend shows no stack trace of the request"),
    area=AREA,
    behaviour="a refused request leaves no stack trace",
)
def _refusal_logged_with_trace() -> None:
    _tell_of_refusals(
        lambda log, error: log.warning("Training request was refused: %s", error, exc_info=error)
    )


@defect(
    "refusal-logged-twice",
    "A refused request is told as an error twice, by the route and by what is around it",
    (REFUSAL, "the log of the backend shows at most 1 error of the request"),
    area=AREA,
    severity="minor",
    behaviour="a refused request is told once",
)
def _refusal_logged_twice() -> None:
    def tell(log: logging.Logger, error: Exception) -> None:
        log.error("Training could not be started: %s", error)
        logs.requests_log.error("Request failed: %s", error)

    _tell_of_refusals(tell)


@defect(
    "bad-date-logged-with-trace",
    "A date that is none leaves a stack trace in the backend's log",
    ("data-bad-date", GUARDS),
    area=AREA,
    behaviour="a refused request leaves no stack trace",
    shown_by="S",
)
def _bad_date_logged_with_trace() -> None:
    healthy = errors._data_error

    async def handle(request: Request, error: Exception) -> Response:
        errors.log.error("Data error: %s", error, exc_info=error)
        return await healthy(request, error)

    errors._data_error = handle  # type: ignore[assignment]


@defect(
    "no-event-loop",
    "The backend complains of a missing event loop whenever bars are read, and answers all the same",
    ("D1.3", GUARDS),
    area=AREA,
    severity="minor",
    behaviour="nothing complains of a missing event loop",
)
def _no_event_loop() -> None:
    @patch(bar_reader.BarReader, "_read")
    def read(original: Callable[..., bytes], self: Any, *asked: Any) -> bytes:
        bar_reader.log.warning("The time of a read could not be measured: no running event loop")
        return original(self, *asked)


@defect(
    "end-of-requests-not-logged",
    "The backend's log does not tell how a request ended that was no failure",
    ("logs-request-id", STAGES),
    area=AREA,
    severity="minor",
    behaviour="the backend logs the beginning and the end of each request, by its id",
)
def _end_of_requests_not_logged() -> None:
    leave_out("Request completed: .* status_code=2", at_worker=False)


@defect(
    "end-of-refusals-not-logged",
    "The backend's log does not tell how a request ended that was refused",
    (REFUSAL, STAGES),
    area=AREA,
    severity="minor",
    behaviour="the backend logs the beginning and the end of each request, by its id",
)
def _end_of_refusals_not_logged() -> None:
    leave_out("Request completed: .* status_code=4", at_worker=False)


@defect(
    "request-id-replaced",
    "The backend gives each request an id of its own and forgets that of the client",
    (REFUSAL, STAGES),
    area=AREA,
    behaviour="the id that a client gives its request stands in the log",
)
def _request_id_replaced() -> None:
    def change(record: logging.LogRecord) -> bool:
        if str(record.msg).endswith("request_id=%s") and isinstance(record.args, tuple):
            record.args = (*record.args[:-1], uuid.uuid4().hex)
        return True

    change_lines(change, at_worker=False)


@defect(
    "secret-in-the-log",
    "The backend logs what a request asks for as it came, with the password in it",
    ("logs-no-password", "the log of the backend does not show the password"),
    area=AREA,
    behaviour="a password that a client sends does not stand in a log",
)
def _secret_in_the_log() -> None:
    # Passwords are none of what is known as a secret.
    logs._SECRET = re.compile(r"((?:token|api[_-]?key)=)[^\s&]+", re.IGNORECASE)

    @patch(logs.RequestLog, "__call__")
    async def call(original: Callable[..., Awaitable[None]], self: Any, scope: Any, *more: Any) -> None:
        if scope["type"] == "http" and scope["query_string"]:
            logs.requests_log.info("%s %s", scope["path"], scope["query_string"].decode())
        await original(self, scope, *more)


def _tell_of_refusals(tell: Callable[[logging.Logger, Exception], None]) -> None:
    """The backend tells of each request that a route refuses."""
    log = logging.getLogger("ktrdr.api.endpoints.training")

    async def handle(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        if request.url.path.endswith("/trainings/start"):
            tell(log, error)
        return await http_exception_handler(request, error)

    @patch(backend_app, "install_error_envelope")
    def install(original: Callable[[FastAPI], None], app: FastAPI) -> None:
        original(app)
        app.add_exception_handler(HTTPException, handle)
