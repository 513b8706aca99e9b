"""Defects about the way of an operation to its end, as the backend and the worker show it."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from embedded_ktrdr.backend.operations import Operations
from embedded_ktrdr.defects.defect import defect, patch
from embedded_ktrdr.defects.lifecycle.answers import after_each_answer, at_the_end
from embedded_ktrdr.operations import OperationInfo, OperationStatus, OperationType
from embedded_ktrdr.worker import backtest
from embedded_ktrdr.worker.desk import Desk

AREA = "lifecycle"
SMOKE, BACKTEST_SMOKE, DELEGATED, KNOWN = "1.1", "B1.1", "3.3", "training-is-known-at-once"
BEHIND, BACKTEST_BEHIND = "3.2", "B3.3"
RESULT, ENDED = "the backend shows its result", "the backend states when it ended"
AFTER_BEGIN = "it ended after it began"
NEVER_AHEAD = "the backend is never ahead of its worker"

# How much later the result of a worker is there than its completion.
LATER_S = 0.5
# From so many percent on the work is taken for done.
AS_GOOD_AS_DONE = 90.0


@defect(
    "result-not-passed-on",
    "The backend never shows the result of what a worker has done",
    (SMOKE, RESULT),
    (BACKTEST_SMOKE, RESULT),
    area=AREA,
    severity="blocker",
    behaviour="the backend shows the result of a completed operation",
    shown_by="S",
)
def _result_not_passed_on() -> None:
    def change(operation: OperationInfo, _before: OperationInfo) -> None:
        operation.result_summary = None

    at_the_end(change)


@defect(
    "completed-before-its-result",
    "A worker calls its work completed before the result is there, and the backend never sees it",
    (SMOKE, RESULT),
    (BACKTEST_SMOKE, RESULT),
    area=AREA,
    severity="blocker",
    behaviour="what is completed has its result",
)
def _completed_before_its_result() -> None:
    @patch(OperationInfo, "finish")
    def finish(original: Callable[..., bool], self: OperationInfo, *arguments: Any, **more: Any) -> bool:
        result = more.pop("result", None)
        if result is not None:
            asyncio.get_running_loop().call_later(LATER_S, setattr, self, "result_summary", result)
        return original(self, *arguments, **more)


@defect(
    "end-time-not-passed-on",
    "The backend never shows when a worker's work ended",
    ("training-end-time", ENDED),
    ("backtest-end-time", ENDED),
    area=AREA,
    behaviour="the backend states when an operation ended",
    shown_by="S",
)
def _end_time_not_passed_on() -> None:
    def change(operation: OperationInfo, _before: OperationInfo) -> None:
        operation.completed_at = None

    at_the_end(change)


@defect(
    "end-time-is-that-of-the-start",
    "A training is shown to have ended when it began",
    ("training-end-time", AFTER_BEGIN),
    area=AREA,
    severity="minor",
    behaviour="an operation ends after it began",
)
def _end_time_is_that_of_the_start() -> None:
    def change(operation: OperationInfo, _before: OperationInfo) -> None:
        if operation.operation_type is OperationType.TRAINING:
            operation.completed_at = operation.started_at

    at_the_end(change)


@defect(
    "end-time-in-the-zone-of-the-exchange",
    "The end of a backtest is told in the time of New York and called UTC",
    ("backtest-end-time", AFTER_BEGIN),
    area=AREA,
    behaviour="an operation ends after it began",
)
def _end_time_in_the_zone_of_the_exchange() -> None:
    def change(operation: OperationInfo, _before: OperationInfo) -> None:
        if operation.operation_type is OperationType.BACKTESTING and operation.completed_at is not None:
            operation.completed_at -= timedelta(hours=5)

    at_the_end(change)


@defect(
    "reason-not-passed-on",
    "The backend never says why a worker's work has failed",
    ("training-failure-reason", 'the backend states a reason that names "NOSUCH"'),
    area=AREA,
    behaviour="the backend states why an operation failed",
    shown_by="S",
)
def _reason_not_passed_on() -> None:
    def change(operation: OperationInfo, _before: OperationInfo) -> None:
        operation.error_message = None

    at_the_end(change)


@defect(
    "completed-before-its-worker",
    "The backend calls an operation completed while its worker is still at the last tenth of it",
    (BEHIND, NEVER_AHEAD),
    area=AREA,
    severity="blocker",
    behaviour="the backend is never ahead of its worker",
)
def _completed_before_its_worker() -> None:
    def change(operation: OperationInfo, _before: OperationInfo) -> None:
        if operation.progress.percentage >= AS_GOOD_AS_DONE:
            operation.finish(OperationStatus.COMPLETED)

    after_each_answer(change)


@defect(
    "not-known-at-once",
    "A backtest is not known for a while under the id that its start has given",
    ("backtest-is-known-at-once", "the backend knows it within 1 second as a backtest that has not ended"),
    area=AREA,
    behaviour="an operation is known as soon as its start is answered",
)
def _not_known_at_once() -> None:
    @patch(Operations, "add")
    def add(original: Callable[..., None], self: Operations, operation: OperationInfo, *more: Any) -> None:
        original(self, operation, *more)
        if operation.operation_type is OperationType.BACKTESTING:
            self.store.remove(operation.operation_id)
            asyncio.get_running_loop().call_later(LATER_S, self.store.restore, operation)


@defect(
    "worker-keeps-an-id-of-its-own",
    "A worker keeps a backtest under an id of its own",
    (BACKTEST_BEHIND, "its worker knows it under the same id"),
    area=AREA,
    severity="blocker",
    behaviour="a worker knows its work by the id of the backend",
)
def _worker_keeps_an_id_of_its_own() -> None:
    @patch(backtest, "begin")
    def begin(
        original: Callable[..., OperationInfo], desk: Desk, metadata: Any, work: Any, operation_id: str | None
    ) -> OperationInfo:
        begun = original(desk, metadata, work)
        return begun.model_copy(update={"operation_id": operation_id or begun.operation_id})


@defect(
    "ended-work-forgotten-by-worker",
    "A worker forgets its work as soon as it has once told how it ended",
    (DELEGATED, "its worker shows it as completed too"),
    ("training-result-sanity", "its worker shows its result"),
    area=AREA,
    behaviour="a worker remembers what it has done",
)
def _ended_work_forgotten_by_worker() -> None:
    @patch(Desk, "__init__")
    def init(original: Callable[..., None], self: Desk, *arguments: Any) -> None:
        original(self, *arguments)
        remembered = self.operations.get

        def get(operation_id: str) -> OperationInfo | None:
            operation = remembered(operation_id)
            if operation is not None and operation.status.final:
                self.operations.remove(operation_id)
            return operation

        setattr(self.operations, "get", get)  # noqa: B010
