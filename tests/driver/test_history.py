import pytest

from ktrdr_acceptance.api.models import OperationBody
from ktrdr_acceptance.operations.history import History, Observation, Recorder
from ktrdr_acceptance.operations.lifecycle import ACTIVE, TERMINAL, Status, is_allowed
from ktrdr_acceptance.operations.observation import observation

P, R, S = Status.PENDING, Status.RUNNING, Status.RESUMING
DONE, FAILED, CANCELLED = Status.COMPLETED, Status.FAILED, Status.CANCELLED

ALLOWED = {
    *((P, one) for one in (P, R, DONE, FAILED, CANCELLED)),
    *((S, one) for one in (S, R, DONE, FAILED, CANCELLED)),
    *((R, one) for one in (R, DONE, FAILED, CANCELLED)),
    *((one, one) for one in (DONE, FAILED, CANCELLED)),
}


def seen(
    percentage: float = 0.0, status: Status = R, *, in_epochs: bool = False, at: float = 0.0, epoch: int = 0
) -> Observation:
    number = epoch or int(in_epochs)
    step = f"Epoch {number}/10" if number else "Loading"
    return Observation(at, status, percentage, number, int(percentage * 10), step)


def recorded(*observations: Observation) -> Recorder:
    recorder = Recorder()
    for one in observations:
        recorder.see("op_1", "backend", one)
    return recorder


@pytest.mark.parametrize("before", list(Status))
@pytest.mark.parametrize("after", list(Status))
def test_the_lifecycle_knows_these_ways_and_no_other(before: Status, after: Status) -> None:
    allowed = (before, after) in ALLOWED
    assert is_allowed(before, after) is allowed
    violations = recorded(seen(status=before), seen(status=after)).violations
    assert (violations == []) is allowed


def test_ended_and_active_states_are_all_states() -> None:
    assert {DONE, FAILED, CANCELLED} == TERMINAL
    assert {P, R, S} == ACTIVE
    assert [status for status in Status if status.is_terminal] == [DONE, FAILED, CANCELLED]


@pytest.mark.parametrize("ended", [DONE, FAILED, CANCELLED])
@pytest.mark.parametrize("after", [P, R, DONE, FAILED, CANCELLED])
def test_a_violation_of_an_end_names_operation_service_and_both_states(ended: Status, after: Status) -> None:
    if ended == after:
        return
    (violation,) = recorded(seen(status=ended), seen(status=after)).violations
    assert violation == (
        f"operation op_1 at backend went from {ended} to {after}; "
        f"an operation that is {ended} has ended for good"
    )


def test_a_way_back_that_is_not_from_an_end_is_said_otherwise() -> None:
    (violation,) = recorded(seen(status=R), seen(status=P)).violations
    assert violation.endswith("went from running to pending; the lifecycle has no such way")


def test_a_violation_is_noted_once_and_the_history_goes_on_from_it() -> None:
    recorder = recorded(seen(status=DONE), seen(status=R), seen(status=R), seen(status=DONE))
    assert len(recorder.violations) == 1
    assert len(recorder.history("op_1", "backend").observations) == 4


def test_each_service_s_copy_has_a_history_of_its_own() -> None:
    recorder = Recorder()
    recorder.see("op_1", "backend", seen(90, DONE))
    recorder.see("op_1", "worker-1", seen(10, R))
    recorder.see("op_2", "backend", seen(0, P))
    assert recorder.violations == []
    assert set(recorder.histories) == {("op_1", "backend"), ("op_1", "worker-1"), ("op_2", "backend")}


# falls of the progress


def test_a_fall_before_the_first_epoch_is_a_violation() -> None:
    recorder = recorded(seen(4.5), seen(2))
    assert recorder.violations == [
        "operation op_1 at backend fell from 4.5 % to 2.0 % ('Loading' to 'Loading')"
    ]
    assert recorder.drift == {}


def test_a_fall_at_the_first_epoch_is_drift() -> None:
    recorder = recorded(seen(5), seen(0.5, in_epochs=True, epoch=1), seen(6, in_epochs=True, epoch=1))
    assert recorder.violations == []
    assert recorder.drift == {
        "the percentage falls at the first epoch": ["operation op_1 at backend fell from 5.0 % to 0.5 %"]
    }


def test_a_fall_from_the_first_epoch_on_is_a_violation() -> None:
    recorder = recorded(seen(50, in_epochs=True, epoch=5), seen(49.9, in_epochs=True, epoch=5))
    assert len(recorder.violations) == 1
    assert recorder.drift == {}


def test_a_fall_out_of_the_epochs_is_a_violation() -> None:
    assert len(recorded(seen(50, in_epochs=True, epoch=5), seen(20)).violations) == 1


def test_progress_that_rises_or_stands_still_is_neither() -> None:
    recorder = recorded(seen(1), seen(1), seen(5), seen(5, in_epochs=True), seen(100, DONE, in_epochs=True))
    assert (recorder.violations, recorder.drift) == ([], {})


def test_drift_counts_each_case_under_its_kind() -> None:
    recorder = Recorder()
    for operation_id in ("op_1", "op_2"):
        recorder.see(operation_id, "backend", seen(5))
        recorder.see(operation_id, "backend", seen(1, in_epochs=True))
    assert [len(cases) for cases in recorder.drift.values()] == [2]


# what a history tells


HISTORY = History(
    "op_1",
    "backend",
    [
        seen(0, P, at=10.0),
        seen(5, at=10.1),
        seen(5, at=10.2),
        seen(2, at=10.3, in_epochs=True, epoch=1),
        seen(20, at=10.4, in_epochs=True, epoch=2),
        seen(20, at=10.5, in_epochs=True, epoch=2),
        seen(15, at=10.6, in_epochs=True, epoch=1),
    ],
)


