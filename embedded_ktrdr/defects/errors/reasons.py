"""Defects about why something has failed: the reason is not told, or what must fail does not."""

from collections.abc import Awaitable, Callable
from typing import Any

from embedded_ktrdr.backend.operations import Operations
from embedded_ktrdr.bars import BarRepository
from embedded_ktrdr.defects.defect import defect, patch
from embedded_ktrdr.models import Models
from embedded_ktrdr.operations import OperationInfo, OperationStatus
from embedded_ktrdr.worker.backtest import Backtest
from embedded_ktrdr.worker.desk import WorkError

AREA = "errors"


@defect(
    "reason-stays-at-the-worker",
    "The backend does not say why what ran on a worker has failed",
    ("B4.1", 'the backend states a reason that names "nonexistent_strategy_xyz"'),
    ("retry-runs", 'the backend states a reason that names "NOSUCH"'),
    area=AREA,
    behaviour="the backend states why something has failed",
    shown_by="S",
)
def _reason_stays_at_the_worker() -> None:
    @patch(Operations, "_ask_worker")
    async def ask(
        original: Callable[..., Awaitable[None]], self: Operations, operation: OperationInfo, proxy: Any
    ) -> None:
        await original(self, operation, proxy)
        if operation.status is OperationStatus.FAILED and proxy.silent_since is None:
            operation.error_message = None


@defect(
    "reason-is-a-trace",
    "The reason of a backtest that has failed is the text of an exception",
    ("B4.1", "the reason is stated in plain words"),
    area=AREA,
    severity="minor",
    behaviour="a reason is stated in plain words",
)
def _reason_is_a_trace() -> None:
    @patch(Backtest, "_count_bars")
    def count(original: Callable[[Backtest], int], self: Backtest) -> int:
        try:
            return original(self)
        except WorkError as error:
            raise WorkError(f"Backtest failed: {error!r}") from None


@defect(
    "missing-bars-not-named",
    "The reason of a backtest without bars does not name the symbol",
    ("B4.2", 'the backend states a reason that names "INVALID_SYMBOL_XYZ"'),
    area=AREA,
    severity="minor",
    behaviour="the reason names the symbol that has no bars",
)
def _missing_bars_not_named() -> None:
    @patch(Backtest, "_count_bars")
    def count(original: Callable[[Backtest], int], self: Backtest) -> int:
        try:
            return original(self)
        except WorkError as error:
            said = str(error)
            raise WorkError("No data loaded" if said.startswith("No data") else said) from None


@defect(
    "missing-bars-replaced",
    "A backtest of an unknown symbol goes through the bars of another",
    ("B4.2", "it fails within 30 seconds"),
    area=AREA,
    severity="blocker",
    behaviour="a backtest without bars fails",
)
def _missing_bars_replaced() -> None:
    @patch(BarRepository, "series")
    def series(original: Callable[..., Any], self: BarRepository, symbol: str, timeframe: str) -> Any:
        return original(self, symbol, timeframe) or original(self, "EURUSD", timeframe)


@defect(
    "wrong-model-ignored",
    "A backtest of a model that does not exist takes another and completes",
    ("B4.3", "it fails within 30 seconds"),
    area=AREA,
    severity="blocker",
    behaviour="a backtest takes the model that it is asked for, or fails",
    shown_by="S",
)
def _wrong_model_ignored() -> None:
    @patch(Models, "knows")
    def knows(_original: object, _self: Models, _path: str) -> bool:
        return True
