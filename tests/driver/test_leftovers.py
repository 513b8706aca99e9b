"""What an earlier run has left: ended once it is found, and forgotten where nobody knows it any more."""

from __future__ import annotations

from typing import Any

import pytest

from ktrdr_acceptance.runner.leftovers import operations_left, put_back

from .scripted_world import ScriptedWorld, scripted_world

LOOKUP = "GET /api/v1/operations/op_1"


def shown(status: str) -> tuple[int, Any]:
    return 200, {
        "success": True,
        "data": {
            "operation_id": "op_1",
            "operation_type": "data_load",
            "status": status,
            "created_at": "2026-11-22T08:54:28Z",
            "progress": {"percentage": 10.0, "current_step": "", "items_processed": 1},
        },
    }


@pytest.fixture
def world() -> ScriptedWorld:
    return scripted_world()


def left(world: ScriptedWorld, **more: Any) -> dict[str, dict[str, Any]]:
    return {"op_1": {"backend": world.target.endpoints.backend_url, "id": "op_1", "kind": "download", **more}}


def test_an_operation_that_still_runs_is_ended_and_told(world: ScriptedWorld) -> None:
    cancelled = (200, {"success": True, "data": {"operation_id": "op_1", "status": "cancelled"}})
    world.net.scripts |= {
        f"backend {LOOKUP}": [*[shown("running")] * 4, shown("cancelled")],
        "backend DELETE /api/v1/operations/op_1": cancelled,
    }
    done, not_done, still_left = put_back(left(world), world)
    assert done == ["an earlier run had left download op_1 running: it is cancelled now"]
    assert (not_done, dict(still_left)) == ([], {})


def test_one_that_has_ended_meanwhile_is_no_news(world: ScriptedWorld) -> None:
    world.net.scripts[f"backend {LOOKUP}"] = shown("completed")
    assert put_back(left(world), world) == ([], [], {})


@pytest.mark.parametrize(
    "worker", [{}, {"worker": "w1", "worker_url": "http://w1:1"}], ids=["backend", "worker"]
)
def test_one_that_nobody_knows_any_more_is_forgotten(world: ScriptedWorld, worker: dict[str, str]) -> None:
    world.net.scripts["backend GET /api/v1/operations/op_1"] = (404, {"detail": "Operation not found: op_1"})
    assert put_back(left(world, **worker), world) == ([], [], {})


def test_one_that_cannot_be_ended_stays_for_the_next_run(world: ScriptedWorld) -> None:
    world.net.scripts |= {
        f"backend {LOOKUP}": shown("running"),
        "backend DELETE /api/v1/operations/op_1": (500, {"detail": "no"}),
    }
    done, (said,), still_left = put_back(left(world), world)
    assert done == []
    assert said.startswith("an earlier run has left op_1, which could not be put back: ")
    assert still_left == left(world)


def test_what_is_at_another_target_is_told_and_kept(world: ScriptedWorld) -> None:
    elsewhere = {"op_1": {"backend": "http://other:1", "id": "op_1", "kind": "training"}}
    (said,), not_done, still_left = put_back(elsewhere, world)
    assert said.startswith("an earlier run has left op_1 at http://other:1: run against that")
    assert (not_done, still_left) == ([], elsewhere)
    assert operations_left(elsewhere, world.target.endpoints.backend_url) == []
    assert operations_left(elsewhere, "http://other:1") == ["op_1"]


def test_a_request_whose_id_never_came_is_told_with_its_time(world: ScriptedWorld) -> None:
    asked = {
        "backend": world.target.endpoints.backend_url,
        "asked": "long training",
        "at": "2026-11-22T08:54",
    }
    (said,), not_done, still_left = put_back({"request 1": asked}, world)
    assert "had asked for a long training at 2026-11-22T08:54 and was gone before its id came" in said
    assert (not_done, dict(still_left)) == ([], {})
