from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from ktrdr_acceptance.api.errors import Refusal
from ktrdr_acceptance.api.http import Answer
from ktrdr_acceptance.api.models import ContractBreach
from ktrdr_acceptance.api.worker import Worker
from ktrdr_acceptance.faults import Category, ConfigurationFault, EnvironmentFault, category_of
from ktrdr_acceptance.operations.lifecycle import Status
from ktrdr_acceptance.operations.operation import Kind, Operation
from ktrdr_acceptance.operations.operations import Operations
from ktrdr_acceptance.operations.waiting import WaitFailed

from .scripted import OPERATION_ID, Scene, Script, ScriptedService, Shown, flips, steady

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


@pytest.mark.parametrize("at_worker", [False, True])
def test_whose_copy_stopped_being_cancelled_is_told_whole(at_worker: bool) -> None:
    scene = Scene(steady("cancelled"), flips(0.1, CANCELLED, COMPLETED))
    with pytest.raises(WaitFailed) as caught:
        scene.operations.stays_cancelled(scene.operation(at_worker=at_worker))
    spoken = "it had acknowledged the cancel" if at_worker else "the backend still says cancelled"
    cancelled, completed = "cancelled, 50.0 %, Epoch 5/10", "completed, 100.0 %, Epoch 5/10"
    beside = "" if at_worker else f"backend: {cancelled} | "
    assert str(caught.value).splitlines() == [
        f"expected operation {OPERATION_ID} to stay cancelled at the backend and at its worker throughout "
        f"6.0 s, but after 0.10 s worker training-worker-1 (http://training-worker-1:1) shows {completed} "
        f"while {spoken}: the cancel did not stop the work. Look at what the worker's cancel route stops "
        "besides its own record of the operation",
        "seen:",
        f"     0.00 s  {beside}training-worker-1: {cancelled}",
        f"     0.10 s  {beside}training-worker-1: {completed}",
    ]


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
    with pytest.raises(WaitFailed, match=r"one of the workers to know training .*within 5 s"):
        scene.operations.stays_cancelled(scene.operation())


@pytest.mark.parametrize(
    ("after", "said"),
    [
        (("cancelled", 53.0), "53.00 %, epoch 5, 500 items"),
        (("cancelled", 50.04), "50.04 %, epoch 5, 500 items"),
        (("cancelled", 50.0, 6, 500), "50.00 %, epoch 6, 500 items"),
        (("cancelled", 50.0, 5, 501), "50.00 %, epoch 5, 501 items"),
        (("cancelled", 53.0, 6, 560), "53.00 %, epoch 6, 560 items"),
    ],
    ids=["percentage", "a-hair", "epoch", "items", "all"],
)
@pytest.mark.parametrize("copy", ["backend", "training-worker-1"])
def test_progress_that_moves_after_the_cancel_is_told(copy: str, after: Shown, said: str) -> None:
    moving = flips(1.0, ("cancelled", 50.0), after)
    scripts = [moving, steady("cancelled")]
    scene = Scene(*(scripts if copy == "backend" else reversed(scripts)))
    operation = scene.operation()
    scene.operations.stays_cancelled(operation)
    assert scene.operations.moves_since_cancelled(operation) == [
        f"{copy}: 50.00 %, epoch 5, 500 items -> {said}"
    ]


def test_progress_that_moves_and_comes_back_is_told() -> None:
    def there_and_back(at: float) -> Shown:
        return ("cancelled", 50.0, 5, 510) if 1 <= at < 2 else ("cancelled", 50.0)

    scene = Scene(steady("cancelled"), there_and_back)
    operation = scene.operation()
    scene.operations.stays_cancelled(operation)
    (move,) = scene.operations.moves_since_cancelled(operation)
    assert move.startswith("training-worker-1: ")


