"""/api/v1/strategies, /models and /indicators (contract 3.4 and 7)."""

import asyncio
import logging
from typing import Any

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel

from embedded_ktrdr.envelope import ErrorResponse
from embedded_ktrdr.models import Model, Models
from embedded_ktrdr.strategies import (
    PARAMETERS,
    STRATEGIES,
    Strategy,
    StrategyError,
    ValidationIssue,
    find_strategy,
)

# Class, title and type of each indicator, and the values of its parameters if a strategy names none.
INDICATORS: dict[str, tuple[str, str, str, tuple[int, ...]]] = {
    "rsi": ("RSIIndicator", "RSI", "momentum", (14,)),
    "sma": ("SimpleMovingAverage", "SMA", "trend", (14,)),
    "ema": ("ExponentialMovingAverage", "EMA", "trend", (14,)),
    "macd": ("MACDIndicator", "MACD", "trend", (12, 26, 9)),
    "stoch": ("StochasticIndicator", "Stochastic", "momentum", (14, 3, 3)),
    "bbands": ("BollingerBandsIndicator", "BollingerBands", "volatility", (20, 2)),
    "adx": ("ADXIndicator", "ADX", "trend", (14,)),
}

log = logging.getLogger("ktrdr.api.services.training_service")


class StrategyMetrics(BaseModel):
    """How a model did on the bars kept for its test."""

    accuracy: float | None = None
    precision: float | None = None
    recall: float | None = None
    f1_score: float | None = None


class StrategyInfo(BaseModel):
    """A strategy and what was trained of it."""

    name: str
    description: str
    symbol: str
    timeframe: str
    indicators: list[dict[str, Any]]
    fuzzy_config: dict[str, Any]
    training_status: str
    available_versions: list[int]
    latest_version: int | None = None
    latest_training_date: str | None = None
    latest_metrics: StrategyMetrics | None = None


class StrategiesResponse(BaseModel):
    """Answer of GET /strategies/."""

    success: bool = True
    strategies: list[StrategyInfo]


class StrategyValidationResponse(BaseModel):
    """Answer of a validation; `valid` if no issue is an error."""

    success: bool
    valid: bool
    strategy_name: str
    issues: list[ValidationIssue]
    available_indicators: list[str]
    message: str


class ModelSummary(BaseModel):
    """A trained model."""

    model_id: str
    model_name: str
    symbol: str
    timeframe: str
    created_at: str
    training_accuracy: float | None = None
    test_accuracy: float | None = None
    description: str = ""


class ModelsListResponse(BaseModel):
    """Answer of GET /models."""

    success: bool
    models: list[ModelSummary]


class IndicatorParameter(BaseModel):
    """A parameter of an indicator."""

    name: str
    type: str
    description: str
    default: Any = None
    min_value: float | None = None
    max_value: float | None = None
    options: list[Any] | None = None


class IndicatorMetadata(BaseModel):
    """An indicator."""

    id: str
    name: str
    description: str
    type: str
    parameters: list[IndicatorParameter]
    resources: dict[str, Any] | None = None


class IndicatorsListResponse(BaseModel):
    """Answer of GET /indicators/."""

    success: bool
    data: list[IndicatorMetadata] | None = None
    error: ErrorResponse | None = None


def strategy_router(models: Models) -> APIRouter:
    """The routes of strategies, of the models trained from them and of the indicators in them."""
    router = APIRouter()

    @router.get("/strategies/", tags=["Strategies"])
    async def list_strategies() -> StrategiesResponse:
        trained = await asyncio.to_thread(models.all)
        return StrategiesResponse(strategies=[_info(each, trained) for each in STRATEGIES.values()])

    @router.post("/strategies/validate/{strategy_name}", tags=["Strategies"])
    async def validate_strategy(strategy_name: str) -> StrategyValidationResponse:
        try:
            issues = find_strategy(strategy_name).issues()
        except StrategyError as error:
            raise HTTPException(404, str(error)) from error
        errors = sum(each.severity == "error" for each in issues)
        warnings = len(issues) - errors
        outcome = f"has {errors} error(s)" if errors else "is valid"
        if warnings:
            outcome += f" and {warnings} warning(s)" if errors else f" with {warnings} warning(s)"
        return StrategyValidationResponse(
            success=True,
            valid=not errors,
            strategy_name=strategy_name,
            issues=issues,
            available_indicators=sorted(INDICATORS),
            message=f"Strategy '{strategy_name}' {outcome}",
        )

    @router.get("/models", tags=["Models"])
    async def list_models() -> ModelsListResponse:
        trained = await asyncio.to_thread(models.all)
        log.info("Listed %s models", len(trained))
        return ModelsListResponse(success=True, models=[_summary(each) for each in trained])

    @router.get("/indicators/", tags=["Indicators"])
    async def list_indicators() -> IndicatorsListResponse:
        return IndicatorsListResponse(success=True, data=[_indicator(each) for each in INDICATORS])

    return router


def _info(strategy: Strategy, trained: list[Model]) -> StrategyInfo:
    mine = [each for each in trained if each.strategy == strategy.name]
    info = StrategyInfo(
        name=strategy.name,
        description=strategy.description,
        symbol="",
        timeframe="",
        indicators=strategy.indicator_list(),
        fuzzy_config=strategy.fuzzy_config(),
        training_status="trained" if mine else "untrained",
        available_versions=sorted({each.version for each in mine}),
    )
    if mine:
        latest = mine[0]
        info.latest_version, info.latest_training_date = latest.version, latest.created_at
        info.latest_metrics = StrategyMetrics(
            accuracy=latest.test_accuracy,
            precision=latest.precision,
            recall=latest.recall,
            f1_score=latest.f1_score,
        )
    return info


def _summary(model: Model) -> ModelSummary:
    return ModelSummary(
        model_id=model.path,
        model_name=model.strategy,
        symbol=model.symbol,
        timeframe=model.timeframe,
        created_at=model.created_at,
        training_accuracy=model.training_accuracy,
        test_accuracy=model.test_accuracy,
    )


def _indicator(name: str) -> IndicatorMetadata:
    identity, title, kind, defaults = INDICATORS[name]
    numbers = [
        IndicatorParameter(name=each, type="int", description=each.replace("_", " "), default=default)
        for each, default in zip(PARAMETERS[name], defaults, strict=True)
    ]
    source = IndicatorParameter(name="source", type="str", description="price", default="close")
    return IndicatorMetadata(
        id=identity, name=title, description=title, type=kind, parameters=[*numbers, source], resources={}
    )
