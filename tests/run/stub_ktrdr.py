"""A stub of KTRDR's backend and its one training worker, on one port, in the process of the test."""

from __future__ import annotations

import json
import socket
import sys
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

MOMENT = "2026-11-22T08:54:28Z"
ROW = {
    "worker_type": "training",
    "status": "available",
    "current_operation_id": None,
    "capabilities": {},
    "last_health_check": MOMENT,
    "last_healthy_at": MOMENT,
    "health_check_failures": 0,
    "metadata": {},
}
OPERATION = {
    "operation_type": "training",
    "created_at": MOMENT,
    "started_at": MOMENT,
    "completed_at": None,
    "metadata": {
        **dict.fromkeys(("symbol", "timeframe", "mode", "start_date", "end_date")),
        "parameters": {},
    },
    "error_message": None,
    "warnings": [],
    "errors": [],
    "result_summary": None,
    "metrics": None,
}


class StubKtrdr:
    """Answers as generation S does, as far as the suite asks; trainings run until they are cancelled.

    The life of a smoke training goes back: its second look shows it as completed, the third as running.
    `cached` are the symbols of which it has bars, `lacks` the strategies that it does not have.
    `worker_rows` are changes to the rows of its workers, from the first on; `rows_change_after` is how many
    lists of workers are without them; `openapi` are changes to its OpenAPI document. If it has a `log`, it
    writes the lines there with which KTRDR's backend begins and ends a request; if it has a `worker_log`, a
    line there for each training that starts. `answers` are what routes answer otherwise, by their path.
    """

    def __init__(
        self,
        *,
        workers: int = 1,
        is_ktrdr: bool = True,
        ends_after_looks: int = 0,
        has_registry: bool = True,
        worker_rows: tuple[dict[str, Any], ...] = (),
        cached: tuple[str, ...] = ("EURUSD",),
        lacks: tuple[str, ...] = (),
        rows_change_after: int = 0,
        **openapi: Any,
    ) -> None:
        self.openapi = openapi
        self.worker_count = workers
        self.has_registry = has_registry
        self.worker_rows = worker_rows
        self.cached = cached
        self.lacks = lacks
        self.rows_change_after = rows_change_after
        self.loses_id_after_cancel = False
        self.is_ktrdr = is_ktrdr
        self.ends_after_looks = ends_after_looks
        self.cancel_takes_looks = 0
        self.requests: list[str] = []
        # How many requests are answered before `goes_on` is set.
        self.waits_after = sys.maxsize
        self.goes_on = threading.Event()
        self.on_first_request: Callable[[], None] = lambda: None
        self.log: Path | None = None
        self.worker_log: Path | None = None
        self.answers: dict[str, tuple[int, Any]] = {}
        self._operations: dict[str, dict[str, Any]] = {}
        self._heard = threading.Condition()
        self._connections: list[socket.socket] = []
        stub = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_any(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                sent = json.loads(self.rfile.read(length)) if length else None
                stub._hear(f"{self.command} {self.path}")
                if len(stub.requests) > stub.waits_after:
                    stub.goes_on.wait()
                stub._write("started", self.headers.get("X-Request-ID", ""))
                status, body = stub._answer(self.command, self.path, sent)
                text = json.dumps(body).encode() if not isinstance(body, str) else body.encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                stub._write("completed", self.headers.get("X-Request-ID", ""))
                self.wfile.write(text)
                if self.path == "/die":
                    stub.die()

            do_GET = do_POST = do_DELETE = handle_any  # noqa: N815

            def log_message(self, *_arguments: Any) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def process_request(self, request: Any, client_address: Any) -> None:
                stub._connections.append(request)
                super().process_request(request, client_address)

            def handle_error(self, request: Any, client_address: Any) -> None:
                """A client that has gone is no news."""

        self._server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def die(self) -> None:
        """Go as a killed process goes: no port, no open connection."""
        self._server.socket.close()
        for connection in self._connections:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue

    def wait_for(self, start: str, count: int = 1, within: float = 120.0) -> None:
        """Wait until `count` requests that begin with `start` have come in."""
        with self._heard:
            heard = self._heard.wait_for(lambda: self.count(start) >= count, within)
        assert heard, f"no {count} requests {start!r} within {within} s, only {self.requests[-10:]}"

    def count(self, start: str) -> int:
        return sum(1 for request in self.requests if request.startswith(start))

    def statuses(self) -> list[str]:
        return [operation["status"] for operation in self._operations.values()]

    def _hear(self, request: str) -> None:
        with self._heard:
            first = not self.requests
            if first:
                self.on_first_request()
            self.requests.append(request)
            self._heard.notify_all()

    def _write(self, stage: str, request_id: str) -> None:
        if self.log is not None:
            with self.log.open("a", encoding="utf-8") as log:
                log.write(f"2026-11-22 08:54:28 [INFO] stub: Request {stage}: request_id={request_id}\n")

    def _answer(self, method: str, path: str, sent: Any) -> tuple[int, Any]:
        if not self.is_ktrdr:
            return 200, "<html>It works!</html>"
        route = path.removeprefix("/api/v1").split("?")[0]
        if route in self.answers:
            return self.answers[route]
        if route == "/health":
            return 200, {
                "status": "ok",
                "version": "1.0.7",
                "healthy": True,
                "service": "training-worker",
                "timestamp": MOMENT,
                "worker_status": "idle",
                "current_operation": None,
            }
        if route == "/openapi.json":
            registry: dict[str, Any] = {"/api/v1/workers": {}} if self.has_registry else {}
            return 200, {"paths": {"/api/v1/backtests/start": {}, **registry}, **self.openapi}
        if route == "/data/range" and sent["symbol"] in self.cached:
            found = {**sent, "start_date": "2007-01-01T00:00:00Z", "end_date": "2025-12-31T00:00:00Z"}
            return 200, {"success": True, "data": {**found, "point_count": 115_000}}
        if route.startswith("/strategies/validate/") and route.rsplit("/", 1)[-1] not in self.lacks:
            return 200, {"success": True, "valid": True, "issues": []}
        if route == "/workers" and self.has_registry:
            return 200, self._workers()
        if route == "/trainings/start" and method == "POST":
            if "symbols" not in sent:
                return 422, {"detail": "symbols missing"}
            operation_id = f"op_training_{len(self._operations)}"
            self._operations[operation_id] = {
                "status": "running",
                "looks": 0,
                "cancelled": False,
                "goes_back": sent["timeframes"] == ["1d"],
            }
            if self.worker_log is not None:
                with self.worker_log.open("a", encoding="utf-8") as log:
                    log.write(f"2026-11-22 08:54:28 [INFO] stub: training {operation_id}\n")
            return 200, {
                "success": True,
                "task_id": operation_id,
                "status": "training_started",
                "message": "started",
                "symbols": sent["symbols"],
                "timeframes": sent["timeframes"],
                "strategy_name": sent["strategy_name"],
                "estimated_duration_minutes": 30,
            }
        if route.startswith("/operations/"):
            return self._operation(method, route.rsplit("/", 1)[-1])
        if route == "/operations":
            return 200, {"success": True, "data": [], "total_count": 0, "active_count": 0}
        return (200, {}) if path == "/die" else (404, {"detail": "Not Found"})

    def _workers(self) -> list[dict[str, Any]]:
        rows = [{**ROW, "worker_id": f"w{n}", "endpoint_url": self.url} for n in range(self.worker_count)]
        if self.count("GET /api/v1/workers") > self.rows_change_after:
            for row, changes in zip(rows, self.worker_rows, strict=False):
                row.update(changes)
        return rows

    def _operation(self, method: str, operation_id: str) -> tuple[int, Any]:
        operation = self._operations.get(operation_id)
        if operation is None:
            return 404, {"detail": f"Operation not found: {operation_id}"}
        if method == "DELETE":
            operation.update(cancelled=True, looks=0)
            if not self.cancel_takes_looks:
                operation["status"] = "cancelled"
            cancel = {
                "success": True,
                "operation_id": operation_id,
                "status": "cancelled",
                "cancelled_at": MOMENT,
                "cancellation_reason": None,
                "task_cancelled": False,
                "remote_cancelled": True,
            }
            return 200, {"success": True, "data": cancel}
        operation["looks"] += 1
        if operation["status"] == "running":
            if operation["cancelled"] and operation["looks"] > self.cancel_takes_looks:
                operation["status"] = "cancelled"
            elif self.ends_after_looks and operation["looks"] > self.ends_after_looks:
                operation["status"] = "completed"
        shown = operation["status"]
        if operation["goes_back"] and operation["looks"] == 2:
            shown = "completed"
        result = {"result_summary": {"data_summary": {"total_samples": 1234}}} if shown == "completed" else {}
        lost = self.loses_id_after_cancel and operation["cancelled"]
        return 200, {
            "success": True,
            "data": {
                **OPERATION,
                "operation_id": "op_9" if lost else operation_id,
                **result,
                "status": shown,
                "progress": {
                    "percentage": 10.0,
                    "current_step": "Epoch 1/10",
                    "steps_completed": 1,
                    "steps_total": 10,
                    "items_processed": 1,
                    "items_total": None,
                    "current_item": None,
                    "context": {},
                },
            },
        }


_closed = socket.socket()
_closed.bind(("127.0.0.1", 0))


def closed_url() -> str:
    """Return the URL of a port at which nothing listens, nor ever will: it is held here."""
    return f"http://127.0.0.1:{_closed.getsockname()[1]}"


def until(condition: Callable[[], bool], within: float = 120.0) -> None:
    """Wait for a condition that nothing announces."""
    end = time.monotonic() + within
    while not condition():
        assert time.monotonic() < end, "the condition did not come about"
        time.sleep(0.01)
