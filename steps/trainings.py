"""Sentences about trainings: starting one, and the life it leads."""

from behave import given, then, when
from hamcrest import equal_to, greater_than, has_item

from ktrdr_acceptance.matchers.lists import nothing
from ktrdr_acceptance.operations.lifecycle import Status
from ktrdr_acceptance.world import StepContext

START_WITHIN = 30.0
SMOKE_WITHIN = 60.0
LONG_WITHIN = 120.0


@given("a training worker is free")
def given_free_training_worker(context: StepContext) -> None:
    """Wait for a worker: KTRDR's registry shows a worker as busy for up to 10 s after its work."""
    context.world.workers.wait_for_free(START_WITHIN)


@given("a completed smoke training")
def given_completed_smoke_training(context: StepContext) -> None:
    """Run a smoke training to its end."""
    _start_when_free(context, "smoke")
    context.world.operations.eventually(context.world.training, Status.COMPLETED, within=SMOKE_WITHIN)


@given("a failed training as well")
def given_failed_training_as_well(context: StepContext) -> None:
    """Have another training fail, for want of bars; the scenario goes on about the first."""
    world = context.world
    given_free_training_worker(context)
    failing = world.trainings.start("smoke", symbols=["NOSUCH"])
    world.operations.eventually(failing, Status.FAILED, within=SMOKE_WITHIN)


@given("a running long training")
def given_running_long_training(context: StepContext) -> None:
    """Start a long training and see it run."""
    _start_when_free(context, "long")
    context.world.operations.eventually(context.world.training, Status.RUNNING, within=START_WITHIN)


@given("a running long training that is half way")
def given_long_training_half_way(context: StepContext) -> None:
    """Start a long training and follow it to 50 %: that it runs is a precondition, not a hope."""
    _start_when_free(context, "long")
    context.world.operations.eventually(
        context.world.training,
        Status.RUNNING,
        within=LONG_WITHIN,
        also=lambda body: body.progress.percentage >= 50,
        expected="the training to be running at 50 % or more",
    )


@given("a long training that I have followed to its end")
def given_followed_long_training(context: StepContext) -> None:
    """Start a long training and look at it until it completes, as a client does that shows its progress."""
    _start_when_free(context, "long")
    context.world.operations.eventually(context.world.training, Status.COMPLETED, within=LONG_WITHIN)


@when("I start a {purpose:Purpose} training")
def when_start_training(context: StepContext, purpose: str) -> None:
    """Start the training calibrated for a purpose."""
    context.world.said.training = context.world.trainings.start(purpose)


@when('I start a {purpose:Purpose} training on the unknown symbol "{symbol}"')
def when_start_training_on_symbol(context: StepContext, purpose: str, symbol: str) -> None:
    """Start a training for which there are no bars."""
    context.world.said.training = context.world.trainings.start(purpose, symbols=[symbol])


@when("I follow it until it completes within {limit:Duration}")
@then("it completes within {limit:Duration}")
def then_completes(context: StepContext, limit: float) -> None:
    """Wait for completion; every look on the way is taken down."""
    context.world.operations.eventually(context.world.training, Status.COMPLETED, within=limit)


@then("it fails within {limit:Duration}")
def then_fails(context: StepContext, limit: float) -> None:
    """Wait for the failure."""
    context.world.operations.eventually(context.world.training, Status.FAILED, within=limit)


@then("the backend knows it within {limit:Duration} as a training that has not ended")
def then_backend_knows_it(context: StepContext, limit: float) -> None:
    """Look it up until it is active."""
    world = context.world
    body = world.operations.is_known(world.training, limit)
    world.check.that("type of the operation", body.operation_type, equal_to("training"))


@then("its details name its symbol and its strategy")
def then_details_name_request(context: StepContext) -> None:
    """Compare the operation's metadata with what was asked for."""
    world = context.world
    asked = world.training.calibration
    stated = world.trainings.stated_request(world.training)
    world.check.that(
        "symbol and strategy in the operation's metadata", stated, equal_to((asked.symbol, asked.strategy))
    )


