"""The watch over every answer, whoever asked: no stack trace in it, and it fits what its route promises.

An answer that does not fit is drift: it breaks no criterion by itself and changes no verdict.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from pydantic import TypeAdapter, ValidationError

from ktrdr_acceptance.api.generations import Generation
from ktrdr_acceptance.api.http import Exchange
from ktrdr_acceptance.api.routes import promise_of
from ktrdr_acceptance.evidence.redaction import redacted

# How Python writes a stack trace; in JSON the quotes are escaped.
_TRACE = "Traceback (most recent call last)"
_FRAME = re.compile(r'File \\?"[^"\\\n]+\\?", line \d+, in ')
_LONGEST_CASE = 200
_MOST_TRACES = 5


class AnswerWatch:
    """Looks at every answer of one run; `violations` are those of the scenario that runs."""

    def __init__(self, on_drift: Callable[[str, str], None]) -> None:
        self.generation = Generation.S
        self.violations: list[str] = []
        self._on_drift = on_drift
        self._adapters: dict[Any, TypeAdapter[Any]] = {}

    def take_violations(self) -> list[str]:
        """Return what the scenario's answers broke, and forget it."""
        found, self.violations = self.violations, []
        more = len(found) - _MOST_TRACES
        return found if more <= 0 else [*found[:_MOST_TRACES], f"... {more} more answers with a stack trace"]

    def see(self, exchange: Exchange, body: Any, text: str) -> None:
        """Look at one answer: its decoded `body`, and the `text` it came as."""
        if found := stack_trace_in(text):
            what = f"{exchange.service} answered {exchange.method} {_path(exchange.url)}"
            self.violations.append(f"{what} (HTTP {exchange.status}) with a stack trace: {found}")
        if problem := self._problem(exchange, body):
            path, kind = problem
            case = f"{exchange.method} {_path(exchange.url)} at {exchange.service}: {_beginning(text)}"
            self._on_drift(f"{path}: {kind}", case)

    def _problem(self, exchange: Exchange, body: Any) -> tuple[str, str] | None:
        """Return the route and how its answer does not fit, if it does not."""
        status = exchange.status or 0
        place, template, promise = promise_of(
            exchange.service, exchange.method, _path(exchange.url), self.generation
        )
        where = f"{place} {exchange.method} {template}"
        if status >= 400:
            return None if _is_refusal(body, place, status) else (where, f"HTTP {status} in no known shape")
        if promise is None:
            return where, "the suite has no model of this answer"
        if status != 200:
            return where, f"HTTP {status} instead of 200"
        if isinstance(body, str):
            return where, "no JSON"
        try:
            self._adapter(promise).validate_python(body)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            return where, f"{_field(first['loc'])}: {first['msg'].lower()}"
        return None

    def _adapter(self, promise: Any) -> TypeAdapter[Any]:
        found = self._adapters.get(promise)
        if found is None:
            found = self._adapters[promise] = TypeAdapter(promise)
        return found


def stack_trace_in(text: str) -> str:
    """Return the beginning of a stack trace that stands in a text, or nothing."""
    at = text.find(_TRACE)
    if at < 0 and '", line ' in text:
        frame = _FRAME.search(text)
        at = frame.start() if frame else -1
    return _beginning(text[at:]) if at >= 0 else ""


def _beginning(text: str) -> str:
    # Cut last: half a secret would not be known as one.
    return redacted(text[: 10 * _LONGEST_CASE])[:_LONGEST_CASE]


def _path(url: str) -> str:
    return urlsplit(url).path


def _field(location: tuple[int | str, ...]) -> str:
    """Return a place in a body, whichever entry of a list it was."""
    return ".".join("[]" if isinstance(step, int) else step for step in location) or "body"


def _is_refusal(body: Any, place: str, status: int) -> bool:
    """Return whether a refusal has one of the shapes that its service uses (contract 8)."""
    if not isinstance(body, dict):
        return False
    error, detail = body.get("error"), body.get("detail")
    if isinstance(error, dict):
        said = isinstance(error.get("code"), str) and isinstance(error.get("message"), str)
        details = list if status == 422 else (dict, list, type(None))
        return place == "backend" and body.get("success") is False and said and _holds(error, details)
    if isinstance(detail, list):
        return place != "backend" and all(
            isinstance(row, dict) and {"loc", "msg"} <= {*row} for row in detail
        )
    return isinstance(detail, dict) or (isinstance(detail, str) and bool(detail))


def _holds(error: dict[str, Any], details: Any) -> bool:
    return isinstance(error.get("details"), details)
