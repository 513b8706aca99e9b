"""What makes a symptom show: the suite's own sentences, checks and clients at scripted answers of KTRDR."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from driver.fake_clock import FakeClock
from driver.scripted_world import ScriptedTarget, ScriptedWorld, scripted_world

from ktrdr_acceptance.api.errors import read_refusal
from ktrdr_acceptance.api.http import Answer, ServiceClient
from ktrdr_acceptance.operations.operation import Kind

from .scripted_target import OPERATION, inspected


def said_by(act: Callable[[], object]) -> str:
    """Return what `act` raises, in words."""
    with pytest.raises(Exception) as caught:  # noqa: PT011 - of any kind: its words are what counts
        act()
    return str(caught.value)


def world(folder: Path | None = None) -> ScriptedWorld:
    """Return a world with one worker of each kind, which does nothing yet."""
    made = scripted_world(ScriptedTarget(folder), FakeClock())
    made.has_workers("w1")
    return made


def sentence(text: str, prepare: Callable[[ScriptedWorld], object], kind: Kind = Kind.TRAINING) -> str:
    """Return why a sentence about an operation does not hold, once the services have been scripted."""
    made = world()
    made.speaks_of(kind, "small" if kind is Kind.DOWNLOAD else "smoke", id=OPERATION)
    made.shows(operation_id=OPERATION)
    prepare(made)
    return said_by(lambda: made.say(text))


def fails_with(reason: str, kind: Kind = Kind.TRAINING) -> str:
    """Return what a scenario says whose operation fails with a stated reason."""
    return sentence(
        "then it completes within 5 seconds",
        lambda made: made.shows("failed", 0.0, operation_id=OPERATION, error_message=reason),
        kind,
    )


def refused(status: int, body: Any) -> str:
    """Return what the suite says of a start that KTRDR refuses."""
    made = world()
    made.script("POST /trainings/start", (status, body))
    return said_by(lambda: made.say("when I start a smoke training"))


def refusal(status: int, body: Any) -> str:
    """Return a refusal in words."""
    return str(read_refusal(Answer("backend", "POST /x", status, body, 0.0)))


def check(name: str, *changes: Any, **settings: Any) -> str:
    """Return what a check of the preflight says."""
    return inspected(*changes, **settings).check(name).said


def closed(name: str, request: str = "/health") -> str:
    """Return what a request to a port says at which nothing listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return asked(name, f"http://127.0.0.1:{free.getsockname()[1]}", request)


def asked(name: str, url: str, request: str, within: float = 60.0) -> str:
    """Return why a service gave no answer."""
    client = ServiceClient(name, url, within, lambda _exchange: None)
    try:
        return said_by(lambda: client.request("GET", request))
    finally:
        client.close()


@contextmanager
def hanging() -> Iterator[str]:
    """Listen at a port and never answer; yield its URL."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.listen()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


def taken_port() -> str:
    """Return what a service says that finds its port taken."""
    with socket.create_server(("127.0.0.1", 0)) as taken, socket.socket() as second:
        return said_by(lambda: second.bind(taken.getsockname()))


def without_a_loop() -> str:
    """Return what Python says where a thread without an event loop asks for one."""
    import asyncio

    said: list[str] = []
    thread = threading.Thread(target=lambda: said.append(said_by(asyncio.get_running_loop)))
    thread.start()
    thread.join()
    return said[0]