def test_percentages_are_distinct_and_in_the_order_of_first_sight() -> None:
    assert HISTORY.percentages() == [0, 5, 2, 20, 15]


@pytest.mark.parametrize(("since", "count"), [(0, 7), (10.4, 3), (10.41, 2), (11, 0)])
def test_since_takes_what_was_seen_at_that_time_or_later(since: float, count: int) -> None:
    assert len(HISTORY.since(since)) == count


def test_falls_are_told_from_the_first_epoch_on() -> None:
    assert [fall.split(" (")[0] for fall in HISTORY.falls(lambda one: one.percentage)] == ["from 20 to 15"]
    assert [fall.split(" (")[0] for fall in HISTORY.falls(lambda one: one.epoch)] == ["from 2 to 1"]
    assert [fall.split(" (")[0] for fall in HISTORY.falls(lambda one: one.items)] == ["from 200 to 150"]
    assert HISTORY.falls(lambda one: one.at) == []


def test_a_fall_to_a_step_after_the_last_epoch_is_told() -> None:
    history = History("op_1", "backend", [seen(98, in_epochs=True, epoch=10), seen(40)])
    assert len(history.falls(lambda one: one.percentage)) == 1


def test_a_fall_at_a_later_epoch_is_no_drift_whatever_stood_between() -> None:
    recorder = recorded(seen(50, in_epochs=True, epoch=5), seen(50), seen(40, in_epochs=True, epoch=6))
    assert (len(recorder.violations), recorder.drift) == (1, {})


def test_a_history_is_told_by_its_changes() -> None:
    lines = HISTORY.lines().splitlines()
    assert len(lines) == 5
    assert lines[0] == "    0.00 s  pending, 0.0 %, Loading"
    assert lines[-1] == "    0.60 s  running, 15.0 %, Epoch 1/10"


@pytest.mark.parametrize("before_the_epochs", [[], [seen(0, P), seen(5)]], ids=["empty", "no-epoch"])
def test_a_history_without_an_epoch_has_not_been_seen_to_rise(before_the_epochs: list[Observation]) -> None:
    history = History("op_1", "backend", before_the_epochs)
    assert history.falls(lambda one: one.percentage) == ["no epoch was ever seen"]


def test_a_look_is_told_without_a_step_where_none_is_named() -> None:
    assert str(Observation(10.0, R, 5.04, 0, 0, "Loading")) == "running, 5.0 %, Loading"
    assert str(Observation(10.0, R, 5.04, 0, 0, "")) == "running, 5.0 %"


def test_an_empty_history_tells_nothing() -> None:
    empty = History("op_1", "backend")
    assert (empty.lines(), empty.percentages(), empty.since(0)) == ("", [], [])


@pytest.mark.parametrize(
    ("step", "epoch"),
    [
        (None, 0),
        ("", 0),
        ("Loading data", 0),
        ("Preparing epoch plan", 0),
        ("Epochs", 0),
        ("Epoch 1/10", 1),
        ("Epoch 10/10 · Batch 3/40", 10),
        ("Saving the model", 0),
    ],
)
def test_an_observation_reads_the_epoch_from_the_step_alone(step: str | None, epoch: int) -> None:
    body = OperationBody.model_validate(
        {
            "operation_id": "op_1",
            "operation_type": "training",
            "status": "running",
            "created_at": "2026-11-22T08:54:28Z",
            "progress": {"percentage": 3, "current_step": step, "steps_completed": 57, "items_processed": 9},
        }
    )
    one = observation(body, 12.5)
    assert (one.at, one.epoch, one.in_epochs, one.step) == (12.5, epoch, epoch > 0, step or "")
    assert (one.status, one.percentage, one.items) == (Status.RUNNING, 3, 9)


def test_what_falls_back_at_a_restart_of_its_service_is_drift_once() -> None:
    recorder = recorded(seen(60.0, in_epochs=True))
    recorder.see("op_1", "w1", seen(60.0, in_epochs=True))
    recorder.restarted("backend")
    recorder.see("op_1", "backend", seen(20.0))
    assert recorder.violations == []
    assert recorder.drift == {
        "the percentage falls at a restart": ["operation op_1 at backend fell from 60.0 % to 20.0 %"]
    }
    recorder.see("op_1", "w1", seen(50.0, in_epochs=True))
    recorder.see("op_1", "backend", seen(10.0))
    assert len(recorder.violations) == 2, "another service, and a second look"


def test_two_services_may_be_started_again_before_either_is_looked_at() -> None:
    recorder = recorded(seen(60.0))
    recorder.see("op_1", "w1", seen(60.0))
    for service in ("backend", "w1"):
        recorder.restarted(service)
    for service in ("backend", "w1"):
        recorder.see("op_1", service, seen(20.0))
    assert recorder.violations == []


def test_what_has_ended_does_not_fall_back_at_a_restart() -> None:
    recorder = recorded(seen(100.0, DONE))
    recorder.restarted("backend")
    recorder.see("op_1", "backend", seen(20.0, R))
    assert len(recorder.violations) == 2


def test_what_comes_up_again_after_a_restart_rises_from_where_it_was_seen_last() -> None:
    recorder = recorded(seen(60.0, in_epochs=True))
    recorder.restarted("backend")
    for percentage in (0.0, 5.0):
        recorder.see("op_1", "backend", seen(percentage))
    recorder.see("op_1", "backend", seen(65.0, epoch=6))
    assert (recorder.violations, len(recorder.drift)) == ([], 1)
