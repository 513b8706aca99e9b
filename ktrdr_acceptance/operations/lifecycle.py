"""The states of an operation and the ways between them (KTRDR: ktrdr/api/models/operations.py)."""

from __future__ import annotations

from enum import StrEnum


class Status(StrEnum):
    """Status of an operation, as KTRDR spells it."""

    PENDING = "pending"
    RESUMING = "resuming"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_terminal(self) -> bool:
        """True once the operation has ended."""
        return self in TERMINAL


TERMINAL = frozenset({Status.COMPLETED, Status.FAILED, Status.CANCELLED})
ACTIVE = frozenset(Status) - TERMINAL

_NEXT = {
    Status.PENDING: {Status.RUNNING, *TERMINAL},
    Status.RESUMING: {Status.RUNNING, *TERMINAL},
    Status.RUNNING: set(TERMINAL),
}


def is_allowed(before: Status, after: Status) -> bool:
    """Return whether an operation seen as `before` may next be seen as `after`.

    An ended operation stays as it ended: a resume is another request, which forgets the history first.
    """
    return before == after or after in _NEXT.get(before, set())
