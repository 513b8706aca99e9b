"""Which worker is free, and whose matter it is when none is."""

from __future__ import annotations

from typing import Any, cast

import pytest

from ktrdr_acceptance.api.backend import Backend
from ktrdr_acceptance.api.http import Answer, ServiceClient
from ktrdr_acceptance.api.models import WorkerBody
from ktrdr_acceptance.domain.workers import Workers
from ktrdr_acceptance.faults import Category, EnvironmentFault, category_of
from ktrdr_acceptance.operations.operation import Kind
from ktrdr_acceptance.operations.waiting import Waiter, WaitFailed

from .fake_clock import FakeClock
from .scripted_world import scripted_world

START = 1000.0


class Floor:
    """A backend that lists workers; `own_words` is what they say themselves, those `gone` say nothing."""

    def __init__(self, *rows: dict[str, Any]) -> None:
        self.rows = list(rows)
        self.own_words: dict[str, str] = {}
        self.gone: set[str] = set()
        self.asked: list[str] = []

    def workers(self) -> list[WorkerBody]:
        return [
            WorkerBody.model_validate(
                {"worker_id": f"w{number}", "worker_type": "training", "endpoint_url": f"http://w{number}:1"}
                | row
            )
            for number, row in enumerate(self.rows)
        ]

    def connect(self, name: str, base_url: str) -> ServiceClient:
        return cast(ServiceClient, Client(self, name, base_url))


class Client:
    def __init__(self, floor: Floor, name: str, base_url: str) -> None:
        self.name, self.base_url, self._floor = name, base_url, floor

    def request(self, method: str, path: str) -> Answer:
        self._floor.asked.append(self.name)
        if self.name in self._floor.gone:
            raise EnvironmentFault(f"{self.name} at {self.base_url} gave no answer to {method} {path}")
        body = {"worker_status": self._floor.own_words.get(self.name, "idle")}
        return Answer(self.name, f"{method} {path}", 200, body, 0.0)


FREE: dict[str, Any] = {"status": "available"}


def busy(operation_id: str | None = None) -> dict[str, Any]:
    return {"status": "busy", "current_operation_id": operation_id}


def workers_of(floor: Floor, clock: FakeClock | None = None, ours: set[str] | None = None) -> Workers:
    return Workers(cast(Backend, floor), floor.connect, Waiter(clock or FakeClock()), ours or set())


# one is free


def test_a_worker_that_is_available_and_says_that_it_is_idle_is_free() -> None:
    assert workers_of(Floor(busy("op_1"), FREE)).wait_for_free(Kind.TRAINING, 30).worker_id == "w1"


def test_a_worker_of_another_trade_is_not_asked() -> None:
    floor = Floor({**FREE, "worker_type": "backtesting"}, FREE)
    assert workers_of(floor).wait_for_free(Kind.TRAINING, 30).worker_id == "w1"
    assert floor.asked == ["w1"]


def test_a_worker_that_becomes_free_is_waited_for() -> None:
    clock = FakeClock()
    floor = Floor(busy("op_of_others"))
    clock.events.append((START + 3, lambda: floor.rows.__setitem__(0, FREE)))
    assert workers_of(floor, clock).wait_for_free(Kind.TRAINING, 30).worker_id == "w0"
    assert clock.now() == pytest.approx(START + 3, abs=0.1)


def test_a_worker_that_is_not_registered_is_not_asked_until_it_is() -> None:
    """Its own health is what the backend's checks ask for, for want of which it registers again."""
    clock = FakeClock()
    floor = Floor(FREE, FREE)
    workers = workers_of(floor, clock)
    worker = workers.client(floor.workers()[0])
    floor.rows = []
    with pytest.raises(WaitFailed, match=r"the last value was not registered at the backend\n"):
        workers.wait_until_free(worker, 5)
    assert floor.asked == []
    clock.events.append((clock.now() + 3, lambda: floor.rows.append(FREE)))
    workers.wait_until_free(worker, 30)
    assert floor.asked == ["w0"]


def test_a_worker_that_does_not_answer_is_passed_over_and_noted() -> None:
    floor = Floor(FREE, FREE)
    floor.gone = {"w0"}
    workers = workers_of(floor)
    assert workers.wait_for_free(Kind.TRAINING, 30).worker_id == "w1"
    assert workers.unreachable == {"w0 at http://w0:1 gave no answer to GET /health"}


