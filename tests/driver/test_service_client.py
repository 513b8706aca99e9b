"""The one HTTP client against a small server of our own."""

from __future__ import annotations

import gc
import gzip
import json
import re
import socket
import threading
import time
import tracemalloc
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from machine import idle_s

from ktrdr_acceptance.api.bars import bars_of
from ktrdr_acceptance.api.errors import read_refusal
from ktrdr_acceptance.api.http import Exchange, ServiceClient
from ktrdr_acceptance.evidence.texts import exchanges_attachment
from ktrdr_acceptance.faults import EnvironmentFault

GIVE_UP = threading.Event()
# Set once the client has left a dripping answer.
GONE = threading.Event()

# As many bars as 19 years of hours have; about 9 MB of text.
HOURS = 115_000
HOURLY = json.dumps(
    {
        "success": True,
        "data": {
            "dates": [f"2024-12-02T00:00:00.{number:06d}" for number in range(HOURS)],
            "ohlcv": [[1.10001 + number, 1.2, 1.00003, 1.1, 1000.0] for number in range(HOURS)],
            "metadata": {"symbol": "EURUSD", "timeframe": "1h"},
        },
    }
).encode()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self.path == "/silent":
            GIVE_UP.wait(5)
        elif self.path == "/drop":
            self.close_connection = True
        elif self.path == "/garbage":
            self.wfile.write(b"SSH-2.0-OpenSSH\r\n\r\n")
            self.close_connection = True
        elif self.path == "/text":
            self._say(502, b"<html>Bad Gateway</html>", "text/html")
        elif self.path == "/bytes":
            self._say(200, b"\xff\xfe\x00{", "application/json")
        elif self.path == "/drip":
            self._drip()
        elif self.path == "/moved":
            self._say(307, b"elsewhere", "text/plain", location="/a")
        elif self.path.startswith("/slashed?"):
            # As a service behind another address says it.
            self._say(307, b"", location=f"http://backend:8000/slashed/{self.path[8:]}")
        elif self.path in ("/to-and-fro", "/to-and-fro/"):
            there = "/to-and-fro" if self.path.endswith("/") else "/to-and-fro/"
            self._say(308, b"again", "text/plain", location=there)
        elif self.path == "/traced":
            self._say(307, b"{}", location="Traceback (most recent call last): KeyError")
        elif self.path == "/packed":
            self._say(200, gzip.compress(b'{"word": "Gr\xc3\xb6\xc3\x9fe"}'), encoding="gzip")
        elif self.path == "/latin":
            self._say(200, "Größe".encode("latin-1"), "text/plain; charset=latin-1")
        elif self.path == "/my-id":
            self._say(200, json.dumps(self.headers["X-Request-ID"]).encode())
        elif self.path == "/hourly":
            self._say(200, HOURLY)
        elif self.path.startswith("/long/"):
            self._say(200, b"x" * int(self.path.rsplit("/", 1)[-1]), "text/plain")
        elif self.path == "/empty":
            self._say(204, b"", "text/plain")
        else:
            self._say(200, json.dumps({"path": self.path}).encode())

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/range":
            self._say(307, b"", location="/range/")
            return
        self._say(422, json.dumps({"detail": "no", "got": json.loads(body)}).encode())

    def _drip(self) -> None:
        """Say a little now and then for 2 s, and never the end."""
        self.send_response(200)
        self.send_header("Content-Length", "1000000")
        self.end_headers()
        try:
            for _ in range(100):
                GIVE_UP.wait(0.02)
                self.wfile.write(b" ")
                self.wfile.flush()
            self.close_connection = True
        except OSError:
            GONE.set()

    def _say(
        self, status: int, body: bytes, kind: str = "application/json", encoding: str = "", location: str = ""
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        if location:
            self.send_header("Location", location)
        if encoding:
            self.send_header("Content-Encoding", encoding)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments: Any) -> None:
        pass


@pytest.fixture(scope="module")
def base_url() -> Iterator[str]:
    GIVE_UP.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    GIVE_UP.set()
    server.shutdown()
    server.server_close()


@pytest.fixture
def exchanges() -> list[Exchange]:
    return []


@pytest.fixture
def client(base_url: str, exchanges: list[Exchange]) -> Iterator[ServiceClient]:
    client = ServiceClient("backend", base_url, 60, exchanges.append)
    yield client
    client.close()


def test_an_answer_carries_status_body_and_request(client: ServiceClient) -> None:
    began = time.monotonic()
    answer = client.request("GET", "/api/v1/operations", query={"status": "running", "limit": 5})
    assert (answer.ok, answer.status) == (True, 200)
    assert answer.body == {"path": "/api/v1/operations?status=running&limit=5"}
    assert (answer.service, answer.request) == ("backend", "GET /api/v1/operations")
    assert 0 < answer.elapsed_s < time.monotonic() - began


