"""One run: what the hooks and the runner share, and the result model it grows."""

from __future__ import annotations

import time
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from ktrdr_acceptance.api.generations import Generation
from ktrdr_acceptance.catalogue.suite import is_whole
from ktrdr_acceptance.evidence.excerpts import logged_so_far
from ktrdr_acceptance.evidence.failing import Surroundings, surroundings
from ktrdr_acceptance.evidence.redaction import redacted_data
from ktrdr_acceptance.faults import Category, EnvironmentFault
from ktrdr_acceptance.ledger import FILE as LEDGER
from ktrdr_acceptance.ledger import Ledger
from ktrdr_acceptance.operations.ending import look_everywhere
from ktrdr_acceptance.operations.waiting import Clock
from ktrdr_acceptance.runner.attempts import Attempt, attachments_of_all, attempt_at, failure_among
from ktrdr_acceptance.runner.guards import Guards
from ktrdr_acceptance.runner.memory import peak_memory_mb
from ktrdr_acceptance.runner.planning import key_of, planned_result
from ktrdr_acceptance.settings import Settings
from ktrdr_acceptance.target.base import Target
from ktrdr_acceptance.verdict.comparison import age_of
from ktrdr_acceptance.verdict.console import Console
from ktrdr_acceptance.verdict.failure import reproducing
from ktrdr_acceptance.verdict.judge import Happened, judge, judge_attempts
from ktrdr_acceptance.verdict.known_issues import KnownIssues
from ktrdr_acceptance.verdict.model import (
    WAS_ABORTED,
    RunResult,
    ScenarioKey,
    ScenarioResult,
    Verdict,
)
from ktrdr_acceptance.verdict.reports import Reports
from ktrdr_acceptance.world import World


