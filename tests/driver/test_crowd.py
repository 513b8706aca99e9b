"""Several operations at one moment: which were accepted, which refused, and what is undone."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from ktrdr_acceptance.faults import EnvironmentFault
from ktrdr_acceptance.operations.operation import Kind
from ktrdr_acceptance.operations.waiting import WaitFailed

from .scripted_world import ScriptedWorld, scripted_world


def world_with(*replies: Any) -> ScriptedWorld:
    """The n-th start of a backtest is answered with the n-th reply, whoever asks."""
    world = scripted_world()
    lock, left = threading.Lock(), list(replies)

    def reply(_body: Any, _query: Any) -> Any:
        with lock:
            return left.pop(0)

    world.script("POST /backtests/start", reply)
    return world


def accepted(number: int) -> tuple[int, Any]:
    return 200, {"operation_id": f"op_{number}"}


BUSY = (503, {"detail": "no worker free"})


def start(world: ScriptedWorld, count: int) -> None:
    world.crowd.start(world.starts[Kind.BACKTEST], "smoke", count)


def test_each_is_asked_for_once_and_told_apart() -> None:
    world = world_with(accepted(1), BUSY, accepted(2), BUSY)
    start(world, 4)
    assert {one.id for one in world.crowd.accepted} == {"op_1", "op_2"}
    assert [one.status for one in world.crowd.refused] == [503, 503]
    assert world.crowd.other_refusals() == []
    assert len(world.net.asked) == 4
    assert world.ours == {"op_1", "op_2"}


def test_they_are_asked_for_at_the_same_moment() -> None:
    world = scripted_world()
    together = threading.Barrier(5, timeout=60)

    def reply(_body: Any, _query: Any) -> Any:
        return accepted(together.wait())

    world.script("POST /backtests/start", reply)
    start(world, 5)
    assert len(world.crowd.accepted) == 5


def test_other_refusals_are_told_as_they_were_said() -> None:
    world = world_with(accepted(1), (500, {"detail": "broken"}), (429, {"detail": "slowly"}))
    start(world, 3)
    assert sorted(world.crowd.other_refusals()) == ["HTTP 429: slowly", "HTTP 500: broken"]


def test_a_crowd_that_is_started_again_is_another_one() -> None:
    world = world_with(accepted(1), BUSY, accepted(2))
    start(world, 2)
    start(world, 1)
    assert [one.id for one in world.crowd.accepted] == ["op_2"]
    assert world.crowd.refused == []


@pytest.mark.parametrize("fault", [EnvironmentFault("gone"), (200, {"success": True})], ids=["gone", "no-id"])
def test_one_that_cannot_be_told_ends_the_start_and_all_others_are_undone(fault: Any) -> None:
    world = world_with(accepted(1), fault, accepted(2))
    for number in (1, 2):
        world.shows("running", 5.0, operation_id=f"op_{number}")
    with pytest.raises((EnvironmentFault, AssertionError)):
        start(world, 3)
    (*_, told) = sorted(world.undo.run(), key=lambda error: "look for it by hand" in error)
    assert told.endswith("look for it by hand")
    ended = {one for one in world.net.requests() if one.startswith("DELETE")}
    assert ended == {"DELETE /api/v1/operations/op_1", "DELETE /api/v1/operations/op_2"}


def test_all_are_followed_to_their_end() -> None:
    world = world_with(accepted(1), accepted(2))
    start(world, 2)
    world.shows(operation_id="op_1")
    world.shows("running", 99.0, operation_id="op_2")
    with pytest.raises(WaitFailed, match="backtest op_2 to be completed at the backend within 120 s"):
        world.crowd.complete()
    world.shows(operation_id="op_2")
    world.crowd.complete()


def test_none_at_all_has_not_completed() -> None:
    world = world_with(BUSY)
    start(world, 1)
    with pytest.raises(AssertionError, match="no operation was accepted"):
        world.crowd.complete()
