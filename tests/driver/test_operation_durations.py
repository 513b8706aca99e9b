"""How long an operation took: from the request to the first look, anywhere, that showed its end."""

from __future__ import annotations

from typing import Any, cast

import pytest

from ktrdr_acceptance.evidence.durations import operation_durations
from ktrdr_acceptance.operations.history import Observation
from ktrdr_acceptance.operations.lifecycle import Status
from ktrdr_acceptance.operations.operation import Kind, Operation
from ktrdr_acceptance.operations.operations import Operations
from ktrdr_acceptance.operations.waiting import Waiter
from ktrdr_acceptance.testdata.calibration import default_calibration
from ktrdr_acceptance.verdict.durations import OperationDuration

from .test_trainings import StartingBackend, trainings_at

LONG = default_calibration().trainings["long"]


@pytest.fixture
def operations() -> Operations:
    return Operations(cast(Any, None), lambda _kind: [], Waiter(), cache_ttl=1.0)


def start(operations: Operations, operation_id: str, at: float) -> None:
    operations.started.append(Operation(operation_id, Kind.TRAINING, "long", LONG, 3.0, at))


def see(operations: Operations, operation_id: str, service: str, status: Status, at: float) -> None:
    operations.recorder.see(operation_id, service, Observation(at, status, 10.0, 1, 1, "Epoch 1"))


def test_the_first_end_that_was_seen_counts_wherever_it_was(operations: Operations) -> None:
    start(operations, "op_1", at=100.0)
    see(operations, "op_1", "backend", Status.RUNNING, at=101.0)
    see(operations, "op_1", "worker", Status.COMPLETED, at=103.5)
    see(operations, "op_1", "backend", Status.COMPLETED, at=104.0)
    see(operations, "op_1", "worker", Status.COMPLETED, at=109.0)
    assert operation_durations(operations) == (
        OperationDuration("op_1", "long training", 3.0, 3.5, "completed"),
    )


def test_an_end_that_nobody_saw_is_none(operations: Operations) -> None:
    start(operations, "op_1", at=100.0)
    start(operations, "op_2", at=100.0)
    see(operations, "op_1", "backend", Status.RUNNING, at=101.0)
    assert operation_durations(operations) == (
        OperationDuration("op_1", "long training", 3.0),
        OperationDuration("op_2", "long training", 3.0),
    )


def test_what_was_asked_for_otherwise_has_no_planned_duration(operations: Operations) -> None:
    start(operations, "op_1", at=100.0)
    operations.started[0].is_changed = True
    see(operations, "op_1", "backend", Status.COMPLETED, at=103.0)
    assert operation_durations(operations) == (
        OperationDuration("op_1", "long training, changed", None, 3.0, "completed"),
    )


def test_each_operation_has_its_own_end(operations: Operations) -> None:
    start(operations, "op_1", at=100.0)
    start(operations, "op_2", at=102.0)
    see(operations, "op_1", "backend", Status.CANCELLED, at=103.0)
    see(operations, "op_2", "backend", Status.FAILED, at=106.0)
    assert [(one.real_s, one.ended_as) for one in operation_durations(operations)] == [
        (3.0, "cancelled"),
        (4.0, "failed"),
    ]


@pytest.mark.parametrize(
    ("changes", "changed"), [({}, False), ({"strategy_name": "mlp"}, True), ({"strategy_name": None}, True)]
)
def test_only_the_calibrated_request_is_unchanged(changes: dict[str, Any], changed: bool) -> None:
    trainings = trainings_at(StartingBackend())
    assert trainings.start("smoke", **changes).is_changed is changed


def test_a_change_to_what_is_calibrated_anyway_is_none() -> None:
    same = default_calibration().trainings["smoke"].strategy
    assert not trainings_at(StartingBackend()).start("smoke", strategy_name=same).is_changed
