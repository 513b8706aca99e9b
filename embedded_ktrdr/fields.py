"""Fields of requests that start work: what is missing or nonsense is refused before anything starts.

Only the checks are ours; the types are KTRDR's, so its OpenAPI documents stay as they are.
"""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, Field, ValidationInfo

from embedded_ktrdr.generator import STEPS

TIMEFRAMES = [*STEPS, "1M"]  # of a month there are no bars


def _text(value: str) -> str:
    if not value.strip():
        raise ValueError("Field cannot be empty")
    return value.strip()


def _names(names: list[str], info: ValidationInfo) -> list[str]:
    kind = str(info.field_name).removesuffix("s")
    if not names:
        raise ValueError(f"At least one {kind} must be specified")
    if not all(name.strip() for name in names):
        raise ValueError(f"{kind.capitalize()} cannot be empty")
    return [name.strip() for name in names]


def _moment(value: str) -> datetime:
    moment = datetime.fromisoformat(value)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _date(value: str) -> str:
    try:
        _moment(value)
    except ValueError:
        raise ValueError(f"Invalid date format. Use YYYY-MM-DD: {value}") from None
    return value


def _not_before_start(value: str, info: ValidationInfo) -> str:
    start = info.data.get("start_date")
    if start and _moment(value) < _moment(start):
        raise ValueError(f"End date {value} is before start date {start}")
    return value


def _timeframe(value: str) -> str:
    if value not in TIMEFRAMES:
        raise ValueError(f"Timeframe must be one of {TIMEFRAMES}")
    return value


def _positive(value: float) -> float:
    if value <= 0:
        raise ValueError("Initial capital must be positive")
    return value


Text = Annotated[str, AfterValidator(_text)]
"""A text that says something."""

Names = Annotated[list[str], AfterValidator(_names)]
"""At least one name, in a field called `symbols` or `timeframes`."""

Timeframe = Annotated[Text, AfterValidator(_timeframe)]
"""A timeframe as KTRDR spells it."""

IsoDate = Annotated[str, AfterValidator(_date)]
"""A date or moment in ISO form, kept as the text that was sent."""

EndDate = Annotated[IsoDate, AfterValidator(_not_before_start)]
"""An `IsoDate` not before the field `start_date`, which the model must name first."""

Share = Annotated[float, Field(allow_inf_nan=False)]
"""A part of an amount."""

Capital = Annotated[Share, AfterValidator(_positive)]
"""An amount of money to begin with."""


class BacktestStartRequest(BaseModel):
    """Body of POST /backtests/start."""

    strategy_name: Text
    symbol: Text
    timeframe: Text
    start_date: IsoDate
    end_date: EndDate
    initial_capital: Capital = 100000.0
    commission: Share = 0.001
    slippage: Share = 0.001
    model_path: Text | None = None
