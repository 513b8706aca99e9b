"""Starting trainings: whose matter a refusal is, what a refused request starts, how a list is filled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import pytest

from ktrdr_acceptance.api.backend import Backend
from ktrdr_acceptance.api.errors import Refusal
from ktrdr_acceptance.api.http import Answer
from ktrdr_acceptance.api.models import OperationPage
from ktrdr_acceptance.domain.bad_requests import spoilt
from ktrdr_acceptance.domain.operation_list import OperationList
from ktrdr_acceptance.domain.starts import NONSENSE
from ktrdr_acceptance.domain.trainings import Trainings
from ktrdr_acceptance.faults import Category, category_of
from ktrdr_acceptance.operations.operation import Kind
from ktrdr_acceptance.operations.operations import Operations
from ktrdr_acceptance.operations.waiting import Waiter, WaitFailed
from ktrdr_acceptance.testdata.calibration import default_calibration

from .fake_clock import FakeClock

START = 1000.0
Reply = Callable[[int], tuple[int, Any]]


def accepts(number: int) -> tuple[int, Any]:
    return 200, {"task_id": f"op_{number}"}


def refuses(status: int, detail: Any) -> Reply:
    return lambda _number: (status, {"detail": detail})


class StartingBackend:
    """A backend that answers each start as `reply` says, given its number; it counts up to `most`."""

    name = "backend"
    base_url = "http://backend:1"

    def __init__(self, reply: Reply = accepts, there: int = 0, most: int = 1000) -> None:
        self.reply = reply
        self.ids = [f"op_old_{number}" for number in range(there)]
        self.most = most
        self.starts = 0
        self.starts_though_refusing = False
        self.queries: list[dict[str, Any]] = []

    def start_training_answer(self, _payload: Any) -> Answer:
        self.starts += 1
        status, body = self.reply(self.starts)
        if status == 200 or self.starts_though_refusing:
            self.ids.insert(0, f"op_{self.starts}")
        return Answer("backend", "POST /api/v1/trainings/start", status, body, 0.0)

    def operations(self, **query: Any) -> OperationPage:
        self.queries.append(query)
        rows = [
            {
                "operation_id": operation_id,
                "operation_type": "training",
                "status": "completed",
                "created_at": "2026-11-22T08:54:28Z",
            }
            for operation_id in self.ids[: query["limit"]]
        ]
        total = min(len(self.ids), self.most)
        return OperationPage.model_validate({"data": rows, "total_count": total, "active_count": 0})


def trainings_at(backend: StartingBackend, clock: FakeClock | None = None) -> Trainings:
    service = cast(Backend, backend)
    operations = Operations(service, lambda _kind: [], Waiter(clock or FakeClock()), 0.0)
    purposes = default_calibration().trainings
    ask = service.start_training_answer
    return Trainings(Kind.TRAINING, service, operations, purposes, 20, ask, "/training/start")


# a start that is refused


@pytest.mark.parametrize(
    "said", ["Strategy file not found: mlp.yaml", {"message": "STRATEGY FILE NOT FOUND: mlp.yaml"}], ids=str
)
def test_a_strategy_that_the_target_lacks_is_a_matter_of_configuration(said: Any) -> None:
    with pytest.raises(AssertionError, match="give the target this strategy") as caught:
        trainings_at(StartingBackend(refuses(400, said))).start("smoke")
    assert category_of(caught.value) == Category.CONFIGURATION
    assert "HTTP 400" in str(caught.value)
    assert "mlp.yaml" in str(caught.value)


@pytest.mark.parametrize(
    ("status", "said"), [(400, "bad dates"), (503, "no workers"), (500, "x"), (404, "Not Found")]
)
def test_any_other_refusal_of_a_start_is_ktrdr_s_matter(status: int, said: str) -> None:
    with pytest.raises(
        AssertionError, match=f"starting a smoke training was refused: HTTP {status}: {said}"
    ) as caught:
        trainings_at(StartingBackend(refuses(status, said))).start("smoke")
    assert category_of(caught.value) == Category.CODE_BUG


# a request that must be refused starts nothing

REQUESTS: dict[str, Callable[[Trainings], Refusal]] = {
    "changed": lambda trainings: trainings.refusal_of(strategy_name="nosuch"),
    "flaw": lambda trainings: trainings.refusal_of_body(
        spoilt(trainings.calibrated("smoke").request(), "symbols", "missing"), "without symbols"
    ),
    "nonsense": lambda trainings: trainings.refusal_of_body(NONSENSE, "of nonsense"),
}


@pytest.mark.parametrize("name", list(REQUESTS))
@pytest.mark.parametrize("there", [0, 3, 250])
def test_a_refusal_that_started_nothing_has_started_nothing(name: str, there: int) -> None:
    backend = StartingBackend(refuses(422, "no"), there=there)
    trainings = trainings_at(backend)
    assert REQUESTS[name](trainings).status == 422
    assert trainings.started_since() == []
    assert backend.queries == [{"operation_type": "training", "limit": 100}] * 2


@pytest.mark.parametrize("name", list(REQUESTS))
@pytest.mark.parametrize("there", [0, 3, 250])
def test_a_refusal_that_started_one_all_the_same_is_found_out(name: str, there: int) -> None:
    backend = StartingBackend(refuses(422, "no"), there=there)
    backend.starts_though_refusing = True
    trainings = trainings_at(backend)
    REQUESTS[name](trainings)
    assert trainings.started_since() == ["op_1"]


def test_an_acceptance_where_a_refusal_must_be_names_what_it_started() -> None:
    with pytest.raises(
        AssertionError, match=r"a training with .*nosuch.* was accepted as operation op_1 instead of refused"
    ):
        trainings_at(StartingBackend()).refusal_of(strategy_name="nosuch")


# filling the list


def fill(backend: StartingBackend, count: int = 5, clock: FakeClock | None = None) -> None:
    trainings = trainings_at(backend, clock)
    trainings.fill_list(OperationList(cast(Backend, backend)), count, within=30)


@pytest.mark.parametrize(("there", "starts"), [(0, 5), (2, 3), (4, 1), (5, 0), (9, 0)])
def test_as_many_are_started_as_are_missing(there: int, starts: int) -> None:
    backend = StartingBackend(there=there)
    fill(backend)
    assert backend.starts == starts


def test_no_more_are_started_however_the_backend_counts() -> None:
    backend = StartingBackend(there=2, most=2)
    with pytest.raises(WaitFailed, match=r"2 operations \(nothing was refused; 0 not yet started\)"):
        fill(backend)
    assert backend.starts == 3


def test_a_refusal_for_want_of_a_worker_is_borne_and_the_start_made_up_for() -> None:
    def busy_at_first(number: int) -> tuple[int, Any]:
        return accepts(number) if number > 4 else (503, {"detail": "no worker free"})

    backend = StartingBackend(busy_at_first)
    fill(backend)
    assert (backend.starts, len(backend.ids)) == (9, 5)


def test_a_want_of_workers_that_does_not_end_is_named() -> None:
    clock = FakeClock()
    with pytest.raises(WaitFailed) as caught:
        fill(StartingBackend(refuses(503, "no worker free"), there=3), clock=clock)
    assert "3 operations (last refusal: HTTP 503: no worker free; 2 not yet started)" in str(caught.value)
    assert clock.now() == START + 30


@pytest.mark.parametrize("status", [400, 422, 429, 500, 502])
def test_any_other_refusal_ends_the_filling_at_once(status: int) -> None:
    backend = StartingBackend(refuses(status, "no strategy"))
    with pytest.raises(AssertionError, match=f"start a smoke training: HTTP {status}: no strategy"):
        fill(backend)
    assert backend.starts == 1
