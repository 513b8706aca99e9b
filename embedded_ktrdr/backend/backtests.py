"""/api/v1/backtests (contract 5)."""

from datetime import datetime
from typing import Any

from fastapi import APIRouter

from embedded_ktrdr.backend.dispatch import BACKTEST, Dispatch, Job
from embedded_ktrdr.fields import BacktestStartRequest
from embedded_ktrdr.operations import OperationMetadata, OperationProgress


def backtest_router(dispatch: Dispatch) -> APIRouter:
    """The route of backtests."""
    router = APIRouter(prefix="/backtests", tags=["Backtesting"])

    @router.post("/start")
    async def start_backtest(request: BacktestStartRequest) -> dict[str, Any]:
        operation = await dispatch.start(_job(request))
        return {
            "success": True,
            "operation_id": operation.operation_id,
            "status": "started",
            "message": f"Backtest started for {request.symbol} {request.timeframe}",
            "symbol": request.symbol,
            "timeframe": request.timeframe,
            "mode": "distributed",
        }

    return router


def _job(request: BacktestStartRequest) -> Job:
    return Job(
        operation_type=BACKTEST.operation_type,
        asked=f"symbol={request.symbol}, timeframe={request.timeframe}",
        body=request.model_dump(),
        progress=OperationProgress(
            current_step="Starting backtest [0/100]",
            steps_total=100,
            context={"operation": "backtest", "service": "Backtesting"},
        ),
        metadata=OperationMetadata(
            symbol=request.symbol,
            timeframe=request.timeframe,
            mode="distributed",
            start_date=datetime.fromisoformat(request.start_date),
            end_date=datetime.fromisoformat(request.end_date),
            parameters={
                "strategy_config_path": f"strategies/{request.strategy_name}.yaml",
                "model_path": request.model_path,
                "initial_capital": request.initial_capital,
                "commission": request.commission,
                "slippage": request.slippage,
                "operation_name": "backtest",
                "service_name": "Backtesting",
            },
        ),
    )