@then("its worker knows it under the same id")
def then_worker_knows_it(context: StepContext) -> None:
    """Look it up at its worker."""
    world = context.world
    world.check.that(
        "id at the worker", world.operations.at_worker(world.training).operation_id, world.training.id
    )


@when("I cancel it")
def when_cancel(context: StepContext) -> None:
    """Cancel the training; the backend must acknowledge."""
    context.world.operations.cancel(context.world.training)


@when("I try to cancel it")
def when_try_to_cancel(context: StepContext) -> None:
    """Ask for a cancel that should be refused."""
    context.world.said.refusal = context.world.operations.refusal_of_cancel(context.world.training)


@then("it is cancelled within {limit:Duration}")
def then_cancelled(context: StepContext, limit: float) -> None:
    """Wait until the backend shows it as cancelled."""
    context.world.operations.eventually(context.world.training, Status.CANCELLED, within=limit)


@then("it is still cancelled, at the backend and at its worker, when it would have ended by itself")
def then_stays_cancelled(context: StepContext) -> None:
    """Watch both copies for as long as the work would have gone on."""
    context.world.operations.stays_cancelled(context.world.training)


@then("its progress has stood still since")
def then_progress_stood_still(context: StepContext) -> None:
    """Compare everything seen of both copies since the cancel was seen."""
    world = context.world
    moves = world.operations.moves_since_cancelled(world.training)
    world.check.that("changes of progress since the cancel", moves, nothing())


@then("it is still completed")
def then_still_completed(context: StepContext) -> None:
    """Look at it once more."""
    world = context.world
    world.check.that("status", world.operations.look(world.training).status, equal_to(Status.COMPLETED))


@then("a new training can start")
def then_new_training_can_start(context: StepContext) -> None:
    """Run another smoke training to its end: only that proves that its start was more than a promise."""
    given_completed_smoke_training(context)


@then("I have seen at least {count:Count} different percentages")
def then_seen_percentages(context: StepContext, count: int) -> None:
    """Count the distinct percentages seen."""
    world = context.world
    seen = world.operations.history(world.training).percentages()
    world.check.that("number of different percentages seen", len(seen), greater_than(count - 1))


@then("at least one of them was between {low:Percent} and {high:Percent}")
def then_seen_between(context: StepContext, low: float, high: float) -> None:
    """Look for a percentage inside the range."""
    world = context.world
    inside = [p for p in world.operations.history(world.training).percentages() if low < p < high]
    world.check.that(f"number of percentages seen between {low:g} and {high:g}", len(inside), greater_than(0))


@then("I have seen the name of an epoch")
def then_seen_epoch(context: StepContext) -> None:
    """Look for an epoch in the step texts."""
    world = context.world
    steps = [seen.step.split(" ")[0] for seen in world.operations.history(world.training).observations]
    world.check.that("first words of the steps seen", steps, has_item("Epoch"))


@then("it ended at {percent:Percent}")
def then_ended_at(context: StepContext, percent: float) -> None:
    """Compare the last percentage."""
    world = context.world
    world.check.that(
        "percentage at the end", world.operations.look(world.training).progress.percentage, equal_to(percent)
    )


@then("its percentage never went down from the first epoch on")
def then_percentage_never_fell(context: StepContext) -> None:
    """Compare each percentage of the epochs with the one before."""
    world = context.world
    falls = world.operations.history(world.training).falls(lambda seen: seen.percentage)
    world.check.that("falls of the percentage", falls, nothing())


@then("its epoch never went down")
def then_epoch_never_fell(context: StepContext) -> None:
    """Compare each epoch with the one before."""
    world = context.world
    falls = world.operations.history(world.training).falls(lambda seen: seen.epoch)
    world.check.that("falls of the epoch", falls, nothing())


@then("its number of processed items never went down from the first epoch on")
def then_items_never_fell(context: StepContext) -> None:
    """Compare each number of items of the epochs with the one before."""
    world = context.world
    falls = world.operations.history(world.training).falls(lambda seen: seen.items)
    world.check.that("falls of the processed items", falls, nothing())


def _start_when_free(context: StepContext, purpose: str) -> None:
    given_free_training_worker(context)
    when_start_training(context, purpose)
