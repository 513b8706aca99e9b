"""What the one reader makes of KTRDR's answers: ids, epochs, generations, refusals, missing fields."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Any

import pytest

from ktrdr_acceptance.api.errors import Refusal, read_refusal, refusal_expected
from ktrdr_acceptance.api.generations import Generation, epochs_of, generation_of, operation_id_of
from ktrdr_acceptance.api.http import Answer
from ktrdr_acceptance.api.models import (
    ContractBreach,
    Health,
    OperationBody,
    OperationPage,
    WorkerBody,
    accepted,
    parse,
    read,
)

OPERATION = {
    "operation_id": "op_1",
    "operation_type": "training",
    "status": "running",
    "created_at": "2026-11-22T08:54:28Z",
    "progress": {"percentage": 12.5, "items_processed": 0},
}
NUMBER = {"percentage": 12.5, "items_processed": 0}


def answer(body: Any, status: int = 200) -> Answer:
    return Answer("backend", "GET /api/v1/x", status, body, 0.01)


# the id of an operation


@pytest.mark.parametrize(
    "body",
    [
        {"operation_id": "op_1"},
        {"success": True, "task_id": "op_1", "status": "started"},
        {"success": True, "data": {"operation_id": "op_1"}},
        {"task_id": "", "data": {"operation_id": "op_1"}},
        {"operation_id": None, "task_id": "op_1"},
    ],
    ids=["top", "task", "data", "empty-task", "null-operation"],
)
def test_the_id_is_found_wherever_it_stands(body: Any) -> None:
    assert operation_id_of(answer(body)) == "op_1"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"operation_id": ""},
        {"operation_id": None},
        {"operation_id": 7},
        {"task_id": ["op_1"]},
        {"data": "op_1"},
        {"data": {"id": "op_1"}},
        {"data": [{"operation_id": "op_1"}]},
        [],
    ],
)
def test_no_id_never_passes_for_an_id(body: Any) -> None:
    with pytest.raises(ContractBreach, match="accepted GET /api/v1/x without an operation id"):
        operation_id_of(answer(body))


@pytest.mark.parametrize("body", ["op_1", None, 7, True])
def test_an_id_is_not_read_from_what_is_no_object(body: Any) -> None:
    with pytest.raises(ContractBreach, match=r"answered GET /api/v1/x without a JSON object"):
        operation_id_of(answer(body))


def test_the_id_in_a_refusal_does_not_count() -> None:
    with pytest.raises(ContractBreach, match="refused GET /api/v1/x: HTTP 503: all busy"):
        operation_id_of(answer({"detail": "all busy", "operation_id": "op_1"}, 503))


# the epochs in metrics


def epoch(number: int) -> dict[str, Any]:
    return {"epoch": number, "train_loss": 1.0 / (number + 1)}


E0, E1, E2 = epoch(0), epoch(1), epoch(2)


@pytest.mark.parametrize(
    ("metrics", "expected"),
    [
        ({"epochs": [E0, E1, E2]}, [E0, E1, E2]),
        ({"epochs": [[E0, E1], 2, [E2], 3]}, [E0, E1, E2]),
        ({"epochs": [[E0, E1, E2], 3, [], 3, [], 3]}, [E0, E1, E2]),
        ([[E0, E1], 2], [E0, E1]),
        ({"epochs": [[[E0], 1], [[E1], 2]]}, [E0, E1]),
        ({"epochs": [[E0, E1], 2, [E0, E1, E2], 3]}, [E0, E1, E0, E1, E2]),
        ({"epochs": [E1, E1]}, [E1, E1]),
        ({"epochs": [E2, E0]}, [E2, E0]),
        ({"epochs": []}, []),
        ({"epochs": None}, []),
        ({"bars": [1]}, []),
        ({}, []),
        (None, []),
        ("epochs", []),
    ],
    ids=[
        *("list", "pairs", "pairs-with-empty", "metrics-route", "nested-pairs", "pairs-that-repeat", "twice"),
        *("disorder", "empty-list", "null", "other", "empty", "none", "text"),
    ],
)
def test_only_the_nesting_of_epochs_is_undone(metrics: Any, expected: list[dict[str, Any]]) -> None:
    assert epochs_of(metrics) == expected


# the generation


@pytest.mark.parametrize(
    ("paths", "generation"),
    [
        ([], Generation.O),
        (["/api/v1/trainings/start", "/api/v1/operations"], Generation.O),
        (["/api/v1/backtests/start"], Generation.N),
        (["/api/v1/backtests/start", "/api/v1/workers"], Generation.S),
        (["/api/v1/workers/register", "/api/v1/backtests/start"], Generation.N),
        (["/api/v1/checkpoints", "/api/v1/workers", "/api/v1/backtests/start"], Generation.H),
    ],
)
def test_the_generation_is_told_from_the_paths(paths: list[str], generation: Generation) -> None:
    assert generation_of({"paths": {path: {} for path in paths}}) == generation


def test_a_document_without_paths_is_of_the_oldest_generation() -> None:
    assert generation_of({}) == Generation.O


# refusals


VALIDATION = {
    "success": False,
    "error": {
        "code": "VALIDATION_ERROR",
        "message": "Request validation failed",
        "details": [
            {"field": "body -> symbols", "message": "Field required", "type": "missing"},
            {"field": "body -> dates -> start", "message": "Bad", "type": "value_error"},
            {"field": "body", "message": "Model rule", "type": "value_error"},
        ],
    },
}


@pytest.mark.parametrize(
    ("status", "body", "message", "code", "fields"),
    [
        (404, {"detail": "Operation not found: op_9"}, "Operation not found: op_9", None, ()),
        (404, {"detail": "Not Found"}, "Not Found", None, ()),
        (
            422,
            VALIDATION,
            "Request validation failed: symbols: Field required; start: Bad; body: Model rule",
            "VALIDATION_ERROR",
            ("symbols", "start", "body"),
        ),
        (
            400,
            {"success": False, "error": {"code": "DATA-X", "message": "No data", "details": {"error": "e"}}},
            "No data",
            "DATA-X",
            (),
        ),
        (
            500,
            {
                "success": False,
                "error": {
                    "code": "INTERNAL_SERVER_ERROR",
                    "message": "An unexpected error occurred",
                    "details": {"type": "KeyError"},
                },
            },
            "An unexpected error occurred",
            "INTERNAL_SERVER_ERROR",
            (),
        ),
        (
            422,
            {"detail": [{"loc": ["body", "symbol"], "msg": "Field required", "type": "missing"}]},
            "validation failed: symbol: Field required",
            None,
            ("symbol",),
        ),
        (
            422,
            {"detail": [{"loc": ["body", "rows", 3], "msg": "bad"}, {"loc": [], "msg": "worse"}]},
            "validation failed: 3: bad; body: worse",
            None,
            ("3", "body"),
        ),
        (
            503,
            {"detail": {"message": "No workers", "hint": "register one", "error_code": "NO_WORKERS"}},
            "No workers (register one)",
            "NO_WORKERS",
            (),
        ),
        (
            503,
            {"detail": {"error": "No workers", "suggestion": "start one"}},
            "No workers (start one)",
            None,
            (),
        ),
        (409, {"detail": {"message": "busy"}}, "busy", None, ()),
    ],
    ids=[
        *("text", "no-route", "envelope-rows", "envelope-object", "envelope-500", "rows", "rows-odd"),
        *("object-hint", "object-suggestion", "object"),
    ],
)
def test_each_known_shape_of_a_refusal_is_read(
    status: int, body: Any, message: str, code: str | None, fields: tuple[str, ...]
) -> None:
    refusal = read_refusal(answer(body, status))
    assert (refusal.status, refusal.message, refusal.code, refusal.fields) == (status, message, code, fields)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("<html>Bad Gateway</html>", "<html>Bad Gateway</html>"),
        ({"message": "no"}, '{"message": "no"}'),
        ({"error": "no"}, '{"error": "no"}'),
        ({"detail": None}, '{"detail": null}'),
        ({"detail": {"reason": "ü"}}, '{"detail": {"reason": "ü"}}'),
        ([1, 2], "[1, 2]"),
        ("", ""),
        (None, "null"),
    ],
)
def test_a_refusal_of_no_known_shape_is_quoted_whole(body: Any, message: str) -> None:
    refusal = read_refusal(answer(body, 502))
    assert (refusal.message, refusal.fields, refusal.code) == (message, (), None)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"success": False, "error": {"code": "X"}}, '{"success": false, "error": {"code": "X"}}'),
        ({"detail": ["no bars", "no strategy"]}, "no bars; no strategy"),
        ({"detail": [{"loc": None, "msg": "wrong"}]}, "validation failed: body: wrong"),
    ],
)
def test_a_shape_with_holes_says_what_there_is(body: Any, message: str) -> None:
    assert read_refusal(answer(body, 422)).message == message


def test_the_whole_text_of_a_refusal_is_kept_for_a_search_in_it() -> None:
    refusal = read_refusal(answer({"detail": "x", "trace": "Traceback (most recent call last)"}, 500))
    assert "Traceback" in refusal.text


@pytest.mark.parametrize(
    ("status", "client", "missing"),
    [
        *((status, True, False) for status in (400, 409, 422)),
        (404, True, True),
        # Who may ask, how to ask, and when, are no word on what was asked for.
        *((status, False, False) for status in (399, 401, 403, 405, 410, 415, 429, 499, 500, 503)),
    ],
)
def test_a_refusal_blames_the_request_only_with_what_says_so(
    status: int, client: bool, missing: bool
) -> None:
    refusal = Refusal(status, "m", "t")
    assert (refusal.is_client_error, refusal.is_not_found) == (client, missing)


@pytest.mark.parametrize(
    ("status", "message", "is_it"),
    [
        (503, "No training workers available", True),
        (503, "no WORKER is free (start one)", True),
        (503, "Service Unavailable", False),
        (503, "", False),
        (500, "no worker free", False),
        (429, "no worker free", False),
    ],
)
def test_that_no_worker_is_free_must_be_said(status: int, message: str, is_it: bool) -> None:
    assert Refusal(status, message, "a worker of the text alone").is_no_worker_free is is_it


def test_a_refusal_in_words() -> None:
    assert str(Refusal(422, "no", "t", fields=("a", "b"))) == "HTTP 422: no (fields: a, b)"
    assert str(Refusal(404, "no", "t")) == "HTTP 404: no"


@pytest.mark.parametrize("status", [200, 201, 202, 299])
def test_an_acceptance_where_a_refusal_must_be_fails(status: int) -> None:
    with pytest.raises(
        AssertionError, match=f"backend accepted the cancel .HTTP {status}. instead of refusing"
    ):
        refusal_expected(answer({}, status), "the cancel")


def test_a_refusal_where_one_must_be_is_returned() -> None:
    assert refusal_expected(answer({"detail": "x"}, 409), "it").message == "x"


@pytest.mark.parametrize("status", [199, 301, 400, 404, 500, 503])
def test_an_answer_other_than_2xx_is_a_breach_that_quotes_the_refusal(status: int) -> None:
    with pytest.raises(ContractBreach, match=f"backend refused GET /api/v1/x: HTTP {status}: gone"):
        accepted(answer({"detail": "gone"}, status))


@pytest.mark.parametrize("body", [None, "", "<html>It works!</html>", 7, True, "x" * 1000])
def test_an_acceptance_that_is_no_object_is_a_breach_that_quotes_it(body: Any) -> None:
    with pytest.raises(
        ContractBreach, match="backend answered GET /api/v1/x without a JSON object: "
    ) as caught:
        accepted(answer(body))
    assert answer(body).text[:20] in str(caught.value)
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize(
    "read_it",
    [
        accepted,
        operation_id_of,
        lambda said: read(OperationBody, said, "data"),
        lambda said: read(OperationPage, said),
    ],
    ids=["accepted", "id", "operation", "page"],
)
def test_a_success_that_says_it_is_none_is_a_breach(read_it: Any) -> None:
    whole = {"task_id": "op_1", "data": OPERATION, "total_count": 1, "active_count": 0}
    with pytest.raises(ContractBreach, match="backend answered GET /api/v1/x with success: false"):
        read_it(answer({**whole, "success": False}))


@pytest.mark.parametrize("success", [True, None, "false", 0])
def test_only_success_false_itself_is_such_a_breach(success: Any) -> None:
    assert accepted(answer({"success": success}))["success"] is success


# missing and wrong fields


def without(field: str) -> dict[str, Any]:
    return {key: value for key, value in OPERATION.items() if key != field}


@pytest.mark.parametrize(
    ("part", "named"),
    [
        *((without(field), field) for field in OPERATION),
        ({**OPERATION, "status": "cancelling"}, "status"),
        ({**OPERATION, "status": None}, "status"),
        ({**OPERATION, "progress": None}, "progress"),
        ({**OPERATION, "progress": {}}, "progress.percentage"),
        *(
            ({**OPERATION, "progress": {**NUMBER, "percentage": value}}, "progress.percentage")
            for value in (None, -0.1, 100.1, math.nan, math.inf, -math.inf, "half")
        ),
        *(
            ({**OPERATION, "progress": {**NUMBER, "items_processed": value}}, "progress.items_processed")
            for value in (None, -1, 1.5, math.nan, "many")
        ),
        ({**OPERATION, "progress": {"percentage": 12.5}}, "progress.items_processed"),
        ({**OPERATION, "created_at": "yesterday"}, "created_at"),
        ({**OPERATION, "operation_id": None}, "operation_id"),
        ({**OPERATION, "result_summary": "done"}, "result_summary"),
        ([], "body"),
        (None, "body"),
        ("text", "body"),
    ],
)
def test_a_missing_or_wrong_field_of_an_operation_is_a_breach_that_names_it(part: Any, named: str) -> None:
    with pytest.raises(ContractBreach) as caught:
        read(OperationBody, answer({"data": part}), "data")
    assert str(caught.value).startswith(f"backend answered GET /api/v1/x, but its {named}: ")


@pytest.mark.parametrize("percentage", [0, 100, 12.5])
def test_a_percentage_may_be_either_end(percentage: float) -> None:
    body = {**OPERATION, "progress": {"percentage": percentage, "items_processed": 0}}
    assert parse(OperationBody, body, "x").progress.percentage == percentage


@pytest.mark.parametrize("body", [{}, [], {"Data": {}}])
def test_a_missing_wrapper_is_a_breach_that_names_it(body: Any) -> None:
    with pytest.raises(ContractBreach, match="without the field 'data'"):
        read(OperationBody, answer(body), "data")


def test_a_refusal_is_never_read_as_a_value() -> None:
    with pytest.raises(ContractBreach, match="HTTP 404"):
        read(OperationBody, answer({"data": OPERATION}, 404), "data")


def test_a_breach_is_a_refused_criterion_not_a_fault_of_the_suite() -> None:
    assert issubclass(ContractBreach, AssertionError)


@pytest.mark.parametrize(
    ("model", "part", "named"),
    [
        (Health, {"status": "ok"}, "version"),
        (Health, {"version": "1"}, "status"),
        (OperationPage, {"data": [], "active_count": 0}, "total_count"),
        (OperationPage, {"data": [], "total_count": 0}, "active_count"),
        (OperationPage, {"total_count": 0, "active_count": 0}, "data"),
        (OperationPage, {"data": [without("progress"), {}], "total_count": 2, "active_count": 0}, "data.1"),
        (WorkerBody, {"worker_id": "w", "worker_type": "training", "status": "available"}, "endpoint_url"),
    ],
)
def test_every_model_names_what_is_missing(model: Any, part: Any, named: str) -> None:
    with pytest.raises(ContractBreach, match=f"^a service, but its {named}"):
        parse(model, part, "a service")


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-22T08:54:28Z",
        "2026-11-22T08:54:28",
        "2026-11-22T08:54:28.000000000+00:00",
        "2026-11-22T09:54:28+01:00",
    ],
)
def test_a_moment_is_the_same_however_it_is_written(text: str) -> None:
    body = parse(OperationBody, {**OPERATION, "created_at": text, "completed_at": text}, "x")
    assert body.created_at == body.completed_at == datetime(2026, 11, 22, 8, 54, 28, tzinfo=UTC)


def test_unknown_fields_are_kept_and_optional_ones_may_be_missing() -> None:
    body = parse(OperationBody, {**OPERATION, "parent_operation_id": "op_0"}, "x")
    assert (body.completed_at, body.result_summary, body.error_message, body.metrics) == (None,) * 4
    assert body.model_extra == {"parent_operation_id": "op_0"}
