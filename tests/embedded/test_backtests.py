import re
from typing import Any

import httpx
import pytest

from embedded_ktrdr.worker.account import Account

from .harness import LONG_BACKTEST, SHORT_BACKTEST, Embedded, http, until

OPTIONS = ("--speed", "20")
GOOD = {"strategy_name": "test_e2e_local_pull", "symbol": "EURUSD", **SHORT_BACKTEST}
FIELDS = ["strategy_name", "symbol", "timeframe", "start_date", "end_date"]
MODEL = "models/neuro_mean_reversion/1d_v21/model.pt"


def backtest_workers(ktrdr: Embedded) -> list[str]:
    return [each["endpoint_url"] for each in ktrdr.workers(worker_type="backtesting")]


def test_a_start_names_the_operation(ktrdr: Embedded) -> None:
    body = ktrdr.backtest(model_path=MODEL, foo=1).json()
    assert re.fullmatch(r"op_backtesting_\d{8}_\d{6}_[0-9a-f]{8}", body.pop("operation_id"))
    assert body == {
        "success": True,
        "status": "started",
        "message": "Backtest started for EURUSD 1d",
        "symbol": "EURUSD",
        "timeframe": "1d",
        "mode": "distributed",
    }


def test_a_backtest_makes_progress_by_bars(ktrdr: Embedded) -> None:
    # 9 s, to be seen five times on a busy machine too.
    operation_id = ktrdr.backtested(timeframe="5m", start_date="2023-08-01", end_date="2024-11-04")
    seen = [ktrdr.operation(operation_id)]
    while seen[-1]["status"] == "running":
        seen.append(ktrdr.operation(operation_id))
    steps = [each["progress"] for each in seen if "EURUSD" in (each["progress"]["current_step"] or "")]
    percentages = [each["percentage"] for each in steps]
    assert percentages == sorted(percentages)
    assert len(set(percentages)) >= 5
    for progress in steps[:-1]:
        assert re.fullmatch(
            r"Backtesting EURUSD 5m \[202[34]-\d\d-\d\d \d\d:\d\d:00\+00:00\]", progress["current_step"]
        )
        assert progress["items_processed"] % 50 == 0
        assert progress["percentage"] == pytest.approx(progress["items_processed"] / 94703 * 100)
    assert steps[-1]["current_step"] == "Backtesting EURUSD 5m [2024-11-03 23:50:00+00:00]"
    assert (steps[-1]["percentage"], steps[-1]["items_processed"]) == (100.0, 94703)


def test_the_result_is_the_same_everywhere_and_consistent(ktrdr: Embedded) -> None:
    operation_id = ktrdr.backtested(initial_capital=5000, commission=0.002)
    operation, at_worker = ktrdr.ended(operation_id), ktrdr.at_worker(operation_id)
    for field in ("status", "completed_at", "result_summary", "error_message"):
        assert operation[field] == at_worker[field]
    result = operation["result_summary"]
    assert ktrdr.client.get(f"/operations/{operation_id}/results").json()["results"] == result
    assert ktrdr.client.get(f"/operations/{operation_id}/metrics").json()["data"]["metrics"] == []
    assert result["config"] == {
        "initial_capital": 5000.0,
        "commission": 0.002,
        "slippage": 0.001,
        "start_date": "2024-01-01T00:00:00",
        "end_date": "2024-12-31T00:00:00",
    }
    assert result["equity_curve_length"] == 212  # recording B1.1
    metrics = result["metrics"]
    assert 0 < metrics["total_trades"] == result["trade_count"] < 106
    assert metrics["total_trades"] == metrics["winning_trades"] + metrics["losing_trades"]
    assert metrics["win_rate"] == metrics["winning_trades"] / metrics["total_trades"]
    assert metrics["total_return_pct"] == pytest.approx(metrics["total_return"] / 5000)
    assert metrics["total_return"] == pytest.approx(
        metrics["avg_win"] * metrics["winning_trades"] + metrics["avg_loss"] * metrics["losing_trades"]
    )
    assert metrics["avg_loss"] <= 0 <= metrics["avg_win"]
    assert 0 <= metrics["max_drawdown_pct"] < 1


def test_the_same_backtest_has_the_same_outcome(ktrdr: Embedded) -> None:
    first, second = (ktrdr.ended(ktrdr.backtested())["result_summary"]["metrics"] for _ in range(2))
    assert first == second


def test_an_account_without_a_trade() -> None:
    metrics = Account(1000.0, 0.001).metrics()
    assert set(metrics.values()) == {0}


