"""The stand-in of IB Gateway: contracts and bars, in a protocol that only the IB host speaks."""

import asyncio
from typing import Any

from fastapi import FastAPI, HTTPException
from pydantic import BaseModel

from embedded_ktrdr.generator import INSTRUMENTS, STEPS, GeneratedSeries, seconds_of
from embedded_ktrdr.operations import now
from embedded_ktrdr.pace import Pace

# Seconds at speed 1.
CONTRACT_S = 0.2
BARS_S = 1.7
SLOW_S = 4.0

MOST_BARS = 50_000  # in one answer


class ContractRequest(BaseModel):
    """Which contract is wanted."""

    symbol: str


class BarsRequest(BaseModel):
    """Which bars are wanted; moments in seconds."""

    symbol: str
    timeframe: str
    first: int
    last: int


def create_app(pace: Pace, *, slow: bool) -> FastAPI:
    """A gateway that is connected; a `slow` one takes several seconds more for each answer."""
    app = FastAPI(title="IB gateway", openapi_url=None)

    async def work(seconds: float) -> None:
        await asyncio.sleep((seconds + (SLOW_S if slow else 0)) / pace.speed)

    @app.get("/health")
    async def health() -> dict[str, bool]:
        return {"connected": True}

    @app.post("/contract")
    async def contract(request: ContractRequest) -> dict[str, Any]:
        await work(CONTRACT_S)
        instrument = INSTRUMENTS.get(request.symbol)
        if instrument is None:
            raise HTTPException(404, f"Symbol {request.symbol} not found")
        name = instrument.symbol
        return {
            "contract": {
                "symbol": name if instrument.is_stock else name[:3],
                "asset_type": instrument.asset_type,
                "exchange": instrument.exchange,
                "currency": instrument.currency,
                "description": name,
                "head_timestamp": None,
            },
            "head": instrument.head.isoformat(),
        }

    @app.post("/bars")
    async def bars(request: BarsRequest) -> list[list[float]]:
        await work(BARS_S)
        instrument = INSTRUMENTS.get(request.symbol)
        if instrument is None or request.timeframe not in STEPS:
            raise HTTPException(404, f"No market data for {request.symbol} {request.timeframe}")
        # Only bars that are complete.
        newest = seconds_of(now()) - STEPS[request.timeframe]
        series = GeneratedSeries(
            instrument,
            request.timeframe,
            max(request.first, seconds_of(instrument.head)),
            min(request.last, newest),
        )
        if len(series) > MOST_BARS:
            raise HTTPException(400, f"More than {MOST_BARS} bars at once are not given")
        return [list(bar) for bar in series.bars(series.first, series.last)]

    return app
