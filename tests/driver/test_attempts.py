"""What several attempts at a scenario leave together: the block of the right one, and what became of all."""

from __future__ import annotations

import pytest

from ktrdr_acceptance.faults import Category
from ktrdr_acceptance.runner.attempts import Attempt, attachments_of_all, failure_among
from ktrdr_acceptance.verdict.failure import Failure
from ktrdr_acceptance.verdict.judge import Judgement, judge_attempts
from ktrdr_acceptance.verdict.model import Attachment, Verdict

MET = Attempt(Judgement(Verdict.MET))


def not_met(what: str) -> Attempt:
    judgement = Judgement(Verdict.NOT_MET, Category.CODE_BUG, f"{what}\nin: Then x")
    return Attempt(judgement, failure=Failure(Category.CODE_BUG, "x", "y", what))


def unfit(what: str) -> Attempt:
    judgement = Judgement(Verdict.NOT_RUN, Category.ENVIRONMENT, what)
    return Attempt(judgement, failure=Failure(Category.ENVIRONMENT, "x", "y", what))


def among(*attempts: Attempt, known: str = "", verdict: Verdict | None = None) -> Failure | None:
    judgement = judge_attempts([one.judgement for one in attempts])
    if verdict:
        judgement = Judgement(verdict, judgement.category, judgement.reason)
    return failure_among(attempts, judgement, known)


def test_what_is_met_at_once_has_no_block() -> None:
    assert among(MET) is None


def test_what_was_skipped_has_no_block() -> None:
    assert among(Attempt(Judgement(Verdict.NOT_RUN, None, "no gateway"))) is None


def test_one_attempt_that_is_not_met_has_its_own() -> None:
    attempt = not_met("one")
    assert among(attempt) == attempt.failure


def test_a_flaky_scenario_has_the_block_of_the_attempt_that_failed() -> None:
    failure = among(not_met("one"), not_met("two"), MET)
    assert failure is not None
    assert failure.actual == "two"
    assert failure.notes == (
        "attempt 1: not met: one",
        "attempt 2: not met: two",
        "attempt 3: met",
    )


def test_a_last_attempt_that_could_not_be_made_takes_no_block_back() -> None:
    failure = among(not_met("one"), unfit("gone"))
    assert failure is not None
    assert (failure.category, failure.actual) == (Category.CODE_BUG, "one")
    assert failure.notes == ("attempt 1: not met: one", "attempt 2: not run: gone")


def test_what_the_environment_stopped_has_a_block() -> None:
    failure = among(unfit("gone"))
    assert failure is not None
    assert failure.actual == "gone"


def test_that_it_fails_otherwise_than_is_known_is_a_note() -> None:
    failure = among(not_met("one"), known="\nit fails otherwise than its known issue X says")
    assert failure is not None
    assert failure.notes == ("it fails otherwise than its known issue X says",)


def test_a_known_issue_needs_no_note() -> None:
    failure = among(not_met("one"), known="known issue X\none", verdict=Verdict.KNOWN_ISSUE)
    assert failure is not None
    assert failure.notes == ()


@pytest.mark.parametrize("count", [1, 3])
def test_attachments_of_earlier_attempts_say_of_which(count: int) -> None:
    attempts = [
        Attempt(Judgement(Verdict.MET), attachments=(Attachment("Log", "text/plain", str(number)),))
        for number in range(1, count + 1)
    ]
    names = [(one.name, one.text) for one in attachments_of_all(attempts)]
    assert names == [
        *((f"Log (attempt {number})", str(number)) for number in range(1, count)),
        ("Log", str(count)),
    ]
