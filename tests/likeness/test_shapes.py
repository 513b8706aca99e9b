"""The algebra of shapes, and what it must not let pass."""

from __future__ import annotations

import json

import pytest

from .shapes import Json, Mismatch, Shape, from_json, mismatches, shape_of, to_json, union

BODY = {"success": True, "data": {"id": "a", "percent": 1.5, "result": None, "errors": [], "steps": [1, 2]}}


def changed(path: str, value: Json) -> Json:
    body = json.loads(json.dumps(BODY))
    inner = body
    *outer, last = path.split(".")
    for name in outer:
        inner = inner[name]
    inner[last] = value
    return body


def test_a_value_has_its_own_shape() -> None:
    assert mismatches(BODY, shape_of(BODY)) == []


def test_other_values_of_the_same_types_fit() -> None:
    assert mismatches(changed("data.percent", 7), shape_of(BODY)) == []


@pytest.mark.parametrize(
    ("path", "value", "mismatch"),
    [
        ("data.id", 5, Mismatch("data.id", "string", "number")),
        ("data.id", None, Mismatch("data.id", "string", "null")),
        ("data.result", {}, Mismatch("data.result", "null", "object")),
        ("data.percent", True, Mismatch("data.percent", "number", "boolean")),
        ("success", 1, Mismatch("success", "boolean", "number")),
        ("data.steps", [1, "2"], Mismatch("data.steps[]", "number", "string")),
        ("data.more", 1, Mismatch("data.more", "absent", "number")),
        ("data", [], Mismatch("data", "object", "list")),
    ],
)
def test_another_type_or_a_field_too_many_is_found(path: str, value: Json, mismatch: Mismatch) -> None:
    assert mismatches(changed(path, value), shape_of(BODY)) == [mismatch]


def test_a_missing_field_is_found() -> None:
    body = changed("data.id", "a")
    del body["data"]["id"]
    assert mismatches(body, shape_of(BODY)) == [Mismatch("data.id", "string", "absent")]


def test_the_body_itself_may_be_of_another_type() -> None:
    assert mismatches("oops", shape_of(BODY)) == [Mismatch("(body)", "object", "string")]


def test_a_union_admits_each_of_its_parts_and_nothing_else() -> None:
    shape = union([shape_of({"a": None}), shape_of({"a": {"b": 1}}), shape_of({"a": {}, "c": "x"})])
    values: list[Json] = [{"a": None}, {"a": {"b": 2}}, {"a": {}}, {"a": None, "c": "y"}]
    assert [mismatches(value, shape) for value in values] == [[]] * 4
    assert mismatches({"a": "x"}, shape) == [Mismatch("a", "null or object", "string")]
    assert mismatches({"c": "x"}, shape) == [Mismatch("a", "null or object", "absent")]


def test_the_union_of_deep_shapes_is_made_at_once() -> None:
    value: Json = 1
    for _ in range(40):
        value = {"deeper": value}
    assert union([shape_of(value), shape_of(value)]) == shape_of(value)


def test_a_field_stays_required_if_only_its_parent_was_missing() -> None:
    shape = union([shape_of({"a": None}), shape_of({"a": {"b": 1}})])
    assert mismatches({"a": {}}, shape) == [Mismatch("a.b", "number", "absent")]


def test_an_empty_list_says_nothing_about_elements() -> None:
    assert mismatches([1], shape_of([])) == []
    assert mismatches([], shape_of([1])) == []
    assert mismatches([1, "a"], union([shape_of([]), shape_of([1])])) == [Mismatch("[]", "number", "string")]


@pytest.mark.parametrize(
    "text",
    [
        "... 29 more items elided (total 34) ...",
        "... 95 more items elided by the capture tool (total 100) ...",
    ],
)
def test_the_text_for_elided_items_is_no_element(text: str) -> None:
    assert shape_of([1, text, 2]) == shape_of([1, 2])
    assert shape_of(["... and so on"]) == shape_of(["text"])


@pytest.mark.parametrize(
    "shape",
    [
        shape_of(BODY),
        shape_of([]),
        shape_of(""),
        shape_of({}),
        Shape(),
        union([shape_of(None), shape_of({"a": [1, [None, "x"]]}), shape_of({"b": {}}), shape_of(["x"])]),
    ],
)
def test_the_compact_form_loses_nothing(shape: Shape) -> None:
    assert from_json(json.loads(json.dumps(to_json(shape)))) == shape
