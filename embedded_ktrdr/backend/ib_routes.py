"""/api/v1/ib: what the backend knows of the IB host and of its gateway (contract 7)."""

from datetime import datetime
from typing import Any

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel

from embedded_ktrdr.backend.ib_client import HostServiceError, IbHost
from embedded_ktrdr.envelope import ApiResponse


class ConnectionInfo(BaseModel):
    """Whether the gateway is connected, and where the host is asked."""

    connected: bool
    host: str
    port: int
    client_id: int = 0
    connection_time: datetime | None = None


class ConnectionMetrics(BaseModel):
    """Connections; KTRDR counts but the failure of this very request."""

    total_connections: int = 0
    failed_connections: int = 0
    last_connect_time: float | None = None
    last_disconnect_time: float | None = None
    uptime_seconds: float | None = None


class DataFetchMetrics(BaseModel):
    """Requests; as the connections."""

    total_requests: int = 0
    successful_requests: int = 0
    failed_requests: int = 0
    total_bars_fetched: int = 0
    success_rate: float = 0.0


class IbStatusResponse(BaseModel):
    """The state of the connection; `ib_available` says whether the host answers."""

    connection: ConnectionInfo
    connection_metrics: ConnectionMetrics
    data_metrics: DataFetchMetrics
    ib_available: bool


class IbHealthStatus(BaseModel):
    """Whether the host answers and its gateway is connected."""

    healthy: bool
    connection_ok: bool
    data_fetching_ok: bool
    last_successful_request: datetime | None = None
    error_message: str | None = None


class IbConfigInfo(BaseModel):
    """How KTRDR is configured to use IB."""

    host: str = "127.0.0.1"
    port: int = 4002
    client_id_range: dict[str, int] = {"min": 1, "max": 999}
    timeout: int = 30
    readonly: bool = True
    rate_limit: dict[str, Any] = {"max_requests": 60, "period_seconds": 600, "pacing_delay": 0.6}


def ib_router(host: IbHost) -> APIRouter:
    """The routes about IB."""
    router = APIRouter(prefix="/ib", tags=["IB"])
    address, port = host.url.rsplit(":", 1)

    @router.get("/status")
    async def get_ib_status() -> ApiResponse[IbStatusResponse]:
        available, connected = True, False
        try:
            connected = await host.gateway_connected()
        except (HostServiceError, TimeoutError):
            available = False
        status = IbStatusResponse(
            connection=ConnectionInfo(connected=connected, host=f"{address}:{port}", port=int(port)),
            connection_metrics=ConnectionMetrics(failed_connections=int(not available)),
            data_metrics=DataFetchMetrics(failed_requests=int(not available)),
            ib_available=available,
        )
        return ApiResponse(success=True, data=status)

    @router.get("/health")
    async def check_ib_health() -> ApiResponse[IbHealthStatus]:
        try:
            connected = await host.gateway_connected()
        except (HostServiceError, TimeoutError) as error:
            raise HTTPException(503, f"IB connection is unhealthy: {error}") from error
        health = IbHealthStatus(healthy=True, connection_ok=connected, data_fetching_ok=True)
        return ApiResponse(success=True, data=health)

    @router.get("/config")
    async def get_ib_config() -> ApiResponse[IbConfigInfo]:
        return ApiResponse(success=True, data=IbConfigInfo())

    return router
