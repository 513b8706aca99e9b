"""Operations asked for at a worker, those that the backend does itself, retries, results, looks at copies."""

from __future__ import annotations

import itertools
import threading
from types import SimpleNamespace
from typing import Any

import pytest

from ktrdr_acceptance.api.http import Answer
from ktrdr_acceptance.api.models import ContractBreach
from ktrdr_acceptance.api.worker import Worker
from ktrdr_acceptance.faults import EnvironmentFault
from ktrdr_acceptance.operations.lifecycle import Status
from ktrdr_acceptance.operations.operation import Kind, Operation
from ktrdr_acceptance.operations.waiting import WaitFailed

from .scripted import OPERATION_ID, START, Scene, flips, steady
from .scripted_world import ID, ScriptedWorld, body_of, scripted_world

COMPLETED = ("completed", 100.0)
W = "training-worker-1"


# where an operation was asked for


def test_an_operation_asked_for_at_a_worker_is_looked_at_and_cancelled_there_alone() -> None:
    scene = Scene(steady("running"), flips(2.0, ("running", 10.0), COMPLETED), cache_ttl=1.0)
    operation = scene.operation(at_worker=True)
    scene.operations.eventually(operation, Status.COMPLETED, within=60)
    assert scene.clock.now() - 1000.0 == pytest.approx(2.0), "a worker has no cache to wait for"
    scene.operations.cancel(scene.operation(at_worker=True))
    assert scene.worker.cancels == [OPERATION_ID]
    assert (scene.backend.asked, scene.backend.cancels) == ([], [])
    assert [one.status for one in scene.operations.history(operation).observations][-1] == Status.COMPLETED


def test_a_cancelled_one_is_watched_there_alone() -> None:
    scene = Scene(steady("running"), flips(3.0, ("cancelled", 50.0), COMPLETED))
    operation = scene.operation(at_worker=True)
    with pytest.raises(WaitFailed, match=r"worker training-worker-1 .* shows completed"):
        scene.operations.stays_cancelled(operation)
    scene = Scene(steady("running"), steady("cancelled"))
    operation = scene.operation(at_worker=True)
    scene.operations.stays_cancelled(operation)
    assert scene.operations.moves_since_cancelled(operation) == []
    assert scene.backend.asked == []


def test_a_failed_wait_names_the_worker_that_was_asked() -> None:
    scene = Scene(steady("running"), steady("running"))
    with pytest.raises(WaitFailed, match=f"{OPERATION_ID} to be completed at worker training-worker-1"):
        scene.operations.eventually(scene.operation(at_worker=True), Status.COMPLETED, within=1)


def test_an_undo_ends_it_at_its_worker() -> None:
    world = scripted_world()
    world.script("POST /training/start", (200, {"session_id": ID, "operation_id": ID}), "training-host")
    world.script(f"DELETE /api/v1/operations/{ID}/cancel", (200, {}), "training-host")
    shown = [(200, {"data": body_of(status, 50.0)}) for status in ("running", "running", "cancelled")]
    world.script(f"GET /api/v1/operations/{ID}", list(shown), "training-host")
    training = world.trainings.start_at(world.hosts.training_host, "smoke")
    assert training.home is world.hosts.training_host
    assert world.operations.worker_of(training) is training.home
    assert world.undo.run() == []
    assert f"DELETE /api/v1/operations/{ID}/cancel" in world.net.requests("training-host")
    assert world.net.requests("backend") == []
    (asked, *_) = world.net.asked
    assert "strategy_yaml" in asked.body
    assert "strategy_name" not in asked.body


@pytest.mark.parametrize("status", ["completed", "failed", "cancelled"])
def test_what_a_download_shows_is_the_backend_s_alone(status: str) -> None:
    scene = Scene(steady(status), kind=Kind.DOWNLOAD)
    operation = scene.operation()
    assert scene.operations.copies_of(operation) == [None]
    assert scene.operations.at_worker(operation).status == status
    assert scene.worker.asked == []


