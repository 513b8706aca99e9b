"""The slice of a service's log that was written since it was cut, as entries."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from ktrdr_acceptance.evidence.log_files import LogFile
from ktrdr_acceptance.evidence.log_source import LogPlace, UnreadableLog
from ktrdr_acceptance.verdict.model import Attachment

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

    def __init__(self, service: str, place: LogPlace | Path) -> None:
        self.service = service
        self._reader = (LogFile(place) if isinstance(place, Path) else place).reader(service)
        self._begin_with(b"")

    def _begin_with(self, unseen: bytes) -> None:
        self._written = bytearray(unseen)
        # Why lines of before may be lost; and whether `unseen` has told it already.
        self._lost, self._is_told = "", False
        self._note_begin()

    def _note_begin(self) -> None:
        # Where in what was written the slice begins, and how much of it `unseen` has given.
        self._begin, self._seen = len(self._written), 0
        # The end of a line that was being written when the slice was cut is not of this slice.
        self._begins_within_a_line = self._reader.is_within_a_line

    @property
    def where(self) -> str:
        """Return where the log is, in words."""
        return self._reader.where

    def cut(self) -> None:
        """Begin the slice anew, where the log ends now; after a loss the log is followed from here."""
        was_there = self._reader.was_there
        try:
            self._catch_up()
        except UnreadableLog as problem:
            lost = self._lost or ("" if self._is_told or not was_there else str(problem))
            whole, newline, _ = self._written[self._seen :].rpartition(b"\n")
            self._reader.go_to_end()
            self._begin_with(bytes(whole + newline))
            self._lost = lost
            return
        del self._written[: self._seen]
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
        return bytes(given), lost

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
        self._reader.read_on(self._written)


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
