"""/api/v1/ib: what the backend knows of the IB host and of its gateway (contract 7)."""

from typing import Any

from fastapi import APIRouter, HTTPException

from embedded_ktrdr.backend.ib_client import HostServiceError, IbHost
from embedded_ktrdr.errors import answer

CONFIG = {
    "host": "127.0.0.1",
    "port": 4002,
    "client_id_range": {"min": 1, "max": 999},
    "timeout": 30,
    "readonly": True,
    "rate_limit": {"max_requests": 60, "period_seconds": 600, "pacing_delay": 0.6},
}


def ib_router(host: IbHost) -> APIRouter:
    """The routes about IB."""
    router = APIRouter(prefix="/ib", tags=["IB"])

    @router.get("/status")
    async def get_ib_status() -> dict[str, Any]:
        available, connected = True, False
        try:
            connected = await host.gateway_connected()
        except (HostServiceError, TimeoutError):
            available = False
        # KTRDR counts nothing but the failure of this very request.
        failed = int(not available)
        return answer(
            {
                "connection": {
                    "connected": connected,
                    "host": host.url,
                    "port": int(host.url.rsplit(":")[-1]),
                    "client_id": 0,
                    "connection_time": None,
                },
                "connection_metrics": {"total_connections": 0, "failed_connections": failed}
                | dict.fromkeys(("last_connect_time", "last_disconnect_time", "uptime_seconds")),
                "data_metrics": dict.fromkeys(("total_requests", "successful_requests"), 0)
                | {"failed_requests": failed, "total_bars_fetched": 0, "success_rate": 0.0},
                "ib_available": available,
            }
        )

    @router.get("/health")
    async def check_ib_health() -> dict[str, Any]:
        try:
            connected = await host.gateway_connected()
        except (HostServiceError, TimeoutError) as error:
            raise HTTPException(503, f"IB connection is unhealthy: {error}") from error
        return answer(
            {
                "healthy": True,
                "connection_ok": connected,
                "data_fetching_ok": True,
                "last_successful_request": None,
                "error_message": None,
            }
        )

    @router.get("/config")
    async def get_ib_config() -> dict[str, Any]:
        return answer(CONFIG)

    return router