def test_a_stack_trace_in_a_header_is_seen_with_the_body(base_url: str) -> None:
    seen: list[tuple[Any, str]] = []
    client = ServiceClient(
        "backend", base_url, 5, lambda _: None, lambda _, body, text: seen.append((body, text))
    )
    client.request("GET", "/traced")
    client.request("GET", "/moved")
    client.close()
    (body, text), (_, moved) = seen
    assert body == {}
    assert text == "{}\nTraceback (most recent call last): KeyError"
    assert moved == "elsewhere"


def test_a_refusal_is_an_answer_like_any_other(client: ServiceClient, exchanges: list[Exchange]) -> None:
    answer = client.request("POST", "/start", body={"symbols": []})
    assert (answer.ok, answer.status, answer.body["got"]) == (False, 422, {"symbols": []})
    (kept,) = exchanges
    assert (kept.method, kept.status, kept.request_body, kept.response_body) == (
        "POST",
        422,
        {"symbols": []},
        {"detail": "no", "got": {"symbols": []}},
    )
    assert kept.failure is None


@pytest.mark.parametrize(
    ("path", "status", "body"),
    [("/text", 502, "<html>Bad Gateway</html>"), ("/empty", 204, "")],
)
def test_a_body_that_is_not_json_is_kept_as_text(
    client: ServiceClient, path: str, status: int, body: str
) -> None:
    answer = client.request("GET", path)
    assert (answer.status, answer.body, answer.text) == (status, body, body)


def test_a_body_that_is_not_even_text_does_not_break_the_client(client: ServiceClient) -> None:
    assert isinstance(client.request("GET", "/bytes").body, str)


def test_every_exchange_is_kept_in_order_with_its_url(
    client: ServiceClient, exchanges: list[Exchange], base_url: str
) -> None:
    client.request("GET", "/a")
    client.request("GET", "/b", query={"limit": 1})
    assert [kept.url for kept in exchanges] == [f"{base_url}/a", f"{base_url}/b?limit=1"]
    assert exchanges[0].at <= exchanges[1].at


@pytest.mark.parametrize("path", ["/drop", "/garbage"])
def test_a_connection_that_breaks_is_a_fault_of_the_environment(
    client: ServiceClient, exchanges: list[Exchange], path: str
) -> None:
    with pytest.raises(
        EnvironmentFault, match=rf"backend at http://127.0.0.1:\d+ gave no answer to GET {path}"
    ):
        client.request("GET", path)
    assert exchanges[0].status is None
    assert exchanges[0].failure


def test_silence_is_a_fault_that_names_the_time(base_url: str, exchanges: list[Exchange]) -> None:
    client = ServiceClient("worker-1", base_url, 0.15, exchanges.append)
    with pytest.raises(
        EnvironmentFault, match=r"worker-1 at .* gave no answer to GET /silent: no answer within 0.15 s"
    ):
        client.request("GET", "/silent")
    client.close()
    (kept,) = exchanges
    assert (kept.status, kept.response_body, kept.failure) == (None, None, "no answer within 0.15 s")
    assert kept.elapsed_s >= 0.15


def test_nobody_is_followed_elsewhere(client: ServiceClient, exchanges: list[Exchange]) -> None:
    answer = client.request("GET", "/moved")
    assert (answer.ok, answer.status, answer.body) == (False, 307, "elsewhere")
    assert len(exchanges) == 1


def test_to_the_same_place_with_another_slash_a_redirect_is_followed(
    client: ServiceClient, exchanges: list[Exchange], base_url: str
) -> None:
    answer = client.request("GET", "/slashed", query={"limit": 1})
    assert (answer.status, answer.body) == (200, {"path": "/slashed/?limit=1"})
    assert client.request("POST", "/range", body={"symbol": "EURUSD"}).body["got"] == {"symbol": "EURUSD"}
    assert [kept.url for kept in exchanges] == [f"{base_url}/slashed?limit=1", f"{base_url}/range"]
    assert [kept.status for kept in exchanges] == [200, 422]


def test_a_redirect_to_and_fro_is_followed_once(client: ServiceClient) -> None:
    answer = client.request("GET", "/to-and-fro")
    assert (answer.ok, answer.status, answer.body) == (False, 308, "again")


