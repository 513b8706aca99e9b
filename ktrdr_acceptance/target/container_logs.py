"""The log of a container, read through the engine from one of its timestamps on.

The engine stamps each line with nanoseconds, all written alike, so that stamps compare as texts. A container
that is started again goes on with the same log.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from ktrdr_acceptance.evidence.log_source import LogReader, UnreadableLog
from ktrdr_acceptance.faults import EnvironmentFault

_STAMP = re.compile(rb"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z) ")
# Seconds by which a line may come late; and more than a float of such a moment can be wrong.
_LATE_S, _INEXACT_S = 0.5, 0.001
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
        self._known: Counter[bytes] = Counter()
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
            text = line.partition(b" ")[2]
            into += (_STAMP.sub(b"", text) if len(text) > _CUT_AFTER else text) + b"\n"

    def _new_lines(self) -> list[bytes]:
        """Return the lines, with their stamps, that were not given before."""
        since = _moment(self._newest) - _LATE_S if self._newest else None
        lines = [line for line in self._container.log(since=since).split(b"\n") if _STAMP.match(line)]
        known, new = self._known.copy(), []
        for line in lines:
            if known[line]:
                known[line] -= 1
            else:
                new.append(line)
        if lines:
            self._newest = max(line.partition(b" ")[0] for line in lines)
            from_here = _moment(self._newest) - _LATE_S
            self._known = Counter(
                line for line in lines if _moment(line.partition(b" ")[0]) >= from_here - _INEXACT_S
            )
        return new


def _moment(stamp: bytes) -> float:
    """Return a stamp as seconds since 1970."""
    whole, _, part = stamp.decode().rstrip("Z").partition(".")
    return datetime.fromisoformat(whole).replace(tzinfo=UTC).timestamp() + int(part) / 1e9
