import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from machine import idle_s

from .harness import ENDLESS, PATIENCE_S, Embedded, alive, http, until

COMMAND = [sys.executable, "-m", "embedded_ktrdr"]


def as_a_user(command: list[str], **pipes: int) -> subprocess.Popen[str]:
    """Start it by Python alone: here the start itself is what is proven."""
    return subprocess.Popen(command, text=True, **pipes)


@pytest.fixture
def own() -> Iterator[Embedded]:
    options = ["--training-worker", "training-worker-5002", "--backtest-workers", "0"]
    # At speed 1, so that whoever waits for the end of some work does so for an hour.
    embedded = Embedded(*options, speed=1, start=as_a_user)
    yield embedded
    embedded.process.kill()


def assert_all_gone(pids: list[int]) -> None:
    until(lambda: not any(alive(pid) for pid in pids))


def test_the_ready_line_says_where_everything_is(own: Embedded) -> None:
    services = own.ready.pop("services")
    data_dir = Path(services["backend"]["log"]).with_name("data")
    assert own.ready == {
        "backend": services["backend"]["url"], "speed": 1.0, "cache_ttl_s": 1.0, "health_sweep_s": 10.0,
        "data_dir": str(data_dir), "data_limit_bytes": None, "defects": [],
        "variations": [],
    }  # fmt: skip
    assert data_dir.is_dir()
    assert set(services) >= {"backend", "training-worker-5002", "ib-host", "ib-gateway"}
    for name, service in services.items():
        assert list(service) == ["url", "pid", "log"]
        assert Path(service["log"]).name == f"{name}.log"
        assert alive(service["pid"])
    assert [each["worker_id"] for each in own.workers()] == ["training-worker-5002"]
    assert own.workers()[0]["endpoint_url"] == services["training-worker-5002"]["url"]


def test_the_end_of_stdin_ends_everything_at_once(own: Embedded) -> None:
    own.started(**ENDLESS)
    began = idle_s()
    assert own.stop() == 0
    assert idle_s() - began < 1
    assert_all_gone(own.pids)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_everything_without_a_word(own: Embedded, number: signal.Signals) -> None:
    own.started(**ENDLESS)
    own.process.send_signal(number)
    assert own.process.wait(PATIENCE_S) == 0
    assert_all_gone(own.pids)
    assert own.process.stdout is not None
    assert own.process.stderr is not None
    assert (own.process.stdout.read(), own.process.stderr.read()) == ("", "")
    assert not any("Traceback" in own.log(name) for name in own.ready["services"])


def test_nothing_outlives_a_killed_supervisor(own: Embedded) -> None:
    os.kill(own.pids[1], signal.SIGSTOP)  # not even a paused service
    own.process.kill()
    assert_all_gone(own.pids)


def test_a_paused_service_does_not_hold_up_the_stop(own: Embedded) -> None:
    os.kill(own.pids[1], signal.SIGSTOP)
    assert own.stop() == 0
    assert_all_gone(own.pids)


def test_a_service_that_dies_is_reported_and_the_others_go_on(own: Embedded) -> None:
    own.kill("training-worker-5002")
    log = Path(own.ready["services"]["backend"]["log"]).with_name("supervisor.log")
    until(lambda: "training-worker-5002 has ended" in log.read_text())
    assert own.client.get("/health").status_code == 200
    with pytest.raises(httpx.ConnectError):
        http.get(own.ready["services"]["training-worker-5002"]["url"])
    assert own.stop() == 0


def test_a_busy_port_is_one_clear_sentence(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            taken.bind(("127.0.0.1", 8000))
            taken.listen()
        except OSError:
            pass  # somebody else holds it: just as good
        done = subprocess.run(
            [*COMMAND, "--log-dir", str(tmp_path)], capture_output=True, text=True, timeout=PATIENCE_S
        )
    assert (done.returncode, done.stdout) == (2, "")
    assert re.fullmatch(r"Port 8000 of backend is not free .*\n", done.stderr)


@pytest.mark.parametrize(
    "options",
    [
        ["--speed", "0"],
        ["--speed", "fast"],
        ["--training-workers", "-1"],
        ["--training-worker", "a", "--training-worker", "a"],
        ["--training-worker", "../a"],
        ["--ports", "other"],
    ],
)
def test_bad_options_are_refused(options: list[str]) -> None:
    done = subprocess.run([*COMMAND, *options], capture_output=True, text=True, timeout=PATIENCE_S)
    assert done.returncode == 2
    assert "error:" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_service_that_cannot_start_names_its_log(tmp_path: Path) -> None:
    (tmp_path / "training-worker-1.log").mkdir()  # where its log should be
    options = ["--ports", "free", "--log-dir", str(tmp_path)]
    done = subprocess.run([*COMMAND, *options], capture_output=True, text=True, timeout=PATIENCE_S)
    assert (done.returncode, done.stdout) == (1, "")
    last = done.stderr.splitlines()[-1]
    assert last == f"training-worker-1 ended while it started; its log is {tmp_path}/training-worker-1.log."


def test_it_is_ready_soon() -> None:
    began = idle_s()
    embedded = Embedded(start=as_a_user)
    spent = idle_s() - began
    embedded.stop()
    assert spent < 5


def test_neither_package_imports_the_other() -> None:
    code = (
        "import json, sys, embedded_ktrdr.__main__, embedded_ktrdr.supervisor; "
        "print(json.dumps([name for name in sys.modules if name.startswith('ktrdr_acceptance')]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == []
