import re

import pytest

from embedded_ktrdr.pace import Pace

from .harness import ENDLESS, LONG, Embedded, http, until

OPTIONS = ("--speed", "50")
OPERATION_ID = re.compile(r"op_training_\d{8}_\d{6}_[0-9a-f]{8}")
EPOCH_FIELDS = [
    "epoch", "train_loss", "train_accuracy", "val_loss", "val_accuracy",
    "learning_rate", "duration", "timestamp",
]  # fmt: skip


def test_a_start_names_the_task(ktrdr: Embedded) -> None:
    answer = ktrdr.start(task_id="mine", foo=1)
    body = answer.json()
    assert OPERATION_ID.fullmatch(body.pop("task_id"))
    assert body == {
        "success": True,
        "status": "training_started",
        "message": "Neural network training started for EURUSD using test_e2e_local_pull strategy",
        "symbols": ["EURUSD"],
        "timeframes": ["1d"],
        "strategy_name": "test_e2e_local_pull",
        "estimated_duration_minutes": 30,
    }


def test_a_training_makes_progress_and_completes(ktrdr: Embedded) -> None:
    # 12 s, to be seen five times on a busy machine too.
    operation_id = ktrdr.started(**{**LONG, "symbols": ["EURUSD"] * 10})
    seen = [ktrdr.operation(operation_id)]
    while seen[-1]["status"] == "running":
        seen.append(ktrdr.operation(operation_id))
    assert {each["status"] for each in seen} == {"running", "completed"}
    learning = [
        each["progress"] for each in seen if (each["progress"]["current_step"] or "").startswith("Epoch")
    ]
    percentages = [each["percentage"] for each in learning]
    assert percentages == sorted(percentages)
    assert len(set(percentages)) >= 5
    for progress in learning[:-1]:
        match = re.fullmatch(r"Epoch (\d+)/10(?: · Batch (\d+)/33832)?", progress["current_step"])
        assert match
        assert progress["steps_total"] == 10
        assert progress["percentage"] == pytest.approx(progress["items_processed"] / 338_320 * 100)
    before = {each["progress"]["percentage"] for each in seen} - set(percentages)
    assert all(percentage <= 5 for percentage in before)
    assert learning[-1] == {
        "percentage": 100.0,
        "current_step": "Epoch 10/10",
        "steps_completed": 10,
        "steps_total": 10,
        "items_processed": 338_320,
        "items_total": None,
        "current_item": None,
        "context": {},
    }


def test_the_result_is_the_same_everywhere_and_consistent(ktrdr: Embedded) -> None:
    operation_id = ktrdr.started(**LONG)
    operation, at_worker = ktrdr.ended(operation_id), ktrdr.at_worker(operation_id)
    for field in ("status", "completed_at", "result_summary", "metrics", "error_message"):
        assert operation[field] == at_worker[field]
    assert operation["completed_at"] > operation["created_at"]
    result = operation["result_summary"]
    metrics, history = result["training_metrics"], result["training_metrics"]["history"]
    assert metrics["epochs_trained"] == 10
    assert result["data_summary"]["total_samples"] == 150_361
    assert result["model_info"]["parameters_count"] == 688
    for part in ("train", "val"):
        losses, accuracies = history[f"{part}_loss"], history[f"{part}_accuracy"]
        assert len(losses) == len(accuracies) == 10
        assert losses[-1] < losses[0]
        assert accuracies[-1] > accuracies[0]
        assert all(0.5 < accuracy < 0.95 for accuracy in accuracies)
        assert metrics[f"final_{part}_loss"] == losses[-1]
        assert metrics[f"final_{part}_accuracy"] == accuracies[-1]
        assert metrics[f"best_{part}_accuracy"] == max(accuracies)
    epochs = operation["metrics"]["epochs"]
    assert [each["epoch"] for each in epochs] == list(range(10))
    assert all(list(each) == EPOCH_FIELDS for each in epochs)
    assert [each["val_loss"] for each in epochs] == history["val_loss"]
    assert ktrdr.client.get(f"/operations/{operation_id}/results").json()["results"] == result
    assert ktrdr.client.get(f"/operations/{operation_id}/metrics").json()["data"]["metrics"] == epochs
    performance = ktrdr.client.get(f"/trainings/{operation_id}/performance").json()
    assert performance["training_metrics"]["final_val_accuracy"] == metrics["final_val_accuracy"]
    assert performance["test_metrics"]["test_accuracy"] == result["test_metrics"]["test_accuracy"]


def test_the_same_inputs_learn_the_same_way(ktrdr: Embedded) -> None:
    first, second = (ktrdr.ended(ktrdr.started()) for _ in range(2))
    histories = [each["result_summary"]["training_metrics"]["history"] for each in (first, second)]
    assert histories[0] == histories[1]


