"""What listens in the place of a service answers nonsense of the kind that was asked for."""

from __future__ import annotations

import contextlib
import http.client
import socket
from collections.abc import Iterator

import pytest

from ktrdr_acceptance.faults import EnvironmentFault
from ktrdr_acceptance.target.base import Nonsense
from ktrdr_acceptance.target.substitute import Substitute


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextlib.contextmanager
def answer_of(answer: Nonsense) -> Iterator[http.client.HTTPResponse]:
    port = free_port()
    substitute = Substitute(f"http://127.0.0.1:{port}", answer)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        # More than is read ahead with the head: what of it stays unread must not change the answer.
        connection.request("POST", "/data/validate", body=b"x" * 1_000_000)
        yield connection.getresponse()
    finally:
        connection.close()
        substitute.end()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), 1)


def test_huge() -> None:
    with answer_of("huge") as response:
        assert response.status == 200
        assert int(response.headers["Content-Length"]) > 200_000_000
        assert response.read(1_000_000).startswith(b"[0,0,")


def test_malformed() -> None:
    with answer_of("malformed") as response:
        assert response.status == 200
        assert response.read() == b'{"success": true, "data": {"is_valid": tr'


def test_endless() -> None:
    with answer_of("endless") as response:
        assert response.status == 200
        assert "Content-Length" not in response.headers
        assert response.read(3) == b"   "


def test_redirected() -> None:
    with answer_of("redirected") as response:
        assert (response.status, response.headers["Location"]) == (307, "/data/validate")


def test_a_port_that_is_taken_is_told() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        url = f"http://127.0.0.1:{other.getsockname()[1]}"
        with pytest.raises(EnvironmentFault, match=f"nothing can listen in the place of {url}: .*in use"):
            Substitute(url, "huge")
