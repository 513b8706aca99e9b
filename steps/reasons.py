"""Sentences about the reason that is stated for a failure."""

from behave import then
from hamcrest import all_of, contains_string, is_not, matches_regexp

from ktrdr_acceptance.matchers.texts import DISK_IS_FULL, STACK_TRACE
from ktrdr_acceptance.world import StepContext


@then('the backend states a reason that names "{text}"')
def then_reason_stated(context: StepContext, text: str) -> None:
    """Look for the reason of the failure at the backend."""
    world = context.world
    reason = world.operations.stated_reason(world.operation)
    subject = f"error_message of the failed {world.operation.kind} at the backend"
    world.check.that(subject, reason, contains_string(text))


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
