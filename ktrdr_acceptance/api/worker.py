"""A worker's own routes: its health and its copies of operations."""

from __future__ import annotations

from typing import Any

from ktrdr_acceptance.api.http import Answer, ServiceClient
from ktrdr_acceptance.api.models import OperationBody, OperationPage, WorkerHealth, read


class Worker:
    """Client of one worker, named as it registered.

    `service` is what the target calls it: it stays, where a worker takes a new name with each start.
    """

    def __init__(self, http: ServiceClient, service: str = "") -> None:
        self._http = http
        self.name = http.name
        self.service = service or http.name
        self.base_url = http.base_url

    def health_answer(self) -> Answer:
        """Ask for the health."""
        return self._http.request("GET", "/health")

    def health(self) -> WorkerHealth:
        """Return the worker's health."""
        return read(WorkerHealth, self.health_answer())

    def operation_answer(self, operation_id: str) -> Answer:
        """Look up the worker's own copy of an operation."""
        return self._http.request("GET", f"/api/v1/operations/{operation_id}")

    def operation(self, operation_id: str) -> OperationBody:
        """Return the worker's own copy of an operation that it must know."""
        return read(OperationBody, self.operation_answer(operation_id), "data")

    def cancel_answer(self, operation_id: str, reason: str = "") -> Answer:
        """Ask to cancel the worker's own copy (by another path than at the backend), and perhaps say why."""
        query = {"reason": reason} if reason else None
        return self._http.request("DELETE", f"/api/v1/operations/{operation_id}/cancel", query=query)

    def operation_ids(self) -> list[str]:
        """Return the ids of the newest operations that the worker knows."""
        return read(OperationPage, self._http.request("GET", "/api/v1/operations", query={"limit": 100})).ids

    def start_answer(self, route: str, payload: Any) -> Answer:
        """Ask for work directly, at `/trainings/start`'s or `/backtests/start`'s place at a worker."""
        return self._http.request("POST", route, body=payload)
