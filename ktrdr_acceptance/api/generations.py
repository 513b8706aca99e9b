"""The generations of KTRDR and their irregularities of form, in one place.

What differs in outcome is never absorbed here: the step states the one right outcome.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from ktrdr_acceptance.api.http import Answer
from ktrdr_acceptance.api.models import ContractBreach, accepted


class Generation(StrEnum):
    """Generation of KTRDR, told from the paths of its OpenAPI document."""

    O = "O"  # noqa: E741 - the team's name for it
    N = "N"
    S = "S"
    H = "H"

    @property
    def has_workers(self) -> bool:
        """True if everything runs on workers that register at the backend."""
        return self in (Generation.S, Generation.H)


_MARKS = (
    ("/checkpoints", Generation.H),
    ("/workers", Generation.S),
    ("/backtests/start", Generation.N),
)


def generation_of(openapi: Mapping[str, Any]) -> Generation:
    """Return the generation whose mark the OpenAPI document's paths bear."""
    paths = [str(path) for path in openapi.get("paths", {})]
    for mark, generation in _MARKS:
        if any(path.endswith(mark) for path in paths):
            return generation
    return Generation.O


_ID_PLACES = (("operation_id",), ("task_id",), ("data", "operation_id"))


def operation_id_of(answer: Answer) -> str:
    """Return the operation's id wherever the service put it.

    Trainings say `task_id`, backtests and downloads `operation_id`, the dummy `data.operation_id`.
    Raises ContractBreach if there is none: no id must never pass for an id.
    """
    body = accepted(answer)
    for place in _ID_PLACES:
        part: Any = body
        for key in place:
            part = part.get(key) if isinstance(part, dict) else None
        if isinstance(part, str) and part:
            return part
    places = ", ".join(".".join(place) for place in _ID_PLACES)
    raise ContractBreach(f"{answer.service} accepted {answer.request} without an operation id ({places})")


def epochs_of(metrics: Any) -> list[dict[str, Any]]:
    """Return the epoch entries of an operation's metrics, in order, whatever the nesting.

    Up to H the list holds `[epochs, cursor]` pairs, one more per refresh. Only the nesting is undone: an
    epoch listed twice stays listed twice.
    """
    if isinstance(metrics, dict):
        if "epoch" in metrics:
            return [metrics]
        return epochs_of(metrics.get("epochs"))
    if isinstance(metrics, list):
        return [epoch for part in metrics for epoch in epochs_of(part)]
    return []
