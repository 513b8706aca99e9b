import re

from .harness import ENDLESS, Embedded, http, until

BACKEND_LINE = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \[(INFO|WARNING|ERROR)\] [\w.]+: .*")
WORKER_LINE = re.compile(
    r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} \| \x1b\[9\dm(INFO|WARNING|ERROR)\x1b\[0m \| [\w.]+ \| .*"
    r"|INFO: {5}.*"
)


def test_a_training_leaves_its_lines(ktrdr: Embedded) -> None:
    done, cancelled = ktrdr.started(), ktrdr.started(**ENDLESS)
    failed = ktrdr.ended(ktrdr.started(symbols=["NOSUCH"])) if ktrdr.ended(done) else {}
    ktrdr.client.delete(f"/operations/{cancelled}")
    # Its worker says so when the work has heard of it, which may be after the answer.
    until(lambda: any(f"{cancelled} cancelled" in ktrdr.log(each["worker_id"]) for each in ktrdr.workers()))
    backend = ktrdr.log("backend")
    workers = "".join(ktrdr.log(each["worker_id"]) for each in ktrdr.workers())
    for text in (
        f"Created operation: {done} (type: OperationType.TRAINING)",
        f"Started operation: {done}",
        f"Registered remote proxy for operation {done} → host {done}",
        f"Registered remote proxy: {done} → {done}",
        f"🏁 OPERATION COMPLETED: {done} (training)",
        f"Cancelled operation: {cancelled} (task_cancelled: False, remote_cancelled: True)",
        f"Successfully cancelled operation: {cancelled}",
        f"🏁 OPERATION FAILED: {failed['operation_id']} (training)",
        "Worker registered successfully: training-worker-1",
    ):
        assert text in backend
    assert re.search(rf"Selected worker \S+ for operation {done}", backend)
    assert re.search(rf"Training accepted by worker \S+: remote_op={done}", backend)
    for text in (
        f"Created operation: {done}",
        f"Started operation: {done}",
        f"Registered local bridge for operation {done}",
        f"Registered training bridge for operation {done}",
        f"Completed operation: {done}",
        f"Training operation {cancelled} cancelled",
        f"Failed operation: {failed['operation_id']} - No data found in cache for NOSUCH 1d",
        "Worker registered successfully: training-worker-2",
        '"POST /training/start HTTP/1.1" 200 OK',
    ):
        assert text in workers
    assert all(BACKEND_LINE.fullmatch(line) for line in backend.splitlines())
    assert all(WORKER_LINE.fullmatch(line) for line in workers.splitlines())


def test_a_request_is_known_by_the_id_of_its_caller(ktrdr: Embedded) -> None:
    ktrdr.client.post("/trainings/start", json={}, headers={"X-Request-ID": "abc-42"})
    log = ktrdr.log("backend")
    start = "Request started: method=POST path=/api/v1/trainings/start client=127.0.0.1 request_id=abc-42"
    assert start in log
    assert re.search(r"Request completed: .* status_code=422 duration=[\d.]+ms request_id=abc-42", log)
    assert "[ERROR] ktrdr.api.main: Request validation error: [{'field': 'body -> symbols'" in log


def test_polls_do_not_fill_the_log(ktrdr: Embedded) -> None:
    operation_id = ktrdr.started(**ENDLESS)
    before = ktrdr.log("backend").count(operation_id)
    for _ in range(20):
        ktrdr.operation(operation_id)
    assert ktrdr.log("backend").count(operation_id) - before <= 2


def test_a_secret_that_a_caller_sends_does_not_reach_the_logs(ktrdr: Embedded) -> None:
    """S writes queries and refused values as they come; ours lie among the reports."""
    worker = ktrdr.workers()[0]
    url = f"{worker['endpoint_url']}/nowhere?api_key=S3CR3T&token_count=5&x=password%3DS3CR3T"
    http.post(url, json={"password": "S3CR3T"}, headers={"Authorization": "Bearer S3CR3T"})
    ktrdr.client.post("/trainings/start?token=S3CR3T", json={"symbols": {"password": "S3CR3T"}})
    assert "/nowhere?api_key=***&token_count=5" in ktrdr.log(worker["worker_id"])
    assert "S3CR3T" not in ktrdr.log("backend") + ktrdr.log(worker["worker_id"])
