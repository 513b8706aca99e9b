"""Compares an answer with the recorded one, as far as rows of deviations do not prescribe something else."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property

from .deviations import Row, admits, unlike
from .json_path import ABSENT, is_within, values_at
from .scope import BACKTEST_WORKER, TRAINING_WORKER, route_template
from .shapes import Json, Mismatch, Shape, json_type, mismatches
from .specimen import Specimen, Step, has_epoch

WORKERS = {"training": TRAINING_WORKER, "backtesting": BACKTEST_WORKER}


@dataclass(frozen=True)
class Difference:
    """One difference between what was recorded and what was answered."""

    step: str
    request: str
    path: str
    recorded: str
    got: str
    row: str = ""

    def __str__(self) -> str:
        wanted = f"row {self.row} says" if self.row else "recorded"
        return f"{self.step} {self.request}  {self.path}: {wanted} {self.recorded}, got {self.got}"


class RecordedShapes:
    """The union of all recorded shapes of a route, an HTTP status, and the operation's type and status."""

    def __init__(self, specimens: Iterable[Specimen]) -> None:
        self._unions: dict[tuple[object, ...], Shape] = {}
        for specimen in specimens:
            for step in specimen.exchanges:
                key = self._key(step)
                for part in (key, key[:-1], key[:-2]):
                    self._unions[part] = self._unions.get(part, Shape()) | step.shape

    def of(self, step: Step, status: int) -> Shape:
        """The union that an answer to this step with this HTTP status is compared with."""
        if status == step.status:
            return self._unions.get(self._key(step), Shape())
        return self._unions.get((*self._key(step)[:3], status), Shape(fields={}))

    def of_worker_copy(self, operation_type: str | None, path: str) -> Shape:
        """What the worker's own copy of such an operation was recorded to have at the path, unless null."""
        service = WORKERS.get(operation_type or "")
        key = (service, "GET", "/api/v1/operations/{operation_id}", 200, operation_type)
        shape = self._unions.get(key, Shape())
        for name in path.split("."):
            shape = (shape.fields or {}).get(name, Shape())
        return Shape(shape.scalars - {"null"}, shape.fields, shape.optional, shape.elements)

    @staticmethod
    def _key(step: Step) -> tuple[object, ...]:
        route = (step.service, step.method, route_template(step.path), step.status)
        return (*route, step.operation_type, step.operation_status)


@dataclass(frozen=True)
class Expectation:
    """What is expected of the answer to one step."""

    specimen: Specimen
    step: Step
    shape: Callable[[int], Shape]
    """What was recorded for the route with an HTTP status."""
    rows: tuple[Row, ...]
    translate: Callable[[str], str]
    """Puts in what stands here for the recorded ids of operations and workers."""
    like: Callable[[str], Shape]
    last: Json = None
    """The last answer to the same request."""
    request: str = ""

    @cached_property
    def status(self) -> int:
        """The expected HTTP status."""
        replaced = [row.status_here for row in self.rows if row.status_here is not None]
        return replaced[0] if replaced else self.step.status

    def is_awaited(self, status: int, body: Json) -> bool:
        """Whether the operation statuses are there that the recorded body or a row names."""
        if status != self.status:
            return False
        if self.step.progressed and values_at(body, "data.progress.percentage") == [0]:
            return False
        if self.step.has_epoch and not has_epoch(values_at(body, "data.metrics")):
            return False
        statuses = (
            difference.path for difference in self._of_values(body) if difference.path.endswith("status")
        )
        return all(self._by_row(path) for path in statuses) and not list(self._of_rows(body))

    def differences(self, status: int, body: Json) -> list[Difference]:
        """All differences between the answer and what was recorded or prescribed by rows."""
        if status != self.status:
            return [self._difference("HTTP status", str(self.status), str(status), self._row_of_status)]
        found = [self._of_mismatch(mismatch) for mismatch in mismatches(body, self.shape(self.status))]
        found += self._of_values(body) + self._of_filled(body)
        return [
            *(difference for difference in found if not self._by_row(difference.path)),
            *self._of_rows(body),
        ]

    def used_rows(self, body: Json) -> list[Row]:
        """The rows without which the answer would differ from this very recording."""
        own = [mismatch.path for mismatch in mismatches(body, self.step.shape)]
        own += [difference.path for difference in self._of_values(body) + self._of_filled(body)]
        return [
            row
            for row in self.rows
            if row.status_here is not None
            or self.specimen.reference(self.step) in row.steps.changes
            or any(is_within(path, prescribed) for path in own for prescribed, _ in row.checks)
        ]

    @property
    def _row_of_status(self) -> str:
        return next((row.id for row in self.rows if row.status_here is not None), "")

    def _by_row(self, path: str) -> bool:
        return any(is_within(path, prescribed) for row in self.rows for prescribed, _ in row.checks)

    def _of_mismatch(self, mismatch: Mismatch) -> Difference:
        return self._difference(mismatch.path, mismatch.recorded, mismatch.got)

    def _of_values(self, body: Json) -> list[Difference]:
        if self.status != self.step.status:
            return []
        return [
            difference
            for path, recorded in self.step.values
            for difference in self._of_value(path, recorded, values_at(body, self.translate(path)))
        ]

    def _of_value(self, path: str, recorded: Json, found: list[Json]) -> list[Difference]:
        if not isinstance(recorded, list):
            wanted = self.translate(recorded) if isinstance(recorded, str) else recorded
            return [self._difference(path, str(wanted), _shown(value)) for value in found if value != wanted]
        if not found and self._had_rows:
            return [self._difference(path, f"some of {recorded}", "no rows")]
        return [
            self._difference(path, " or ".join(recorded), _shown(value))
            for value in found
            if value not in recorded
        ]

    def _of_filled(self, body: Json) -> list[Difference]:
        """Lists in which something was recorded and nothing is, or the other way round."""
        if self.status != self.step.status:
            return []
        return [
            self._difference(path or "[]", _filled(some), _filled(bool(value)))
            for path, some in self.step.filled
            for value in (values_at(body, path) if path else [body])
            if isinstance(value, list) and bool(value) is not some
        ]

    @property
    def _had_rows(self) -> bool:
        rows = (self.step.shape.fields or {}).get("data", Shape()).elements
        return rows is not None and not rows.unseen

    def _of_rows(self, body: Json) -> Iterable[Difference]:
        for row in self.rows:
            for path, check in row.checks:
                before = values_at(self.last, path)
                for index, value in enumerate(values_at(body, path) or [ABSENT]):
                    earlier = before[index] if index < len(before) else ABSENT
                    if not admits(check, value, earlier, self.like):
                        got = "; ".join(unlike(check, value, self.like)) or _shown(value)
                        yield self._difference(path, check, got, row.id)

    def _difference(self, path: str, recorded: str, got: str, row: str = "") -> Difference:
        return Difference(self.specimen.reference(self.step), self.request, path, recorded, got, row)


def _filled(some: bool) -> str:
    return "a list with items" if some else "an empty list"


def _shown(value: Json) -> str:
    if isinstance(value, str | bool | int | float) or value is None or value is ABSENT:
        return str(value)
    return f"{json_type(value)} {str(value)[:120]}"
