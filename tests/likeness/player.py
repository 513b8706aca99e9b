"""Replays a specimen against a running KTRDR and collects every difference."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import Enum
from functools import partial

from .arrangement import training_that
from .comparison import Difference, Expectation, RecordedShapes
from .deviations import Row
from .scope import BACKEND, TRAINING_WORKER, reduce_body, route_template
from .shapes import Json, Shape
from .specimen import FINAL_STATUSES, Specimen, Step
from .target import Answer, Target

NAME = re.compile(r"\{([a-z]\w*)\}")


class Replayed(Enum):
    """How a recorded exchange was replayed."""

    AS_RECORDED = "replayed as recorded"
    BY_A_ROW = "replayed by a deviation row"
    IMPOSSIBLE = "impossible by a row"
    NOT_REPLAYED = "not replayed"


@dataclass
class Replay:
    """What came of one specimen."""

    specimen: Specimen
    outcomes: dict[str, Replayed] = field(default_factory=dict)
    differences: list[Difference] = field(default_factory=list)
    used_rows: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class Patience:
    """How long the player waits for a condition, and how often it looks."""

    within: float = 10.0
    every: float = 0.02

    def until(self, condition: Callable[[], bool]) -> bool:
        """Looks at once and then again and again, until the condition holds or the time is over."""
        end = time.monotonic() + self.within
        pause = threading.Event()
        while not condition():
            if time.monotonic() >= end:
                return False
            pause.wait(self.every)
        return True


class Player:
    """Plays the steps of one specimen, in order."""

    def __init__(
        self,
        specimen: Specimen,
        target: Target,
        recorded: RecordedShapes,
        rows: Iterable[Row] = (),
        not_replayed: Iterable[str] = (),
        patience: Patience | None = None,
    ) -> None:
        self._specimen = specimen
        self._target = target
        self._recorded = recorded
        self._rows = tuple(rows)
        self._not_replayed = frozenset(not_replayed)
        self._patience = patience or Patience()
        self._names = {recorded_id: worker.id for recorded_id, worker in target.workers.items()}
        self._last: dict[tuple[str, str], Json] = {}
        self._result = Replay(specimen)

    def play(self) -> Replay:
        """Plays everything and says what came of it."""
        for step in (*self._stand_ins(), *self._specimen.steps):
            reference = self._specimen.reference(step)
            if step.arranged:
                self._play(step, ())
            elif reference in self._not_replayed:
                self._result.outcomes[reference] = Replayed.NOT_REPLAYED
            elif any(reference in row.steps.prevents for row in self._rows):
                self._result.outcomes[reference] = self._prevented(step, reference)
            else:
                rows = tuple(
                    row
                    for row in self._rows
                    if row.applies_to(self._specimen, step, route_template(step.path))
                )
                self._result.outcomes[reference] = self._play(step, rows)
        return self._result

    def _stand_ins(self) -> list[Step]:
        """Operations in the place of recorded ones that a row keeps from coming about."""
        return [
            step
            for row in self._rows
            for name, status in row.steps.stand_ins.get(self._specimen.id, {}).items()
            for step in training_that(status, name)
        ]

    def _prevented(self, step: Step, reference: str) -> Replayed:
        """A step is only impossible if it needs an id that no answer gave."""
        if self._unknown(step):
            self._result.used_rows |= {row.id for row in self._rows if reference in row.steps.prevents}
        else:
            self._differ(step, "(step)", "impossible, by a row", "all that it needs")
        return Replayed.IMPOSSIBLE

    def _play(self, step: Step, rows: tuple[Row, ...]) -> Replayed:
        unknown = self._unknown(step)
        if unknown:
            self._differ(step, "(step)", f"an id for {', '.join(unknown)}", "none in an earlier answer")
            return Replayed.AS_RECORDED
        path = self._translate(step.path)
        request = (step.method, f"{step.service} {path}")
        expectation = Expectation(
            self._specimen,
            step,
            Shape() if step.arranged else self._recorded.of(step),
            rows,
            self._translate,
            self._recorded.of_worker_copy,
            self._last.get(request),
            f"{step.method} {step.path}",
        )
        self._await_conditions(step)
        answer = self._answer(step, path, expectation)
        for name, place in step.learns:
            self._learn(name, place, answer)
        self._result.differences += expectation.differences(answer.status, answer.body)
        used = expectation.used_rows(answer.body)
        self._result.used_rows |= {row.id for row in used}
        self._last[request] = answer.body
        return Replayed.BY_A_ROW if used else Replayed.AS_RECORDED

    def _answer(self, step: Step, path: str, expectation: Expectation) -> Answer:
        """The answer, awaited if it is about the state of operations."""
        answer = self._ask(step, path)
        if step.method != "GET" or not step.statuses:
            return answer

        def settled() -> bool:
            nonlocal answer
            answer = self._ask(step, path)
            return expectation.is_awaited(answer.status, answer.body) or self._has_ended(step, answer)

        if not expectation.is_awaited(answer.status, answer.body):
            self._patience.until(settled)
        return answer

    def _ask(self, step: Step, path: str) -> Answer:
        answer = self._target.ask(step, path, self._specimen.workers[0])
        return Answer(answer.status, reduce_body(path, answer.body))

    @staticmethod
    def _has_ended(step: Step, answer: Answer) -> bool:
        """Whether waiting is in vain: the operation has a final status, and it is not the recorded one."""
        data = answer.body.get("data") if isinstance(answer.body, dict) else None
        status = data.get("status") if isinstance(data, dict) else None
        return status in FINAL_STATUSES and status != step.operation_status

    def _await_conditions(self, step: Step) -> None:
        for name, status in step.worker_copy:
            if not self._patience.until(partial(self._worker_copy_is, name, status)):
                self._differ(step, "(before)", f"the worker's copy {status}", "not within the time")
        if step.free_worker and not self._patience.until(self._a_worker_is_free):
            self._differ(step, "(before)", "a free worker", "none within the time")
        if step.busy_worker and not self._patience.until(self._no_worker_is_registered_free):
            self._differ(step, "(before)", "only busy workers", "a free one for the whole time")

    def _worker_copy_is(self, name: str, status: str) -> bool:
        path = self._translate(f"/api/v1/operations/{{{name}}}")
        body = self._target.look(TRAINING_WORKER, path, self._specimen.workers[0]).body
        data = body.get("data") if isinstance(body, dict) else None
        return isinstance(data, dict) and data.get("status") == status

    def _no_worker_is_registered_free(self) -> bool:
        free = self._target.look(BACKEND, "/api/v1/workers?worker_type=training&status=available").body
        return isinstance(free, list) and not free

    def _a_worker_is_free(self) -> bool:
        registered = self._target.look(BACKEND, "/api/v1/workers").body
        if not isinstance(registered, list):
            return False
        states = {row.get("worker_id"): row.get("status") for row in registered}
        return any(
            states.get(worker.id) == "available"
            and self._target.look(TRAINING_WORKER, "/health", recorded).body.get("worker_status") == "idle"
            for recorded, worker in self._target.workers.items()
        )

    def _learn(self, name: str, place: str, answer: Answer) -> None:
        value = answer.body
        for part in place.split("."):
            value = value.get(part) if isinstance(value, dict) else None
        if isinstance(value, str):
            self._names[name] = value

    def _unknown(self, step: Step) -> list[str]:
        return [name for name in NAME.findall(step.path) if name not in self._names]

    def _translate(self, text: str) -> str:
        for name, value in self._names.items():
            text = text.replace(f"{{{name}}}", value)
        return text

    def _differ(self, step: Step, path: str, recorded: str, got: str) -> None:
        reference = self._specimen.reference(step)
        request = f"{step.method} {step.path}"
        self._result.differences.append(Difference(reference, request, path, recorded, got))
