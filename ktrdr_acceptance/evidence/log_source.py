"""Where the lines of a service's log come from: a file, or whatever runs the service."""

from __future__ import annotations

from typing import Protocol

from ktrdr_acceptance.faults import EnvironmentFault


class UnreadableLog(EnvironmentFault):
    """A log of which nothing can be said, so that no absence can be shown in it."""


class LogReader(Protocol):
    """Reads one service's log once, from a place onwards."""

    @property
    def where(self) -> str:
        """Return where it reads, in words."""

    @property
    def was_there(self) -> bool:
        """Return whether there was a log when its end was last looked for."""

    @property
    def is_within_a_line(self) -> bool:
        """Return whether the last byte that was read, or skipped, is not the end of its line."""

    def go_to_end(self) -> None:
        """Go on from behind the last byte that is there."""

    def read_on(self, into: bytearray) -> None:
        """Add what was written since, once. Raises UnreadableLog if some of it may be missing."""


class LogPlace(Protocol):
    """Where the log of one service is to be had."""

    def problem(self) -> str:
        """Return in words why it cannot be read; empty if it can."""

    def reader(self, service: str) -> LogReader:
        """Return a reader at the log's end."""
