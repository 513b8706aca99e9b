"""Whose an entry of a log is: by the operation or the request that it names or that it stands within.

Never by the time printed in it. An entry that names nothing belongs to the requests that have begun and not
ended there and, where the work itself is done, to the operations that have.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from ktrdr_acceptance.evidence.log_lines import ANY_OPERATION, CLOSING, REQUEST_ID
from ktrdr_acceptance.evidence.logs import Entry

_REQUEST = re.compile(r"Request (started|completed|failed): (.*)")
_ROUTE = re.compile(r"method=(\S+) path=(\S+)")
# asyncio says so when the collector comes by, whoever is being worked for by then.
_LATE = "exception was never retrieved"
_STATUS = re.compile(r"status_code=(\d+)")


@dataclass(frozen=True)
class Placed:
    """An entry, the ids that it names, and those of what it stands within."""

    entry: Entry
    named: frozenset[str]
    requests: frozenset[str]
    # Operations that the log has named and not closed, and whether the work on them is done there.
    unfinished: frozenset[str]
    is_at_work: bool

    @property
    def around(self) -> frozenset[str]:
        """The requests and operations that it stands within."""
        return self.requests | self.unfinished if self.is_at_work else self.requests


@dataclass
class Places:
    """Goes through the entries of one log; `does_work` is whether its service does the work itself."""

    does_work: bool
    # HTTP statuses by request, as the log itself states them.
    statuses: dict[str, int] = field(default_factory=dict)

    def of(self, entries: Iterable[Entry]) -> Iterator[Placed]:
        """Yield each entry with what it belongs to."""
        requests: dict[str, None] = {}
        operations: dict[str, None] = {}
        for entry in entries:
            request = _REQUEST.search(entry.head)
            told = ANY_OPERATION.findall(entry.head)
            named = {*ANY_OPERATION.findall(entry.text), *REQUEST_ID.findall(entry.head)}
            if request:
                request_id = _id_of(request[2])
                named.add(request_id)
                requests[request_id] = None
            operations.update(dict.fromkeys(told))
            is_late = _LATE in entry.head
            within = frozenset(() if is_late else requests), frozenset(() if is_late else operations)
            yield Placed(entry, frozenset(named), *within, self.does_work)
            if request and request[1] != "started":
                del requests[request_id]
                if status := _STATUS.search(request[2]):
                    self.statuses[request_id] = int(status[1])
            if CLOSING.search(entry.head):
                for operation in told:
                    operations.pop(operation, None)


def _id_of(said: str) -> str:
    """Return a request's id; one that gave itself none goes by its route."""
    if found := REQUEST_ID.search(said):
        return found[1]
    route = _ROUTE.search(said)
    return f"{route[1]} {route[2]}" if route else said
