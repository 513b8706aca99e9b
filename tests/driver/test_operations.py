from __future__ import annotations

import pytest

from ktrdr_acceptance.api.errors import Refusal
from ktrdr_acceptance.api.http import Answer
from ktrdr_acceptance.api.models import ContractBreach
from ktrdr_acceptance.faults import EnvironmentFault
from ktrdr_acceptance.operations.lifecycle import Status
from ktrdr_acceptance.operations.operations import Operation
from ktrdr_acceptance.operations.waiting import WaitFailed

from .scripted import OPERATION_ID, Scene, flips, steady

CANCELLED = ("cancelled", 50.0)
COMPLETED = ("completed", 100.0)


# a cancelled operation stays cancelled


@pytest.mark.parametrize(
    ("expected_s", "percentage", "window"),
    [
        (10.0, 50.0, 6.0),
        (10.0, 0.0, 12.0),
        (3.0, 50.0, 1.8),
        (0.1, 0.0, 0.5),
        (3.0, 100.0, 0.5),
        (60.0, 50.0, 30.0),
        (600.0, 0.0, 30.0),
    ],
)
def test_both_copies_are_watched_until_the_work_would_have_ended(
    expected_s: float, percentage: float, window: float
) -> None:
    scene = Scene(steady("cancelled"))
    scene.operations.stays_cancelled(scene.operation(expected_s, percentage))
    assert scene.backend.asked[-1] == pytest.approx(window)
    assert scene.worker.asked[-1] == pytest.approx(window)
    gaps = [b - a for a, b in zip(scene.backend.asked, scene.backend.asked[1:], strict=False)]
    assert max(gaps) <= 0.1 + 1e-6


@pytest.mark.parametrize("at", [0.0, 0.45, 3.3, 5.99])
def test_a_worker_that_goes_on_working_is_found_out(at: float) -> None:
    scene = Scene(steady("cancelled"), flips(at, CANCELLED, COMPLETED))
    with pytest.raises(WaitFailed) as caught:
        scene.operations.stays_cancelled(scene.operation())
    text = str(caught.value)
    assert "worker training-worker-1 (http://training-worker-1:1) shows completed, 100.0 %" in text
    assert "while the backend still says cancelled: the cancel did not stop the work" in text
    assert "Look at what the worker's cancel route stops" in text
    assert f"expected operation {OPERATION_ID} to stay cancelled at the backend and at its worker" in text
    assert scene.clock.now() - 1000.0 - at < 0.1


@pytest.mark.parametrize(
    "after", [COMPLETED, ("failed", 50.0), ("running", 60.0)], ids=lambda after: after[0]
)
def test_a_backend_that_forgets_the_cancel_is_found_out(after: tuple[str, float]) -> None:
    scene = Scene(flips(2.0, CANCELLED, after), steady("cancelled"))
    with pytest.raises(
        WaitFailed, match=f"the backend shows {after[0]}, .* a late result overwrote the cancel"
    ):
        scene.operations.stays_cancelled(scene.operation())
    assert scene.operations.recorder.violations


@pytest.mark.parametrize("status", ["running", "pending", "failed"])
def test_a_worker_in_any_other_state_is_found_out(status: str) -> None:
    scene = Scene(steady("cancelled"), steady(status))
    with pytest.raises(WaitFailed, match=f"shows {status}"):
        scene.operations.stays_cancelled(scene.operation())


def test_a_flip_just_after_the_window_is_not_seen() -> None:
    scene = Scene(steady("cancelled"), flips(6.05, CANCELLED, COMPLETED))
    scene.operations.stays_cancelled(scene.operation())


def test_a_worker_that_no_longer_knows_the_operation_does_not_pass() -> None:
    scene = Scene(steady("cancelled"))
    operation = scene.operation()
    scene.operations.worker_of(operation)
    scene.worker.knows = False
    with pytest.raises(ContractBreach, match=r"training-worker-1 refused .* Operation not found"):
        scene.operations.stays_cancelled(operation)


