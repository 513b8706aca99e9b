"""Slices of logs: the cursor, what happens to files, what is an entry; an unreadable log is never a pass."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from ktrdr_acceptance.evidence.log_source import UnreadableLog
from ktrdr_acceptance.evidence.logs import Entry, LogSlice, entries_in, log_attachment
from ktrdr_acceptance.faults import Category, category_of

OLD = "2026-11-22 15:46:27 [INFO] ktrdr: old line\n" * 5
NEW = "2026-11-22 15:46:28 [INFO] ktrdr: new line\n"
LATER = "2026-11-22 15:46:29 [INFO] ktrdr: later line\n"


def write(path: Path, text: str, mode: str = "a") -> None:
    with path.open(mode, encoding="utf-8") as file:
        file.write(text)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "backend.log"
    write(path, OLD)
    return path


@pytest.fixture
def cut(log: Path) -> LogSlice:
    return LogSlice("backend", log)


# the cursor


def test_a_slice_begins_where_the_log_ended_when_it_was_cut(log: Path, cut: LogSlice) -> None:
    assert cut.text() == ""
    write(log, NEW)
    assert cut.text() == NEW
    write(log, LATER)
    assert cut.text() == NEW + LATER


def test_the_time_in_a_line_decides_nothing(log: Path, cut: LogSlice) -> None:
    early = "1999-01-01 00:00:00 [INFO] ktrdr: written now all the same\n"
    write(log, early)
    assert cut.text() == early


def test_a_line_that_is_still_being_written_is_not_yet_read(log: Path, cut: LogSlice) -> None:
    write(log, NEW + LATER[:20])
    assert cut.text() == NEW
    write(log, LATER[20:])
    assert cut.text() == NEW + LATER


def test_the_rest_of_a_line_that_was_being_written_at_the_cut_is_left_out(log: Path) -> None:
    write(log, LATER[:20])
    cut = LogSlice("backend", log)
    write(log, LATER[20:] + NEW)
    assert cut.text() == NEW


def test_a_log_that_its_service_has_yet_to_make_is_read_from_its_beginning(tmp_path: Path) -> None:
    cut = LogSlice("backend", tmp_path / "backend.log")
    write(tmp_path / "backend.log", NEW)
    assert cut.text() == NEW


def test_what_is_no_text_is_read_all_the_same(log: Path, cut: LogSlice) -> None:
    log.write_bytes(log.read_bytes() + b"2026-11-22 15:46:28 [INFO] ktrdr: \xff\xfe\n")
    assert len(cut.entries()) == 1


# rotation


def rotate(log: Path, number: int = 1) -> None:
    log.rename(log.with_name(f"{log.name}.{number}"))


def test_a_log_that_was_moved_away_is_followed(log: Path, cut: LogSlice) -> None:
    write(log, NEW)
    rotate(log)
    write(log, LATER)
    assert cut.text() == NEW + LATER
    rotate(log)
    write(log, NEW)
    assert cut.text() == NEW + LATER + NEW


def test_a_log_that_was_moved_away_twice_is_followed_in_order(log: Path, cut: LogSlice) -> None:
    older = log.with_name(f"{log.name}.3")
    write(older, "2026-11-22 15:00:00 [INFO] ktrdr: long ago\n")
    os.utime(older, ns=(0, 0))
    write(log, NEW)
    rotate(log, 2)
    write(log, "2026-11-22 15:46:28 [INFO] ktrdr: between\n")
    rotate(log, 1)
    write(log, LATER)
    assert cut.text() == NEW + "2026-11-22 15:46:28 [INFO] ktrdr: between\n" + LATER


@pytest.mark.parametrize("is_reversed", [False, True])
def test_of_two_moved_away_at_the_same_time_the_lower_number_is_the_newer(
    log: Path, cut: LogSlice, monkeypatch: pytest.MonkeyPatch, is_reversed: bool
) -> None:
    glob = Path.glob
    monkeypatch.setattr(Path, "glob", lambda folder, what: sorted(glob(folder, what), reverse=is_reversed))
    for number, text in ((3, NEW), (2, "2026-11-22 15:46:28 [INFO] ktrdr: between\n")):
        write(log, text)
        rotate(log, number)
    write(log, LATER)
    rotate(log, 1)
    for number in (1, 2, 3):
        os.utime(log.with_name(f"{log.name}.{number}"), ns=(7, 7))
    write(log, "2026-11-22 15:46:30 [INFO] ktrdr: last\n")
    said = [entry.head.rsplit(": ", 1)[1] for entry in cut.entries()]
    assert said == ["new line", "between", "later line", "last"]


# cut anew, and what nobody has seen


def test_a_slice_that_is_cut_anew_begins_there(log: Path, cut: LogSlice) -> None:
    write(log, NEW + LATER[:20])
    cut.cut()
    write(log, LATER[20:] + LATER)
    assert cut.text() == LATER
    assert cut.unseen() == ((NEW + LATER + LATER).encode(), "")
    assert cut.unseen() == (b"", "")
    assert cut.text() == LATER


def test_lines_that_were_read_before_a_loss_are_still_to_be_seen(log: Path, cut: LogSlice) -> None:
    write(log, NEW)
    assert cut.text() == NEW
    empty(log)
    cut.cut()
    write(log, LATER)
    written, lost = cut.unseen()
    assert written.decode() == NEW + LATER
    assert "was emptied or replaced" in lost
    assert cut.text() == LATER


# what makes a log unreadable


def empty(log: Path) -> None:
    os.truncate(log, 0)


def empty_and_write_much(log: Path) -> None:
    """As copytruncate does; the file is longer than it was, so its length tells nothing."""
    os.truncate(log, 0)
    write(log, NEW * 50)


def replace(log: Path) -> None:
    other = log.with_name("other")
    write(other, NEW)
    other.replace(log)


def move_out_of_sight(log: Path) -> None:
    rotate(log)
    shutil.move(f"{log}.1", log.with_name("archive.log"))
    write(log, NEW)


def remove(log: Path) -> None:
    log.unlink()


def make_a_folder_of_it(log: Path) -> None:
    log.unlink()
    log.mkdir()


UNREADABLE: dict[str, tuple[Callable[[Path], None], str]] = {
    "emptied": (empty, "was emptied or replaced since the scenario began"),
    "emptied and longer than before": (empty_and_write_much, "was emptied or replaced since"),
    "replaced": (replace, "is another file since the scenario began"),
    "moved out of sight": (move_out_of_sight, "is another file since the scenario began"),
    "removed": (remove, "cannot be read: "),
    "a folder": (make_a_folder_of_it, "backend"),
}


@pytest.mark.parametrize("name", list(UNREADABLE))
def test_a_log_that_may_have_lost_lines_is_unreadable_and_says_why(
    name: str, log: Path, cut: LogSlice
) -> None:
    spoil, said = UNREADABLE[name]
    spoil(log)
    with pytest.raises(UnreadableLog) as caught:
        cut.entries()
    assert said in str(caught.value)
    assert str(log) in str(caught.value)
    assert category_of(caught.value) == Category.ENVIRONMENT


def test_a_log_that_was_emptied_after_it_was_read_is_unreadable(tmp_path: Path) -> None:
    """Its beginning alone would not tell: the slice was cut when the log was empty."""
    log = tmp_path / "backend.log"
    log.touch()
    cut = LogSlice("backend", log)
    write(log, NEW)
    assert cut.text() == NEW
    empty(log)
    write(log, LATER * 2)
    for _ in range(2):
        with pytest.raises(UnreadableLog, match="was emptied or replaced"):
            cut.text()


def test_a_pipe_is_no_log_and_nobody_waits_for_it(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "backend.log")
    with pytest.raises(UnreadableLog, match="is a pipe, no file"):
        LogSlice("backend", tmp_path / "backend.log").entries()


def test_a_log_that_is_not_there_is_unreadable(tmp_path: Path) -> None:
    with pytest.raises(
        UnreadableLog, match=r"the log of backend cannot be read: .*nosuch\.log \(No such file"
    ):
        LogSlice("backend", tmp_path / "nosuch.log").entries()


# entries

BACKEND_LINE = "2026-11-22 15:46:27 [ERROR] ktrdr.api.main: Request validation error"
WORKER_LINE = "2026-11-22 15:46:06,168 | \x1b[91mERROR\x1b[0m | ktrdr.workers | Failed operation: op_1"
TRACE = ["Traceback (most recent call last):", '  File "a.py", line 1, in f', "    g()", "RuntimeError: no"]


@pytest.mark.parametrize(
    ("line", "level"),
    [
        (BACKEND_LINE, "ERROR"),
        (WORKER_LINE, "ERROR"),
        ("2026-11-22 15:46:06,168 | \x1b[93mWARNING \x1b[0m | ktrdr | a padded level", "WARNING"),
        ("2026-11-22 15:46:27 [INFO] ktrdr: says [ERROR] in its text", "INFO"),
        ('INFO:     127.0.0.1:47392 - "GET /health HTTP/1.1" 200 OK', "INFO"),
        ("ERROR:    Exception in ASGI application", "ERROR"),
        ('{"asctime": "2026-11-22T15:46:27+0000", "levelname": "CRITICAL", "message": "x"}', "CRITICAL"),
        (f"ktrdr-backend-1  | {BACKEND_LINE}", "ERROR"),
        ("2026-11-22 15:46:27 without a level", ""),
        ("2026-11-22 15:46:27 ERROR ktrdr: no brackets", "ERROR"),
        ("2026-11-22 15:46:27,123 - ktrdr.x - ERROR - between dashes", "ERROR"),
        ("2026-11-22T15:46:27.123456789Z ERROR:    after Docker's own date", "ERROR"),
        ("[2026-11-22 15:46:27 +0000] [1] [ERROR] a worker exited", "ERROR"),
        ("[2026-11-22 15:46:27,123] ERROR in app: no", "ERROR"),
        ("ERROR    | ktrdr.x:f:12 - no date", "ERROR"),
        ("2026-11-22 15:46:27 FATAL: the database is gone", "FATAL"),
        ('{"message": "says [ERROR] in its text", "levelname": "INFO"}', "INFO"),
        ('{"level": "error", "message": "small"}', "ERROR"),
        ("2026-11-22 15:46:27,123 | INFO | ktrdr | - ERROR - ", "INFO"),
    ],
)
def test_each_form_of_a_line_begins_an_entry_and_has_its_level(line: str, level: str) -> None:
    (entry,) = entries_in(line)
    assert entry.level == level
    assert entry.is_error is (level in ("ERROR", "CRITICAL", "FATAL"))
    assert "\x1b" not in entry.text


@pytest.mark.parametrize("head", [BACKEND_LINE, WORKER_LINE])
@pytest.mark.parametrize("prefix", ["", "worker-1  | "])
def test_a_stack_trace_belongs_to_the_line_before(head: str, prefix: str) -> None:
    lines = [head, *TRACE, "🚀 a line that some code printed", NEW.strip()]
    first, second = entries_in("\n".join(prefix + line for line in lines))
    assert first.has_stack_trace
    assert first.text.splitlines()[1:5] == TRACE
    assert len(first.text.splitlines()) == 6
    assert (second.text, second.has_stack_trace) == (NEW.strip(), False)


def test_lines_that_go_on_with_an_entry_before_the_slice_belong_to_no_entry_of_it() -> None:
    assert entries_in("\n".join([*TRACE, NEW])) == [Entry(NEW.strip())]


@pytest.mark.parametrize(
    ("text", "is_named"),
    [
        ("Completed operation: op_1", True),
        ("op_1: done", True),
        ("(op_1)", True),
        ("GET /api/v1/operations/op_1?x HTTP", True),
        ("Completed operation: op_10", False),
        ("Completed operation: op_1-b", False),
        ("Completed operation: top_1", False),
        ("Completed operation: opX1", False),
    ],
)
def test_an_id_is_named_as_a_whole(text: str, is_named: bool) -> None:
    assert Entry(text).names("op_1") is is_named


# evidence

ABOUT = "2026-11-22 15:46:27 [INFO] ktrdr: Completed operation: op_1"


def test_a_slice_that_names_the_operation_is_evidence_without_colours(log: Path, cut: LogSlice) -> None:
    write(log, f"{NEW}{WORKER_LINE}\n")
    attachment = log_attachment(cut, {"op_1", "op_2"})
    assert attachment is not None
    assert attachment.name == "Log of backend"
    assert attachment.text.splitlines() == [
        NEW.strip(),
        WORKER_LINE.replace("\x1b[91m", "").replace("\x1b[0m", ""),
    ]


def test_a_slice_of_others_is_no_evidence(log: Path, cut: LogSlice) -> None:
    write(log, f"{NEW}{ABOUT}1\n")
    assert log_attachment(cut, {"op_1"}) is None


def test_a_log_that_cannot_be_read_says_so_as_evidence(log: Path, cut: LogSlice) -> None:
    log.unlink()
    attachment = log_attachment(cut, {"op_1"})
    assert attachment is not None
    assert "cannot be read" in attachment.text


def test_of_a_long_slice_only_what_tells_something_is_evidence(log: Path, cut: LogSlice) -> None:
    write(log, f"{ABOUT}\n{NEW * 300}{BACKEND_LINE}\n{LATER}")
    attachment = log_attachment(cut, {"op_1"})
    assert attachment is not None
    assert attachment.text.splitlines() == ["(301 of 303 lines are left out)", ABOUT, BACKEND_LINE]


def test_evidence_has_at_most_200_lines_the_last_ones(log: Path, cut: LogSlice) -> None:
    write(log, f"{ABOUT}\n" * 400 + f"{ABOUT} at last\n")
    attachment = log_attachment(cut, {"op_1"})
    assert attachment is not None
    lines = attachment.text.splitlines()
    assert (len(lines), lines[0], lines[-1]) == (200, "(202 of 401 lines are left out)", f"{ABOUT} at last")
