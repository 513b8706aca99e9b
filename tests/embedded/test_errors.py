import re
from typing import Any

import httpx
import pytest

from .harness import SHORT, Embedded, http

GOOD: dict[str, Any] = {"symbols": ["EURUSD"], "strategy_name": "test_e2e_local_pull", **SHORT}


def start(ktrdr: Embedded, **request: Any) -> httpx.Response:
    return ktrdr.client.post("/trainings/start", **request)


@pytest.mark.parametrize(
    ("request_", "problems"),
    [
        ({"json": {}}, [("symbols", "missing"), ("timeframes", "missing"), ("strategy_name", "missing")]),
        ({"json": {**GOOD, "symbols": []}}, [("symbols", "value_error")]),
        ({"json": {**GOOD, "symbols": [" "]}}, [("symbols", "value_error")]),
        ({"json": {**GOOD, "symbols": "EURUSD"}}, [("symbols", "list_type")]),
        ({"json": {**GOOD, "timeframes": []}}, [("timeframes", "value_error")]),
        ({"content": "{bad json"}, [("1", "json_invalid")]),
    ],
)
def test_invalid_requests_get_the_envelope(
    ktrdr: Embedded, request_: dict[str, Any], problems: list[tuple[str, str]]
) -> None:
    answer = start(ktrdr, headers={"Content-Type": "application/json"}, **request_)
    assert answer.status_code == 422
    body = answer.json()
    assert body["success"] is False
    assert (body["error"]["code"], body["error"]["message"]) == (
        "VALIDATION_ERROR",
        "Request validation failed",
    )
    details = body["error"]["details"]
    assert [(each["field"], each["type"]) for each in details] == [
        (f"body -> {field}", kind) for field, kind in problems
    ]
    assert all(set(each) == {"field", "message", "type"} for each in details)


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=1001", "offset=-1", "status=bogus", "operation_type=bogus"]
)
def test_invalid_queries_get_the_envelope(ktrdr: Embedded, query: str) -> None:
    answer = ktrdr.client.get(f"/operations?{query}")
    assert answer.status_code == 422
    assert answer.json()["error"]["details"][0]["field"] == f"query -> {query.split('=')[0]}"


def test_unknown_strategies_are_refused(ktrdr: Embedded) -> None:
    answer = start(ktrdr, json={**GOOD, "strategy_name": "nope"})
    assert answer.status_code == 400
    assert re.match(
        r"Strategy file not found: nope\.yaml \(searched: /app/strategies/", answer.json()["detail"]
    )
    for name in ("", "../../etc/passwd"):
        answer = start(ktrdr, json={**GOOD, "strategy_name": name})
        assert answer.status_code == 400
        assert (
            answer.json()["detail"] == "Strategy name may only contain alphanumerics, dashes, or underscores"
        )


@pytest.mark.parametrize(
    ("dates", "field", "message"),
    [
        ({"start_date": "not-a-date"}, "start_date", "not-a-date"),
        ({"end_date": "2024-02-30"}, "end_date", "2024-02-30"),
        ({"start_date": "2024-12-31", "end_date": "2024-01-01"}, "end_date", "before start date 2024-12-31"),
    ],
)
def test_bad_dates_are_refused_and_nothing_starts(
    ktrdr: Embedded, dates: dict[str, str], field: str, message: str
) -> None:
    answer = start(ktrdr, json={**GOOD, **dates})
    assert answer.status_code == 422
    (detail,) = answer.json()["error"]["details"]
    assert detail["field"] == f"body -> {field}"
    assert message in detail["message"]
    assert ktrdr.client.get("/operations").json()["total_count"] == 0


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", ""), ("DELETE", ""), ("GET", "/results"), ("GET", "/metrics"), ("POST", "/retry"),
    ],
)  # fmt: skip
def test_unknown_operations(ktrdr: Embedded, method: str, path: str) -> None:
    answer = ktrdr.client.request(method, f"/operations/nope{path}")
    assert (answer.status_code, answer.json()) == (404, {"detail": "Operation not found: nope"})


def test_a_cancel_body_is_validated(ktrdr: Embedded) -> None:
    answer = ktrdr.client.request("DELETE", "/operations/nope", json={"reason": 5, "force": "maybe"})
    assert [each["type"] for each in answer.json()["error"]["details"]] == ["string_type", "bool_parsing"]


def test_routes_that_are_not_there(ktrdr: Embedded) -> None:
    root = ktrdr.ready["backend"]
    assert http.get(f"{root}/health").json() == {"detail": "Not Found"}
    assert ktrdr.client.get("/health").json() == {"status": "ok", "version": "1.0.7.2"}
    assert http.get(root).json()["message"].startswith("KTRDR API is running.")
    assert ktrdr.client.head("/health").status_code == 405
    answer = ktrdr.client.get("/trainings/start")
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    assert answer.json() == {"detail": "Method Not Allowed"}
    for path, target in (("/health/", "/health"), ("/operations/", "/operations")):
        answer = ktrdr.client.get(path)
        assert (answer.status_code, answer.headers["location"]) == (307, f"{root}/api/v1{target}")
    assert http.get(f"{root}/metrics").status_code == 307
    assert ktrdr.client.get("/openapi.json").status_code == ktrdr.client.get("/docs").status_code == 200
    assert http.get(f"{root}/openapi.json").status_code == 404


def test_every_answer_tells_its_time(ktrdr: Embedded) -> None:
    for path in ("/health", "/nope", "/operations?limit=0"):
        assert re.fullmatch(r"\d+\.\d\dms", ktrdr.client.get(path).headers["x-process-time"])


def test_workers_keep_the_errors_of_fastapi(ktrdr: Embedded) -> None:
    worker = ktrdr.workers(worker_type="training")[0]["endpoint_url"]
    answer = http.get(f"{worker}/api/v1/operations?status=bogus")
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["query", "status"]
    answer = http.post(f"{worker}/training/start", json={})
    assert answer.json() == {
        "detail": [
            {"type": "missing", "loc": ["body", "strategy_yaml"], "msg": "Field required", "input": {}}
        ]
    }
    assert "x-process-time" not in answer.headers
    for path in ("/training/status/x", "/training/sessions", "/api/v1/health"):
        assert http.get(f"{worker}{path}").status_code == 404
    assert http.get(f"{worker}/openapi.json").status_code == 200
    assert http.get(f"{worker}/").json()["service"] == "Training Worker Service"
