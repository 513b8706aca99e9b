"""A service off the network: nobody reaches it and it reaches nobody, but it goes on working."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from machine import idle_s

from .harness import ENDLESS, Embedded, http, tell, told, until, url


@pytest.fixture(scope="module")
def own() -> Iterator[Embedded]:
    # So slow that a worker is shown as unavailable for seconds before it is forgotten.
    embedded = Embedded("--training-workers", "1", "--backtest-workers", "1", speed=40)
    yield embedded
    embedded.stop()


@pytest.fixture(autouse=True)
def _healed(own: Embedded) -> Iterator[None]:
    yield
    for name in own.ready["services"]:
        tell(own, f"resume {name}")
        tell(own, f"heal {name}")
    for each in own.client.get("/operations?active_only=true&limit=1000").json()["data"]:
        own.client.delete(f"/operations/{each['operation_id']}")
    until(lambda: [each["status"] for each in own.workers()] == ["available"] * 2)


def port_of(where: str) -> int:
    return int(where.rsplit(":", 1)[1])


def unread(port: int) -> int:
    """How many bytes have come to a port that nobody has read yet."""
    connections = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    waiting = [each[4] for each in connections if int(each[1].split(":")[1], 16) == port and each[3] == "01"]
    return sum(int(queues.split(":")[1], 16) for queues in waiting)


HEALTH = {"backend": "/api/v1/health", "ib-host": "/health", "training-worker-1": "/health"}


@pytest.mark.parametrize("name", HEALTH)
def test_a_cut_service_hangs_and_a_healed_one_answers_at_once(own: Embedded, name: str) -> None:
    where = f"{url(own, name)}{HEALTH[name]}"
    with httpx.Client(trust_env=False) as kept:
        assert kept.get(where).status_code == 200
        told(own, f"cut {name}", f"cut {name}")
        for client in (kept, http):  # a connection from before, and a new one
            with pytest.raises(httpx.TimeoutException):
                client.get(where, timeout=0.2)
        told(own, f"heal {name}", f"heal {name}")
        began = idle_s()
        assert http.get(where).status_code == 200
        assert idle_s() - began < 1


def test_a_request_that_waits_for_the_healing_is_answered(own: Embedded) -> None:
    told(own, "cut ib-host")
    answers: list[httpx.Response] = []
    body = {"symbol": "EURUSD", "timeframes": ["1h"]}
    where = f"{url(own, 'ib-host')}/data/validate"
    asking = threading.Thread(target=lambda: answers.append(http.post(where, json=body)))
    asking.start()
    asking.join(0.2)
    assert asking.is_alive()
    told(own, "heal ib-host")
    asking.join()
    assert answers[0].json()["is_valid"] is True


def test_an_answer_that_was_under_way_waits_too(own: Embedded) -> None:
    told(own, "pause ib-gateway")
    answers: list[httpx.Response] = []
    where = f"{url(own, 'ib-host')}/data/head-timestamp?symbol=EURUSD&timeframe=1h"
    asking = threading.Thread(target=lambda: answers.append(http.get(where)))
    asking.start()
    # What the host asks for has come to the gateway, which does not read it.
    until(lambda: unread(port_of(url(own, "ib-gateway"))) > 0)
    told(own, "cut ib-host", "resume ib-gateway")
    asking.join(0.3)
    assert asking.is_alive()
    told(own, "heal ib-host")
    asking.join()
    assert answers[0].json()["success"] is True


def test_an_answer_that_is_ready_waits_too(own: Embedded) -> None:
    own.started(**ENDLESS)
    told(own, "pause training-worker-1")
    answers: list[httpx.Response] = []
    where = f"{own.ready['backend']}/api/v1/operations"  # which waits half a second for the worker

    def is_cut_while_it_waits() -> bool:
        """An answer from before what the backend last heard has expired, or from before the cut, is none."""
        nonlocal asking
        asking = threading.Thread(target=lambda: answers.append(http.get(where)))
        asking.start()
        time.sleep(0.1)
        told(own, "cut backend")
        asking.join(0.05)
        if not asking.is_alive():
            told(own, "heal backend")
            answers.clear()
        return asking.is_alive()

    asking = threading.Thread()
    until(is_cut_while_it_waits)
    asking.join(0.9)
    assert asking.is_alive()
    told(own, "heal backend")
    asking.join()
    told(own, "resume training-worker-1")
    assert answers[0].json()["active_count"] == 1


def test_a_request_whose_client_gave_up_is_never_done(own: Embedded) -> None:
    body = {"symbol": "EURUSD", "strategy_name": "test_e2e_local_pull", "timeframe": "1d"}
    body |= {"start_date": "2024-01-01", "end_date": "2024-12-31", "task_id": "nobody-waits-for-it"}
    where = url(own, "backtest-worker-1")
    told(own, "cut backtest-worker-1")
    with socket.create_connection(("127.0.0.1", port_of(where))) as caller:
        content = json.dumps(body).encode()
        head = "POST /backtests/start HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        caller.sendall(f"{head}Content-Length: {len(content)}\r\n\r\n".encode() + content)
        # Healed before the worker has read it, it would find a request on a whole cable.
        until(lambda: unread(port_of(where)) == 0)
        time.sleep(0.2)
    told(own, "heal backtest-worker-1")
    assert http.get(f"{where}/api/v1/operations").json()["total_count"] == 0


def test_the_work_of_a_cut_worker_goes_on_and_its_state_is_known_afterwards(own: Embedded) -> None:
    operation = own.started(**{**ENDLESS, "symbols": ["EURUSD"]})  # about 14 s
    until(lambda: own.operation(operation)["progress"]["current_step"].startswith("Epoch"))
    told(own, "cut training-worker-1")
    last = own.operation(operation)
    began = idle_s()
    seen = own.operation(operation)
    assert idle_s() - began < 2
    assert (seen["status"], seen["progress"]) == ("running", last["progress"])
    assert own.client.get("/operations?status=running").json()["total_count"] == 1
    unavailable = "temporarily_unavailable"
    until(lambda: [each["status"] for each in own.workers(worker_type="training")] == [unavailable])
    told(own, "heal training-worker-1")
    ended = own.ended(operation)
    epochs = ended["progress"]["steps_total"]
    assert (ended["status"], len(ended["metrics"]["epochs"])) == ("completed", epochs)
    until(lambda: [each["status"] for each in own.workers(worker_type="training")] == ["available"])
    assert own.ended(own.started())["status"] == "completed"


def test_a_cut_worker_reaches_nobody(own: Embedded) -> None:
    told(own, "cut backtest-worker-1", "stop backend", "start backend")
    until(lambda: [each["worker_id"] for each in own.workers()] == ["training-worker-1"])
    watched_until = time.monotonic() + 1.5
    while time.monotonic() < watched_until:
        assert [each["worker_id"] for each in own.workers()] == ["training-worker-1"]
    told(own, "heal backtest-worker-1")
    until(lambda: len(own.workers()) == 2)


def test_a_cut_service_stays_cut_over_a_restart_and_keeps_nobody_waiting(own: Embedded) -> None:
    began = idle_s()
    told(own, "cut training-worker-1", "stop training-worker-1", "start training-worker-1")
    told(own, "stop backtest-worker-1", "start backtest-worker-1")
    assert idle_s() - began < 5
    with pytest.raises(httpx.TimeoutException):
        http.get(f"{url(own, 'training-worker-1')}/health", timeout=0.2)
    told(own, "heal training-worker-1")
    assert http.get(f"{url(own, 'training-worker-1')}/health").status_code == 200


def test_with_a_cut_backend_a_worker_can_be_restarted(own: Embedded) -> None:
    told(own, "cut backend")
    began = idle_s()
    told(own, "stop training-worker-1", "start training-worker-1", "heal backend")
    assert idle_s() - began < 5
    until(lambda: [each["status"] for each in own.workers()] == ["available"] * 2)


def test_an_operation_cancelled_in_the_meantime_does_not_go_on_for_ever(own: Embedded) -> None:
    operation = own.started(**ENDLESS)
    told(own, "cut training-worker-1")
    answer = own.client.delete(f"/operations/{operation}").json()["data"]
    assert (answer["status"], answer["remote_cancelled"]) == ("cancelled", False)
    told(own, "heal training-worker-1")
    until(lambda: own.at_worker(operation)["status"] == "cancelled")
    assert own.ended(own.started())["status"] == "completed"
