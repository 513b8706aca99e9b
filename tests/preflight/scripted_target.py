"""A target whose services answer as a script says, and its inspection."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any, cast

from driver.fake_clock import FakeClock
from driver.scripted_world import Asked, Net, NetClient, Script, ScriptedTarget

from ktrdr_acceptance.api.http import Answer, ServiceClient
from ktrdr_acceptance.evidence.log_files import LogFile
from ktrdr_acceptance.faults import EnvironmentFault
from ktrdr_acceptance.operations.waiting import Clock
from ktrdr_acceptance.preflight.check import Check
from ktrdr_acceptance.preflight.cures import inspect_and_cure
from ktrdr_acceptance.preflight.inspection import Inspection
from ktrdr_acceptance.settings import Settings
from ktrdr_acceptance.target.base import Endpoints

WORKERS = [
    {"worker_id": "t1", "worker_type": "training", "endpoint_url": "http://t1:1", "status": "available"},
    {"worker_id": "b1", "worker_type": "backtesting", "endpoint_url": "http://b1:1", "status": "available"},
]
WELL = {"healthy": True, "status": "operational", "worker_status": "idle"}
OPERATION = "op_training_20261122_085428_2cef1013"


def cached(body: Any, _query: Any) -> tuple[int, Any]:
    """Answer as a backend that has all bars of all series."""
    told = {**body, "start_date": "2007-01-01T00:00:00Z", "end_date": "2025-12-31T00:00:00Z"}
    return 200, {"success": True, "data": {**told, "point_count": 1000}}


def listed(*ids: str, status: str = "running") -> tuple[int, Any]:
    """Answer with a list of operations."""
    rows = [
        {
            "operation_id": one,
            "operation_type": "training",
            "status": status,
            "created_at": "2026-11-22T08:54:28Z",
        }
        for one in ids
    ]
    return 200, {"success": True, "data": rows, "total_count": len(rows), "active_count": len(rows)}


def shown(status: str = "running", operation_id: str = OPERATION) -> tuple[int, Any]:
    """Answer with one operation."""
    told = {
        "operation_id": operation_id,
        "operation_type": "training",
        "status": status,
        "created_at": "2026-11-22T08:54:28Z",
        "progress": {"percentage": 10.0, "items_processed": 1},
    }
    return 200, {"success": True, "data": told}


def silent(
    name: str = "backend", request: str = "GET /api/v1/health", why: str = "connection refused"
) -> Exception:
    """Return what the client raises when a service gives no answer."""
    return EnvironmentFault(f"{name} at http://{name}:1 gave no answer to {request}: {why}")


HEALTHY: dict[str, Script] = {
    "backend GET /api/v1/health": (200, {"status": "ok", "version": "1.0.7.2"}),
    "backend GET /api/v1/openapi.json": (200, {"paths": {"/api/v1/workers": {}}}),
    "backend GET /api/v1/workers": (200, WORKERS),
    "backend POST /api/v1/data/range": cached,
    "backend GET /api/v1/operations": listed(),
    **{
        f"backend POST /api/v1/strategies/validate/{name}": (
            200,
            {"success": True, "valid": True, "issues": []},
        )
        for name in ("test_e2e_local_pull", "neuro_mean_reversion", "universal_zero_shot_model")
    },
    **{f"{name} GET /health": (200, WELL) for name in ("t1", "b1", "ib-host", "training-host")},
    "ib-host GET /health/detailed": (200, {"healthy": True, "ib_gateway_connected": True}),
}


@dataclass
class TimedNet(Net):
    """Services that tell the time; `ahead_s` by service, None where one does not tell it."""

    ahead_s: dict[str, float | None] = field(default_factory=dict)
    open: list[str] = field(default_factory=list)

    def reply(self, asked: Asked) -> Answer:
        answer = super().reply(asked)
        ahead = self.ahead_s.get(asked.service, 0.0)
        if ahead is None:
            return answer
        return replace(
            answer, date=format_datetime(datetime.now(UTC) + timedelta(seconds=ahead), usegmt=True)
        )


class OpenClient(NetClient):
    """A connection that is open until it is closed."""

    def __init__(self, net: TimedNet, name: str, base_url: str) -> None:
        super().__init__(net, name, base_url)
        self._open = net.open
        self._open.append(name)

    def close(self) -> None:
        self._open.remove(self.name)


@dataclass
class Inspected:
    """What an inspection found, and what was asked on the way."""

    found: Inspection
    net: TimedNet

    def check(self, name: str) -> Check:
        """Return the check of that name."""
        (check,) = (check for check in self.found.preflight.checks if check.name == name)
        return check

    @property
    def names(self) -> list[str]:
        """The names of all checks."""
        return [check.name for check in self.found.preflight.checks]


def inspected(
    changes: dict[str, Script] | None = None,
    *,
    ahead_s: dict[str, float | None] | None = None,
    at: ScriptedTarget | None = None,
    clock: Clock | None = None,
    left_over: tuple[str, ...] = (),
    logs: dict[str, LogFile] | None = None,
    **settings: Any,
) -> Inspected:
    """Inspect a healthy KTRDR with some of its answers changed."""
    net = TimedNet({**HEALTHY, **(changes or {})}, ahead_s=ahead_s or {})
    made = at or ScriptedTarget()
    if logs is not None:
        made.endpoints = replace(made.endpoints, logs=logs)

    def connect(name: str, url: str, _within: float) -> ServiceClient:
        return cast(ServiceClient, OpenClient(net, name, url))

    told = Settings.load({"target": "services", **settings}, {}, {})
    found = inspect_and_cure(made, told, clock or FakeClock(), left_over=left_over, connect=connect)
    return Inspected(found, net)


def addressing(url: str) -> ScriptedTarget:
    """Return a target whose backend is at `url`."""
    target = ScriptedTarget()
    target.endpoints = Endpoints(
        url, "setting backend_url", 0.0, 20.0, other_services=target.endpoints.other_services
    )
    return target
