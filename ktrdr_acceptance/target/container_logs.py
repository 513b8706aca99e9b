"""The log of a container, read through the engine from one of its timestamps on.

The engine stamps each line with nanoseconds, all written alike, so that stamps compare as texts. A container
that is started again goes on with the same log.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple, Protocol

from ktrdr_acceptance.evidence.log_source import LogReader, UnreadableLog
from ktrdr_acceptance.faults import EnvironmentFault

_STAMP = re.compile(rb"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z) ")
# Seconds by which a line may come late; and more than a float of such a moment can be wrong.
_LATE_S, _INEXACT_S = 0.5, 0.001
# Lines that are asked for at first; more only where that many are new.
_FIRST_ASKED = 1000
# Characters after which the engine cuts a line in two, each with a stamp.
_CUT_AFTER = 16 * 1024


class Logged(Protocol):
    """What has a log at the engine."""

    name: str

    def log(self, since: float | None = None, newest: int | None = None) -> bytes:
        """Return lines behind their stamps."""


@dataclass(frozen=True)
class ContainerLog:
    """The log of one container."""

    container: Logged

    def problem(self) -> str:
        """Return in words why it cannot be read; empty if it can."""
        try:
            self.container.log(newest=1)
        except EnvironmentFault as fault:
            return str(fault)
        return ""

    def reader(self, service: str) -> LogReader:
        """Return a reader at the log's end."""
        return ContainerReader(service, self.container)


class _Line(NamedTuple):
    """One line, and when the engine got it."""

    stamp: bytes
    text: bytes
    # Else the stamp stood within a line, and may be one that the service itself has written.
    is_stamped_first: bool


class ContainerReader:
    """Reads on from the newest stamp that was read.

    What a container writes to its two outputs reaches the engine by two ways, so that a line may come behind
    one of a later stamp: a little of what was read is asked for again each time, and known again.
    """

    def __init__(self, service: str, container: Logged) -> None:
        self.service = service
        self._container = container
        # The newest stamp, and the lines of before that may be given once more.
        self._newest = b""
        self._known: Counter[tuple[bytes, bytes]] = Counter()
        self.go_to_end()

    @property
    def where(self) -> str:
        """Return the container's name."""
        return f"container {self._container.name}"

    @property
    def was_there(self) -> bool:
        """Return whether there was a line when the end was last looked for."""
        return bool(self._newest)

    @property
    def is_within_a_line(self) -> bool:
        """The engine gives whole lines."""
        return False

    def go_to_end(self) -> None:
        """Go on from behind the last line that is there."""
        try:
            newest = self._container.log(newest=1)
            if found := _STAMP.match(newest):
                self._newest = found[1]
                self._new_lines()
        except EnvironmentFault:
            # Reading it later tells why.
            return

    def read_on(self, into: bytearray) -> None:
        """Add the lines that are new."""
        try:
            lines = self._new_lines()
        except EnvironmentFault as fault:
            raise UnreadableLog(f"the log of {self.service} cannot be read: {fault}") from None
        for line in lines:
            into += line.text + b"\n"

    def _new_lines(self) -> list[_Line]:
        """Return the lines that were not given before."""
        if self._newest:
            since = _moment(self._newest) - _LATE_S
            # From the end, for the engine looks for a moment from the log's beginning on.
            lines = _lines_of(self._container.log(since, newest=_FIRST_ASKED))
            if all(line.stamp != self._newest for line in lines):
                lines = _lines_of(self._container.log(since))
        else:
            lines = _lines_of(self._container.log())
        known, new = self._known.copy(), []
        for line in lines:
            if known[line.stamp, line.text]:
                known[line.stamp, line.text] -= 1
            else:
                new.append(line)
        if lines:
            self._newest = max(line.stamp for line in lines if line.is_stamped_first)
            from_here = _moment(self._newest) - _LATE_S - _INEXACT_S
            self._known = Counter(
                (line.stamp, line.text) for line in lines if _moment(line.stamp) >= from_here
            )
        return new


def _lines_of(written: bytes) -> list[_Line]:
    """Return the lines that the engine has written behind their stamps."""
    lines: list[_Line] = []
    for line in written.split(b"\n"):
        # The last line of a process that was killed has no end: the first of the next one follows at once.
        stamps = [found for found in _STAMP.finditer(line) if not found.start() or _is_later(found[1], line)]
        if not stamps or stamps[0].start():
            continue
        ends = [*(found.start() for found in stamps[1:]), len(line)]
        for found, end in zip(stamps, ends, strict=True):
            text = line[found.end() : end]
            if found.start() and len(lines[-1].text) >= _CUT_AFTER:
                lines[-1] = lines[-1]._replace(text=lines[-1].text + text)
            else:
                lines.append(_Line(found[1], text, not found.start()))
    return lines


def _is_later(stamp: bytes, line: bytes) -> bool:
    """Tell whether a stamp within a line is the engine's: one that a service writes is of before."""
    try:
        _moment(stamp)
    except ValueError:
        return False
    return stamp >= line[: len(stamp)]


def _moment(stamp: bytes) -> float:
    """Return a stamp as seconds since 1970."""
    whole, _, part = stamp.decode().rstrip("Z").partition(".")
    return datetime.fromisoformat(whole).replace(tzinfo=UTC).timestamp() + int(part) / 1e9
