"""One service alone in the foreground, as a container runs it."""

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from machine import idle_s

from embedded_ktrdr.one import Refused, of_kind

from .harness import ENDLESS, PATIENCE_S, http, until

ROOT = Path(__file__).parents[2]

Start = Callable[..., "Alone"]


_held: list[socket.socket] = []


def free_port() -> int:
    """A port that nobody else is given: bound here for good, where only who names it can listen."""
    _held.append(socket.socket())
    _held[-1].setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    _held[-1].bind(("127.0.0.1", 0))
    return int(_held[-1].getsockname()[1])


class Alone:
    """A service of which only the variables say what it is."""

    def __init__(self, kind: str, folder: Path, port_variable: str, **variables: str) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        own = {
            "DATA_DIR": str(folder / "data"),
            "MODELS_DIR": str(folder / "models"),
            "EMBEDDED_SPEED": "200",
        }
        kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        self.output = folder / f"{kind}-{self.port}.log"
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "embedded_ktrdr.one", kind],
                env={**kept, **own, port_variable: str(self.port), **variables},
                stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
            )  # fmt: skip

    def answer(self, path: str) -> Any:
        def asked() -> httpx.Response | None:
            assert self.process.poll() is None, self.output.read_text()
            try:
                return http.get(self.url + path)
            except httpx.TransportError:
                return None

        return until(asked).json()

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(PATIENCE_S)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    started: list[Alone] = []

    def begin(kind: str, port_variable: str, **variables: str) -> Alone:
        started.append(Alone(kind, tmp_path, port_variable, **variables))
        return started[-1]

    yield begin
    for each in started:
        each.process.kill()
        each.process.wait()


def test_a_worker_registers_at_a_backend_that_comes_later(start: Start) -> None:
    backend_port = free_port()
    worker = start(
        "backtest-worker", "WORKER_PORT", WORKER_ID="backtest-worker-7",
        KTRDR_API_URL=f"http://127.0.0.1:{backend_port}", WORKER_PUBLIC_BASE_URL="http://of-my-own:5003",
    )  # fmt: skip
    assert worker.answer("/")["worker_id"] == "backtest-worker-7"
    backend = start("backend", "KTRDR_API_PORT", KTRDR_API_PORT=str(backend_port))
    backend.url = f"http://127.0.0.1:{backend_port}"
    found = until(lambda: backend.answer("/api/v1/workers"))
    assert [(each["worker_id"], each["endpoint_url"]) for each in found] == [
        ("backtest-worker-7", "http://of-my-own:5003")
    ]


def test_an_ib_host_asks_the_gateway_that_it_is_told_of(start: Start) -> None:
    gateway = start("ib-gateway", "IB_PORT")
    assert gateway.answer("/health") == {"connected": True}
    host = start("ib-host", "KTRDR_IB_HOST_PORT", IB_HOST="127.0.0.1", IB_PORT=str(gateway.port))
    backend = start("backend", "KTRDR_API_PORT", IB_HOST_SERVICE_URL=host.url)
    assert host.answer("/health")["healthy"] is True

    def says(host_is_there: bool, gateway_is_there: bool) -> bool:
        status = backend.answer("/api/v1/ib/status")["data"]
        return (status["ib_available"], status["connection"]["connected"]) == (
            host_is_there,
            gateway_is_there,
        )

    # A busy machine may take longer for one answer than the backend waits.
    until(lambda: says(True, True))
    gateway.stop()
    until(lambda: says(True, False))


@pytest.mark.parametrize(
    ("kind", "title"),
    [("training-worker", "Training Worker Service"), ("training-host", "Training Worker Service")],
)
def test_what_a_worker_is_follows_from_its_kind(start: Start, kind: str, title: str) -> None:
    root = start(kind, "WORKER_PORT").answer("/")
    assert root["service"] == title
    assert (
        root["worker_id"] == {"training-worker": "training-worker-1", "training-host": "training-host"}[kind]
    )


def test_the_log_is_on_stdout_in_the_form_of_the_service(start: Start) -> None:
    backend = start("backend", "KTRDR_API_PORT")
    backend.answer("/api/v1/workers")
    assert backend.stop() == 0
    assert " [INFO] ktrdr.api.main: KTRDR API initialized: version=" in backend.output.read_text()
    worker = start("training-worker", "WORKER_PORT", KTRDR_API_URL=f"http://127.0.0.1:{free_port()}")
    worker.answer("/health")
    assert worker.stop() == 0
    assert "INFO:     Application startup complete." in worker.output.read_text()


