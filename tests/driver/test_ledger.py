"""What a run has begun and not put back stands on disk, whatever ends it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ktrdr_acceptance.api.http import Answer
from ktrdr_acceptance.api.worker import Worker
from ktrdr_acceptance.faults import EnvironmentFault
from ktrdr_acceptance.ledger import Ledger
from ktrdr_acceptance.operations.operation import Kind

from .scripted_world import ID, scripted_world


def test_what_was_begun_and_not_undone_is_left(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger")
    ledger.begun("one", id="op_1")
    ledger.begun("two", id="op_2")
    ledger.more("two", worker="w1")
    ledger.undone("one")
    assert Ledger(tmp_path / "ledger").left_by_earlier_run() == {"two": {"id": "op_2", "worker": "w1"}}


def test_the_file_goes_with_the_last_entry(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger")
    assert ledger.left_by_earlier_run() == {}
    ledger.begun("one")
    ledger.undone("never begun")
    assert (tmp_path / "ledger").exists()
    ledger.undone("one")
    assert not (tmp_path / "ledger").exists()


def test_a_line_that_was_cut_off_is_none(tmp_path: Path) -> None:
    Ledger(tmp_path / "ledger").begun("one")
    with (tmp_path / "ledger").open("a") as file:
        file.write('{"undone": "on')
    assert Ledger(tmp_path / "ledger").left_by_earlier_run() == {"one": {}}


def test_what_could_not_be_put_back_is_what_the_next_begins_with(tmp_path: Path) -> None:
    Ledger(tmp_path / "ledger").begun("one")
    ledger = Ledger(tmp_path / "ledger")
    ledger.begin_with({"two": {"id": "op_2"}})
    assert Ledger(tmp_path / "ledger").left_by_earlier_run() == {"two": {"id": "op_2"}}


def test_without_a_file_nothing_is_taken_down() -> None:
    ledger = Ledger()
    ledger.begun("one")
    ledger.undone("one")
    assert ledger.left_by_earlier_run() == {}


def test_what_is_begun_while_the_file_goes_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger = Ledger(tmp_path / "ledger")
    ledger.begun("one")
    other = threading.Thread(target=ledger.begun, args=("two",))
    unlink = Path.unlink

    def unlink_late(path: Path, missing_ok: bool = False) -> None:
        other.start()
        # It must wait for the file to be gone; without a lock it would write into what goes.
        other.join(0.2)
        unlink(path, missing_ok)

    monkeypatch.setattr(Path, "unlink", unlink_late)
    ledger.undone("one")
    other.join()
    assert Ledger(tmp_path / "ledger").left_by_earlier_run() == {"two": {}}


def test_a_request_that_was_lost_stays_whatever_is_asked_for_later(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger")

    def ask_in_a_scenario_of_its_own(ask: Callable[[], Answer]) -> None:
        operations = scripted_world().operations
        operations.ledger = ledger
        operations.attempt(lambda *_: pytest.fail("nothing was started"), "long training", ask)

    def lost() -> Answer:
        raise EnvironmentFault("no answer")

    with pytest.raises(EnvironmentFault):
        ask_in_a_scenario_of_its_own(lost)
    ask_in_a_scenario_of_its_own(lambda: Answer("backend", "POST /x", 400, {"detail": "no"}, 0.01))
    (facts,) = ledger.left_by_earlier_run().values()
    assert facts == {"backend": "http://backend:1", "asked": "long training", "at": facts["at"]}
    assert datetime.fromisoformat(facts["at"]).tzinfo == UTC


@pytest.mark.parametrize("at_worker", [False, True])
def test_an_operation_is_taken_down_with_what_ending_it_needs(tmp_path: Path, at_worker: bool) -> None:
    world = scripted_world()
    world.operations.ledger = ledger = Ledger(tmp_path / "ledger")
    home = Worker(world.connect("w1", "http://w1:1")) if at_worker else None
    world.operations.attempt(
        lambda id, _at: world.speaks_of(Kind.BACKTEST, id=id, home=home), "x", lambda: ID
    )
    where = {"worker": "w1", "worker_url": "http://w1:1"} if at_worker else {}
    assert ledger.left_by_earlier_run() == {
        ID: {"backend": "http://backend:1", "id": ID, "kind": "backtest", **where}
    }
