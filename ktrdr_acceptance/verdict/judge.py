"""From what happened in a scenario to its verdict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ktrdr_acceptance.faults import (
    CannotSwitch,
    Category,
    EnvironmentFault,
    Refuted,
    RunAborted,
    category_of,
)
from ktrdr_acceptance.verdict.model import WAS_ABORTED, StepResult, Verdict

# The line of a reason after which stands what was found beside it.
ALSO = "also:"

# Where a scenario fails, if not in a step.
NEEDS = "before the first step: what the scenario needs"
WHOLE = "the scenario as a whole"
HOOK = "a hook or a cleanup of the scenario"
GUARDS = "after the scenario: the guards of every scenario"
UNDO = "after the scenario: undo"


@dataclass
class Happened:
    """What the runner and the hooks know of a scenario beyond its steps."""

    checks: int = 0
    # The first Then that passed without having checked anything.
    unchecked: str = ""
    # Why the scenario cannot be judged as met before its first step: KTRDR answered against the contract.
    not_met: str = ""
    not_run: str = ""
    # What was raised for either of them.
    error: BaseException | None = None
    not_run_category: Category | None = None
    # The exchanges of the last step: from where to where.
    window: tuple[int, int] = (0, 0)
    # How many entries each log had when a step failed; what follows is of putting things back.
    logged: dict[str, int] = field(default_factory=dict)
    undo_errors: list[str] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)
    # What the scenario itself did to services: whatever fails from then on, the environment was well before.
    faults: tuple[str, ...] = ()


@dataclass(frozen=True)
class Judgement:
    """A verdict with its category and reason.

    `point` is where it was decided, `claim` what should have been so there, `error` what was raised instead.

    `findings` are the parts of the reason where it has several: what the steps found, and what was found
    beside it.
    """

    verdict: Verdict
    category: Category | None = None
    reason: str = ""
    point: str = field(default="", compare=False)
    claim: str = field(default="", compare=False)
    error: BaseException | None = field(default=None, compare=False)
    # What was found after the scenario.
    later: tuple[str, ...] = field(default=(), compare=False)
    findings: tuple[str, ...] = field(default=(), compare=False)

    @property
    def parts(self) -> tuple[str, ...]:
        """Return everything that was found, each for itself."""
        return self.findings or (self.reason,)

    @property
    def in_short(self) -> str:
        """The verdict and the first line of its reason."""
        return ": ".join([self.verdict, *self.reason.splitlines()[:1]])

    @property
    def is_refusal(self) -> bool:
        """Whether it comes with a failure block."""
        return self.verdict is Verdict.NOT_MET or self.category is not None


def judge(scenario: Any, happened: Happened, aborted: str) -> Judgement:
    """Return the judgement on behave's `scenario`; whatever is not plainly met is not met."""
    judgement = _judge_steps(scenario, happened, aborted)
    later = [*happened.violations, *happened.undo_errors]
    # Whatever the status: a cleanup that fails later has the last word there.
    hook_said = scenario.error_message
    if hook_said and hook_said not in judgement.reason:
        later.append(hook_said)
    if not later:
        return judgement
    # What could not be put back is told even where the run or the environment had ended before.
    ended = judgement.category == Category.ENVIRONMENT or (aborted and judgement.verdict == Verdict.NOT_RUN)
    if judgement.verdict == Verdict.NOT_MET or ended:
        reason = "\n".join([judgement.reason, ALSO, *later])
        return replace(judgement, reason=reason, later=tuple(later), findings=(judgement.reason, *later))
    category, point, claim = (
        (Category.CODE_BUG, GUARDS, "what KTRDR shows and writes to pass the guards of every scenario")
        if happened.violations
        else (Category.TEST_ISSUE, UNDO, "everything that the scenario did to be put back")
    )
    return Judgement(Verdict.NOT_MET, category, "\n".join(later), point, claim, findings=tuple(later))


def parts_of(reason: str) -> tuple[str, ...]:
    """Return the parts of a reason of which only the text is known: what the steps found, then the rest."""
    main, _, beside = reason.partition(f"\n{ALSO}\n")
    return (main, *beside.splitlines())


def judge_attempts(judgements: Sequence[Judgement]) -> Judgement:
    """Return the judgement on a scenario from those on its attempts: only the last can be other than not met.

    Met after an attempt that was not is flaky; an attempt that could not be made takes nothing back.
    """
    last = judgements[-1]
    if len(judgements) == 1:
        return last
    told = [
        f"attempt {number} of {len(judgements)}: {judgement.verdict}: {judgement.reason}"
        for number, judgement in enumerate(judgements[:-1], 1)
    ]
    findings = tuple(part for judgement in judgements for part in judgement.parts)
    if last.verdict is Verdict.MET:
        return Judgement(Verdict.FLAKY, judgements[0].category, "\n".join([*told, "the last attempt is met"]))
    if last.verdict is Verdict.NOT_MET:
        return replace(last, reason="\n".join([last.reason, *told]), findings=findings)
    told.append(f"the last attempt is {last.verdict}: {last.reason}")
    return replace(judgements[-2], reason="\n".join(told), findings=findings)


