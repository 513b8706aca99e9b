"""Sentences about workers."""

from behave import then

from ktrdr_acceptance.world import StepContext


@then("its worker says within {limit:Duration} that it is busy with the training")
def then_worker_busy(context: StepContext, limit: float) -> None:
    """Ask the worker itself."""
    world = context.world
    world.workers.wait_until_busy_with(world.training, world.operations, limit)


@then("its worker is free within {limit:Duration}")
def then_worker_free(context: StepContext, limit: float) -> None:
    """Ask the backend and the worker itself."""
    world = context.world
    world.workers.wait_until_free(world.operations.worker_of(world.training), limit)
