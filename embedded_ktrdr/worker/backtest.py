"""A backtest worker: one simulated backtest at a time, advancing by bars (contract 5 and 6.3)."""

import asyncio
import logging
import time
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from fastapi import FastAPI

from embedded_ktrdr import fields
from embedded_ktrdr.bars import BarRepository
from embedded_ktrdr.fields import Share
from embedded_ktrdr.models import Models
from embedded_ktrdr.moments import moment_of
from embedded_ktrdr.operations import OperationInfo, OperationMetadata, OperationProgress, OperationType
from embedded_ktrdr.pace import Pace
from embedded_ktrdr.strategies import STRATEGIES
from embedded_ktrdr.worker.account import Account
from embedded_ktrdr.worker.app import begin, create_worker, timestamp
from embedded_ktrdr.worker.desk import Clock, Kind, WorkError
from embedded_ktrdr.worker.registration import Place

KIND = Kind(
    OperationType.BACKTESTING,
    title="Backtesting Worker Service",
    health="backtesting-worker",
    registers_as="backtesting",
    capabilities={},
    word="backtest",
    log=logging.getLogger("ktrdr.backtesting.backtest_worker"),
)

WARM_UP_BARS = 50  # which no decision is made on
BARS_PER_REPORT = 50

# Seconds at speed 1.
PREPARATION_S = 1.2
BAR_S = 2e-3


class BacktestStartRequest(fields.BacktestStartRequest):
    """The same at a worker."""

    task_id: str | None = None
    slippage: Share = 0.0

    @property
    def date_range(self) -> tuple[datetime, datetime]:
        """The range asked for."""
        return datetime.fromisoformat(self.start_date), datetime.fromisoformat(self.end_date)


def create_app(place: Place, pace: Pace, repository: BarRepository, models: Models) -> FastAPI:
    """A backtest worker."""
    app, desk = create_worker(KIND, place, pace)

    @app.post("/backtests/start")
    async def start_backtest(request: BacktestStartRequest) -> dict[str, Any]:
        metadata = _metadata(request, place.worker_id)
        operation = begin(desk, metadata, Backtest(request, repository, models), request.task_id)
        return {"success": True, "operation_id": operation.operation_id, "status": "started"}

    return app


def _metadata(request: BacktestStartRequest, worker_id: str) -> OperationMetadata:
    asked = request.model_dump(include={"strategy_name", "initial_capital", "commission", "slippage"})
    start, end = request.date_range
    return OperationMetadata(
        symbol=request.symbol,
        timeframe=request.timeframe,
        mode="backtesting",
        start_date=start,
        end_date=end,
        parameters={**asked, "worker_id": worker_id},
    )


@dataclass(frozen=True)
class Backtest:
    """The work of one backtest."""

    request: BacktestStartRequest
    repository: BarRepository
    models: Models

    async def __call__(self, operation: OperationInfo, clock: Clock) -> dict[str, Any]:
        """Trade over the range."""
        request = self.request
        began, started_at = time.monotonic(), timestamp()
        # In a thread: a large file may have to be read first.
        total = await asyncio.to_thread(self._count_bars)
        operation.progress = OperationProgress(current_step="")
        await clock.work(PREPARATION_S, step=True)
        account = await self._trade(operation, clock, total)
        start, end = request.date_range
        return {
            **request.model_dump(include={"strategy_name", "symbol", "timeframe"}),
            "start_time": started_at,
            "end_time": timestamp(),
            "execution_time_seconds": time.monotonic() - began,
            "config": {
                **request.model_dump(include={"initial_capital", "commission", "slippage"}),
                "start_date": start.isoformat(),
                "end_date": end.isoformat(),
            },
            "metrics": account.metrics(),
            "trade_count": len(account.profits),
            "equity_curve_length": len(account.equity),
        }

    def _count_bars(self) -> int:
        """How many bars there are; WorkError with KTRDR's reason if it cannot be done."""
        request = self.request
        what = f"{request.symbol} {request.timeframe}"
        strategy = STRATEGIES.get(request.strategy_name)
        if strategy is None:
            raise WorkError(f"Strategy config not found: strategies/{request.strategy_name}.yaml")
        if request.model_path is not None and not self.models.knows(request.model_path):
            raise WorkError(f"Model not found: {request.model_path}")
        if self.repository.series(request.symbol.upper(), request.timeframe) is None:
            raise WorkError(f"No data found in cache for {what}")
        total = self.repository.count(request.symbol, request.timeframe, *self.request.date_range)
        if total == 0:
            raise WorkError(f"No data loaded for {what}")
        indicator, needed = strategy.bars_needed()
        if total < needed:
            raise WorkError(
                f"Failed to compute indicator {indicator}Indicator: "
                f"{indicator} requires at least {needed} data points for accurate calculation"
            )
        return total

    async def _trade(self, operation: OperationInfo, clock: Clock, total: int) -> Account:
        request = self.request
        account = Account(request.initial_capital, request.commission + request.slippage)
        bars = self.repository.bars(request.symbol, request.timeframe, *self.request.date_range)
        bars = islice(bars, WARM_UP_BARS, total)
        processable = max(0, total - WARM_UP_BARS)
        done = 0
        while some := list(islice(bars, BARS_PER_REPORT)):
            at = moment_of(some[0][0])
            operation.progress = OperationProgress(
                percentage=done / processable * 100.0,
                current_step=f"Backtesting {request.symbol} {request.timeframe} [{at}]",
                items_processed=done,
            )
            for bar in some:
                account.see(bar)
            done += len(some)
            await clock.work(BAR_S * len(some), step=True)
        account.close()
        operation.progress = operation.progress.model_copy(update={"items_processed": done})
        return account
