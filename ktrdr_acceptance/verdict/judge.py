"""From what happened in a scenario to its verdict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ktrdr_acceptance.faults import Category, RunAborted, category_of
from ktrdr_acceptance.verdict.model import StepResult, Verdict


@dataclass
class Happened:
    """What the runner and the hooks know of a scenario beyond its steps."""

    checks: int = 0
    # Why the scenario cannot be judged as met before its first step: KTRDR answered against the contract.
    not_met: str = ""
    not_run: str = ""
    not_run_category: Category | None = None
    undo_errors: list[str] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Judgement:
    """A verdict with its category and reason."""

    verdict: Verdict
    category: Category | None = None
    reason: str = ""


def judge(scenario: Any, happened: Happened, aborted: str) -> Judgement:
    """Return the judgement on behave's `scenario`; whatever is not plainly met is not met."""
    judgement = _judge_steps(scenario, happened, aborted)
    later = [*happened.violations, *happened.undo_errors]
    if not later:
        return judgement
    # What could not be put back is told even where the run or the environment had ended before.
    ended = judgement.category == Category.ENVIRONMENT or (aborted and judgement.verdict == Verdict.NOT_RUN)
    if judgement.verdict == Verdict.NOT_MET or ended:
        return replace(judgement, reason="\n".join([judgement.reason, "also:", *later]))
    category = Category.CODE_BUG if happened.violations else Category.TEST_ISSUE
    return Judgement(Verdict.NOT_MET, category, "\n".join(later))


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
    if last.verdict is Verdict.MET:
        return Judgement(Verdict.FLAKY, judgements[0].category, "\n".join([*told, "the last attempt is met"]))
    if last.verdict is Verdict.NOT_MET:
        return replace(last, reason="\n".join([last.reason, *told]))
    return replace(
        judgements[-2], reason="\n".join([*told, f"the last attempt is {last.verdict}: {last.reason}"])
    )


def _judge_steps(scenario: Any, happened: Happened, aborted: str) -> Judgement:
    if happened.not_met:
        return Judgement(Verdict.NOT_MET, Category.CODE_BUG, happened.not_met)
    if happened.not_run:
        return Judgement(Verdict.NOT_RUN, happened.not_run_category, happened.not_run)
    status = scenario.status.name
    for step in scenario.all_steps:
        name = step.status.name
        if name.startswith(("undefined", "pending")):
            return _test_issue(f"step is {name}: {step.keyword} {step.name}")
        if step.exception is not None:
            return _judge_exception(step)
        if step.status.has_failed():
            return _test_issue(f"step ended as {name}: {step.keyword} {step.name}")
    # Our own hook marks a failed undo without a message: what the steps found stands, the undo follows it.
    undo_alone = status == "hook_error" and happened.undo_errors and not scenario.error_message
    if status == "passed" or undo_alone:
        unmet = [step for step in scenario.all_steps if step.status.name != "passed"]
        if unmet:
            return _test_issue(f"step ended as {unmet[0].status.name}: {unmet[0].keyword} {unmet[0].name}")
        if happened.checks:
            return Judgement(Verdict.MET)
        return _test_issue("the scenario checked nothing")
    if status in ("skipped", "untested"):
        if aborted:
            return Judgement(Verdict.NOT_RUN, None, f"the run was aborted: {aborted}")
        reason = scenario.skip_reason
        if status == "skipped" and reason:
            return Judgement(Verdict.NOT_RUN, None, str(reason))
        return _test_issue(f"the scenario was {status} without a reason")
    return _test_issue(f"the scenario ended as {status}: {scenario.error_message or 'no message'}")


def _judge_exception(step: Any) -> Judgement:
    exception = step.exception
    where = f"{step.keyword} {step.name}"
    if isinstance(exception, RunAborted):
        return Judgement(Verdict.NOT_RUN, None, f"the run was aborted: {exception} (in: {where})")
    category = category_of(exception)
    message = str(exception).strip() or type(exception).__name__
    if category == Category.TEST_ISSUE:
        message = f"{type(exception).__name__}: {message}"
    if category == Category.ENVIRONMENT:
        return Judgement(Verdict.NOT_RUN, category, f"{message} (in: {where})")
    return Judgement(Verdict.NOT_MET, category, f"{message}\nin: {where}")


def _test_issue(reason: str) -> Judgement:
    return Judgement(Verdict.NOT_MET, Category.TEST_ISSUE, reason)


def step_results(scenario: Any) -> tuple[StepResult, ...]:
    """Return behave's steps of `scenario` as the model keeps them."""
    return tuple(
        StepResult(
            text=f"{step.keyword} {step.name}",
            status=step.status.name,
            duration_s=step.duration or 0.0,
            message=str(step.exception or ""),
        )
        for step in scenario.all_steps
    )
