"""A cancel in time, counted from when it is asked for: to answer late is to act late."""

from __future__ import annotations

from ktrdr_acceptance.api.models import OperationBody
from ktrdr_acceptance.faults import Mismatch
from ktrdr_acceptance.operations.lifecycle import Status
from ktrdr_acceptance.operations.operation import Operation
from ktrdr_acceptance.operations.operations import Operations
from ktrdr_acceptance.operations.waiting import WaitFailed


def becomes_cancelled(operations: Operations, operation: Operation, within: float) -> OperationBody:
    """Wait until an operation is shown as cancelled; the time that its cancel took to be answered counts."""
    factor, took = operations.waiter.time_factor, operation.cancel_took_s
    if took > within * factor:
        wanted = f"{operation.kind} {operation.id} to be cancelled within {within * factor:g} s"
        instead = f"the cancel was answered only after {took:.1f} s"
        raise WaitFailed(f"expected {wanted}, but {instead}", Mismatch(wanted, instead))
    return operations.eventually(operation, Status.CANCELLED, within=within - took / factor)