@pytest.mark.parametrize(
    ("moves", "said"),
    [
        (4, [50, 51, 52, 53, 54]),
        (5, [50, 51, "...", 54, 55]),
        (9, [50, 51, "...", 58, 59]),
    ],
)
def test_many_moves_are_told_by_the_first_and_the_last(moves: int, said: list[int | str]) -> None:
    scene = Scene(steady("cancelled"), lambda at: ("cancelled", 50.0 + min(at // 0.5, moves)))
    operation = scene.operation()
    scene.operations.stays_cancelled(operation)
    places = [one if one == "..." else f"{one}.00 %, epoch 5, 500 items" for one in said]
    assert scene.operations.moves_since_cancelled(operation) == [f"training-worker-1: {' -> '.join(places)}"]


def test_progress_that_stood_still_is_no_move() -> None:
    scene = Scene(steady("cancelled"))
    operation = scene.operation()
    scene.operations.stays_cancelled(operation)
    assert scene.operations.moves_since_cancelled(operation) == []


def test_a_copy_that_nobody_looked_at_has_not_stood_still() -> None:
    scene = Scene(steady("cancelled"))
    operation = scene.operation()
    operation.cancel_seen_at = 0.0
    assert scene.operations.moves_since_cancelled(operation) == [
        "backend: never looked at",
        "training-worker-1: never looked at",
    ]


def test_standing_still_can_not_be_asked_of_an_operation_that_was_not_seen_cancelled() -> None:
    scene = Scene(steady("running"))
    with pytest.raises(LookupError, match=r"^the operation has not been seen as cancelled$"):
        scene.operations.moves_since_cancelled(scene.operation())


# whose copy it is


@pytest.mark.parametrize("copy", ["backend", "training-worker-1"])
def test_another_operation_s_copy_is_no_copy(copy: str) -> None:
    scene = Scene(steady("running"))
    operation = scene.operation()
    scene.operations.worker_of(operation)
    service = scene.backend if copy == "backend" else scene.worker
    service.changes = {"operation_id": "op_9"}
    with pytest.raises(ContractBreach, match=f"{copy} answered the lookup of {OPERATION_ID} with op_9"):
        scene.operations.look(operation, None if copy == "backend" else operation.worker)
    assert scene.operations.recorder.histories == {}


def test_a_worker_with_another_operation_s_copy_is_not_its_worker() -> None:
    scene = Scene(steady("running"))
    scene.worker.changes = {"operation_id": "op_9"}
    with pytest.raises(ContractBreach, match=f"training-worker-1 answered the lookup of {OPERATION_ID}"):
        scene.operations.worker_of(scene.operation())


def test_its_worker_is_found_beside_one_that_is_gone() -> None:
    scene = Scene(steady("running"))
    gone = ScriptedService("training-worker-0", scene.clock, steady("running"))
    gone.is_gone = True
    scene.workers.insert(0, gone)
    assert scene.operations.worker_of(scene.operation()).name == "training-worker-1"


def test_a_worker_that_is_gone_may_be_the_one_that_nobody_else_is() -> None:
    scene = Scene(steady("running"))
    gone = ScriptedService("training-worker-0", scene.clock, steady("running"))
    gone.is_gone = True
    scene.workers.insert(0, gone)
    scene.worker.knows = False
    with pytest.raises(EnvironmentFault, match=r"training-worker-0 at .* gave no answer") as caught:
        scene.operations.worker_of(scene.operation())
    assert f"expected one of the workers to know training {OPERATION_ID}" in str(caught.value)


# waiting for a status


def test_a_status_is_awaited_at_the_backend_s_cadence() -> None:
    scene = Scene(flips(2.2, ("running", 10.0), COMPLETED), cache_ttl=1.0)
    body = scene.operations.eventually(scene.operation(), Status.COMPLETED, within=60)
    assert body.status == Status.COMPLETED
    assert scene.backend.asked == pytest.approx([0, 1.005, 2.01, 3.015])
    assert len(scene.operations.recorder.history(OPERATION_ID, "backend").observations) == 4
    assert [status for _, status in scene.looks] == ["running"] * 3 + ["completed"]


WAITS_IN_VAIN: dict[str, tuple[Callable[[Operations, Operation], object], Script, str]] = {
    "eventually": (
        lambda operations, it: operations.eventually(it, Status.COMPLETED, within=3),
        steady("running"),
        f"training {OPERATION_ID} to be completed at the backend within 3 s",
    ),
    "is_known": (
        lambda operations, it: operations.is_known(it, 3),
        steady("cancelled"),
        f"operation {OPERATION_ID} to be known and not ended within 3 s",
    ),
    "goes_on": (
        lambda operations, it: operations.goes_on(it, 3),
        steady("running"),
        f"training {OPERATION_ID} to go on from running, 50.0 %, Epoch 5/10 within 3 s",
    ),
    "ends_at_worker": (
        lambda operations, it: operations.ends_at_worker(it),
        steady("running"),
        f"training {OPERATION_ID} to end at worker training-worker-1 within 120 s",
    ),
    "look_until_worker_ends": (
        lambda operations, it: operations.look_until_worker_ends(it),
        steady("running"),
        f"training {OPERATION_ID} to end at worker training-worker-1 within 120 s",
    ),
    "ahead_of_worker": (
        lambda operations, it: operations.ahead_of_worker(it),
        steady("running"),
        f"training {OPERATION_ID} to end within 120 s",
    ),
}


@pytest.mark.parametrize(("wait", "shown", "wanted"), WAITS_IN_VAIN.values(), ids=WAITS_IN_VAIN)
def test_a_wait_in_vain_says_in_words_what_was_awaited_and_what_was_shown(
    wait: Callable[[Operations, Operation], object], shown: Script, wanted: str
) -> None:
    scene = Scene(shown)
    with pytest.raises(WaitFailed) as caught:
        wait(scene.operations, scene.operation())
    last = f"{shown(0)[0]}, 50.0 %, Epoch 5/10"
    assert str(caught.value).splitlines()[0] == (
        f"expected {wanted}, but the deadline passed; the last value was {last}"
    )


@pytest.mark.parametrize("name", ["eventually", "is_known", "ahead_of_worker"])
def test_a_backend_with_a_cache_is_not_asked_for_what_it_would_only_repeat(name: str) -> None:
    wait, shown, _ = WAITS_IN_VAIN[name]
    scene = Scene(shown, cache_ttl=1.0)
    with pytest.raises(WaitFailed):
        wait(scene.operations, scene.operation())
    assert scene.backend.asked[:3] == pytest.approx([0, 1.005, 2.01])


def test_what_should_be_shown_throughout_and_is_not_is_told_at_the_backend_s_cadence() -> None:
    scene = Scene(flips(1.5, ("running", 10.0), COMPLETED), cache_ttl=1.0)
    with pytest.raises(WaitFailed) as caught:
        scene.operations.stays(scene.operation(), Status.RUNNING, 3)
    assert scene.backend.asked == pytest.approx([0, 1.005, 2.01])
    assert str(caught.value).splitlines() == [
        f"expected training {OPERATION_ID} to be shown as running throughout 3.0 s, but after 2.01 s "
        "it is shown as completed, 100.0 %, Epoch 5/10",
        "seen:",
        "     0.00 s  running, 10.0 %, Epoch 5/10",
        "     2.01 s  completed, 100.0 %, Epoch 5/10",
    ]


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


@pytest.mark.parametrize(
    "reason",
    [
        "No data found for EURUSD 1d",
        "Data not found: EURUSD",
        "data/EURUSD_1h.csv not found",
        "Failed: NO DATA FOUND IN CACHE",
    ],
)
@pytest.mark.parametrize("copy", ["backend", "training-worker-1"])
def test_a_training_without_bars_is_a_matter_of_configuration(copy: str, reason: str) -> None:
    scene = Scene(steady("failed"))
    (scene.backend if copy == "backend" else scene.worker).changes = {"error_message": reason}
    with pytest.raises(ConfigurationFault) as caught:
        scene.operations.eventually(scene.operation(), Status.COMPLETED, within=60)
    text = str(caught.value)
    assert f"it has ended as failed ({reason})" in text
    assert "`ktrdr-acceptance testdata write DIR`" in text
    assert "seen:" in text
    assert category_of(caught.value) == Category.CONFIGURATION


@pytest.mark.parametrize("reason", ["CUDA out of memory", "strategy broke", "", None])
@pytest.mark.parametrize("copy", ["backend", "training-worker-1"])
def test_a_training_that_failed_for_anything_else_is_not(copy: str, reason: str | None) -> None:
    scene = Scene(steady("failed"))
    (scene.backend if copy == "backend" else scene.worker).changes = {"error_message": reason}
    with pytest.raises(WaitFailed) as caught:
        scene.operations.eventually(scene.operation(), Status.COMPLETED, within=60)
    assert category_of(caught.value) == Category.CODE_BUG
    assert f"it has ended as failed{f' ({reason})' if reason else ''} and will not change" in str(
        caught.value
    )


def test_the_backend_s_reason_comes_before_the_worker_s() -> None:
    scene = Scene(steady("failed"))
    scene.backend.changes = {"error_message": "out of memory"}
    scene.worker.changes = {"error_message": "no data found"}
    with pytest.raises(WaitFailed, match="out of memory"):
        scene.operations.eventually(scene.operation(), Status.COMPLETED, within=60)
    assert scene.worker.asked == []


@pytest.mark.parametrize("gone", ["is_gone", "knows", "changes"])
def test_a_worker_that_cannot_say_why_it_failed_keeps_the_failure(gone: str) -> None:
    scene = Scene(steady("failed"))
    setattr(scene.worker, gone, {"is_gone": True, "knows": False, "changes": {"status": "lost"}}[gone])
    with pytest.raises(WaitFailed, match="it has ended as failed and will not change any more"):
        scene.operations.eventually(scene.operation(), Status.COMPLETED, within=60)


def test_a_failure_that_is_awaited_needs_no_reason() -> None:
    scene = Scene(steady("failed"))
    scene.backend.changes = {"error_message": "no data found"}
    assert scene.operations.eventually(scene.operation(), Status.FAILED, within=60).status == Status.FAILED


AT_THE_END = {"percentage": 100.0, "items_processed": 0}
CONTRADICTIONS = [
    (Status.COMPLETED, {"error_message": "out of memory"}, "completed, but states the error 'out of memory'"),
    (Status.FAILED, {"result_summary": {"a": 1}}, "failed, but has a result"),
    (Status.CANCELLED, {"result_summary": {"a": 1}}, "cancelled, but has a result"),
    (Status.CANCELLED, {"progress": AT_THE_END}, "cancelled, but at 100 %, as if it had been done"),
]


@pytest.mark.parametrize(("status", "changes", "said"), CONTRADICTIONS, ids=str)
def test_an_end_that_contradicts_itself_is_told(
    status: Status, changes: dict[str, object], said: str
) -> None:
    scene = Scene(steady(status))
    scene.backend.changes = changes
    with pytest.raises(AssertionError) as caught:
        scene.operations.eventually(scene.operation(), status, within=60)
    assert str(caught.value) == f"operation {OPERATION_ID} is {said}"
    assert category_of(caught.value) == Category.CODE_BUG


@pytest.mark.parametrize(
    ("status", "changes"),
    [
        (Status.COMPLETED, {"result_summary": {"a": 1}, "error_message": None}),
        (Status.COMPLETED, {"error_message": ""}),
        (Status.FAILED, {"error_message": "out of memory", "result_summary": None}),
        (Status.FAILED, {"result_summary": {}}),
        (Status.CANCELLED, {"error_message": "cancelled by user"}),
        (Status.RUNNING, {"result_summary": {"a": 1}, "error_message": "tried again"}),
    ],
    ids=str,
)
def test_an_end_that_fits_is_none_of_these(status: Status, changes: dict[str, object]) -> None:
    scene = Scene(steady(status))
    scene.backend.changes = changes
    assert scene.operations.eventually(scene.operation(), status, within=60).status == status


# starting, and putting back


def attempt(scene: Scene, answer: Answer | Exception) -> Operation | Refusal:
    def ask() -> Answer:
        assert not scene.operations.undo.is_empty, "the undo was not registered before acting"
        if isinstance(answer, Exception):
            raise answer
        return answer

    def planned(operation_id: str, asked_at: float) -> Operation:
        return replace(scene.operation(), id=operation_id, started_at=asked_at)

    return scene.operations.attempt(planned, "smoke training", ask)


def started(body: object, status: int = 200) -> Answer:
    return Answer("backend", "POST /api/v1/trainings/start", status, body, 0.0)


def test_the_undo_is_registered_before_the_start_is_asked_for() -> None:
    scene = Scene(steady("running"))
    operation = attempt(scene, started({"task_id": OPERATION_ID}))
    assert isinstance(operation, Operation)
    assert operation.id == OPERATION_ID
    assert scene.operations.started == [operation]
    assert scene.operations.ours == {OPERATION_ID}
    assert scene.operations.undo.run() == []
    assert scene.backend.cancels == [OPERATION_ID]


@pytest.mark.parametrize(("answer", "took"), [(True, 2.5), (False, 0.0)], ids=["HTTP", "command line"])
def test_how_long_a_start_took_to_be_answered_is_kept(answer: bool, took: float) -> None:
    scene = Scene(steady("running"))
    said = Answer("backend", "POST /x", 200, {"task_id": OPERATION_ID}, 2.5) if answer else OPERATION_ID
    operation = scene.operations.attempt(lambda _id, _at: scene.operation(), "training", lambda: said)
    assert isinstance(operation, Operation)
    assert operation.start_took_s == took


def test_an_id_that_was_given_before_is_a_breach_and_ended_all_the_same() -> None:
    scene = Scene(steady("running"))
    attempt(scene, started({"task_id": OPERATION_ID}))
    with pytest.raises(
        ContractBreach, match=f"smoke training was answered with an earlier id: {OPERATION_ID}"
    ):
        attempt(scene, started({"task_id": OPERATION_ID}))
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
    assert scene.operations.ours == set()


@pytest.mark.parametrize("end", ["completed", "failed", "cancelled"])
def test_an_operation_that_has_ended_is_left_alone_by_its_undo(end: str) -> None:
    scene = Scene(steady(end))
    attempt(scene, started({"task_id": OPERATION_ID}))
    assert scene.operations.undo.run() == []
    assert scene.backend.cancels == []


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"operation_id": "op_9"}, "answered the lookup of .* with op_9"),
        ({"status": "trudging"}, "but its status"),
        ({"progress": None}, "but its progress"),
    ],
    ids=["id", "status", "progress"],
)
def test_a_lookup_that_cannot_be_read_leaves_nothing_running_and_is_told(
    changes: dict[str, object], said: str
) -> None:
    scene = Scene(steady("running"))
    attempt(scene, started({"task_id": OPERATION_ID}))
    scene.backend.changes = changes
    (error,) = scene.operations.undo.run()
    assert re.search(f"could not end the smoke training: .*{said}", error)
    assert scene.backend.cancels == [OPERATION_ID]


