"""Sentences about trainings alone."""

from behave import given, then, when
from hamcrest import equal_to, has_item, is_not

from ktrdr_acceptance.matchers.lists import nothing
from ktrdr_acceptance.operations.lifecycle import Status
from ktrdr_acceptance.world import StepContext


@given("a failed training as well")
def given_failed_training_as_well(context: StepContext) -> None:
    """Have another training fail, for want of bars; the scenario goes on about the first."""
    world = context.world
    failing = world.trainings.start_when_ready("smoke", symbols=["NOSUCH"])
    world.operations.eventually(failing, Status.FAILED, within=failing.calibration.deadline_s)
    world.said.failed_before = (failing, world.operations.stated_reason(failing))


@then("the failed training is still failed, for the same reason")
def then_still_failed(context: StepContext) -> None:
    """Look at it once more and compare."""
    world = context.world
    failed, reason = world.said.failed_before
    world.check.that("reason of the failed training, before", reason, is_not("no reason"))
    now = world.operations.look(failed)
    said = (now.status, now.error_message or "no reason")
    world.check.that("status and reason of the failed training", said, equal_to((Status.FAILED, reason)))


@given("a failed training")
def given_failed_training(context: StepContext) -> None:
    """Have a training fail, for want of bars."""
    world = context.world
    failing = world.said.speak_of(world.trainings.start_when_ready("smoke", symbols=["NOSUCH"]))
    world.operations.eventually(failing, Status.FAILED, within=failing.calibration.deadline_s)


@given("a completed smoke training that was started at the training host")
def given_completed_at_training_host(context: StepContext) -> None:
    """Run a training that the backend does not hear of."""
    world = context.world
    training = world.said.speak_of(world.trainings.start_at(world.hosts.training_host, "smoke"))
    world.operations.eventually(training, Status.COMPLETED, within=training.calibration.deadline_s)


@given("a training that has ended at its worker")
def given_ended_at_worker(context: StepContext) -> None:
    """Follow a smoke training at its worker alone: the backend is not looked at."""
    world = context.world
    world.said.speak_of(world.trainings.start_when_ready("smoke"))
    world.operations.ends_at_worker(world.operation)


@when('I start a {purpose:Purpose} training on the symbols "{first}" and "{second}"')
def when_start_on_two_symbols(context: StepContext, purpose: str, first: str, second: str) -> None:
    """Start a training on the bars of two symbols."""
    context.world.said.speak_of(context.world.trainings.start(purpose, symbols=[first, second]))


@then("its details name its symbol and its strategy")
def then_details_name_request(context: StepContext) -> None:
    """Compare the operation's metadata with what was asked for."""
    world = context.world
    asked = world.training.calibration.request()
    stated = world.trainings.stated_request(world.training)
    world.check.that(
        "symbol and strategy in the operation's metadata",
        stated,
        equal_to((world.training.calibration.symbol, asked["strategy_name"])),
    )


@then("I have seen the name of an epoch")
def then_seen_epoch(context: StepContext) -> None:
    """Look for an epoch in the step texts."""
    world = context.world
    steps = [seen.step.split(" ")[0] for seen in world.operations.history(world.training).observations]
    world.check.that("first words of the steps seen", steps, has_item("Epoch"))


@then("its percentage never went down from the first epoch on")
def then_percentage_never_fell_in_epochs(context: StepContext) -> None:
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
def then_items_never_fell_in_epochs(context: StepContext) -> None:
    """Compare each number of items of the epochs with the one before."""
    world = context.world
    falls = world.operations.history(world.training).falls(lambda seen: seen.items)
    world.check.that("falls of the processed items", falls, nothing())