def test_an_answer_that_never_ends_is_given_up_in_time(base_url: str, exchanges: list[Exchange]) -> None:
    client = ServiceClient("worker-1", base_url, 0.2, exchanges.append)
    began, began_idle = time.monotonic(), idle_s()
    with pytest.raises(
        EnvironmentFault, match=r"worker-1 at .* gave no answer to GET /drip: no answer within 0.2 s"
    ):
        client.request("GET", "/drip")
    assert time.monotonic() - began >= 0.2
    assert idle_s() - began_idle < 0.4
    assert GONE.wait(60), "the connection was left open"
    (kept,) = exchanges
    assert (kept.status, kept.failure) == (None, "no answer within 0.2 s")
    client.timeout_s = 60.0
    assert client.request("GET", "/a").ok
    client.close()


@pytest.mark.parametrize(
    ("path", "body"), [("/packed", {"word": "Größe"}), ("/latin", "Größe")], ids=["packed", "latin"]
)
def test_an_answer_is_decoded_as_its_headers_say(client: ServiceClient, path: str, body: object) -> None:
    assert client.request("GET", path).body == body


@pytest.mark.parametrize("path", ["/operations/op_\x00", "/operations/" + "x" * 70_000])
def test_a_path_of_which_no_request_can_be_made_is_refused(
    client: ServiceClient, exchanges: list[Exchange], path: str
) -> None:
    with pytest.raises(AssertionError, match=r"^backend: no request can be made of '/operations/"):
        client.request("GET", path)
    assert exchanges == []


def test_a_closed_port_is_a_fault_that_asks_whether_it_runs(exchanges: list[Exchange]) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    client = ServiceClient("backend", f"http://127.0.0.1:{port}", 5, exchanges.append)
    with pytest.raises(
        EnvironmentFault,
        match=rf"backend at http://127.0.0.1:{port} gave no answer .* is it running, and reachable from",
    ):
        client.request("DELETE", "/api/v1/operations/op_1", body={"reason": "x"})
    client.close()
    (kept,) = exchanges
    assert (kept.method, kept.request_body, kept.status) == ("DELETE", {"reason": "x"}, None)
    assert kept.request_id
    assert kept.failure is not None


def test_each_request_has_an_id_of_its_own_that_evidence_and_refusal_keep(
    client: ServiceClient, exchanges: list[Exchange]
) -> None:
    answers = [client.request("GET", "/my-id") for _ in range(2)]
    ids = [answer.body for answer in answers]
    assert len(set(ids)) == 2
    assert all(re.fullmatch(r"acceptance-[0-9a-f]{12}", request_id) for request_id in ids)
    assert [answer.request_id for answer in answers] == ids
    assert [exchange.request_id for exchange in exchanges] == ids
    assert all(request_id in exchanges_attachment(exchanges[:1]).text for request_id in ids[:1])
    refused = client.request("POST", "/a", body={})
    assert read_refusal(refused).request_id == refused.request_id != ""


def test_a_proxy_of_the_environment_is_not_asked(
    base_url: str, exchanges: list[Exchange], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    client = ServiceClient("backend", base_url, 60, exchanges.append)
    assert client.request("GET", "/a").ok
    client.close()


@pytest.mark.parametrize(("length", "kept"), [(100_000, 100_000), (100_001, 100_004), (900_000, 100_004)])
def test_of_a_long_body_only_the_beginning_is_kept_as_evidence(
    client: ServiceClient, exchanges: list[Exchange], length: int, kept: int
) -> None:
    answer = client.request("GET", f"/long/{length}")
    assert len(answer.body) == length
    (exchange,) = exchanges
    assert len(exchange.response_body) == kept
    assert exchange.response_body.endswith(" ..." if kept > 100_000 else "x")


def test_a_long_read_leaves_nothing_behind_but_the_beginning(
    client: ServiceClient, exchanges: list[Exchange]
) -> None:
    assert len(HOURLY) > 7_000_000
    client.request("GET", "/a")
    tracemalloc.start()
    try:
        bars = bars_of(client.request("GET", "/hourly"), "EURUSD", "1h")
        assert len(bars) == len(bars.rows) == HOURS
        _, peak = tracemalloc.get_traced_memory()
        del bars
        gc.collect()
        left, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    # The server of this test is in the same process, and writes the body from where it lies.
    assert peak < 60_000_000
    assert left < 2_000_000
    kept = exchanges[-1].response_body
    assert kept.startswith('{"success": true, "data": {"dates": ["2024-12-02T00:00:00.000000"')
    assert len(kept) < 101_000


def test_what_may_take_longer_gets_its_time_and_no_less_than_the_others(
    base_url: str, exchanges: list[Exchange]
) -> None:
    client = ServiceClient("ib-host", base_url, 0.1, exchanges.append)
    with pytest.raises(EnvironmentFault, match=r"no answer within 0.25 s"):
        client.request("GET", "/silent", timeout_s=0.25)
    with pytest.raises(EnvironmentFault, match=r"no answer within 0.1 s"):
        client.request("GET", "/silent", timeout_s=0.01)
    client.close()
