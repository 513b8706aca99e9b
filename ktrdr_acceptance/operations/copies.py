"""The copies of an operation, at the backend and at the worker that does the work; all looks are recorded."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from ktrdr_acceptance.api.backend import Backend
from ktrdr_acceptance.api.models import OperationBody, read
from ktrdr_acceptance.api.worker import Worker
from ktrdr_acceptance.faults import EnvironmentFault
from ktrdr_acceptance.operations.history import History, Observation, Recorder
from ktrdr_acceptance.operations.lifecycle import ACTIVE, Status
from ktrdr_acceptance.operations.observation import in_words, observation, place_in_words, require_id
from ktrdr_acceptance.operations.operation import Kind, Operation
from ktrdr_acceptance.operations.waiting import Cadence, Waiter, WaitFailed

# Seconds for clients to look within one period of the cache, and between two tries.
_LOOKED_WITHIN = 30.0
_BETWEEN_LOOKS = 0.005
_MOMENTS = 5


@dataclass
class Copies:
    """Access to operations at the backend and at the workers."""

    backend: Backend
    # The workers that do operations of a kind.
    workers: Callable[[Kind], list[Worker]]
    waiter: Waiter
    cache_ttl: float
    # True where the backend does all work itself (generations O and N).
    backend_works: bool = field(default=False, kw_only=True)
    recorder: Recorder = field(default_factory=Recorder, kw_only=True)
    on_look: Callable[[Operation, Observation], None] = field(
        default=lambda _operation, _seen: None, kw_only=True
    )

    def look(self, operation: Operation, worker: Worker | None = None) -> OperationBody:
        """Return the copy of the service that was asked for the operation, or that of `worker`."""
        source = worker or operation.home or self.backend
        body = source.operation(operation.id)
        require_id(body, operation.id, source.name)
        seen = observation(body, time.monotonic())
        self.recorder.see(operation.id, source.name, seen)
        self.on_look(operation, seen)
        return body

    def history(self, operation: Operation, worker: Worker | None = None) -> History:
        """Return what has been seen of an operation where it was asked for, or at `worker`."""
        return self.recorder.history(operation.id, (worker or operation.home or self.backend).name)

    def cadence(self, operation: Operation) -> Cadence:
        """Return how often there is something new to say about an operation: only the backend has a cache."""
        return Cadence(ttl=0.0 if operation.home else self.cache_ttl)

    def copies_of(self, operation: Operation) -> list[Worker | None]:
        """Return where there are copies of an operation; None is the backend."""
        if operation.home:
            return [operation.home]
        return [None, self.worker_of(operation)] if self.has_worker(operation) else [None]

    def has_worker(self, operation: Operation) -> bool:
        """Return whether a worker does the work of an operation."""
        return bool(operation.kind.worker_types) and not self.backend_works

    def worker_of(self, operation: Operation) -> Worker:
        """Return the worker that has a copy of an operation; asks all of its kind until one has."""
        operation.worker = operation.worker or operation.home
        if operation.worker is None:
            silent: set[str] = set()
            try:
                operation.worker = self.waiter.eventually(
                    lambda: self._find_worker(operation, silent),
                    lambda worker: worker is not None,
                    within=5,
                    expected=f"one of the workers to know {operation.kind} {operation.id}",
                    describe=lambda worker: worker.name if worker else "no worker knows it",
                )
            except WaitFailed as failure:
                if silent:
                    raise EnvironmentFault(f"{'; '.join(sorted(silent))}\n{failure}") from failure
                raise
        assert operation.worker is not None
        return operation.worker

    def copy_at_worker(self, operation: Operation) -> Worker | None:
        """Return the worker that has a copy of an operation now; None if none has or answers."""
        if operation.worker is None and self.has_worker(operation):
            operation.worker = self._find_worker(operation, set())
        return operation.worker

    def at_worker(self, operation: Operation) -> OperationBody:
        """Return the copy of the service that does, or did, the work."""
        worker = self.worker_of(operation) if self.has_worker(operation) else None
        return self.look(operation, worker)

    def _find_worker(self, operation: Operation, silent: set[str]) -> Worker | None:
        for worker in self.workers(operation.kind):
            try:
                answer = worker.operation_answer(operation.id)
            except EnvironmentFault as fault:
                # Another worker may have it; if none has, this one may be the one.
                silent.add(str(fault))
                continue
            if answer.ok:
                require_id(read(OperationBody, answer, "data"), operation.id, worker.name)
                return worker
        return None

    def ends_at_worker(self, operation: Operation, within: float | None = None) -> OperationBody:
        """Wait until the worker's copy has ended, without a look at the backend's: as long as it may take."""
        worker = self.worker_of(operation)
        return self.waiter.eventually(
            lambda: self.look(operation, worker),
            lambda body: body.status.is_terminal,
            within=operation.calibration.deadline_s if within is None else within,
            expected=f"{operation.kind} {operation.id} to end at worker {worker.name}",
            describe=in_words,
        )

    def look_until_worker_ends(self, operation: Operation) -> OperationBody:
        """Look at both copies, the backend's first, until the worker's has ended."""
        worker = self.worker_of(operation)

        def both() -> OperationBody:
            self.look(operation)
            return self.look(operation, worker)

        return self.waiter.eventually(
            both,
            lambda body: body.status.is_terminal,
            within=operation.calibration.deadline_s,
            expected=f"{operation.kind} {operation.id} to end at worker {worker.name}",
            describe=in_words,
        )

    def goes_on(self, operation: Operation, within: float) -> OperationBody:
        """Wait until the copy that does the work has come further than it is now, still running."""
        before = self.at_worker(operation)
        return self.waiter.eventually(
            lambda: self.at_worker(operation),
            lambda body: body.status in ACTIVE and _place(body) > _place(before),
            within=within,
            expected=f"{operation.kind} {operation.id} to go on from {in_words(before)}",
            describe=in_words,
            bail=lambda body: f"it has ended as {body.status}" if body.status.is_terminal else None,
        )

    def is_known(self, operation: Operation, within: float) -> OperationBody:
        """Wait until the backend knows an operation as one that has not ended."""
        return self.waiter.eventually(
            lambda: self.look(operation),
            lambda body: body.status in ACTIVE,
            within=within,
            expected=f"operation {operation.id} to be known and not ended",
            describe=in_words,
            cadence=self.cadence(operation),
        )

    def stays(self, operation: Operation, status: Status, during: float) -> None:
        """Look throughout `during` seconds where an operation was asked for; it must be shown as `status`."""
        self.waiter.never(
            lambda: self.look(operation),
            lambda body: None if body.status == status else f"it is shown as {in_words(body)}",
            during=during,
            expected=f"{operation.kind} {operation.id} to be shown as {status}",
            describe=in_words,
            cadence=self.cadence(operation),
        )

    def looks_at_once(self, operation: Operation, count: int) -> list[str]:
        """Have `count` clients look within one period of the backend's cache; return what each saw.

        The period begins with a look that sees something new, whose answer is among them: new since the look
        before, for others may have had the backend ask in between. Looks that took longer than the period
        may differ by right, so they are made again; not so when the operation has ended.
        """
        began, (last, _) = time.monotonic(), self._words(operation)

        def look_in_one_period() -> list[str]:
            nonlocal began, last
            since, before = began, last
            began, (last, has_ended) = time.monotonic(), self._words(operation)
            if last == before and not has_ended:
                return []
            seen = [last, *clients.map(lambda _: self._words(operation)[0], range(count))]
            return seen if has_ended or time.monotonic() - since < self.cache_ttl else []

        with ThreadPoolExecutor(max_workers=count) as clients:
            return self.waiter.eventually(
                look_in_one_period,
                bool,
                within=_LOOKED_WITHIN,
                expected=f"{count} clients to look at {operation.kind} {operation.id} within the "
                f"{self.cache_ttl:g} s for which the backend repeats itself, once it shows something new",
                # It is told only of a wait in vain, which saw no such looks.
                describe=lambda _seen: "nothing new, or looks that took longer",
                cadence=Cadence(every=_BETWEEN_LOOKS),
            )

    def differences_at_once(self, operation: Operation, count: int) -> list[str]:
        """Have `count` clients look at the same moment, several times over; return what they saw otherwise.

        Of two caches a single moment may ask the same one only.
        """
        moments = [set(self.looks_at_once(operation, count)) for _ in range(_MOMENTS)]
        return [" | ".join(sorted(seen)) for seen in moments if len(seen) > 1]

    def _words(self, operation: Operation) -> tuple[str, bool]:
        """Return what the backend shows of an operation, and whether it has ended."""
        body = self.backend.operation(operation.id)
        require_id(body, operation.id, self.backend.name)
        return f"{body.status}, {place_in_words(observation(body, 0.0))}", body.status.is_terminal

    def ahead_of_worker(self, operation: Operation) -> list[str]:
        """Look at both copies, the backend's first, until the work has ended; return where it was ahead."""
        worker = self.worker_of(operation)
        ahead: list[str] = []

        def both() -> OperationBody:
            at_backend, at_worker = self.look(operation), self.look(operation, worker)
            if _place(at_backend) > _place(at_worker):
                ahead.append(f"backend {in_words(at_backend)}, worker {in_words(at_worker)}")
            return at_backend

        self.waiter.eventually(
            both,
            lambda body: body.status.is_terminal,
            within=operation.calibration.deadline_s,
            expected=f"{operation.kind} {operation.id} to end",
            describe=in_words,
            cadence=self.cadence(operation),
        )
        return ahead


def _place(body: OperationBody) -> tuple[bool, bool, float]:
    """How far the work is; the percentage begins anew at a training's first epoch."""
    seen = observation(body, 0.0)
    return seen.status.is_terminal, seen.in_epochs, seen.percentage
