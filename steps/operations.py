"""Sentences about operations of any kind, from start to end; "it" is the one spoken of last."""

from behave import given, then, when
from hamcrest import (
    contains_string,
    equal_to,
    greater_than,
    has_item,
    not_none,
)

from ktrdr_acceptance.domain.platform import HealthBeside
from ktrdr_acceptance.domain.results import subject_of
from ktrdr_acceptance.matchers.lists import nothing
from ktrdr_acceptance.operations.in_time import becomes_cancelled, becomes_known
from ktrdr_acceptance.operations.lifecycle import Status
from ktrdr_acceptance.operations.operation import Kind
from ktrdr_acceptance.world import StepContext


@given("KTRDR is ready for a {purpose:Purpose} {kind:Kind}")
def given_ready(context: StepContext, purpose: str, kind: Kind) -> None:
    """A worker is free (the registry shows it as busy for up to 10 s after its work), a model is there."""
    context.world.starts[kind].make_ready(purpose)


@given("a completed {purpose:Purpose} {kind:Kind}")
@given("a {purpose:Purpose} {kind:Kind} that I have followed to its end")
def given_completed(context: StepContext, purpose: str, kind: Kind) -> None:
    """Run an operation to its end, and look at it all the while as a client does that shows its progress."""
    given_running(context, purpose, kind)
    world = context.world
    limit = world.operation.calibration.deadline_s
    world.operations.eventually(world.operation, Status.COMPLETED, within=limit)


@given("a running {purpose:Purpose} {kind:Kind}")
def given_running(context: StepContext, purpose: str, kind: Kind) -> None:
    """Start an operation once KTRDR is ready for it."""
    context.world.said.speak_of(context.world.starts[kind].start_when_ready(purpose))


@given("a running {purpose:Purpose} {kind:Kind} that has come to {percent:Percent} or more")
def given_running_at(context: StepContext, purpose: str, kind: Kind, percent: float) -> None:
    """Start an operation and follow it: that it runs is a precondition, not a hope."""
    given_running(context, purpose, kind)
    world = context.world
    world.operations.eventually(
        world.operation,
        Status.RUNNING,
        within=world.operation.calibration.deadline_s,
        also=lambda body: body.progress.percentage >= percent,
        expected=f"the {kind} to be running at {percent:g} % or more",
    )


@when("I start a {purpose:Purpose} {kind:Kind}")
def when_start(context: StepContext, purpose: str, kind: Kind) -> None:
    """Start the operation calibrated for a purpose."""
    context.world.said.speak_of(context.world.starts[kind].start(purpose))


@when('I start a {purpose:Purpose} {kind:Kind} on the unknown symbol "{symbol}"')
def when_start_on_symbol(context: StepContext, purpose: str, kind: Kind, symbol: str) -> None:
    """Start an operation for which there are no bars."""
    world = context.world
    field = {"symbols": [symbol]} if kind is Kind.TRAINING else {"symbol": symbol}
    world.said.speak_of(world.starts[kind].start(purpose, **field))


@when("I follow it until it completes within {limit:Duration}")
@then("it completes within {limit:Duration}")
def then_completes(context: StepContext, limit: float) -> None:
    """Wait for completion; every look on the way is taken down."""
    context.world.operations.eventually(context.world.operation, Status.COMPLETED, within=limit)


@when(
    "I follow it until it completes within {limit:Duration}, asking the backend for its health all the while"
)
def when_follow_beside_health(context: StepContext, limit: float) -> None:
    """Ask for the health beside each look; the slowest of these answers is the one spoken of."""
    world = context.world
    health = HealthBeside(world.platform)
    world.operations.eventually(world.operation, Status.COMPLETED, within=limit, beside=health)
    world.said.elapsed_s = health.slowest_s


@when("I look at it again and again until its worker has come to its end")
def when_look_until_worker_ends(context: StepContext) -> None:
    """Look at the backend before each look at the worker: what the backend remembers is then young."""
    context.world.operations.look_until_worker_ends(context.world.operation)


