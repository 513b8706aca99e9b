"""Whether a service that was started answers again, and how many workers the backend lists."""

from __future__ import annotations

from ktrdr_acceptance.api.http import Answer, ServiceClient
from ktrdr_acceptance.faults import EnvironmentFault
from ktrdr_acceptance.operations.waiting import Clock

# Seconds between two questions, and for one answer.
_EVERY_S, _ANSWER_S = 0.1, 2.0


def answers_within(url: str, path: str, within: float, clock: Clock, *, interruptible: bool) -> bool:
    """Wait until a service answers, whatever it says; tell whether it did in time."""
    until = clock.now() + within
    while _asked(url, path) is None:
        if clock.now() > until:
            return False
        clock.sleep(_EVERY_S, interruptible)
    return True


def registered_within(backend_url: str, count: int, within: float, clock: Clock) -> bool:
    """Wait until the backend lists so many workers; tell whether it did in time."""
    until = clock.now() + within
    while True:
        answer = _asked(backend_url, "/api/v1/workers")
        if answer and isinstance(answer.body, list) and len(answer.body) >= count:
            return True
        if clock.now() > until:
            return False
        clock.sleep(_EVERY_S)


def _asked(url: str, path: str) -> Answer | None:
    """Ask over a connection of its own: one that is kept may be of the service that was."""
    client = ServiceClient(url, url, _ANSWER_S, lambda _exchange: None)
    try:
        return client.request("GET", path)
    except EnvironmentFault:
        return None
    finally:
        client.close()