def test_a_lookup_without_an_answer_leaves_nothing_running_and_is_told() -> None:
    scene = Scene(steady("running"))
    attempt(scene, started({"task_id": OPERATION_ID}))
    scene.backend.is_gone = True
    (error,) = scene.operations.undo.run()
    assert error.startswith("could not end the smoke training: backend at http://backend:1 gave no answer")
    assert scene.backend.cancels == [OPERATION_ID]


def test_an_operation_that_does_not_end_is_told_by_its_undo() -> None:
    scene = Scene(steady("running"))
    scene.backend.cancel_to = "running"
    attempt(scene, started({"task_id": OPERATION_ID}))
    (error,) = scene.operations.undo.run()
    assert error.startswith(
        f"could not end the smoke training: expected operation {OPERATION_ID} to end after its cancel "
        "within 15 s, but the deadline passed; the last value was running, 50.0 %, Epoch 5/10\n"
    )
    assert scene.clock.now() - 1000.0 == pytest.approx(15)


def test_an_undo_waits_at_the_backend_s_cadence() -> None:
    scene = Scene(steady("running"), cache_ttl=1.0)
    scene.backend.cancel_to = "running"
    scene.clock.events.append((1001.5, lambda: setattr(scene.backend, "script", steady("completed"))))
    attempt(scene, started({"task_id": OPERATION_ID}))
    assert scene.operations.undo.run() == []
    # The look that finds it running, those of the wait, and the last whether its worker must be stopped too.
    assert scene.backend.asked == pytest.approx([0, 0, 1.005, 2.01, 2.01])