@then("the backend shows it as running for {window:Duration}")
def then_shown_as_running(context: StepContext, window: float) -> None:
    """Look throughout: what is known is shown, whether or not anybody can be asked for more."""
    context.world.operations.stays(context.world.operation, Status.RUNNING, window)


@then("it fails within {limit:Duration}")
def then_fails(context: StepContext, limit: float) -> None:
    """Wait for the failure."""
    context.world.operations.eventually(context.world.operation, Status.FAILED, within=limit)


@then("the backend knows it within {limit:Duration} as a {kind:Kind} that has not ended")
def then_backend_knows_it(context: StepContext, limit: float, kind: Kind) -> None:
    """Look it up until it is active, counted from when it was asked for."""
    world = context.world
    body = becomes_known(world.operations, world.operation, limit)
    world.check.that("type of the operation", body.operation_type, equal_to(kind.operation_type))


@then("its worker knows it under the same id")
def then_worker_knows_it(context: StepContext) -> None:
    """Look it up at its worker."""
    world = context.world
    world.check.that(
        "id at the worker", world.operations.at_worker(world.operation).operation_id, world.operation.id
    )


@then("the backend does not know it")
def then_backend_does_not_know_it(context: StepContext) -> None:
    """Look up at the backend what was asked for elsewhere."""
    world = context.world
    refusal = world.operation_list.look_up_unknown(world.operation.id)
    world.check.that("whether the lookup says not found", refusal.is_not_found, equal_to(True))


@then("its worker shows it as completed too")
def then_worker_shows_completed(context: StepContext) -> None:
    """Compare the worker's copy."""
    world = context.world
    status = world.operations.at_worker(world.operation).status
    world.check.that("status at the worker", status, equal_to(Status.COMPLETED))


@then("its worker shows it as cancelled too within {limit:Duration}")
def then_cancelled_at_worker(context: StepContext, limit: float) -> None:
    """Follow the worker's copy to its end."""
    world = context.world
    status = world.operations.ends_at_worker(world.operation, limit).status
    world.check.that("status at the worker", status, equal_to(Status.CANCELLED))


@when("I cancel it")
def when_cancel(context: StepContext) -> None:
    """Cancel the operation; the cancel must be acknowledged."""
    context.world.operations.cancel(context.world.operation)


@when("I try to cancel it")
def when_try_to_cancel(context: StepContext) -> None:
    """Ask for a cancel that should be refused."""
    context.world.said.refusal = context.world.operations.refusal_of_cancel(context.world.operation)


@then("it is cancelled within {limit:Duration}")
def then_cancelled(context: StepContext, limit: float) -> None:
    """Wait until it is shown as cancelled where it was asked for, counted from when it was asked for."""
    becomes_cancelled(context.world.operations, context.world.operation, limit)


@then("it is still cancelled, at the backend and at its worker, when it would have ended by itself")
def then_stays_cancelled(context: StepContext) -> None:
    """Watch both copies for as long as the work would have gone on."""
    context.world.operations.stays_cancelled(context.world.operation)


@then("it is still cancelled when it would have ended by itself")
def then_stays_cancelled_at_backend(context: StepContext) -> None:
    """Watch what the backend does itself for as long as the work would have gone on."""
    context.world.operations.stays_cancelled(context.world.operation)


@then("its progress has stood still since")
def then_progress_stood_still(context: StepContext) -> None:
    """Compare everything seen of all copies since the cancel was seen."""
    world = context.world
    moves = world.operations.moves_since_cancelled(world.operation)
    world.check.that("changes of progress since the cancel", moves, nothing())


@then("it is still completed")
def then_still_completed(context: StepContext) -> None:
    """Look at it once more."""
    world = context.world
    world.check.that("status", world.operations.look(world.operation).status, equal_to(Status.COMPLETED))


@then("a new {kind:Kind} can start")
def then_new_one_can_start(context: StepContext, kind: Kind) -> None:
    """Run the smallest one to its end: only that proves that its start was more than a promise."""
    world = context.world
    starts = world.starts[kind]
    purpose = starts.smallest
    operation = starts.start_when_ready(purpose)
    world.operations.eventually(operation, Status.COMPLETED, within=starts.calibrated(purpose).deadline_s)


