"""Starts and cancels in time, counted from when they are asked for: to answer late is to act late."""

from __future__ import annotations

from ktrdr_acceptance.api.models import OperationBody
from ktrdr_acceptance.faults import Mismatch
from ktrdr_acceptance.operations.lifecycle import Status
from ktrdr_acceptance.operations.operation import Operation
from ktrdr_acceptance.operations.operations import Operations
from ktrdr_acceptance.operations.waiting import WaitFailed


def becomes_known(operations: Operations, operation: Operation, within: float) -> OperationBody:
    """Wait until the backend knows an operation; the time that its start took to be answered counts."""
    wanted = f"{operation.kind} {operation.id} to be known"
    return operations.is_known(
        operation, _left(operations, within, operation.start_took_s, wanted, "the start")
    )


def becomes_cancelled(operations: Operations, operation: Operation, within: float) -> OperationBody:
    """Wait until an operation is shown as cancelled; the time that its cancel took to be answered counts."""
    wanted = f"{operation.kind} {operation.id} to be cancelled"
    left = _left(operations, within, operation.cancel_took_s, wanted, "the cancel")
    return operations.eventually(operation, Status.CANCELLED, within=left)


def _left(operations: Operations, within: float, took: float, wanted: str, what: str) -> float:
    """Return what is left of a limit after an answer; WaitFailed if it was over by then."""
    factor = operations.waiter.time_factor
    if took > within * factor:
        wanted, instead = (
            f"{wanted} within {within * factor:g} s",
            f"{what} was answered only after {took:.1f} s",
        )
        raise WaitFailed(f"expected {wanted}, but {instead}", Mismatch(wanted, instead))
    return within - took / factor
