"""Sentences about cached bars, their range and the inventory."""

from datetime import date

from behave import given, then, when
from hamcrest import close_to, contains_string, empty, equal_to, greater_than, has_item, less_than

from ktrdr_acceptance.domain.bars import bar_faults, missing_bars, missing_weekdays, moment, outside
from ktrdr_acceptance.matchers.lists import nothing
from ktrdr_acceptance.world import StepContext


@given('bars of "{symbol}" at "{timeframe}" from {first:Date} to {last:Date} are cached')
def given_cached_bars(context: StepContext, symbol: str, timeframe: str, first: date, last: date) -> None:
    """Put bars into the data folder; what was there comes back after the scenario."""
    world = context.world
    world.said.cached = world.data.put(symbol, timeframe, first, last)
    world.said.cached_as = (symbol, timeframe)


@given('bars of "{symbol}" at "{timeframe}" from {first:Date} to {last:Date} are cached, one inconsistent')
def given_cached_bars_with_bad_one(
    context: StepContext, symbol: str, timeframe: str, first: date, last: date
) -> None:
    """The high of one bar in the middle is below its low."""
    world = context.world
    world.said.cached = world.data.put(symbol, timeframe, first, last, bad=5)


@given("the disk of the data folder is full")
def given_full_disk(context: StepContext) -> None:
    """Take all the room that is left there; it is there again after the scenario."""
    context.world.data.fill_disk()


@when("there is room on the disk again")
def when_room_again(context: StepContext) -> None:
    """Give back the room that was taken."""
    context.world.data.make_room()


@when("I read the {purpose:Purpose} bars")
def when_read(context: StepContext, purpose: str) -> None:
    """Read the bars calibrated for a purpose."""
    world = context.world
    world.said.bars = world.data.read(purpose)
    world.said.elapsed_s = world.said.bars.elapsed_s
    world.said.expected_bars = world.data.purposes[purpose].bars


@when('I read the bars of "{symbol}" at "{timeframe}"')
def when_read_all(context: StepContext, symbol: str, timeframe: str) -> None:
    """Read all cached bars of a symbol and timeframe."""
    context.world.said.bars = context.world.data.bars(symbol, timeframe)


@when('I read the bars of "{symbol}" at "{timeframe}" from {first:Date} to {last:Date}')
def when_read_between(context: StepContext, symbol: str, timeframe: str, first: date, last: date) -> None:
    """Read the cached bars of some days."""
    world = context.world
    world.said.bars = world.data.bars(symbol, timeframe, start_date=str(first), end_date=str(last))


@when('I ask for the bars of "{symbol}" at "{timeframe}" from "{start}" on')
def when_ask_with_bad_date(context: StepContext, symbol: str, timeframe: str, start: str) -> None:
    """Read from a date of any spelling, which should be refused."""
    context.world.said.refusal = context.world.data.refusal_of_dates(symbol, timeframe, start_date=start)


@when('I ask for the range of "{symbol}" at "{timeframe}"')
def when_ask_for_range(context: StepContext, symbol: str, timeframe: str) -> None:
    """Ask from when to when there are bars."""
    world = context.world
    timed = world.data.range(symbol, timeframe)
    world.said.range, world.said.elapsed_s = timed.said, timed.elapsed_s


@when('I ask for the range of the uncached "{symbol}" at "{timeframe}"')
def when_ask_for_unknown_range(context: StepContext, symbol: str, timeframe: str) -> None:
    """Ask for the range of what is not cached, which should be refused."""
    context.world.said.refusal = context.world.data.refusal_of_range(symbol, timeframe)


@when("I ask what is cached")
def when_ask_for_inventory(context: StepContext) -> None:
    """Ask for the inventory."""
    world = context.world
    timed = world.data.inventory()
    world.said.inventory, world.said.elapsed_s = timed.said, timed.elapsed_s


@when("I ask the backend for its health while the {purpose:Purpose} bars are read")
def when_ask_for_health_while_reading(context: StepContext, purpose: str) -> None:
    """Read bars and ask for the health all the while."""
    world = context.world
    world.said.elapsed_s = world.data.slowest_health_while_reading(purpose, world.platform)


@then("they are as many as calibrated, give or take {tolerance:Percent}")
def then_as_many_as_calibrated(context: StepContext, tolerance: float) -> None:
    """Compare the number of bars with the calibration."""
    world = context.world
    expected = world.said.expected_bars
    world.check.that("number of bars", len(world.said.bars), close_to(expected, expected * tolerance / 100))


