"""The behave runner: settings, selection, target and preflight before the features; the exit status after."""

from __future__ import annotations

import gc
import time
import traceback
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

from behave import exception as behave_exception
from behave.formatter._registry import make_formatters
from behave.formatter.null import NullFormatter
from behave.parser import ParserError
from behave.runner import Runner, the_step_registry
from behave.runner_util import parse_features

from ktrdr_acceptance.catalogue.durations import read_durations
from ktrdr_acceptance.catalogue.suite import whole_suite
from ktrdr_acceptance.evidence.streams import redact_files, redact_opener, redact_stdout_and_stderr
from ktrdr_acceptance.faults import BadInput, EnvironmentFault, RunAborted
from ktrdr_acceptance.operations.waiting import Clock
from ktrdr_acceptance.runner.inspecting import inspect_target
from ktrdr_acceptance.runner.memory import forget
from ktrdr_acceptance.runner.outside import (
    GuardedFormatter,
    Outside,
    WatchedContext,
    failed_hooks,
    refuse_generators,
)
from ktrdr_acceptance.runner.planning import prevent
from ktrdr_acceptance.runner.provenance import suite_identity
from ktrdr_acceptance.runner.selection import Selection, file_by_file, name_rows, select, select_again
from ktrdr_acceptance.runner.session import Session
from ktrdr_acceptance.runner.signals import ending_on_request
from ktrdr_acceptance.settings import Settings
from ktrdr_acceptance.target import make_target
from ktrdr_acceptance.target.compose import BROUGHT_UP
from ktrdr_acceptance.target.embedded import EMBEDDED_LOGS
from ktrdr_acceptance.testdata.own_calibration import use_calibration
from ktrdr_acceptance.verdict.console import Console
from ktrdr_acceptance.verdict.earlier import EarlierRun, read_earlier
from ktrdr_acceptance.verdict.known_issues import KnownIssues, read_known_issues
from ktrdr_acceptance.verdict.model import ExitStatus, RunResult, Verdict
from ktrdr_acceptance.verdict.reports import Reports

# Formatters that only list; a run of nothing but these is no run.
_CATALOGUE = frozenset(
    {"steps", "steps.bad", "steps.catalog", "steps.code", "steps.doc", "steps.missing", "steps.usage"}
    | {"sphinx.steps", "tags", "tags.location"}
)
_MISSING_PATH = (
    behave_exception.ConfigError,
    behave_exception.FileNotFoundError,
    behave_exception.InvalidFileLocationError,
    behave_exception.InvalidFilenameError,
)


class SuiteFault(Exception):
    """A feature, a step module or the environment file cannot be loaded."""


