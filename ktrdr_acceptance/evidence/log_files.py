"""Logs that are files: read on from a cursor, through rotation.

A cursor is a place in a file, never a time: byte offset, the file's identity and the bytes before the offset,
so that a log that was moved away (rotated) is followed, and one that was emptied or replaced is noticed.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from ktrdr_acceptance.evidence.log_source import LogReader, UnreadableLog

# Bytes before the cursor by which a file is recognised: enough for the times of the last lines to differ.
_MARK = 256


@dataclass(frozen=True)
class LogFile:
    """A log that is a file."""

    path: Path

    def problem(self) -> str:
        """Return in words why it cannot be read; empty if it can."""
        return "" if self.path.is_file() and os.access(self.path, os.R_OK) else str(self.path)

    def reader(self, service: str) -> LogReader:
        """Return a reader at the file's end."""
        return FileReader(service, self.path)


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


class FileReader:
    """Reads one log file on from a cursor."""

    def __init__(self, service: str, path: Path) -> None:
        self.service = service
        self.path = path
        self.go_to_end()

    @property
    def where(self) -> str:
        """Return the file's path."""
        return str(self.path)

    @property
    def was_there(self) -> bool:
        """Return whether there was a file when its end was last looked for."""
        return self._cursor.inode != 0

    @property
    def is_within_a_line(self) -> bool:
        """Return whether the byte before the cursor is not the end of its line."""
        return self._cursor.mark[-1:] not in (b"", b"\n")

    def go_to_end(self) -> None:
        """Set the cursor behind the last byte."""
        self._cursor = cursor_at_end(self.path)
        self._stat: tuple[int, ...] = ()

    def read_on(self, into: bytearray) -> None:
        """Add what was written since, file by file, oldest first; the cursor goes along."""
        try:
            self._read_on(into)
        except OSError as problem:
            raise UnreadableLog(
                f"the log of {self.service} cannot be read: {self.path} ({problem.strerror})"
            ) from None

    def _read_on(self, into: bytearray) -> None:
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
                self._read_file(path, into)
                self._cursor = Cursor()
        self._read_file(self.path, into)
        self._stat = seen

    def _read_file(self, path: Path, into: bytearray) -> None:
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
        into += read
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