def test_the_cache_lasts_as_long_as_it_is_told(start: Start) -> None:
    backend = start("backend", "KTRDR_API_PORT", OPERATIONS_CACHE_TTL="30")
    worker = start("training-worker", "WORKER_PORT", KTRDR_API_URL=backend.url)
    until(lambda: backend.answer("/api/v1/workers"))
    wanted = {"symbols": ["EURUSD"], **ENDLESS}
    started = http.post(f"{backend.url}/api/v1/trainings/start", json=wanted).json()["task_id"]

    def percentage(service: Alone) -> float:
        return float(service.answer(f"/api/v1/operations/{started}")["data"]["progress"]["percentage"])

    until(lambda: percentage(worker) > 0)
    assert percentage(backend) == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_well_and_soon_whoever_still_waits(start: Start, number: signal.Signals) -> None:
    # Its gateway never answers, so the host lets its caller wait.
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        host = start(
            "ib-host", "KTRDR_IB_HOST_PORT", IB_PORT=str(silent.getsockname()[1]), EMBEDDED_SPEED="0.1"
        )
        host.answer("/health")
        with socket.create_connection(("127.0.0.1", host.port)) as caller:
            body = b'{"symbol": "EURUSD", "timeframes": ["1d"]}'
            head = f"POST /data/validate HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n"
            caller.sendall(head.encode() + body)
            silent.accept()
            began = idle_s()
            assert host.stop(number) == 0
            assert idle_s() - began < 1
    assert "Traceback" not in host.output.read_text()


def test_a_signal_during_the_start_ends_it_too(start: Start, tmp_path: Path) -> None:
    (tmp_path / "fastapi.py").write_text("print('importing', flush=True)\nimport time\ntime.sleep(30)\n")
    backend = start("backend", "KTRDR_API_PORT", PYTHONPATH=f"{tmp_path}:{ROOT}")
    until(lambda: "importing" in backend.output.read_text())
    assert backend.stop() == 0


def test_an_unknown_kind_is_one_sentence(start: Start) -> None:
    alone = start("moon", "UNUSED")
    assert alone.process.wait(PATIENCE_S) == 2
    said = alone.output.read_text()
    assert "backend|ib-host|" in said
    assert said.count("\n") == 1


@pytest.mark.parametrize(
    ("kind", "variables", "named"),
    [
        ("backend", {"EMBEDDED_SPEED": "fast"}, "EMBEDDED_SPEED is 'fast'"),
        ("backend", {"EMBEDDED_SPEED": "nan"}, "EMBEDDED_SPEED is 'nan'"),
        ("backend", {"KTRDR_API_PORT": "70000"}, "KTRDR_API_PORT is '70000'"),
        ("backend", {"DATA_DIR": "/dev/null/data"}, "DATA_DIR /dev/null/data"),
        ("training-worker", {"WORKER_ID": "backend"}, "WORKER_ID is 'backend'"),
    ],
)
def test_what_it_cannot_do_is_one_sentence(
    tmp_path: Path, kind: str, variables: dict[str, str], named: str
) -> None:
    folders = {"DATA_DIR": str(tmp_path), "MODELS_DIR": str(tmp_path)}
    with pytest.raises(Refused, match=re.escape(named)):
        of_kind(kind, {**folders, **variables})


def test_a_port_that_is_taken_is_named(start: Start) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        alone = start("backend", "UNUSED", KTRDR_API_PORT=str(port))
        assert alone.process.wait(PATIENCE_S) == 2
    assert f"backend cannot listen at 127.0.0.1:{port}: Address already in use." in alone.output.read_text()


def test_its_defects_and_variations_are_those_that_it_is_told_of(start: Start) -> None:
    backend = start(
        "backend", "KTRDR_API_PORT",
        EMBEDDED_DEFECTS="operations-forgotten", EMBEDDED_VARIATIONS=" another-version , backend-log-in-json",
    )  # fmt: skip
    assert backend.answer("/api/v1/health")["version"].startswith("1.1.0")
    assert backend.stop() == 0
    assert '"levelname": "INFO"' in backend.output.read_text()


@pytest.mark.parametrize("kind", ["defect", "variation"])
def test_a_defect_or_variation_that_does_not_exist_is_one_sentence(start: Start, kind: str) -> None:
    variable = f"EMBEDDED_{kind.upper()}S"
    alone = start("ib-host", "KTRDR_IB_HOST_PORT", **{variable: "moon"})
    assert alone.process.wait(PATIENCE_S) == 2
    assert alone.output.read_text().startswith(f"{variable}: There is no {kind} 'moon': ")