class Session:
    """The run in progress."""

    def __init__(
        self,
        settings: Settings,
        target: Target,
        clock: Clock,
        run: RunResult,
        reports: Reports,
        console: Console,
        expected_s: dict[str, float],
        known: KnownIssues,
    ) -> None:
        self.settings = settings
        self.target = target
        self.clock = clock
        self.run = run
        self.reports = reports
        self.console = console
        self.expected_s = expected_s
        self.known = known
        self.generation = Generation.S
        self.guards = Guards(run)
        self._scenario_id = ""
        # An embedded KTRDR takes everything along when it goes; what is left elsewhere must be found again.
        self.ledger = Ledger(reports.folder / LEDGER if settings.target != "embedded" else None)
        self._ours: set[str] = set()
        self._found: dict[str, str] = {}
        self._trained: set[str] = set()
        self._began = time.monotonic()
        self._scenario_began = 0.0
        self._world: World | None = None
        self._world_is_open = False
        self._happened = Happened()
        self._attempts: list[Attempt] = []
        self._places: dict[ScenarioKey, int] = {}

    def plan(self, scenarios: list[Any]) -> None:
        """Take down the selected scenarios; what is never reached stays not run."""
        self.run.scenarios = [self._planned(scenario) for scenario in scenarios]
        self._places = {planned.key: place for place, planned in enumerate(self.run.scenarios)}
        self.reports.begin(self.run)

    def open_world(self) -> World:
        """Return a fresh world for the scenario that begins."""
        self.guards.begin(self.target, self.generation)
        self._world = self.make_world()
        self._world_is_open = True
        return self._world

    def make_world(self) -> World:
        """Return a world of its own, for the caller to close."""
        return World(
            self.settings,
            self.target,
            self.clock,
            self.generation,
            on_look=self.console.look,
            on_answer=self.guards.answers.see,
            log_slices=self.guards.slices,
            ours=self._ours,
            found=self._found,
            trained=self._trained,
            ledger=self.ledger,
        )

    def step_ended(self, kind: str, sentence: str = "", *, failed: bool = False) -> None:
        """Take over what a step checked; only a `then` checks the criterion, the rest leads up to it."""
        if self._world is None:
            return
        if kind == "then":
            if not (failed or self._world.waiter.checks):
                self._happened.unchecked = self._happened.unchecked or sentence
            self._happened.checks += self._world.waiter.checks
        self._world.waiter.checks = 0
        self._happened.window = (self._happened.window[1], len(self._world.exchanges))
        if failed:
            self._happened.logged = logged_so_far(self._world.logs.slices)

    def prevents(self, world: World, needs: tuple[str, ...]) -> str:
        """Return why the scenario that begins cannot be run on this target, or an empty text."""
        try:
            missing = next((reason for need in needs if (reason := world.missing(need))), "")
        except EnvironmentFault as fault:
            self._happened.error = fault
            self._happened.not_run_category = Category.ENVIRONMENT
            missing = str(fault)
        except AssertionError as breach:
            self._happened.error = breach
            self._happened.not_met = str(breach)
            return str(breach)
        self._happened.not_run = missing
        return missing

    def close_world(self) -> list[str]:
        """Put back what the scenario did; return what could not be put back."""
        world = self._world
        if world is None or not self._world_is_open:
            return []
        self._world_is_open = False
        self.guards.steps_ended(world)
        # Where what runs the services is gone itself, the scenario's own deed has nothing to do with it.
        if world.services.faults and not self.guards.have_lost_sight(world):
            self._happened.faults = world.services.faults
        self._happened.undo_errors = world.undo.run()
        if not self.clock.stop_reason:
            look_everywhere(world.operations)
        recorder = world.operations.recorder
        self._happened.violations = [*recorder.violations, *self.guards.end(self._scenario_id, world)]
        world.close()
        return self._happened.undo_errors

    def begin(self, scenario: Any) -> None:
        """Note that a scenario begins."""
        self._attempts = []
        self._scenario_began = time.monotonic()
        self.begin_attempt()
        planned = self.run.scenarios[self._place(scenario)]
        self._scenario_id = planned.id
        self.console.begin(planned.id, planned.name)

    def begin_attempt(self) -> None:
        """Forget what an earlier scenario or attempt did."""
        self._happened = Happened()
        self._world = None

    def end_attempt(self, scenario: Any, cleanup_errors: list[str] | None = None) -> bool:
        """Judge what has just ended; return whether the settings ask for another attempt."""
        # Still open if a hook raised before the one that closes it.
        self.close_world()
        self._happened.undo_errors += cleanup_errors or []
        attempt = self._attempt(scenario)
        self._attempts.append(attempt)
        failed = attempt.judgement.verdict is Verdict.NOT_MET
        return failed and len(self._attempts) <= self.settings.retry and not self.clock.stop_reason

    def end(self, scenario: Any) -> ScenarioResult:
        """Take down a scenario that has ended and write every report that a crash must not lose."""
        duration = time.monotonic() - self._scenario_began
        place = self._place(scenario)
        result = redacted_data(self._result(self.run.scenarios[place], duration))
        # What is written out need not be kept: a run may have thousands of scenarios.
        kept = self.run.scenarios[place] = result.in_short()
        self.run.duration_s = time.monotonic() - self._began
        self.reports.scenario(self.run, result, scenario)
        self.console.end(kept)
        return kept

    def left(self, scenario: Any, reason: str) -> None:
        """Take down the scenario out of which the process was left: whatever it came to, nobody judged it."""
        self.clock.stop(reason)
        self._happened.not_run = f"{WAS_ABORTED}: {reason}"
        self.end_attempt(scenario)
        self.end(scenario)

    def finish(self) -> None:
        """Write what can only be said at the end."""
        self.run.duration_s = time.monotonic() - self._began
        self.run.peak_memory_mb = peak_memory_mb()
        self.run.aborted = self.run.aborted or (self.clock.stop_reason or "")
        self.run.complete = not self.run.aborted
        self._accept_known_findings()
        # Before a view cuts a line within a secret; the scenarios are clean since they ended.
        for name in [field.name for field in fields(self.run) if field.name != "scenarios"]:
            setattr(self.run, name, redacted_data(getattr(self.run, name)))
        try:
            self.reports.finish(self.run)
        except Exception as problem:
            self.run.aborted = self.run.aborted or f"the reports cannot be written: {problem}"
            self.run.complete = False
            self.reports.finish_as_far_as_possible(self.run)
        self.console.finish(self.run, str(self.reports.summary))

    def _accept_known_findings(self) -> None:
        """Let the lists of known issues accept what the logs hold, and nothing that the suite did wrong."""
        run, logged = self.run, self.guards.found_in_logs()
        selected = (scenario.id for scenario in run.scenarios)
        is_whole_suite = is_whole(run.suite_ids, selected) and not run.aborted
        left, run.known_findings = self.known.judged_run(
            self.generation, logged, is_whole_suite=is_whole_suite
        )
        self.guards.leave(left)

    def _attempt(self, scenario: Any) -> Attempt:
        judgement = judge(scenario, self._happened, self.clock.stop_reason or "")

        def around() -> Surroundings:
            command = reproducing(self.run.options, str(Path(scenario.filename)), scenario.line)
            return surroundings(command, self.run.preflight)

        return attempt_at(scenario, judgement, self._world, self._happened, around)

    def _result(self, planned: ScenarioResult, duration: float) -> ScenarioResult:
        """Return what its attempts have made of a scenario; the evidence is that of all of them."""
        judgement = judge_attempts([one.judgement for one in self._attempts])
        own_reason = judgement.reason
        judgement, findings = self.known.judged(planned.id, self.generation, judgement)
        self.run.run_findings += [one for one in findings if one not in self.run.run_findings]
        return replace(
            planned,
            verdict=judgement.verdict,
            category=judgement.category,
            reason=judgement.reason,
            started_at=time.time() - duration,
            duration_s=duration,
            attempts=len(self._attempts),
            operations=tuple(one for attempt in self._attempts for one in attempt.operations),
            operation_durations=tuple(
                one for attempt in self._attempts for one in attempt.operation_durations
            ),
            steps=self._attempts[-1].steps,
            attachments=attachments_of_all(self._attempts),
            age=age_of(self.run.baseline, planned.id, judgement.verdict),
            failure=failure_among(self._attempts, judgement, judgement.reason.removeprefix(own_reason)),
        )

    def _place(self, scenario: Any) -> int:
        return self._places[key_of(scenario)]

    def _planned(self, scenario: Any) -> ScenarioResult:
        return planned_result(scenario, self.expected_s)
