"""The shape of a JSON value: which fields are there, and of which JSON type each is.

Numbers are one type, and null is a type of its own. The union of shapes says what a route answers over all of
its recordings: a field that is missing in one of them is optional, a field of two types may be of either.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

Json = Any

ELISION = re.compile(r"^\.\.\. \d+ (more items|lines) elided")
UNION_KEY = "|"


@dataclass(frozen=True)
class Shape:
    """What was seen at one place; where nothing was seen (the element of an empty list), anything fits."""

    scalars: frozenset[str] = frozenset()
    fields: Mapping[str, Shape] | None = None
    optional: frozenset[str] = field(default_factory=frozenset)
    elements: Shape | None = None

    @property
    def unseen(self) -> bool:
        """Whether nothing was ever seen here."""
        return not self.scalars and self.fields is None and self.elements is None

    def types(self) -> list[str]:
        """The JSON types seen here, in words."""
        types = sorted(self.scalars)
        if self.fields is not None:
            types.append("object")
        if self.elements is not None:
            types.append("list")
        return types

    def __or__(self, other: Shape) -> Shape:
        return Shape(
            scalars=self.scalars | other.scalars,
            fields=_union_of_fields(self.fields, other.fields),
            optional=_optional_in_union(self, other),
            elements=_union_of_elements(self.elements, other.elements),
        )


@dataclass(frozen=True)
class Mismatch:
    """One place in which a value does not have the expected shape."""

    path: str
    recorded: str
    got: str


def json_type(value: Json) -> str:
    """The JSON type of a value, as this test names it."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, str):
        return "string"
    return "list" if isinstance(value, list) else "object"


def without_elisions(items: Iterable[Json]) -> list[Json]:
    """The items of a recorded list without the text that stands for the items left out."""
    return [item for item in items if not (isinstance(item, str) and ELISION.match(item))]


def shape_of(value: Json) -> Shape:
    """The shape of one value."""
    if isinstance(value, dict):
        return Shape(fields={name: shape_of(inner) for name, inner in value.items()})
    if isinstance(value, list):
        return Shape(elements=union(shape_of(item) for item in without_elisions(value)))
    return Shape(scalars=frozenset({json_type(value)}))


def union(shapes: Iterable[Shape]) -> Shape:
    """One shape that admits whatever one of these admits."""
    result = Shape()
    for shape in shapes:
        result = result | shape
    return result


def mismatches(value: Json, shape: Shape, path: str = "") -> list[Mismatch]:
    """All places in which the value lacks a field, has one too many, or is of a type that was never seen."""
    if shape.unseen:
        return []
    here = path or "(body)"
    kind = json_type(value)
    if kind not in shape.types():
        return [Mismatch(here, " or ".join(shape.types()), kind)]
    if kind == "list":
        elements = shape.elements or Shape()
        found = (mismatch for item in value for mismatch in mismatches(item, elements, f"{path}[]"))
        return list(dict.fromkeys(found))
    if kind == "object":
        return _mismatches_of_object(value, shape, path)
    return []


def to_json(shape: Shape) -> Json:
    """Compact: `"null|string"`, `{"field": …, "optional?": …}`, `[element]`, `{"|": [alternatives]}`."""
    alternatives: list[Json] = ["|".join(sorted(shape.scalars))] if shape.scalars else []
    if shape.fields is not None:
        alternatives.append(
            {name + "?" * (name in shape.optional): to_json(inner) for name, inner in shape.fields.items()}
        )
    if shape.elements is not None:
        alternatives.append([] if shape.elements.unseen else [to_json(shape.elements)])
    if len(alternatives) == 1:
        return alternatives[0]
    return {UNION_KEY: alternatives}


def from_json(form: Json) -> Shape:
    """The shape behind its compact form."""
    if isinstance(form, str):
        return Shape(scalars=frozenset(form.split("|")))
    if isinstance(form, list):
        return Shape(elements=union(from_json(inner) for inner in form))
    if set(form) == {UNION_KEY}:
        return union(from_json(inner) for inner in form[UNION_KEY])
    return Shape(
        fields={name.removesuffix("?"): from_json(inner) for name, inner in form.items()},
        optional=frozenset(name.removesuffix("?") for name in form if name.endswith("?")),
    )


def _mismatches_of_object(value: Mapping[str, Json], shape: Shape, path: str) -> list[Mismatch]:
    fields = shape.fields or {}
    prefix = f"{path}." if path else ""
    found = [
        Mismatch(f"{prefix}{name}", " or ".join(inner.types()), "absent")
        for name, inner in fields.items()
        if name not in value and name not in shape.optional
    ]
    for name, inner_value in value.items():
        if name in fields:
            found += mismatches(inner_value, fields[name], f"{prefix}{name}")
        else:
            found.append(Mismatch(f"{prefix}{name}", "absent", json_type(inner_value)))
    return found


def _union_of_fields(
    left: Mapping[str, Shape] | None, right: Mapping[str, Shape] | None
) -> Mapping[str, Shape] | None:
    if left is None or right is None:
        return left if right is None else right
    names = dict.fromkeys([*left, *right])
    return {name: left.get(name, Shape()) | right.get(name, Shape()) for name in names}


def _optional_in_union(left: Shape, right: Shape) -> frozenset[str]:
    optional = left.optional | right.optional
    if left.fields is None or right.fields is None:
        return optional
    return optional | (left.fields.keys() ^ right.fields.keys())


def _union_of_elements(left: Shape | None, right: Shape | None) -> Shape | None:
    if left is None or right is None:
        return left if right is None else right
    return left | right
