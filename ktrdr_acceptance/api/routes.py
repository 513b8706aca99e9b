"""The routes that the suite asks for, by service and generation, and what their answers promise."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Any

from ktrdr_acceptance.api import promised as p
from ktrdr_acceptance.api import promised_by_hosts as h
from ktrdr_acceptance.api import promised_data as d
from ktrdr_acceptance.api.generations import Generation

_EVERY = frozenset(Generation)
_WITH_WORKERS = frozenset({Generation.S, Generation.H})
_WITHOUT = _EVERY - _WITH_WORKERS
_BACKEND, _IB_HOST, _TRAINING_HOST, _WORKER = "backend", "ib-host", "training-host", "worker"
_PLACES = frozenset({_BACKEND, _IB_HOST, _TRAINING_HOST})


@dataclass(frozen=True)
class Route:
    """One route of one kind of service, and what a 200 promises there."""

    place: str
    method: str
    template: str
    promise: Any
    generations: frozenset[Generation] = _EVERY


def _operations(place: str, generations: frozenset[Generation]) -> tuple[Route, ...]:
    """Return the routes of the copies that a worker or host keeps."""
    return (
        Route(place, "GET", "/api/v1/operations", p.Page, generations),
        Route(place, "GET", "/api/v1/operations/{operation_id}", p.OneOperation, generations),
        Route(place, "DELETE", "/api/v1/operations/{operation_id}/cancel", p.WorkerCancel, generations),
    )


# In this order: a fixed path goes before one with a name in its place.
ROUTES = (
    Route(_BACKEND, "GET", "/api/v1/health", p.BackendHealth),
    Route(_BACKEND, "GET", "/api/v1/openapi.json", p.OpenApi),
    Route(_BACKEND, "GET", "/api/v1/operations", p.Page),
    Route(_BACKEND, "GET", "/api/v1/operations/{operation_id}", p.OneOperation),
    Route(_BACKEND, "DELETE", "/api/v1/operations/{operation_id}", p.OneCancel),
    Route(_BACKEND, "POST", "/api/v1/operations/{operation_id}/retry", p.OneOperation),
    Route(_BACKEND, "GET", "/api/v1/operations/{operation_id}/results", p.Results),
    Route(_BACKEND, "GET", "/api/v1/operations/{operation_id}/metrics", p.Metrics),
    Route(_BACKEND, "POST", "/api/v1/trainings/start", p.TrainingStarted),
    Route(_BACKEND, "POST", "/api/v1/backtests/start", p.BacktestStarted, _EVERY - {Generation.O}),
    Route(_BACKEND, "POST", "/api/v1/data/acquire/download", p.Started, _EVERY - {Generation.O}),
    Route(_BACKEND, "POST", "/api/v1/data/range", d.RangeRead),
    Route(_BACKEND, "GET", "/api/v1/data/info", d.InventoryRead),
    Route(_BACKEND, "GET", "/api/v1/data/{symbol}/{timeframe}", d.BarsRead),
    Route(_BACKEND, "GET", "/api/v1/workers", list[p.Worker], _WITH_WORKERS),
    Route(_BACKEND, "POST", "/api/v1/workers/register", p.Worker, _WITH_WORKERS),
    Route(_BACKEND, "GET", "/api/v1/strategies/", d.Strategies),
    Route(_BACKEND, "POST", "/api/v1/strategies/validate/{strategy_name}", d.Validation),
    Route(_IB_HOST, "GET", "/health", h.HostHealth),
    Route(_IB_HOST, "GET", "/health/detailed", h.GatewayHealth),
    Route(_IB_HOST, "POST", "/data/historical", h.IbBars),
    Route(_IB_HOST, "POST", "/data/validate", h.IbSymbol),
    *_operations(_WORKER, _WITH_WORKERS),
    Route(_WORKER, "GET", "/health", h.WorkerHealth, _WITH_WORKERS),
    Route(_WORKER, "GET", "/health", h.HostHealth, _WITHOUT),
    # A training host that has registered is a worker too.
    Route(_WORKER, "POST", "/training/start", p.WorkStarted | p.SessionOperationStarted),
    Route(_WORKER, "POST", "/backtests/start", p.WorkStarted, _WITH_WORKERS),
    Route(_WORKER, "POST", "/backtests/start", p.BacktestStarted, _WITHOUT),
    *_operations(_TRAINING_HOST, _EVERY),
    Route(_TRAINING_HOST, "GET", "/health", h.WorkerHealth, _WITH_WORKERS),
    Route(_TRAINING_HOST, "GET", "/health", h.HostHealth, _WITHOUT),
    Route(_TRAINING_HOST, "POST", "/training/start", p.SessionOperationStarted, _WITH_WORKERS),
    Route(_TRAINING_HOST, "POST", "/training/start", p.SessionStarted, _WITHOUT),
    Route(_TRAINING_HOST, "GET", "/training/sessions", h.Sessions),
    Route(_TRAINING_HOST, "GET", "/training/result/{session_id}", h.SessionResult),
)


def promise_of(service: str, method: str, path: str, generation: Generation) -> tuple[str, str, Any]:
    """Return the kind of service, the template of the route, and its promise (None if it has none)."""
    place = service if service in _PLACES else _WORKER
    for pattern, route in _routes(place, method, generation):
        if pattern.fullmatch(path):
            return place, route.template, route.promise
    return place, path, None


@cache
def _routes(place: str, method: str, generation: Generation) -> list[tuple[re.Pattern[str], Route]]:
    return [
        (re.compile(re.sub(r"\{\w+\}", "[^/]+", route.template)), route)
        for route in ROUTES
        if (route.place, route.method) == (place, method) and generation in route.generations
    ]