def test_no_worker_that_knows_the_operation_does_not_pass() -> None:
    scene = Scene(steady("cancelled"))
    scene.worker.knows = False
    with pytest.raises(WaitFailed, match=r"one of the workers to know operation .*within 5 s"):
        scene.operations.stays_cancelled(scene.operation())


@pytest.mark.parametrize("copy", ["backend", "training-worker-1"])
def test_progress_that_moves_after_the_cancel_is_told(copy: str) -> None:
    moving = flips(1.0, ("cancelled", 50.0), ("cancelled", 53.0))
    scripts = [moving, steady("cancelled")]
    scene = Scene(*(scripts if copy == "backend" else reversed(scripts)))
    operation = scene.operation()
    scene.operations.stays_cancelled(operation)
    assert scene.operations.moves_since_cancelled(operation) == [f"{copy}: 50.0 % -> 53.0 %"]


def test_progress_that_stood_still_is_no_move() -> None:
    scene = Scene(steady("cancelled"))
    operation = scene.operation()
    scene.operations.stays_cancelled(operation)
    assert scene.operations.moves_since_cancelled(operation) == []


def test_a_copy_that_nobody_looked_at_has_not_stood_still() -> None:
    scene = Scene(steady("cancelled"))
    operation = scene.operation()
    operation.ended_at = 0.0
    assert scene.operations.moves_since_cancelled(operation) == [
        "backend: never looked at",
        "training-worker-1: never looked at",
    ]


def test_standing_still_can_not_be_asked_of_an_operation_that_was_not_seen_cancelled() -> None:
    scene = Scene(steady("running"))
    with pytest.raises(LookupError):
        scene.operations.moves_since_cancelled(scene.operation())


# waiting for a status


def test_a_status_is_awaited_at_the_backend_s_cadence() -> None:
    scene = Scene(flips(2.2, ("running", 10.0), COMPLETED), cache_ttl=1.0)
    body = scene.operations.eventually(scene.operation(), Status.COMPLETED, within=60)
    assert body.status == Status.COMPLETED
    assert scene.backend.asked == pytest.approx([0, 1.005, 2.01, 3.015])
    assert len(scene.operations.recorder.history(OPERATION_ID, "backend").observations) == 4
    assert [status for _, status in scene.looks] == ["running"] * 3 + ["completed"]


@pytest.mark.parametrize("end", ["failed", "cancelled"])
def test_another_end_stops_the_wait_at_once(end: str) -> None:
    scene = Scene(flips(0.5, ("running", 10.0), (end, 10.0)))
    with pytest.raises(WaitFailed, match=f"it has ended as {end} and will not change any more"):
        scene.operations.eventually(scene.operation(), Status.COMPLETED, within=600)
    assert scene.clock.now() - 1000.0 == pytest.approx(0.5)


def test_the_awaited_end_that_comes_too_early_stops_the_wait() -> None:
    scene = Scene(steady("completed", 100))
    with pytest.raises(WaitFailed, match="ended as completed, too early for what was awaited"):
        scene.operations.eventually(
            scene.operation(), Status.COMPLETED, within=600, also=lambda body: body.progress.percentage < 50
        )
    assert len(scene.backend.asked) == 1


def test_running_is_not_awaited_of_an_operation_that_has_ended() -> None:
    scene = Scene(steady("completed", 100))
    with pytest.raises(WaitFailed, match="it has ended as completed"):
        scene.operations.eventually(scene.operation(), Status.RUNNING, within=600)


# starting, and putting back


def attempt(scene: Scene, answer: Answer | Exception) -> Operation | Refusal:
    def ask() -> Answer:
        assert not scene.operations.undo.is_empty, "the undo was not registered before acting"
        if isinstance(answer, Exception):
            raise answer
        return answer

    return scene.operations.attempt("smoke training", scene.calibration, 2.0, ask)


def started(body: object, status: int = 200) -> Answer:
    return Answer("backend", "POST /api/v1/trainings/start", status, body, 0.0)


def test_the_undo_is_registered_before_the_start_is_asked_for() -> None:
    scene = Scene(steady("running"))
    operation = attempt(scene, started({"task_id": OPERATION_ID}))
    assert isinstance(operation, Operation)
    assert operation.id == OPERATION_ID
    assert scene.operations.started == [operation]
    assert scene.operations.undo.run() == []
    assert scene.backend.cancels == [OPERATION_ID]