def test_nothing_is_noted_of_workers_that_answer() -> None:
    workers = workers_of(Floor(busy("op_1"), FREE))
    workers.wait_for_free(Kind.TRAINING, 30)
    assert workers.unreachable == set()


# none is free


def refusal(floor: Floor, ours: set[str] | None = None) -> Exception:
    clock = FakeClock()
    with pytest.raises((AssertionError, EnvironmentFault)) as caught:
        workers_of(floor, clock, ours).wait_for_free(Kind.TRAINING, 30)
    assert clock.now() == START + 30
    return caught.value


@pytest.mark.parametrize("count", [1, 3])
def test_work_of_others_on_every_worker_is_a_matter_of_the_environment(count: int) -> None:
    fault = refusal(Floor(*(busy(f"op_{number}") for number in range(count))), ours={"op_ours"})
    assert category_of(fault) == Category.ENVIRONMENT
    named = ", ".join(f"w{number}: op_{number}" for number in range(count))
    assert f"busy with the work of others ({named}): let it end, or run against another KTRDR" in str(fault)
    assert "expected a training worker to be free within 30 s" in str(fault)


@pytest.mark.parametrize(
    "rows",
    [
        [busy("op_ours")],
        [busy("op_of_others"), busy("op_ours")],
        [busy(None)],
        [busy("op_of_others"), busy(None)],
        [{"status": "temporarily_unavailable"}],
        [],
        [{**busy("op_of_others"), "worker_type": "backtesting"}],
    ],
    ids=["ours", "also-ours", "nothing", "also-nothing", "unavailable", "none", "other-trade"],
)
def test_a_worker_that_is_busy_with_ours_or_with_nothing_is_ktrdr_s_matter(
    rows: list[dict[str, Any]],
) -> None:
    fault = refusal(Floor(*rows), ours={"op_ours"})
    assert isinstance(fault, WaitFailed)
    assert category_of(fault) == Category.CODE_BUG
    assert "expected a training worker to be free within 30 s" in str(fault)


def test_a_worker_that_is_idle_at_the_backend_alone_is_not_free() -> None:
    floor = Floor(FREE)
    floor.own_words["w0"] = "busy"
    assert category_of(refusal(floor)) == Category.CODE_BUG


@pytest.mark.parametrize("rows", [[FREE], [FREE, FREE], [busy("op_of_others")], [busy("op_ours"), FREE]])
def test_workers_none_of_which_answers_are_a_matter_of_the_environment(rows: list[dict[str, Any]]) -> None:
    floor = Floor(*rows)
    floor.gone = {f"w{number}" for number in range(len(rows))}
    fault = refusal(floor, ours={"op_ours"})
    assert category_of(fault) == Category.ENVIRONMENT
    for name in floor.gone:
        assert f"{name} at http://{name}:1 gave no answer to GET /health" in str(fault)


@pytest.mark.parametrize("is_silent", [True, False], ids=["silent", "answers"])
def test_a_worker_that_the_backend_drops_while_it_is_waited_for(is_silent: bool) -> None:
    clock = FakeClock()
    floor = Floor({"status": "temporarily_unavailable"})
    floor.gone = {"w0"} if is_silent else set()
    clock.events.append((START + 3, floor.rows.clear))
    with pytest.raises((AssertionError, EnvironmentFault)) as caught:
        workers_of(floor, clock).wait_for_free(Kind.TRAINING, 30)
    assert category_of(caught.value) is (Category.ENVIRONMENT if is_silent else Category.CODE_BUG)
    assert ("registered workers do not answer: w0 at http://w0:1" in str(caught.value)) is is_silent
    assert "none registered" in str(caught.value)


def test_the_states_name_those_that_did_not_answer() -> None:
    floor = Floor(busy("op_ours"), FREE)
    floor.gone = {"w1"}
    text = str(refusal(floor, ours={"op_ours"}))
    assert "w0 busy, w1 available, w1 at http://w1:1 gave no answer to GET /health" in text


# entries, and being rid of work


@pytest.mark.parametrize("state", ["available", "busy"])
@pytest.mark.parametrize("type_", ["training", "cpu_training", "gpu_host"])
def test_an_entry_with_kind_address_and_state_lacks_nothing(type_: str, state: str) -> None:
    floor = Floor({"worker_type": type_, "status": state})
    assert workers_of(floor).lacking(Kind.TRAINING) == []