@pytest.mark.parametrize("kind", [Kind.TRAINING, Kind.BACKTEST])
def test_a_backend_that_works_itself_has_the_only_copy(kind: Kind) -> None:
    scene = Scene(steady("cancelled"), kind=kind)
    scene.operations.backend_works = True
    operation = scene.operation()
    assert scene.operations.copies_of(operation) == [None]
    scene.operations.stays_cancelled(operation)
    assert scene.worker.asked == []


def test_a_backtest_is_not_looked_for_at_training_workers() -> None:
    scene = Scene(steady("running"), kind=Kind.TRAINING)
    scene.kind = Kind.BACKTEST
    with pytest.raises(WaitFailed, match=f"one of the workers to know backtest {OPERATION_ID}"):
        scene.operations.worker_of(scene.operation())
    assert scene.worker.asked == []


# its end at the worker


def test_an_end_at_the_worker_is_awaited_without_a_look_at_the_backend() -> None:
    scene = Scene(steady("running"), flips(3.0, ("running", 40.0), COMPLETED))
    assert scene.operations.ends_at_worker(scene.operation()).status == Status.COMPLETED
    assert scene.backend.asked == []
    assert scene.clock.now() - 1000.0 == pytest.approx(3.0)


def test_work_that_does_not_end_at_the_worker_is_given_up_by_its_deadline() -> None:
    scene = Scene(steady("running"))
    with pytest.raises(WaitFailed, match=r"to end at worker training-worker-1 within 120 s") as caught:
        scene.operations.ends_at_worker(scene.operation())
    assert "running, 50.0 %" in str(caught.value)


# looks at once, and who is ahead


def clients_see(world: ScriptedWorld, *shown: dict[str, Any], ttl: float = 5.0) -> list[str]:
    operation = world.speaks_of()
    world.operations.cache_ttl = ttl
    world.script(f"GET /operations/{ID}", [(200, {"data": one}) for one in shown])
    return world.operations.looks_at_once(operation, 3)


FIRST, NEWS = body_of("running", 10.0), body_of("running", 20.0)


def test_clients_look_as_soon_as_there_is_something_new() -> None:
    world = scripted_world()
    assert clients_see(world, FIRST, FIRST, FIRST, NEWS) == ["running, 20.00 %, epoch 0, 0 items"] * 4
    assert len(world.net.asked) == 4 + 3
    assert world.clock.now() - START == pytest.approx(2 * 0.005)


def test_the_clients_look_all_at_the_same_moment() -> None:
    together, looks = threading.Barrier(40, timeout=5), itertools.count()

    def shown(_body: Any, _query: Any) -> tuple[int, Any]:
        number = next(looks)
        if number >= 2:
            together.wait()
        return 200, {"data": NEWS if number else FIRST}

    world = scripted_world()
    operation = world.speaks_of()
    world.operations.cache_ttl = 10.0
    world.script(f"GET /operations/{ID}", shown)
    assert len(world.operations.looks_at_once(operation, 40)) == 1 + 40


@pytest.mark.parametrize(
    "other",
    [
        body_of("running", 20.01),
        body_of("running", 20.0, items=1),
        body_of("running", 20.0, step="Epoch 1/10"),
        body_of("completed", 20.0),
    ],
    ids=["percentage", "items", "epoch", "status"],
)
def test_one_that_sees_anything_else_is_told(other: dict[str, Any]) -> None:
    assert len(set(clients_see(scripted_world(), FIRST, NEWS, NEWS, other, NEWS))) == 2


def test_one_that_sees_another_operation_is_a_breach() -> None:
    with pytest.raises(ContractBreach, match=r"^backend answered the lookup of op_1 with op_9"):
        clients_see(scripted_world(), FIRST, NEWS, NEWS, {**NEWS, "operation_id": "op_9"}, NEWS)


def test_the_period_may_have_begun_right_after_the_look_before(monkeypatch: pytest.MonkeyPatch) -> None:
    moments = iter([0.0, 10.0, 10.01, 10.02, 10.03])
    clock = SimpleNamespace(monotonic=lambda: next(moments))
    monkeypatch.setattr("ktrdr_acceptance.operations.copies.time", clock)
    later = body_of("running", 30.0)
    seen = clients_see(scripted_world(), FIRST, *[NEWS] * 4, *[later] * 4, ttl=1.0)
    assert seen == ["running, 30.00 %, epoch 0, 0 items"] * 4, "the first news may be 10 s old"


