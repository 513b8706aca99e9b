"""The slice of a service's log that was written since a cursor, as entries.

A cursor is a place in a file, never a time: byte offset, the file's identity and the bytes before the offset,
so that a log that was moved away (rotated) is followed, and one that was emptied or replaced is noticed.
"""

from __future__ import annotations

import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path

from ktrdr_acceptance.faults import EnvironmentFault
from ktrdr_acceptance.verdict.model import Attachment

# Bytes before the cursor by which a file is recognised: enough for the times of the last lines to differ.
_MARK = 256
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
_LEVELS = "DEBUG|INFO|WARNING|ERROR|CRITICAL|FATAL"
_DATE = r"\[?\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d"
# Before a line, `docker compose logs` writes the name of the container.
_CONTAINER = re.compile(rf"^(?!(?:{_LEVELS})\b)[A-Za-z][\w.-]*\s+\|\s")
# A line with a date, one of uvicorn's or one of JSON begins an entry; any other goes on with the one before.
_HEAD = re.compile(rf"^(?:{_DATE}|(?:{_LEVELS}):\s|(?:{_LEVELS})\s+\||\{{)")
# KTRDR's two forms, uvicorn's, and others that the programs around it use; the date may be Docker's own.
_LEVEL = re.compile(
    rf"\[({_LEVELS})\s*\]|\|\s*({_LEVELS})\s*\||^({_LEVELS})(?::\s|\s+\|)"
    rf"|^{_DATE}\S*\s+(?:-\s+)?(?:[\w.]+\s+-\s+)?({_LEVELS})(?=[\s:|])"
)
_JSON_LEVEL = re.compile(rf'"(?:level|levelname|severity|log_level)":\s*"({_LEVELS})"', re.IGNORECASE)
# The second is how Python ends when it is broken itself.
_TRACES = ("Traceback (most recent call last)", "(most recent call first)")


class UnreadableLog(EnvironmentFault):
    """A log of which nothing can be said, so that no absence can be shown in it."""


@dataclass(frozen=True)
class Entry:
    """One entry of a log, without colours: its first line and those that go on with it (a stack trace)."""

    text: str

    @property
    def level(self) -> str:
        """The entry's level; empty if it names none."""
        found = (_JSON_LEVEL if self.head.startswith("{") else _LEVEL).search(self.head)
        return next(filter(None, found.groups()), "").upper() if found else ""

    @property
    def head(self) -> str:
        """The first line."""
        return self.text.partition("\n")[0]

    @property
    def is_error(self) -> bool:
        """Whether it is of level ERROR or worse."""
        return self.level in ("ERROR", "CRITICAL", "FATAL")

    @property
    def has_stack_trace(self) -> bool:
        """Whether a stack trace goes with it."""
        return any(trace in self.text for trace in _TRACES)

    def names(self, word: str) -> bool:
        """Whether `word` stands there as a whole: `op_1` is not named by `op_10`."""
        return re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", self.text) is not None


@dataclass(frozen=True)
class Cursor:
    """A place in a file; `mark` are the bytes before it. A file that was not there has no identity."""

    device: int = 0
    inode: int = 0
    offset: int = 0
    mark: bytes = b""


def cursor_at_end(path: Path) -> Cursor:
    """Return the place behind the last line of a log; the beginning if there is no such file yet."""
    if path.is_fifo():
        return Cursor()
    try:
        with path.open("rb") as file:
            found = os.fstat(file.fileno())
            start = max(0, found.st_size - _MARK)
            file.seek(start)
            mark = file.read(found.st_size - start)
            return Cursor(found.st_dev, found.st_ino, start + len(mark), mark)
    except OSError:
        # Reading it later tells why; a log that its service has yet to make is read from its beginning.
        return Cursor()


def entries_in(text: str, keep_rest: bool = False) -> list[Entry]:
    """Return the entries of a text; lines before the first head belong to an entry that is not there.

    With `keep_rest` they are an entry all the same, without a level.
    """
    entries: list[list[str]] = []
    for line in text.splitlines():
        plain = _CONTAINER.sub("", _COLOURS.sub("", line))
        if _HEAD.match(plain):
            entries.append([plain])
        elif entries:
            entries[-1].append(plain)
        elif keep_rest:
            entries.append([plain])
    return [Entry("\n".join(lines)) for lines in entries]