def test_a_start_without_an_answer_is_told_by_the_undo() -> None:
    scene = Scene(steady("running"))
    with pytest.raises(EnvironmentFault):
        attempt(scene, EnvironmentFault("no answer"))
    (error,) = scene.operations.undo.run()
    assert error.startswith("could not end the smoke training: its start was asked for but no ")
    assert error.endswith("; look for it by hand")
    assert scene.backend.cancels == []


def test_an_accepted_start_without_an_id_is_told_by_the_undo() -> None:
    scene = Scene(steady("running"))
    with pytest.raises(ContractBreach):
        attempt(scene, started({"success": True}))
    (error,) = scene.operations.undo.run()
    assert "look for it by hand" in error


def test_a_refused_start_leaves_nothing_to_put_back() -> None:
    scene = Scene(steady("running"))
    refusal = attempt(scene, started({"detail": "all busy"}, 503))
    assert isinstance(refusal, Refusal)
    assert refusal.message == "all busy"
    assert scene.operations.undo.run() == []
    assert (scene.backend.cancels, scene.operations.started) == ([], [])


@pytest.mark.parametrize("end", ["completed", "failed", "cancelled"])
def test_an_operation_that_has_ended_is_left_alone_by_its_undo(end: str) -> None:
    scene = Scene(steady(end))
    attempt(scene, started({"task_id": OPERATION_ID}))
    assert scene.operations.undo.run() == []
    assert scene.backend.cancels == []


def test_an_operation_that_does_not_end_is_told_by_its_undo() -> None:
    scene = Scene(steady("running"))
    scene.backend.cancel_to = "running"
    attempt(scene, started({"task_id": OPERATION_ID}))
    (error,) = scene.operations.undo.run()
    assert error.startswith(
        f"could not end the smoke training: expected operation {OPERATION_ID} to end after its cancel"
    )
    assert scene.clock.now() - 1000.0 == pytest.approx(15)


def test_a_refused_cancel_is_forgiven_only_if_the_operation_ends() -> None:
    scene = Scene(flips(3.0, ("running", 90.0), COMPLETED))
    scene.backend.cancel_to = None
    attempt(scene, started({"task_id": OPERATION_ID}))
    assert scene.operations.undo.run() == []
    scene = Scene(steady("running"))
    scene.backend.cancel_to = None
    attempt(scene, started({"task_id": OPERATION_ID}))
    (error,) = scene.operations.undo.run()
    assert "although its cancel was refused (HTTP 400: cannot be cancelled)" in error


def test_an_undo_goes_on_when_the_run_is_to_stop() -> None:
    scene = Scene(steady("running"))
    attempt(scene, started({"task_id": OPERATION_ID}))
    scene.backend.cancel_to = "running"
    scene.clock.stop_reason = "SIGTERM"
    scene.clock.events.append((1002.0, lambda: setattr(scene.backend, "script", steady("cancelled"))))
    assert scene.operations.undo.run() == []
    assert scene.clock.now() - 1000.0 == pytest.approx(2.0)


def test_a_cancel_takes_down_how_far_the_operation_was() -> None:
    scene = Scene(steady("running", 62.5))
    operation = scene.operation(percentage_at_cancel=0)
    scene.operations.cancel(operation)
    assert operation.percentage_at_cancel == 62.5
    assert scene.backend.cancels == [OPERATION_ID]


def test_a_cancel_that_is_refused_is_a_breach() -> None:
    scene = Scene(steady("running"))
    scene.backend.cancel_to = None
    with pytest.raises(ContractBreach, match="cannot be cancelled"):
        scene.operations.cancel(scene.operation())


def test_a_cancel_that_must_be_refused_fails_when_it_is_accepted() -> None:
    scene = Scene(steady("completed"))
    with pytest.raises(AssertionError, match=f"accepted the cancel of {OPERATION_ID}"):
        scene.operations.refusal_of_cancel(scene.operation())
    scene.backend.cancel_to = None
    assert scene.operations.refusal_of_cancel(scene.operation()).status == 400
