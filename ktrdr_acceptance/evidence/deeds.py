"""What a scenario did, as far as lines of a log can be its own or be expected of it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from ktrdr_acceptance.api.http import Exchange
from ktrdr_acceptance.evidence.log_lines import NO_CONNECTION
from ktrdr_acceptance.evidence.logs import Entry
from ktrdr_acceptance.operations.lifecycle import Status
from ktrdr_acceptance.operations.operation import Operation

_FAILED = re.compile(r"Failed operation: (\S+)(?: - (.*))?", re.DOTALL)
_BETWEEN = re.compile(r"[/?&=]")
# How it is said that there is no usable answer, if not that there was no connection; the last says no word.
_NO_USE = re.compile(
    r"not connected|no answer|\bthe answer\b|\bHTTP (?:error|status|\d{3})|\b[45]\d\d [A-Z][a-z]+|disconnect"
    r"|timed? ?out|reset by peer|broken pipe|redirect|\bJSON\b|Expecting value|from host service:\s*$",
    re.IGNORECASE,
)
_NO_SPACE = re.compile(r"no space left on device", re.IGNORECASE)


@dataclass
class Deeds:
    """The operations and requests of one scenario, and what it did to services."""

    operations: frozenset[str] = frozenset()
    requests: frozenset[str] = frozenset()
    # The URLs of those that were refused, by the id of the request.
    refused: dict[str, str] = field(default_factory=dict)
    # Operations that it saw as failed, with the reasons that were stated.
    failures: dict[str, set[str]] = field(default_factory=dict)
    # The names and addresses of the workers that had its operations.
    workers: frozenset[str] = frozenset()
    # The parts of all URLs that it asked for: an id among them was asked about.
    asked: frozenset[str] = frozenset()
    # By what names the services go that it did something to, and the operations that such a worker had.
    switched: tuple[str, ...] = ()
    bereft: frozenset[str] = frozenset()
    # Whether it left no room on the disk of the data folder.
    filled_disk: bool = False

    def __post_init__(self) -> None:
        # Each refused request and each failure explains one line of a log, no more.
        self._refused = dict(self.refused)
        self._told: set[tuple[str, str]] = set()

    def has(self, id: str) -> bool:
        """Return whether an id of a log is that of an operation or request of the scenario."""
        return id in self.operations or id in self.requests or id in self.workers or id in self.asked

    def _explains_by_refusal(self, around: Iterable[str], named: Iterable[str]) -> bool:
        """Return whether an error is that of a refused request which no other line has told.

        It stands within the request, or names what was asked for: of some requests KTRDR logs neither
        beginning nor end.
        """
        ids = tuple(named)
        for request, url in self._refused.items():
            if request in around or request in ids or not parts_of(url).isdisjoint(ids):
                del self._refused[request]
                return True
        return False

    def explains(self, service: str, entry: Entry, within: Iterable[str], named: Iterable[str]) -> bool:
        """Return whether the scenario itself expects an error: by a failure, a refusal or what it stopped.

        `within` are the requests that it stands within, `named` the ids that it names.
        """
        named = tuple(named)
        if self._explains_by_switching(entry, named):
            return True
        if self.filled_disk and _NO_SPACE.search(entry.text):
            return True
        if _FAILED.search(entry.text):
            return self._explains_by_failure(service, entry)
        return self._explains_by_refusal(within, named)

    def _explains_by_failure(self, service: str, entry: Entry) -> bool:
        """Return whether an entry tells of a failure that the scenario saw or caused, once in each log."""
        found = _FAILED.search(entry.text)
        if not found or (service, found[1]) in self._told:
            return False
        if found[1] not in self.failures and found[1] not in self.bereft:
            return False
        reasons = self.failures.get(found[1], set())
        said = found[2] or ""
        if reasons and not any(reason in said or said in reason for reason in reasons):
            return False
        self._told.add((service, found[1]))
        return True

    def _explains_by_switching(self, entry: Entry, named: Iterable[str]) -> bool:
        """Return whether an entry says that a service gives no usable answer which the scenario saw to.

        Either the entry names the service, or an operation that was at it when it was lost.
        """
        if not (NO_CONNECTION.search(entry.text) or _NO_USE.search(entry.text)):
            return False
        text = entry.text.lower()
        return any(name in text for name in self.switched) or not self.bereft.isdisjoint(named)


def parts_of(url: str) -> frozenset[str]:
    """Return the parts of a URL, so that an id is found there as a whole."""
    return frozenset(_BETWEEN.split(url))


def failures_in(exchanges: Iterable[Exchange]) -> dict[str, set[str]]:
    """Return the operations that were shown as failed, with the reasons that were stated."""
    failures: dict[str, set[str]] = {}
    for exchange in exchanges:
        body = exchange.response_body
        shown = body.get("data") if isinstance(body, dict) else None
        if isinstance(shown, dict) and shown.get("status") == Status.FAILED and shown.get("operation_id"):
            reasons = failures.setdefault(str(shown["operation_id"]), set())
            if reason := shown.get("error_message"):
                reasons.add(str(reason))
    return failures


def deeds_of(
    started: Iterable[Operation],
    exchanges: list[Exchange],
    seen_in_steps: int,
    switched: Iterable[str],
    bereft: Iterable[str] = (),
    *,
    filled_disk: bool = False,
) -> Deeds:
    """Return what a scenario did; a failure counts only if the steps' exchanges (the first) show it."""
    operations = list(started)
    workers = {
        name
        for operation in operations
        for worker in (operation.home, operation.worker)
        if worker is not None
        for name in (worker.name, worker.service, worker.base_url)
    }
    return Deeds(
        frozenset(operation.id for operation in operations),
        frozenset(exchange.request_id for exchange in exchanges),
        {one.request_id: one.url for one in exchanges if (one.status or 0) >= 400},
        failures_in(exchanges[:seen_in_steps]),
        frozenset(workers),
        frozenset().union(*(parts_of(url) for url in {exchange.url for exchange in exchanges})),
        tuple(switched),
        frozenset(bereft),
        filled_disk,
    )
