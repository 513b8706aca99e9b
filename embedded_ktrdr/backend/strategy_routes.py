"""/api/v1/strategies, /models and /indicators (contract 3.4 and 7)."""

import asyncio
from typing import Any

from fastapi import APIRouter, HTTPException

from embedded_ktrdr.models import Model, Models
from embedded_ktrdr.strategies import PARAMETERS, STRATEGIES, Strategy

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


def strategy_router(models: Models) -> APIRouter:
    """The routes of strategies, of the models trained from them and of the indicators in them."""
    router = APIRouter()

    @router.get("/strategies/", tags=["Strategies"])
    async def list_strategies() -> dict[str, Any]:
        trained = await asyncio.to_thread(models.all)
        return {"success": True, "strategies": [_row(each, trained) for each in STRATEGIES.values()]}

    @router.post("/strategies/validate/{strategy_name}", tags=["Strategies"])
    async def validate_strategy(strategy_name: str) -> dict[str, Any]:
        if strategy_name not in STRATEGIES:
            raise HTTPException(404, f"Strategy file not found: {strategy_name}.yaml")
        issues = STRATEGIES[strategy_name].issues()
        errors = sum(each["severity"] == "error" for each in issues)
        warnings = len(issues) - errors
        outcome = f"has {errors} error(s)" if errors else "is valid"
        if warnings:
            outcome += f" and {warnings} warning(s)" if errors else f" with {warnings} warning(s)"
        return {
            "success": True,
            "valid": not errors,
            "strategy_name": strategy_name,
            "issues": issues,
            "available_indicators": sorted(INDICATORS),
            "message": f"Strategy '{strategy_name}' {outcome}",
        }

    @router.get("/models", tags=["Models"])
    async def list_models() -> dict[str, Any]:
        trained = await asyncio.to_thread(models.all)
        return {"success": True, "models": [_model(each) for each in trained]}

    @router.get("/indicators/", tags=["Indicators"])
    async def list_indicators() -> dict[str, Any]:
        return {"success": True, "data": [_indicator(each) for each in INDICATORS], "error": None}

    return router


def _row(strategy: Strategy, trained: list[Model]) -> dict[str, Any]:
    mine = [each for each in trained if each.strategy == strategy.name]
    latest = mine[0] if mine else None
    metrics = latest and {
        "accuracy": latest.test_accuracy,
        "precision": latest.precision,
        "recall": latest.recall,
        "f1_score": latest.f1_score,
    }
    return {
        "name": strategy.name,
        "description": strategy.description,
        "symbol": "",
        "timeframe": "",
        "indicators": strategy.indicator_list(),
        "fuzzy_config": strategy.fuzzy_config(),
        "training_status": "trained" if mine else "untrained",
        "available_versions": sorted({each.version for each in mine}),
        "latest_version": latest and latest.version,
        "latest_training_date": latest and latest.created_at,
        "latest_metrics": metrics,
    }


def _model(model: Model) -> dict[str, Any]:
    return {
        "model_id": model.path,
        "model_name": model.strategy,
        "symbol": model.symbol,
        "timeframe": model.timeframe,
        "created_at": model.created_at,
        "training_accuracy": model.training_accuracy,
        "test_accuracy": model.test_accuracy,
        "description": "",
    }


def _indicator(name: str) -> dict[str, Any]:
    identity, title, kind, defaults = INDICATORS[name]
    numbers = zip(PARAMETERS[name], defaults, strict=True)
    parameters = [*((each, "int", default) for each, default in numbers), ("source", "str", "close")]
    unlimited = {"min_value": None, "max_value": None, "options": None}
    return {
        "id": identity,
        "name": title,
        "description": title,
        "type": kind,
        "parameters": [
            {"name": each, "type": type_, "description": each, "default": default, **unlimited}
            for each, type_, default in parameters
        ],
        "resources": {},
    }
