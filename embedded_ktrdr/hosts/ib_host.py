"""The IB host (contract 6.1)."""

from typing import Any

from fastapi import FastAPI

from embedded_ktrdr.operations import now
from embedded_ktrdr.pace import Pace


def create_app(gateway_url: str, pace: Pace) -> FastAPI:
    """An IB host that talks to the gateway at `gateway_url`."""
    del gateway_url, pace
    app = FastAPI(title="IB Connector Host Service", version="1.0.0")

    @app.get("/health")
    async def basic_health() -> dict[str, Any]:
        return {
            "healthy": True,
            "service": "ib-connector",
            "timestamp": now().replace(tzinfo=None).isoformat(),
            "status": "operational",
        }

    return app
