"""Faults in trainings, backtests, strategies and models."""

from collections.abc import Awaitable, Callable
from typing import Any

from embedded_ktrdr.backend import backtests, trainings
from embedded_ktrdr.backend.dispatch import Job
from embedded_ktrdr.backend.trainings import TrainingRequest
from embedded_ktrdr.defects.defect import defect, patch
from embedded_ktrdr.fields import BacktestStartRequest
from embedded_ktrdr.models import Models
from embedded_ktrdr.operations import OperationInfo, OperationProgress
from embedded_ktrdr.strategies import STRATEGIES, Strategy
from embedded_ktrdr.worker import desk
from embedded_ktrdr.worker.account import Account, Metrics

Original = Callable[..., Any]


@defect(
    "only-the-first-symbol-trained",
    "I trained on two symbols, and the model has seen only the first one.",
    ("training-two-symbols", "the result at its worker counts 500 samples, give or take 10 %"),
    area="trainings",
    severity="blocker",
    behaviour="A training uses the bars of all its symbols; its data_summary names them and counts them all.",
    blind="first",
)
def _only_the_first_symbol_trained() -> None:
    @patch(trainings, "_job")
    def job(original: Original, request: TrainingRequest) -> Job:
        made: Job = original(request)
        # Left over from the days of one symbol per training.
        made.body["symbols"] = request.symbols[:1]
        return made


@defect(
    "model-version-always-one",
    "My second training of a strategy has overwritten the model of the first.",
    ("training-own-model", "each of the trainings has left a model of its own"),
    area="strategies",
    severity="blocker",
    behaviour="Each training leaves a model of its own: models/STRATEGY/TIMEFRAME_vN with the next N.",
    blind="first",
)
def _model_version_always_one() -> None:
    @patch(Models, "_reserve")
    def reserve(original: Original, models: Models, strategy: str, timeframe: str) -> int:
        del original
        # Made if it is not there, instead of counted on if it is.
        (models._folder / strategy / f"{timeframe}_v1").mkdir(parents=True, exist_ok=True)
        return 1


@defect(
    "start-skips-validation",
    "A strategy that the validation calls invalid is trained without a word.",
    (
        "training-invalid-strategy",
        'I ask for a training with the unknown strategy "invalid_missing_fuzzy_sets"',
    ),
    area="strategies",
    behaviour="A training of a strategy that fails validation is refused: 400, STRATEGY-ValidationFailed.",
    blind="first",
)
def _start_skips_validation() -> None:
    @patch(trainings, "_trainable")
    def trainable(original: Original, name: str) -> Strategy:
        # That the file is there counts as good.
        found: Strategy = STRATEGIES[name] if name in STRATEGIES else original(name)
        return found


@defect(
    "commission-not-handed-on",
    "Whatever commission I ask for, my backtests are reckoned with the usual one.",
    ("backtest-commission", "the result at its worker repeats a commission of 2 %"),
    area="backtests",
    behaviour="A backtest is reckoned with the commission of its request, which its result's config repeats.",
    blind="first",
)
def _commission_not_handed_on() -> None:
    @patch(backtests, "_job")
    def job(original: Original, request: BacktestStartRequest) -> Job:
        made: Job = original(request)
        # The worker has a default of its own, so nobody is told.
        del made.body["commission"]
        return made


@defect(
    "trades-counted-twice",
    "My backtest reports twice as many trades as it won and lost, and half the win rate.",
    ("backtest-result-sanity", "the figures at its worker do not contradict each other"),
    area="backtests",
    behaviour="total_trades of a backtest is its winning and losing trades together, as trade_count says.",
    blind="first",
)
def _trades_counted_twice() -> None:
    @patch(Account, "metrics")
    def metrics(original: Original, account: Account) -> Metrics:
        found: Metrics = original(account)
        # The orders are counted: each trade is a purchase and a sale.
        found["total_trades"] *= 2
        if found["total_trades"]:
            found["win_rate"] = found["winning_trades"] / found["total_trades"]
        return found


@defect(
    "backtest-ends-below-hundred",
    "My backtest is complete, but its progress stays at ninety-something per cent.",
    ("B1.2", "it ended at 100 %"),
    ("B2.1", "it ended at 100 %"),
    area="backtests",
    severity="minor",
    behaviour="The progress of a completed operation is 100 per cent.",
    blind="first",
)
def _backtest_ends_below_hundred() -> None:
    @patch(desk, "carry_out")
    async def carry_out(
        original: Original, operation: OperationInfo, work: Awaitable[dict[str, Any]]
    ) -> None:
        last: list[OperationProgress] = []

        async def noted() -> dict[str, Any]:
            result = await work
            last.append(operation.progress)
            return result

        await original(operation, noted())
        # What was reported before the last bars stays.
        if last:
            operation.progress = last[0]
