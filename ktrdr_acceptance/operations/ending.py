"""Ending an operation when its scenario is over, so that nothing works on for nobody."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from ktrdr_acceptance.api.errors import read_refusal
from ktrdr_acceptance.api.worker import Worker
from ktrdr_acceptance.faults import EnvironmentFault
from ktrdr_acceptance.operations.lifecycle import Status
from ktrdr_acceptance.operations.observation import in_words
from ktrdr_acceptance.operations.operation import Operation

if TYPE_CHECKING:
    from ktrdr_acceptance.operations.operations import Operations

# Seconds until an operation must have ended, and until a worker should have it.
_UNDO_WITHIN = 15.0
_REACHED_WITHIN = 2.0
# How many operations of one scenario are looked at everywhere at its end.
_MOST_LOOKS = 5


def end(operations: Operations, operation: Operation) -> None:
    """See that nothing works on an operation any more, whatever is shown where it was asked for."""
    _end_where_asked(operations, operation)
    if operation.home is None and operations.look(operation).status != Status.COMPLETED:
        _end_at_worker(operations, operation)


def look_everywhere(operations: Operations) -> None:
    """Look once at each worker's copy that nobody has looked at, so that there is evidence of both sides.

    It is evidence only: whoever does not answer ends it.
    """
    with contextlib.suppress(AssertionError, EnvironmentFault):
        for operation in operations.started[:_MOST_LOOKS]:
            worker = operations.copy_at_worker(operation)
            if worker is not None and not operations.history(operation, worker).observations:
                operations.look(operation, worker)


def _end_where_asked(operations: Operations, operation: Operation) -> None:
    try:
        if operations.look(operation).status.is_terminal:
            return
    except (AssertionError, EnvironmentFault):
        # A lookup that cannot be read must not leave the work running: it is cancelled, then told.
        operations.ask_to_cancel(operation)
        raise
    _let_it_reach_a_worker(operations, operation)
    answer = operations.ask_to_cancel(operation)
    said = "after its cancel" if answer.ok else f"although its cancel was refused ({read_refusal(answer)})"
    _await_end(operations, operation, None, said)


def _let_it_reach_a_worker(operations: Operations, operation: Operation) -> None:
    """Give it time to reach a worker: a cancel before that leaves the worker of generation S at work."""
    # Whatever goes wrong here, the cancel must follow.
    with contextlib.suppress(AssertionError, EnvironmentFault):
        operations.waiter.eventually(
            lambda: operation.home or operations.copy_at_worker(operation),
            lambda worker: worker is not None or not operations.has_worker(operation),
            within=_REACHED_WITHIN,
            expected=f"a worker to know {operation.kind} {operation.id}",
            interruptible=False,
        )


def _end_at_worker(operations: Operations, operation: Operation) -> None:
    """Cancel a copy that still runs: a cancel right after the start may not have reached the worker."""
    worker = operations.copy_at_worker(operation)
    # A worker that was started again knows nothing of what it did before, and does not work on it.
    if worker is None or worker.operation_answer(operation.id).status == 404:
        return
    if operations.look(operation, worker).status.is_terminal:
        return
    worker.cancel_answer(operation.id)
    _await_end(
        operations, operation, worker, f"at worker {worker.name}, which worked on although it had ended"
    )


def _await_end(operations: Operations, operation: Operation, worker: Worker | None, said: str) -> None:
    operations.waiter.eventually(
        lambda: operations.look(operation, worker),
        lambda body: body.status.is_terminal,
        within=_UNDO_WITHIN,
        expected=f"operation {operation.id} to end {said}",
        describe=in_words,
        cadence=operations.cadence(operation),
        interruptible=False,
    )
