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
_NOT_CONNECTED = re.compile("not connected", re.IGNORECASE)


@dataclass
class Deeds:
    """The operations and requests of one scenario, and what it switched off."""

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
    # By what names the services go that it switched off.
    switched: tuple[str, ...] = ()

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
        if self._explains_by_switching(entry):
            return True
        if _FAILED.search(entry.text):
            return self._explains_by_failure(service, entry)
        return self._explains_by_refusal(within, named)

    def _explains_by_failure(self, service: str, entry: Entry) -> bool:
        """Return whether an entry tells of a failure that the scenario saw, once in each log."""
        found = _FAILED.search(entry.text)
        if not found or found[1] not in self.failures or (service, found[1]) in self._told:
            return False
        reasons = self.failures[found[1]]
        said = found[2] or ""
        if reasons and not any(reason in said or said in reason for reason in reasons):
            return False
        self._told.add((service, found[1]))
        return True

    def _explains_by_switching(self, entry: Entry) -> bool:
        """Return whether an entry says that a service is not reached which the scenario switched off."""
        if not (NO_CONNECTION.search(entry.text) or _NOT_CONNECTED.search(entry.text)):
            return False
        text = entry.text.lower()
        return any(name in text for name in self.switched)


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
    )
