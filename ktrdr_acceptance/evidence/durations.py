"""Planned beside real duration of the operations that a scenario started."""

from __future__ import annotations

from ktrdr_acceptance.operations.history import Observation
from ktrdr_acceptance.operations.operation import Operation
from ktrdr_acceptance.operations.operations import Operations
from ktrdr_acceptance.verdict.durations import OperationDuration


def operation_durations(operations: Operations) -> tuple[OperationDuration, ...]:
    """Return planned and real duration of each operation that was started, in that order."""
    return tuple(_duration(operation, _end(operations, operation)) for operation in operations.started)


def _end(operations: Operations, operation: Operation) -> Observation | None:
    """Return the first look, at any service, that showed the operation as ended."""
    ends = (
        seen
        for history in operations.recorder.histories.values()
        if history.operation_id == operation.id
        for seen in history.observations
        if seen.status.is_terminal
    )
    return min(ends, key=lambda seen: seen.at, default=None)


def _duration(operation: Operation, end: Observation | None) -> OperationDuration:
    purpose = f"{operation.purpose} {operation.kind}" + (", changed" if operation.is_changed else "")
    planned_s = None if operation.is_changed else operation.expected_s
    if end is None:
        return OperationDuration(operation.id, purpose, planned_s)
    return OperationDuration(operation.id, purpose, planned_s, end.at - operation.started_at, str(end.status))
