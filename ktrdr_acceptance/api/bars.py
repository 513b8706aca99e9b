"""Bars as services give them, in one form: times and rows of open, high, low, close, volume."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ktrdr_acceptance.api.http import Answer
from ktrdr_acceptance.api.models import Body, ContractBreach, accepted

COLUMNS = ("open", "high", "low", "close", "volume")


@dataclass(frozen=True)
class Bars:
    """Bars in the order in which they were given. `times` are ISO texts, `elapsed_s` seconds to the answer.

    Rows are left as they came, whatever stands in them: what is wrong with them is for a step to say.
    """

    times: Sequence[str]
    rows: Sequence[Any]
    elapsed_s: float
    # The timeframe that was asked for.
    timeframe: str = ""

    def __len__(self) -> int:
        return len(self.times)


class Range(Body):
    """`POST /data/range` of the backend."""

    symbol: str
    timeframe: str
    start_date: str
    end_date: str
    point_count: int


class Inventory(Body):
    """`GET /data/info` of the backend; each symbol is a text that looks like a Python dict."""

    data_directory: str
    total_symbols: int
    available_symbols: list[Any]
    timeframes_available: list[Any]
    data_sources: list[Any]


def bars_of(answer: Answer, symbol: str, timeframe: str) -> Bars:
    """Return the bars of `GET /data/{symbol}/{timeframe}`, which must be of what was asked for."""
    body = accepted(answer)
    data = body.get("data") if isinstance(body, dict) else None
    data = data if isinstance(data, dict) else {}
    times, rows, about = data.get("dates"), data.get("ohlcv"), data.get("metadata")
    if not isinstance(times, list) or not isinstance(rows, list):
        raise ContractBreach(f"{answer.service} answered {answer.request} without dates and ohlcv")
    said = (about.get("symbol"), about.get("timeframe")) if isinstance(about, dict) else None
    if said != (symbol.upper(), timeframe):
        raise ContractBreach(f"{answer.service} answered {answer.request} with bars of {said}")
    return Bars(times, rows, answer.elapsed_s, timeframe)


def bars_of_records(records: Any, answer: Answer, timeframe: str) -> Bars:
    """Return the bars of an object `{time: {open, high, low, close, volume}}`."""
    if not isinstance(records, Mapping) or not all(isinstance(row, Mapping) for row in records.values()):
        raise ContractBreach(f"{answer.service} answered {answer.request} without bars by time")
    rows = [[row.get(column) for column in COLUMNS] for row in records.values()]
    return Bars(list(records), rows, answer.elapsed_s, timeframe)
