"""Acting in time is counted from the request: what the answer took is taken off the limit."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ktrdr_acceptance.faults import Mismatch
from ktrdr_acceptance.operations.in_time import becomes_cancelled, becomes_known
from ktrdr_acceptance.operations.operation import Operation
from ktrdr_acceptance.operations.operations import Operations
from ktrdr_acceptance.operations.waiting import WaitFailed

from .scripted import OPERATION_ID, START, Scene, steady
from .scripted_world import ID, scripted_world

WAITS = {
    "known": (becomes_known, "cancelled", "the start"),
    "cancelled": (becomes_cancelled, "running", "the cancel"),
}
Wait = Callable[[Operations, Operation, float], object]


def answered_after(took: float, *, time_factor: float, shown: str) -> tuple[Scene, Operation]:
    scene = Scene(steady(shown))
    scene.operations.waiter.time_factor = time_factor
    operation = scene.operation()
    operation.start_took_s = operation.cancel_took_s = took
    return scene, operation


@pytest.mark.parametrize(("wait", "never", "what"), WAITS.values(), ids=WAITS)
@pytest.mark.parametrize(("time_factor", "took", "left"), [(1, 0, 5), (1, 3, 2), (2, 6, 4), (2, 10, 0)])
def test_what_the_answer_took_is_taken_off_the_scaled_limit(
    wait: Wait, never: str, what: str, time_factor: float, took: float, left: float
) -> None:
    del what
    scene, operation = answered_after(took, time_factor=time_factor, shown=never)
    with pytest.raises(WaitFailed, match=f"within {left} s, but the deadline passed"):
        wait(scene.operations, operation, 5)
    assert scene.clock.now() - START == pytest.approx(left)


@pytest.mark.parametrize(("wait", "shown"), [(becomes_known, "running"), (becomes_cancelled, "cancelled")])
def test_an_answer_at_the_very_limit_is_in_time(wait: Wait, shown: str) -> None:
    scene, operation = answered_after(10, time_factor=2, shown=shown)
    wait(scene.operations, operation, 5)


@pytest.mark.parametrize(("wait", "never", "what"), WAITS.values(), ids=WAITS)
def test_an_answer_after_the_limit_is_late_whatever_is_shown(wait: Wait, never: str, what: str) -> None:
    scene, operation = answered_after(10.1, time_factor=2, shown=never)
    with pytest.raises(WaitFailed) as caught:
        wait(scene.operations, operation, 5)
    wanted = f"training {OPERATION_ID} to be {'known' if what == 'the start' else 'cancelled'} within 10 s"
    instead = f"{what} was answered only after 10.1 s"
    assert str(caught.value) == f"expected {wanted}, but {instead}"
    assert caught.value.mismatch == Mismatch(wanted, instead)
    assert scene.backend.asked == []


def test_how_long_a_cancel_took_to_be_answered_is_kept() -> None:
    world = scripted_world()
    world.net.elapsed_s = 3.0
    world.shows("running", 50.0)
    world.script(f"DELETE /operations/{ID}", (200, {"data": {"operation_id": ID, "status": "cancelled"}}))
    operation = world.speaks_of()
    world.operations.cancel(operation)
    assert operation.cancel_took_s == 3.0
