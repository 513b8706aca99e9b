"""Whether a service that was started answers again, and what the backend lists: asked without any client."""

from __future__ import annotations

import contextlib
import http.client
import json
from typing import Any
from urllib.parse import urlsplit

from ktrdr_acceptance.operations.waiting import Clock

# Seconds between two questions, and for one answer.
_EVERY_S, _ANSWER_S = 0.1, 2.0


def asked(url: str, path: str) -> tuple[int, Any] | None:
    """Return the status and the JSON (None if it is none) of an answer; None without an answer."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=_ANSWER_S)
    with contextlib.closing(connection):
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            status, body = answer.status, answer.read()
        except (OSError, http.client.HTTPException):
            return None
    try:
        return status, json.loads(body)
    except ValueError:
        return status, None


def answers_within(url: str, path: str, within: float, clock: Clock, *, interruptible: bool) -> bool:
    """Wait until a service answers, whatever it says; tell whether it did in time."""
    until = clock.now() + within
    while asked(url, path) is None:
        if clock.now() > until:
            return False
        clock.sleep(_EVERY_S, interruptible)
    return True


def registered_within(backend_url: str, count: int, within: float, clock: Clock) -> bool:
    """Wait until the backend lists so many workers; tell whether it did in time."""
    until = clock.now() + within
    while True:
        found = asked(backend_url, "/api/v1/workers")
        if found and isinstance(found[1], list) and len(found[1]) >= count:
            return True
        if clock.now() > until:
            return False
        clock.sleep(_EVERY_S)
