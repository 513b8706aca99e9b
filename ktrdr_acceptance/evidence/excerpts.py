"""What the services' logs say about what a scenario did: few lines, by operation, worker and request."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from ktrdr_acceptance.evidence.log_lines import errors_of
from ktrdr_acceptance.evidence.log_source import UnreadableLog
from ktrdr_acceptance.evidence.logs import Entry, LogSlice
from ktrdr_acceptance.evidence.redaction import redacted
from ktrdr_acceptance.operations.operation import Operation

_MOST_LINES, _LONGEST_LINE = 4, 240
_WORDS = re.compile(r"[\w-]+")
# The training host's own name for what it does on behalf of an operation.
_HOST_SESSION = re.compile(r"(?<![\w-])host_training_[\w-]+")


@dataclass(frozen=True)
class Excerpt:
    """The lines of one service's log that tell most."""

    service: str
    lines: tuple[str, ...]

    def __iter__(self) -> Iterator[str]:
        yield from (f"log of {self.service}: {line}" for line in self.lines)


def logged_so_far(slices: list[LogSlice]) -> dict[str, int]:
    """Return how many entries each log has; of one that cannot be read nothing is said yet."""
    found: dict[str, int] = {}
    for log in slices:
        with contextlib.suppress(UnreadableLog):
            found[log.service] = len(log.entries())
    return found


def excerpts(
    slices: list[LogSlice], operations: list[Operation], requests: set[str], logged: Mapping[str, int]
) -> list[Excerpt]:
    """Return what each log says about these operations and requests, errors before anything else.

    `logged` are the entries until the failure; of what was written later only errors count. Of the backend
    and of the operations' workers it is said too if they say nothing.
    """
    read: dict[str, list[Entry]] = {}
    found: list[Excerpt] = []
    for log in slices:
        try:
            read[log.service] = log.entries()
        except UnreadableLog as problem:
            found.append(Excerpt(log.service, (str(problem),)))
    names = _with_sessions({operation.id for operation in operations} | requests, read.values())
    workers = {operation.worker.service: operation for operation in operations if operation.worker}
    called = {*workers, *(operation.worker.name for operation in workers.values() if operation.worker)}
    for service, entries in read.items():
        at_worker = service in workers
        told = _naming(names, entries)
        errors = [
            entry
            for operation in operations
            for entry in errors_of(operation.id, entries, at_worker=at_worker, worker=called)
        ]
        errors += [entry for entry in told if entry.is_error or entry.level == "WARNING"]
        if lines := _lines(errors) or _lines(_naming(names, entries[: logged.get(service)])[-2:]):
            found.append(Excerpt(service, lines))
        elif operations and (at_worker or service == "backend"):
            found.append(Excerpt(service, ("nothing about what the scenario started",)))
    found += [Excerpt(name, ("not known (setting logs)",)) for name in workers if read and name not in read]
    return found


def names_in_logs(slices: list[LogSlice], names: set[str]) -> set[str]:
    """Return the names by which logs speak of what has these: the training host has some of its own."""
    read: list[list[Entry]] = []
    for log in slices:
        with contextlib.suppress(UnreadableLog):
            read.append(log.entries())
    return _with_sessions(names, read)


def _with_sessions(names: set[str], logs: Iterable[list[Entry]]) -> set[str]:
    sessions = (
        session
        for entries in logs
        for entry in entries
        if (found := _HOST_SESSION.findall(entry.text)) and _names_one_of(names, entry)
        for session in found
    )
    return names | set(sessions)


def _naming(names: set[str], entries: list[Entry]) -> list[Entry]:
    return [entry for entry in entries if _names_one_of(names, entry)]


def _names_one_of(names: set[str], entry: Entry) -> bool:
    return not names.isdisjoint(_WORDS.findall(entry.text))


def _lines(entries: list[Entry]) -> tuple[str, ...]:
    """Return the heads of entries, each once; of a stack trace also its last line, which says what it was."""
    lines = [
        line
        for entry in dict.fromkeys(entries)
        for line in (entry.head, *([entry.text.splitlines()[-1].strip()] if entry.has_stack_trace else []))
    ]
    # Before a line is cut: half of a secret is not known as one.
    shown = [redacted(line) for line in lines[:_MOST_LINES]]
    if len(lines) > _MOST_LINES:
        shown[-1] = f"({len(lines) - _MOST_LINES + 1} more such lines)"
    return tuple(map(_shortened, shown))


def _shortened(line: str) -> str:
    return line if len(line) <= _LONGEST_LINE else f"{line[:_LONGEST_LINE]} ..."
