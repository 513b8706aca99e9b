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
from ktrdr_acceptance.operations.waiting import Cadence, Waiter, WaitFailed
from ktrdr_acceptance.testdata.calibration import TrainingCalibration
from ktrdr_acceptance.undo import Undo

# How long an undo may take until the operation has ended; seconds.
_UNDO_WITHIN = 15.0
# How KTRDR says that it has no bars (data repository and loader).
_NO_BARS = re.compile(r"no data found|data not found|\.csv not found", re.IGNORECASE)
_MOST_PLACES = 5
_HOLD_LEAST, _HOLD_MOST, _HOLD_MARGIN = 0.5, 30.0, 1.2


@dataclass
class Operation:
    """One operation that the suite started. Times are monotonic seconds, durations seconds."""

    id: str
    calibration: TrainingCalibration
    expected_s: float
    started_at: float
    worker: Worker | None = None
    cancel_seen_at: float | None = None
    percentage_at_cancel: float = 0.0


@dataclass
class Operations:
    """Access to operations at the backend and at the workers, with everything seen taken down."""

    backend: Backend
    workers: Callable[[], list[Worker]]
    waiter: Waiter
    cache_ttl: float
    undo: Undo = field(default_factory=Undo)
    recorder: Recorder = field(default_factory=Recorder)
    started: list[Operation] = field(default_factory=list)
    ours: set[str] = field(default_factory=set)
    on_look: Callable[[Operation, Observation], None] = lambda _operation, _seen: None

    def attempt(
        self, name: str, calibration: TrainingCalibration, expected_s: float, ask: Callable[[], Answer]
    ) -> Operation | Refusal:
        """Ask for an operation by `ask`; return it, or the refusal. Its undo is registered first."""
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
        operation = Operation(operation_id_of(answer), calibration, expected_s, asked_at)
        lost = False
        started.append(operation)
        self.started.append(operation)
        self.ours.add(operation.id)
        return operation

    def look(self, operation: Operation, worker: Worker | None = None) -> OperationBody:
        """Return the backend's copy of an operation, or that of `worker`."""
        source = worker or self.backend
        body = source.operation(operation.id)
        require_id(body, operation.id, source.name)
        seen = observation(body, time.monotonic())
        self.recorder.see(operation.id, source.name, seen)
        self.on_look(operation, seen)
        return body

    def history(self, operation: Operation, worker: Worker | None = None) -> History:
        """Return what has been seen of an operation at the backend, or at `worker`."""
        return self.recorder.history(operation.id, (worker or self.backend).name)

    @property
    def cadence(self) -> Cadence:
        """Return how often the backend has something new to say about an operation."""
        return Cadence(ttl=self.cache_ttl)

    def eventually(
        self,
        operation: Operation,
        status: Status,
        *,
        within: float,
        also: Callable[[OperationBody], bool] = lambda _body: True,
        expected: str = "",
    ) -> OperationBody:
        """Wait until the backend shows an operation as `status`; stop early once it cannot any more."""

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
                expected=expected or f"operation {operation.id} to be {status} at the backend",
                describe=in_words,
                cadence=self.cadence,
                bail=bail,
            )
        except WaitFailed as failure:
            if reasons and _NO_BARS.search(reasons[0]):
                raise ConfigurationFault(
                    f"{failure}\nthe target has no bars for this training: "
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
            cadence=self.cadence,
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
        """Cancel an operation at the backend, which must acknowledge it."""
        operation.percentage_at_cancel = self.look(operation).progress.percentage
        acknowledged = read(CancelBody, self.backend.cancel_answer(operation.id), "data")
        if acknowledged.operation_id != operation.id or acknowledged.status != Status.CANCELLED:
            raise AssertionError(
                f"the backend answered the cancel of {operation.id} with the status {acknowledged.status} "
                f"of {acknowledged.operation_id}"
            )

    def refusal_of_cancel(self, operation: Operation) -> Refusal:
        """Return the refusal of a cancel that must be refused."""
        return refusal_expected(self.backend.cancel_answer(operation.id), f"the cancel of {operation.id}")

    def stays_cancelled(self, operation: Operation) -> None:
        """Watch both copies until the work would have ended by itself; raise when one stops being cancelled.

        The window is the remaining time by the calibration plus 20 %, from 0.5 to 30 s: the GPU host of
        generation S keeps its copy cancelled until the rest of the training is over, and only then turns it
        to completed.
        """
        remaining = operation.expected_s * (1 - operation.percentage_at_cancel / 100)
        during = min(max(remaining * _HOLD_MARGIN, _HOLD_LEAST), _HOLD_MOST)
        worker = self.worker_of(operation)
        operation.cancel_seen_at = operation.cancel_seen_at or time.monotonic()

        def both() -> tuple[OperationBody, OperationBody]:
            return self.look(operation), self.look(operation, worker)

        def wrong(copies: tuple[OperationBody, OperationBody]) -> str | None:
            at_backend, at_worker = copies
            if at_backend.status != Status.CANCELLED:
                return f"the backend shows {in_words(at_backend)}: a late result overwrote the cancel"
            if at_worker.status != Status.CANCELLED:
                return (
                    f"worker {worker.name} ({worker.base_url}) shows {in_words(at_worker)} while the "
                    "backend still says cancelled: the cancel did not stop the work. Look at what the "
                    "worker's cancel route stops besides its own record of the operation"
                )
            return None

        self.waiter.never(
            both,
            wrong,
            during=during,
            expected=f"operation {operation.id} to stay cancelled at the backend and at its worker",
            describe=lambda copies: f"backend: {in_words(copies[0])} | worker: {in_words(copies[1])}",
        )

    def moves_since_cancelled(self, operation: Operation) -> list[str]:
        """Return each change of progress, at either copy, since the operation was first seen cancelled."""
        if operation.cancel_seen_at is None:
            raise LookupError("the operation has not been seen as cancelled")
        moves: list[str] = []
        for source in (self.backend, self.worker_of(operation)):
            seen = self.recorder.history(operation.id, source.name).since(operation.cancel_seen_at)
            if not seen:
                moves.append(f"{source.name}: never looked at")
            elif len({one.place for one in seen}) > 1:
                places = [place for place, _ in itertools.groupby(map(place_in_words, seen))]
                shown = places if len(places) <= _MOST_PLACES else [*places[:2], "...", *places[-2:]]
                moves.append(f"{source.name}: {' -> '.join(shown)}")
        return moves

    def worker_of(self, operation: Operation) -> Worker:
        """Return the worker that has a copy of an operation; asks all of them until one has."""
        if operation.worker is None:
            silent: set[str] = set()
            try:
                operation.worker = self.waiter.eventually(
                    lambda: self._find_worker(operation, silent),
                    lambda worker: worker is not None,
                    within=5,
                    expected=f"one of the workers to know operation {operation.id}",
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
        return self.look(operation, self.worker_of(operation))

    def _find_worker(self, operation: Operation, silent: set[str]) -> Worker | None:
        for worker in self.workers():
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
            self.backend.cancel_answer(operation.id)
            raise
        answer = self.backend.cancel_answer(operation.id)
        said = (
            "after its cancel" if answer.ok else f"although its cancel was refused ({read_refusal(answer)})"
        )
        self.waiter.eventually(
            lambda: self.look(operation),
            lambda body: body.status.is_terminal,
            within=_UNDO_WITHIN,
            expected=f"operation {operation.id} to end {said}",
            describe=in_words,
            cadence=self.cadence,
            interruptible=False,
        )