@pytest.mark.parametrize(
    ("rows", "lacks"),
    [
        ([], ["no training worker is listed"]),
        ([{**FREE, "worker_type": "backtesting"}], ["no training worker is listed"]),
        ([{**FREE, "endpoint_url": ""}], ["w0: no address"]),
        ([{**FREE, "endpoint_url": "w0:5002"}], ["w0: no address"]),
        ([{"status": ""}], ["w0: the state ''"]),
        ([{"status": "temporarily_unavailable"}], ["w0: the state 'temporarily_unavailable'"]),
        ([FREE, {"status": "AVAILABLE"}], ["w1: the state 'AVAILABLE'"]),
        ([{"status": "lost", "endpoint_url": "?"}], ["w0: no address", "w0: the state 'lost'"]),
    ],
    ids=str,
)
def test_an_entry_that_lacks_something_is_told(rows: list[dict[str, Any]], lacks: list[str]) -> None:
    assert workers_of(Floor(*rows)).lacking(Kind.TRAINING) == lacks


def test_a_worker_that_is_rightly_listed_as_unavailable_lacks_nothing_that_ktrdr_owes() -> None:
    floor = Floor(FREE, {"status": "temporarily_unavailable"})
    floor.gone = {"w1"}
    with pytest.raises(EnvironmentFault, match="registered workers do not answer: w1 at http://w1:1"):
        workers_of(floor).lacking(Kind.TRAINING)


def test_workers_of_a_kind_are_told_by_their_type() -> None:
    floor = Floor(FREE, {**FREE, "worker_type": "backtesting"}, {**FREE, "worker_type": "gpu_host"})
    workers = workers_of(floor)
    assert [row.worker_id for row in workers.of(Kind.TRAINING)] == ["w0", "w2"]
    assert [client.name for client in workers.clients(Kind.BACKTEST)] == ["w1"]
    assert workers.of(Kind.DOWNLOAD) == []
    assert workers.clients(Kind.BACKTEST)[0] is workers.clients(Kind.BACKTEST)[0]


def test_a_worker_that_moved_is_met_where_it_is_now() -> None:
    floor = Floor(FREE)
    workers = workers_of(floor)
    (before,) = workers.clients(Kind.TRAINING)
    floor.rows[0] = {**FREE, "endpoint_url": "http://elsewhere:1"}
    (after,) = workers.clients(Kind.TRAINING)
    assert (before.base_url, after.base_url) == ("http://w0:1", "http://elsewhere:1")


def test_where_nobody_registers_nobody_is_waited_for_or_asked() -> None:
    floor = Floor()
    workers = Workers(cast(Backend, None), floor.connect, Waiter(FakeClock()), register=False)
    workers.wait_until_ready(Kind.TRAINING, 30)
    assert workers.registered() == []
    assert workers.clients(Kind.TRAINING) == []


def test_where_workers_register_one_must_be_free() -> None:
    with pytest.raises(WaitFailed):
        workers_of(Floor(busy("op_ours")), ours={"op_ours"}).wait_until_ready(Kind.TRAINING, 30)


@pytest.mark.parametrize("ids", [[["op_1"], ["op_1", "op_2"], ["op_2"]], [["op_1"]]], ids=["ends", "stays"])
def test_a_backend_that_works_itself_is_rid_of_work_once_it_is_at_work_on_it_no_more(
    ids: list[list[str]],
) -> None:
    world = scripted_world()
    world.workers.register = False
    pages = [
        {
            "data": [
                {"operation_id": id, "operation_type": "training", "status": "running"}
                | {"created_at": "2026-11-22T08:54:28Z"}
                for id in page
            ],
            "total_count": 9,
            "active_count": 9,
        }
        for page in ids
    ]
    world.script("GET /operations", [(200, page) for page in pages])
    operation = world.speaks_of()
    if len(ids) > 1:
        world.workers.wait_until_rid_of(operation, world.operations, 5)
        assert len(world.net.asked) == 3
        return
    with pytest.raises(WaitFailed, match="the backend to be at work on op_1 no more within 5 s") as caught:
        world.workers.wait_until_rid_of(operation, world.operations, 5)
    assert "the last value was at work on op_1" in str(caught.value)
    assert world.net.asked[0].query == {"active_only": True, "limit": 1000}
