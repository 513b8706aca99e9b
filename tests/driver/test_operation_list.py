from __future__ import annotations

from typing import Any, cast

import pytest

from ktrdr_acceptance.api.backend import Backend
from ktrdr_acceptance.api.http import Answer
from ktrdr_acceptance.api.models import OperationPage
from ktrdr_acceptance.domain.operation_list import LISTED, OperationList

from .scripted_world import scripted_world


def row(number: int, status: str = "completed", kind: str = "training") -> dict[str, Any]:
    return {
        "operation_id": f"op_{number}",
        "operation_type": kind,
        "status": status,
        "created_at": f"2026-11-22T08:{number:02d}:00Z",
    }


class ListingBackend:
    def __init__(self, *rows: dict[str, Any]) -> None:
        self.rows = list(rows)
        self.queries: list[dict[str, Any]] = []

    def operations(self, **query: Any) -> OperationPage:
        self.queries.append(query)
        return OperationPage.model_validate({"data": self.rows, "total_count": 99, "active_count": 0})

    def operation_answer(self, operation_id: str) -> Answer:
        return Answer("backend", "GET x", 404, {"detail": f"Operation not found: {operation_id}"}, 0.0)


def listing(*rows: dict[str, Any]) -> tuple[OperationList, ListingBackend]:
    backend = ListingBackend(*rows)
    return OperationList(cast(Backend, backend)), backend


def test_the_newest_are_told_by_their_creation_not_by_their_place() -> None:
    operations, backend = listing(row(3), row(9), row(1), row(7))
    assert operations.newest(3) == ["op_9", "op_7", "op_3"]
    assert backend.queries == [{"limit": 1000, "offset": 0}]


def test_the_total_is_what_the_backend_counts() -> None:
    assert listing(row(1))[0].total() == 99


def test_the_length_is_that_of_the_whole_list_whatever_the_backend_counts() -> None:
    operations, backend = listing(row(1), row(2), row(3))
    assert operations.length() == 3
    assert backend.queries == [{"limit": 1000, "offset": 0}]


def test_the_length_is_that_of_what_the_last_filters_let_through_whatever_the_page() -> None:
    operations, backend = listing(row(1))
    operations.page(status="completed", limit="5", offset="10")
    assert operations.length() == 1
    assert backend.queries[1:] == [{"status": "completed", "limit": 1000, "offset": 0}]


def test_the_next_ones_follow_the_newest() -> None:
    assert listing(row(3), row(9), row(1), row(7))[0].newest(2, after=1) == ["op_7", "op_3"]


def test_what_is_active_is_counted_over_the_whole_list() -> None:
    operations, backend = listing(row(1, "running"), row(2, "pending"), row(3, "resuming"), row(4, "failed"))
    operations.page(status="completed")
    assert operations.active() == 3
    assert backend.queries[1:] == [{"limit": 1000, "offset": 0}]


class PagingBackend(ListingBackend):
    """Gives the page that `limit` and `offset` ask for, or always the first one."""

    def __init__(self, length: int, heeds_offset: bool = True) -> None:
        super().__init__(*[{**row(0), "operation_id": f"op_{number}"} for number in range(length)])
        self.heeds_offset = heeds_offset

    def operations(self, **query: Any) -> OperationPage:
        start = query["offset"] if self.heeds_offset else 0
        shown = self.rows[start : start + query["limit"]]
        return OperationPage.model_validate({"data": shown, "total_count": 0, "active_count": 0})


@pytest.mark.parametrize("length", [0, 999, 1000, 1001, 2500])
def test_the_length_of_a_long_list_is_counted_page_by_page(length: int) -> None:
    assert OperationList(cast(Backend, PagingBackend(length))).length() == length


def test_a_backend_that_ignores_the_offset_is_not_asked_for_ever() -> None:
    assert OperationList(cast(Backend, PagingBackend(2500, heeds_offset=False))).length() == 1000


def test_an_operation_listed_twice_counts_once() -> None:
    assert listing(row(1), row(1), row(2))[0].length() == 2


def test_a_page_s_ids_are_those_of_its_rows_in_their_order() -> None:
    assert listing(row(3), row(1), row(2))[0].page().ids == ["op_3", "op_1", "op_2"]


def test_the_same_page_can_be_asked_for_again() -> None:
    operations, backend = listing(row(1), row(2))
    operations.page(status="running", limit="5")
    backend.rows = [row(2)]
    assert operations.ids_by_last_filter() == ["op_2"]
    assert backend.queries == [{"status": "running", "limit": "5"}] * 2


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("a training", [["training", "dummy"]]),
        ("completed", [["completed", "failed"]]),
        ("running", [["completed", "failed"]]),
        ("failed", [["completed", "failed"]]),
        ("active", [["completed", "failed"]]),
        ("a completed training", [["training", "dummy"], ["completed", "failed"]]),
    ],
)
def test_every_row_s_columns_are_compared(kind: str, values: list[list[str]]) -> None:
    page = OperationPage.model_validate(
        {"data": [row(1), row(2, "failed", "dummy")], "total_count": 2, "active_count": 0}
    )
    assert [listed.values(page) for listed in LISTED[kind]] == values


def test_the_refusal_of_a_lookup_is_returned() -> None:
    assert "op_x" in listing()[0].look_up_unknown("op_x").message


@pytest.mark.parametrize(
    ("deed", "request_made"),
    [
        ("cancel", "DELETE /api/v1/operations/op_x"),
        ("retry", "POST /api/v1/operations/op_x/retry"),
        ("read the results of", "GET /api/v1/operations/op_x/results"),
        ("read the metrics of", "GET /api/v1/operations/op_x/metrics"),
    ],
)
def test_a_deed_with_an_unknown_operation_must_be_refused(deed: str, request_made: str) -> None:
    world = scripted_world()
    route = request_made.replace("/api/v1", "")
    world.script(route, (404, {"detail": "Operation not found: op_x"}))
    assert world.operation_list.refusal_of_deed(deed, "op_x").is_not_found
    world.script(route, (200, {"success": True}))
    with pytest.raises(AssertionError, match=f"backend accepted to {deed} op_x"):
        world.operation_list.refusal_of_deed(deed, "op_x")


def test_a_page_that_must_be_refused_fails_when_it_is_given() -> None:
    world = scripted_world()
    world.script("GET /operations", (422, {"detail": "no such status"}))
    assert world.operation_list.refusal_of_page(status="x").message == "no such status"
    world.script("GET /operations", (200, {"data": []}))
    with pytest.raises(AssertionError, match="backend accepted a list by"):
        world.operation_list.refusal_of_page(status="x")
