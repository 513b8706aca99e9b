"""What the answers of the IB host, the training host and the workers promise beyond operations."""

from __future__ import annotations

from typing import Any, Literal

from ktrdr_acceptance.api.promised import Count, Moment, Promise, Text


class HostHealth(Promise):
    """`GET /health` of a host or a worker of generation N."""

    healthy: bool
    service: Text
    timestamp: Moment
    status: Text


class WorkerHealth(HostHealth):
    """`GET /health` of a worker."""

    worker_status: Literal["idle", "busy"]
    current_operation: str | None


class GatewayHealth(Promise):
    """`GET /health/detailed` of the IB host."""

    healthy: bool
    service: Text
    timestamp: Moment
    ib_gateway_connected: bool
    active_connections: Count
    total_requests: Count
    error_count: Count
    last_error: str | None
    uptime_seconds: float
    connection_pool_status: dict[str, Any]


class IbBars(Promise):
    """`POST /data/historical`: the bars are a text; what went wrong is told with `success: false`."""

    success: bool
    data: str | None
    error: str | None
    rows: Count | None


class IbSymbol(Promise):
    """`POST /data/validate`."""

    success: bool
    is_valid: bool
    error_message: str | None
    contract_info: dict[str, Any] | None
    head_timestamps: dict[str, Any] | None
    error: str | None


class Sessions(Promise):
    """`GET /training/sessions`."""

    total_sessions: Count
    sessions: list[dict[str, Any]]
    timestamp: Moment


class SessionResult(Promise):
    """`GET /training/result/{session_id}`."""

    session_id: Text
    status: Text
    start_time: Text
    last_updated: Text
    model_path: str | None
    training_metrics: dict[str, Any] | None
    test_metrics: dict[str, Any] | None
