"""The stand-in of IB Gateway: contracts and bars, in a protocol that only the IB host speaks."""

import asyncio
from typing import Any

from fastapi import FastAPI, HTTPException

from embedded_ktrdr.generator import INSTRUMENTS, STEPS, GeneratedSeries
from embedded_ktrdr.moments import seconds_of
from embedded_ktrdr.operations import now
from embedded_ktrdr.pace import Pace

# Seconds at speed 1.
CONTRACT_S = 0.2
BARS_S = 1.7
SLOW_S = 4.0

MOST_BARS = 50_000  # in one answer


def create_app(pace: Pace, *, slow: bool) -> FastAPI:
    """A gateway that is connected; a `slow` one takes several seconds more for each answer."""
    more_s = SLOW_S if slow else 0.0
    app = FastAPI(title="IB gateway", openapi_url=None)

    @app.get("/health")
    async def health() -> dict[str, bool]:
        return {"connected": True}

    @app.get("/contract")
    async def contract(symbol: str) -> dict[str, Any]:
        await asyncio.sleep((CONTRACT_S + more_s) / pace.speed)
        instrument = INSTRUMENTS.get(symbol)
        if instrument is None:
            raise HTTPException(404, f"Symbol {symbol} not found")
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

    @app.get("/bars")
    async def bars(symbol: str, timeframe: str, first: int, last: int) -> list[list[float]]:
        await asyncio.sleep((BARS_S + more_s) / pace.speed)
        instrument = INSTRUMENTS.get(symbol)
        if instrument is None or timeframe not in STEPS:
            raise HTTPException(404, f"No market data for {symbol} {timeframe}")
        # Only bars that are complete.
        newest = seconds_of(now()) - STEPS[timeframe]
        series = GeneratedSeries(
            instrument, timeframe, max(first, seconds_of(instrument.head)), min(last, newest)
        )
        if len(series) > MOST_BARS:
            raise HTTPException(400, f"More than {MOST_BARS} bars at once are not given")
        return [list(bar) for bar in series.bars(series.first, series.last)]

    return app