def _judge_steps(scenario: Any, happened: Happened, aborted: str) -> Judgement:
    if happened.not_met:
        return Judgement(
            Verdict.NOT_MET,
            Category.CODE_BUG,
            happened.not_met,
            NEEDS,
            "an answer that says whether the target has what the scenario needs",
            happened.error,
        )
    if happened.not_run:
        return Judgement(
            Verdict.NOT_RUN,
            happened.not_run_category,
            happened.not_run,
            NEEDS,
            "a target that answers",
            happened.error,
        )
    status = scenario.status.name
    for step in scenario.all_steps:
        name = step.status.name
        if name.startswith(("undefined", "pending")):
            reason = f"step is {name}: {step.keyword} {step.name}"
            return _test_issue(reason, place_of(step), "a step that says this sentence")
        if step.exception is not None and name != "hook_error":
            return _judge_exception(step, happened.faults)
        if step.status.has_failed():
            return _step_ended_as(step)
    # A failed undo or cleanup has no message there: what the steps found stands, the undo follows it.
    ended_in_undo = status in ("hook_error", "cleanup_error") and happened.undo_errors
    undo_alone = ended_in_undo and not scenario.error_message
    if status == "passed" or undo_alone:
        unmet = [step for step in scenario.all_steps if step.status.name != "passed"]
        if unmet:
            return _step_ended_as(unmet[0])
        if happened.checks and not happened.unchecked:
            return Judgement(Verdict.MET)
        if happened.checks:
            reason = f"a Then checked nothing: {happened.unchecked}"
            return _test_issue(reason, happened.unchecked, "a Then that checks something")
        return _test_issue("the scenario checked nothing", WHOLE, "a Then that checks something")
    if status in ("skipped", "untested"):
        if aborted:
            return Judgement(Verdict.NOT_RUN, None, f"{WAS_ABORTED}: {aborted}")
        reason = scenario.skip_reason
        if status == "skipped" and reason:
            return Judgement(Verdict.NOT_RUN, None, str(reason))
        return _test_issue(
            f"the scenario was {status} without a reason", WHOLE, "a scenario that is run, or says why not"
        )
    if aborted and not scenario.error_message:
        return Judgement(Verdict.NOT_RUN, None, f"{WAS_ABORTED}: {aborted}")
    return _test_issue(
        f"the scenario ended as {status}: {scenario.error_message or 'no message'}",
        HOOK if status in ("hook_error", "cleanup_error") else WHOLE,
        "hooks and cleanups that end without an error",
    )


def _step_ended_as(step: Any) -> Judgement:
    sentence = f"{step.keyword} {step.name}"
    raised = f" ({type(step.exception).__name__}: {step.exception})" if step.exception else ""
    return _test_issue(f"step ended as {step.status.name}{raised}: {sentence}", place_of(step), sentence)


def _judge_exception(step: Any, faults: tuple[str, ...]) -> Judgement:
    exception = step.exception
    if faults and isinstance(exception, EnvironmentFault) and not isinstance(exception, CannotSwitch):
        # Its needs were there when it began: to bear what was done, and to come back, is the criterion.
        told = f"{exception}\nafter the scenario had done this to services: {', '.join(faults)}"
        exception = Refuted(told, exception.mismatch)
    where = f"{step.keyword} {step.name}"
    if isinstance(exception, RunAborted | KeyboardInterrupt):
        told = str(exception) or type(exception).__name__
        return Judgement(Verdict.NOT_RUN, None, f"{WAS_ABORTED}: {told} (in: {where})")
    category = category_of(exception)
    message = str(exception).strip() or type(exception).__name__
    if category == Category.TEST_ISSUE:
        message = f"{type(exception).__name__}: {message}"
    place = (place_of(step), where, exception)
    if category == Category.ENVIRONMENT:
        return Judgement(Verdict.NOT_RUN, category, f"{message} (in: {where})", *place)
    return Judgement(Verdict.NOT_MET, category, f"{message}\nin: {where}", *place)


def place_of(step: Any) -> str:
    """Return a step's sentence and where it stands."""
    return f"{step.keyword} {step.name} ({step.filename}:{step.line})"


def _test_issue(reason: str, point: str, claim: str) -> Judgement:
    return Judgement(Verdict.NOT_MET, Category.TEST_ISSUE, reason, point, claim)


def step_results(scenario: Any) -> tuple[StepResult, ...]:
    """Return behave's steps of `scenario` as the model keeps them."""
    return tuple(
        StepResult(
            text=f"{step.keyword} {step.name}",
            status=step.status.name,
            duration_s=step.duration,
            message=str(step.exception or ""),
        )
        for step in scenario.all_steps
    )
