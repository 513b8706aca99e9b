"""What a run has begun and not put back stands on disk, whatever ends it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from ktrdr_acceptance.ledger import Ledger


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


def test_what_is_begun_by_many_at_once_is_all_there(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger")

    def ask(number: int) -> None:
        ledger.begun(f"request {number}")
        ledger.begun(f"op_{number}", id=f"op_{number}")
        ledger.undone(f"request {number}")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(ask, range(200)))
    left = Ledger(tmp_path / "ledger").left_by_earlier_run()
    assert set(left) == {f"op_{number}" for number in range(200)}
