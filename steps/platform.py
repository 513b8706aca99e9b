"""Sentences about the backend as a whole."""

from behave import then, when
from hamcrest import equal_to, less_than, matches_regexp

from ktrdr_acceptance.world import StepContext


@when("I ask the backend for its health")
def when_ask_for_health(context: StepContext) -> None:
    """Ask once."""
    context.world.said.health = context.world.platform.check_health()


@then("it reports itself healthy")
def then_healthy(context: StepContext) -> None:
    """Compare the status."""
    context.world.check.that("status in the health", context.world.said.health.health.status, equal_to("ok"))


@then("it states its version")
def then_states_version(context: StepContext) -> None:
    """Look for a version number."""
    context.world.check.that(
        "version in the health", context.world.said.health.health.version, matches_regexp(r"^\d+\.\d+")
    )


@then("it answered within {limit:Duration}")
def then_answered_within(context: StepContext, limit: float) -> None:
    """Compare the response time, which no time factor scales."""
    context.world.check.that(
        "seconds until the answer", round(context.world.said.health.elapsed_s, 3), less_than(limit)
    )


@then("the backend is still healthy")
def then_still_healthy(context: StepContext) -> None:
    """Ask again after what the scenario did."""
    world = context.world
    world.check.that("status in the health", world.platform.check_health().health.status, equal_to("ok"))
