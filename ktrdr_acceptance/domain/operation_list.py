"""The list of operations at the backend: filters, paging, counts."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from ktrdr_acceptance.api.backend import Backend
from ktrdr_acceptance.api.errors import Refusal, refusal_expected
from ktrdr_acceptance.api.models import OperationPage, OperationRow
from ktrdr_acceptance.operations.lifecycle import ACTIVE, Status
from ktrdr_acceptance.operations.operation import Kind, Operation
from ktrdr_acceptance.operations.waiting import Waiter

# The most rows that the backend gives at once (contract 2.1: limit 1 to 1000).
LONGEST_PAGE = 1000
# How a filter is spoken of, and the query it stands for.
_FILTERS = {
    r"no filter": None,
    r"status (?P<status>\w+)": "status",
    r"type (?P<operation_type>\w+)": "operation_type",
    r"a limit of (?P<limit>\d+)": "limit",
    r"an offset of (?P<offset>-?\d+)": "offset",
    r"what is active": "active_only",
}
# Seconds by which moments that are written without their fractions may be off.
_MOMENTS_AGREE_WITHIN = 1.5
_PAGING = ("limit", "offset")
# What can be done with an operation, in the words of the features, and what asks the backend for it.
DEEDS = {
    "cancel": "cancel_answer",
    "retry": "retry_answer",
    "read the results of": "results_answer",
    "read the metrics of": "metrics_answer",
}
# A filter that is spoken of without a value of its own.
_WITHOUT_VALUE = {"what is active": {"active_only": "true"}}
FILTERS_PATTERN = "|".join(re.sub(r"\?P<\w+>", "?:", spoken) for spoken in _FILTERS)


def read_filters(text: str) -> dict[str, str]:
    """Return the query that a sentence's filters (joined by `and`) stand for."""
    query: dict[str, str] = {}
    for part in text.split(" and "):
        found = [match for spoken in _FILTERS if (match := re.fullmatch(spoken, part.strip()))]
        if not found:
            raise ValueError(f"{part!r} is no filter of the operations list")
        query.update(found[0].groupdict() or _WITHOUT_VALUE.get(part.strip(), {}))
    return query


@dataclass(frozen=True)
class Listed:
    """What every row of a list should be: a column and the values that may stand there."""

    column: str
    expected: frozenset[str]

    def values(self, page: OperationPage) -> list[str]:
        """Return the column's values in a page."""
        return [str(getattr(row, self.column)) for row in page.data]


_OF_KIND = {kind: Listed("operation_type", frozenset({kind.operation_type})) for kind in Kind}
_COMPLETED = Listed("status", frozenset({"completed"}))
LISTED: dict[str, tuple[Listed, ...]] = {
    **{f"a {kind}": (listed,) for kind, listed in _OF_KIND.items()},
    **{f"a completed {kind}": (listed, _COMPLETED) for kind, listed in _OF_KIND.items()},
    "completed": (_COMPLETED,),
    "failed": (Listed("status", frozenset({"failed"})),),
    "running": (Listed("status", frozenset({"running"})),),
    "active": (Listed("status", frozenset(ACTIVE)),),
}


@dataclass
class OperationList:
    """What steps say about the list of operations."""

    backend: Backend
    _last_query: dict[str, Any] = field(default_factory=dict)

    def page(self, **query: Any) -> OperationPage:
        """Return the page that a query selects."""
        self._last_query = query
        return self.backend.operations(**query)

    def ids_by_last_filter(self) -> list[str]:
        """Return the ids on the page that the last query selects now."""
        return self.backend.operations(**self._last_query).ids

    def newest(self, count: int, after: int = 0) -> list[str]:
        """Return the ids of the newest operations by their time of creation, newest first."""
        newest_first = sorted(self._whole(), key=lambda row: row.created_at, reverse=True)
        return [row.operation_id for row in newest_first[after : after + count]]

    def length(self) -> int:
        """Return how many different operations the last query lets through, whatever it shows of them."""
        filters = {key: value for key, value in self._last_query.items() if key not in _PAGING}
        return len(self._whole(**filters))

    def active(self) -> int:
        """Return how many operations of the whole list have not ended."""
        return sum(row.status in ACTIVE for row in self._whole())

    def _whole(self, **filters: Any) -> list[OperationRow]:
        """Return every operation that filters let through, page by page, each once."""
        rows: dict[str, OperationRow] = {}
        while True:
            page = self.backend.operations(**filters, limit=LONGEST_PAGE, offset=len(rows)).data
            new = {row.operation_id: row for row in page if row.operation_id not in rows}
            rows.update(new)
            # Without anything new the backend ignores the offset; asking on would never end.
            if len(page) < LONGEST_PAGE or not new:
                return list(rows.values())

    def total(self) -> int:
        """Return how many operations the backend counts."""
        return self.backend.operations(limit=1).total_count

    def shows_completed(self, operation: Operation, waiter: Waiter, within: float) -> None:
        """Wait until the list, without any lookup, shows an operation as completed."""

        def row() -> OperationRow | None:
            return next((row for row in self._whole() if row.operation_id == operation.id), None)

        waiter.eventually(
            row,
            lambda row: row is not None and row.status == Status.COMPLETED,
            within=within,
            expected=f"the list to show {operation.id} as completed",
            describe=lambda row: str(row.status) if row else "not in the list",
        )

    def differences(self, operation: Operation) -> list[str]:
        """Return what the list says of an operation otherwise than its lookup.

        The list is read first: a lookup must not be what makes it fresh.
        """
        rows = {row.operation_id: row for row in self._whole()}
        found = self.backend.operation(operation.id)
        row = rows.get(operation.id)
        if row is None:
            return [f"{operation.id} is not in the list"]
        pairs: dict[str, tuple[Any, Any]] = {
            "status": (row.status, found.status),
            "type": (row.operation_type, found.operation_type),
            "percentage": (row.progress_percentage, found.progress.percentage),
            "symbol": (row.symbol, found.metadata.get("symbol")),
            "creation": (row.created_at, found.created_at),
        }
        differences = [
            f"{what}: {one} in the list, {other} when looked up"
            for what, (one, other) in pairs.items()
            if one != other
        ]
        if found.started_at is not None and found.completed_at is not None:
            differences += self._wrong_duration(row, (found.completed_at - found.started_at).total_seconds())
        return differences

    def _wrong_duration(self, row: OperationRow, lasted: float) -> list[str]:
        """Return how the duration in the list is not that from start to end, which stays as it is."""
        shown = row.duration_seconds
        if shown is None or abs(shown - lasted) > _MOMENTS_AGREE_WITHIN:
            return [f"duration: {shown} in the list, {lasted} from start to end"]
        again = next((each for each in self._whole() if each.operation_id == row.operation_id), row)
        if again.duration_seconds != shown:
            return [f"duration: {shown} in the list, and then {again.duration_seconds} after the end"]
        return []

    def look_up_unknown(self, operation_id: str) -> Refusal:
        """Look up an operation that must not be found; return what the backend says."""
        return refusal_expected(self.backend.operation_answer(operation_id), f"a lookup of {operation_id}")

    def refusal_of_deed(self, deed: str, operation_id: str) -> Refusal:
        """Try to do something with an operation that must not be found; return what the backend says."""
        ask = getattr(self.backend, DEEDS[deed])
        return refusal_expected(ask(operation_id), f"to {deed} {operation_id}")

    def refusal_of_page(self, **query: Any) -> Refusal:
        """Ask for a page by filters that must be refused; return what the backend says."""
        return refusal_expected(self.backend.operations_answer(**query), f"a list by {query}")
