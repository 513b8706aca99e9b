"""Operations as steps speak of them: look, wait, cancel, put back."""

from __future__ import annotations

import itertools
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from ktrdr_acceptance.api.backend import Backend
from ktrdr_acceptance.api.errors import Refusal, read_refusal, refusal_expected
from ktrdr_acceptance.api.generations import operation_id_of
from ktrdr_acceptance.api.http import Answer
from ktrdr_acceptance.api.models import CancelBody, OperationBody, read
from ktrdr_acceptance.api.worker import Worker
from ktrdr_acceptance.faults import ConfigurationFault, EnvironmentFault
from ktrdr_acceptance.operations.history import History, Observation, Recorder
from ktrdr_acceptance.operations.lifecycle import ACTIVE, Status
from ktrdr_acceptance.operations.observation import in_words, observation, place_in_words, require_id
from ktrdr_acceptance.operations.operation import Kind, Operation
from ktrdr_acceptance.operations.waiting import Cadence, Waiter, WaitFailed
from ktrdr_acceptance.undo import Undo

# How long an undo may take until the operation has ended; seconds.
_UNDO_WITHIN = 15.0
# How KTRDR says that it has no bars (data repository and loader).
_NO_BARS = re.compile(r"no data found|data not found|\.csv not found", re.IGNORECASE)
_MOST_PLACES = 5
_HOLD_LEAST, _HOLD_MOST, _HOLD_MARGIN = 0.5, 30.0, 1.2