class LogSlice:
    """What one service has written to its log since the slice was cut; a run cuts it anew for each scenario.

    Beside it goes `unseen`, which gives every line of the run once, also those between two scenarios.
    """

    def __init__(self, service: str, path: Path) -> None:
        self.service = service
        self.path = path
        self._begin_at_end()

    def _begin_at_end(self, unseen: bytes = b"") -> None:
        self._cursor = cursor_at_end(self.path)
        self._stat: tuple[int, ...] = ()
        self._written = unseen
        # Why lines of before may be lost; and whether `unseen` has told it already.
        self._lost, self._is_told = "", False
        # Where in what was written the slice begins, and how much of it `unseen` has given.
        self._begin, self._seen = len(unseen), 0
        self._note_begin()

    def _note_begin(self) -> None:
        # The end of a line that was being written when the slice was cut is not of this slice.
        self._begins_within_a_line = self._cursor.mark[-1:] not in (b"", b"\n")

    def cut(self) -> None:
        """Begin the slice anew, where the log ends now; after a loss the log is followed from here."""
        was_there = self._cursor.inode != 0
        try:
            self._catch_up()
        except UnreadableLog as problem:
            lost = self._lost or ("" if self._is_told or not was_there else str(problem))
            whole, newline, _ = self._written[self._seen :].rpartition(b"\n")
            self._begin_at_end(whole + newline)
            self._lost = lost
            return
        self._written = self._written[self._seen :]
        self._begin, self._seen = len(self._written), 0
        self._note_begin()

    def unseen(self, *, to_the_end: bool = False) -> tuple[bytes, str]:
        """Return the whole lines not given before and, once for each loss, why some may be missing.

        With `to_the_end` also the line that has no end yet: nobody comes back for it.
        """
        lost, self._lost = self._lost, ""
        try:
            self._catch_up()
        except UnreadableLog as problem:
            lost = lost or ("" if self._is_told else str(problem))
            self._is_told = True
        whole, newline, rest = self._written[self._seen :].rpartition(b"\n")
        given = whole + newline + (rest if to_the_end else b"")
        self._seen += len(given)
        return given, lost

    def entries(self) -> list[Entry]:
        """Return the entries so far. Raises UnreadableLog."""
        return entries_in(self.text())

    def text(self) -> str:
        """Return the whole lines so far. Raises UnreadableLog if some may be missing."""
        self._catch_up()
        written = self._written[self._begin :]
        if self._begins_within_a_line:
            written = written.partition(b"\n")[2]
        whole, newline, _ = written.rpartition(b"\n")
        return (whole + newline).decode("utf-8", errors="replace")

    def _catch_up(self) -> None:
        try:
            self._read_on()
        except OSError as problem:
            raise UnreadableLog(
                f"the log of {self.service} cannot be read: {self.path} ({problem.strerror})"
            ) from None

    def _read_on(self) -> None:
        """Take over what was written since the cursor, file by file, oldest first; the cursor goes along."""
        current = self.path.stat()
        if stat.S_ISFIFO(current.st_mode):
            # Opening it would wait for somebody to write.
            raise UnreadableLog(f"the log of {self.service} cannot be read: {self.path} is a pipe, no file")
        # From before the reading: what is written meanwhile makes the next one differ.
        seen = (current.st_dev, current.st_ino, current.st_size, current.st_mtime_ns)
        if seen == self._stat:
            return
        if self._cursor.inode and (current.st_dev, current.st_ino) != (
            self._cursor.device,
            self._cursor.inode,
        ):
            for path in self._moved_away():
                self._read_file(path)
                self._cursor = Cursor()
        self._read_file(self.path)
        self._stat = seen

    def _read_file(self, path: Path) -> None:
        """Take over what follows the cursor in one file."""
        cursor = self._cursor
        with path.open("rb") as file:
            file.seek(cursor.offset - len(cursor.mark))
            if file.read(len(cursor.mark)) != cursor.mark:
                raise UnreadableLog(
                    f"the log of {self.service} ({path}) was emptied or replaced since the scenario began: "
                    "lines of it may be lost"
                )
            read = file.read()
            found = os.fstat(file.fileno())
        self._written += read
        mark = (cursor.mark + read)[-_MARK:]
        self._cursor = Cursor(found.st_dev, found.st_ino, cursor.offset + len(read), mark)

    def _moved_away(self) -> list[Path]:
        """Return the files that the log was moved to since the cursor, oldest first."""
        found = [(path, path.stat()) for path in self.path.parent.glob(f"{self.path.name}.*")]
        ours = [(path, facts.st_mtime_ns) for path, facts in found if facts.st_ino == self._cursor.inode]
        if not ours:
            raise UnreadableLog(
                f"the log of {self.service} ({self.path}) is another file since the scenario began, and the "
                "old one is not beside it: lines of it may be lost"
            )
        moved, moved_at = ours[0]
        later = [
            # Of two that ended at the same time the one with the lower number is the newer.
            (facts.st_mtime_ns, -int(number) if (number := path.suffix[1:]).isdigit() else 0, path)
            for path, facts in found
            if path != moved and facts.st_mtime_ns >= moved_at
        ]
        return [moved, *(path for *_, path in sorted(later))]


_MOST_LINES = 200
_WORDS = re.compile(r"[\w-]+")


def log_attachment(log: LogSlice, names: set[str]) -> Attachment | None:
    """Return what a slice holds as evidence, or nothing if it names no operation or request of `names`.

    Of a long one only the entries that name one, and warnings and errors.
    """
    title = f"Log of {log.service}"
    try:
        entries = log.entries()
    except UnreadableLog as problem:
        return Attachment(title, "text/plain", str(problem))
    telling = {entry for entry in entries if not names.isdisjoint(_WORDS.findall(entry.text))}
    if not telling:
        return None
    lines = [line for entry in entries for line in entry.text.splitlines()]
    if len(lines) > _MOST_LINES:
        told = [entry for entry in entries if entry in telling or entry.is_error or entry.level == "WARNING"]
        shown = [line for entry in told for line in entry.text.splitlines()][-_MOST_LINES + 1 :]
        lines = [f"({len(lines) - len(shown)} of {len(lines)} lines are left out)", *shown]
    return Attachment(title, "text/plain", "\n".join(lines))
