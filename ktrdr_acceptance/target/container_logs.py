"""The log of a container, read through the engine from one of its timestamps on.

The engine stamps each line with nanoseconds, all written alike, so that stamps compare as texts. A container
that is started again goes on with the same log.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from ktrdr_acceptance.evidence.log_source import LogReader, UnreadableLog
from ktrdr_acceptance.faults import EnvironmentFault

_STAMP = re.compile(rb"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z) ")
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
    """Reads on from the stamp of the last line that was read, and its place among those of that stamp."""

    def __init__(self, service: str, container: Logged) -> None:
        self.service = service
        self._container = container
        self._stamp = b""
        self._read_of_stamp = 0
        self.go_to_end()

    @property
    def where(self) -> str:
        """Return the container's name."""
        return f"container {self._container.name}"

    @property
    def was_there(self) -> bool:
        """Return whether there was a line when the end was last looked for."""
        return bool(self._stamp)

    @property
    def is_within_a_line(self) -> bool:
        """The engine gives whole lines."""
        return False

    def go_to_end(self) -> None:
        """Go on from behind the last line that is there."""
        try:
            written = self._container.log(newest=1)
            if found := _STAMP.match(written):
                stamp = found[1]
                with_it = self._container.log(since=_moment(stamp)).split(b"\n")
                self._stamp = stamp
                self._read_of_stamp = sum(line.startswith(stamp) for line in with_it)
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
            into += line + b"\n"

    def _new_lines(self) -> list[bytes]:
        written = self._container.log(since=_moment(self._stamp) if self._stamp else None)
        new: list[bytes] = []
        of_stamp = 0
        before, already = self._stamp, self._read_of_stamp
        for line in written.split(b"\n"):
            found = _STAMP.match(line)
            if not found or found[1] < before:
                continue
            stamp = found[1]
            of_stamp = of_stamp + 1 if stamp == self._stamp else 1
            self._stamp = stamp
            if stamp == before and of_stamp <= already:
                continue
            text = line[found.end() :]
            new.append(_STAMP.sub(b"", text) if len(text) > _CUT_AFTER else text)
        self._read_of_stamp = max(of_stamp, already if self._stamp == before else 0)
        return new


def _moment(stamp: bytes) -> float:
    """Return a stamp as seconds since 1970, not later than it: microseconds are cut, not rounded."""
    whole, _, part = stamp.decode().rstrip("Z").partition(".")
    seconds = datetime.fromisoformat(whole).replace(tzinfo=UTC).timestamp()
    # A float of today's seconds is exact to a quarter of a microsecond.
    return seconds + int(part[:6]) / 1e6 - 1e-6
