"""What the backend's answers about cached bars and strategies promise."""

from __future__ import annotations

from typing import Any

from ktrdr_acceptance.api.promised import Accepted, Count, Promise, Text, Whole


class Bars(Promise):
    """Bars; what stands in the rows is judged by the scenarios that read them."""

    dates: list[Any]
    ohlcv: list[Any]
    points: Any
    metadata: dict[str, Any]


class BarsRead(Accepted):
    """`GET /data/{symbol}/{timeframe}`."""

    data: Bars
    error: None


class Range(Promise):
    """From when to when there are bars."""

    symbol: Text
    timeframe: Text
    start_date: Text
    end_date: Text
    point_count: Count


class RangeRead(Accepted):
    """`POST /data/range`."""

    data: Range


class Inventory(Promise):
    """What is cached."""

    data_directory: Text
    total_symbols: Count
    available_symbols: list[Any]
    symbol_types: Any
    timeframes_available: list[Any]
    total_timeframes: Count
    data_sources: list[Any]
    features: Any


class InventoryRead(Accepted):
    """`GET /data/info`."""

    data: Inventory


class Strategy(Promise):
    """One strategy of the list."""

    name: Text
    description: str
    symbol: str | None
    timeframe: str | None
    indicators: list[Any]
    fuzzy_config: dict[str, Any]
    training_status: str
    available_versions: list[Whole]
    latest_version: Whole | None
    latest_training_date: str | None
    latest_metrics: dict[str, Any] | None


class Strategies(Accepted):
    """`GET /strategies/`."""

    strategies: list[Strategy]


class Validation(Promise):
    """`POST /strategies/validate/{name}`; a strategy that cannot be read gives `success: false`."""

    success: bool
    valid: bool
    strategy_name: Text
    issues: list[dict[str, Any]]
    available_indicators: list[str] | None
    message: str
