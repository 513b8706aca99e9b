"""What listens in the place of the IB host or of a worker answers nonsense: nobody waits long or breaks."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from machine import idle_s

from embedded_ktrdr.wire import LARGEST

from .harness import ENDLESS, Embedded, told, until, url

Answer = Callable[[socket.socket, bytes], None]

DOWNLOAD = {"symbol": "AAPL", "timeframe": "1d", "start_date": "2024-02-01", "end_date": "2024-02-20"}
NO_TRACE = "Traceback"


def huge(to: socket.socket, _request: bytes) -> None:
    to.sendall(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 209715200\r\n\r\n")
    for _ in range(200):
        to.sendall(b"[" * 2**20)


def dripping(to: socket.socket, _request: bytes) -> None:
    to.sendall(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n")
    for _ in range(100):
        to.sendall(b" ")
        time.sleep(0.1)


def dripping_head(to: socket.socket, _request: bytes) -> None:
    to.sendall(b"HTTP/1.1 200 OK\r\n")
    for number in range(100):
        to.sendall(b"x-%d: y\r\n" % number)
        time.sleep(0.1)


def redirect(to: socket.socket, request: bytes) -> None:
    path = request.split(b" ")[1]
    to.sendall(b"HTTP/1.1 307 Temporary Redirect\r\nlocation: " + path + b"\r\ncontent-length: 0\r\n\r\n")


def elsewhere(to: socket.socket, _request: bytes) -> None:
    to.sendall(b"HTTP/1.1 302 Found\r\nlocation: http://\xff\xfe:99999/\r\ncontent-length: 0\r\n\r\n")


def no_http(to: socket.socket, _request: bytes) -> None:
    to.sendall(b"SSH-2.0-OpenSSH_9.2\r\n")


def early_end(to: socket.socket, _request: bytes) -> None:
    to.sendall(b'HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"success":')


def nothing(_to: socket.socket, _request: bytes) -> None:
    pass


def body(content: bytes) -> Answer:
    def answer(to: socket.socket, _request: bytes) -> None:
        head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"
        to.sendall(head % len(content) + content)

    return answer


def bars(text: object) -> Answer:
    """A host that knows the symbol, but whose bars are like this."""
    known: dict[str, Any] = {
        "success": True,
        "is_valid": True,
        "error_message": None,
        "head_timestamps": {},
        "error": None,
    }

    def answer(to: socket.socket, request: bytes) -> None:
        found = known if b"/data/validate" in request else {"success": True, "data": text, "error": None}
        body(json.dumps(found).encode())(to, request)

    return answer


ROW = '{"open": 1, "high": 1, "low": 1, "close": 1, "volume": 1}'
ANYWHERE: dict[str, Answer] = {
    "huge": huge,
    "dripping": dripping,
    "dripping head": dripping_head,
    "redirect": redirect,
    "elsewhere": elsewhere,
    "no HTTP": no_http,
    "early end": early_end,
    "nothing": nothing,
    "empty": body(b""),
    "HTML": body(b"<html>"),
    "half": body(b'{"success": true, "da'),
    "deep": body(b"[" * 100_000),
    "not a number": body(b'{"success": NaN}'),
    "half a character": body(b'{"success": true, "is_valid": false, "error": "\\ud800"}'),
    "number": body(b"1"),
    "null": body(b"null"),
    "list": body(b"[]"),
    "other object": body(b'{"hello": "world"}'),
    "other types": body(b'{"success": "maybe", "data": 5, "operation_id": 5, "worker_status": {}}'),
}
# Of each way in which an answer can be unusable.
SAMPLE = ("huge", "dripping", "redirect", "no HTTP", "half", "deep", "list", "other types")
FROM_THE_HOST: dict[str, Answer] = ANYWHERE | {
    "long reason": body(
        json.dumps(
            dict.fromkeys(("is_valid", "error_message", "head_timestamps"))
            | {"success": False, "error": "x" * 500_000}
        ).encode()
    ),
    "no bars": bars(None),
    "bars of no form": bars("[1, 2]"),
    "bars without a time": bars(f'{{"someday": {ROW}}}'),
    "bars that are no numbers": bars('{"2024-02-05T00:00:00Z": {"open": "high"}}'),
    "endless prices": bars(f'{{"2024-02-05T00:00:00Z": {ROW.replace("1}", "1e999}")}}}'),
}


@contextmanager
def in_the_place_of(embedded: Embedded, name: str, answer: Answer) -> Iterator[list[bytes]]:
    """Something that answers so listens where the service did; afterwards the service is there again."""
    told(embedded, f"stop {name}")
    asked: list[bytes] = []
    port = int(url(embedded, name).rsplit(":", 1)[1])
    with socket.create_server(("127.0.0.1", port)) as listener:

        def serve(connection: socket.socket) -> None:
            with connection, suppress(OSError):
                request = connection.recv(65536)
                asked.append(request)
                answer(connection, request)

        def accept() -> None:
            with suppress(OSError):
                while True:
                    threading.Thread(target=serve, args=listener.accept()[:1], daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        yield asked
        listener.shutdown(socket.SHUT_RDWR)
    told(embedded, f"start {name}")


@pytest.fixture(scope="module")
def own() -> Iterator[Embedded]:
    embedded = Embedded("--training-workers", "2", "--backtest-workers", "0")
    yield embedded
    embedded.stop()


def memory_mb(embedded: Embedded) -> float:
    """How much of the machine the backend has ever had at once."""
    status = Path(f"/proc/{embedded.ready['services']['backend']['pid']}/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def is_well(embedded: Embedded) -> None:
    assert embedded.client.get("/health").json()["status"] == "ok"
    assert NO_TRACE not in embedded.log("backend")


@pytest.mark.parametrize("name", FROM_THE_HOST)
def test_a_download_fails_in_time_and_names_the_ib_host(own: Embedded, name: str) -> None:
    before = memory_mb(own)
    with in_the_place_of(own, "ib-host", FROM_THE_HOST[name]):
        began = idle_s()
        operation = own.client.post("/data/acquire/download", json=DOWNLOAD).json()["operation_id"]
        ended = own.ended(operation)
        assert idle_s() - began < 10
        status = own.client.get("/ib/status")
        health = own.client.get("/ib/health")
    assert ended["status"] == "failed"
    reason = ended["error_message"]
    assert len(reason) < 400
    if name != "long reason":
        assert "ost service" in reason
        assert "IB host" in reason or "/data/" in reason
    assert NO_TRACE not in reason
    assert (status.status_code, status.json()["data"]["ib_available"]) == (200, False)
    assert health.status_code == 503
    assert memory_mb(own) - before < 60
    is_well(own)


def test_after_the_nonsense_a_download_completes(own: Embedded) -> None:
    with in_the_place_of(own, "ib-host", no_http):
        pass
    operation = own.client.post("/data/acquire/download", json=DOWNLOAD).json()["operation_id"]
    ended = own.ended(operation)
    assert (ended["status"], ended["result_summary"]["rows_downloaded"]) == ("completed", 13)


@pytest.mark.parametrize("name", ANYWHERE)
def test_a_worker_that_talks_nonsense_gets_no_work(own: Embedded, name: str) -> None:
    until(lambda: len(own.workers(status="available")) == 2)
    before = memory_mb(own)
    with in_the_place_of(own, "training-worker-1", ANYWHERE[name]):
        began = idle_s()
        operation = own.started()
        assert idle_s() - began < 5
        assert own.ended(operation)["status"] == "completed"
        with in_the_place_of(own, "training-worker-2", ANYWHERE[name]):
            refused = own.start()
        assert refused.status_code == 503
        assert refused.json()["detail"]["hint"]
        assert idle_s() - began < 10
    assert memory_mb(own) - before < 60
    is_well(own)


@pytest.mark.parametrize("name", SAMPLE)
def test_the_state_that_was_last_known_stays(own: Embedded, name: str) -> None:
    until(lambda: len(own.workers(status="available")) == 2)
    operation = own.started(**ENDLESS)
    until(lambda: own.operation(operation)["progress"]["current_step"].startswith("Epoch"))
    worker = next(each["worker_id"] for each in own.workers() if each["current_operation_id"] == operation)
    last = own.operation(operation)["progress"]["percentage"]
    with in_the_place_of(own, worker, ANYWHERE[name]) as asked:
        until(lambda: own.operation(operation) and asked)
        for path in ("", "/metrics"):
            began = idle_s()
            assert own.client.get(f"/operations/{operation}{path}").status_code == 200
            assert idle_s() - began < 2
        seen = own.operation(operation)
        assert seen["status"] == "running"
        assert seen["progress"]["percentage"] >= last
        assert own.client.get("/operations").status_code == 200
        assert own.client.delete(f"/operations/{operation}").json()["data"]["status"] == "cancelled"
    is_well(own)


def test_what_another_operation_is_told_of_does_not_count(own: Embedded) -> None:
    until(lambda: len(own.workers(status="available")) == 2)
    done = own.started()
    own.ended(done)
    operation = own.started(**ENDLESS)
    worker = next(each["worker_id"] for each in own.workers() if each["current_operation_id"] == operation)
    answer = json.dumps({"success": True, "data": own.operation(done)}).encode()
    with in_the_place_of(own, worker, body(answer)) as asked:
        until(lambda: own.operation(operation) and asked)
        assert own.operation(operation)["status"] == "running"
        own.client.delete(f"/operations/{operation}")


def test_nonsense_of_the_right_form_breaks_no_answer(own: Embedded) -> None:
    until(lambda: len(own.workers(status="available")) == 2)
    operation = own.started(**ENDLESS)
    worker = next(each["worker_id"] for each in own.workers() if each["current_operation_id"] == operation)
    mad = own.operation(operation) | {"status": "completed", "error_message": "y" * 100_000}
    mad |= {"metrics": {"epochs": 5}, "result_summary": {"training_metrics": "none", "test_metrics": 1e308}}
    text = json.dumps({"success": True, "data": mad}).replace("1e+308", "1e999").encode()
    assert len(text) < LARGEST
    with in_the_place_of(own, worker, body(text)):
        ended = own.ended(operation)
    assert len(ended["error_message"]) < 400
    for path in ("/operations", f"/operations/{operation}/metrics", f"/operations/{operation}/results"):
        assert own.client.get(path).status_code == 200, path
    assert own.client.get(f"/trainings/{operation}/performance").status_code == 200
    told(own, "stop backend", "start backend")
    assert own.operation(operation)["status"] == "completed"
    is_well(own)
