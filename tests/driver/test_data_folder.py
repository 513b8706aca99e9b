"""Files of KTRDR's data folder are as they were once the scenario is over, whatever it did with them."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from ktrdr_acceptance.faults import ConfigurationFault
from ktrdr_acceptance.ledger import Ledger
from ktrdr_acceptance.target.data_folder import DataFolder, put_back_left, write_until_full
from ktrdr_acceptance.undo import Undo

LINES = ["date,open,high,low,close,volume", "2024-12-02T00:00:00Z,1,2,0.5,1.5,10"]
PUT = "date,open,high,low,close,volume\n2024-12-02T00:00:00Z,1,2,0.5,1.5,10\n"


class Place:
    """A data folder, and the scenario that uses it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.undo = Undo()
        self.folder = DataFolder(path, self.undo)
        self.file = path / "AUDUSD_1h.csv"
        self.aside = path / "AUDUSD_1h.csv.set-aside"

    def files(self) -> dict[str, str]:
        return {file.name: file.read_text("utf-8") for file in self.path.iterdir()}

    def files_below(self) -> set[str]:
        return {file.name for file in self.path.rglob("*") if file.is_file()}


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_a_file_is_named_as_ktrdr_s_loader_names_it(place: Place) -> None:
    assert place.folder.file("AUDUSD", "1h") == place.file


def test_what_was_there_comes_back_byte_for_byte(place: Place) -> None:
    theirs = b"date,open\r\n\xff not even text"
    place.file.write_bytes(theirs)
    place.folder.put("AUDUSD", "1h", LINES)
    assert place.file.read_text("utf-8") == PUT
    assert place.undo.run() == []
    assert place.file.read_bytes() == theirs
    assert not place.aside.exists()


def test_where_nothing_was_nothing_is_left(place: Place) -> None:
    place.folder.put("AUDUSD", "1h", LINES)
    assert place.files() == {"AUDUSD_1h.csv": PUT}
    assert place.undo.run() == []
    assert place.files() == {}


def test_what_a_download_has_written_meanwhile_goes_with_the_scenario(place: Place) -> None:
    place.folder.set_aside("AUDUSD", "1h")
    place.file.write_text("downloaded", "utf-8")
    assert place.undo.run() == []
    assert place.files() == {}


def test_a_file_that_is_set_aside_is_not_there_and_comes_back(place: Place) -> None:
    place.file.write_text("theirs", "utf-8")
    place.folder.set_aside("AUDUSD", "1h")
    assert not place.file.exists()
    place.file.write_text("downloaded", "utf-8")
    assert place.undo.run() == []
    assert place.files() == {"AUDUSD_1h.csv": "theirs"}


def test_another_file_is_left_alone(place: Place) -> None:
    (place.path / "AUDUSD_1d.csv").write_text("daily", "utf-8")
    place.folder.set_aside("AUDUSD", "1h")
    place.undo.run()
    assert place.files() == {"AUDUSD_1d.csv": "daily"}


@pytest.mark.parametrize("there", ["theirs", ""], ids=["there", "not-there"])
def test_a_file_that_is_replaced_twice_comes_back_all_the_same(place: Place, there: str) -> None:
    if there:
        place.file.write_text(there, "utf-8")
    before = place.files()
    place.folder.put("AUDUSD", "1h", LINES)
    place.folder.set_aside("AUDUSD", "1h")
    assert not place.file.exists()
    # A run that is killed now must not leave the scenario's own bars for the next to put back.
    assert list(place.files().values()) == list(before.values())
    place.folder.put("AUDUSD", "1h", LINES)
    assert place.undo.run() == []
    assert place.files() == before


def test_where_a_killed_run_left_both_files_nothing_is_lost_and_both_are_named(place: Place) -> None:
    place.file.write_text("theirs", "utf-8")
    place.folder.put("AUDUSD", "1h", LINES)
    # The run is killed: no undo. Whose bars stand there now, the next one cannot know.
    place.undo = Undo()
    with pytest.raises(ConfigurationFault, match=r"both AUDUSD_1h.csv and AUDUSD_1h.csv.set-aside are in "):
        DataFolder(place.path, place.undo).put("AUDUSD", "1h", LINES)
    assert place.undo.run() == []
    assert place.files() == {"AUDUSD_1h.csv": PUT, "AUDUSD_1h.csv.set-aside": "theirs"}


def test_what_was_left_aside_alone_is_put_back_too(place: Place) -> None:
    place.aside.write_text("theirs", "utf-8")
    place.folder.set_aside("AUDUSD", "1h")
    assert not place.file.exists()
    assert place.undo.run() == []
    assert place.files() == {"AUDUSD_1h.csv": "theirs"}


