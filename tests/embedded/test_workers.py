from collections.abc import Iterator

import httpx
import pytest

from embedded_ktrdr.strategies import STRATEGIES

from .harness import ENDLESS, Embedded, http, told, until

OPTIONS = ("--backtest-workers", "0")
DETAIL_FIELDS = {"error", "worker_type", "registered_workers", "backend_uptime_seconds", "hint"}


@pytest.fixture
def own() -> Iterator[Embedded]:
    """An embedded KTRDR whose workers may be killed."""
    embedded = Embedded(*OPTIONS)
    yield embedded
    embedded.stop()


def assert_no_worker(answer: httpx.Response, registered: int) -> None:
    assert answer.status_code == 503, answer.text
    detail = answer.json()["detail"]
    assert set(detail) == DETAIL_FIELDS
    assert (detail["error"], detail["worker_type"]) == ("No training workers available", "training")
    assert detail["registered_workers"] == registered


def total(ktrdr: Embedded) -> int:
    return int(ktrdr.client.get("/operations").json()["total_count"])


def test_no_free_worker_refuses_and_creates_nothing(ktrdr: Embedded) -> None:
    first, second = ktrdr.started(**ENDLESS), ktrdr.started(**ENDLESS)
    assert {each["current_operation_id"] for each in ktrdr.workers(status="busy")} == {first, second}
    before = total(ktrdr)
    assert_no_worker(ktrdr.start(), registered=2)
    assert total(ktrdr) == before
    ktrdr.client.delete(f"/operations/{first}")
    assert ktrdr.ended(ktrdr.started())["status"] == "completed"


def test_a_busy_worker_refuses_and_the_work_goes_to_another(ktrdr: Embedded) -> None:
    first, second = (each["endpoint_url"] for each in ktrdr.workers())
    body = {"strategy_yaml": STRATEGIES["neuro_mean_reversion"].document(), "symbols": ["EURUSD"], **ENDLESS}
    direct = http.post(f"{first}/training/start", json=body)
    operation_id = direct.json()["operation_id"]
    assert operation_id.startswith("worker_training_")
    refused = http.post(f"{first}/training/start", json=body)
    assert refused.status_code == 503
    assert "Maximum concurrent sessions (1) reached" in refused.json()["detail"]
    assert ktrdr.worker_of(ktrdr.started(**ENDLESS)) == second
    assert_no_worker(ktrdr.start(), registered=2)
    http.delete(f"{first}/api/v1/operations/{operation_id}/cancel")
    assert ktrdr.started(**ENDLESS)


def test_a_worker_is_free_as_soon_as_its_training_has_ended(ktrdr: Embedded) -> None:
    for _ in range(4):
        pair = [ktrdr.started(), ktrdr.started()]
        worker = http.get(f"{ktrdr.workers()[0]['endpoint_url']}/health")
        assert worker.json()["service"] == "training-worker"
        for operation_id in pair:
            assert ktrdr.ended(operation_id)["status"] == "completed"


def test_a_start_asks_workers_that_look_busy(ktrdr: Embedded) -> None:
    for _ in range(2):
        operation_id = ktrdr.started()
        while ktrdr.at_worker(operation_id)["status"] == "running":
            pass
        assert ktrdr.start().status_code == 200  # nobody looked the first one up at the backend


def test_filters_of_the_list(ktrdr: Embedded) -> None:
    assert len(ktrdr.workers(worker_type="training")) == 2
    assert ktrdr.workers(worker_type="backtesting") == []
    assert ktrdr.workers(status="bogus") == []


def test_registering_again_updates_and_a_known_url_changes_its_name(own: Embedded) -> None:
    url = "http://127.0.0.1:9"
    body = {"worker_id": "a", "worker_type": "backtesting", "endpoint_url": url, "capabilities": {"cores": 4}}
    worker = own.client.post("/workers/register", json=body).json()
    assert list(worker) == [
        "worker_id", "worker_type", "endpoint_url", "status", "current_operation_id", "capabilities",
        "last_health_check", "last_healthy_at", "health_check_failures", "metadata",
    ]  # fmt: skip
    assert own.client.post("/workers/register", json=body).json()["worker_id"] == "a"
    own.client.post("/workers/register", json={**body, "worker_id": "b"})
    assert [each["worker_id"] for each in own.workers(worker_type="backtesting")] == ["b"]


def test_a_killed_worker_becomes_unavailable_and_is_forgotten(own: Embedded) -> None:
    operation_id = own.started(**ENDLESS)
    url = own.worker_of(operation_id)
    lost = next(each["worker_id"] for each in own.workers() if each["endpoint_url"] == url)
    other = next(each["worker_id"] for each in own.workers() if each["worker_id"] != lost)
    own.kill(lost)
    gone = until(lambda: own.workers(status="temporarily_unavailable"))
    assert [each["worker_id"] for each in gone] == [lost]
    assert gone[0]["health_check_failures"] >= 3
    lost_operation = own.ended(operation_id)  # 60 s of KTRDR, but never less than 6 s
    assert lost_operation["status"] == "failed"
    assert f"no worker claimed it: {lost} has not answered" in lost_operation["error_message"]
    assert lost_operation["completed_at"]
    assert own.ended(own.started())["status"] == "completed"
    until(lambda: len(own.workers()) == 1)
    own.kill(other)
    assert_no_worker(own.start(), registered=1)
    until(lambda: own.workers() == [])  # 300 s of KTRDR, but never less than 4 s
    assert "marked TEMPORARILY_UNAVAILABLE after 3 failures" in own.log("backend")
    assert f"Removed dead worker: {lost}" in own.log("backend")


def test_a_restarted_worker_does_not_know_what_it_did(own: Embedded) -> None:
    operation_id = own.started(**ENDLESS)
    url = own.worker_of(operation_id)
    name = next(each["worker_id"] for each in own.workers() if each["endpoint_url"] == url)
    told(own, f"kill {name}", f"start {name}")
    lost = own.ended(operation_id)
    assert lost["status"] == "failed"
    assert name in lost["error_message"]
    until(lambda: {each["status"] for each in own.workers()} == {"available"})
    assert own.client.delete(f"/operations/{operation_id}").status_code == 400
    again = own.client.post(f"/operations/{operation_id}/retry").json()["data"]
    assert again["status"] == "running"
    cancelled = own.client.delete(f"/operations/{again['operation_id']}")
    assert cancelled.status_code == 200, cancelled.text


def test_nobody_need_ask_for_a_lost_operation_to_fail(own: Embedded) -> None:
    operation_id = own.started(**ENDLESS)
    own.kill(next(each["worker_id"] for each in own.workers(status="busy")))
    lost = f"Failed operation: {operation_id} - Operation was RUNNING"
    until(lambda: lost in own.log("backend"))


def test_no_worker_registered() -> None:
    embedded = Embedded("--training-workers", "0")
    assert_no_worker(embedded.start(), registered=0)
    assert total(embedded) == 0
    assert embedded.stop() == 0
