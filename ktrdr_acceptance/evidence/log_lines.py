"""How KTRDR's generation S writes what the logs are asked for, and which of its entries belong to what."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ktrdr_acceptance.evidence.logs import Entry

# What can be looked for about an operation, and how KTRDR writes it (`{id}` is the operation's).
LINES = {
    "remote proxy": r"Registered remote proxy(?: for operation|:) {id}",
    "bridge": r"Registered (?:(?:local|training|backtest) )+bridge for operation {id}",
    "cancellation": r"Cancelled operation: {id}",
    # Only the worker writes it, once the work itself has ended.
    "stop": r"(?:Training|Backtest) operation {id} cancelled",
    "completion": r"Completed operation: {id}|OPERATION COMPLETED: {id}",
}
NO_EVENT_LOOP = "no running event loop"
NO_CONNECTION = re.compile(
    r"connection refused|connection attempts failed|connect(?:ion)? ?time(?:d )?out"
    r"|readtimeout|no answer within"
    # Of a container that is not there, or is cut off, not even the name is known.
    r"|name or service not known|temporary failure in name resolution|no address associated|no route to host",
    re.IGNORECASE,
)
CLOSING = re.compile(r"(?:Completed|Failed|Cancelled) operation: |operation \S+ cancelled|OPERATION [A-Z]+: ")
ANY_OPERATION = re.compile(
    r"(?<![\w-])(?:op_[a-z_]+_\d|host_training_|worker_(?:training|backtest)_[0-9a-f])[\w-]*"
)
# In a line of JSON a quote follows it.
REQUEST_ID = re.compile(r'request_id=([^\s"\\]+)')


def line_about(operation_id: str, line: str) -> re.Pattern[str]:
    """Return how KTRDR writes one of the `LINES` about an operation."""
    return re.compile(LINES[line].format(id=re.escape(operation_id) + r"(?![\w-])"))


def saving(symbol: str, timeframe: str) -> re.Pattern[str]:
    """Return how KTRDR writes that it saves bars, of which there is at least one."""
    return re.compile(rf"Saving [1-9]\d* rows to cache: {re.escape(symbol)} {re.escape(timeframe)}(?!\w)")


def errors_of(
    operation_id: str, entries: list[Entry], *, at_worker: bool, worker: Iterable[str] = ()
) -> list[Entry]:
    """Return the entries that are errors of an operation: of those that name it or its `worker`.

    At its worker also those that name nothing, from the first line about it to the one that closes it. A
    missing event loop is an old defect of KTRDR that names nothing: it counts wherever it stands.
    """
    named = [place for place, entry in enumerate(entries) if entry.names(operation_id)]
    its_own = set(named)
    if at_worker and named:
        closing = [place for place in named if CLOSING.search(entries[place].text)]
        its_own |= set(range(named[0], closing[-1] + 1 if closing else len(entries)))
    its_own |= {place for place, entry in enumerate(entries) if any(map(entry.names, worker))}
    return [
        entry
        for place, entry in enumerate(entries)
        if ((place in its_own and _is_error(entry)) or NO_EVENT_LOOP in entry.text)
        and (entry.names(operation_id) or not ANY_OPERATION.search(entry.text))
    ]


def entries_of_request(request_id: str, later: str, entries: list[Entry]) -> list[Entry]:
    """Return the entries of a request, from its first line to the first of a `later` one.

    Those that name another request, or an operation, are left out.
    """
    begun = [place for place, entry in enumerate(entries) if entry.names(request_id)]
    ended = [place for place, entry in enumerate(entries) if entry.names(later)]
    return [
        entry
        for entry in entries[begun[0] : ended[0]]
        if {*REQUEST_ID.findall(entry.head)} <= {request_id} and not ANY_OPERATION.search(entry.head)
    ]


def stages_of_request(request_id: str, entries: list[Entry]) -> list[str]:
    """Return what the backend says of a request: started, and completed or failed."""
    return [
        found[1]
        for entry in entries
        if entry.names(request_id) and (found := re.search(r"Request (\w+): ", entry.head))
    ]


def _is_error(entry: Entry) -> bool:
    return entry.is_error or entry.has_stack_trace or NO_CONNECTION.search(entry.text) is not None