def test_an_operation_that_has_ended_shows_the_same_for_ever() -> None:
    done = body_of("completed", 100.0)
    assert set(clients_see(scripted_world(), done, ttl=0.0)) == {"completed, 100.00 %, epoch 0, 0 items"}
    assert len(set(clients_see(scripted_world(), done, done, FIRST, done, ttl=0.0))) == 2


@pytest.mark.parametrize("ttl", [5.0, 0.0], ids=["never-new", "no-time"])
def test_looks_that_are_never_at_one_moment_prove_nothing(ttl: float) -> None:
    shown = [FIRST] if ttl else [body_of("running", number / 100) for number in range(9000)]
    with pytest.raises(WaitFailed) as caught:
        clients_see(scripted_world(), *shown, ttl=ttl)
    assert str(caught.value).splitlines()[0] == (
        f"expected 3 clients to look at training op_1 within the {ttl:g} s for which the backend repeats "
        "itself, once it shows something new within 30 s, but the deadline passed; the last value was "
        "nothing new, or looks that took longer"
    )


def test_the_backend_is_looked_at_first_and_until_the_work_has_ended() -> None:
    scene = Scene(flips(1.0, ("running", 40.0), COMPLETED), flips(1.0, ("running", 39.0), COMPLETED))
    ahead = scene.operations.ahead_of_worker(scene.operation())
    assert len(ahead) == 10
    assert ahead[0] == "backend running, 40.0 %, Epoch 5/10, worker running, 39.0 %, Epoch 5/10"
    assert scene.backend.asked[-1] == pytest.approx(1.0)


def test_a_backend_that_ends_before_its_worker_is_ahead() -> None:
    scene = Scene(flips(1.0, ("running", 40.0), COMPLETED), flips(9.0, ("running", 40.0), COMPLETED))
    (ahead,) = scene.operations.ahead_of_worker(scene.operation())
    assert ahead.startswith("backend completed, 100.0 %")


def test_one_that_sees_what_the_first_look_of_the_moment_did_not_is_told() -> None:
    assert len(set(clients_see(scripted_world(), FIRST, NEWS, FIRST))) == 2


def test_loading_before_the_first_epoch_is_not_ahead_of_it() -> None:
    scene = Scene(
        lambda now: ("running", 60.0, 0, 0) if now < 1 else ("completed", 100.0, 9, 9),
        lambda now: ("running", 5.0, 1, 10) if now < 1 else ("completed", 100.0, 9, 9),
    )
    assert scene.operations.ahead_of_worker(scene.operation()) == []


# retries and results


def retried(reply: tuple[int, Any]) -> tuple[ScriptedWorld, Operation]:
    world = scripted_world()
    operation = world.speaks_of()
    operation.started_at, operation.cancel_seen_at = 1.0, 5.0
    operation.worker = Worker(world.connect(W, f"http://{W}:1"))
    world.script(f"POST /operations/{ID}/retry", reply)
    return world, operation


def test_a_retry_is_a_new_operation_of_the_same_purpose_and_undone_like_any_other() -> None:
    world, operation = retried((200, {"success": True, "data": {"operation_id": "op_2"}}))
    again = world.operations.retry(operation)
    assert (again.id, again.kind, again.purpose) == ("op_2", operation.kind, operation.purpose)
    assert (again.worker, again.cancel_seen_at, again.again_of) == (None, None, ID)
    assert again.started_at > operation.started_at
    assert "op_2" in world.ours
    world.shows("running", 10.0, operation_id="op_2")
    (error,) = world.undo.run()
    assert error.startswith("could not end the retried training: expected operation op_2 to end although")
    assert "DELETE /api/v1/operations/op_2" in world.net.requests()


