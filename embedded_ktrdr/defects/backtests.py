"""Defects about backtests: their figures, what they go through and what they show of it."""

from collections.abc import Awaitable, Callable
from typing import Any

from embedded_ktrdr.backend.operations import Operations
from embedded_ktrdr.bars import BarRepository
from embedded_ktrdr.defects.defect import defect, patch
from embedded_ktrdr.operations import OperationInfo, OperationProgress, OperationStatusResponse
from embedded_ktrdr.wire import WireError
from embedded_ktrdr.worker import backtest
from embedded_ktrdr.worker.account import Account, Metrics
from embedded_ktrdr.worker.backtest import Backtest
from embedded_ktrdr.worker.desk import Desk

AREA = "backtests"
SMOKE, SHOWS, COUNTS = "B1.1", "B1.2", "backtest-counts-bars"
SANITY, REPEATS, DIRECT = "backtest-result-sanity", "backtest-repeats-itself", "B3.1"
FIGURES = "has return, Sharpe ratio, drawdown, number of trades and win rate"
CONTRADICT = "the figures at its worker do not contradict each other"

Reckon = Callable[[Account], Metrics]
Ask = Callable[..., Awaitable[Any]]
Run = Callable[..., Awaitable[dict[str, Any]]]


def _change_figures(change: Callable[[Metrics], Metrics]) -> None:
    @patch(Account, "metrics")
    def metrics(original: Reckon, self: Account) -> Metrics:
        found = original(self)
        return found | change(found)


