"""The IB host (contract 6.1): what the IB gateway says, in KTRDR's form."""

import json
import logging
from datetime import datetime
from typing import Annotated, Any

from fastapi import FastAPI, Request
from pydantic import AfterValidator, BaseModel, BeforeValidator, ValidationInfo

from embedded_ktrdr.fields import Text, Timeframe
from embedded_ktrdr.hosts.gateway_link import GatewayError, GatewayLink
from embedded_ktrdr.moments import seconds_of, text_of
from embedded_ktrdr.operations import now
from embedded_ktrdr.pace import Pace

MAX_CONNECTIONS = 3

log = logging.getLogger("endpoints.data")


def _iso(value: object) -> object:
    # Numbers would pass as moments.
    if not isinstance(value, str):
        raise ValueError("Input should be a date in ISO form")
    return datetime.fromisoformat(value)


def _not_before_start(value: datetime, info: ValidationInfo) -> datetime:
    start = info.data.get("start")
    if start is not None and seconds_of(value) < seconds_of(start):
        raise ValueError("end is before start")
    return value


Moment = Annotated[datetime, BeforeValidator(_iso)]


class HistoricalDataRequest(BaseModel):
    """Body of POST /data/historical; moments without a zone are UTC."""

    symbol: Text
    timeframe: Timeframe
    start: Moment
    end: Annotated[Moment, AfterValidator(_not_before_start)]
    instrument_type: str | None = None


class ValidationRequest(BaseModel):
    """Body of POST /data/validate."""

    symbol: Text
    timeframes: list[str] | None = None


def create_app(gateway_url: str, pace: Pace) -> FastAPI:
    """An IB host that talks to the gateway at `gateway_url`."""
    # Two health routes differ in nothing but the slash at the end.
    app = FastAPI(
        title="IB Connector Host Service", version="1.0.0", redirect_slashes=False, strict_content_type=False
    )
    link = GatewayLink(gateway_url, pace)
    _add_health(app, link)
    _add_data(app, link)
    return app


def _add_health(app: FastAPI, link: GatewayLink) -> None:
    @app.get("/health/", tags=["health"])
    async def basic_health_check() -> dict[str, Any]:
        connected = await link.connected()
        return _healthy() | {
            "ib_status": {"connected": connected, "connection_count": int(connected)},
            "connection_info": {"service_running": True, "last_check": _timestamp()},
            "error": None,
        }

    @app.get("/health/detailed", tags=["health"])
    async def detailed_health_check() -> dict[str, Any]:
        connected = await link.connected()
        pool: dict[str, Any] = {"pool_initialized": connected}
        if connected:
            pool = {"total_connections": 1, "max_connections": MAX_CONNECTIONS} | pool
        return _healthy() | {
            "ib_gateway_connected": connected,
            "active_connections": int(connected),
            "total_requests": 0,  # nothing is counted, as in KTRDR
            "error_count": 0,
            "last_error": None,
            "uptime_seconds": 0.0,
            "connection_pool_status": pool,
        }

    @app.get("/")
    async def root() -> dict[str, str]:
        return {"service": app.title, "version": app.version, "status": "running", "timestamp": _timestamp()}

    @app.get("/health")
    async def health_check() -> dict[str, Any]:
        return _healthy() | {"status": "operational"}


def _add_data(app: FastAPI, link: GatewayLink) -> None:
    @app.post("/data/historical", tags=["data"])
    async def get_historical_data(request: HistoricalDataRequest, caller: Request) -> dict[str, Any]:
        symbol, timeframe = request.symbol, request.timeframe
        first, last = seconds_of(request.start), seconds_of(request.end)
        try:
            if request.instrument_type is None:
                found = await link.known(symbol, caller)
                if found is None:
                    return _bars(error=f"Symbol validation failed: Symbol {symbol} not found")
            bars = await link.bars(symbol, timeframe, first, last, caller)
        except GatewayError as error:
            log.error("Error fetching historical data: %s", error)
            return _bars(error=str(error))
        names = ("open", "high", "low", "close", "volume")
        rows = {
            f"{text_of(int(moment))}.000Z": dict(zip(names, values, strict=True)) for moment, *values in bars
        }
        data = json.dumps(rows, separators=(",", ":"))
        return _bars(data=data, rows=len(rows))

    @app.post("/data/validate", tags=["data"])
    async def validate_symbol(request: ValidationRequest, caller: Request) -> dict[str, Any]:
        answer: dict[str, Any] = dict.fromkeys(
            ("success", "is_valid", "error_message", "contract_info", "head_timestamps", "error")
        )
        try:
            found = await link.contract(request.symbol, caller)
        except GatewayError as error:
            log.error("Error validating symbol: %s", error)
            return answer | {"success": False, "error": str(error)}
        answer |= {"success": True, "is_valid": found is not None, "head_timestamps": {}}
        if found is None:
            return answer | {"error_message": f"Symbol {request.symbol} not found"}
        heads = dict.fromkeys(request.timeframes or [], found.head)
        return answer | {"contract_info": found.contract, "head_timestamps": heads}

    @app.get("/data/head-timestamp", tags=["data"])
    async def get_head_timestamp(
        symbol: str, timeframe: str, caller: Request, instrument_type: str | None = None
    ) -> dict[str, Any]:
        del timeframe, instrument_type  # the gateway knows
        try:
            found = await link.contract(symbol, caller)
        except GatewayError as error:
            return {"success": False, "timestamp": None, "error": str(error)}
        return {"success": True, "timestamp": found.head if found else None, "error": None}


def _bars(*, data: str | None = None, error: str | None = None, rows: int | None = None) -> dict[str, Any]:
    return {"success": error is None, "data": data, "error": error, "rows": rows}


def _healthy() -> dict[str, Any]:
    return {"healthy": True, "service": "ib-connector", "timestamp": _timestamp()}


def _timestamp() -> str:
    return now().replace(tzinfo=None).isoformat()
