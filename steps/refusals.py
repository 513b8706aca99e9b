"""Sentences about requests that must be refused, and what the refusal says."""

from behave import then, when
from hamcrest import contains_string, has_item, is_not, matches_regexp

from ktrdr_acceptance.matchers.lists import nothing
from ktrdr_acceptance.matchers.refusals import blames_the_request, says_not_found
from ktrdr_acceptance.world import StepContext

# A Python traceback, or a frame of one.
STACK_TRACE = r'(?s).*(Traceback \(most recent call last\)|File \\?"[^"]+\\?", line \d+)'


@when('I ask for a training with the unknown strategy "{name}"')
def when_ask_for_unknown_strategy(context: StepContext, name: str) -> None:
    """Ask for a smoke training with a strategy that does not exist."""
    context.world.said.refusal = context.world.trainings.refusal_of(strategy_name=name)


@when("I ask for a training with nonsense")
def when_ask_with_nonsense(context: StepContext) -> None:
    """Send a body that has nothing to do with a training."""
    context.world.said.refusal = context.world.trainings.refusal_of_nonsense()


@when("I ask for a training with {flaw:Flaw}")
def when_ask_with_flaw(context: StepContext, flaw: str) -> None:
    """Ask for a smoke training with one thing wrong."""
    context.world.said.refusal = context.world.trainings.refusal_of_flaw(flaw)


@when('I ask for a training with the start date "{date}"')
def when_ask_with_start_date(context: StepContext, date: str) -> None:
    """Ask for a smoke training from a date of any spelling."""
    context.world.said.refusal = context.world.trainings.refusal_of(start_date=date)


@when('I look up the operation "{operation_id}"')
def when_look_up(context: StepContext, operation_id: str) -> None:
    """Look up an operation that does not exist."""
    context.world.said.refusal = context.world.operation_list.look_up_unknown(operation_id)


@then("the request is refused as a client error")
def then_client_error(context: StepContext) -> None:
    """A refusal blames the request, not the service."""
    context.world.check.that("the refusal", context.world.refusal, blames_the_request())


@then("it is reported as not found")
def then_not_found(context: StepContext) -> None:
    """The refusal says that there is no such thing."""
    context.world.check.that("the refusal", context.world.refusal, says_not_found())


@then('the message names "{text}"')
def then_message_names(context: StepContext, text: str) -> None:
    """Look for the text in the refusal's message."""
    context.world.check.that("message of the refusal", context.world.refusal.message, contains_string(text))


@then("the message names the training")
def then_message_names_training(context: StepContext) -> None:
    """Look for the operation's id in the refusal's message."""
    world = context.world
    world.check.that("message of the refusal", world.refusal.message, contains_string(world.training.id))


@then('the message names the field "{field}"')
def then_message_names_field(context: StepContext, field: str) -> None:
    """Look for the field among those that the refusal complains about."""
    context.world.check.that(
        "fields that the refusal names", list(context.world.refusal.fields), has_item(field)
    )


@then("no training has been started")
def then_nothing_started(context: StepContext) -> None:
    """Compare the newest trainings with those before the request."""
    world = context.world
    world.check.that("trainings started since the request", world.trainings.started_since(), nothing())


@then("the answer shows no stack trace")
def then_no_stack_trace(context: StepContext) -> None:
    """Look through the whole answer."""
    context.world.check.that(
        "text of the answer", context.world.refusal.text, is_not(matches_regexp(STACK_TRACE))
    )
