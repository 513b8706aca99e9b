from .harness import ENDLESS, Embedded, http, until


def test_a_cancelled_training_stops_at_once_and_stays_cancelled(ktrdr: Embedded) -> None:
    operation_id = ktrdr.started(**ENDLESS)
    until(lambda: ktrdr.operation(operation_id)["progress"]["items_processed"] > 100)
    data = ktrdr.client.delete(f"/operations/{operation_id}").json()["data"]
    cancelled_at = data.pop("cancelled_at")
    assert data == {
        "success": True,
        "operation_id": operation_id,
        "status": "cancelled",
        "cancellation_reason": None,
        "task_cancelled": False,
        "remote_cancelled": True,
    }
    worker = ktrdr.worker_of(operation_id)
    health = http.get(f"{worker}/health").json()
    assert (health["worker_status"], health["current_operation"]) == ("idle", None)
    stopped, at_worker = ktrdr.operation(operation_id), ktrdr.at_worker(operation_id)
    assert stopped["status"] == at_worker["status"] == "cancelled"
    assert stopped["completed_at"].rstrip("Z") == cancelled_at.removesuffix("+00:00")
    assert stopped["error_message"] == at_worker["error_message"] == "Operation cancelled by user"
    # Another training on the same worker takes longer than the first would have needed to go on.
    ktrdr.ended(ktrdr.started())
    assert ktrdr.operation(operation_id) == stopped
    assert ktrdr.at_worker(operation_id) == at_worker


def test_a_cancel_right_after_the_start_stops_the_work(ktrdr: Embedded) -> None:
    for _ in range(5):
        operation_id = ktrdr.started(**ENDLESS)
        assert ktrdr.client.delete(f"/operations/{operation_id}").status_code == 200
        assert ktrdr.at_worker(operation_id)["status"] == "cancelled"
        assert {each["status"] for each in ktrdr.workers()} == {"available"}


def test_a_cancel_may_have_a_reason(ktrdr: Embedded) -> None:
    operation_id = ktrdr.started(**ENDLESS)
    answer = ktrdr.client.request(
        "DELETE", f"/operations/{operation_id}", json={"reason": "acceptance test", "force": True}
    )
    assert answer.json()["data"]["cancellation_reason"] == "acceptance test"
    assert ktrdr.operation(operation_id)["error_message"] == "acceptance test"
    assert ktrdr.at_worker(operation_id)["error_message"] == "acceptance test"


def test_what_has_ended_cannot_be_cancelled(ktrdr: Embedded) -> None:
    completed, cancelled = ktrdr.started(), ktrdr.started(**ENDLESS)
    ktrdr.ended(completed)
    ktrdr.client.delete(f"/operations/{cancelled}")
    for operation_id, shown in ((completed, "COMPLETED"), (cancelled, "CANCELLED")):
        answer = ktrdr.client.delete(f"/operations/{operation_id}")
        assert answer.status_code == 400
        assert answer.json() == {
            "detail": f"Operation {operation_id} cannot be cancelled (status: OperationStatus.{shown})"
        }
        worker = ktrdr.worker_of(operation_id)
        answer = http.delete(f"{worker}/api/v1/operations/{operation_id}/cancel")
        assert answer.status_code == 200
        error = f"Operation {operation_id} is already finished (status: OperationStatus.{shown})"
        assert answer.json() == {"success": True, "data": {"success": False, "error": error}}


def test_a_cancel_at_the_worker_is_seen_by_the_backend(ktrdr: Embedded) -> None:
    operation_id = ktrdr.started(**ENDLESS)
    url = f"{ktrdr.worker_of(operation_id)}/api/v1/operations/{operation_id}/cancel"
    assert http.delete(url, params={"reason": "at the worker"}).json()["data"]["status"] == "cancelled"
    operation = ktrdr.ended(operation_id)
    assert (operation["status"], operation["error_message"]) == ("cancelled", "at the worker")


def test_an_unknown_operation_at_the_worker(ktrdr: Embedded) -> None:
    worker = ktrdr.workers()[0]["endpoint_url"]
    answer = http.delete(f"{worker}/api/v1/operations/nope/cancel")
    assert (answer.status_code, answer.json()["data"]["success"]) == (200, False)
    answer = http.get(f"{worker}/api/v1/operations/nope")
    assert (answer.status_code, answer.json()) == (404, {"detail": "Operation not found: nope"})
