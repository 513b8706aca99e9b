"""The guards that watch every scenario of a run without a step asking: the logs, and every answer."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import date

from ktrdr_acceptance.api.answers import AnswerWatch
from ktrdr_acceptance.api.generations import Generation
from ktrdr_acceptance.evidence import tolerated
from ktrdr_acceptance.evidence.deeds import Deeds, deeds_of
from ktrdr_acceptance.evidence.logs import LogSlice
from ktrdr_acceptance.evidence.sentinel import MOST_FINDINGS, Sentinel, first_of
from ktrdr_acceptance.target.base import BACKEND, Target
from ktrdr_acceptance.target.condition import Condition, troubles
from ktrdr_acceptance.verdict.model import RunResult
from ktrdr_acceptance.world import World

_BACK = frozenset({"start", "resume", "heal"})


class Guards:
    """The guards of one run; they look from the first scenario on, when the target is up."""

    def __init__(self, run: RunResult, today: Callable[[], date] = date.today) -> None:
        self._run = run
        self._today = today
        self.answers = AnswerWatch(lambda kind, case: run.watched.add_drift(kind, case))
        self.slices: dict[str, LogSlice] = {}
        self._sentinel: Sentinel | None = None
        self._switched_before: list[str] = []
        self._bereft_before: list[str] = []
        self._seen_in_steps = 0
        self._conditions: Mapping[str, Condition] = {}
        self._said: list[str] = []

    def begin(self, target: Target, generation: Generation) -> None:
        """Begin a scenario: its slices of the logs begin here."""
        self.answers.generation = generation
        self.answers.take_violations()
        if self._sentinel is None and (logs := target.endpoints.logs):
            self.slices = {service: LogSlice(service, place) for service, place in logs.items()}
            allowed = tolerated.Tolerated(tolerated.allow_list(), generation, self._today())
            self._sentinel = Sentinel(self.slices, allowed, not generation.has_workers)
            self._tell(self._sentinel)
        for log in self.slices.values():
            log.cut()
        before, self._conditions = self._conditions, target.conditions()
        for trouble in troubles(before, self._conditions, ()) if self._conditions else ():
            self._run.run_findings.append(f"{trouble} (between two scenarios)")

    def steps_ended(self, world: World) -> None:
        """Note what the scenario's own steps have seen, before anything is put back."""
        self._seen_in_steps = len(world.exchanges)

    def have_lost_sight(self, world: World) -> bool:
        """Whether how the services fare could be told when the scenario began, and can no more: no engine."""
        return bool(self._conditions) and not world.target.conditions()

    def end(self, scenario: str, world: World) -> list[str]:
        """End a scenario, with everything put back; return how it is broken."""
        for kind, cases in world.operations.recorder.drift.items():
            for case in cases:
                self._run.watched.add_drift(kind, case)
        touched, switched = world.services.touched, self._switched_names(world)
        for fault in world.workers.unreachable:
            if not any(name in fault.lower() for name in switched):
                self._run.watched.add_drift("a registered worker does not answer", fault)
        before = self._conditions
        after = self._conditions = world.target.conditions() if before else {}
        # Where nobody can tell any more, as when the engine is gone, none of them is known to be.
        happened = troubles(before, after, touched) if after else []
        broken = [*self.answers.take_violations(), *happened]
        sentinel = self._sentinel
        if sentinel is None:
            return broken
        for operation in world.operations.started:
            sentinel.scenario_of[operation.id] = scenario
        names = [*self._switched_before, *switched]
        self._switched_before = switched
        lost = _bereft(world, touched)
        bereft = [*self._bereft_before, *lost]
        self._bereft_before = lost
        sentinel.plan(service for verb, service in world.services.switched if verb == "start")

        def deeds() -> Deeds:
            started, exchanges = world.operations.started, world.exchanges
            filled = world.data.folder is not None and world.data.folder.was_filled
            return deeds_of(started, exchanges, self._seen_in_steps, names, bereft, filled_disk=filled)

        broken += sentinel.look(deeds, f"after scenario {scenario}")
        self._tell(sentinel)
        return broken

    def found_in_logs(self) -> list[str]:
        """Return what the logs hold that belongs to no scenario."""
        return self._sentinel.findings.lines() if self._sentinel else []

    def leave(self, left: list[str]) -> None:
        """Have the run say only those that are `left` of what the logs hold."""
        told = first_of(self.found_in_logs(), MOST_FINDINGS)
        kept = [finding for finding in self._run.run_findings if finding not in told]
        self._run.run_findings[:] = [*kept, *first_of(left, MOST_FINDINGS)]

    def finish(self) -> None:
        """Look at what was written after the last scenario."""
        if self._sentinel is not None:
            self._sentinel.plan(())
            self._sentinel.look(
                lambda: Deeds(switched=tuple(self._switched_before), bereft=frozenset(self._bereft_before)),
                "after the last scenario",
                to_the_end=True,
            )
            self._tell(self._sentinel)

    def _tell(self, sentinel: Sentinel) -> None:
        """Have the run say what the logs hold beyond its scenarios; counts may have grown since."""
        said = [*sentinel.tolerated.findings(), *first_of(sentinel.findings.lines(), MOST_FINDINGS)]
        if said != self._said:
            kept = [finding for finding in self._run.run_findings if finding not in self._said]
            self._run.run_findings[:] = [*kept, *said]
            self._said = said
        self._run.watched.tolerated = sentinel.tolerated.lines()

    def _switched_names(self, world: World) -> list[str]:
        """Return the names, in small letters, by which logs speak of what the scenario did things to."""
        off = dict.fromkeys(service for deed, service in world.services.switched if deed not in _BACK)
        endpoints = world.target.endpoints
        known = {BACKEND: endpoints.backend_url, **endpoints.other_services}
        addresses = {worker["id"]: worker["url"] for worker in self._run.target.get("workers", ())}
        names = [
            name
            for service in off
            for name in (
                *(service, service.replace("-", " "), known.get(service) or addresses.get(service)),
                *sorted(world.workers.seen_as(service)),
            )
        ]
        return [name.lower() for name in names if name]


def _bereft(world: World, touched: Collection[str]) -> list[str]:
    """Return the operations whose worker is one of those to which the scenario did something."""
    return [
        operation.id
        for operation in world.operations.started
        if operation.worker is not None and operation.worker.service in touched
    ]