def test_costs_make_the_difference() -> None:
    def gain(cost: float) -> float:
        account = Account(1000.0, cost)
        for number in range(200):
            price = 100 + number % 40 if number % 80 < 40 else 140 - number % 40
            account.see((number * 3600, price, price, price, float(price), 1.0))
        account.close()
        return account.metrics()["total_return"]

    assert gain(0.0) > gain(0.01) > gain(0.05)


@pytest.mark.parametrize(
    ("wishes", "reason"),
    [
        ({"strategy_name": "nope"}, "Strategy config not found: strategies/nope.yaml"),
        ({"model_path": "models/nope/1d_v9/model.pt"}, "Model not found: models/nope/1d_v9/model.pt"),
        ({"symbol": "NOSUCH"}, "No data found in cache for NOSUCH 1d"),
        ({"timeframe": "7x"}, "No data found in cache for EURUSD 7x"),
        ({"start_date": "1990-01-01", "end_date": "1990-12-31"}, "No data loaded for EURUSD 1d"),
        (
            {"strategy_name": "neuro_mean_reversion", "end_date": "2024-01-31"},
            "Failed to compute indicator MACDIndicator: "
            "MACD requires at least 35 data points for accurate calculation",
        ),
    ],
)
def test_what_cannot_be_backtested_fails_with_a_reason(
    ktrdr: Embedded, wishes: dict[str, object], reason: str
) -> None:
    operation = ktrdr.ended(ktrdr.backtested(**wishes))
    assert (operation["status"], operation["error_message"]) == ("failed", reason)
    assert operation["completed_at"]
    assert operation["progress"]["current_step"] is None
    again = ktrdr.client.post(f"/operations/{operation['operation_id']}/retry").json()["data"]
    assert re.fullmatch(r"op_retry_backtesting_\d{8}_\d{6}_[0-9a-f]{8}", again["operation_id"])
    assert again["status"] == "running"
    assert again["metadata"] == operation["metadata"]
    assert ktrdr.ended(again["operation_id"])["error_message"] == reason


def test_too_few_bars_for_a_decision_are_no_fault(ktrdr: Embedded) -> None:
    operation = ktrdr.ended(ktrdr.backtested(end_date="2024-01-31"))
    assert operation["status"] == "completed"
    assert operation["progress"]["current_step"] == ""
    assert operation["result_summary"]["equity_curve_length"] == 0


def test_a_model_that_was_trained_here_is_known(ktrdr: Embedded) -> None:
    path = ktrdr.ended(ktrdr.started())["result_summary"]["model_path"]
    assert re.fullmatch(r"/app/models/test_e2e_local_pull/1d_v\d+", path)
    for spelling in (path, f"{path}/model.pt", f"{path.removeprefix('/app/')}/model.pt"):
        assert ktrdr.ended(ktrdr.backtested(model_path=spelling))["status"] == "completed"


def test_a_cancelled_backtest_stops_at_once_and_stays_cancelled(ktrdr: Embedded) -> None:
    operation_id = ktrdr.backtested(**LONG_BACKTEST)
    until(lambda: ktrdr.operation(operation_id)["progress"]["items_processed"] > 100)
    data = ktrdr.client.delete(f"/operations/{operation_id}").json()["data"]
    assert (data["status"], data["task_cancelled"], data["remote_cancelled"]) == ("cancelled", False, True)
    stopped, at_worker = ktrdr.operation(operation_id), ktrdr.at_worker(operation_id)
    assert stopped["status"] == at_worker["status"] == "cancelled"
    ktrdr.ended(ktrdr.backtested())
    assert (ktrdr.operation(operation_id), ktrdr.at_worker(operation_id)) == (stopped, at_worker)
    said = f"Backtest operation {operation_id} cancelled"
    until(lambda: said in "".join(ktrdr.log(f"backtest-worker-{number}") for number in (1, 2)))


def test_no_free_worker_refuses_and_a_busy_one_too(ktrdr: Embedded) -> None:
    running = [ktrdr.backtested(**LONG_BACKTEST) for _ in range(2)]
    total = ktrdr.client.get("/operations").json()["total_count"]
    answer = ktrdr.backtest()
    assert answer.status_code == 503
    detail = answer.json()["detail"]
    assert (detail["error"], detail["registered_workers"]) == ("No backtesting workers available", 2)
    assert detail["hint"]
    assert ktrdr.client.get("/operations").json()["total_count"] == total
    for url in backtest_workers(ktrdr):
        assert http.post(f"{url}/backtests/start", json=GOOD).status_code == 503
    assert ktrdr.ended(ktrdr.started())["status"] == "completed"  # trainings have workers of their own
    ktrdr.client.delete(f"/operations/{running[0]}")
    assert ktrdr.ended(ktrdr.backtested())["status"] == "completed"


