"""Sentences about downloads alone."""

from datetime import date

from behave import given, then, when
from hamcrest import close_to, equal_to, greater_than

from ktrdr_acceptance.domain.results import number_at
from ktrdr_acceptance.operations.lifecycle import Status
from ktrdr_acceptance.operations.operation import Kind, Operation
from ktrdr_acceptance.world import StepContext


@given("nothing is cached of what the {purpose:Purpose} download brings")
def given_nothing_cached(context: StepContext, purpose: str) -> None:
    """Move the file aside; it is back after the scenario."""
    context.world.downloads.forget(purpose, context.world.data)


@when("I start the same download again")
def when_start_again(context: StepContext) -> None:
    """Start the download of the same purpose once more."""
    world = context.world
    world.said.speak_of(world.downloads.start(world.the(Kind.DOWNLOAD).purpose))


@when("I start a {purpose:Purpose} download without a mode")
def when_start_without_mode(context: StepContext, purpose: str) -> None:
    """Leave the mode to KTRDR, which documents tail as its default."""
    context.world.said.speak_of(context.world.downloads.start(purpose, mode=None))


@when('I start a {purpose:Purpose} download in the mode "{mode}"')
def when_start_in_mode(context: StepContext, purpose: str, mode: str) -> None:
    """Ask for another mode than the calibrated one."""
    context.world.said.speak_of(context.world.downloads.start(purpose, mode=mode))


@when('I download "{symbol}" at "{timeframe}" from {first:Date} to {last:Date}')
def when_download(context: StepContext, symbol: str, timeframe: str, first: date, last: date) -> None:
    """Download other days than a purpose does, and see it completed."""
    world = context.world
    when_start_download(context, symbol, timeframe, first, last)
    download = world.operation
    world.operations.eventually(download, Status.COMPLETED, within=download.calibration.deadline_s)


@when('I start a download of "{symbol}" at "{timeframe}" from {first:Date} to {last:Date}')
def when_start_download(context: StepContext, symbol: str, timeframe: str, first: date, last: date) -> None:
    """Ask for other days than a purpose does."""
    _start(
        context, {"symbol": symbol, "timeframe": timeframe, "start_date": str(first), "end_date": str(last)}
    )


@then("the same download completes within {limit:Duration}")
def then_same_completes(context: StepContext, limit: float) -> None:
    """Ask once more for what the last download was asked for; it must bring bars this time."""
    world = context.world
    download = _start(context, world.said.asked_days)
    world.operations.eventually(download, Status.COMPLETED, within=limit)
    rows = number_at(world.results.at_backend(download), "rows_downloaded")
    world.check.that("rows that the result counts", rows, greater_than(0))


@then("its result counts the calibrated number of bars, give or take {tolerance:Percent}")
def then_result_counts_bars(context: StepContext, tolerance: float) -> None:
    """Compare the number of downloaded rows."""
    world = context.world
    download = world.the(Kind.DOWNLOAD)
    bars = world.downloads.calibrated(download.purpose).bars
    result = world.results.at_backend(download)
    rows = number_at(result, "rows_downloaded")
    hint = world.downloads.why_nothing_came(result)
    world.check.that("rows that the result counts", rows, close_to(bars, bars * tolerance / 100), hint)


@then("its result counts as many bars as it added")
def then_result_counts_added_bars(context: StepContext) -> None:
    """Compare with the bars that were read, less those that were cached before."""
    world = context.world
    rows = number_at(world.results.at_backend(world.the(Kind.DOWNLOAD)), "rows_downloaded")
    added = len(world.said.bars) - len(world.said.cached)
    world.check.that("rows that the result counts", rows, equal_to(added))


@then("its result says that nothing had to be fetched")
def then_nothing_fetched(context: StepContext) -> None:
    """Look for the cache hit."""
    world = context.world
    result = world.results.at_backend(world.the(Kind.DOWNLOAD))
    said = (result.get("cache_hit"), result.get("rows_downloaded"))
    world.check.that("cache hit and rows that the result counts", said, equal_to((True, 0)))


@then('its result says the mode "{mode}"')
def then_result_says_mode(context: StepContext, mode: str) -> None:
    """Compare the mode."""
    world = context.world
    said = world.results.at_backend(world.the(Kind.DOWNLOAD)).get("mode")
    world.check.that("mode in the result", said, equal_to(mode))


@when("I read what it brought")
def when_read_download(context: StepContext) -> None:
    """Read the bars that the download was asked for."""
    world = context.world
    download = world.the(Kind.DOWNLOAD)
    world.said.bars = world.downloads.downloaded(download, world.data)
    world.said.elapsed_s = world.said.bars.elapsed_s
    world.said.expected_bars = world.downloads.calibrated(download.purpose).bars


def _start(context: StepContext, asked: dict[str, str]) -> Operation:
    """Start a download of days that are asked for; from now on "it" is that."""
    world = context.world
    world.said.asked_days = asked
    return world.said.speak_of(world.downloads.start("long", **asked))
