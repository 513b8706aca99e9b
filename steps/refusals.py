"""Sentences about requests that must be refused, and what the refusal says."""

from behave import then, when
from hamcrest import contains_string, is_not, matches_regexp

from ktrdr_acceptance.matchers.lists import nothing
from ktrdr_acceptance.matchers.refusals import (
    blames_the_request,
    names_field,
    says_busy,
    says_no_worker_is_free,
    says_not_found,
)
from ktrdr_acceptance.matchers.texts import STACK_TRACE
from ktrdr_acceptance.operations.operation import Kind
from ktrdr_acceptance.world import StepContext


@when('I ask for a training with the unknown strategy "{name}"')
def when_ask_for_unknown_strategy(context: StepContext, name: str) -> None:
    """Ask for a smoke training with a strategy that does not exist."""
    context.world.said.refusal = context.world.trainings.refusal_of(strategy_name=name)


@when("I ask for a {way:Way} with nonsense")
def when_ask_with_nonsense(context: StepContext, way: str) -> None:
    """Send a body that has nothing to do with what is asked for."""
    context.world.said.refusal = context.world.bad_requests.refusal_of_nonsense(way)


@when('I ask for a {way:Way} whose "{field}" is {flaw:Flaw}')
def when_ask_with_flaw(context: StepContext, way: str, field: str, flaw: str) -> None:
    """Ask for smoke work with one thing wrong."""
    context.world.said.refusal = context.world.bad_requests.refusal(way, field, flaw)


@when('I ask the IB host for bars whose "{field}" is {flaw:Flaw}')
def when_ask_ib_with_flaw(context: StepContext, field: str, flaw: str) -> None:
    """Ask for bars with one thing wrong."""
    context.world.said.refusal = context.world.bad_requests.refusal_of_bars(field, flaw)


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
    context.world.check.that("the refusal", context.world.said.refusal, blames_the_request())


@then("it is reported as not found")
def then_not_found(context: StepContext) -> None:
    """The refusal says that there is no such thing."""
    context.world.check.that("the refusal", context.world.said.refusal, says_not_found())


@then('the message names "{text}"')
def then_message_names(context: StepContext, text: str) -> None:
    """Look for the text in the refusal's message."""
    context.world.check.that(
        "message of the refusal", context.world.said.refusal.message, contains_string(text)
    )


@then("the message names the {kind:Kind}")
def then_message_names_operation(context: StepContext, kind: Kind) -> None:
    """Look for the operation's id in the refusal's message."""
    world = context.world
    named = contains_string(world.the(kind).id)
    world.check.that("message of the refusal", world.said.refusal.message, named)


@then('the message names the field "{field}"')
def then_message_names_field(context: StepContext, field: str) -> None:
    """Look for the field among those that the refusal complains about, or in its words."""
    refusal = context.world.said.refusal
    context.world.check.that("what the refusal names", refusal, names_field(field))


@then("nothing has been started by it")
def then_nothing_started(context: StepContext) -> None:
    """Compare the newest operations with those before the request."""
    world = context.world
    started = world.bad_requests.started_since()
    world.check.that("operations started since the request", started, nothing())


@when("I ask its worker for another {kind:Kind}")
def when_ask_busy_worker(context: StepContext, kind: Kind) -> None:
    """Ask the worker of an operation for smoke work, without the backend."""
    world = context.world
    starts = world.starts[kind]
    body = starts.payload_at_worker(starts.smallest)
    worker = world.operations.worker_of(world.operation)
    world.said.refusal = starts.refusal_of_body(body, f"beside {world.operation.id}", worker)


@when("I ask for a {kind:Kind} that should be refused")
def when_ask_for_refused(context: StepContext, kind: Kind) -> None:
    """Ask for smoke work that nobody can take."""
    context.world.said.refusal = context.world.starts[kind].refusal_of()


@then("no {kind:Kind} has been started")
def then_none_started(context: StepContext, kind: Kind) -> None:
    """Compare the newest operations of the kind with those before the request."""
    world = context.world
    started = world.starts[kind].started_since()
    world.check.that(f"{kind}s started since the request", started, nothing())


@then("the refusal says that no worker is free")
def then_no_worker_free(context: StepContext) -> None:
    """A refusal for want of workers is neither the caller's fault nor a failure of the service."""
    context.world.check.that("the refusal", context.world.said.refusal, says_no_worker_is_free())


@then("the refusal says that the worker is busy")
def then_refused_as_busy(context: StepContext) -> None:
    """A worker that has work already refuses more for now: nobody's fault."""
    context.world.check.that("the refusal", context.world.said.refusal, says_busy())


@then("the refusal says what to do about it")
def then_refusal_has_hint(context: StepContext) -> None:
    """Look for the hint that goes with the refusal."""
    refusal = context.world.said.refusal
    context.world.check.that(
        "hint of the refusal", refusal.hint or "none", matches_regexp(r"(?s)\w+.*\s.*\w+")
    )


@then("the answer shows no stack trace")
def then_no_stack_trace(context: StepContext) -> None:
    """Look through the whole answer."""
    context.world.check.that(
        "text of the answer", context.world.said.refusal.text, is_not(matches_regexp(STACK_TRACE))
    )
