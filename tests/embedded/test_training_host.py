import re
from typing import Any

import httpx
import pytest

from embedded_ktrdr.strategies import STRATEGIES

from .harness import LONG, SHORT, Embedded, http, until

OPTIONS = ("--training-workers", "0", "--backtest-workers", "0")
GOOD = {"strategy_yaml": STRATEGIES["test_e2e_local_pull"].document(), "symbols": ["EURUSD"], **SHORT}
ENDLESS = {
    **GOOD,
    **LONG,
    "symbols": ["EURUSD"] * 10,
    "strategy_yaml": STRATEGIES["neuro_mean_reversion"].document(),
}


def host(ktrdr: Embedded) -> str:
    return str(ktrdr.ready["services"]["training-host"]["url"])


def start(ktrdr: Embedded, **body: Any) -> httpx.Response:
    return http.post(f"{host(ktrdr)}/training/start", json={**GOOD, **body})


def ended(ktrdr: Embedded, session_id: str) -> dict[str, Any]:
    def final() -> dict[str, Any] | None:
        data = http.get(f"{host(ktrdr)}/api/v1/operations/{session_id}").json()["data"]
        return None if data["status"] == "running" else dict(data)

    return until(final)


def cancel(ktrdr: Embedded, session_id: str) -> None:
    http.delete(f"{host(ktrdr)}/api/v1/operations/{session_id}/cancel")


def sessions(ktrdr: Embedded) -> dict[str, dict[str, Any]]:
    body = http.get(f"{host(ktrdr)}/training/sessions").json()
    assert list(body) == ["total_sessions", "sessions", "timestamp"]
    assert body["total_sessions"] == len(body["sessions"])
    return {each["session_id"]: each for each in body["sessions"]}


def test_a_session_trains_and_has_a_result(ktrdr: Embedded) -> None:
    body = start(ktrdr).json()
    session_id = body["session_id"]
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", session_id)
    assert body == {
        "session_id": session_id,
        "operation_id": session_id,
        "status": "started",
        "message": f"Training session {session_id} started successfully",
        "gpu_allocated": False,
        "estimated_duration_minutes": None,
    }
    operation = ended(ktrdr, session_id)
    assert operation["status"] == "completed"
    assert operation["metadata"]["parameters"] == {}
    result = http.get(f"{host(ktrdr)}/training/result/{session_id}").json()
    shared = {name: result.pop(name) for name in ("status", "start_time", "last_updated")}
    assert shared["status"] == "completed"
    assert result == operation["result_summary"]
    assert (result["session_id"], result["resource_usage"]["training_mode"]) == (session_id, "host")
    assert "session_info" not in result
    session = sessions(ktrdr)[session_id]
    assert session["progress"] == {
        "epoch": 9,
        "total_epochs": 10,
        "batch": 0,
        "total_batches": 6,
        "progress_percent": 100.0,
        "items_processed": 60,
        "items_total": 60,
        "message": "Training completed successfully",
        "current_item": "Epoch 9/10",
    }
    assert (session["status"], session["gpu_allocated"], session["error"]) == ("completed", False, None)


def test_the_backend_knows_nothing_of_the_host(ktrdr: Embedded) -> None:
    session_id = start(ktrdr, task_id="mine").json()["session_id"]
    assert session_id == "mine"
    assert ktrdr.client.get("/operations/mine").status_code == 404
    assert ktrdr.workers() == []
    ended(ktrdr, "mine")
    again = start(ktrdr, session_id="mine")
    assert (again.status_code, again.json()) == (
        409,
        {"detail": "Session conflict: Session mine already exists"},
    )


def test_one_session_at_a_time_and_a_cancel_frees_the_host(ktrdr: Embedded) -> None:
    session_id = start(ktrdr, **ENDLESS).json()["session_id"]
    health = http.get(f"{host(ktrdr)}/health").json()
    assert (health["worker_status"], health["current_operation"]) == ("busy", session_id)
    refused = start(ktrdr)
    assert refused.status_code == 503
    assert "Maximum concurrent sessions (1) reached" in refused.json()["detail"]
    assert http.get(f"{host(ktrdr)}/training/result/{session_id}").status_code == 400
    assert http.delete(f"{host(ktrdr)}/training/sessions/{session_id}").status_code == 409
    cancel(ktrdr, session_id)
    stopped = ended(ktrdr, session_id)
    assert stopped["status"] == "cancelled"
    assert ended(ktrdr, start(ktrdr).json()["session_id"])["status"] == "completed"
    assert ended(ktrdr, session_id) == stopped
    assert sessions(ktrdr)[session_id]["status"] == "stopped"
    answer = http.delete(f"{host(ktrdr)}/training/sessions/{session_id}").json()
    assert (answer["session_id"], answer["status"]) == (session_id, "cleaned_up")
    assert session_id not in sessions(ktrdr)


def test_a_failed_session_tells_why(ktrdr: Embedded) -> None:
    session_id = start(ktrdr, symbols=["NOSUCH"]).json()["session_id"]
    reason = "No data found in cache for NOSUCH 1d"
    assert ended(ktrdr, session_id)["error_message"] == reason
    session = sessions(ktrdr)[session_id]
    assert (session["status"], session["error"]) == ("failed", reason)
    assert session["progress"]["message"] == f"Training failed: {reason}"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"strategy_yaml": " "}, "strategy_yaml"),
        ({"strategy_yaml": None}, "strategy_yaml"),
        ({"symbols": []}, "symbols"),
        ({"symbols": "EURUSD"}, "symbols"),
        ({"timeframes": [""]}, "timeframes"),
        ({"start_date": "garbage"}, "start_date"),
        ({"end_date": "2023-12-31"}, "end_date"),
    ],
)
def test_bad_requests_name_the_field_and_start_nothing(
    ktrdr: Embedded, changes: dict[str, Any], field: str
) -> None:
    before = sessions(ktrdr).keys()
    answer = start(ktrdr, **changes)
    assert answer.status_code == 422
    assert [each["loc"] for each in answer.json()["detail"]] == [["body", field]]
    assert sessions(ktrdr).keys() == before


@pytest.mark.parametrize(
    ("method", "path", "status", "detail"),
    [
        ("GET", "/training/result/nope", 404, "Session nope not found"),
        ("DELETE", "/training/sessions/nope", 404, "Session nope not found"),
        ("GET", "/training/status/nope", 404, "Not Found"),
        ("DELETE", "/api/v1/operations/nope", 405, "Method Not Allowed"),
    ],
)
def test_what_is_not_there(ktrdr: Embedded, method: str, path: str, status: int, detail: str) -> None:
    answer = http.request(method, host(ktrdr) + path)
    assert (answer.status_code, answer.json()) == (status, {"detail": detail})