@then("there are none")
def then_no_bars(context: StepContext) -> None:
    """What is not cached is not invented."""
    bars = context.world.said.bars
    context.world.check.that("times and rows of the bars", [*bars.times, *bars.rows], empty())


@then("every bar is sound, and none is out of order or listed twice")
def then_bars_sound(context: StepContext) -> None:
    """Look through every bar."""
    world = context.world
    world.check.that("faults of the bars", bar_faults(world.said.bars), nothing())


@then("every bar is of the days from {first:Date} to {last:Date}")
def then_bars_inside(context: StepContext, first: date, last: date) -> None:
    """Compare the days of the bars with the range."""
    world = context.world
    world.check.that("bars outside the range", outside(world.said.bars, str(first), str(last)), nothing())


@then("no weekday from {first:Date} to {last:Date} is without bars")
def then_no_weekday_missing(context: StepContext, first: date, last: date) -> None:
    """Look for a bar on each weekday; the last day may have none but its first moment."""
    missing = missing_weekdays(context.world.said.bars, first, last)
    context.world.check.that("weekdays without bars", missing, nothing())


@then("the answer came within {limit:Duration}")
@then("even the slowest answer came within {limit:Duration}")
def then_came_within(context: StepContext, limit: float) -> None:
    """Compare the response time, which no time factor scales."""
    world = context.world
    world.check.that("seconds until the answer", round(world.said.elapsed_s, 3), less_than(limit))


@then("it begins before it ends")
def then_range_in_order(context: StepContext) -> None:
    """Compare both ends of the range."""
    world = context.world
    begin, end = moment(world.said.range.start_date), moment(world.said.range.end_date)
    world.check.that("begin of the range", begin, less_than(end))


@then("it is the range of the bars that can be read")
def then_range_is_that_of_bars(context: StepContext) -> None:
    """Compare both ends of the range with the first and the last bar."""
    world = context.world
    told = world.said.range
    times = world.data.bars(told.symbol, told.timeframe).times
    ends = (moment(times[0]), moment(times[-1])) if times else None
    world.check.that("ends of the range", (moment(told.start_date), moment(told.end_date)), equal_to(ends))


@then("it counts as many bars as can be read")
def then_range_counts_bars(context: StepContext) -> None:
    """Compare the number of bars in the range with the bars."""
    world = context.world
    told = world.said.range
    found = len(world.data.bars(told.symbol, told.timeframe))
    world.check.that("number of bars that the range counts", told.point_count, equal_to(found))


@then('the inventory holds "{symbol}" at "{timeframe}"')
def then_inventory_holds(context: StepContext, symbol: str, timeframe: str) -> None:
    """Look for the symbol's entry and the timeframe in it."""
    world = context.world
    entries = [str(entry) for entry in world.said.inventory.available_symbols if f"'{symbol}'" in str(entry)]
    world.check.that(f"entries of {symbol}", entries, has_item(contains_string(f"'{timeframe}'")))


@then('the inventory does not hold "{symbol}" at "{timeframe}"')
def then_inventory_holds_not(context: StepContext, symbol: str, timeframe: str) -> None:
    """Look for the symbol's entry and the timeframe in it."""
    world = context.world
    entries = [str(entry) for entry in world.said.inventory.available_symbols if f"'{symbol}'" in str(entry)]
    listed = [entry for entry in entries if f"'{timeframe}'" in entry]
    world.check.that(f"entries of {symbol} with {timeframe}", listed, nothing())


@then("it counts as many symbols as it lists")
def then_inventory_counts(context: StepContext) -> None:
    """Compare the total with the list."""
    world = context.world
    listed = len(world.said.inventory.available_symbols)
    world.check.that("total of symbols", world.said.inventory.total_symbols, equal_to(listed))


@then("all those cached before are still there")
def then_cached_still_there(context: StepContext) -> None:
    """Look among the bars that were read for each that was put there."""
    said = context.world.said
    context.world.check.that("bars that are missing", missing_bars(said.bars, said.cached), nothing())


@then("all those cached before can still be read")
def then_cached_can_still_be_read(context: StepContext) -> None:
    """Read them now and look among them for each that was put there."""
    world = context.world
    world.said.bars = world.data.bars(*world.said.cached_as)
    then_cached_still_there(context)


@then("the {purpose:Purpose} bars can still be read")
def then_can_still_be_read(context: StepContext, purpose: str) -> None:
    """Read the bars calibrated for a purpose."""
    world = context.world
    world.check.that("number of bars", len(world.data.read(purpose)), greater_than(0))
