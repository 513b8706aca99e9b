"""Sentences about backtests alone."""

from math import isclose

from behave import given, then, when
from hamcrest import all_of, close_to, empty, equal_to, is_not, less_than

from ktrdr_acceptance.domain.backtest_result import (
    contradictions,
    figures,
    missing_figures,
    values_of_equity_curve,
)
from ktrdr_acceptance.domain.results import number_at
from ktrdr_acceptance.matchers.lists import nothing
from ktrdr_acceptance.operations.lifecycle import Status
from ktrdr_acceptance.operations.operation import Kind
from ktrdr_acceptance.world import StepContext

FREE_WITHIN = 30.0


@when('I start a smoke backtest with the unknown strategy "{name}"')
def when_start_with_unknown_strategy(context: StepContext, name: str) -> None:
    """Start a backtest with a strategy that does not exist."""
    context.world.said.speak_of(context.world.backtests.start("smoke", strategy_name=name))


@when('I start a smoke backtest of the unknown model "{path}"')
def when_start_with_unknown_model(context: StepContext, path: str) -> None:
    """Start a backtest with a model that does not exist."""
    context.world.said.speak_of(context.world.backtests.start("smoke", model_path=path))


@when("I start a smoke backtest with a commission of {percent:Percent}")
def when_start_with_commission(context: StepContext, percent: float) -> None:
    """Start a backtest whose trades cost more than usual, once KTRDR is ready for it."""
    world = context.world
    world.said.speak_of(world.backtests.start_when_ready("smoke", commission=percent / 100))


@given("a completed smoke backtest that was started at a backtest worker")
def given_completed_at_worker(context: StepContext) -> None:
    """Run a backtest that the backend does not hear of."""
    world = context.world
    world.backtests.make_ready("smoke")
    worker = world.workers.free(Kind.BACKTEST, FREE_WITHIN)
    backtest = world.said.speak_of(world.backtests.start_at(worker, "smoke"))
    world.operations.eventually(backtest, Status.COMPLETED, within=backtest.calibration.deadline_s)


@then("the result at the backend has return, Sharpe ratio, drawdown, number of trades and win rate")
def then_backend_has_figures(context: StepContext) -> None:
    """Look for the figures at the backend."""
    world = context.world
    missing = missing_figures(world.results.at_backend(world.the(Kind.BACKTEST)))
    world.check.that("figures missing from the result at the backend", missing, nothing())


@then("the result at its worker has return, Sharpe ratio, drawdown, number of trades and win rate")
def then_worker_has_figures(context: StepContext) -> None:
    """Look for the figures at the worker."""
    world = context.world
    missing = missing_figures(world.results.at_worker(world.the(Kind.BACKTEST)))
    world.check.that("figures missing from the result at the worker", missing, nothing())


@then("the figures at its worker do not contradict each other")
def then_figures_agree(context: StepContext) -> None:
    """Compare the figures with each other."""
    world = context.world
    found = contradictions(world.results.at_worker(world.the(Kind.BACKTEST)))
    world.check.that("contradictions in the result at the worker", found, nothing())


@then("its processed items came to the calibrated number of bars, give or take {tolerance:Percent}")
def then_items_came_to_bars(context: StepContext, tolerance: float) -> None:
    """Compare the most items seen with the bars of the range."""
    world = context.world
    bars = world.backtests.calibrated(world.the(Kind.BACKTEST).purpose).bars
    seen = world.operations.history(world.the(Kind.BACKTEST)).observations
    most = max((one.items for one in seen), default=0)
    world.check.that("most processed items seen", most, close_to(bars, bars * tolerance / 100))


@then(
    "its equity curve has a value for each of the calibrated number of bars, give or take {tolerance:Percent}"
)
def then_equity_curve_has_bars(context: StepContext, tolerance: float) -> None:
    """Compare the length of the curve with the bars of the range."""
    world = context.world
    backtest = world.the(Kind.BACKTEST)
    bars = world.backtests.calibrated(backtest.purpose).bars
    values = values_of_equity_curve(world.results.at_worker(backtest))
    world.check.that("values of the equity curve", values, close_to(bars, bars * tolerance / 100))


@then("the result at its worker repeats a commission of {percent:Percent}")
def then_result_repeats_commission(context: StepContext, percent: float) -> None:
    """Look at what the result says that it was reckoned with."""
    world = context.world
    commission = number_at(world.results.at_worker(world.the(Kind.BACKTEST)), "config", "commission")
    world.check.that("commission in the result", commission, close_to(percent / 100, 1e-9))


@then("it returned less than the one before it")
def then_returned_less(context: StepContext) -> None:
    """Compare the money that both brought, at the workers that ran them."""
    world = context.world
    before, after = (
        number_at(world.results.at_worker(each), "metrics", "total_return")
        for each in (world.said.before, world.operation)
    )
    world.check.that("return", after, less_than(before))


@then("the result at the backend is that of its worker")
def then_backend_result_is_worker_s(context: StepContext) -> None:
    """Compare both results whole."""
    world = context.world
    backtest = world.the(Kind.BACKTEST)
    at_worker = world.results.at_worker(backtest)
    same = all_of(is_not(empty()), equal_to(at_worker))
    world.check.that("result at the backend", world.results.at_backend(backtest), same)


@then("the same backtest gives the same figures again")
def then_same_again(context: StepContext) -> None:
    """Run the backtest once more and compare what a backtest is read for."""
    world = context.world
    first = figures(world.results.at_worker(world.the(Kind.BACKTEST)))
    again = world.said.speak_of(world.backtests.start_when_ready(world.the(Kind.BACKTEST).purpose))
    world.operations.eventually(again, Status.COMPLETED, within=again.calibration.deadline_s)
    second = figures(world.results.at_worker(again))
    pairs = zip(first, second, strict=True)
    differences = [f"{one} and then {other}" for one, other in pairs if not isclose(one, other)]
    world.check.that("differences of the second run", differences, nothing())
