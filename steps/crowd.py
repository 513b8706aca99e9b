"""Sentences about several operations at once."""

from behave import given, then, when
from hamcrest import equal_to, has_length, is_in

from ktrdr_acceptance.matchers.lists import nothing
from ktrdr_acceptance.operations.lifecycle import Status
from ktrdr_acceptance.operations.operation import Kind
from ktrdr_acceptance.world import StepContext

# Seconds until work that goes on must have come further.
_GOES_ON_WITHIN = 30.0


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


@when("I start as many {purpose:Purpose} {kind:Kind}s as there are workers")
def when_start_for_each_worker(context: StepContext, purpose: str, kind: Kind) -> None:
    """Ask for as many operations at once as can run at once."""
    world = context.world
    world.crowd.start(world.starts[kind], purpose, len(world.workers.of(kind)))


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


@given("a running {purpose:Purpose} {kind:Kind} as well")
def given_running_as_well(context: StepContext, purpose: str, kind: Kind) -> None:
    """Start another operation; the scenario goes on about the first."""
    context.world.said.other = context.world.starts[kind].start_when_ready(purpose)


@then("the {kind:Kind} completes within {limit:Duration}, at its worker too")
def then_completes_at_worker_too(context: StepContext, kind: Kind, limit: float) -> None:
    """Follow it to its end at the backend, and compare the end with that at its worker."""
    world = context.world
    operation = world.the(kind)
    world.operations.eventually(operation, Status.COMPLETED, within=limit)
    at_worker = world.operations.at_worker(operation)
    world.check.that(f"status of the {kind} at its worker", at_worker.status, equal_to(Status.COMPLETED))
    # A backend that shows no result at all is judged elsewhere.
    shown = dict(world.results.at_backend(operation))
    world.check.that(f"result of the {kind}", shown, is_in([{}, at_worker.result_summary]))


@then("the {kind:Kind} goes on at its worker")
def then_goes_on(context: StepContext, kind: Kind) -> None:
    """Look at the worker's copy until it has come further."""
    world = context.world
    world.operations.goes_on(world.the(kind), _GOES_ON_WITHIN)


@then("the other one goes on at its worker")
def then_other_goes_on(context: StepContext) -> None:
    """Look at the worker's copy until it has come further."""
    world = context.world
    world.operations.goes_on(world.said.other, _GOES_ON_WITHIN)