def test_a_retry_that_runs_under_the_same_id_is_no_retry() -> None:
    world, operation = retried((200, {"operation_id": ID}))
    with pytest.raises(AssertionError, match="the retry of op_1 was answered with the same id"):
        world.operations.retry(operation)


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        ((400, {"detail": "not failed"}), "the retry of training op_1 was refused: HTTP 400: not failed"),
        ((500, {"detail": "x"}), "was refused: HTTP 500"),
        ((200, {"success": True}), "without an operation id"),
    ],
)
def test_a_retry_that_starts_nothing_is_told(reply: tuple[int, Any], said: str) -> None:
    world, operation = retried(reply)
    with pytest.raises(AssertionError, match=said):
        world.operations.retry(operation)


def test_a_retry_that_must_be_refused_fails_when_it_is_accepted_and_is_undone() -> None:
    world, operation = retried((200, {"operation_id": "op_2"}))
    world.shows("running", 10.0, operation_id="op_2")
    with pytest.raises(AssertionError, match="the retry of op_1 was accepted as op_2 instead of"):
        world.operations.refusal_of_retry(operation)
    world.undo.run()
    assert "DELETE /api/v1/operations/op_2" in world.net.requests()


def test_the_refusal_of_a_retry_is_returned() -> None:
    world, operation = retried((400, {"detail": "not failed"}))
    assert world.operations.refusal_of_retry(operation).message == "not failed"
    assert world.undo.run() == []


def test_results_that_must_be_refused_fail_when_they_are_given() -> None:
    world = scripted_world()
    operation = world.speaks_of()
    world.script(f"GET /operations/{ID}/results", (200, {"results": {}}))
    with pytest.raises(AssertionError, match="backend accepted a read of the results of op_1"):
        world.operations.refusal_of_results(operation)
    world.script(f"GET /operations/{ID}/results", (400, {"detail": "still running"}))
    assert world.operations.refusal_of_results(operation).message == "still running"


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        ({"operation_id": "op_9", "status": "completed"}, "('op_9', 'completed')"),
        ({"operation_id": ID, "status": "running"}, f"('{ID}', 'running')"),
        ({"operation_id": ID}, f"('{ID}', None)"),
        ({"status": "completed"}, "(None, 'completed')"),
    ],
    ids=["id", "status", "no-status", "no-id"],
)
def test_results_of_anything_but_what_was_asked_for_are_told(reply: dict[str, Any], said: str) -> None:
    world = scripted_world()
    operation = world.speaks_of()
    world.shows("completed")
    world.script(f"GET /operations/{ID}/results", (200, {**reply, "results": {"a": 1}}))
    with pytest.raises(AssertionError) as caught:
        world.operations.results(operation)
    assert str(caught.value) == f"the results of op_1 were answered with those of {said}"


# the undo sees that the worker stops too


def undone(worker: list[Any] | tuple[int, Any] | Exception) -> tuple[ScriptedWorld, list[str]]:
    """A training ends as cancelled at the backend; its worker answers lookups so."""
    world = scripted_world()
    world.has_workers(W)
    world.script("POST /trainings/start", (200, {"task_id": ID}))
    world.shows("cancelled", 10.0)
    world.script(f"GET /api/v1/operations/{ID}", worker, W)
    world.script(f"DELETE /api/v1/operations/{ID}/cancel", (200, {}), W)
    world.trainings.start("smoke")
    return world, world.undo.run()


RUNNING, CANCELLED = (200, {"data": body_of("running", 10.0)}), (200, {"data": body_of("cancelled", 10.0)})


def test_a_worker_that_works_on_although_the_backend_says_cancelled_is_stopped() -> None:
    world, errors = undone([RUNNING, RUNNING, RUNNING, CANCELLED])
    assert errors == []
    assert f"DELETE /api/v1/operations/{ID}/cancel" in world.net.requests(W)


def test_a_worker_that_cannot_be_stopped_is_told() -> None:
    _, (error,) = undone(RUNNING)
    assert error.startswith("could not end the smoke training: expected operation op_1 to end at worker")
    assert "which worked on although it had ended" in error


@pytest.mark.parametrize("worker", [CANCELLED, (404, {"detail": "x"}), EnvironmentFault("gone")], ids=str)
def test_a_worker_that_does_not_work_on_it_is_left_alone(worker: Any) -> None:
    world, errors = undone(worker)
    assert errors == []
    assert not [request for request in world.net.requests(W) if request.startswith("DELETE")]


