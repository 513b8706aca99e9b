"""Sentences about services as such: switched off, hanging, all of them at once."""

from behave import given, then, when
from hamcrest import empty, is_not

from ktrdr_acceptance.matchers.lists import nothing
from ktrdr_acceptance.operations.operation import Kind
from ktrdr_acceptance.world import StepContext


@given("{service:Service} is switched off")
def given_switched_off(context: StepContext, service: str) -> None:
    """Switch a service off; it is on again after the scenario."""
    context.world.services.stop(service)


@given("{service:Service} hangs")
def given_hangs(context: StepContext, service: str) -> None:
    """Have a service neither answer nor refuse; it goes on after the scenario."""
    context.world.services.pause(service)


@given("every {kind:Kind} worker is switched off")
def given_workers_switched_off(context: StepContext, kind: Kind) -> None:
    """Switch off all workers of a kind; they are on again after the scenario."""
    world = context.world
    names = world.workers.services(kind)
    world.check.that(f"{kind} workers to switch off", names, is_not(empty()))
    world.services.stop(*names)


@when("I ask every service for its health, with {limit:Duration} for each")
def when_sweep(context: StepContext, limit: float) -> None:
    """Ask backend, workers and IB host."""
    world = context.world
    workers = world.workers.registered() if world.workers.register else None
    world.said.unwell = world.hosts.unwell(workers, limit)


@then("each of them says that it is well")
def then_all_well(context: StepContext) -> None:
    """Look at what they said."""
    context.world.check.that("services that are not well", context.world.said.unwell, nothing())
