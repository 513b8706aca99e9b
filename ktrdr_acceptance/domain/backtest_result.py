"""What the result of a backtest shows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import isclose

from ktrdr_acceptance.domain.results import Result, is_number, number_at

# What a researcher reads a backtest for (contract 5).
FIGURES = ("total_return", "sharpe_ratio", "max_drawdown", "total_trades", "win_rate")
_RATE_TOLERANCE = 0.005
_GAIN_TOLERANCE = 0.01  # of money


def missing_figures(result: Result) -> list[str]:
    """Return which of the figures a backtest is read for its result lacks."""
    figures = result.get("metrics")
    found = figures if isinstance(figures, Mapping) else {}
    return [name for name in FIGURES if not is_number(found.get(name))]


def contradictions(result: Result) -> list[str]:
    """Return which figures of a backtest's result contradict each other."""
    return list(_contradictions(result))


def _contradictions(result: Result) -> Iterator[str]:
    trades = number_at(result, "metrics", "total_trades")
    counted = number_at(result, "trade_count")
    if trades != counted:
        yield f"total_trades is {trades:g}, but trade_count {counted:g}"
    won, lost = number_at(result, "metrics", "winning_trades"), number_at(result, "metrics", "losing_trades")
    if won + lost > trades:
        yield f"{won:g} trades won and {lost:g} lost, but there were {trades:g}"
    rate = number_at(result, "metrics", "win_rate")
    if not 0 <= rate <= 1:
        yield f"win_rate is {rate:g}, which is no share"
    drawdown = number_at(result, "metrics", "max_drawdown_pct")
    if not 0 <= drawdown <= 1:
        yield f"max_drawdown_pct is {drawdown:g}, which is no share"
    gain, share = (number_at(result, "metrics", name) for name in ("total_return", "total_return_pct"))
    capital = number_at(result, "config", "initial_capital")
    if not isclose(share * capital, gain, abs_tol=_GAIN_TOLERANCE):
        yield f"total_return_pct is {share:g}, but total_return {gain:g} of a capital of {capital:g}"
    if trades and abs(rate - won / trades) > _RATE_TOLERANCE:
        yield f"win_rate is {rate:g}, but {won:g} of {trades:g} trades won"


def figures(result: Result) -> list[float]:
    """Return the figures of a backtest's result; raises ContractBreach for one that is missing."""
    return [number_at(result, "metrics", name) for name in FIGURES]


def values_of_equity_curve(result: Result) -> float:
    """Return how many values the equity curve of a backtest has; raises ContractBreach if it is not said."""
    return number_at(result, "equity_curve_length")
