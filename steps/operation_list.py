"""Sentences about the list of operations."""

from behave import given, then, when
from hamcrest import (
    equal_to,
    has_item,
    has_length,
    is_in,
    less_than_or_equal_to,
    only_contains,
)

from ktrdr_acceptance.domain.operation_list import Listed
from ktrdr_acceptance.matchers.lists import nothing
from ktrdr_acceptance.operations.lifecycle import Status
from ktrdr_acceptance.operations.operation import Kind
from ktrdr_acceptance.world import StepContext

FILL_WITHIN = 60.0


@given("there are more than {count:Count} operations")
def given_more_operations(context: StepContext, count: int) -> None:
    """Run smoke trainings until the backend counts enough."""
    world = context.world
    world.trainings.fill_list(world.operation_list, count + 1, FILL_WITHIN)


@when("I list the operations by {filters:Filters}")
def when_list(context: StepContext, filters: dict[str, str]) -> None:
    """Ask for one page."""
    context.world.said.page = context.world.operation_list.page(**filters)


@when("I try to list the operations by {filters:Filters}")
def when_try_to_list(context: StepContext, filters: dict[str, str]) -> None:
    """Ask for a page by filters that should be refused."""
    context.world.said.refusal = context.world.operation_list.refusal_of_page(**filters)


@when('I try to {deed:Deed} the unknown operation "{operation_id}"')
def when_try_with_unknown(context: StepContext, deed: str, operation_id: str) -> None:
    """Ask for what can only be done with an operation that there is."""
    context.world.said.refusal = context.world.operation_list.refusal_of_deed(deed, operation_id)


@then("the {kind:Kind} is among them")
def then_among_them(context: StepContext, kind: Kind) -> None:
    """Look for the operation's id."""
    world = context.world
    world.check.that("ids in the list", world.said.page.ids, has_item(world.the(kind).id))


@then("the list shows it as completed within {limit:Duration}")
def then_list_shows_completed(context: StepContext, limit: float) -> None:
    """Look at the list alone: a lookup must not be what makes it fresh."""
    context.world.operation_list.shows_completed(context.world.operation, context.world.waiter, limit)


@then("the list shows it as it shows itself when looked up")
def then_list_agrees(context: StepContext) -> None:
    """Compare the row of the list with the operation's own page."""
    world = context.world
    differences = world.operation_list.differences(world.operation)
    world.check.that("what the list says otherwise than the lookup", differences, nothing())


@then("every one of them is {kinds:Listed}")
def then_every_one_is(context: StepContext, kinds: tuple[Listed, ...]) -> None:
    """Compare every row."""
    world = context.world
    for kind in kinds:
        allowed = only_contains(is_in(sorted(kind.expected)))
        world.check.that(f"{kind.column} of the listed operations", kind.values(world.said.page), allowed)


@then("there are at most {count:Count} of them")
def then_at_most(context: StepContext, count: int) -> None:
    """Count the rows."""
    world = context.world
    world.check.that("number of listed operations", len(world.said.page.data), less_than_or_equal_to(count))


@then("there are exactly {count:Count} of them")
def then_exactly(context: StepContext, count: int) -> None:
    """Count the rows."""
    context.world.check.that("listed operations", context.world.said.page.ids, has_length(count))


@then("the list counts as many as there are")
def then_counts_all(context: StepContext) -> None:
    """Compare the total with all that the same filters let through."""
    world = context.world
    world.check.that("total count", world.said.page.total_count, equal_to(world.operation_list.length()))


@then("the list counts as many active ones as there are")
def then_counts_active(context: StepContext) -> None:
    """Compare the count of active ones with the whole list."""
    world = context.world
    world.check.that("active count", world.said.page.active_count, equal_to(world.operation_list.active()))


@then("they are the newest ones, newest first")
def then_newest_first(context: StepContext) -> None:
    """Compare with the top of the whole list."""
    world = context.world
    shown = world.said.page.ids
    world.check.that("ids in the list", shown, equal_to(world.operation_list.newest(len(shown))))


@then("they are the newest ones after the first {count:Count}, newest first")
def then_newest_after(context: StepContext, count: int) -> None:
    """Compare with what follows the top of the whole list."""
    world = context.world
    shown = world.said.page.ids
    world.check.that("ids in the list", shown, equal_to(world.operation_list.newest(len(shown), count)))


@then("once it has completed, within {limit:Duration}, it is no longer among them")
def then_no_longer_listed(context: StepContext, limit: float) -> None:
    """Follow the training to its end and ask for the same page again."""
    world = context.world
    world.operations.eventually(world.operation, Status.COMPLETED, within=limit)
    listed = world.operation_list.ids_by_last_filter()
    world.check.that(
        f"whether {world.operation.id} is still listed as running",
        world.operation.id in listed,
        equal_to(False),
    )