def test_an_undo_cancels_although_nobody_says_who_works_on_it() -> None:
    def workers_unknown(_kind: Kind) -> list[Worker]:
        raise EnvironmentFault("the list of workers gave no answer")

    scene = Scene(steady("running"))
    scene.operations.workers = workers_unknown
    attempt(scene, started({"task_id": OPERATION_ID}))
    assert scene.operations.undo.run() == [
        "could not end the smoke training: the list of workers gave no answer"
    ]
    assert scene.backend.cancels == [OPERATION_ID]


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


@pytest.mark.parametrize("end", ["cancelled", "failed"])
def test_a_worker_that_works_on_is_stopped_by_the_undo(end: str) -> None:
    scene = Scene(steady(end), steady("running"))
    attempt(scene, started({"task_id": OPERATION_ID}))
    assert scene.operations.undo.run() == []
    assert (scene.backend.cancels, scene.worker.cancels) == ([], [OPERATION_ID])


def test_a_worker_that_cannot_be_stopped_is_told_by_the_undo() -> None:
    scene = Scene(steady("cancelled"), steady("running"))
    scene.worker.cancel_to = "running"
    attempt(scene, started({"task_id": OPERATION_ID}))
    (error,) = scene.operations.undo.run()
    assert "to end at worker training-worker-1, which worked on although it had ended" in error


