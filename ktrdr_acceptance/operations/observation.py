"""One look at one service's copy of an operation: what it shows, in numbers and in words."""

from __future__ import annotations

from typing import Any

from ktrdr_acceptance.api.models import ContractBreach, OperationBody
from ktrdr_acceptance.operations.history import Observation
from ktrdr_acceptance.operations.lifecycle import Status


def observation(body: OperationBody, at: float) -> Observation:
    """Return what a copy of an operation shows, as seen at monotonic time `at`."""
    progress = body.progress
    step = progress.current_step or ""
    return Observation(
        at=at,
        status=body.status,
        percentage=progress.percentage,
        epoch=progress.epoch,
        items=progress.items_processed,
        step=step,
    )


def place_in_words(seen: Observation) -> str:
    """Return how far the work was, by each of its measures."""
    percentage, epoch, items = seen.place
    return f"{percentage:.2f} %, epoch {epoch}, {items} items"


def require_id(body: OperationBody, operation_id: str, service: str) -> None:
    """Raise ContractBreach if a service answered a lookup with another operation."""
    if body.operation_id != operation_id:
        raise ContractBreach(f"{service} answered the lookup of {operation_id} with {body.operation_id}")


def in_words(body: OperationBody) -> str:
    """Return what a copy of an operation shows."""
    return str(observation(body, 0.0))


def require_consistent(body: OperationBody) -> None:
    """Raise AssertionError for an end that contradicts itself: done with an error, undone with a result."""
    where = f"operation {body.operation_id} is {body.status}"
    if body.status == Status.COMPLETED and body.error_message:
        raise AssertionError(f"{where}, but states the error {body.error_message!r}")
    if body.status == Status.CANCELLED and body.progress.percentage >= 100:
        raise AssertionError(f"{where}, but at 100 %, as if it had been done")
    if body.status in (Status.FAILED, Status.CANCELLED) and body.result_summary:
        raise AssertionError(f"{where}, but has a result")


def asked_for(body: OperationBody) -> dict[str, Any]:
    """Return what an operation was asked for, by its own details."""
    details, parameters = body.metadata, body.metadata.get("parameters") or {}
    return {
        "type": body.operation_type,
        **{what: details.get(what) for what in ("symbol", "timeframe", "start_date", "end_date")},
        "strategy": parameters.get("strategy_name"),
    }
