"""Replays a specimen against a running KTRDR and collects every difference."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import partial

from .arrangement import training_that
from .comparison import Difference, Expectation, RecordedShapes
from .deviations import Row
from .reduction import reduce_body
from .scope import BACKEND, route_template
from .shapes import Json, Shape
from .specimen import FINAL_STATUSES, Specimen, Step
from .target import Answer, Target

AT_MOST = 10
"""How many times as long as recorded, at our speed, work may take: no speed makes a busy machine faster."""

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

    within: float = 20.0
    every: float = 0.02

    def until(self, condition: Callable[[], bool], longer: float = 0.0) -> bool:
        """Looks at once and then again and again, until the condition holds or the time is over."""
        end = time.monotonic() + self.within + longer
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
            self._prepare(step)
            if step.arranged:
                self._play(step, ())
            elif reference in self._not_replayed:
                self._result.outcomes[reference] = Replayed.NOT_REPLAYED
            elif any(reference in row.steps.prevents for row in self._rows):
                self._result.outcomes[reference] = self._prevented(step, reference)
            else:
                self._result.outcomes[reference] = self._play(*self._by_rows(step))
        return self._result

    def _by_rows(self, step: Step) -> tuple[Step, tuple[Row, ...]]:
        """The rows about a step; if one gives the operation another status, rows and shape are of that."""

        def about(step: Step) -> tuple[Row, ...]:
            template = route_template(step.path)
            return tuple(row for row in self._rows if row.applies_to(self._specimen, step, template))

        here = dict(step.values)
        for row in about(step):
            here |= {path: value for path, value in row.statuses.items() if row.listed and path in here}
        step = replace(step, values=tuple(here.items()))
        return step, about(step)

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
            partial(self._shape_of, step),
            rows,
            self._translate,
            partial(self._recorded.of_worker_copy, step.operation_type),
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

    def _shape_of(self, step: Step, status: int) -> Shape:
        """What the route was recorded to answer, and what this step itself was."""
        if step.arranged:
            return Shape()
        recorded = self._recorded.of(step, status)
        return recorded | step.shape if status == step.status else recorded

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
            self._patience.until(settled, longer=step.lasted_s / self._target.speed * AT_MOST)
        return answer

    def _ask(self, step: Step, path: str) -> Answer:
        answer = self._target.ask(step.service, step.method, path, step.body, step.content_type)
        return Answer(answer.status, reduce_body(path, answer.body))

    @staticmethod
    def _has_ended(step: Step, answer: Answer) -> bool:
        """Whether waiting is in vain: the operation has a final status, and it is not the recorded one."""
        data = answer.body.get("data") if isinstance(answer.body, dict) else None
        status = data.get("status") if isinstance(data, dict) else None
        return status in FINAL_STATUSES and status != step.operation_status

    def _prepare(self, step: Step) -> None:
        """Ends and starts services as it was done to the recorded ones, and waits as long (at our speed)."""
        for command in step.before:
            if self._target.control is None:
                raise RuntimeError(f"services of this KTRDR cannot be controlled: {command}")
            self._target.control(self._translate(command))
        threading.Event().wait(step.pause_s / self._target.speed)

    def _await_conditions(self, step: Step) -> None:
        if step.free_worker and not self._patience.until(partial(self._is_free, step)):
            self._differ(step, "(before)", f"a free {step.free_worker}", "none within the time")
        if step.busy_worker and not self._patience.until(partial(self._none_is_free, step.busy_worker)):
            self._differ(step, "(before)", "only busy workers", "a free one for the whole time")

    def _none_is_free(self, worker_type: str) -> bool:
        path = f"/api/v1/workers?worker_type={worker_type}&status=available"
        free = self._target.ask(BACKEND, "GET", path).body
        return isinstance(free, list) and not free

    def _is_free(self, step: Step) -> bool:
        """Whether the service takes work: it is idle and, if the backend is to give it, registered so."""
        if step.service == BACKEND:
            recorded_id = self._specimen.serving[step.free_worker]
            registered = self._target.ask(BACKEND, "GET", "/api/v1/workers").body
            rows = registered if isinstance(registered, list) else []
            states = {row.get("worker_id"): row.get("status") for row in rows}
            if states.get(self._names.get(recorded_id)) != "available":
                return False
        health = self._target.ask(step.free_worker, "GET", "/health").body
        return isinstance(health, dict) and health.get("worker_status") == "idle"

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
