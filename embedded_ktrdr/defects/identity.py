"""Defects that mix up one operation with another."""

import hashlib
import time
from collections.abc import Awaitable, Callable
from typing import Any

from embedded_ktrdr.backend import app, dispatch, operation_routes
from embedded_ktrdr.backend.operations import Operations
from embedded_ktrdr.backend.registry import WorkerStatus
from embedded_ktrdr.defects.defect import defect, patch
from embedded_ktrdr.defects.routes import patch_route
from embedded_ktrdr.operations import OperationInfo, OperationMetadata, OperationStatusResponse
from embedded_ktrdr.wire import Wire

AREA = "identity"
SIDE_BY_SIDE = "side-by-side"

# Seconds for which the answer of a worker is taken to be fresh.
_TRUSTED_S = 0.5

Ask = Callable[..., Awaitable[Any]]


@defect(
    "same-request-same-id",
    "The same request again gets the id of the first",
    ("backtest-repeats-itself", "the same backtest gives the same figures again"),
    area=AREA,
    severity="blocker",
    behaviour="every operation has an id of its own",
)
def _same_request_same_id() -> None:
    @patch(dispatch, "new_operation")
    def new(
        original: Callable[..., OperationInfo], kind: Any, metadata: OperationMetadata, **more: Any
    ) -> OperationInfo:
        operation = original(kind, metadata, **more)
        asked = hashlib.sha256(metadata.model_dump_json().encode()).hexdigest()[:8]
        day = f"{operation.created_at:%Y%m%d}"
        operation.operation_id = f"{operation.operation_id.partition(day)[0]}{day}_000000_{asked}"
        return operation


@defect(
    "worker-has-another-id",
    "A worker gives what it works at an id that the backend does not tell",
    ("training-is-known-at-once", "its worker knows it under the same id"),
    area=AREA,
    behaviour="an operation has one id, at the backend and at its worker",
)
def _worker_has_another_id() -> None:
    other: dict[str, str] = {}

    @patch(Wire, "ask")
    async def ask(original: Ask, self: Wire, method: str, url: str, shape: Any, **more: Any) -> Any:
        if url.endswith("/start") and "task_id" in (more.get("body") or {}):
            asked = more["body"]["task_id"]
            other[asked] = f"worker_{asked}"
            more["body"] = {**more["body"], "task_id": other[asked]}
            answer = await original(self, method, url, shape, **more)
            answer.operation_id = asked
            return answer
        asked = next((each for each in other if each in url), "")
        answer = await original(self, method, url.replace(asked, other.get(asked, "")), shape, **more)
        if asked and isinstance(answer, OperationStatusResponse):
            answer.data.operation_id = asked
        return answer


@defect(
    "results-of-the-last",
    "The results of an operation are those of the one that ended last",
    ("results-readable", "they are those of its worker"),
    area=AREA,
    severity="blocker",
    behaviour="the results of an operation are its own",
)
def _results_of_the_last() -> None:
    last: list[dict[str, Any]] = []

    @patch(Operations, "_ask_worker")
    async def ask(original: Ask, self: Operations, operation: OperationInfo, proxy: Any) -> None:
        await original(self, operation, proxy)
        if operation.result_summary is not None:
            last[:] = [operation.result_summary]

    @patch_route(app, "operation_router", "/operations/{operation_id}/results", "GET")
    async def route(original: Ask, operation_id: str) -> Any:
        return {**await original(operation_id), "results": last[0]}


@defect(
    "metrics-of-the-last",
    "The metrics that are asked for alone are those of the training that ended last",
    ("metrics-readable", "its metrics, asked for alone, are those that its lookup shows"),
    area=AREA,
    behaviour="the metrics of an operation are its own",
)
def _metrics_of_the_last() -> None:
    last: list[list[Any]] = []

    @patch(Operations, "_ask_worker")
    async def ask(original: Ask, self: Operations, operation: OperationInfo, proxy: Any) -> None:
        await original(self, operation, proxy)
        if operation.epochs:
            last[:] = [operation.epochs]

    @patch(operation_routes, "metrics_response")
    def response(original: Callable[..., Any], operation: OperationInfo, _metrics: list[Any]) -> Any:
        return original(operation, last[0])


@defect(
    "retry-of-the-last-order",
    "A retry does what was ordered last, not what had failed",
    ("retry-runs", "it asks for what the failed one asked for"),
    area=AREA,
    severity="blocker",
    behaviour="a retry does again what has failed",
)
def _retry_of_the_last_order() -> None:
    @patch(Operations, "retry")
    async def retry(_original: object, self: Operations, failed: OperationInfo) -> OperationInfo:
        return await self.restarts[failed.operation_type](list(self._orders.values())[-1])


@defect(
    "one-answer-for-all",
    "What one worker says of its operation is shown for another that is looked up at the same moment",
    # Whichever is looked up while the answer about another is fresh.
    (SIDE_BY_SIDE, "the backtest completes within 120 seconds, at its worker too"),
    (SIDE_BY_SIDE, "the training completes within 120 seconds, at its worker too"),
    area=AREA,
    severity="blocker",
    behaviour="a lookup shows the state of its own operation",
)
def _one_answer_for_all() -> None:
    last: list[tuple[float, Any]] = []

    @patch(Wire, "ask")
    async def ask(original: Ask, self: Wire, method: str, url: str, shape: Any, **more: Any) -> Any:
        if shape is not OperationStatusResponse:
            return await original(self, method, url, shape, **more)
        operation_id = url.rpartition("/")[2]
        if not last or time.monotonic() - last[0][0] >= _TRUSTED_S:
            last[:] = [(time.monotonic(), await original(self, method, url, shape, **more))]
        answer: OperationStatusResponse = last[0][1].model_copy(deep=True)
        answer.data.operation_id = operation_id
        return answer


@defect(
    "cancel-stops-all-of-a-kind",
    "The cancel of one backtest stops every backtest",
    ("cancel-one-of-a-kind", "the other one goes on at its worker"),
    area=AREA,
    severity="blocker",
    behaviour="a cancel stops the operation that it names and no other",
)
def _cancel_stops_all_of_a_kind() -> None:
    @patch(Operations, "cancel")
    async def cancel(original: Ask, self: Operations, operation: OperationInfo, reason: str | None) -> Any:
        outcome = await original(self, operation, reason)
        for other in self.store.active():
            if other.operation_type is operation.operation_type:
                await original(self, other, reason)
        return outcome


@defect(
    "cancel-stops-every-worker",
    "The cancel of one operation stops all others, too",
    ("cancel-one-of-two", "the training goes on at its worker"),
    area=AREA,
    severity="blocker",
    behaviour="a cancel stops the operation that it names and no other",
)
def _cancel_stops_every_worker() -> None:
    @patch(Operations, "cancel")
    async def cancel(original: Ask, self: Operations, operation: OperationInfo, reason: str | None) -> Any:
        outcome = await original(self, operation, reason)
        for worker in self._registry.all(status=WorkerStatus.BUSY):
            await self._cancel_at_worker(worker.current_operation_id or "", worker.endpoint_url, reason)
        return outcome
