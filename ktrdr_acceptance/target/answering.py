"""Whether a service that was started answers again, and how many workers the backend lists."""

from __future__ import annotations

import socket
from collections.abc import Callable

from ktrdr_acceptance.api.http import Answer, ServiceClient
from ktrdr_acceptance.faults import EnvironmentFault
from ktrdr_acceptance.operations.waiting import Clock

# Seconds between two questions, and for one answer.
_EVERY_S, _ANSWER_S = 0.1, 2.0
# Seconds that a connection has to stay open: what passes on a port of nobody accepts, and hangs up at once.
_OPEN_S = 0.3


def answers_within(url: str, path: str, within: float, clock: Clock, *, interruptible: bool) -> bool:
    """Wait until a service answers, whatever it says; tell whether it did in time."""
    return _within(lambda: _asked(url, path) is not None, within, clock, interruptible=interruptible)


def listens_within(host: str, port: int, within: float, clock: Clock) -> bool:
    """Wait, also when the run is aborted, until a service of another language than HTTP listens."""
    return _within(lambda: _listens(host, port), within, clock, interruptible=False)


def registered_within(backend_url: str, count: int, within: float, clock: Clock) -> bool:
    """Wait until the backend lists so many workers; tell whether it did in time."""

    def lists_them() -> bool:
        answer = _asked(backend_url, "/api/v1/workers")
        return answer is not None and isinstance(answer.body, list) and len(answer.body) >= count

    return _within(lists_them, within, clock, interruptible=True)


def _within(is_so: Callable[[], bool], within: float, clock: Clock, *, interruptible: bool) -> bool:
    until = clock.now() + within
    while not is_so():
        if clock.now() > until:
            return False
        clock.sleep(_EVERY_S, interruptible)
    return True


def _listens(host: str, port: int) -> bool:
    try:
        connection = socket.create_connection((host, port), _ANSWER_S)
    except OSError:
        return False
    with connection:
        connection.settimeout(_OPEN_S)
        try:
            return bool(connection.recv(1))
        except TimeoutError:
            return True
        except OSError:
            return False


def _asked(url: str, path: str) -> Answer | None:
    """Ask over a connection of its own: one that is kept may be of the service that was."""
    client = ServiceClient(url, url, _ANSWER_S, lambda _exchange: None)
    try:
        return client.request("GET", path)
    except EnvironmentFault:
        return None
    finally:
        client.close()