@dataclass
class Operations:
    """Access to operations at the backend and at the workers, with everything seen taken down."""

    backend: Backend
    # The workers that do operations of a kind.
    workers: Callable[[Kind], list[Worker]]
    waiter: Waiter
    cache_ttl: float
    undo: Undo = field(default_factory=Undo)
    recorder: Recorder = field(default_factory=Recorder)
    started: list[Operation] = field(default_factory=list)
    ours: set[str] = field(default_factory=set)
    on_look: Callable[[Operation, Observation], None] = lambda _operation, _seen: None

    def attempt(
        self, planned: Callable[[str, float], Operation], name: str, ask: Callable[[], Answer]
    ) -> Operation | Refusal:
        """Ask for an operation by `ask`; return it, or the refusal. Its undo is registered first.

        `planned` makes the operation from its id and the moment of the request.
        """
        started: list[Operation] = []
        lost = False

        def put_back() -> None:
            if lost:
                raise AssertionError("its start was asked for but no id came back; look for it by hand")
            for operation in started:
                self._end(operation)

        self.undo.register(f"end the {name}", put_back)
        asked_at = time.monotonic()
        lost = True
        answer = ask()
        if not answer.ok:
            lost = False
            return read_refusal(answer)
        operation = planned(operation_id_of(answer), asked_at)
        lost = False
        started.append(operation)
        self.started.append(operation)
        self.ours.add(operation.id)
        return operation

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

    def eventually(
        self,
        operation: Operation,
        status: Status,
        *,
        within: float,
        also: Callable[[OperationBody], bool] = lambda _body: True,
        expected: str = "",
    ) -> OperationBody:
        """Wait until an operation is shown as `status`; stop early once it cannot be any more."""

        reasons: list[str] = []

        def bail(body: OperationBody) -> str | None:
            if body.status.is_terminal and body.status != status:
                reasons.append(self._reason_of(operation, body))
                said = f" ({reasons[0]})" if reasons[0] else ""
                return f"it has ended as {body.status}{said} and will not change any more"
            if body.status.is_terminal:
                return f"it has ended as {body.status}, too early for what was awaited"
            return None

        try:
            return self.waiter.eventually(
                lambda: self.look(operation),
                lambda body: body.status == status and also(body),
                within=within,
                expected=expected
                or f"{operation.kind} {operation.id} to be {status} at {self._asked(operation)}",
                describe=in_words,
                cadence=self.cadence(operation),
                bail=bail,
            )
        except WaitFailed as failure:
            if reasons and _NO_BARS.search(reasons[0]):
                raise ConfigurationFault(
                    f"{failure}\nthe target has no bars for this {operation.kind}: "
                    "`ktrdr-acceptance testdata write DIR` makes some for its data folder"
                ) from failure
            raise

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

    def _reason_of(self, operation: Operation, body: OperationBody) -> str:
        """Return why an operation failed: the backend's word or, where it has none, the worker's."""
        if body.error_message or body.status != Status.FAILED:
            return body.error_message or ""
        try:
            worker = self._find_worker(operation, set())
            return worker.operation(operation.id).error_message or "" if worker else ""
        except (AssertionError, EnvironmentFault):
            return ""

    def cancel(self, operation: Operation) -> None:
        """Cancel an operation where it was asked for; the cancel must be acknowledged."""
        operation.percentage_at_cancel = self.look(operation).progress.percentage
        acknowledged = read(CancelBody, self._cancel_answer(operation), "data")
        if acknowledged.operation_id != operation.id or acknowledged.status != Status.CANCELLED:
            raise AssertionError(
                f"{self._asked(operation)} answered the cancel of {operation.id} with the status "
                f"{acknowledged.status} of {acknowledged.operation_id}"
            )

    def _asked(self, operation: Operation) -> str:
        return f"worker {operation.home.name}" if operation.home else "the backend"

    def _cancel_answer(self, operation: Operation) -> Answer:
        return (operation.home or self.backend).cancel_answer(operation.id)

    def refusal_of_cancel(self, operation: Operation) -> Refusal:
        """Return the refusal of a cancel that must be refused."""
        return refusal_expected(self._cancel_answer(operation), f"the cancel of {operation.id}")

    def stays_cancelled(self, operation: Operation) -> None:
        """Watch every copy until the work would have ended by itself; raise when one stops being cancelled.

        The window is the remaining time by the calibration plus 20 %, from 0.5 to 30 s: the GPU host of
        generation S keeps its copy cancelled until the rest of the training is over, and only then turns it
        to completed.
        """
        remaining = operation.expected_s * (1 - operation.percentage_at_cancel / 100)
        during = min(max(remaining * _HOLD_MARGIN, _HOLD_LEAST), _HOLD_MOST)
        sources = self._copies_of(operation)
        operation.cancel_seen_at = operation.cancel_seen_at or time.monotonic()

        def wrong(copies: list[OperationBody]) -> str | None:
            for source, body in zip(sources, copies, strict=True):
                if body.status == Status.CANCELLED:
                    continue
                if source is None:
                    return f"the backend shows {in_words(body)}: a late result overwrote the cancel"
                return (
                    f"worker {source.name} ({source.base_url}) shows {in_words(body)} while the "
                    "backend still says cancelled: the cancel did not stop the work. Look at what the "
                    "worker's cancel route stops besides its own record of the operation"
                )
            return None

        self.waiter.never(
            lambda: [self.look(operation, source) for source in sources],
            wrong,
            during=during,
            expected=f"operation {operation.id} to stay cancelled at the backend and at its worker",
            describe=lambda copies: " | ".join(
                f"{source.name if source else 'backend'}: {in_words(body)}"
                for source, body in zip(sources, copies, strict=True)
            ),
        )

    def _copies_of(self, operation: Operation) -> list[Worker | None]:
        """Return where there are copies of an operation; None is the backend."""
        if operation.home:
            return [operation.home]
        return [None, self.worker_of(operation)] if operation.kind.worker_types else [None]

    def moves_since_cancelled(self, operation: Operation) -> list[str]:
        """Return each change of progress, at either copy, since the operation was first seen cancelled."""
        if operation.cancel_seen_at is None:
            raise LookupError("the operation has not been seen as cancelled")
        moves: list[str] = []
        for source in self._copies_of(operation):
            history = self.history(operation, source)
            seen = history.since(operation.cancel_seen_at)
            if not seen:
                moves.append(f"{history.service}: never looked at")
            elif len({one.place for one in seen}) > 1:
                places = [place for place, _ in itertools.groupby(map(place_in_words, seen))]
                shown = places if len(places) <= _MOST_PLACES else [*places[:2], "...", *places[-2:]]
                moves.append(f"{history.service}: {' -> '.join(shown)}")
        return moves

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

    def at_worker(self, operation: Operation) -> OperationBody:
        """Return the copy of the service that does, or did, the work."""
        worker = self.worker_of(operation) if operation.kind.worker_types else None
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

    def _end(self, operation: Operation) -> None:
        try:
            if self.look(operation).status.is_terminal:
                return
        except (AssertionError, EnvironmentFault):
            # A lookup that cannot be read must not leave the work running: it is cancelled, then told.
            self._cancel_answer(operation)
            raise
        answer = self._cancel_answer(operation)
        said = (
            "after its cancel" if answer.ok else f"although its cancel was refused ({read_refusal(answer)})"
        )
        self.waiter.eventually(
            lambda: self.look(operation),
            lambda body: body.status.is_terminal,
            within=_UNDO_WITHIN,
            expected=f"operation {operation.id} to end {said}",
            describe=in_words,
            cadence=self.cadence(operation),
            interruptible=False,
        )
