"""Logs: what a service wrote about an operation or a request of the scenario, and what it did not write.

A line is the scenario's only by its operation, its worker or its request, never by its time. Nothing is
absent from a log in which no line of the scenario could be found: it may be another log, or one that nobody
writes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

from ktrdr_acceptance.api.backend import Backend
from ktrdr_acceptance.evidence.log_lines import (
    entries_of_request,
    errors_of,
    line_about,
    saving,
    stages_of_request,
)
from ktrdr_acceptance.evidence.log_source import LogPlace, UnreadableLog
from ktrdr_acceptance.evidence.logs import Entry, LogSlice
from ktrdr_acceptance.evidence.redaction import redacted
from ktrdr_acceptance.operations.operation import Operation
from ktrdr_acceptance.operations.operations import Operations
from ktrdr_acceptance.operations.waiting import Waiter, WaitFailed
from ktrdr_acceptance.target.base import BACKEND, IB_HOST, TRAINING_HOST

# Logs are written a moment after the answer; seconds.
WRITTEN_WITHIN = 5.0
# How long a log is watched for what must not stand there, from when it has been read; seconds.
WATCHED_FOR = 0.3
ITS_WORKER = "its worker"
# How a service is spoken of, and its name.
PLACES = {
    "the backend": BACKEND,
    "the IB host": IB_HOST,
    "the training host": TRAINING_HOST,
    ITS_WORKER: ITS_WORKER,
}
# Entries, lines of each and characters of a line that a failure quotes.
_MOST_SHOWN, _LONGEST_LINE = 5, 240


@dataclass
class Logs:
    """What steps say about the target's logs; each slice begins with the scenario."""

    places: Mapping[str, LogPlace | Path]
    backend: Backend
    operations: Operations
    waiter: Waiter
    # The slices of a run, cut for this scenario; without them it has its own.
    run_slices: Mapping[str, LogSlice] | None = None
    _slices: Mapping[str, LogSlice] = field(init=False)

    def __post_init__(self) -> None:
        if self.run_slices is None:
            self._slices = {service: LogSlice(service, place) for service, place in self.places.items()}
        else:
            self._slices = self.run_slices

    def missing(self, services: Iterable[str]) -> str:
        """Return in words which log is not known, or an empty text. Raises UnreadableLog."""
        if not self._slices:
            return "the target's logs are not known (setting logs)"
        for service in services:
            if service not in self._slices:
                return f"the log of {service} is not known (setting logs)"
            self._slices[service].text()
        return ""

    def prove_readable(self) -> str:
        """Have the backend log a request of ours and find it; return its id. Raises UnreadableLog."""
        log = self._of(BACKEND)
        request_id = self.backend.logged_request()
        self._first(log, lambda entry: entry.names(request_id), f"the request {request_id} just made")
        return request_id

    # operations

    def shows(self, place: str, line: str, operation: Operation) -> None:
        """Wait until the log of a place shows one of the `LINES` about an operation."""
        log, wanted = self._at(place, operation), line_about(operation.id, line)
        self.waiter.eventually(
            log.entries,
            lambda entries: any(wanted.search(entry.text) for entry in entries),
            within=WRITTEN_WITHIN,
            expected=f"the log of {log.service} to show the {line} of operation {operation.id}",
            describe=lambda entries: _about(entries, operation),
        )

    def shows_no(self, place: str, line: str, operation: Operation) -> None:
        """Require that the log of a place, where it speaks of an operation, shows none of the `LINES`."""
        wanted = line_about(operation.id, line)
        self._never(
            self._that_speaks_of(place, operation),
            operation,
            lambda entries: [entry for entry in entries if wanted.search(entry.text)],
            f"no {line} of operation {operation.id}",
        )

    def shows_no_error(self, place: str, operation: Operation) -> None:
        """Require that the log of a place, which speaks of an operation, shows no error of it."""
        worker = self.operations.worker_of(operation) if operation.kind.worker_types else None
        names = [worker.name, worker.service, worker.base_url] if worker else []
        self._never(
            self._that_speaks_of(place, operation),
            operation,
            lambda entries: errors_of(
                operation.id, entries, at_worker=PLACES[place] == ITS_WORKER, worker=names
            ),
            f"no error of operation {operation.id}",
        )

    def shows_error_naming(self, place: str, text: str, operation: Operation) -> None:
        """Wait until the log of a place shows an error of an operation that names `text`."""
        log = self._at(place, operation)
        self._first(
            log,
            lambda entry: entry.is_error and entry.names(operation.id) and text in entry.text,
            f"an error of operation {operation.id} that names {text!r}",
            failed=WaitFailed,
        )

    def shows_saved_bars(self, operation: Operation) -> None:
        """Wait until the backend's log shows that bars of an operation's symbol were saved.

        KTRDR does not name the operation there, only what it saved.
        """
        asked = operation.calibration
        wanted = saving(asked.symbol, asked.timeframe)

        def saved(entries: list[Entry]) -> bool:
            began = [place for place, entry in enumerate(entries) if wanted.search(entry.text)]
            return (
                any("Successfully saved" in entry.text for entry in entries[began[0] :]) if began else False
            )

        self.waiter.eventually(
            self._of(BACKEND).entries,
            saved,
            within=WRITTEN_WITHIN,
            expected=f"the log of {BACKEND} to show that bars of {asked.symbol} {asked.timeframe} were saved",
            describe=lambda entries: _shown([e for e in entries if "to cache" in e.text]) or "no bars saved",
        )

    # requests

    def shows_request(self, request_id: str) -> None:
        """Wait until the backend's log shows when a request began and how it ended."""
        self.waiter.eventually(
            self._of(BACKEND).entries,
            lambda entries: len(stages_of_request(request_id, entries)) > 1,
            within=WRITTEN_WITHIN,
            expected=f"the log of {BACKEND} to show the beginning and the end of the request {request_id}",
            describe=lambda entries: ", ".join(stages_of_request(request_id, entries)) or "no line of it",
        )

    def errors_of_request(self, request_id: str) -> list[str]:
        """Return what the backend wrote as an error while it dealt with a request."""
        return [entry.head for entry in self._entries_of_request(request_id) if entry.is_error]

    def stack_traces_of_request(self, request_id: str) -> list[str]:
        """Return the stack traces that the backend wrote while it dealt with a request."""
        return [_shown([entry]) for entry in self._entries_of_request(request_id) if entry.has_stack_trace]

    def _entries_of_request(self, request_id: str) -> list[Entry]:
        """Return the entries from a request's first line to the first line of a request made after it."""
        self.shows_request(request_id)
        later = self.prove_readable()
        return entries_of_request(request_id, later, self._of(BACKEND).entries())

    def request_with_password(self) -> tuple[str, str]:
        """Make a request with a password in it; return its id and the password."""
        password = uuid4().hex
        return self.backend.logged_request(password=password), password

    def entries_with(self, secret: str) -> list[str]:
        """Return the entries of the backend's log that hold a secret, without it, up to one made now."""
        self.prove_readable()
        entries = self._of(BACKEND).entries()
        return [entry.head.replace(secret, "***") for entry in entries if secret in entry.text]

    @property
    def slices(self) -> list[LogSlice]:
        """Return what each service has written since the scenario began."""
        return list(self._slices.values())

    def _of(self, service: str) -> LogSlice:
        if reason := self.missing([service]):
            raise UnreadableLog(reason)
        return self._slices[service]

    def _at(self, place: str, operation: Operation) -> LogSlice:
        service = PLACES[place]
        return self._of(self.operations.worker_of(operation).service if service == ITS_WORKER else service)

    def _that_speaks_of(self, place: str, operation: Operation) -> LogSlice:
        """Return the log of a place once it names the operation: it is the right one, and it is written."""
        log = self._at(place, operation)
        self._first(log, lambda entry: entry.names(operation.id), f"any line about operation {operation.id}")
        return log

    def _first(
        self,
        log: LogSlice,
        wanted: Callable[[Entry], bool],
        what: str,
        failed: type[Exception] = UnreadableLog,
    ) -> None:
        try:
            self.waiter.eventually(
                log.entries,
                lambda entries: any(map(wanted, entries)),
                within=WRITTEN_WITHIN,
                expected=f"the log of {log.service} ({log.where}) to show {what}",
                describe=lambda entries: f"{len(entries)} entries since the scenario began",
            )
        except WaitFailed as failure:
            raise failed(str(failure)) from failure

    def _never(
        self,
        log: LogSlice,
        operation: Operation,
        wrong: Callable[[list[Entry]], list[Entry]],
        expected: str,
    ) -> None:
        def reason(entries: list[Entry]) -> str | None:
            found = wrong(entries)
            return f"it shows {len(found)}: {_shown(found)}" if found else None

        self.waiter.never(
            log.entries,
            reason,
            during=WATCHED_FOR,
            expected=f"the log of {log.service} to show {expected}",
            describe=lambda entries: _about(entries, operation),
        )


def _about(entries: list[Entry], operation: Operation) -> str:
    named = sum(entry.names(operation.id) for entry in entries)
    return f"{len(entries)} entries since the scenario began, {named} of them about {operation.id}"


def _shown(entries: list[Entry]) -> str:
    texts = [redacted(entry.text) for entry in entries[:_MOST_SHOWN]]
    lines = [line for text in texts for line in text.splitlines()[:_MOST_SHOWN]]
    return "\n".join(line if len(line) <= _LONGEST_LINE else f"{line[:_LONGEST_LINE]} ..." for line in lines)
