"""Sentences about several operations at once."""

from behave import given, then, when
from hamcrest import equal_to, has_length

from ktrdr_acceptance.matchers.lists import nothing
from ktrdr_acceptance.operations.operation import Kind
from ktrdr_acceptance.world import StepContext


@given("every {kind:Kind} worker has just completed its work")
def given_every_worker_has_just_worked(context: StepContext, kind: Kind) -> None:
    """Give each free worker a piece of work, and follow all of it to the end."""
    world = context.world
    world.workers.wait_until_all_free(kind, within=30.0)
    world.crowd.work_at_each(world.starts[kind], len(world.workers.of(kind)))


@when("I start {count:Count} {purpose:Purpose} {kind:Kind}s at the same moment")
def when_start_at_once(context: StepContext, count: int, purpose: str, kind: Kind) -> None:
    """Ask for several operations at once."""
    world = context.world
    world.crowd.start(world.starts[kind], purpose, count)


@then("as many {kind:Kind}s are accepted as there are workers")
def then_as_many_as_workers(context: StepContext, kind: Kind) -> None:
    """Compare the accepted ones with the registered workers."""
    world = context.world
    world.check.that("accepted operations", len(world.crowd.accepted), equal_to(len(world.workers.of(kind))))


@then("the others are refused because no worker is free")
def then_others_refused(context: StepContext) -> None:
    """Look at what the refusals say."""
    world = context.world
    world.check.that("other refusals", world.crowd.other_refusals(), nothing())


@then("each that was accepted runs at a worker of its own")
def then_workers_of_their_own(context: StepContext) -> None:
    """Compare the workers that have them."""
    world = context.world
    workers = {world.operations.worker_of(operation).service for operation in world.crowd.accepted}
    # Of none at all it cannot be said.
    world.check.that("workers that run them", workers, has_length(max(1, len(world.crowd.accepted))))


@then("each that was accepted completes")
def then_each_completes(context: StepContext) -> None:
    """Follow each to its end."""
    context.world.crowd.complete()
