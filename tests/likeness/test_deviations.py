"""How rows of deviations are read, and to which steps they apply."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from .deviations import COLUMNS, Row, RowSteps, admits, read_deviations, read_rows
from .json_path import ABSENT, Found, is_within, values_at
from .scope import route_template
from .shapes import Shape, shape_of
from .specimen import Specimen, Step, read_all

HEAD = f"| {' | '.join(COLUMNS)} |\n{'|---' * len(COLUMNS)}|\n"
GET_OPERATION = "GET /api/v1/operations/{operation_id}"


def table(*rows: str) -> str:
    return HEAD + "".join(f"| {row} |\n" for row in rows)


def step(status: int = 200, operation_status: str = "completed", kind: str = "training") -> Step:
    path = "/api/v1/operations/{id1}"
    values = (("data.status", operation_status), ("data.operation_type", kind))
    return Step(3, "backend", "GET", path, status, Shape(), values=values)


def applies(row: Row, to: Step) -> bool:
    return row.applies_to(Specimen("seed", "X", ("w",), (to,)), to, route_template(to.path))


def test_a_row_about_a_path() -> None:
    text = table(
        f"D-1 | backend | {GET_OPERATION} | same | data.a ; data.b | … | null | … | completed: object ; null"
    )
    (row,) = read_rows(text, {})
    assert row.checks == (("data.a", "object"), ("data.b", "null"))
    assert row.status_here is None
    assert applies(row, step())
    assert not applies(row, step(operation_status="running"))
    assert not applies(row, step(status=404))


def test_a_row_about_operations_of_some_types() -> None:
    checks = "completed training or failed: object"
    text = table(f"D-1 | backend | {GET_OPERATION} | same | data.a | … | … | … | {checks}")
    (row,) = read_rows(text, {})
    assert applies(row, step())
    assert not applies(row, step(kind="data_load"))
    assert applies(row, step(operation_status="failed", kind="data_load"))
    assert not applies(row, step(operation_status="running"))


@pytest.mark.parametrize(
    ("check", "statuses"),
    [("`failed`", {"data.status": "failed"}), ("string", {}), ("`failed` or `cancelled`", {})],
)
def test_the_one_status_that_a_row_prescribes(check: str, statuses: dict[str, str]) -> None:
    text = table(
        f"D-1 | backend | {GET_OPERATION} | same | data.status ; data.a | … | … | … | {check} ; null"
    )
    (row,) = read_rows(text, {})
    assert row.statuses == statuses


def test_a_row_about_several_services() -> None:
    text = table(f"D-1 | backend ; ib-host | {GET_OPERATION} | same | data.a | … | … | … | null")
    (row,) = read_rows(text, {})
    assert applies(row, step())
    assert applies(row, replace(step(), service="ib-host"))
    assert not applies(row, replace(step(), service="gpu-worker"))


def test_a_row_about_an_http_status() -> None:
    (row,) = read_rows(
        table(f"D-1 | backend | {GET_OPERATION} | 500 -> 422 | detail | … | … | … | string"), {}
    )
    assert (row.status, row.status_here) == (500, 422)
    assert applies(row, step(500))
    assert not applies(row, step(200))


def test_a_row_about_listed_steps() -> None:
    text = table(f"D-1 | backend | {GET_OPERATION} | same | data.a | … | … | … | listed: `x`")
    (row,) = read_rows(text, {"D-1": RowSteps(changes=frozenset({"seed/X#3"}))})
    assert applies(row, step())
    (row,) = read_rows(text, {"D-1": RowSteps(changes=frozenset({"seed/X#4"}))})
    assert not applies(row, step())


def test_steps_under_a_row_that_is_not_there_are_an_error() -> None:
    with pytest.raises(ValueError, match="D-9"):
        read_rows(
            table(f"D-1 | backend | {GET_OPERATION} | same | data.a | … | … | … | null"), {"D-9": RowSteps()}
        )


def test_a_check_too_few_is_an_error() -> None:
    with pytest.raises(ValueError, match="2 paths, but 1 checks"):
        read_rows(table(f"D-1 | backend | {GET_OPERATION} | same | a ; b | … | … | … | null"), {})


def test_a_file_without_the_table_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "DEVIATIONS.md").write_text("| id | why |\n|---|---|\n| D-1 | because |\n", encoding="utf-8")
    (tmp_path / "steps.yaml").write_text("{}", encoding="utf-8")
    with pytest.raises(ValueError, match="no table"):
        read_deviations(tmp_path / "DEVIATIONS.md", tmp_path / "steps.yaml")


def test_the_project_lists_only_steps_that_exist() -> None:
    known = {specimen.reference(step) for specimen in read_all() for step in specimen.exchanges}
    for row in read_deviations():
        assert row.steps.changes | row.steps.prevents <= known


@pytest.mark.parametrize(
    ("check", "value", "admitted"),
    [
        ("object", {}, True),
        ("object", None, False),
        ("object or absent", ABSENT, True),
        ("object", ABSENT, False),
        ("`running`", "running", True),
        ("`running`", "pending", False),
        ("`0`", 0, True),
        ("`false`", False, True),
        ("`false`", "False", False),
        ("unchanged", 1.5, True),
        ("unchanged", 1.6, False),
        ("like worker data.result", {"path": "x"}, True),
        ("like worker data.result", {"path": None}, False),
        ("like worker data.result", {}, False),
    ],
)
def test_what_a_check_admits(check: str, value: Found, admitted: bool) -> None:
    assert admits(check, value, 1.5, lambda _: shape_of({"path": "p"})) is admitted


def test_nothing_is_like_what_was_never_recorded() -> None:
    assert not admits("like worker data.nothing", {}, ABSENT, lambda _: Shape())


def test_paths() -> None:
    body = {"data": [{"operation_id": "a", "status": "x"}, {"operation_id": "b"}], "paths": {"/": {"get": 1}}}
    assert values_at(body, "data[].status") == ["x", ABSENT]
    assert values_at(body, "data[a].status") == ["x"]
    assert values_at(body, "data[c].status") == [ABSENT]
    assert values_at(body, "paths.*.get") == [1]
    assert values_at(body, "data.status") == [ABSENT]


@pytest.mark.parametrize(
    ("path", "outer", "within"),
    [
        ("data.metrics.epochs[]", "data.metrics", True),
        ("data[{id1}].status", "data[].status", True),
        ("data.metrics2", "data.metrics", False),
        ("data", "data.metrics", False),
        ("paths./api/v1/x.get.security", "paths.*.*.security", True),
        ("paths./api/v1/x.get.tags", "paths.*.*.security", False),
    ],
)
def test_what_a_row_covers(path: str, outer: str, within: bool) -> None:
    assert is_within(path, outer) is within
