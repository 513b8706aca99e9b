"""Which service is behind a recorded port, and which route behind a path."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

BACKEND = "backend"
IB_HOST = "ib-host"
TRAINING_HOST = "training-host"
TRAINING_WORKER = "training-worker"
GPU_WORKER = "gpu-worker"
"""The GPU training host of `seed` as the backend's worker: here the training worker in its place."""
BACKTEST_WORKER = "backtest-worker"

SERVICES = {
    "seed": {8000: BACKEND, 5001: IB_HOST, 5002: TRAINING_HOST, 5003: BACKTEST_WORKER},
    "seed-tw5002": {8000: BACKEND, 5001: IB_HOST, 5002: TRAINING_WORKER, 5003: BACKTEST_WORKER},
}
"""Which port is which service."""

OPENAPI_DOCUMENTS = {
    BACKEND: ("openapi.backend.json", "/api/v1/openapi.json"),
    IB_HOST: ("openapi.ib-host.json", "/openapi.json"),
    TRAINING_HOST: ("openapi.training-host.json", "/openapi.json"),
    TRAINING_WORKER: ("openapi.training-host.json", "/openapi.json"),
    BACKTEST_WORKER: ("openapi.backtest-worker.json", "/openapi.json"),
}
"""Service -> the file of its recorded document, and its path."""

OPERATION_LISTS = "/api/v1/operations"

TEMPLATES = (
    (r"^(/api/v1/operations)/[^/]+", r"\1/{operation_id}"),
    (r"^(/api/v1/trainings)/(?!(start|stop)$)[^/]+", r"\1/{task_id}"),
    (r"^(/api/v1/strategies/validate)/[^/]+", r"\1/{strategy_name}"),
    (r"^(/api/v1/data)/(?!acquire/)[^/]+/[^/]+", r"\1/{symbol}/{timeframe}"),
    (r"^(/training/(status|result|sessions))/[^/]+", r"\1/{session_id}"),
)

OF_SESSIONS = re.compile(r"^/training/(result|sessions|status)")
"""The routes that only a training host has."""

DIRECT = ("00_", "T2.1_")
"""Recordings that speak to the training host itself, not to the worker of the backend."""


def route_template(path: str) -> str:
    """The route behind a path: `/api/v1/operations/{operation_id}/results`."""
    route = urlsplit(path).path
    for pattern, template in TEMPLATES:
        route = re.sub(pattern, template, route)
    return route


def service_of(generation: str, recording: str, url: str) -> str:
    """The service behind a recorded URL; the training host of `seed` has two roles."""
    service = SERVICES[generation][urlsplit(url).port or 0]
    if service != TRAINING_HOST or recording.startswith(DIRECT) or OF_SESSIONS.match(urlsplit(url).path):
        return service
    return GPU_WORKER
