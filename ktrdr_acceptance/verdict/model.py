"""The one result model; every output of a run is a view of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from enum import IntEnum, StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ktrdr_acceptance.catalogue.tags import ScenarioTags
from ktrdr_acceptance.faults import Category
from ktrdr_acceptance.preflight.check import Preflight
from ktrdr_acceptance.verdict.durations import OperationDuration
from ktrdr_acceptance.verdict.failure import Failure, reproducing
from ktrdr_acceptance.verdict.watched import Watched

if TYPE_CHECKING:
    from ktrdr_acceptance.verdict.earlier import EarlierRun

# How the reasons of scenarios begin that a run did not come to, or not to the end of.
NEVER_REACHED = "the run ended before this scenario was reached"
WAS_ABORTED = "the run was aborted"


class Verdict(StrEnum):
    """Verdict on one scenario."""

    MET = "met"
    NOT_MET = "not met"
    FLAKY = "flaky"
    KNOWN_ISSUE = "known issue"
    NOT_RUN = "not run"


class RunVerdict(StrEnum):
    """Verdict on a run."""

    ACCEPTED = "accepted"
    NOT_ACCEPTED = "not accepted"
    UNFIT = "environment unfit"
    ABORTED = "aborted"


class ExitStatus(IntEnum):
    """Exit status of a run."""

    ACCEPTED = 0
    NOT_ACCEPTED = 1
    BAD_INPUT = 2
    UNFIT = 3
    ABORTED = 4


_EXIT = {
    RunVerdict.ACCEPTED: ExitStatus.ACCEPTED,
    RunVerdict.NOT_ACCEPTED: ExitStatus.NOT_ACCEPTED,
    RunVerdict.UNFIT: ExitStatus.UNFIT,
    RunVerdict.ABORTED: ExitStatus.ABORTED,
}


@dataclass(frozen=True, slots=True)
class Attachment:
    """A piece of evidence; `media_type` as in a MIME header."""

    name: str
    media_type: str
    text: str


@dataclass(frozen=True, slots=True)
class StepResult:
    """What became of one step."""

    text: str
    status: str
    duration_s: float
    message: str = ""


# Where a scenario stands and how it is called: an outline's rows may share a line, never both.
ScenarioKey = tuple[str, int, str]


@dataclass(frozen=True, slots=True)
class ScenarioResult:
    """What became of one scenario. `started_at` is seconds since the epoch."""

    id: str
    name: str
    feature: str
    file: str
    line: int
    tags: tuple[str, ...]
    facts: ScenarioTags
    verdict: Verdict
    category: Category | None = None
    reason: str = ""
    started_at: float = 0.0
    duration_s: float = 0.0
    expected_s: float | None = None
    # How often it was tried; more than once only where a retry was asked for.
    attempts: int = 1
    operations: tuple[str, ...] = ()
    operation_durations: tuple[OperationDuration, ...] = ()
    steps: tuple[StepResult, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    # Passed, and all: kept where the steps themselves are not.
    counted_steps: tuple[int, int] | None = None
    failure: Failure | None = None
    # Of a failure, compared with an earlier run: "new" or "old"; empty without such a run.
    age: str = ""

    def block(self, options: str) -> Failure:
        """Return the failure block; of what failed without one (it was never reached) it is the reason."""
        if self.failure is not None:
            return self.failure
        return Failure(
            self.category,
            point="",
            expected="",
            actual=self.reason,
            next_action=self.category.next_action if self.category else "",
            reproduce=reproducing(options, self.file, self.line),
        )

    @property
    def key(self) -> ScenarioKey:
        """Return what tells it from every other scenario of the run."""
        return (self.file, self.line, self.name)

    @property
    def area(self) -> str:
        """Return the capability that it is about: the folder of its feature, as a title."""
        return Path(self.file).parent.name.replace("_", " ").capitalize()

    @property
    def step_counts(self) -> tuple[int, int]:
        """Return how many of its steps passed, and how many it has."""
        passed = sum(step.status == "passed" for step in self.steps)
        return self.counted_steps or (passed, len(self.steps))

    def in_short(self) -> ScenarioResult:
        """Return it without what is written out at its end: a run may have thousands of scenarios."""
        return replace(self, steps=(), attachments=(), counted_steps=self.step_counts)

    @property
    def took(self) -> str:
        """Return the real duration in words, beside the planned one where there is one."""
        planned = "" if self.expected_s is None else f", planned {self.expected_s:.1f} s"
        return f"{self.duration_s:.1f} s{planned}"

    @property
    def makes_unfit(self) -> bool:
        """True if the environment, not KTRDR, stopped this scenario."""
        return self.verdict == Verdict.NOT_RUN and self.category == Category.ENVIRONMENT


@dataclass
class RunResult:
    """What became of a run. `started_at` is seconds since the epoch."""

    suite: dict[str, str]
    settings: dict[str, Any]
    started_at: float
    # The options that make another run one of the same target.
    options: str = ""
    strict: bool = False
    time_factor: float = 1.0
    target: dict[str, Any] = field(default_factory=dict)
    target_lines: list[str] = field(default_factory=list)
    preflight: Preflight | None = None
    scenarios: list[ScenarioResult] = field(default_factory=list)
    run_findings: list[str] = field(default_factory=list)
    watched: Watched = field(default_factory=Watched)
    # In words: which calibration the operations were planned by.
    calibration: str = ""
    # The criteria and the scenarios of the suite that prove them, selected or not.
    proofs: dict[str, tuple[str, ...]] = field(default_factory=dict)
    # Every id of the suite, selected or not.
    suite_ids: frozenset[str] = frozenset()
    # In words: which lists of known issues it accepts, and of which earlier run it is a part.
    known_issues: str = ""
    selection: str = ""
    # Findings of the run that the lists of known issues accept.
    known_findings: list[str] = field(default_factory=list)
    # What was put back of what an earlier run had left, and what it has left elsewhere.
    put_back: list[str] = field(default_factory=list)
    # The earlier run that this one is compared with.
    baseline: EarlierRun | None = None
    # Of the suite's own process.
    peak_memory_mb: float | None = None
    duration_s: float = 0.0
    complete: bool = False
    unfit: str = ""
    aborted: str = ""

    @property
    def verdict(self) -> RunVerdict:
        """Return the verdict on the run; precedence: aborted, environment unfit, not accepted, accepted."""
        if self.aborted or not self.complete:
            return RunVerdict.ABORTED
        if self.unfit or any(scenario.makes_unfit for scenario in self.scenarios):
            return RunVerdict.UNFIT
        found = self.counts()
        if found[Verdict.NOT_MET] or found[Verdict.FLAKY] or self.run_findings:
            return RunVerdict.NOT_ACCEPTED
        if not found[Verdict.MET]:
            return RunVerdict.UNFIT if found[Verdict.NOT_RUN] else RunVerdict.NOT_ACCEPTED
        if self.strict and found[Verdict.NOT_RUN]:
            return RunVerdict.NOT_ACCEPTED
        return RunVerdict.ACCEPTED

    @property
    def exit_status(self) -> ExitStatus:
        """Return the exit status of the run."""
        return _EXIT[self.verdict]

    def counts(self) -> Counter[Verdict]:
        """Return how many scenarios have each verdict."""
        return Counter(scenario.verdict for scenario in self.scenarios)

    def counts_line(self) -> str:
        """Return the counts in words; met, not met and not run are always said."""
        found = self.counts()
        always = (Verdict.MET, Verdict.NOT_MET, Verdict.NOT_RUN)
        said = [f"{found[verdict]} {verdict}" for verdict in Verdict if verdict in always or found[verdict]]
        planned = "" if self.planned_s is None else f" (planned {self.planned_s:.1f} s)"
        of_all = counted_scenarios(len(self.scenarios))
        return f"{', '.join(said)} of {of_all} in {self.duration_s:.1f} s{planned}"

    @property
    def planned_s(self) -> float | None:
        """Return what the scenarios should take together; None if not all of them have been measured."""
        known = [s.expected_s for s in self.scenarios if s.expected_s is not None]
        return sum(known) if known and len(known) == len(self.scenarios) else None

    def notes(self) -> list[str]:
        """Return what every output has to say besides the verdicts."""
        calibration = f"calibration: {self.calibration}" if self.calibration else ""
        scaled = f"waiting deadlines were scaled by the time factor {self.time_factor:g}"
        said = [self.selection, self.known_issues, calibration, scaled if self.time_factor != 1 else ""]
        return [*self.put_back, *self.known_findings, *(note for note in said if note)]

    def refusals(self) -> list[ScenarioResult]:
        """Return the scenarios that keep the run from being accepted."""
        unwanted = {Verdict.NOT_MET, Verdict.FLAKY}
        if self.strict:
            unwanted.add(Verdict.NOT_RUN)
        return [s for s in self.scenarios if s.verdict in unwanted or s.makes_unfit]

    def issue(self) -> str:
        """Return the one line that says why the run is not accepted (empty if it is)."""
        if self.verdict == RunVerdict.ACCEPTED:
            return ""
        if self.verdict == RunVerdict.ABORTED:
            return f"aborted: {_first_line(self.aborted or 'the run has not come to its end')}"
        if self.unfit:
            return f"environment unfit: {_first_line(self.unfit)}"
        refusals = self.refusals()
        if self.verdict == RunVerdict.UNFIT:
            unfit = [s for s in refusals if s.makes_unfit]
            reasons = [s.reason for s in unfit or self.scenarios if s.verdict == Verdict.NOT_RUN]
            what = "" if unfit else "no selected scenario could run: "
            return f"environment unfit: {what}{_first_line(reasons[0])}"
        if refusals:
            first = refusals[0]
            more = f" (and {len(refusals) - 1} more)" if len(refusals) > 1 else ""
            return f"{first.id} {first.name} is {first.verdict}: {_first_line(first.reason)}{more}"
        if self.run_findings:
            return _first_line(self.run_findings[0])
        return "no scenario is met"

    def last_line(self) -> str:
        """Return the line that ends every run, in the form that other tools read."""
        if self.verdict == RunVerdict.ACCEPTED:
            return "✅ Integration test passed"
        return f"{issue_mark(self.settings.get('issue_form'))}: {self.issue()}"


def issue_mark(form: str | None) -> str:
    """Return how the last line of a run that is not accepted begins."""
    return "❌ Issue found" if form == "issue-found" else "❌ Issue"


_MOST_OF_A_LINE = 320


def counted_scenarios(number: int) -> str:
    """Return a number of scenarios in words."""
    return f"{number} scenario" if number == 1 else f"{number} scenarios"


def _first_line(text: str) -> str:
    lines = text.strip().splitlines()
    line = lines[0] if lines else ""
    return line if len(line) <= _MOST_OF_A_LINE else line[:_MOST_OF_A_LINE] + " ..."
