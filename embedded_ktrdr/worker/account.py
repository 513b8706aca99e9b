"""Trading on paper: a simple rule over the bars, and the figures that follow from its trades.

The rule is nobody's strategy. It stands for a model's decisions, which are the same whenever the bars are.
"""

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, pstdev

from embedded_ktrdr.generator import Bar

# A close at the bottom of so many bars is bought, one at their top is sold.
WINDOW = 20
LOT = 0.2  # share of the account in one position

TRADING_DAYS = 252
HOUR = 3600
DAYS_PER_YEAR = 365.25

# KTRDR's stand-in for what would be infinite.
LIMIT = 999_999.0

Metrics = dict[str, float | int]


@dataclass(frozen=True)
class Trade:
    """A position from its purchase to its sale; the profit is after all costs."""

    hours: float
    profit: float


class Account:
    """Money, at most one position, and what both were worth after each bar."""

    def __init__(self, capital: float, cost: float) -> None:
        """`cost`: share of a trade's amount that a purchase and a sale cost each."""
        self.trades: list[Trade] = []
        self.equity: list[float] = []
        self._capital = self._cash = capital
        self._cost = cost
        self._units = self._paid = 0.0
        self._since = self._last = 0
        self._closes: deque[float] = deque(maxlen=WINDOW)

    def see(self, bar: Bar) -> None:
        """The next bar."""
        moment, close = bar[0], bar[4]
        if len(self._closes) == WINDOW:
            if not self._units and close <= min(self._closes):
                self._buy(moment, close)
            elif self._units and close >= max(self._closes):
                self._sell(moment, close)
        self._closes.append(close)
        self._last = moment
        self.equity.append(self._cash + self._units * close)

    def close(self) -> None:
        """Sell what is left; nothing follows."""
        if self._units:
            self._sell(self._last, self._closes[-1])
            self.equity[-1] = self._cash

    def _buy(self, moment: int, price: float) -> None:
        self._paid = self._cash * LOT
        self._units = self._paid / (price * (1 + self._cost))
        self._cash -= self._paid
        self._since = moment

    def _sell(self, moment: int, price: float) -> None:
        earned = self._units * price * (1 - self._cost)
        self._cash += earned
        self._units = 0.0
        self.trades.append(Trade((moment - self._since) / HOUR, earned - self._paid))

    def metrics(self, days: int) -> Metrics:
        """The figures of KTRDR's results (contract 5) for a range of `days`; shares from 0 to 1."""
        final = self.equity[-1] if self.equity else self._capital
        gain = final - self._capital
        peak, drawdown = _drawdown(self.equity)
        annualized = _annualized(final / self._capital, days / DAYS_PER_YEAR)
        returns = [after / before - 1 for before, after in zip(self.equity, self.equity[1:], strict=False)]
        deviation = pstdev(returns) if len(returns) > 1 else 0.0
        mean = fmean(returns) if returns else 0.0
        losses = [each for each in returns if each < 0]
        yearly = math.sqrt(TRADING_DAYS)
        return {
            "total_return": gain,
            "total_return_pct": gain / self._capital,
            "annualized_return": annualized,
            "volatility": deviation * yearly,
            "sharpe_ratio": _ratio(mean, deviation) * yearly,
            "max_drawdown": drawdown * peak,
            "max_drawdown_pct": drawdown,
            **_of_trades(self.trades),
            "calmar_ratio": _ratio(annualized, drawdown),
            "sortino_ratio": _ratio(mean, pstdev(losses) if losses else 0.0) * yearly,
            "recovery_factor": _ratio(gain, drawdown * peak),
        }


def _of_trades(trades: Sequence[Trade]) -> Metrics:
    won = [each for each in trades if each.profit > 0]
    lost = [each for each in trades if each.profit < 0]
    earned, spent = sum(each.profit for each in won), -sum(each.profit for each in lost)
    factor = earned / spent if spent else LIMIT if earned else 0.0
    return {
        "total_trades": len(trades),
        "winning_trades": len(won),
        "losing_trades": len(lost),
        "win_rate": _ratio(len(won), len(trades)),
        "profit_factor": factor,
        "avg_holding_period": _mean([each.hours for each in trades]),
        "avg_win_holding_period": _mean([each.hours for each in won]),
        "avg_loss_holding_period": _mean([each.hours for each in lost]),
        "avg_win": _mean([each.profit for each in won]),
        "avg_loss": _mean([each.profit for each in lost]),
        "largest_win": max((each.profit for each in won), default=0.0),
        "largest_loss": min((each.profit for each in lost), default=0.0),
    }


def _drawdown(equity: Sequence[float]) -> tuple[float, float]:
    """The highest value, and the deepest fall below the highest so far, as a share of it."""
    peak = deepest = 0.0
    for value in equity:
        peak = max(peak, value)
        deepest = max(deepest, (peak - value) / peak)
    return peak, deepest


def _annualized(growth: float, years: float) -> float:
    if years <= 0 or growth <= 0:
        return 0.0
    return math.exp(min(math.log(growth) / years, math.log(LIMIT))) - 1


def _ratio(value: float, over: float) -> float:
    return max(-LIMIT, min(LIMIT, value / over)) if over > 1e-10 else 0.0


def _mean(values: Sequence[float]) -> float:
    return fmean(values) if values else 0.0
