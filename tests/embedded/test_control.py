"""The commands that the supervisor reads from its stdin."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import starting

from .harness import ENDLESS, Embedded, http, tell, until, url

COMMAND = [sys.executable, "-m", "embedded_ktrdr", "--ports", "free"]


@pytest.fixture(scope="module")
def own() -> Iterator[Embedded]:
    embedded = Embedded()
    yield embedded
    embedded.stop()


@pytest.mark.parametrize("verb", ["stop", "kill"])
@pytest.mark.parametrize("name", ["ib-gateway", "ib-host", "training-worker-2", "backtest-worker-1"])
def test_what_is_stopped_refuses_connections_until_it_is_started_again(
    own: Embedded, name: str, verb: str
) -> None:
    if name not in own.ready["services"]:
        pytest.skip(f"no {name} yet")
    assert tell(own, f"{verb} {name}") == {"done": f"{verb} {name}"}
    with pytest.raises(httpx.ConnectError):
        http.get(url(own, name))
    assert tell(own, f"start {name}") == {"done": f"start {name}"}
    assert http.get(f"{url(own, name)}/health").status_code == 200
    states = {each["worker_id"]: each["status"] for each in own.workers()}
    assert states.get(name, "available") == "available"


def test_a_worker_that_was_busy_is_free_again_after_its_restart(own: Embedded) -> None:
    operation = own.started(**ENDLESS)
    busy = next(each for each in own.workers() if each["current_operation_id"] == operation)
    tell(own, f"kill {busy['worker_id']}")
    tell(own, f"start {busy['worker_id']}")
    after = next(each for each in own.workers() if each["worker_id"] == busy["worker_id"])
    assert (after["status"], after["current_operation_id"]) == ("available", None)


def test_a_paused_service_is_silent_and_goes_on_where_it_was(own: Embedded) -> None:
    assert tell(own, "pause ib-host") == {"done": "pause ib-host"}
    with pytest.raises(httpx.TimeoutException):
        http.get(f"{url(own, 'ib-host')}/health", timeout=0.2)
    assert tell(own, "pause ib-host") == {"done": "pause ib-host"}
    assert tell(own, "start ib-host") == {"error": "ib-host is paused: resume it."}
    assert tell(own, "resume ib-host") == {"done": "resume ib-host"}
    assert http.get(f"{url(own, 'ib-host')}/health").status_code == 200


def test_a_paused_service_can_be_stopped(own: Embedded) -> None:
    tell(own, "pause ib-host")
    assert tell(own, "stop ib-host") == {"done": "stop ib-host"}
    assert tell(own, "start ib-host") == {"done": "start ib-host"}


def test_commands_find_what_they_want_already_done(own: Embedded) -> None:
    for command in ("start ib-host", "resume ib-host", "stop ib-host", "stop ib-host", "kill ib-host"):
        assert tell(own, command) == {"done": command}
    assert tell(own, "pause ib-host") == {"error": "ib-host does not run."}
    assert tell(own, "start ib-host") == {"done": "start ib-host"}


@pytest.mark.parametrize(
    ("command", "named"), [("halt ib-host", "'halt'"), ("stop moon", "'moon'"), ("stop", "''")]
)
def test_a_wrong_command_is_one_sentence_and_changes_nothing(own: Embedded, command: str, named: str) -> None:
    answer = tell(own, command)
    assert list(answer) == ["error"]
    assert named in answer["error"]
    assert own.client.get("/health").status_code == 200


def test_a_gateway_that_shall_be_disconnected_can_be_started() -> None:
    embedded = Embedded("--gateway", "disconnected", "--training-workers", "0", "--backtest-workers", "0")
    with pytest.raises(httpx.ConnectError):
        http.get(url(embedded, "ib-gateway"))
    assert tell(embedded, "start ib-gateway") == {"done": "start ib-gateway"}
    assert http.get(f"{url(embedded, 'ib-gateway')}/health").status_code == 200
    assert embedded.stop() == 0


def test_a_data_folder_is_kept_as_it_is_and_the_default_one_is_emptied(tmp_path: Path) -> None:
    for folder in (tmp_path / "own", tmp_path / "logs" / "data"):
        folder.mkdir(parents=True)
        (folder / "EURUSD_1h.csv").write_text("date,open,high,low,close,volume\n")
    few = ["--log-dir", str(tmp_path / "logs"), "--training-workers", "0", "--backtest-workers", "0"]
    for options, folder in (([], "logs/data"), (["--data-dir", str(tmp_path / "own")], "own")):
        process = starting.start(
            [*COMMAND, "--exit-with-stdin", *few, *options], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        ready, _ = process.communicate()
        assert json.loads(ready)["data_dir"] == str(tmp_path / folder)
    assert (tmp_path / "own" / "EURUSD_1h.csv").exists()
    assert not (tmp_path / "logs" / "data" / "EURUSD_1h.csv").exists()


def test_it_goes_on_without_stdin(tmp_path: Path) -> None:
    command = [*COMMAND, "--log-dir", str(tmp_path), "--training-workers", "0", "--backtest-workers", "0"]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        ready = json.loads(process.stdout.readline())
        # It still looks after its services, long after it has found that nobody will tell it anything.
        os.kill(ready["services"]["ib-gateway"]["pid"], signal.SIGKILL)
        until(lambda: "ib-gateway has ended" in (tmp_path / "supervisor.log").read_text())
        assert http.get(f"{ready['backend']}/api/v1/health").status_code == 200
        process.terminate()
    until(lambda: process.poll() == 0)
