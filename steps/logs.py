"""Sentences about the logs of KTRDR's services: what stands there about an operation or a request."""

from behave import given, then, when
from hamcrest import less_than_or_equal_to

from ktrdr_acceptance.matchers.lists import nothing
from ktrdr_acceptance.operations.operation import Kind
from ktrdr_acceptance.world import StepContext


@given("the log of the backend can be read")
def given_readable_log(context: StepContext) -> None:
    """Find a request of ours there."""
    context.world.logs.prove_readable()


@when("I make a request with an id of its own")
def when_request_with_id(context: StepContext) -> None:
    """Every request of the suite has one; this one is made for it."""
    context.world.said.request_id = context.world.backend.logged_request()


@when("I make a request with a password in it")
def when_request_with_password(context: StepContext) -> None:
    """A password that is of no use."""
    world = context.world
    world.said.request_id, world.said.password = world.logs.request_with_password()


@then("the log of {place:LogPlace} shows the {line:LogLine} of the {kind:Kind}")
def then_log_shows_line_of_kind(context: StepContext, place: str, line: str, kind: Kind) -> None:
    """Wait for the line about the operation of that kind."""
    context.world.logs.shows(place, line, context.world.the(kind))


@then("the log of {place:LogPlace} shows its {line:LogLine}")
def then_log_shows_line(context: StepContext, place: str, line: str) -> None:
    """Wait for the line about the operation."""
    context.world.logs.shows(place, line, context.world.operation)


@then("the log of {place:LogPlace} shows no {line:LogLine} of it")
def then_log_shows_no_line(context: StepContext, place: str, line: str) -> None:
    """Look through a log that speaks of the operation."""
    context.world.logs.shows_no(place, line, context.world.operation)


@then("the log of {place:LogPlace} shows no error of it")
def then_log_shows_no_error(context: StepContext, place: str) -> None:
    """Look through a log that speaks of the operation."""
    context.world.logs.shows_no_error(place, context.world.operation)


@then('the log of {place:LogPlace} shows an error of it that names "{text}"')
def then_log_shows_error(context: StepContext, place: str, text: str) -> None:
    """Wait for an error about the operation."""
    context.world.logs.shows_error_naming(place, text, context.world.operation)


@then("the log of the backend shows that its bars were saved")
def then_log_shows_saved_bars(context: StepContext) -> None:
    """Wait for the lines about what was saved."""
    context.world.logs.shows_saved_bars(context.world.operation)


@then("the log of the backend shows the beginning and the end of the request, by its id")
def then_log_shows_request(context: StepContext) -> None:
    """Wait for the lines with the request's id."""
    context.world.logs.shows_request(context.world.said.id_of_request)


@then("the log of the backend shows no stack trace of the request")
def then_log_shows_no_stack_trace(context: StepContext) -> None:
    """Look through what was written from the request to one made after it."""
    world = context.world
    traces = world.logs.stack_traces_of_request(world.said.id_of_request)
    world.check.that("stack traces in the backend's log of the request", traces, nothing())


@then("the log of the backend shows at most {count:Count} error of the request")
def then_log_shows_errors(context: StepContext, count: int) -> None:
    """Count what was written as an error: KTRDR tells each refusal there, once."""
    world = context.world
    errors = world.logs.errors_of_request(world.said.id_of_request)
    world.check.that(
        f"errors in the backend's log of the request ({errors})", len(errors), less_than_or_equal_to(count)
    )


@then("the log of the backend does not show the password")
def then_log_shows_no_password(context: StepContext) -> None:
    """Look through everything that was written since the scenario began."""
    world = context.world
    entries = world.logs.entries_with(world.said.password)
    world.check.that("entries of the backend's log with the password", entries, nothing())
