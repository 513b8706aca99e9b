"""Paths into a JSON body.

`data.progress.percentage`, `data[].status` (of each row), `data[ID].status` (of that row), `paths.*.get`
(of any field).
"""

from __future__ import annotations

import re
from typing import Final, final

from .shapes import Json

Found = Json

IDENTITIES = ("operation_id", "worker_id")
SEGMENT = re.compile(r"\[([^\]]*)\]|[^.\[\]]+")


@final
class Absent:
    """What stands at a path where nothing is."""

    def __repr__(self) -> str:
        return "absent"


ABSENT: Final = Absent()


def values_at(body: Json, path: str) -> list[Found]:
    """What stands at the path: one value, or as many as a list on the way has rows."""
    found: list[Found] = [body]
    for segment in SEGMENT.finditer(path):
        found = [inner for value in found for inner in _step_into(value, segment.group(), segment.group(1))]
    return found


def general(path: str) -> str:
    """The path without the identities of rows: `data[].status`."""
    return re.sub(r"\[[^\]]*\]", "[]", path)


def is_within(path: str, outer: str) -> bool:
    """Whether a path is the other one or a part of what stands there."""
    inner_segments, outer_segments = _segments(path), _segments(outer)
    return len(inner_segments) >= len(outer_segments) and all(
        expected in (actual, "*") for actual, expected in zip(inner_segments, outer_segments, strict=False)
    )


def _segments(path: str) -> list[str]:
    return [segment.group() for segment in SEGMENT.finditer(general(path))]


def _step_into(value: Found, segment: str, row: str | None) -> list[Found]:
    if segment == "*":
        return list(value.values()) if isinstance(value, dict) else [ABSENT]
    if row is None:
        return [value[segment] if isinstance(value, dict) and segment in value else ABSENT]
    if not isinstance(value, list):
        return [ABSENT]
    if row == "":
        return list(value)
    rows = [
        item for item in value if isinstance(item, dict) and row in [item.get(name) for name in IDENTITIES]
    ]
    return rows or [ABSENT]
