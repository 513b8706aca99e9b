"""The backend goes and comes back: what it knew, who works for it, and what it did itself."""

import asyncio
import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from embedded_ktrdr.operations import OperationMetadata, OperationType, new_operation
from embedded_ktrdr.pace import Pace
from embedded_ktrdr.worker.desk import Desk
from embedded_ktrdr.worker.registration import Place, Registration
from embedded_ktrdr.worker.training import KIND

from .harness import ENDLESS, SHORT_BACKTEST, SPEED, Embedded, http, told, until, url

BACK = ("stop backend", "start backend")


@pytest.fixture(scope="module")
def own() -> Iterator[Embedded]:
    embedded = Embedded()
    yield embedded
    embedded.stop()


@pytest.fixture(autouse=True)
def _whole(own: Embedded) -> None:
    """Everybody is there, and nothing runs."""

    def all_free() -> bool:
        for each in own.client.get("/operations?active_only=true&limit=1000").json()["data"]:
            own.client.delete(f"/operations/{each['operation_id']}")
        return [each["status"] for each in own.workers()] == ["available"] * 4

    until(all_free)


def state_of(embedded: Embedded) -> Path:
    return Path(embedded.ready["services"]["backend"]["log"]).parent / "state"


def worker_with(embedded: Embedded, operation: str) -> dict[str, Any] | None:
    return next((each for each in embedded.workers() if each["current_operation_id"] == operation), None)


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_what_had_ended_is_known_with_its_result(own: Embedded, end: str) -> None:
    done, failed = own.started(), own.backtested(symbol="NOSUCH")
    before = [own.ended(done), own.ended(failed)]
    results = own.client.get(f"/operations/{done}/results").json()
    told(own, f"{end} backend", "start backend")
    assert [own.operation(done), own.operation(failed)] == before
    assert before[0]["result_summary"]["test_metrics"]
    assert own.client.get(f"/operations/{done}/results").json() == results
    assert {done, failed} <= {each["operation_id"] for each in listed(own)}


def listed(embedded: Embedded) -> list[dict[str, Any]]:
    return list(embedded.client.get("/operations?limit=1000").json()["data"])


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_a_training_goes_on_and_its_worker_comes_back_busy_with_it(own: Embedded, end: str) -> None:
    operation = own.started(**ENDLESS)
    until(lambda: own.operation(operation)["progress"]["current_step"].startswith("Epoch"))
    before = own.operation(operation)["progress"]["percentage"]
    told(own, f"{end} backend", "start backend")
    seen = own.operation(operation)
    assert (seen["status"], seen["error_message"]) == ("running", None)
    # What it knew before it was killed may be a little older, until its worker has answered.
    until(lambda: own.operation(operation)["progress"]["percentage"] >= before)
    back = until(lambda: worker_with(own, operation))
    assert back["status"] == "busy"
    assert until(lambda: len(own.workers()) == 4)
    assert own.client.delete(f"/operations/{operation}").status_code == 200
    assert own.operation(operation)["status"] == "cancelled"
    assert own.at_worker(operation)["status"] == "cancelled"


def test_a_training_that_ended_meanwhile_is_completed_with_its_result(own: Embedded) -> None:
    operation = own.started()
    told(own, "kill backend")
    told(own, "start backend")
    ended = own.ended(operation)
    assert ended["status"] == "completed"
    assert len(ended["metrics"]["epochs"]) == 10
    assert ended["result_summary"] == own_copy(own, operation)["result_summary"]


def own_copy(embedded: Embedded, operation: str) -> dict[str, Any]:
    def found() -> dict[str, Any] | None:
        for name in ("training-worker-1", "training-worker-2"):
            answer = http.get(f"{url(embedded, name)}/api/v1/operations/{operation}")
            if answer.status_code == 200:
                return dict(answer.json()["data"])
        return None

    return until(found)


def test_what_the_backend_did_itself_has_failed_and_says_why() -> None:
    own = Embedded("--training-workers", "0", "--backtest-workers", "0", speed=1)  # it lasts 200 s
    dummy = own.client.post("/dummy/start").json()["data"]["operation_id"]
    told(own, *BACK)
    ended = own.operation(dummy)
    assert (ended["status"], ended["result_summary"]) == ("failed", None)
    assert ended["error_message"].startswith("The backend was restarted")
    assert ended["completed_at"]
    told(own, *BACK)
    assert own.operation(dummy) == ended
    own.stop()


def test_what_failed_before_can_be_tried_again(own: Embedded) -> None:
    body = {"symbol": "EURUSD", "timeframe": "1h", "start_date": "2024-01-02", "end_date": "2024-01-03"}
    told(own, "pause ib-gateway")
    download = own.client.post("/data/acquire/download", json=body).json()["operation_id"]
    backtest = own.backtested(symbol="NOSUCH")
    own.ended(backtest)
    told(own, *BACK, "resume ib-gateway")
    assert own.operation(download)["status"] == "failed"
    again = own.client.post(f"/operations/{download}/retry").json()["data"]
    assert own.ended(again["operation_id"])["status"] == "completed"
    assert again["metadata"]["start_date"] == "2024-01-02T00:00:00"
    until(lambda: len(own.workers()) == 4)
    again = own.client.post(f"/operations/{backtest}/retry").json()["data"]
    assert again["metadata"]["symbol"] == "NOSUCH"
    assert own.ended(again["operation_id"])["status"] == "failed"


