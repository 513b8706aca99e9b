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

    def openapi_answer(self) -> Answer:
        """Ask for the OpenAPI document."""
        return self._call("GET", "/openapi.json")

    def start_training_answer(self, payload: Any) -> Answer:
        """Ask for a training with a body of any shape."""
        return self._call("POST", "/trainings/start", body=payload)

    def operation_answer(self, operation_id: str) -> Answer:
        """Look up one operation."""
        return self._call("GET", f"/operations/{operation_id}")

    def operation(self, operation_id: str) -> OperationBody:
        """Return one operation that must exist."""
        return read(OperationBody, self.operation_answer(operation_id), "data")

    def operations(self, **query: Any) -> OperationPage:
        """Return one page of the list, filtered and paged by `query`."""
        return read(OperationPage, self._call("GET", "/operations", query=query))

    def cancel_answer(self, operation_id: str) -> Answer:
        """Ask to cancel an operation."""
        return self._call("DELETE", f"/operations/{operation_id}")

    def workers(self) -> list[WorkerBody]:
        """Return the registered workers."""
        answer = self._call("GET", "/workers")
        rows = accepted(answer)
        origin = f"{answer.service} answered {answer.request}"
        return [parse(WorkerBody, row, origin) for row in (rows if isinstance(rows, list) else [rows])]