def test_a_worker_that_has_forgotten_its_work_does_not_work_on_it() -> None:
    scene = Scene(steady("failed"))
    answer = Answer("backend", "POST /x", 200, {"task_id": OPERATION_ID}, 0.0)
    operation = scene.operations.attempt(lambda _id, _at: scene.operation(), "training", lambda: answer)
    assert isinstance(operation, Operation)
    scene.operations.worker_of(operation)
    scene.worker.knows = False
    assert scene.operations.undo.run() == []
    assert scene.worker.cancels == []


def test_a_reason_goes_with_the_cancel_and_comes_back() -> None:
    scene = Scene(steady("running"))
    scene.backend.acknowledges = {**scene.backend.acknowledges, "cancellation_reason": "no luck"}
    assert scene.operations.cancel(scene.operation(), "no luck").cancellation_reason == "no luck"
    assert scene.operations.cancel(scene.operation(at_worker=True)).cancellation_reason is None
    assert (scene.backend.reasons, scene.worker.reasons) == (["no luck"], [""])


def test_the_reason_of_a_cancel_stands_where_the_service_looks_for_it() -> None:
    world = scripted_world()
    said = {"operation_id": ID, "status": "cancelled", "cancellation_reason": "no luck"}
    world.script(f"DELETE /operations/{ID}", (200, {"success": True, "data": said}))
    world.speaks_of()
    world.shows("running", 50.0)
    world.say('when I cancel it for the reason "no luck"')
    assert world.net.asked[-1].body == {"reason": "no luck"}
    assert world.said.cancel.cancellation_reason == "no luck"
    worker = Worker(world.connect("w", "http://w:1"))
    worker.cancel_answer(ID, "no luck")
    assert (world.net.asked[-1].body, world.net.asked[-1].query) == (None, {"reason": "no luck"})
    worker.cancel_answer(ID)
    world.backend.cancel_answer(ID)
    assert all((one.body, one.query) == (None, None) for one in world.net.asked[-2:])


@pytest.mark.parametrize("at", [2.0, 4.05])
def test_both_copies_are_looked_at_until_the_worker_s_has_ended(at: float) -> None:
    scene = Scene(steady("running"), flips(at, ("running", 90.0), COMPLETED))
    assert scene.operations.look_until_worker_ends(scene.operation()).status == "completed"
    # The first look at the worker finds it.
    assert scene.backend.asked == scene.worker.asked[1:]
    assert scene.backend.asked[-1] == pytest.approx(at, abs=0.1)


def test_a_worker_that_does_not_end_is_not_looked_at_for_ever() -> None:
    scene = Scene(steady("completed"), steady("running"))
    with pytest.raises(WaitFailed, match=f"training {OPERATION_ID} to end at worker training-worker-1"):
        scene.operations.look_until_worker_ends(scene.operation())


@pytest.mark.parametrize(("known_at", "cancelled_at"), [(0.0, 0.0), (1.0, 1.0), (60.0, 2.0)])
def test_an_undo_cancels_once_a_worker_has_the_work_and_after_two_seconds_anyway(
    known_at: float, cancelled_at: float
) -> None:
    scene = Scene(steady("running"))
    scene.worker.knows = known_at == 0
    scene.clock.events.append((1000.0 + known_at, lambda: setattr(scene.worker, "knows", True)))
    at: list[float] = []
    cancel = scene.backend.cancel_answer

    def take_down(operation_id: str, reason: str = "") -> Answer:
        at.append(scene.clock.now() - 1000.0)
        return cancel(operation_id, reason)

    scene.backend.cancel_answer = take_down  # type: ignore[method-assign]
    scene.worker.cancel_to = "cancelled"
    answer = Answer("backend", "POST /x", 200, {"task_id": OPERATION_ID}, 0.0)
    scene.operations.attempt(lambda _id, _at: scene.operation(), "training", lambda: answer)
    assert scene.operations.undo.run() == []
    assert at == pytest.approx([cancelled_at])
    assert scene.worker.cancels == ([OPERATION_ID] if known_at < 60 else [])
