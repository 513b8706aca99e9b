"""The backend's routes (prefix /api/v1)."""

from __future__ import annotations

from typing import Any

from ktrdr_acceptance.api.http import Answer, ServiceClient
from ktrdr_acceptance.api.models import OperationBody, OperationPage, WorkerBody, accepted, parse, read

_PREFIX = "/api/v1"


class Backend:
    """Client of the backend. Methods that end in `_answer` return refusals too."""

    name = "backend"

    def __init__(self, http: ServiceClient) -> None:
        self._http = http
        self.base_url = http.base_url

    def _call(self, method: str, path: str, body: Any = None, query: dict[str, Any] | None = None) -> Answer:
        return self._http.request(method, _PREFIX + path, body=body, query=query)

    def health_answer(self) -> Answer:
        """Ask for the health."""
        return self._call("GET", "/health")

    def logged_request(self, **query: str) -> str:
        """Make a request that the backend logs (it is silent on operations and health); return its id."""
        return self._call("GET", "/workers", query=query).request_id

    def openapi_answer(self) -> Answer:
        """Ask for the OpenAPI document."""
        return self._call("GET", "/openapi.json")

    def start_training_answer(self, payload: Any) -> Answer:
        """Ask for a training with a body of any shape."""
        return self._call("POST", "/trainings/start", body=payload)

    def start_backtest_answer(self, payload: Any) -> Answer:
        """Ask for a backtest with a body of any shape."""
        return self._call("POST", "/backtests/start", body=payload)

    def start_download_answer(self, payload: Any) -> Answer:
        """Ask for a download with a body of any shape."""
        return self._call("POST", "/data/acquire/download", body=payload)

    def bars_answer(self, symbol: str, timeframe: str, **query: Any) -> Answer:
        """Ask for cached bars."""
        return self._call("GET", f"/data/{symbol}/{timeframe}", query=query)

    def range_answer(self, symbol: str, timeframe: str) -> Answer:
        """Ask from when to when there are cached bars."""
        return self._call("POST", "/data/range", body={"symbol": symbol, "timeframe": timeframe})

    def inventory_answer(self) -> Answer:
        """Ask what is cached."""
        return self._call("GET", "/data/info")

    def strategies_answer(self) -> Answer:
        """Ask for the strategies (without the last slash KTRDR redirects)."""
        return self._call("GET", "/strategies/")

    def validate_strategy_answer(self, name: str) -> Answer:
        """Ask whether a strategy is valid."""
        return self._call("POST", f"/strategies/validate/{name}")

    def operation_answer(self, operation_id: str) -> Answer:
        """Look up one operation."""
        return self._call("GET", f"/operations/{operation_id}")

    def operation(self, operation_id: str) -> OperationBody:
        """Return one operation that must exist."""
        return read(OperationBody, self.operation_answer(operation_id), "data")

    def operations(self, **query: Any) -> OperationPage:
        """Return one page of the list, filtered and paged by `query`."""
        return read(OperationPage, self.operations_answer(**query))

    def operations_answer(self, **query: Any) -> Answer:
        """Ask for one page of the list by a query of any kind."""
        return self._call("GET", "/operations", query=query)

    def results_answer(self, operation_id: str) -> Answer:
        """Ask for the results of an operation."""
        return self._call("GET", f"/operations/{operation_id}/results")

    def metrics_answer(self, operation_id: str) -> Answer:
        """Ask for the metrics of an operation."""
        return self._call("GET", f"/operations/{operation_id}/metrics")

    def retry_answer(self, operation_id: str) -> Answer:
        """Ask to run a failed operation again."""
        return self._call("POST", f"/operations/{operation_id}/retry")

    def cancel_answer(self, operation_id: str, reason: str = "") -> Answer:
        """Ask to cancel an operation, and perhaps say why."""
        body = {"reason": reason} if reason else None
        return self._call("DELETE", f"/operations/{operation_id}", body=body)

    def register_answer(self, row: WorkerBody, endpoint_url: str) -> Answer:
        """Register a worker again: KTRDR updates what it has of it (contract 1.2)."""
        body = {
            "worker_id": row.worker_id,
            "worker_type": row.worker_type,
            "endpoint_url": endpoint_url,
            "capabilities": row.capabilities or {},
        }
        return self._call("POST", "/workers/register", body=body)

    def workers(self) -> list[WorkerBody]:
        """Return the registered workers."""
        answer = self._call("GET", "/workers")
        rows = accepted(answer)
        origin = f"{answer.service} answered {answer.request}"
        return [parse(WorkerBody, row, origin) for row in (rows if isinstance(rows, list) else [rows])]