def test_a_start_at_the_worker(ktrdr: Embedded) -> None:
    url = backtest_workers(ktrdr)[0]
    operation_id = http.post(f"{url}/backtests/start", json=GOOD).json()["operation_id"]
    assert re.fullmatch(r"worker_backtest_[0-9a-f]{12}", operation_id)

    def ended() -> dict[str, Any] | None:
        data = http.get(f"{url}/api/v1/operations/{operation_id}").json()["data"]
        return None if data["status"] == "running" else dict(data)

    operation = until(ended)
    assert operation["metadata"]["parameters"]["slippage"] == 0.0
    assert operation["result_summary"]["equity_curve_length"] == 212
    assert operation["metrics"] is None
    assert http.get(f"{url}/health").json()["service"] == "backtesting-worker"
    assert ktrdr.client.get(f"/operations/{operation_id}").status_code == 404
    again = http.post(f"{url}/backtests/start", json={**GOOD, "task_id": operation_id})
    assert again.status_code == 409


@pytest.mark.parametrize("at_worker", [False, True])
@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"symbol": ""}, "symbol"),
        ({"symbol": None}, "symbol"),
        ({"symbol": ["EURUSD"]}, "symbol"),
        ({"timeframe": " "}, "timeframe"),
        ({"strategy_name": ""}, "strategy_name"),
        ({"start_date": "garbage"}, "start_date"),
        ({"end_date": "2024-13-01"}, "end_date"),
        ({"end_date": "2023-12-31"}, "end_date"),
        ({"initial_capital": 0}, "initial_capital"),
        ({"initial_capital": -1}, "initial_capital"),
        ({"commission": "x"}, "commission"),
        ({"model_path": " "}, "model_path"),
    ],
)
def test_bad_requests_name_the_field_and_start_nothing(
    ktrdr: Embedded, at_worker: bool, changes: dict[str, Any], field: str
) -> None:
    total = ktrdr.client.get("/operations").json()["total_count"]
    answer = _post(ktrdr, at_worker, json={**GOOD, **changes})
    assert answer.status_code == 422
    if at_worker:
        assert [each["loc"] for each in answer.json()["detail"]] == [["body", field]]
    else:
        assert [each["field"] for each in answer.json()["error"]["details"]] == [f"body -> {field}"]
    assert ktrdr.client.get("/operations").json()["total_count"] == total


@pytest.mark.parametrize("at_worker", [False, True])
@pytest.mark.parametrize("content", ["{bad", "[]", "7", ""])
def test_nonsense_is_refused(ktrdr: Embedded, at_worker: bool, content: str) -> None:
    headers = {"Content-Type": "application/json"}
    assert _post(ktrdr, at_worker, content=content, headers=headers).status_code == 422
    answer = _post(ktrdr, at_worker, json={}).json()
    if at_worker:
        assert sorted(each["loc"][1] for each in answer["detail"]) == sorted(FIELDS)
    else:
        assert [each["field"] for each in answer["error"]["details"]] == [
            f"body -> {each}" for each in FIELDS
        ]


def _post(ktrdr: Embedded, at_worker: bool, **request: Any) -> httpx.Response:
    if at_worker:
        return http.post(f"{backtest_workers(ktrdr)[0]}/backtests/start", **request)
    return ktrdr.client.post("/backtests/start", **request)


def test_a_backtest_leaves_its_lines(ktrdr: Embedded) -> None:
    operation_id = ktrdr.backtested()
    ktrdr.ended(operation_id)
    backend = ktrdr.log("backend")
    workers = "".join(ktrdr.log(f"backtest-worker-{number}") for number in (1, 2))
    for text in (
        f"Created operation: {operation_id} (type: OperationType.BACKTESTING)",
        f"Registered remote proxy for operation {operation_id} → host {operation_id}",
        f"Registered remote proxy: {operation_id} → {operation_id}",
        f"🏁 OPERATION COMPLETED: {operation_id} (backtesting)",
    ):
        assert text in backend
    assert re.search(rf"Backtest accepted by worker \S+: remote_op={operation_id}", backend)
    assert "bridge" not in backend
    for text in (
        f"Registered local bridge for operation {operation_id}",
        f"Registered backtest bridge for operation {operation_id}",
        f"Completed operation: {operation_id}",
    ):
        assert text in workers
