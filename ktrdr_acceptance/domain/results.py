"""Results of operations, at the backend and at the service that did the work."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ktrdr_acceptance.api.models import ContractBreach
from ktrdr_acceptance.operations.operation import Operation
from ktrdr_acceptance.operations.operations import Operations

Result = Mapping[str, Any]


def number_at(result: Result, *path: str) -> float:
    """Return the number under `path` of a result summary; a missing or non-numeric one is a breach."""
    part: Any = result
    for key in path:
        part = part.get(key) if isinstance(part, Mapping) else None
    if isinstance(part, bool) or not isinstance(part, int | float):
        raise ContractBreach(f"the result has no number at {'.'.join(path)} (found {part!r})")
    return float(part)


def is_number(value: Any) -> bool:
    """Return whether a value is a finite number."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def subject_of(result: Result) -> tuple[Any, Any]:
    """Return the symbol and the timeframe that a result says it is of; that of a training lists them."""
    summary = result.get("data_summary")
    if not isinstance(summary, Mapping):
        return result.get("symbol"), result.get("timeframe")
    symbols, timeframes = (summary.get(name) for name in ("symbols", "timeframes"))
    return _only(symbols), _only(timeframes)


def _only(values: Any) -> Any:
    return values[0] if isinstance(values, list) and len(values) == 1 else values


@dataclass
class Results:
    """What steps say about the result of any operation."""

    operations: Operations

    def at_backend(self, operation: Operation) -> Result:
        """Return the result where the operation was asked for; empty if none is shown there."""
        return self.operations.look(operation).result_summary or {}

    def at_worker(self, operation: Operation) -> Result:
        """Return the result as its worker shows it; empty if it shows none."""
        return self.operations.at_worker(operation).result_summary or {}
