"""Trading on paper: a simple rule over the bars, and the figures that follow from its trades.

The rule is nobody's strategy. It stands for a model's decisions, which are the same whenever the bars are.
"""

import math
from collections import deque
from itertools import pairwise
from statistics import fmean, pstdev

from embedded_ktrdr.generator import Bar

# A close at the bottom of so many bars is bought, one at their top is sold.
WINDOW = 20
LOT = 0.2  # share of the account in one position

TRADING_DAYS = 252

# Figures of KTRDR's results that nobody looks at yet.
NOT_RECKONED = (
    "annualized_return", "volatility", "profit_factor", "avg_holding_period", "avg_win_holding_period",
    "avg_loss_holding_period", "largest_win", "largest_loss", "calmar_ratio", "sortino_ratio",
    "recovery_factor",
)  # fmt: skip

Metrics = dict[str, float | int]


class Account:
    """Money, at most one position, the profit of each trade, and what all was worth after each bar."""

    def __init__(self, capital: float, cost: float) -> None:
        """`cost`: share of a trade's amount that a purchase and a sale cost each."""
        self.profits: list[float] = []
        self.equity: list[float] = []
        self._capital = self._cash = capital
        self._cost = cost
        self._units = self._paid = 0.0
        self._closes: deque[float] = deque(maxlen=WINDOW)

    def see(self, bar: Bar) -> None:
        """The next bar."""
        close = bar[4]
        if len(self._closes) == WINDOW:
            if not self._units and close <= min(self._closes):
                self._paid = self._cash * LOT
                self._units = self._paid / (close * (1 + self._cost))
                self._cash -= self._paid
            elif self._units and close >= max(self._closes):
                self._sell(close)
        self._closes.append(close)
        self.equity.append(self._cash + self._units * close)

    def close(self) -> None:
        """Sell what is left; nothing follows."""
        if self._units:
            self._sell(self._closes[-1])
            self.equity[-1] = self._cash

    def _sell(self, price: float) -> None:
        earned = self._units * price * (1 - self._cost)
        self._cash += earned
        self._units = 0.0
        self.profits.append(earned - self._paid)

    def metrics(self) -> Metrics:
        """The figures of KTRDR's results (contract 5); shares from 0 to 1."""
        gain = self._cash - self._capital
        won = [each for each in self.profits if each > 0]
        lost = [each for each in self.profits if each <= 0]
        returns = [after / before - 1 for before, after in pairwise(self.equity)]
        deviation = pstdev(returns) if returns else 0.0
        peak = drawdown = 0.0
        for value in self.equity:
            peak = max(peak, value)
            drawdown = max(drawdown, (peak - value) / peak)
        return dict.fromkeys(NOT_RECKONED, 0.0) | {
            "total_return": gain,
            "total_return_pct": gain / self._capital,
            "sharpe_ratio": fmean(returns) / deviation * math.sqrt(TRADING_DAYS) if deviation else 0.0,
            "max_drawdown": drawdown * peak,
            "max_drawdown_pct": drawdown,
            "total_trades": len(self.profits),
            "winning_trades": len(won),
            "losing_trades": len(lost),
            "win_rate": len(won) / len(self.profits) if self.profits else 0.0,
            "avg_win": fmean(won) if won else 0.0,
            "avg_loss": fmean(lost) if lost else 0.0,
        }
