import re

import pytest

from embedded_ktrdr.strategies import STRATEGIES

from .harness import Embedded, until

OPTIONS = ("--backtest-workers", "0")
INVALID = {"invalid_duplicate_ids", "invalid_missing_fuzzy_sets"}


def listed(ktrdr: Embedded, name: str) -> dict[str, object]:
    strategies = ktrdr.client.get("/strategies/").json()["strategies"]
    return next(each for each in strategies if each["name"] == name)


def test_the_list_is_that_of_the_recordings_and_three_more(ktrdr: Embedded) -> None:
    answer = ktrdr.client.get("/strategies")
    assert answer.status_code == 307
    assert answer.headers["location"].endswith("/api/v1/strategies/")
    assert [each["name"] for each in ktrdr.client.get("/strategies/").json()["strategies"]] == [*STRATEGIES]
    strategy = listed(ktrdr, "neuro_mean_reversion")
    assert strategy["indicators"] == [
        {"name": "rsi", "feature_id": "rsi_14", "period": 14, "source": "close"},
        {
            "name": "macd",
            "feature_id": "macd_12_26_9",
            "fast_period": 12,
            "slow_period": 26,
            "signal_period": 9,
            "source": "close",
        },
    ]
    assert set(STRATEGIES["neuro_mean_reversion"].fuzzy_config()) == {"rsi_14", "macd_12_26_9"}


def test_a_training_leaves_a_version(ktrdr: Embedded) -> None:
    name = "crypto_scalping"
    before = listed(ktrdr, name)
    assert (before["training_status"], before["available_versions"]) == ("untrained", [])
    assert before["latest_version"] is before["latest_metrics"] is None
    results = [ktrdr.ended(ktrdr.started(strategy_name=name))["result_summary"] for _ in range(2)]
    assert [each["model_path"][-6:] for each in results] == ["/1d_v1", "/1d_v2"]
    after = listed(ktrdr, name)
    assert (after["training_status"], after["available_versions"], after["latest_version"]) == (
        "trained",
        [1, 2],
        2,
    )
    metrics = results[1]["test_metrics"]
    assert after["latest_metrics"] == {
        "accuracy": metrics["test_accuracy"],
        **{each: metrics[each] for each in ("precision", "recall", "f1_score")},
    }
    newest = ktrdr.client.get("/models").json()["models"][0]
    assert (newest["model_id"], newest["symbol"], newest["timeframe"]) == (
        f"models/{name}/1d_v2",
        "EURUSD",
        "1d",
    )
    assert newest["test_accuracy"] == metrics["test_accuracy"]


@pytest.mark.parametrize("name", sorted(STRATEGIES.keys() - INVALID - {"warning_unused_fuzzy_set"}))
def test_what_ktrdr_ships_is_valid(ktrdr: Embedded, name: str) -> None:
    body = ktrdr.client.post(f"/strategies/validate/{name}").json()
    assert (body["success"], body["valid"], body["issues"]) == (True, True, [])
    assert (body["strategy_name"], body["message"]) == (name, f"Strategy '{name}' is valid")
    assert {"rsi", "macd"} <= set(body["available_indicators"])


@pytest.mark.parametrize(
    ("name", "valid", "severity", "category", "named"),
    [
        ("invalid_duplicate_ids", False, "error", "indicators", "'rsi_14' at [0, 1]"),
        ("invalid_missing_fuzzy_sets", False, "error", "fuzzy_sets", "ema_20"),
        ("warning_unused_fuzzy_set", True, "warning", "fuzzy_sets", "rsi_28"),
    ],
)
def test_a_validation_names_what_is_wrong(
    ktrdr: Embedded, name: str, valid: bool, severity: str, category: str, named: str
) -> None:
    body = ktrdr.client.post(f"/strategies/validate/{name}").json()
    assert body["valid"] is valid
    (issue,) = body["issues"]
    assert (issue["severity"], issue["category"]) == (severity, category)
    assert named in issue["message"]
    assert f"1 {severity}" in body["message"]


def test_an_unknown_strategy_cannot_be_validated(ktrdr: Embedded) -> None:
    answer = ktrdr.client.post("/strategies/validate/nope")
    assert (answer.status_code, answer.json()) == (404, {"detail": "Strategy file not found: nope.yaml"})


@pytest.mark.parametrize("name", sorted(INVALID))
def test_an_invalid_strategy_is_not_trained(ktrdr: Embedded, name: str) -> None:
    total = ktrdr.client.get("/operations").json()["total_count"]
    answer = ktrdr.start(strategy_name=name)
    assert answer.status_code == 400
    detail = answer.json()["detail"]
    assert list(detail) == ["message", "error_code", "context", "details", "suggestion"]
    assert detail["error_code"] == "STRATEGY-ValidationFailed"
    assert detail["context"] == {"strategy_name": name, "error_count": 1}
    (error,) = detail["details"]["errors"]
    assert error["message"] in detail["suggestion"]
    assert ktrdr.client.get("/operations").json()["total_count"] == total
    assert ktrdr.start(strategy_name="warning_unused_fuzzy_set").status_code == 200


def test_indicators(ktrdr: Embedded) -> None:
    assert ktrdr.client.get("/indicators").status_code == 307
    body = ktrdr.client.get("/indicators/").json()
    assert {each["name"] for each in body["data"]} >= {"RSI", "MACD"}
    assert [each["name"] for each in body["data"][0]["parameters"]] == ["period", "source"]


def test_a_cancelled_dummy_stays_cancelled() -> None:
    embedded = Embedded("--training-workers", "0", "--backtest-workers", "0", speed=10)
    data = embedded.client.post("/dummy/start").json()["data"]
    operation_id = data["operation_id"]
    assert re.fullmatch(r"op_dummy_\d{8}_\d{6}_[0-9a-f]{8}", operation_id)
    assert (data["status"], data["message"]) == ("started", "Started dummy_task operation")
    until(lambda: embedded.operation(operation_id)["progress"]["percentage"] >= 2)
    cancelled = embedded.client.delete(f"/operations/{operation_id}").json()["data"]
    assert (cancelled["task_cancelled"], cancelled["remote_cancelled"]) == (True, False)
    stopped = embedded.operation(operation_id)
    assert (stopped["status"], stopped["error_message"]) == ("cancelled", "Operation cancelled by user")
    another = embedded.client.post("/dummy/start").json()["data"]["operation_id"]
    until(lambda: embedded.operation(another)["progress"]["percentage"] >= 2)
    assert embedded.operation(operation_id) == stopped
    assert embedded.client.delete(f"/operations/{operation_id}").status_code == 400
    assert embedded.stop() == 0


def test_a_dummy_completes() -> None:
    embedded = Embedded("--training-workers", "0", "--backtest-workers", "0", speed=2000)
    operation_id = embedded.client.post("/dummy/start").json()["data"]["operation_id"]
    operation = embedded.ended(operation_id)
    assert (operation["status"], operation["progress"]["percentage"]) == ("completed", 100.0)
    assert operation["result_summary"]["iterations_completed"] == 100
    assert embedded.client.get(f"/operations/{operation_id}/metrics").json()["data"]["metrics"] == []
    embedded.stop()