def test_a_worker_is_not_looked_for_when_all_went_well() -> None:
    scene = Scene(steady("completed"), steady("running"))
    attempt(scene, started({"task_id": OPERATION_ID}))
    assert scene.operations.undo.run() == []
    assert (scene.worker.asked, scene.worker.cancels) == ([], [])


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


@pytest.mark.parametrize(
    ("acknowledgement", "named"),
    [
        ({}, "operation_id"),
        ({"operation_id": OPERATION_ID}, "status"),
        ({"status": "cancelled"}, "operation_id"),
        ({"operation_id": OPERATION_ID, "status": "stopping"}, "status"),
        (None, "body"),
        ("cancelled", "body"),
    ],
)
def test_a_cancel_without_an_acknowledgement_is_a_breach(acknowledgement: object, named: str) -> None:
    scene = Scene(steady("running"))
    scene.backend.acknowledges = acknowledgement
    with pytest.raises(ContractBreach, match=f"DELETE .*, but its {named}: "):
        scene.operations.cancel(scene.operation())


@pytest.mark.parametrize("status", ["running", "pending", "completed", "failed"])
def test_a_cancel_acknowledged_as_anything_else_is_refused(status: str) -> None:
    scene = Scene(steady("running"))
    scene.backend.acknowledges = {"operation_id": OPERATION_ID, "status": status}
    with pytest.raises(AssertionError, match=f"the cancel of {OPERATION_ID} with the status {status}"):
        scene.operations.cancel(scene.operation())


def test_a_cancel_acknowledged_for_another_operation_is_refused() -> None:
    scene = Scene(steady("running"))
    scene.backend.acknowledges = {"operation_id": "op_9", "status": "cancelled"}
    with pytest.raises(AssertionError, match=f"answered the cancel of {OPERATION_ID} with .*op_9"):
        scene.operations.cancel(scene.operation())


def test_a_cancel_that_must_be_refused_fails_when_it_is_accepted() -> None:
    scene = Scene(steady("completed"))
    with pytest.raises(AssertionError, match=f"accepted the cancel of {OPERATION_ID}"):
        scene.operations.refusal_of_cancel(scene.operation())
    scene.backend.cancel_to = None
    assert scene.operations.refusal_of_cancel(scene.operation()).status == 400
    assert scene.backend.reasons == ["", ""]
