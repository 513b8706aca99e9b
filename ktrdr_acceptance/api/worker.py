"""A worker's own routes: its health and its copies of operations."""

from __future__ import annotations

from ktrdr_acceptance.api.http import Answer, ServiceClient
from ktrdr_acceptance.api.models import OperationBody, WorkerHealth, read


class Worker:
    """Client of one worker, named as it registered."""

    def __init__(self, http: ServiceClient) -> None:
        self._http = http
        self.name = http.name
        self.base_url = http.base_url

    def health(self) -> WorkerHealth:
        """Return the worker's health."""
        return read(WorkerHealth, self._http.request("GET", "/health"))

    def operation_answer(self, operation_id: str) -> Answer:
        """Look up the worker's own copy of an operation."""
        return self._http.request("GET", f"/api/v1/operations/{operation_id}")

    def operation(self, operation_id: str) -> OperationBody:
        """Return the worker's own copy of an operation that it must know."""
        return read(OperationBody, self.operation_answer(operation_id), "data")
