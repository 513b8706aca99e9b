"""Sentences about workers."""

from behave import then
from hamcrest import has_item

from ktrdr_acceptance.matchers.lists import nothing
from ktrdr_acceptance.operations.operation import Kind
from ktrdr_acceptance.world import StepContext


@then("its worker says within {limit:Duration} that it is busy with it")
def then_worker_busy(context: StepContext, limit: float) -> None:
    """Ask the worker itself."""
    world = context.world
    world.workers.wait_until_busy_with(world.operation, world.operations, limit)


@then("its worker is free within {limit:Duration}")
def then_worker_free(context: StepContext, limit: float) -> None:
    """Ask the backend and the worker itself."""
    world = context.world
    world.workers.wait_until_rid_of(world.operation, world.operations, limit)


@then("a {kind:Kind} worker is listed with its kind, its address and its state")
def then_worker_listed(context: StepContext, kind: Kind) -> None:
    """Look for what an entry lacks."""
    world = context.world
    world.check.that("what the entries lack", world.workers.lacking(kind), nothing())


@then("the worker that has it is one of those listed for a {kind:Kind}")
def then_worker_is_of_kind(context: StepContext, kind: Kind) -> None:
    """Compare the worker that knows it with the registry."""
    world = context.world
    its = world.operations.worker_of(world.operation).service
    world.check.that("workers of the kind", world.workers.services(kind), has_item(its))
