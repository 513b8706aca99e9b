"""When a service that speaks no HTTP counts as back."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from ktrdr_acceptance.target.answering import listens_within

from .fake_clock import FakeClock


@contextmanager
def _listener(hang_up: int = 0) -> Iterator[int]:
    """Accept connections; hang up the first ones, as a port does that is passed on to nobody."""
    kept: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            for turn in range(100):
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                if turn < hang_up:
                    connection.close()
                else:
                    kept.append(connection)

        threading.Thread(target=serve, daemon=True).start()
        yield server.getsockname()[1]
    for connection in kept:
        connection.close()


def test_who_waits_to_be_spoken_to_listens() -> None:
    with _listener() as port:
        assert listens_within("127.0.0.1", port, 0.0, FakeClock())


def test_who_hangs_up_at_once_does_not_listen_yet() -> None:
    with _listener(hang_up=2) as port:
        assert not listens_within("127.0.0.1", port, 0.0, FakeClock())
    with _listener(hang_up=2) as port:
        assert listens_within("127.0.0.1", port, 60.0, FakeClock())


def test_where_nobody_is_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    assert not listens_within("127.0.0.1", port, 1.0, FakeClock())
