"""Reads embedded_ktrdr/DEVIATIONS.md: the only differences from the recordings that are allowed.

A row says what is answered instead of the recorded answer: another HTTP status, or something else at a path
of the body. It is a rule, not an excuse: where a row applies, the answer must be as its column `check` says.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from .json_path import ABSENT, Found
from .shapes import Json, Shape, json_type, mismatches
from .specimen import Specimen, Step

DEVIATIONS = Path(__file__).parents[2] / "embedded_ktrdr" / "DEVIATIONS.md"
STEPS_OF_ROWS = Path(__file__).parent / "steps_of_rows.yaml"
COLUMNS = ("id", "service", "route", "status", "path", "when", "S", "ours", "check")

LISTED = "listed"
STATUS_PATHS = ("data.status", "status")
LIKE = "like worker "


@dataclass(frozen=True)
class RowSteps:
    """What is listed about a row in `steps_of_rows.yaml`."""

    changes: frozenset[str] = frozenset()
    """The steps that the row changes, for a row whose columns alone do not say to which steps it applies."""
    prevents: frozenset[str] = frozenset()
    """The steps that the row makes impossible."""
    stand_ins: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Operations that cannot come about as recorded: specimen -> id -> final status of its stand-in."""


@dataclass(frozen=True)
class Row:
    """One allowed difference."""

    id: str
    services: tuple[str, ...]
    routes: tuple[str, ...]
    """`METHOD route`"""
    status: int | None
    """The recorded HTTP status that is replaced; None: the row speaks about any status, and it stays."""
    status_here: int | None
    checks: tuple[tuple[str, str], ...]
    """Body path -> what must be there."""
    only: tuple[frozenset[str], ...] = ()
    """Alternatives of an operation's status, its type or both for which the row applies, or `listed`."""
    steps: RowSteps = RowSteps()

    def applies_to(self, specimen: Specimen, step: Step, template: str) -> bool:
        """Whether the row speaks about this step."""
        if step.service not in self.services or f"{step.method} {template}" not in self.routes:
            return False
        if self.status not in (None, step.status) or (self.status is None and step.status >= 400):
            return False
        if self.listed:
            return specimen.reference(step) in self.steps.changes
        operation = {step.operation_status, step.operation_type}
        return not self.only or any(words <= operation for words in self.only)

    @property
    def statuses(self) -> dict[str, str]:
        """The one status of an operation that the row prescribes, by body path."""
        literals = ((path, check) for path, check in self.checks if path in STATUS_PATHS)
        return {path: check[1:-1] for path, check in literals if re.fullmatch(r"`\w+`", check)}

    @property
    def listed(self) -> bool:
        """Whether the steps that the row changes are listed one by one."""
        return {LISTED} in self.only


def admits(check: str, value: Found, before: Found, like: Callable[[str], Shape]) -> bool:
    """Whether the check prescribes the value; `before` is what stood there in the last such answer."""
    return any(_is(alternative.strip(), value, before, like) for alternative in check.split(" or "))


def unlike(check: str, value: Found, like: Callable[[str], Shape]) -> list[str]:
    """In what the value is unlike the worker's copy, if that is what the check prescribes."""
    if not check.startswith(LIKE) or value is ABSENT:
        return []
    path = check.removeprefix(LIKE).removesuffix(" or absent")
    return [f"{each.path}: {each.recorded}, got {each.got}" for each in mismatches(value, like(path))]


def read_rows(text: str, listed: Mapping[str, RowSteps]) -> list[Row]:
    """The rows of the table that has the columns."""
    rows: list[Row] = []
    columns: list[str] = []
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")] if line.startswith("|") else []
        if not cells:
            columns = []
        elif set(COLUMNS) <= set(cells):
            columns = cells
        elif columns and not set("".join(cells)) <= set("-: "):
            rows.append(_row_of(dict(zip(columns, cells, strict=True)), listed))
    unknown = listed.keys() - {row.id for row in rows}
    if unknown:
        raise ValueError(f"steps are listed under rows that do not exist: {', '.join(sorted(unknown))}")
    return rows


def read_deviations(path: Path = DEVIATIONS, steps: Path = STEPS_OF_ROWS) -> list[Row]:
    """The rows of the project."""
    forms = yaml.safe_load(steps.read_text(encoding="utf-8")) or {}
    listed = {
        name: RowSteps(
            frozenset(form.get("changes", ())), frozenset(form.get("prevents", ())), form.get("stand_ins", {})
        )
        for name, form in forms.items()
    }
    rows = read_rows(path.read_text(encoding="utf-8"), listed)
    if not rows:
        raise ValueError(f"{path.name} has no table with the columns {', '.join(COLUMNS)}")
    return rows


def _row_of(cells: Mapping[str, str], listed: Mapping[str, RowSteps]) -> Row:
    before, _, after = cells["status"].partition("->")
    paths, checks = _parts(cells["path"]), _parts(cells["check"])
    only: tuple[frozenset[str], ...] = ()
    if ": " in checks[0]:
        alternatives, _, checks[0] = checks[0].partition(": ")
        only = tuple(frozenset(words.split()) for words in alternatives.split(" or "))
    if len(paths) != len(checks):
        raise ValueError(f"row {cells['id']}: {len(paths)} paths, but {len(checks)} checks")
    return Row(
        id=cells["id"],
        services=tuple(_parts(cells["service"])),
        routes=tuple(_parts(cells["route"])),
        status=int(before) if after else None,
        status_here=int(after) if after else None,
        checks=tuple(zip(paths, checks, strict=True)),
        only=only,
        steps=listed.get(cells["id"], RowSteps()),
    )


def _parts(cell: str) -> list[str]:
    return [part.strip() for part in cell.split(";")]


def _is(alternative: str, value: Found, before: Found, like: Callable[[str], Shape]) -> bool:
    if value is ABSENT:
        return alternative == "absent"
    if alternative.startswith("`"):
        return _text(value) == alternative.strip("`")
    if alternative == "unchanged":
        return bool(value == before)
    if alternative.startswith(LIKE):
        shape = like(alternative.removeprefix(LIKE))
        return not shape.unseen and not mismatches(value, shape)
    return json_type(value) == alternative


def _text(value: Json) -> str:
    return value if isinstance(value, str) else str(value).lower()