def _change_result(change: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    @patch(Backtest, "__call__")
    async def call(original: Run, *arguments: Any) -> dict[str, Any]:
        result = await original(*arguments)
        return result | change(result)


def _change_at_backend(change: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    @patch(Operations, "_ask_worker")
    async def ask(original: Ask, self: Operations, operation: OperationInfo, proxy: Any) -> None:
        await original(self, operation, proxy)
        result = operation.result_summary
        if result is not None and "trade_count" in result:
            operation.result_summary = change(result)


@defect(
    "win-rate-in-percent",
    "The win rate of a backtest goes from 0 to 100",
    (SANITY, CONTRADICT),
    area=AREA,
    behaviour="a win rate is a share, of the trades that won",
)
def _win_rate_in_percent() -> None:
    _change_figures(lambda found: {"win_rate": found["win_rate"] * 100})


@defect(
    "open-trade-not-counted",
    "The figures of a backtest leave out the trade that its end has closed",
    (SANITY, CONTRADICT),
    area=AREA,
    behaviour="every trade is counted",
)
def _open_trade_not_counted() -> None:
    _change_figures(lambda found: {"total_trades": max(0, found["total_trades"] - 1)})


@defect(
    "return-of-the-wrong-capital",
    "The return of a backtest in percent is reckoned from the capital at its end",
    (SANITY, CONTRADICT),
    area=AREA,
    behaviour="a return is the share of the capital that a backtest began with",
)
def _return_of_the_wrong_capital() -> None:
    @patch(Account, "metrics")
    def metrics(original: Reckon, self: Account) -> Metrics:
        found = original(self)
        return found | {"total_return_pct": found["total_return"] / self.equity[-1]}


@defect(
    "sharpe-ratio-left-out",
    "The result of a backtest has no Sharpe ratio",
    (SANITY, f"the result at its worker {FIGURES}"),
    (DIRECT, f"the result at its worker {FIGURES}"),
    area=AREA,
    behaviour="a backtest has return, Sharpe ratio, drawdown, number of trades and win rate",
)
def _sharpe_ratio_left_out() -> None:
    @patch(Account, "metrics")
    def metrics(original: Reckon, self: Account) -> Metrics:
        found = original(self)
        del found["sharpe_ratio"]
        return found


@defect(
    "equity-curve-of-trades",
    "The equity curve of a backtest has a value for each trade, not for each bar",
    (SANITY, "its equity curve has a value for each of the calibrated number of bars, give or take 5 %"),
    area=AREA,
    behaviour="an equity curve has a value for each bar",
)
def _equity_curve_of_trades() -> None:
    _change_result(lambda result: {"equity_curve_length": result["trade_count"]})


@defect(
    "result-of-other-timeframe",
    "The result of a backtest names the timeframe that backtests have by default",
    (SANITY, "its result is of the symbol and the timeframe that were asked for"),
    area=AREA,
    behaviour="a result is of the symbol and the timeframe that were asked for",
)
def _result_of_other_timeframe() -> None:
    _change_result(lambda _result: {"timeframe": "1h"})


@defect(
    "money-carried-over",
    "A backtest begins with the money that the one before has left at its worker",
    (REPEATS, "the same backtest gives the same figures again"),
    area=AREA,
    severity="blocker",
    behaviour="the same backtest gives the same figures again",
)
def _money_carried_over() -> None:
    left: list[float] = []

    @patch(Account, "__init__")
    def init(original: Callable[..., None], self: Account, capital: float, cost: float) -> None:
        original(self, left[-1] if left else capital, cost)

    @patch(Account, "close")
    def close(original: Callable[[Account], None], self: Account) -> None:
        original(self)
        left.append(self._cash)


@defect(
    "figures-not-passed-on",
    "The result of a backtest at the backend has no figures",
    (SMOKE, f"the result at the backend {FIGURES}"),
    area=AREA,
    behaviour="the backend shows the figures of a backtest",
)
def _figures_not_passed_on() -> None:
    _change_at_backend(lambda result: {name: part for name, part in result.items() if name != "metrics"})


@defect(
    "figures-rounded-at-backend",
    "The backend shows the figures of a backtest with two digits",
    (SMOKE, "the result at the backend is that of its worker"),
    area=AREA,
    severity="minor",
    behaviour="the result at the backend is that of its worker",
)
def _figures_rounded_at_backend() -> None:
    def rounded(result: dict[str, Any]) -> dict[str, Any]:
        return result | {"metrics": {name: round(value, 2) for name, value in result["metrics"].items()}}

    _change_at_backend(rounded)


@defect(
    "backtest-stops-at-5000-bars",
    "A backtest goes through the first 5,000 bars of its range and is called completed",
    (COUNTS, "its processed items came to the calibrated number of bars, give or take 5 %"),
    area=AREA,
    severity="blocker",
    behaviour="a backtest goes through every bar of its range",
)
def _backtest_stops_at_5000_bars() -> None:
    @patch(BarRepository, "count")
    def count(original: Callable[..., int], *arguments: Any) -> int:
        return min(original(*arguments), 5000)


def _show(change: Callable[[OperationProgress], dict[str, Any]]) -> None:
    """Have a backtest that is at work show something else."""

    @patch(backtest, "OperationProgress")
    def progress(original: Callable[..., OperationProgress], **parts: Any) -> OperationProgress:
        shown = original(**parts)
        return shown.model_copy(update=change(shown))


@defect(
    "bars-of-the-last-report-counted",
    "A backtest counts the bars since its last report, not all",
    (COUNTS, "I have seen at least 5 different numbers of processed items"),
    area=AREA,
    severity="minor",
    behaviour="a backtest counts the bars that it has gone through",
)
def _bars_of_the_last_report_counted() -> None:
    _show(lambda shown: {"items_processed": min(shown.items_processed, backtest.BARS_PER_REPORT)})


@defect(
    "bars-left-counted",
    "A backtest counts the bars that are left",
    (COUNTS, "its number of processed items never went down"),
    area=AREA,
    severity="minor",
    behaviour="the number of processed items never goes down",
)
def _bars_left_counted() -> None:
    _show(
        lambda shown: {
            "items_processed": round(shown.items_processed * (100 / shown.percentage - 1))
            if shown.percentage
            else 0
        }
    )


@defect(
    "percentage-of-the-week",
    "The percentage of a backtest begins anew with each of its five weeks",
    ("B2.2", "its percentage never went down"),
    area=AREA,
    behaviour="a percentage never goes down",
)
def _percentage_of_the_week() -> None:
    _show(lambda shown: {"percentage": shown.percentage * 5 % 100})


@defect(
    "step-without-symbol",
    "A backtest does not say which symbol it is at",
    (SHOWS, 'I have seen a step that names "EURUSD"'),
    area=AREA,
    severity="minor",
    behaviour="the step of a backtest names its symbol",
)
def _step_without_symbol() -> None:
    _show(lambda shown: {"current_step": f"Backtesting [{(shown.current_step or '').rpartition('[')[2]}"})


@defect(
    "direct-work-shown-at-backend",
    "The backend answers for work that somebody has started at a worker directly",
    (DIRECT, "the backend does not know it"),
    area=AREA,
    severity="minor",
    behaviour="the backend knows the operations that were started there",
)
def _direct_work_shown_at_backend() -> None:
    @patch(Operations, "lookup")
    async def lookup(original: Ask, self: Operations, operation_id: str, **options: Any) -> Any:
        found = await original(self, operation_id, **options)
        for worker in self._registry.all() if found is None else ():
            url = f"{worker.endpoint_url}/api/v1/operations/{operation_id}"
            try:
                answer = await self._wire.ask("GET", url, OperationStatusResponse, within=1.0)
            except WireError:
                continue
            return answer.data
        return found


@defect(
    "worker-busy-after-cancelled-backtest",
    "A worker says for ever that it works at the backtest that was cancelled there",
    ("B1.3", "its worker is free within 30 seconds"),
    area=AREA,
    severity="blocker",
    behaviour="a worker is free once its work is cancelled",
)
def _worker_busy_after_cancelled_backtest() -> None:
    stuck: list[OperationInfo] = []

    @patch(Desk, "cancel")
    def cancel(original: Callable[..., bool], self: Desk, operation: OperationInfo, reason: Any) -> bool:
        if self.kind is backtest.KIND and operation.progress.items_processed:
            stuck.append(operation)
        return original(self, operation, reason)

    current: Any = Desk.current
    healthy: Callable[[Desk], OperationInfo | None] = current.fget
    setattr(Desk, "current", property(lambda self: stuck[0] if stuck else healthy(self)))  # noqa: B010
