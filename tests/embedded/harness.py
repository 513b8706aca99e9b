"""One embedded KTRDR in its own process, as the suite and a person start it."""

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import httpx
import starting

T = TypeVar("T")
Start = Callable[..., "subprocess.Popen[str]"]

# How long to wait for what has to come: a busy machine takes many times as long as one that is not.
PATIENCE_S = 60.0

# For the workers; a client of its own for every request would cost more than the request.
http = httpx.Client(
    trust_env=False, verify=False, timeout=PATIENCE_S, limits=httpx.Limits(max_keepalive_connections=0)
)

# High enough that the long training takes 0.3 s, low enough that one request sees it run.
SPEED = 200

SHORT = {"timeframes": ["1d"], "start_date": "2024-01-01", "end_date": "2024-12-31"}
LONG = {"timeframes": ["5m"], "start_date": "2023-01-01", "end_date": "2025-01-01"}
# About 90 minutes at speed 1: nothing here waits for its end, nor meets it on a busy machine.
ENDLESS = {**LONG, "symbols": ["EURUSD"] * 10, "strategy_name": "neuro_mean_reversion"}

SHORT_BACKTEST = {"timeframe": "1d", "start_date": "2024-01-01", "end_date": "2024-12-31"}
# 300 s at speed 1: nothing here waits for its end.
LONG_BACKTEST = {"timeframe": "5m", "start_date": "2023-01-01", "end_date": "2024-12-31"}


def until(probe: Callable[[], T | None], within: float = PATIENCE_S) -> T:
    """The first truthy value of `probe`."""
    deadline = time.monotonic() + within
    while True:
        value = probe()
        if value:
            return value
        assert time.monotonic() < deadline, f"not within {within} s; last value: {value!r}"
        time.sleep(0.005)


def alive(pid: int) -> bool:
    try:
        state = re.search(r"\) (\S)", Path(f"/proc/{pid}/stat").read_text())
    except FileNotFoundError:
        return False
    return state is not None and state[1] != "Z"


class Embedded:
    def __init__(self, *options: str, speed: float = SPEED, start: Start = starting.start) -> None:
        self._logs = (
            tempfile.TemporaryDirectory()
        )  # as long as this object, for tests read logs after the end
        command = [sys.executable, "-m", "embedded_ktrdr", "--ports", "free", "--exit-with-stdin"]
        command += ["--log-dir", self._logs.name]
        self.process = start(
            [*command, "--speed", str(speed), *options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, self.process.stderr and self.process.stderr.read()
        self.ready: dict[str, Any] = json.loads(line)
        self.client = httpx.Client(
            base_url=f"{self.ready['backend']}/api/v1", timeout=PATIENCE_S, verify=False
        )

    def stop(self) -> int:
        assert self.process.stdin is not None
        self.client.close()
        self.process.stdin.close()
        return self.process.wait(PATIENCE_S)

    @property
    def pids(self) -> list[int]:
        return [each["pid"] for each in self.ready["services"].values()]

    def log(self, service: str) -> str:
        return Path(self.ready["services"][service]["log"]).read_text()

    def kill(self, service: str) -> None:
        os.kill(self.ready["services"][service]["pid"], signal.SIGKILL)

    def start(self, **wishes: Any) -> httpx.Response:
        body = {"symbols": ["EURUSD"], "strategy_name": "test_e2e_local_pull", **SHORT, **wishes}
        return self.client.post("/trainings/start", json=body)

    def started(self, **wishes: Any) -> str:
        answer = self.start(**wishes)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["task_id"])

    def backtest(self, **wishes: Any) -> httpx.Response:
        body = {"strategy_name": "test_e2e_local_pull", "symbol": "EURUSD", **SHORT_BACKTEST, **wishes}
        return self.client.post("/backtests/start", json=body)

    def backtested(self, **wishes: Any) -> str:
        answer = self.backtest(**wishes)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["operation_id"])

    def operation(self, operation_id: str) -> dict[str, Any]:
        answer = self.client.get(f"/operations/{operation_id}")
        assert answer.status_code == 200, answer.text
        return dict(answer.json()["data"])

    def ended(self, operation_id: str, within: float = PATIENCE_S) -> dict[str, Any]:
        def final() -> dict[str, Any] | None:
            operation = self.operation(operation_id)
            return None if operation["status"] == "running" else operation

        return until(final, within)

    def workers(self, **query: str) -> list[dict[str, Any]]:
        return list(self.client.get("/workers", params=query).json())

    def worker_of(self, operation_id: str) -> str:
        """URL of the worker that knows the operation."""
        urls = [each["endpoint_url"] for each in self.workers()]
        return next(
            str(url) for url in urls if http.get(f"{url}/api/v1/operations/{operation_id}").status_code == 200
        )

    def at_worker(self, operation_id: str) -> dict[str, Any]:
        url = self.worker_of(operation_id)
        return dict(http.get(f"{url}/api/v1/operations/{operation_id}").json()["data"])


def tell(embedded: Embedded, command: str) -> dict[str, Any]:
    """What the supervisor answers to a command."""
    assert embedded.process.stdin is not None
    assert embedded.process.stdout is not None
    embedded.process.stdin.write(f"{command}\n")
    embedded.process.stdin.flush()
    return dict(json.loads(embedded.process.stdout.readline()))


def told(embedded: Embedded, *commands: str) -> None:
    """Commands that are done."""
    for command in commands:
        assert tell(embedded, command) == {"done": command}


def url(embedded: Embedded, name: str) -> str:
    """Where a service answers."""
    return str(embedded.ready["services"][name]["url"])