def test_what_could_not_be_set_aside_is_not_lost(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place.file.write_text("theirs", "utf-8")

    def refuse(*_paths: object) -> None:
        raise PermissionError("not yours")

    with monkeypatch.context() as patch:
        patch.setattr("os.replace", refuse)
        with pytest.raises(PermissionError):
            place.folder.put("AUDUSD", "1h", LINES)
    assert place.undo.run() == []
    assert place.files() == {"AUDUSD_1h.csv": "theirs"}


def test_what_cannot_be_put_back_is_told_with_the_file_s_name(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.file.write_text("theirs", "utf-8")
    place.folder.set_aside("AUDUSD", "1h")

    def refuse(*_paths: object) -> None:
        raise PermissionError("not yours")

    monkeypatch.setattr("os.replace", refuse)
    assert place.undo.run() == ["could not put AUDUSD_1h.csv back as it was: not yours"]


def test_the_folder_is_made_if_it_is_not_there(tmp_path: Path) -> None:
    place = Place(tmp_path / "data")
    place.folder.put("AUDUSD", "1h", LINES)
    assert place.files() == {"AUDUSD_1h.csv": PUT}


class Killed:
    """A scenario of a run that is killed: its ledger is all that is left of it."""

    def __init__(self, path: Path) -> None:
        self.path = path / "ledger"
        self.ledger = Ledger(self.path)
        self.undo = Undo()
        self.folder = DataFolder(path / "data", self.undo, self.ledger)
        (path / "data").mkdir()
        self.file = path / "data" / "AUDUSD_1h.csv"

    def left(self) -> dict[str, str]:
        """Put back what the ledger tells of; return the files that are there then."""
        for facts in Ledger(self.path).left_by_earlier_run().values():
            self.told = list(put_back_left(facts))
        return {file.name: file.read_text("utf-8") for file in self.file.parent.iterdir()}


@pytest.fixture
def killed(tmp_path: Path) -> Killed:
    return Killed(tmp_path)


def test_bars_that_a_killed_run_replaced_are_put_back(killed: Killed) -> None:
    killed.file.write_text("theirs", "utf-8")
    killed.folder.put("AUDUSD", "1h", LINES)
    assert killed.left() == {"AUDUSD_1h.csv": "theirs"}
    assert killed.told == [f"an earlier run had set {killed.file} aside: it is back"]


def test_bars_that_a_killed_run_put_where_none_were_go_again(killed: Killed) -> None:
    killed.folder.put("AUDUSD", "1h", LINES)
    assert killed.left() == {}
    assert killed.told == [f"an earlier run had put {killed.file} there: it is gone again"]


def test_bars_that_came_after_the_kill_are_kept(killed: Killed) -> None:
    killed.folder.put("AUDUSD", "1h", LINES)
    killed.file.write_text("newer", "utf-8")
    assert killed.left() == {"AUDUSD_1h.csv": "newer"}
    assert killed.told == []


def test_bars_that_came_beside_those_set_aside_are_the_users_to_choose(killed: Killed) -> None:
    killed.file.write_text("theirs", "utf-8")
    killed.folder.set_aside("AUDUSD", "1h")
    killed.file.write_text("newer", "utf-8")
    with pytest.raises(ConfigurationFault, match=r"both AUDUSD_1h.csv and AUDUSD_1h.csv.set-aside are in "):
        killed.left()
    assert killed.file.read_text("utf-8") == "newer"


def test_a_scenario_that_put_everything_back_leaves_no_ledger(killed: Killed) -> None:
    killed.folder.put("AUDUSD", "1h", LINES)
    assert killed.path.exists()
    assert killed.undo.run() == []
    assert not killed.path.exists()


def test_a_disk_is_filled_to_its_limit_and_there_is_room_again(place: Place) -> None:
    (place.path / "below").mkdir()
    (place.path / "below" / "x").write_bytes(b"12345")
    place.folder.put("AUDUSD", "1h", LINES)
    assert not place.folder.was_filled
    place.folder.fill(1000)
    assert place.folder.was_filled
    taken = sum(file.stat().st_size for file in place.path.rglob("*") if file.is_file())
    assert taken == 1000
    place.folder.make_room()
    assert place.files_below() == {"AUDUSD_1h.csv", "x"}
    place.folder.fill(1000)
    assert place.undo.run() == []
    assert place.files_below() == {"x"}


def test_a_disk_that_is_more_than_full_is_left_so(place: Place) -> None:
    place.file.write_bytes(b"12345")
    place.folder.fill(3)
    assert {file.name: file.stat().st_size for file in place.path.iterdir()} == {
        "AUDUSD_1h.csv": 5,
        "acceptance-filler": 0,
    }


@pytest.mark.parametrize("written_since", [b"", b"more"])
def test_the_room_that_a_killed_run_took_is_given_back(tmp_path: Path, written_since: bytes) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    DataFolder(folder, Undo(), Ledger(tmp_path / "ledger")).fill(1000)
    filler = folder / "acceptance-filler"
    with filler.open("ab") as file:
        file.write(written_since)
    left = Ledger(tmp_path / "ledger").left_by_earlier_run()
    said = [line for facts in left.values() for line in put_back_left(facts)]
    assert said == [f"an earlier run had filled the disk of {folder}: there is room again"]
    assert not filler.exists()


@pytest.mark.parametrize(("room", "limit", "taken"), [(5000, 9999, 5000), (5000, 4097, 4097), (0, 9, 0)])
def test_a_disk_of_its_own_is_written_full_to_the_last_byte(room: int, limit: int, taken: int) -> None:
    written = 0

    def write(data: bytes) -> int:
        nonlocal written
        if written == room:
            raise OSError(errno.ENOSPC, "No space left on device")
        now = min(len(data), room - written)
        written += now
        return now

    write_until_full(write, limit)
    assert written == taken


def test_a_disk_that_cannot_be_written_for_another_reason_is_told() -> None:
    def write(_data: bytes) -> int:
        raise PermissionError(errno.EACCES, "Permission denied")

    with pytest.raises(PermissionError):
        write_until_full(write, 9)


def test_room_that_was_given_back_is_in_no_ledger(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path, Undo(), Ledger(tmp_path / "ledger"))
    folder.fill(1000)
    folder.make_room()
    assert not (tmp_path / "ledger").exists()