class AcceptanceRunner(Runner):  # type: ignore[misc]
    """Runs the selected scenarios against one target and exits with the run's status."""

    formatters: list[Any]
    aborted: bool

    def __init__(self, config: Any) -> None:
        super().__init__(config)
        self.outside = Outside()

    def run(self) -> bool:
        """Run, and leave by SystemExit; a dry run or a catalogue only lists and claims no verdict."""
        redact_stdout_and_stderr()
        formats = set(self.config.format or ())
        if formats and formats <= _CATALOGUE:
            self.config.dry_run = True
        if self.config.dry_run:
            return self._list(catalogue=formats <= _CATALOGUE and bool(formats))
        with self.path_manager:
            raise SystemExit(int(self._accept()))

    def run_hook_with_capture(self, hook_name: str, *args: Any, **kwargs: Any) -> bool:
        """Run a hook; after the last one behave would say of every aborted run that the user aborted it."""
        passed = bool(super().run_hook_with_capture(hook_name, *args, **kwargs))
        if hook_name == "after_all" and self.aborted:
            self.aborted = False
        return passed

    def _list(self, catalogue: bool) -> bool:
        """List the selected scenarios, and the sentences that have no step; true if there are such."""
        with self.path_manager:
            try:
                settings = self._settings()
                selected = self._select(_earlier("rerun_failed", settings)).scenarios
            except (BadInput, SuiteFault) as problem:
                Console({}).refuse(str(problem))
                raise SystemExit(2 if isinstance(problem, BadInput) else 4) from None
            self.config.show_snippets = False
            self.run_model()
        if not catalogue:
            Console({}).listing(selected, self.undefined_steps)
        return bool(self.undefined_steps)

    def _accept(self) -> ExitStatus:
        expected_s: dict[str, float] = {}
        console = Console(expected_s, quiet=self._console_is_taken())
        try:
            settings = self._settings()
            console.issue_form = settings.issue_form
            baseline, rerun_failed = _earlier("baseline", settings), _earlier("rerun_failed", settings)
            known = read_known_issues(settings.known_issues, date.today())
            expected_s.update(read_durations(settings.target, settings.speed))
            calibration = use_calibration(settings.calibration)
            reports = Reports(settings.reports)
            reports.claim()
            reports.move_previous_aside()
        except BadInput as problem:
            console.refuse(str(problem))
            return ExitStatus.BAD_INPUT
        run = RunResult(
            suite=suite_identity(),
            settings=settings.model_dump(mode="json"),
            started_at=time.time(),
            options=settings.as_options(),
            strict=settings.strict,
            time_factor=settings.time_factor,
            calibration=calibration.source,
            known_issues=known.note(),
            baseline=baseline,
        )
        clock = Clock()
        target = make_target(settings)
        session = Session(settings, target, clock, run, reports, console, expected_s, known)
        self.outside.on_abort = clock.stop
        with ending_on_request(clock, self.abort, settings.run_deadline, deaf_after=True):
            try:
                selection = self._select(rerun_failed, run, known)
                session.plan(selection.scenarios)
                self._run_on_target(session, selection.scenarios)
            except BadInput as problem:
                console.refuse(str(problem))
                return ExitStatus.BAD_INPUT
            except EnvironmentFault as fault:
                run.unfit = str(fault)
            except (SuiteFault, RunAborted) as fault:
                run.aborted = str(fault)
            except BaseException as problem:
                # Not Exception alone: a run that ends without its reports leaves nothing but half of them.
                run.aborted = f"the suite itself failed: {type(problem).__name__}: {problem}"
                run.run_findings.append(traceback.format_exc())
            finally:
                # Whatever ended the run, the scenario that it ended is put back before its target goes.
                run.run_findings += session.close_world()
                session.guards.finish()
                try:
                    target.stop()
                except EnvironmentFault as fault:
                    run.run_findings.append(f"the target could not be taken down: {fault}")
                redact_files(self._written_by_others(settings.reports))
            session.finish()
        return run.exit_status

    def _run_on_target(self, session: Session, scenarios: list[Any]) -> None:
        session.target.start(session.clock)
        found = inspect_target(session)
        run = session.run
        notes = [*found, *run.notes()]
        if session.settings.target != "docker" and (session.reports.folder / BROUGHT_UP).exists():
            notes.append("an earlier run has left a compose project up: a run with -D target=docker ends it")
        if (self.config.jobs or 1) > 1:
            notes.append(f"-j {self.config.jobs}: scenarios run one after another for now")
        if self.config.junit:
            notes.append(f"--junit: every run writes JUnit, to {session.settings.reports / 'junit.xml'}")
        session.console.header(run.target_lines, run.scenarios, notes)
        for scenario in scenarios:
            scenario.run = partial(_run_scenario, session, scenario, scenario.run)
        with self.context.use_with_user_mode():
            self.context.session = session
        # What has been loaded lives as long as the run: the collector need not look through it each time.
        gc.freeze()
        failed = self.run_model()
        for container, said in failed_hooks(self.features):
            run.run_findings.append(said)
            if "HOOK-ERROR in before_" in said:
                prevent(run, container.walk_scenarios(), said)
        run.run_findings += self.outside.findings
        stopped = run.aborted or session.clock.stop_reason or (self.config.stop and run.refusals())
        if not stopped:
            prevent(run, scenarios, "behave never came to this scenario, and nothing says why")
        known = run.aborted or session.clock.stop_reason or run.run_findings
        if failed and not known and not run.refusals():
            run.run_findings.append("behave says that something failed outside the scenarios")

    def _settings(self) -> Settings:
        return Settings.load(dict(self.config.userdata_defines or ()), self._configured())

    def _select(
        self, rerun: EarlierRun | None, run: RunResult | None = None, known: KnownIssues | None = None
    ) -> Selection:
        """Load the suite and return what is selected of it; tell the run what else there is."""
        self._load()
        selection = select(self.features, self.config)
        suite = whole_suite(self.features)
        if known is not None:
            known.must_fit(suite.ids)
        if rerun is not None:
            selection = select_again(selection, self.features, self.config, rerun, suite)
        if run is not None:
            run.proofs, run.suite_ids, run.selection = suite.proofs, suite.ids, selection.said
        return selection

    def _load(self) -> None:
        """Load hooks, steps and features."""
        try:
            self.setup_paths()
            found = [path for path in self.feature_locations() if not self.config.exclude(path)]
            locations = file_by_file(found)
        except _MISSING_PATH as problem:
            raise BadInput(f"Nothing to run at {' '.join(map(str, self.config.paths))}: {problem}") from None
        self.context = WatchedContext(self, self.outside)
        try:
            self.load_hooks()
            self.outside.watch_hooks(self.hooks)
            self.load_step_definitions()
            refuse_generators(the_step_registry)
            self.features.extend(parse_features(locations, language=self.config.lang))
        except behave_exception.FileNotFoundError as problem:
            raise BadInput(f"Nothing to run: {problem}") from None
        except (Exception, ParserError, SystemExit) as problem:
            said = " ".join(str(problem).split())
            raise SuiteFault(f"cannot load the suite: {type(problem).__name__}: {said}") from problem
        self.formatters = self._formatters_to_files()
        # The stock summary and JUnit count otherwise than the verdicts do.
        self.config.reporters = []
        name_rows(self.features)

    def _configured(self) -> dict[str, Any]:
        defined = dict(self.config.userdata_defines or ())
        return {key: value for key, value in dict(self.config.userdata or {}).items() if key not in defined}

    def _formatters_to_files(self) -> list[Any]:
        """Return the formatters that were asked for; those without a file share the console's stdout."""
        for opener in self.config.outputs or ():
            redact_opener(opener)
        try:
            made = make_formatters(self.config, self.config.outputs)
        except OSError as problem:
            raise BadInput(f"A formatter's file (-o) cannot be written: {problem}.") from None
        return [
            GuardedFormatter(formatter, self.outside)
            for formatter in made
            if type(formatter) is not NullFormatter
        ]

    def _written_by_others(self, reports: Path) -> list[Path]:
        """Return what is written as it comes: the target's logs, and folders of formatters."""
        folders = [Path(opener.name) for opener in self.config.outputs or () if opener.name]
        return [reports / EMBEDDED_LOGS, *filter(Path.is_dir, folders)]

    def _console_is_taken(self) -> bool:
        asked = [name for name in self.config.format or () if name != "null"]
        return len(asked) > len(self.config.outputs or ())


def _earlier(setting: str, settings: Settings) -> EarlierRun | None:
    file = getattr(settings, setting)
    return read_earlier(setting, file) if file is not None else None


def _run_scenario(session: Session, scenario: Any, run: Any, runner: Any) -> bool:
    session.begin(scenario)
    while True:
        try:
            failed = run(runner)
        except BaseException as left:
            how = f"sys.exit({left.code!r})" if isinstance(left, SystemExit) else repr(left)
            reason = f"a step of {scenario.name!r} left the process ({how})"
            session.left(scenario, reason)
            if isinstance(left, Exception):
                raise
            raise SuiteFault(reason) from left
        if not session.end_attempt(scenario, runner.outside.take_cleanup_errors()):
            break
        # Not behave's own reset of a scenario, which forgets the row of an outline.
        for each in (scenario, *scenario.all_steps):
            each.error_message = each.exception = each.exc_traceback = None
        for step in scenario.all_steps:
            step.reset()
        session.begin_attempt()
    verdict = session.end(scenario).verdict
    if not (runner.formatters or runner.config.reporters):
        forget(scenario)
    # Behave hears of no failure that is accepted, so that it still says what failed outside the scenarios.
    return bool(failed) and verdict is not Verdict.KNOWN_ISSUE
