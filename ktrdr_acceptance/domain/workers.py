"""Workers: which are registered, which are free, what they say of themselves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from ktrdr_acceptance.api.backend import Backend
from ktrdr_acceptance.api.http import ServiceClient
from ktrdr_acceptance.api.models import WorkerBody, WorkerHealth
from ktrdr_acceptance.api.worker import Worker
from ktrdr_acceptance.faults import EnvironmentFault
from ktrdr_acceptance.operations.operation import Kind, Operation
from ktrdr_acceptance.operations.operations import Operations
from ktrdr_acceptance.operations.waiting import Waiter, WaitFailed

# The states of a worker that can be reached (contract 1.2).
STATES = ("available", "busy")
UNAVAILABLE = "temporarily_unavailable"
NOT_REGISTERED = "not registered"

# Gets a look at the states of workers, and returns what it brings.
Beside = Callable[[Callable[[], dict[str, str]]], dict[str, str]]


@dataclass
class Workers:
    """What steps say about workers. A worker is learned from the backend, never configured."""

    backend: Backend
    connect: Callable[[str, str], ServiceClient]
    waiter: Waiter
    # The ids of all operations that this run has started.
    ours: set[str] = field(default_factory=set)
    # False where the backend does all work itself (generations O and N).
    register: bool = True
    # What the target calls the worker with an id and a URL.
    service_at: Callable[[str, str], str] = lambda worker_id, _url: worker_id
    unreachable: set[str] = field(default_factory=set)
    # The ids and URLs under which each service was seen as a worker.
    _seen_as: dict[str, set[str]] = field(default_factory=dict)
    _clients: dict[str, Worker] = field(default_factory=dict)

    def registered(self) -> list[WorkerBody]:
        """Return all registered workers."""
        return self.backend.workers() if self.register else []

    def registered_if_any_register(self) -> list[WorkerBody] | None:
        """Return all registered workers; None where the backend does all work itself."""
        return self.registered() if self.register else None

    def service_of(self, row: WorkerBody) -> str:
        """Return what the target calls a registered worker."""
        service = self.service_at(row.worker_id, row.endpoint_url)
        self._seen_as.setdefault(service, set()).update((row.worker_id, row.endpoint_url))
        return service

    def listed_services(self) -> list[str]:
        """Return what the target calls the registered workers of every kind."""
        return [self.service_of(row) for row in self.registered()]

    def services(self, kind: Kind) -> list[str]:
        """Return what the target calls the registered workers that do operations of a kind."""
        return [self.service_of(row) for row in self.of(kind)]

    def seen_as(self, service: str) -> set[str]:
        """Return the ids and URLs under which a service was seen as a worker."""
        return self._seen_as.get(service, set())

    def of(self, kind: Kind) -> list[WorkerBody]:
        """Return the registered workers that do operations of a kind."""
        return [row for row in self.registered() if row.worker_type in kind.worker_types]

    def clients(self, kind: Kind) -> list[Worker]:
        """Return a client for each registered worker that does operations of a kind."""
        return [self.client(row) for row in self.of(kind)]

    def lacking(self, kind: Kind) -> list[str]:
        """Return what the entries of a kind lack; one sentence if there is no entry.

        Raises EnvironmentFault if a worker that is listed as unavailable is so.
        """
        rows = self.of(kind)
        if not rows:
            return [f"no {kind} worker is listed"]
        if any(row.status == UNAVAILABLE and self._health(row) is None for row in rows):
            raise EnvironmentFault(self._silence())
        return [
            f"{row.worker_id}: {what}"
            for row in rows
            for what, has in (
                ("no address", row.endpoint_url.startswith("http")),
                (f"the state {row.status!r}", row.status in STATES),
            )
            if not has
        ]

    def listed_twice(self) -> list[str]:
        """Return the names and addresses that more than one registered worker has."""
        named = Counter(name for row in self.registered() for name in (row.worker_id, row.endpoint_url))
        return [f"{name} ({count} times)" for name, count in named.items() if count > 1]

    def free(self, kind: Kind, within: float) -> Worker:
        """Return a worker of a kind, once one is free."""
        return self.client(self.wait_for_free(kind, within))

    def client(self, row: WorkerBody) -> Worker:
        """Return the client for one registered worker; the same for the same address."""
        key = f"{row.worker_id} {row.endpoint_url}"
        if key not in self._clients:
            self._clients[key] = Worker(self.connect(row.worker_id, row.endpoint_url), self.service_of(row))
        return self._clients[key]

    def wait_until_ready(self, kind: Kind, within: float) -> None:
        """Wait until work of a kind can start: where work runs on workers, until one is free."""
        if self.register:
            self.wait_for_free(kind, within)

    def wait_for_free(self, kind: Kind, within: float) -> WorkerBody:
        """Wait until some worker of a kind is available at the backend and idle by its own word."""
        seen: dict[str, WorkerBody] = {}
        try:
            found = self.waiter.eventually(
                lambda: self._first_free(kind, seen),
                lambda row: row is not None,
                within=within,
                expected=f"a {kind} worker to be free",
                describe=lambda row: f"{row.worker_id} is free" if row else self._states(kind),
            )
        except WaitFailed as failure:
            if self._all_silent(self.of(kind) or list(seen.values())):
                raise EnvironmentFault(f"{self._silence()}\n{failure}") from failure
            if foreign := self._foreign_work(kind):
                cure = "let it end, or run against another KTRDR"
                raise EnvironmentFault(
                    f"every {kind} worker is busy with the work of others ({foreign}): {cure}\n{failure}",
                    cure=cure,
                ) from failure
            raise
        assert found is not None
        return found

    def wait_until_rid_of(self, operation: Operation, operations: Operations, within: float) -> None:
        """Wait until whoever did an operation is free again: its worker, or the backend itself."""
        if self.register:
            self.wait_until_free(operations.worker_of(operation), within)
            return
        self.waiter.eventually(
            lambda: self.backend.operations(active_only=True, limit=1000).ids,
            lambda ids: operation.id not in ids,
            within=within,
            expected=f"the backend to be at work on {operation.id} no more",
            describe=lambda ids: f"at work on {', '.join(ids) or 'nothing'}",
        )

    def wait_until_free(self, worker: Worker, within: float) -> None:
        """Wait until one worker is available at the backend and idle by its own word."""
        self.waiter.eventually(
            lambda: self._state_of(worker),
            lambda state: state == ("available", "idle"),
            within=within,
            expected=f"worker {worker.name} to be available at the backend and idle by its own word",
            describe=lambda state: (
                f"{state[0]} at the backend" + (f", {state[1]} by its own word" if state[1] else "")
            ),
        )

    def wait_until_all_free(self, kind: Kind, within: float) -> None:
        """Wait until every worker of a kind is, one after the other."""
        for worker in self.clients(kind):
            self.wait_until_free(worker, within)

    def wait_until_shown(self, worker: Worker, states: tuple[str, ...], within: float) -> None:
        """Wait until the backend lists one worker in one of these states."""
        self.waiter.eventually(
            lambda: self._states_of([worker.service])[worker.service],
            lambda state: state in states,
            within=within,
            expected=f"worker {worker.name} to be listed as {' or '.join(states)}",
        )

    def wait_until_listed(self, names: list[str], within: float) -> None:
        """Wait until the backend lists each of these services as a worker that can be reached."""
        self.waiter.eventually(
            lambda: self._states_of(names),
            lambda states: all(state in STATES for state in states.values()),
            within=within,
            expected=f"every worker to be listed again ({', '.join(names)})",
            describe=lambda states: ", ".join(f"{name} {state}" for name, state in states.items()),
        )

    def wait_until_unavailable(self, names: list[str], within: float, beside: Beside) -> None:
        """Wait until the backend lists all of these services as unavailable workers.

        `beside` is given each look, and does what is to be done meanwhile.
        """
        self.waiter.eventually(
            lambda: beside(lambda: self._states_of(names)),
            lambda states: set(states.values()) == {UNAVAILABLE},
            within=within,
            expected=f"all of {', '.join(names)} to be listed as {UNAVAILABLE}",
            describe=lambda states: ", ".join(f"{name} {state}" for name, state in states.items()),
        )

    def wait_until_busy_with(
        self, operation: Operation, operations: Operations, within: float
    ) -> WorkerHealth:
        """Wait until the worker of an operation says that it is busy with it."""
        worker = operations.worker_of(operation)
        return self.waiter.eventually(
            worker.health,
            lambda health: health.worker_status == "busy" and health.current_operation == operation.id,
            within=within,
            expected=f"worker {worker.name} to say that it is busy with operation {operation.id}",
            describe=lambda health: f"{health.worker_status}, operation {health.current_operation}",
        )

    def _first_free(self, kind: Kind, seen: dict[str, WorkerBody]) -> WorkerBody | None:
        rows = self.of(kind)
        seen.update((row.worker_id, row) for row in rows)
        for row in rows:
            if row.status == "available" and (health := self._health(row)) and health.worker_status == "idle":
                return row
        return None

    def _health(self, row: WorkerBody) -> WorkerHealth | None:
        """Return what a worker says of itself; None if it is silent, which another worker may make good."""
        try:
            return self.client(row).health()
        except EnvironmentFault as fault:
            self.unreachable.add(str(fault))
            return None

    def _all_silent(self, rows: list[WorkerBody]) -> bool:
        """Return whether there are workers but none of them answers from here.

        The backend drops those that are silent for long; to drop one that answers is its own fault.
        """
        return bool(rows) and all(self._health(row) is None for row in rows)

    def _silence(self) -> str:
        return f"registered workers do not answer: {'; '.join(sorted(self.unreachable))}"

    def _foreign_work(self, kind: Kind) -> str:
        """Return which work of others occupies every worker of a kind, or an empty text."""
        rows = self.of(kind)
        foreign = [
            row for row in rows if row.current_operation_id and row.current_operation_id not in self.ours
        ]
        if not rows or len(foreign) < len(rows):
            return ""
        return ", ".join(f"{row.worker_id}: {row.current_operation_id}" for row in foreign)

    def _state_of(self, worker: Worker) -> tuple[str, str]:
        """Return a worker's state at the backend and by its own word, with what it says to work at.

        One that is not listed is not asked: it would take us for the backend's health check, without which it
        registers.
        """
        listed = self._states_of([worker.service])[worker.service]
        if listed == NOT_REGISTERED:
            return listed, ""
        health = worker.health()
        still = f" with {health.current_operation}" if health.current_operation else ""
        return listed, health.worker_status + still

    def _states_of(self, names: list[str]) -> dict[str, str]:
        """Return in which state the backend lists each of these services as a worker."""
        listed = {self.service_of(row): row.status for row in self.registered()}
        return {name: listed.get(name, NOT_REGISTERED) for name in names}

    def _states(self, kind: Kind) -> str:
        states = [f"{row.worker_id} {row.status}" for row in self.of(kind)] or ["none registered"]
        return ", ".join([*states, *sorted(self.unreachable)])
