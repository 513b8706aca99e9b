"""Defects about what the trades of a backtest cost."""

from collections.abc import Callable

from embedded_ktrdr.defects.defect import defect, patch
from embedded_ktrdr.fields import BacktestStartRequest
from embedded_ktrdr.worker.account import Account

USUAL = BacktestStartRequest.model_fields["commission"].default


@defect(
    "commission-only-repeated",
    "The result of a backtest repeats the commission it was asked for, but its trades cost the usual one",
    ("backtest-commission-costs", "it returned less than the one before it"),
    area="backtests",
    severity="blocker",
    behaviour="a backtest is reckoned with the commission that it is asked for",
)
def _commission_only_repeated() -> None:
    @patch(Account, "__init__")
    def init(original: Callable[..., None], self: Account, capital: float, cost: float) -> None:
        del cost  # the account is made with the default of its own
        original(self, capital, USUAL)