@then("I have seen at least {count:Count} different percentages")
def then_seen_percentages(context: StepContext, count: int) -> None:
    """Count the distinct percentages seen."""
    world = context.world
    seen = world.operations.percentages(world.operation)
    world.check.that("number of different percentages seen", len(seen), greater_than(count - 1))


@then("I have seen at least {count:Count} different numbers of processed items")
def then_seen_items(context: StepContext, count: int) -> None:
    """Count the distinct numbers of items seen."""
    world = context.world
    seen = {one.items for one in world.operations.history(world.operation).observations}
    world.check.that("number of different numbers of items seen", len(seen), greater_than(count - 1))


@then("at least one of them was between {low:Percent} and {high:Percent}")
def then_seen_between(context: StepContext, low: float, high: float) -> None:
    """Look for a percentage inside the range."""
    world = context.world
    inside = [p for p in world.operations.percentages(world.operation) if low < p < high]
    world.check.that(f"number of percentages seen between {low:g} and {high:g}", len(inside), greater_than(0))


@then('I have seen a step that names "{text}"')
def then_seen_step(context: StepContext, text: str) -> None:
    """Look for a text in the steps seen."""
    world = context.world
    steps = sorted({seen.step for seen in world.operations.history(world.operation).observations})
    world.check.that("steps seen", steps, has_item(contains_string(text)))


@then("it ended at {percent:Percent}")
def then_ended_at(context: StepContext, percent: float) -> None:
    """Compare the last percentage."""
    world = context.world
    world.check.that(
        "percentage at the end", world.operations.look(world.operation).progress.percentage, equal_to(percent)
    )


@then("its percentage never went down")
def then_percentage_never_fell(context: StepContext) -> None:
    """Compare each percentage with the one before."""
    world = context.world
    falls = world.operations.history(world.operation).all_falls(lambda seen: seen.percentage)
    world.check.that("falls of the percentage", falls, nothing())


@then("its number of processed items never went down")
def then_items_never_fell(context: StepContext) -> None:
    """Compare each number of items with the one before."""
    world = context.world
    falls = world.operations.history(world.operation).all_falls(lambda seen: seen.items)
    world.check.that("falls of the processed items", falls, nothing())


@then("the backend states when it ended")
def then_end_time_stated(context: StepContext) -> None:
    """Look for the end time at the backend."""
    world = context.world
    body = world.operations.look(world.operation)
    subject = f"completed_at of the {body.status} {world.operation.kind} at the backend"
    world.check.that(subject, body.completed_at, not_none())


@then("it ended after it began")
def then_ended_after_beginning(context: StepContext) -> None:
    """Compare start and end."""
    world = context.world
    body = world.operations.look(world.operation)
    world.check.that(f"end of the {world.operation.kind}", body.completed_at, greater_than(body.started_at))


@then("{count:Count} clients that look at the same moment see the same")
def then_clients_see_the_same(context: StepContext, count: int) -> None:
    """Look several times within one period of the backend's cache, and in some periods more."""
    world = context.world
    different = world.operations.differences_at_once(world.operation, count)
    world.check.that("different answers to looks at the same moment", different, nothing())


@then("the backend is never ahead of its worker")
def then_backend_never_ahead(context: StepContext) -> None:
    """Compare pairs of looks, backend first, until the work has ended."""
    world = context.world
    ahead = world.operations.ahead_of_worker(world.operation)
    world.check.that("looks at which the backend was ahead", ahead, nothing())


@then("its result is of the symbol and the timeframe that were asked for")
def then_result_of_request(context: StepContext) -> None:
    """Compare the result at the service that did the work with the request."""
    world = context.world
    asked = world.operation.calibration
    said = subject_of(world.results.at_worker(world.operation))
    world.check.that("symbol and timeframe of the result", said, equal_to((asked.symbol, asked.timeframe)))
