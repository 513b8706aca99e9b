"""Sentences about services as such: switched off, hanging, slow, answering nonsense, all of them at once."""

from behave import given, then, when
from hamcrest import empty, is_not

from ktrdr_acceptance.matchers.lists import nothing
from ktrdr_acceptance.operations.operation import Kind
from ktrdr_acceptance.target.base import BACKEND, Nonsense
from ktrdr_acceptance.world import StepContext


@given("{service:Service} is switched off")
def given_switched_off(context: StepContext, service: str) -> None:
    """Switch a service off; it is on again after the scenario."""
    context.world.services.stop(service)


@given("{service:Service} hangs")
def given_hangs(context: StepContext, service: str) -> None:
    """Have a service neither answer nor refuse; it goes on after the scenario."""
    context.world.services.pause(service)


@given("{service:Service} is slow")
def given_slow(context: StepContext, service: str) -> None:
    """Have a service stand still for most of each second."""
    context.world.services.slow_down(service)


@given("{service:Service} answers with {answer:Nonsense}")
def given_nonsense(context: StepContext, service: str, answer: Nonsense) -> None:
    """Have something listen in the place of a service that answers every request with nonsense."""
    context.world.services.replace(service, answer)


@when("{service:Service} comes back")
@when("{service:Service} is as fast as before")
def when_service_comes_back(context: StepContext, service: str) -> None:
    """Undo what the scenario has done to a service."""
    context.world.services.restore(service)


@given("every {kind:Kind} worker is switched off")
def given_workers_switched_off(context: StepContext, kind: Kind) -> None:
    """Switch off all workers of a kind; they are on again after the scenario."""
    context.world.services.stop(*_workers_to_lose(context, kind))


@given("every {kind:Kind} worker hangs")
def given_workers_hang(context: StepContext, kind: Kind) -> None:
    """Have all workers of a kind neither answer nor refuse; they go on after the scenario."""
    context.world.services.pause(*_workers_to_lose(context, kind))


@given("every {kind:Kind} worker answers with {answer:Nonsense}")
def given_workers_talk_nonsense(context: StepContext, kind: Kind, answer: Nonsense) -> None:
    """Have something listen in the place of each worker of a kind that answers with nonsense."""
    for name in _workers_to_lose(context, kind):
        context.world.services.replace(name, answer)


@when("the {kind:Kind} workers come back")
def when_workers_come_back(context: StepContext, kind: Kind) -> None:
    """Undo what the scenario has done to the workers of a kind."""
    context.world.services.restore(*context.world.said.lost_workers[kind])


@when("the backend restarts")
def when_backend_restarts(context: StepContext) -> None:
    """End the backend gently and start it again."""
    _take_down_workers(context)
    context.world.services.stop(BACKEND)
    context.world.services.restore(BACKEND)


@when("the backend dies")
def when_backend_dies(context: StepContext) -> None:
    """End the backend at once; who does the work is asked before, for nobody else can tell."""
    world = context.world
    world.operations.worker_of(world.operation)
    _take_down_workers(context)
    world.services.kill(BACKEND)


@when("the backend dies and is started again")
def when_backend_dies_and_restarts(context: StepContext) -> None:
    """End the backend at once and start it again."""
    _take_down_workers(context)
    context.world.services.kill(BACKEND)
    context.world.services.restore(BACKEND)


@then("every worker is listed again within {limit:Duration}")
def then_workers_listed_again(context: StepContext, limit: float) -> None:
    """Compare with those that were listed before."""
    world = context.world
    world.check.that("workers before", world.said.listed_before, is_not(empty()))
    world.workers.wait_until_listed(world.said.listed_before, limit)


@when("I ask every service for its health, with {limit:Duration} for each")
def when_sweep(context: StepContext, limit: float) -> None:
    """Ask backend, workers and IB host."""
    world = context.world
    world.said.unwell = world.hosts.unwell(world.workers.registered_if_any_register(), limit)


@then("each of them says that it is well")
def then_all_well(context: StepContext) -> None:
    """Look at what they said."""
    context.world.check.that("services that are not well", context.world.said.unwell, nothing())


@then("asked again, each of them states a later time within {limit:Duration}")
def then_later_times(context: StepContext, limit: float) -> None:
    """Look at the times that go with their health; the backend states none."""
    world = context.world
    workers = world.workers.registered_if_any_register()
    before = world.hosts.health_times(workers)
    world.waiter.eventually(
        lambda: [name for name, at in world.hosts.health_times(workers).items() if at <= before[name]],
        lambda unchanged: not unchanged,
        within=limit,
        expected="every service to state a later time",
        describe=lambda unchanged: f"no later time: {', '.join(unchanged) or 'none'}",
    )


def _workers_to_lose(context: StepContext, kind: Kind) -> list[str]:
    """Return what the target calls the workers of a kind, which must be some."""
    world = context.world
    names = world.workers.services(kind)
    world.check.that(f"{kind} workers to switch off", names, is_not(empty()))
    world.said.lost_workers = {kind: names}
    return names


def _take_down_workers(context: StepContext) -> None:
    context.world.said.listed_before = context.world.workers.listed_services()
