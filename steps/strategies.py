"""Sentences about strategies."""

from behave import then, when
from hamcrest import contains_string, equal_to, has_item, is_in, not_

from ktrdr_acceptance.world import StepContext


@when("I ask which strategies there are")
def when_list_strategies(context: StepContext) -> None:
    """Ask for the list."""
    world = context.world
    world.said.strategies = world.strategies.latest_versions()


@when('I have the strategy "{name}" validated')
def when_validate(context: StepContext, name: str) -> None:
    """Ask for the validation."""
    context.world.said.validation = context.world.strategies.validate(name)


@when('I try to have the strategy "{name}" validated')
def when_try_to_validate(context: StepContext, name: str) -> None:
    """Ask for a validation that should be refused."""
    context.world.said.refusal = context.world.strategies.refusal_of_validation(name)


@then('"{name}" is one of them')
def then_strategy_listed(context: StepContext, name: str) -> None:
    """Look for the name."""
    context.world.check.that("names of the strategies", context.world.said.strategies, has_item(name))


@then("its strategy is listed with a newer version than before")
def then_newer_version(context: StepContext) -> None:
    """Compare the latest version of the training's strategy with the one that was listed before."""
    world = context.world
    name = world.training.calibration.request()["strategy_name"]
    before = world.said.strategies.get(name)
    now = world.strategies.latest_versions().get(name)
    world.check.that(f"latest version of {name}", now, not_(is_in([None, before])))


@then("it is valid")
def then_valid(context: StepContext) -> None:
    """Look at the verdict."""
    context.world.check.that("whether it is valid", context.world.said.validation.valid, equal_to(True))


@then("it is not valid")
def then_not_valid(context: StepContext) -> None:
    """Look at the verdict."""
    context.world.check.that("whether it is valid", context.world.said.validation.valid, equal_to(False))


@then('its {severity}s name "{text}"')
def then_issues_name(context: StepContext, severity: str, text: str) -> None:
    """Look for the text in the issues of a severity."""
    said = context.world.said.validation.said(severity)
    context.world.check.that(f"what its {severity}s say", said or "nothing", contains_string(text))


@then("no errors are named")
def then_no_errors(context: StepContext) -> None:
    """Look at the issues of severity error."""
    context.world.check.that("what its errors say", context.world.said.validation.said("error"), equal_to(""))
