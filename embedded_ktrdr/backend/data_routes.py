"""/api/v1/data, /symbols and /timeframes: reading cached bars (contract 4.1)."""

import asyncio
import logging
import re
from datetime import datetime
from typing import Any

from fastapi import APIRouter, HTTPException, Response
from pydantic import BaseModel

from embedded_ktrdr import fields
from embedded_ktrdr.backend.bar_reader import BarReader
from embedded_ktrdr.bars import BarRepository
from embedded_ktrdr.errors import DataError, answer
from embedded_ktrdr.moments import moment_of, text_of

MAX_SYMBOL, MAX_TIMEFRAME = 20, 10

log = logging.getLogger("ktrdr.api.endpoints.data")


class DataRangeRequest(BaseModel):
    """Body of POST /data/range."""

    symbol: str
    timeframe: str


_NAMES = (
    ("1 Minute", "One-minute"), ("5 Minutes", "Five-minute"), ("15 Minutes", "Fifteen-minute"),
    ("30 Minutes", "Thirty-minute"), ("1 Hour", "One-hour"), ("2 Hours", "Two-hour"),
    ("4 Hours", "Four-hour"), ("Daily", "Daily"), ("Weekly", "Weekly"), ("Monthly", "Monthly"),
)  # fmt: skip
TIMEFRAMES = [
    {"id": each, "name": name, "description": f"{word} interval data"}
    for each, (name, word) in zip(fields.TIMEFRAMES, _NAMES, strict=True)
]


def data_router(repository: BarRepository) -> APIRouter:
    """The routes that read bars."""
    router = APIRouter(tags=["Data"])
    reader = BarReader(repository)

    @router.get("/data/info")
    async def get_data_info() -> dict[str, Any]:
        return answer(await asyncio.to_thread(_info, repository))

    @router.get("/data/{symbol}/{timeframe}")
    async def get_cached_data(
        symbol: str,
        timeframe: str,
        start_date: str | None = None,
        end_date: str | None = None,
        trading_hours_only: bool | None = False,
        include_extended: bool | None = False,
    ) -> Response:
        del trading_hours_only, include_extended  # nothing is known of trading hours, as in KTRDR
        start, end = _date("start_date", start_date), _date("end_date", end_date)
        body = await reader.read(symbol.strip().upper(), timeframe, start, end)
        return Response(body, media_type="application/json")

    @router.post("/data/range")
    async def get_data_range(request: DataRangeRequest) -> dict[str, Any]:
        symbol, timeframe = request.symbol, request.timeframe
        problem = _malformed(symbol, timeframe)
        if problem:
            message = f"Failed to get date range for {symbol} ({timeframe})"
            details = {"symbol": symbol, "timeframe": timeframe, "error": f"{message}: {problem}"}
            raise DataError("DATA-RangeError", message, details)
        series = await asyncio.to_thread(repository.series, symbol, timeframe)
        if series is None:
            log.error("Data not found: Data not found for %s (%s)", symbol, timeframe)
            raise HTTPException(404, f"Data not found for {symbol} ({timeframe})")
        return answer(
            {
                "symbol": symbol,
                "timeframe": timeframe,
                "start_date": f"{text_of(series.first)}Z",
                "end_date": f"{text_of(series.last)}Z",
                "point_count": len(series),
            }
        )

    @router.get("/symbols")
    async def get_symbols() -> dict[str, Any]:
        available = await asyncio.to_thread(repository.available)
        return answer([_described(each, available[each]) | {"trading_hours": None} for each in available])

    @router.get("/timeframes")
    async def get_timeframes() -> dict[str, Any]:
        return answer(TIMEFRAMES)

    return router


def _described(symbol: str, timeframes: list[str]) -> dict[str, Any]:
    """What KTRDR knows of a cached symbol: its files."""
    return {
        "symbol": symbol,
        "name": symbol,
        **dict.fromkeys(("type", "exchange", "currency"), "unknown"),
        "available_timeframes": timeframes,
    }


def _info(repository: BarRepository) -> dict[str, Any]:
    available = repository.available()
    symbols = []
    for symbol, timeframes in available.items():
        about = _described(symbol, timeframes)
        series = repository.series(symbol, timeframes[0])
        if series is not None:  # a file may just have been moved away
            about["start_date"] = moment_of(series.first).isoformat()
            about["end_date"] = moment_of(series.last).isoformat()
        symbols.append(about)
    return {
        "data_directory": str(repository.data_dir),
        "total_symbols": len(symbols),
        # Texts in Python's notation, as KTRDR sends them.
        "available_symbols": [str(each) for each in symbols],
        "symbol_types": {"unknown": len(symbols)},
        "timeframes_available": [str(each) for each in TIMEFRAMES],
        "total_timeframes": len(TIMEFRAMES),
        "data_sources": ["local_files", "ib_gateway"],
        "features": ["symbol_discovery", "data_validation", "gap_filling", "real_time_updates"],
    }


def _date(name: str, text: str | None) -> datetime | None:
    if not text:
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        message = f"Invalid {name} format. Use YYYY-MM-DD"
        raise DataError("DATA-InvalidDate", message, {name: text}) from None


def _malformed(symbol: str, timeframe: str) -> str | None:
    """What is wrong with a symbol or a timeframe, in KTRDR's words; None if nothing is."""
    for text, most, pattern in (
        (symbol, MAX_SYMBOL, r"[A-Za-z0-9_.-]+"),
        (timeframe, MAX_TIMEFRAME, r"[0-9]+[mhdwM]|[1-9][0-9]*\s+[a-zA-Z]+"),
    ):
        if not text:
            return "String too short (min 1 chars)"
        if len(text) > most:
            return f"String too long (max {most} chars)"
        if not re.fullmatch(pattern, text):
            return f"Invalid value: {text}"
    return None
