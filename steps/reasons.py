"""Sentences about the reason that is stated for a failure or a cancel."""

from behave import then, when
from hamcrest import all_of, contains_string, equal_to, is_not, matches_regexp

from ktrdr_acceptance.matchers.texts import DISK_IS_FULL, STACK_TRACE
from ktrdr_acceptance.world import StepContext


@when('I cancel it for the reason "{reason}"')
def when_cancel_for_reason(context: StepContext, reason: str) -> None:
    """Cancel the operation and say why; the cancel must be acknowledged."""
    world = context.world
    world.said.cancel = world.operations.cancel(world.operation, reason)


@then('the cancel is answered with the reason "{reason}"')
def then_cancel_answered_with_reason(context: StepContext, reason: str) -> None:
    """Compare the reason that the answer to the cancel repeats."""
    world = context.world
    repeated = world.said.cancel.cancellation_reason
    world.check.that("cancellation_reason in the answer to the cancel", repeated, equal_to(reason))


@then('the backend states a reason that names "{text}"')
def then_reason_stated(context: StepContext, text: str) -> None:
    """Look for the reason of the end at the backend."""
    world = context.world
    body = world.operations.look(world.operation)
    subject = f"error_message of the {body.status} {world.operation.kind} at the backend"
    world.check.that(subject, body.error_message or "no reason", contains_string(text))


@then("the reason names its worker")
def then_reason_names_worker(context: StepContext) -> None:
    """Look for the worker's name in the reason of the failure at the backend."""
    world = context.world
    worker = world.operations.worker_of(world.operation).name
    world.check.that(
        "the stated reason", world.operations.stated_reason(world.operation), contains_string(worker)
    )


@then("the reason says that the disk is full")
def then_reason_names_disk(context: StepContext) -> None:
    """Look for the words in which a system says so."""
    world = context.world
    reason = world.operations.stated_reason(world.operation)
    world.check.that("the stated reason", reason, matches_regexp(DISK_IS_FULL))


@then("the reason is stated in plain words")
def then_reason_plain(context: StepContext) -> None:
    """Look for what a stack trace looks like."""
    world = context.world
    reason = world.operations.stated_reason(world.operation)
    plain = all_of(is_not("no reason"), is_not(matches_regexp(STACK_TRACE)))
    world.check.that("the stated reason", reason, plain)
