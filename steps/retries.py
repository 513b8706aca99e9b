"""Sentences about operations that are run again, and about what came of one."""

from behave import given, then, when
from hamcrest import equal_to, greater_than

from ktrdr_acceptance.matchers.lists import nothing
from ktrdr_acceptance.operations.lifecycle import Status
from ktrdr_acceptance.world import StepContext


@given("a completed smoke training as well")
def given_completed_training_as_well(context: StepContext) -> None:
    """Run another training to its end; the scenario goes on about the first operation."""
    world = context.world
    other = world.trainings.start_when_ready("smoke")
    world.operations.eventually(other, Status.COMPLETED, within=other.calibration.deadline_s)


@when("I retry it")
def when_retry(context: StepContext) -> None:
    """Ask to run a failed operation again; "it" is the new one."""
    world = context.world
    world.said.speak_of(world.operations.retry(world.operation))


@then("it asks for what the failed one asked for")
def then_asks_for_the_same(context: StepContext) -> None:
    """Compare the details of both."""
    world = context.world
    differences = world.operations.retried_otherwise(world.operation)
    world.check.that("what the retry asks for otherwise", differences, nothing())


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


@then("its metrics, asked for alone, are those that its lookup shows")
def then_metrics_of_lookup(context: StepContext) -> None:
    """Compare each epoch at the route of the metrics with that in the lookup."""
    world = context.world
    differences = world.training_results.metrics_otherwise(world.operation)
    world.check.that("epochs that the route of the metrics shows otherwise", differences, nothing())


@then("they are those of its worker")
def then_results_of_worker(context: StepContext) -> None:
    """Compare the results with what the worker shows as its own."""
    world = context.world
    results = world.operations.results(world.operation)
    world.check.that("the results", results, equal_to(dict(world.results.at_worker(world.operation))))
