"""Sentences about workers."""

from behave import then, when
from hamcrest import equal_to, has_item, is_not

from ktrdr_acceptance.domain.platform import HealthBeside
from ktrdr_acceptance.domain.workers import NOT_REGISTERED, STATES
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


@when("a {kind:Kind} worker registers again, at another name of its address")
def when_worker_moves(context: StepContext, kind: Kind) -> None:
    """Register one for itself, once it is free; it is listed as before after the scenario."""
    world = context.world
    world.said.moved_worker = world.registration.move(kind)


@then("it is listed once, at that address")
def then_listed_where_moved(context: StepContext) -> None:
    """Look at every entry of the worker."""
    world = context.world
    moved = world.said.moved_worker
    listed = world.registration.addresses(moved.worker_id)
    world.check.that(f"addresses of {moved.worker_id}", listed, equal_to([moved.endpoint_url]))


@then("no worker is listed twice")
def then_no_worker_twice(context: StepContext) -> None:
    """Look for names and addresses that several entries have."""
    world = context.world
    world.check.that("workers that are listed twice", world.workers.listed_twice(), nothing())


@then("the worker that has it is one of those listed for a {kind:Kind}")
def then_worker_is_of_kind(context: StepContext, kind: Kind) -> None:
    """Compare the worker that knows it with the registry."""
    world = context.world
    its = world.operations.worker_of(world.operation).service
    world.check.that("workers of the kind", world.workers.services(kind), has_item(its))


@when("its worker dies")
def when_worker_dies(context: StepContext) -> None:
    """Have the worker of an operation end at once; it is there again after the scenario."""
    world = context.world
    world.services.kill(_lose_worker(context))


@when("its worker hangs")
def when_worker_hangs(context: StepContext) -> None:
    """Have the worker of an operation neither answer nor refuse nor work."""
    world = context.world
    world.services.pause(_lose_worker(context))


@when("its worker is slow")
def when_worker_slow(context: StepContext) -> None:
    """Have the worker of an operation stand still for most of each second."""
    world = context.world
    world.services.slow_down(_lose_worker(context))


@when("the network to its worker is cut")
def when_worker_cut(context: StepContext) -> None:
    """Take the worker of an operation off the network, where it goes on working."""
    world = context.world
    world.services.cut(_lose_worker(context))


@when("its worker comes back")
@when("the lost worker comes back")
@when("its worker is as fast as before")
@when("the network to its worker heals")
def when_worker_comes_back(context: StepContext) -> None:
    """Undo what the scenario has done to a worker."""
    world = context.world
    world.services.restore(world.said.lost_worker.service)


@when("its worker has come to the end of it")
def when_worker_has_ended(context: StepContext) -> None:
    """Follow an operation at its worker alone: the backend is not asked."""
    world = context.world
    world.operations.ends_at_worker(world.operation)


@then("its worker is shown as temporarily unavailable within {limit:Duration}")
def then_worker_unavailable(context: StepContext, limit: float) -> None:
    """Look at the backend's list."""
    world = context.world
    worker = world.operations.worker_of(world.operation)
    world.workers.wait_until_shown(worker, ("temporarily_unavailable",), limit)


@when(
    "I follow them until all are shown as temporarily unavailable within {limit:Duration}, "
    "asking the backend for its health all the while"
)
def when_follow_lost_workers_beside_health(context: StepContext, limit: float) -> None:
    """Ask for the health beside each look at the list; the slowest of these answers is spoken of."""
    world = context.world
    lost = [name for names in world.said.lost_workers.values() for name in names]
    health = HealthBeside(world.platform)
    world.workers.wait_until_unavailable(lost, limit, beside=health)
    world.said.elapsed_s = health.slowest_s


@then("its worker is forgotten within {limit:Duration}")
def then_worker_forgotten(context: StepContext, limit: float) -> None:
    """Wait until the backend's list has it no more."""
    world = context.world
    world.workers.wait_until_shown(world.said.lost_worker, (NOT_REGISTERED,), limit)


@then("its worker is shown as reachable within {limit:Duration}")
def then_worker_reachable(context: StepContext, limit: float) -> None:
    """Look at the backend's list: whether it is at work or free, it is not unavailable any more."""
    world = context.world
    world.workers.wait_until_shown(world.operations.worker_of(world.operation), STATES, limit)


@then("the lost worker is free within {limit:Duration}")
def then_lost_worker_free(context: StepContext, limit: float) -> None:
    """Ask the backend and the worker itself."""
    world = context.world
    world.workers.wait_until_free(world.said.lost_worker, limit)


@then("it ran at a worker that had not been lost")
def then_ran_elsewhere(context: StepContext) -> None:
    """Compare the worker that has it with the lost one."""
    world = context.world
    ran_at = world.operations.worker_of(world.operation).service
    world.check.that("worker that ran it", ran_at, is_not(world.said.lost_worker.service))


def _lose_worker(context: StepContext) -> str:
    """Return what the target calls the worker of an operation, from now on the lost one."""
    world = context.world
    world.said.lost_worker = world.operations.worker_of(world.operation)
    return world.said.lost_worker.service
