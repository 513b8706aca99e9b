"""Sentences about operations that are run again, and about what came of one."""

from behave import then, when
from hamcrest import greater_than

from ktrdr_acceptance.world import StepContext


@when("I retry it")
def when_retry(context: StepContext) -> None:
    """Ask to run a failed operation again; "it" is the new one."""
    world = context.world
    world.said.speak_of(world.operations.retry(world.operation))


@when("I try to retry it")
def when_try_to_retry(context: StepContext) -> None:
    """Ask for a retry that should be refused."""
    context.world.said.refusal = context.world.operations.refusal_of_retry(context.world.operation)


@when("I try to read its results")
def when_try_to_read_results(context: StepContext) -> None:
    """Ask for results that should be refused."""
    context.world.said.refusal = context.world.operations.refusal_of_results(context.world.operation)


@then("its results can be read")
def then_results_readable(context: StepContext) -> None:
    """Ask for the results, which must hold something."""
    world = context.world
    results = world.operations.results(world.operation)
    world.check.that("number of entries in the results", len(results), greater_than(0))
