"""Operations as steps speak of them: start, wait, cancel, retry, put back."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from ktrdr_acceptance.api.errors import Refusal, read_refusal, refusal_expected
from ktrdr_acceptance.api.generations import operation_id_of
from ktrdr_acceptance.api.http import Answer
from ktrdr_acceptance.api.models import CancelBody, ContractBreach, OperationBody, accepted, read
from ktrdr_acceptance.api.worker import Worker
from ktrdr_acceptance.faults import EnvironmentFault
from ktrdr_acceptance.ledger import Ledger
from ktrdr_acceptance.operations.copies import Copies
from ktrdr_acceptance.operations.ending import end
from ktrdr_acceptance.operations.lifecycle import Status
from ktrdr_acceptance.operations.observation import asked_for, in_words, place_in_words, require_consistent
from ktrdr_acceptance.operations.operation import Operation
from ktrdr_acceptance.operations.symptoms import cause_of_failure, cause_of_no_progress
from ktrdr_acceptance.operations.waiting import WaitFailed
from ktrdr_acceptance.undo import Undo

_MOST_PLACES = 5
_HOLD_LEAST, _HOLD_MOST, _HOLD_MARGIN = 0.5, 30.0, 1.2


@dataclass
class Operations(Copies):
    """Operations from their start to their end, and what undoes them."""

    undo: Undo = field(default_factory=Undo)
    started: list[Operation] = field(default_factory=list)
    ours: set[str] = field(default_factory=set)
    ledger: Ledger = field(default_factory=Ledger)

    def attempt(
        self, planned: Callable[[str, float], Operation], name: str, ask: Callable[[], Answer | Refusal | str]
    ) -> Operation | Refusal:
        """Ask for an operation by `ask`; return it, or the refusal. Its undo is registered first.

        `planned` makes the operation from its id and the moment of the request. What is asked for otherwise
        than over HTTP gives the id itself, or the refusal.
        """
        started: list[Operation] = []
        lost = True

        def put_back() -> None:
            if lost:
                raise AssertionError("its start was asked for but no id came back; look for it by hand")
            for operation in started:
                end(self, operation)
                self.ledger.undone(operation.id)

        self.undo.register(f"end the {name}", put_back)
        asked_at, at = time.monotonic(), datetime.now(UTC).isoformat(timespec="milliseconds")
        # No other request's key, of this scenario or a later one: what is lost must stay in the ledger.
        request = f"request {uuid4().hex} for a {name}"
        self.ledger.begun(request, backend=self.backend.base_url, asked=name, at=at)
        answer = ask()
        if isinstance(answer, Answer) and not answer.ok:
            answer = read_refusal(answer)
        if isinstance(answer, Refusal):
            lost = False
            self.ledger.undone(request)
            return answer
        operation_id = operation_id_of(answer) if isinstance(answer, Answer) else answer
        operation = replace(planned(operation_id, asked_at), start_took_s=getattr(answer, "elapsed_s", 0.0))
        lost, is_new = False, operation.id not in self.ours
        self._take_down(operation)
        self.ledger.undone(request)
        started.append(operation)
        self.started.append(operation)
        self.ours.add(operation.id)
        if not is_new:
            raise ContractBreach(f"the start of a {name} was answered with an earlier id: {operation.id}")
        return operation

    def _take_down(self, operation: Operation) -> None:
        """Have a run that comes after a kill find the operation."""
        home = operation.home
        at_worker = {"worker": home.name, "worker_url": home.base_url} if home else {}
        facts = {"backend": self.backend.base_url, "id": operation.id, "kind": operation.kind, **at_worker}
        self.ledger.begun(operation.id, **facts)

    def eventually(
        self,
        operation: Operation,
        status: Status,
        *,
        within: float,
        also: Callable[[OperationBody], bool] = lambda _body: True,
        expected: str = "",
        beside: Callable[[Callable[[], OperationBody]], OperationBody] = lambda look: look(),
    ) -> OperationBody:
        """Wait until an operation is shown as `status`; stop early once it cannot be any more.

        `beside` makes each look, and may do something else at the same moment.
        """

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
            body = self.waiter.eventually(
                lambda: beside(lambda: self.look(operation)),
                lambda body: body.status == status and also(body),
                within=within,
                expected=expected
                or f"{operation.kind} {operation.id} to be {status} at {self._asked(operation)}",
                describe=in_words,
                cadence=self.cadence(operation),
                bail=bail,
            )
        except WaitFailed as failure:
            cause = cause_of_failure(operation, "".join(reasons))
            if status is Status.RUNNING:
                cause = cause or cause_of_no_progress(operation, self.history(operation))
            if cause:
                raise cause.fault(f"{failure}\n") from failure
            raise
        require_consistent(body)
        return body

    def percentages(self, operation: Operation) -> list[float]:
        """Return the distinct percentages seen.

        Raises ConfigurationFault if the operation was over too soon to be seen on its way.
        """
        history = self.history(operation)
        if cause := cause_of_no_progress(operation, history):
            raise cause.fault(f"{operation.kind} {operation.id}: ", f"\nseen:\n{history.lines()}")
        return history.percentages()

    def _reason_of(self, operation: Operation, body: OperationBody) -> str:
        """Return why an operation failed: the backend's word or, where it has none, the worker's."""
        if body.error_message or body.status != Status.FAILED:
            return body.error_message or ""
        try:
            worker = self._find_worker(operation, set())
            return worker.operation(operation.id).error_message or "" if worker else ""
        except (AssertionError, EnvironmentFault):
            return ""

    def cancel(self, operation: Operation, reason: str = "") -> CancelBody:
        """Cancel an operation where it was asked for; the cancel must be acknowledged."""
        self.note_cancel(operation)
        answer = self.ask_to_cancel(operation, reason)
        operation.cancel_took_s = answer.elapsed_s
        said = read(CancelBody, answer, "data")
        if (said.operation_id, said.status) != (operation.id, Status.CANCELLED):
            told = f"the cancel of {operation.id} with the status {said.status} of {said.operation_id}"
            raise AssertionError(f"{self._asked(operation)} answered {told}")
        return said

    def note_cancel(self, operation: Operation) -> None:
        """Take down how far an operation has come when it is cancelled."""
        operation.percentage_at_cancel = self.look(operation).progress.percentage

    def stated_reason(self, operation: Operation) -> str:
        """Return the reason of a failure as the backend states it, or `no reason`."""
        return self.look(operation).error_message or "no reason"

    def retry(self, operation: Operation) -> Operation:
        """Have a failed operation run again; return the new one, which is undone like any other."""
        again = self._attempt_retry(operation)
        if isinstance(again, Refusal):
            raise AssertionError(f"the retry of {operation.kind} {operation.id} was refused: {again}")
        if again.id == operation.id:
            raise AssertionError(f"the retry of {operation.id} was answered with the same id")
        return again

    def retried_otherwise(self, again: Operation) -> list[str]:
        """Return what a retried operation was asked for otherwise than the failed one."""
        failed, now = (asked_for(self.look(one)) for one in (replace(again, id=again.again_of), again))
        return [f"{what}: {one!r} and then {now[what]!r}" for what, one in failed.items() if one != now[what]]

    def refusal_of_retry(self, operation: Operation) -> Refusal:
        """Return the refusal of a retry that must be refused; what an accepted one starts is undone."""
        again = self._attempt_retry(operation)
        if isinstance(again, Operation):
            raise AssertionError(
                f"the retry of {operation.id} was accepted as {again.id} instead of being refused"
            )
        return again

    def _attempt_retry(self, operation: Operation) -> Operation | Refusal:
        return self.attempt(
            lambda operation_id, asked_at: replace(
                operation,
                id=operation_id,
                started_at=asked_at,
                worker=None,
                cancel_seen_at=None,
                again_of=operation.id,
            ),
            f"retried {operation.kind}",
            lambda: self.backend.retry_answer(operation.id),
        )

    def results(self, operation: Operation) -> dict[str, Any]:
        """Return the results as their own route gives them."""
        body = accepted(self.backend.results_answer(operation.id))
        said = (body.get("operation_id"), body.get("status")) if isinstance(body, dict) else None
        if said != (operation.id, self.look(operation).status):
            raise AssertionError(f"the results of {operation.id} were answered with those of {said}")
        results = body.get("results")
        return dict(results) if isinstance(results, Mapping) else {}

    def refusal_of_results(self, operation: Operation) -> Refusal:
        """Return the refusal to give results that there are not."""
        return refusal_expected(
            self.backend.results_answer(operation.id), f"a read of the results of {operation.id}"
        )

    def _asked(self, operation: Operation) -> str:
        return f"worker {operation.home.name}" if operation.home else "the backend"

    def ask_to_cancel(self, operation: Operation, reason: str = "") -> Answer:
        """Ask for a cancel where an operation was asked for, and perhaps say why."""
        return (operation.home or self.backend).cancel_answer(operation.id, reason)

    def refusal_of_cancel(self, operation: Operation) -> Refusal:
        """Return the refusal of a cancel that must be refused."""
        return refusal_expected(self.ask_to_cancel(operation), f"the cancel of {operation.id}")

    def stays_cancelled(self, operation: Operation) -> None:
        """Watch every copy until the work would have ended by itself; raise when one stops being cancelled.

        The window is the remaining time by the calibration plus 20 %, from 0.5 to 30 s: the GPU host of
        generation S keeps its copy cancelled until the rest of the training is over, and only then turns it
        to completed.
        """
        remaining = operation.expected_s * (1 - operation.percentage_at_cancel / 100)
        during = min(max(remaining * _HOLD_MARGIN, _HOLD_LEAST), _HOLD_MOST)
        sources = self.copies_of(operation)
        operation.cancel_seen_at = operation.cancel_seen_at or time.monotonic()

        def wrong(copies: list[tuple[Worker | None, OperationBody]]) -> str | None:
            for source, body in copies:
                if body.status == Status.CANCELLED:
                    continue
                if source is None:
                    return f"the backend shows {in_words(body)}: a late result overwrote the cancel"
                return (
                    f"worker {source.name} ({source.base_url}) shows {in_words(body)} while "
                    + (
                        "it had acknowledged the cancel"
                        if operation.home
                        else "the backend still says cancelled"
                    )
                    + ": the cancel did not stop the work. Look at what the worker's cancel route stops "
                    "besides its own record of the operation"
                )
            return None

        self.waiter.never(
            lambda: [(source, self.look(operation, source)) for source in sources],
            wrong,
            during=during,
            expected=f"operation {operation.id} to stay cancelled at the backend and at its worker",
            describe=lambda copies: " | ".join(
                f"{(source or self.backend).name}: {in_words(body)}" for source, body in copies
            ),
        )

    def moves_since_cancelled(self, operation: Operation) -> list[str]:
        """Return each change of progress, at either copy, since the operation was first seen cancelled."""
        if operation.cancel_seen_at is None:
            raise LookupError("the operation has not been seen as cancelled")
        moves: list[str] = []
        for source in self.copies_of(operation):
            history = self.history(operation, source)
            seen = history.since(operation.cancel_seen_at)
            if not seen:
                moves.append(f"{history.service}: never looked at")
            elif len({one.place for one in seen}) > 1:
                places = [place for place, _ in itertools.groupby(map(place_in_words, seen))]
                shown = places if len(places) <= _MOST_PLACES else [*places[:2], "...", *places[-2:]]
                moves.append(f"{history.service}: {' -> '.join(shown)}")
        return moves
