"""From what happened in a scenario to its verdict: every way in which a scenario can end."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from behave.model_type import Status

from ktrdr_acceptance.api.models import ContractBreach
from ktrdr_acceptance.faults import (
    CannotSwitch,
    Category,
    ConfigurationFault,
    EnvironmentFault,
    Mismatch,
    Refuted,
    RunAborted,
    category_of,
)
from ktrdr_acceptance.operations.waiting import WaitFailed
from ktrdr_acceptance.verdict.judge import (
    Happened,
    Judgement,
    judge,
    judge_attempts,
    parts_of,
    step_results,
)
from ktrdr_acceptance.verdict.model import Verdict

CODE_BUG, TEST_ISSUE = Category.CODE_BUG, Category.TEST_ISSUE
CONFIGURATION, ENVIRONMENT = Category.CONFIGURATION, Category.ENVIRONMENT


def step(
    status: Status = Status.passed, exception: BaseException | None = None, name: str = "it completes"
) -> Any:
    return SimpleNamespace(
        status=status,
        exception=exception,
        keyword="Then",
        name=name,
        filename="features/a.feature",
        line=7,
        duration=0.25,
    )


def scenario(status: Status, *steps: Any, skip_reason: str | None = None, error_message: str = "") -> Any:
    return SimpleNamespace(
        status=status,
        all_steps=steps or (step(),),
        skip_reason=skip_reason,
        error_message=error_message,
    )


def raising(exception: BaseException) -> Any:
    failed = Status.failed if isinstance(exception, AssertionError) else Status.error
    return scenario(failed, step(), step(failed, exception), step(Status.skipped))


def judged(scenario: Any, aborted: str = "", **happened: Any) -> Judgement:
    return judge(scenario, Happened(**{"checks": 1, **happened}), aborted)


def test_all_steps_passed_and_something_checked_is_met() -> None:
    assert judged(scenario(Status.passed)) == Judgement(Verdict.MET)


def test_nothing_checked_is_not_met() -> None:
    assert judged(scenario(Status.passed), checks=0) == Judgement(
        Verdict.NOT_MET, TEST_ISSUE, "the scenario checked nothing"
    )


@pytest.mark.parametrize(
    ("exception", "category", "reason"),
    [
        (AssertionError("expected 3"), CODE_BUG, "expected 3\nin: Then it completes"),
        (ContractBreach("no field 'data'"), CODE_BUG, "no field 'data'\nin: Then it completes"),
        (WaitFailed("expected x\nseen: y"), CODE_BUG, "expected x\nseen: y\nin: Then it completes"),
        (AssertionError(), CODE_BUG, "AssertionError\nin: Then it completes"),
        (ConfigurationFault("collapsed"), CONFIGURATION, "collapsed\nin: Then it completes"),
        (KeyError("x"), TEST_ISSUE, "KeyError: 'x'\nin: Then it completes"),
        (LookupError("nobody spoke"), TEST_ISSUE, "LookupError: nobody spoke\nin: Then it completes"),
        (TypeError(), TEST_ISSUE, "TypeError: TypeError\nin: Then it completes"),
    ],
)
def test_an_exception_is_not_met_by_its_category(
    exception: Exception, category: Category, reason: str
) -> None:
    assert judged(raising(exception)) == Judgement(Verdict.NOT_MET, category, reason)


def test_a_fault_of_the_environment_is_not_run() -> None:
    assert judged(raising(EnvironmentFault("backend gone"))) == Judgement(
        Verdict.NOT_RUN, ENVIRONMENT, "backend gone (in: Then it completes)"
    )


FAULTS = ("kill backtest-worker-1", "pause ib-host")


def test_whatever_does_not_answer_after_a_fault_that_the_scenario_made_is_ktrdr_s() -> None:
    fault = EnvironmentFault(
        "backend gave no answer", mismatch=Mismatch("an answer", "none"), cure="start it"
    )
    judgement = judged(raising(fault), faults=FAULTS)
    assert (judgement.verdict, judgement.category) == (Verdict.NOT_MET, CODE_BUG)
    assert judgement.reason == (
        "backend gave no answer\nafter the scenario had done this to services: kill backtest-worker-1, "
        "pause ib-host\nin: Then it completes"
    )
    assert isinstance(judgement.error, Refuted)
    assert judgement.error.mismatch == fault.mismatch


def test_what_cannot_be_done_to_a_service_says_nothing_of_ktrdr() -> None:
    judgement = judged(raising(CannotSwitch("cannot stop ib-host")), faults=FAULTS)
    assert (judgement.verdict, judgement.category) == (Verdict.NOT_RUN, ENVIRONMENT)


@pytest.mark.parametrize(
    "errors", [["could not end the long training: backend gone"], ["could not x", "could not y"]]
)
def test_a_fault_of_the_environment_stays_one_when_its_undo_finds_nobody_either(errors: list[str]) -> None:
    ended = raising(EnvironmentFault("backend gone"))
    ended.status = Status.hook_error
    judgement = judged(ended, undo_errors=errors)
    assert (judgement.verdict, judgement.category) == (Verdict.NOT_RUN, ENVIRONMENT)
    assert "backend gone (in: Then it completes)" in judgement.reason
    assert errors[0] in judgement.reason


@pytest.mark.parametrize("status", [Status.undefined, Status.pending])
def test_a_step_nobody_wrote_is_not_met_and_named(status: Status) -> None:
    judgement = judged(scenario(Status.error, step(), step(status)))
    assert judgement == Judgement(Verdict.NOT_MET, TEST_ISSUE, f"step is {status.name}: Then it completes")


def test_a_pending_step_that_behave_lets_pass_is_not_met() -> None:
    assert judged(scenario(Status.passed, step(), step(Status.pending_warn))).verdict == Verdict.NOT_MET


@pytest.mark.parametrize("status", [Status.hook_error, Status.cleanup_error, Status.error, Status.failed])
def test_a_step_that_ended_badly_without_exception_is_not_met(status: Status) -> None:
    judgement = judged(scenario(Status.error, step(status)))
    assert (judgement.verdict, judgement.category) == (Verdict.NOT_MET, TEST_ISSUE)
    assert judgement.reason == f"step ended as {status.name}: Then it completes"


def test_what_a_hook_raises_in_a_step_is_no_answer_of_ktrdr() -> None:
    assert judged(scenario(Status.hook_error, step(Status.hook_error, AssertionError("x")))) == Judgement(
        Verdict.NOT_MET, TEST_ISSUE, "step ended as hook_error (AssertionError: x): Then it completes"
    )


def test_a_scenario_that_passed_although_steps_did_not_is_not_met_by_the_first_of_them() -> None:
    steps = (step(), step(Status.skipped, name="it is cancelled"), step(Status.untested))
    judgement = judged(scenario(Status.passed, *steps))
    assert judgement == Judgement(Verdict.NOT_MET, TEST_ISSUE, "step ended as skipped: Then it is cancelled")


@pytest.mark.parametrize(
    "status",
    [s for s in Status if s not in (Status.passed, Status.skipped, Status.untested)],
    ids=lambda status: status.name,
)
def test_any_other_end_of_a_scenario_is_not_met(status: Status) -> None:
    judgement = judged(scenario(status, error_message="HOOK-ERROR in after_scenario"))
    assert judgement == Judgement(
        Verdict.NOT_MET, TEST_ISSUE, f"the scenario ended as {status.name}: HOOK-ERROR in after_scenario"
    )


def test_an_end_without_a_message_says_so() -> None:
    assert judged(scenario(Status.cleanup_error)).reason == "the scenario ended as cleanup_error: no message"


@pytest.mark.parametrize("status", [Status.hook_error, Status.cleanup_error])
def test_a_hook_that_fails_after_a_failed_step_takes_nothing_back(status: Status) -> None:
    ended = raising(AssertionError("expected 3"))
    ended.status = status
    assert judged(ended).category == CODE_BUG
    assert judged(ended).parts == ("expected 3\nin: Then it completes",)


@pytest.mark.parametrize("status", [Status.hook_error, Status.cleanup_error])
def test_what_a_hook_says_after_a_failed_step_is_told_beside_it(status: Status) -> None:
    ended = raising(AssertionError("expected 3"))
    ended.status, ended.error_message = status, "HOOK-ERROR in after_scenario: x"
    judgement = judged(ended)
    assert (judgement.verdict, judgement.category) == (Verdict.NOT_MET, CODE_BUG)
    assert judgement.parts == ("expected 3\nin: Then it completes", "HOOK-ERROR in after_scenario: x")
    assert judgement.reason.endswith("\nalso:\nHOOK-ERROR in after_scenario: x")


def test_a_skip_with_a_reason_is_not_run() -> None:
    skipped = scenario(Status.skipped, step(Status.skipped), skip_reason="no gateway")
    assert judged(skipped) == Judgement(Verdict.NOT_RUN, None, "no gateway")


@pytest.mark.parametrize("reason", [None, ""])
def test_a_skip_without_a_reason_is_not_met(reason: str | None) -> None:
    skipped = scenario(Status.skipped, step(Status.skipped), skip_reason=reason)
    assert judged(skipped) == Judgement(
        Verdict.NOT_MET, TEST_ISSUE, "the scenario was skipped without a reason"
    )


def test_an_untested_scenario_is_not_met() -> None:
    untested = scenario(Status.untested, step(Status.untested), skip_reason="a reason")
    assert judged(untested) == Judgement(
        Verdict.NOT_MET, TEST_ISSUE, "the scenario was untested without a reason"
    )


def test_a_missing_need_is_not_run_with_its_reason() -> None:
    skipped = scenario(Status.skipped, step(Status.skipped), skip_reason="x")
    assert judged(skipped, not_run="no training worker") == Judgement(
        Verdict.NOT_RUN, None, "no training worker"
    )
    assert judged(skipped, not_run="gone", not_run_category=ENVIRONMENT) == Judgement(
        Verdict.NOT_RUN, ENVIRONMENT, "gone"
    )


@pytest.mark.parametrize("status", [Status.skipped, Status.passed, Status.hook_error])
@pytest.mark.parametrize("aborted", ["", "SIGTERM"])
def test_a_breach_while_asking_for_a_need_is_not_met(status: Status, aborted: str) -> None:
    ended = scenario(status, step(Status.skipped), skip_reason="the workers have no id")
    assert judged(ended, aborted, not_met="the workers have no id") == Judgement(
        Verdict.NOT_MET, CODE_BUG, "the workers have no id"
    )


# where it was decided, and what should have been so there

PLACE = "Then it completes (features/a.feature:7)"
NEEDS = "before the first step: what the scenario needs"
WHOLE = "the scenario as a whole"
HOOK = "a hook or a cleanup of the scenario"


@pytest.mark.parametrize(
    ("ended", "happened", "point", "claim"),
    [
        (
            scenario(Status.skipped),
            {"not_met": "no id"},
            NEEDS,
            "an answer that says whether the target has what the scenario needs",
        ),
        (scenario(Status.skipped), {"not_run": "gone"}, NEEDS, "a target that answers"),
        (raising(AssertionError("x")), {}, PLACE, "Then it completes"),
        (raising(EnvironmentFault("gone")), {}, PLACE, "Then it completes"),
        (scenario(Status.error, step(Status.undefined)), {}, PLACE, "a step that says this sentence"),
        (scenario(Status.error, step(Status.error)), {}, PLACE, "Then it completes"),
        (scenario(Status.passed, step(Status.untested)), {}, PLACE, "Then it completes"),
        (scenario(Status.passed), {"unchecked": "Then x"}, "Then x", "a Then that checks something"),
        (scenario(Status.passed), {"checks": 0}, WHOLE, "a Then that checks something"),
        (scenario(Status.skipped), {}, WHOLE, "a scenario that is run, or says why not"),
        (scenario(Status.hook_error), {}, HOOK, "hooks and cleanups that end without an error"),
        (scenario(Status.cleanup_error), {}, HOOK, "hooks and cleanups that end without an error"),
        (scenario(Status.error), {}, WHOLE, "hooks and cleanups that end without an error"),
        (
            scenario(Status.passed),
            {"violations": ["op went back"]},
            "after the scenario: the guards of every scenario",
            "what KTRDR shows and writes to pass the guards of every scenario",
        ),
        (
            scenario(Status.passed),
            {"undo_errors": ["could not x"]},
            "after the scenario: undo",
            "everything that the scenario did to be put back",
        ),
    ],
)
def test_a_judgement_says_where_it_was_decided_and_what_should_have_been(
    ended: Any, happened: dict[str, Any], point: str, claim: str
) -> None:
    judgement = judged(ended, **happened)
    assert (judgement.point, judgement.claim) == (point, claim)


@pytest.mark.parametrize("which", ["not_met", "not_run"])
def test_what_was_raised_for_a_need_is_kept(which: str) -> None:
    breach = AssertionError("no id")
    assert judged(scenario(Status.skipped), **{which: "no id"}, error=breach).error is breach


def test_a_then_that_checks_nothing_is_not_met_whatever_the_others_check() -> None:
    assert judged(scenario(Status.passed), unchecked="Then x") == Judgement(
        Verdict.NOT_MET, TEST_ISSUE, "a Then checked nothing: Then x"
    )


@pytest.mark.parametrize(
    ("verdict", "category", "refusal"),
    [
        (Verdict.MET, None, False),
        (Verdict.NOT_MET, TEST_ISSUE, True),
        (Verdict.NOT_MET, None, True),
        (Verdict.FLAKY, CODE_BUG, True),
        (Verdict.NOT_RUN, ENVIRONMENT, True),
        (Verdict.NOT_RUN, None, False),
    ],
)
def test_whatever_somebody_has_to_act_on_comes_with_a_block(
    verdict: Verdict, category: Category | None, refusal: bool
) -> None:
    assert Judgement(verdict, category, "x").is_refusal is refusal


# undo and lifecycle


def test_an_undo_that_fails_makes_a_met_scenario_not_met() -> None:
    ended = scenario(Status.hook_error, error_message="HOOK-ERROR")
    judgement = judged(ended, undo_errors=["could not end the long training: x"])
    assert (judgement.verdict, judgement.category) == (Verdict.NOT_MET, TEST_ISSUE)
    assert "could not end the long training: x" in judgement.reason


@pytest.mark.parametrize("status", [Status.passed, Status.hook_error, Status.cleanup_error])
def test_of_an_undo_that_fails_alone_nothing_else_is_told(status: Status) -> None:
    judgement = judged(scenario(status), undo_errors=["could not end the long training: x"])
    assert judgement == Judgement(Verdict.NOT_MET, TEST_ISSUE, "could not end the long training: x")


def test_a_violation_of_the_lifecycle_makes_a_met_scenario_not_met() -> None:
    judgement = judged(scenario(Status.passed), violations=["op went from completed to running"])
    assert judgement == Judgement(Verdict.NOT_MET, CODE_BUG, "op went from completed to running")


def test_ktrdr_is_to_blame_before_the_suite() -> None:
    judgement = judged(scenario(Status.passed), violations=["v1", "v2"], undo_errors=["u1"])
    assert judgement == Judgement(Verdict.NOT_MET, CODE_BUG, "v1\nv2\nu1")
    assert judgement.parts == ("v1", "v2", "u1")


@pytest.mark.parametrize("later", [{"violations": ["later"]}, {"undo_errors": ["later"]}])
def test_what_comes_later_is_added_to_a_refusal_and_keeps_its_category(later: dict[str, Any]) -> None:
    judgement = judged(raising(ConfigurationFault("collapsed")), **later)
    assert (judgement.verdict, judgement.category) == (Verdict.NOT_MET, CONFIGURATION)
    assert judgement.reason == "collapsed\nin: Then it completes\nalso:\nlater"
    assert judgement.later == ("later",)


def test_a_violation_seen_before_a_skip_is_not_lost() -> None:
    skipped = scenario(Status.skipped, step(), step(Status.skipped), skip_reason="no gateway")
    judgement = judged(skipped, violations=["op went from completed to running"])
    assert judgement.verdict == Verdict.NOT_MET
    assert "op went from completed to running" in judgement.reason


def test_a_violation_seen_before_a_skip_is_ktrdr_s() -> None:
    skipped = scenario(Status.skipped, step(), step(Status.skipped), skip_reason="no gateway")
    assert judged(skipped, violations=["op went back"]).category == CODE_BUG


# an aborted run


@pytest.mark.parametrize(
    ("exception", "told"),
    [(RunAborted("SIGTERM"), "SIGTERM"), (KeyboardInterrupt(), "KeyboardInterrupt")],
    ids=repr,
)
def test_a_step_that_was_aborted_is_not_run(exception: BaseException, told: str) -> None:
    assert judged(raising(exception), aborted="SIGTERM") == Judgement(
        Verdict.NOT_RUN, None, f"the run was aborted: {told} (in: Then it completes)"
    )


@pytest.mark.parametrize("status", [Status.untested, Status.skipped, Status.hook_error, Status.error])
def test_a_scenario_that_an_abort_prevented_is_not_run(status: Status) -> None:
    prevented = scenario(status, step(Status.skipped))
    assert judged(prevented, aborted="SIGINT") == Judgement(
        Verdict.NOT_RUN, None, "the run was aborted: SIGINT"
    )


def test_a_hook_that_raised_is_told_in_an_aborted_run_too() -> None:
    ended = scenario(Status.hook_error, step(Status.skipped), error_message="HOOK-ERROR in before_scenario")
    assert judged(ended, aborted="SIGINT") == Judgement(
        Verdict.NOT_MET, TEST_ISSUE, "the scenario ended as hook_error: HOOK-ERROR in before_scenario"
    )


def test_an_abort_takes_back_neither_a_met_scenario_nor_a_refusal() -> None:
    assert judged(scenario(Status.passed), aborted="SIGINT").verdict == Verdict.MET
    assert judged(raising(AssertionError("x")), aborted="SIGINT").verdict == Verdict.NOT_MET


def test_an_undo_that_fails_in_an_aborted_run_is_told() -> None:
    judgement = judged(
        raising(RunAborted("SIGTERM")), aborted="SIGTERM", undo_errors=["could not end the long training: x"]
    )
    assert (judgement.verdict, judgement.category) == (Verdict.NOT_RUN, None)
    assert "could not end the long training: x" in judgement.reason


# categories, steps


@pytest.mark.parametrize(
    ("exception", "category"),
    [
        (None, TEST_ISSUE),
        (AssertionError(), CODE_BUG),
        (ContractBreach(), CODE_BUG),
        (ConfigurationFault(), CONFIGURATION),
        (EnvironmentFault(), ENVIRONMENT),
        (ValueError(), TEST_ISSUE),
        (RunAborted(), TEST_ISSUE),
    ],
)
def test_who_has_to_act(exception: Exception | None, category: Category) -> None:
    assert category_of(exception) == category
    assert category.next_action.endswith(".")


def test_each_step_is_told_with_its_status_and_message() -> None:
    told = step_results(raising(AssertionError("expected 3")))
    assert [(one.text, one.status, one.message) for one in told] == [
        ("Then it completes", "passed", ""),
        ("Then it completes", "failed", "expected 3"),
        ("Then it completes", "skipped", ""),
    ]
    assert {one.duration_s for one in told} == {0.25}


MET = Judgement(Verdict.MET)
REFUSED = Judgement(Verdict.NOT_MET, CODE_BUG, "expected 3")
OTHERWISE = Judgement(Verdict.NOT_MET, CONFIGURATION, "collapsed")
GONE = Judgement(Verdict.NOT_RUN, ENVIRONMENT, "the backend is gone")


@pytest.mark.parametrize(
    ("judgements", "verdict", "category", "reason"),
    [
        ([MET], Verdict.MET, None, ""),
        ([REFUSED], Verdict.NOT_MET, CODE_BUG, "expected 3"),
        (
            [REFUSED, OTHERWISE, MET],
            Verdict.FLAKY,
            CODE_BUG,
            "attempt 1 of 3: not met: expected 3\nattempt 2 of 3: not met: collapsed\n"
            "the last attempt is met",
        ),
        (
            [REFUSED, REFUSED, OTHERWISE],
            Verdict.NOT_MET,
            CONFIGURATION,
            "collapsed\nattempt 1 of 3: not met: expected 3\nattempt 2 of 3: not met: expected 3",
        ),
        # An attempt that could not be made takes nothing back.
        (
            [REFUSED, GONE],
            Verdict.NOT_MET,
            CODE_BUG,
            "attempt 1 of 2: not met: expected 3\nthe last attempt is not run: the backend is gone",
        ),
    ],
)
def test_attempts_make_one_judgement(
    judgements: list[Judgement], verdict: Verdict, category: Category | None, reason: str
) -> None:
    assert judge_attempts(judgements) == Judgement(verdict, category, reason)


@pytest.mark.parametrize("last", [REFUSED, GONE])
def test_what_every_attempt_found_is_kept_apart(last: Judgement) -> None:
    first = Judgement(Verdict.NOT_MET, CODE_BUG, "a\nalso:\nb", findings=("a", "b"))
    assert judge_attempts([first, last]).parts == ("a", "b", last.reason)


@pytest.mark.parametrize(
    ("reason", "parts"),
    [
        ("expected 3\nin: Then x", ("expected 3\nin: Then x",)),
        (
            "expected 3\nin: Then x\nalso:\nfell\ncould not y",
            ("expected 3\nin: Then x", "fell", "could not y"),
        ),
    ],
)
def test_a_reason_that_is_only_read_is_taken_apart_again(reason: str, parts: tuple[str, ...]) -> None:
    assert parts_of(reason) == parts