def test_the_metrics_of_a_worker_have_a_cursor(ktrdr: Embedded) -> None:
    operation_id = ktrdr.started()
    ktrdr.ended(operation_id)
    url = f"{ktrdr.worker_of(operation_id)}/api/v1/operations/{operation_id}/metrics"
    data = http.get(url, params={"cursor": 8}).json()["data"]
    assert [each["epoch"] for each in data["metrics"][0]] == [8, 9]
    assert (data["metrics"][1], data["cursor"]) == (10, 8)


@pytest.mark.parametrize(
    ("wishes", "reason"),
    [
        ({"symbols": ["NOSUCH"]}, "No data found in cache for NOSUCH 1d"),
        ({"timeframes": ["7x"]}, "No data found in cache for EURUSD 7x"),
        ({"start_date": "1990-01-01", "end_date": "1990-12-31"}, "No data found in cache for EURUSD 1d"),
        ({"start_date": "2124-01-01", "end_date": None}, "No data found in cache for EURUSD 1d"),
        ({"start_date": None, "end_date": "2001-01-01"}, "No data found in cache for EURUSD 1d"),
        ({"end_date": "2024-01-10"}, "Failed to process indicators for any timeframe"),
        ({"timeframes": ["1h", "1d"]}, "Failed to load base timeframe 1h for EURUSD"),
    ],
)
def test_what_cannot_be_trained_fails_with_a_reason(
    ktrdr: Embedded, wishes: dict[str, object], reason: str
) -> None:
    operation = ktrdr.ended(ktrdr.started(**wishes))
    assert (operation["status"], operation["error_message"]) == ("failed", reason)
    assert operation["completed_at"]
    assert operation["result_summary"] is None
    answer = ktrdr.client.get(f"/operations/{operation['operation_id']}/results")
    assert (answer.status_code, answer.json()["results"]) == (200, {})


def test_a_training_without_dates_uses_everything_since_2020(ktrdr: Embedded) -> None:
    operation = ktrdr.ended(ktrdr.started(start_date=None, end_date=None))
    assert operation["metadata"]["start_date"] is None
    assert operation["progress"]["items_processed"] == 340  # recording E1


def test_the_list_is_as_fresh_as_the_lookup(ktrdr: Embedded) -> None:
    operation_id = ktrdr.started()

    def row() -> dict[str, object]:
        return dict(ktrdr.client.get("/operations?limit=1").json()["data"][0])

    done = until(lambda: row() if row()["status"] == "completed" else None)
    assert done["operation_id"] == operation_id
    assert done["progress_percentage"] == 100.0
    assert row()["duration_seconds"] == done["duration_seconds"]


def test_the_list_filters_and_pages(ktrdr: Embedded) -> None:
    failed = ktrdr.started(symbols=["NOSUCH"])
    ktrdr.ended(failed)
    running = ktrdr.started(**ENDLESS)

    def rows(query: str) -> tuple[list[str], int, int]:
        body = ktrdr.client.get(f"/operations?{query}").json()
        return [each["operation_id"] for each in body["data"]], body["total_count"], body["active_count"]

    everything, total, active = rows("limit=1000")
    assert everything[:2] == [running, failed]
    assert (len(everything), active) == (total, 1)
    assert rows("status=running") == ([running], 1, 1)
    assert rows("active_only=true") == ([running], 1, 1)
    assert rows("limit=1&offset=1") == ([failed], total, 1)
    assert rows("offset=99999") == ([], total, 1)
    assert rows("operation_type=backtesting") == ([], 0, 1)
    assert len(rows("")[0]) == min(total, 10)


def test_results_of_a_running_training_are_refused(ktrdr: Embedded) -> None:
    operation_id = ktrdr.started(**ENDLESS)
    answer = ktrdr.client.get(f"/operations/{operation_id}/results")
    assert (answer.status_code, answer.json()) == (
        400,
        {"detail": "Operation not finished (status: running)"},
    )
    assert ktrdr.client.get(f"/trainings/{operation_id}/performance").status_code == 404


def test_a_retry_runs(ktrdr: Embedded) -> None:
    failed = ktrdr.ended(ktrdr.started(symbols=["NOSUCH"]))
    answer = ktrdr.client.post(f"/operations/{failed['operation_id']}/retry")
    assert answer.status_code == 200
    again = answer.json()["data"]
    assert re.fullmatch(r"op_retry_training_\d{8}_\d{6}_[0-9a-f]{8}", again["operation_id"])
    assert again["status"] == "running"
    assert again["metadata"] == failed["metadata"]
    assert ktrdr.ended(again["operation_id"])["error_message"] == failed["error_message"]


def test_only_what_failed_is_retried(ktrdr: Embedded) -> None:
    operation_id = ktrdr.started()
    ktrdr.ended(operation_id)
    answer = ktrdr.client.post(f"/operations/{operation_id}/retry")
    assert answer.status_code == 400
    assert answer.json() == {
        "detail": f"Operation {operation_id} cannot be retried (status: OperationStatus.COMPLETED)"
    }


def test_the_pace_scales_what_the_design_says() -> None:
    pace = Pace(20)
    assert (pace.cache_ttl_s, pace.health_sweep_s, pace.removal_after_s) == (0.05, 0.5, 15.0)