def test_new_work_is_accepted_and_gets_an_id_of_its_own(own: Embedded) -> None:
    before = own.started()
    own.ended(before)
    told(own, *BACK)
    until(lambda: len(own.workers()) == 4)
    after = [own.started(), own.backtested(**SHORT_BACKTEST)]
    assert len({before, *after}) == 3
    assert [own.ended(each)["status"] for each in after] == ["completed"] * 2


def test_a_damaged_record_is_set_aside_and_the_others_are_read(own: Embedded) -> None:
    kept, damaged = own.started(), own.started()
    own.ended(kept)
    own.ended(damaged)
    told(own, "stop backend")
    path = state_of(own) / f"{damaged}.json"
    path.write_bytes(path.read_bytes()[:100])
    (state_of(own) / "op_half.new").write_text("{")
    (state_of(own) / "op_other.json").write_text(json.dumps({"operation": {"operation_id": 1}}))
    told(own, "start backend")
    assert own.operation(kept)["status"] == "completed"
    assert own.client.get(f"/operations/{damaged}").status_code == 404
    assert not path.exists()
    assert path.with_suffix(".damaged").stat().st_size == 100
    assert "damaged" in own.log("backend")
    assert "Traceback" not in own.log("backend")


def test_a_worker_that_was_restarted_meanwhile_does_not_know_the_training_any_more(own: Embedded) -> None:
    operation = own.started(**ENDLESS)
    worker = until(lambda: worker_with(own, operation))["worker_id"]
    told(own, "stop backend", f"kill {worker}")
    back_at = datetime.now(UTC)
    told(own, "start backend", f"start {worker}")
    assert until(lambda: [each["status"] for each in own.workers()] == ["available"] * 4)
    ended = until(lambda: (own.operation(operation)["status"] == "failed") and own.operation(operation))
    assert worker in ended["error_message"]
    # Not before the worker had its time to claim it.
    ended_at = datetime.fromisoformat(ended["completed_at"])
    assert (ended_at - back_at).total_seconds() > Pace(SPEED).orphan_after_s


def test_requests_at_the_moment_of_the_restart_are_refused_or_answered(own: Embedded) -> None:
    operation = own.started()
    own.ended(operation)
    seen: set[object] = set()
    ended = threading.Event()

    def ask() -> None:
        while not ended.is_set():
            try:
                seen.add(http.get(f"{own.ready['backend']}/api/v1/operations/{operation}").status_code)
            except httpx.TransportError:
                seen.add("refused")

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    until(lambda: 200 in seen)
    told(own, "stop backend")
    until(lambda: "refused" in seen)
    until_then = set(seen)
    seen.clear()
    told(own, "start backend")
    until(lambda: 200 in seen)
    ended.set()
    asking.join()
    assert until_then | seen == {200, "refused"}


def test_a_fresh_start_forgets(tmp_path: Path) -> None:
    few = ("--training-workers", "0", "--backtest-workers", "0", "--state-dir", str(tmp_path))
    first = Embedded(*few)
    dummy = first.client.post("/dummy/start").json()["data"]["operation_id"]
    # Not at once: while a record is written anew, the next one lies beside it.
    until(lambda: [each.name for each in tmp_path.iterdir()] == [f"{dummy}.json"])
    record = (tmp_path / f"{dummy}.json").read_bytes()
    first.stop()
    assert list(tmp_path.iterdir()) == []
    # As if it had been killed.
    (tmp_path / f"{dummy}.json").write_bytes(record)
    (tmp_path / "of-somebody-else.json").write_bytes(record)
    second = Embedded(*few)
    assert second.client.get("/operations/" + dummy).status_code == 404
    assert [each.name for each in tmp_path.iterdir()] == ["of-somebody-else.json"]
    second.stop()


def test_a_worker_registers_with_what_it_works_at(own: Embedded, monkeypatch: pytest.MonkeyPatch) -> None:
    told_bodies: list[dict[str, Any]] = []

    async def ask(_self: Registration, _method: str, _path: str, _shape: type, body: dict[str, Any]) -> None:
        told_bodies.append(dict(body))

    monkeypatch.setattr(Registration, "_ask", ask)
    desk = Desk(KIND, 1.0)
    registration = Registration(Place("w", "http://w", "http://b"), desk, Pace())
    asyncio.run(registration._register())
    operation = new_operation(OperationType.TRAINING, OperationMetadata())
    desk.operations.begin(operation)
    asyncio.run(registration._register())
    assert [each.get("current_operation_id") for each in told_bodies] == [None, operation.operation_id]
    name = "training-worker-1"
    body = told_bodies[1] | {"worker_id": name, "endpoint_url": url(own, name)}
    row = own.client.post("/workers/register", json=body).json()
    assert (row["status"], row["current_operation_id"]) == ("busy", operation.operation_id)
