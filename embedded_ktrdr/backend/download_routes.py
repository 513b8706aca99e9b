"""/api/v1/data/acquire (contract 4.2)."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter
from pydantic import AfterValidator, BaseModel

from embedded_ktrdr.backend.data_routes import TIMEFRAMES
from embedded_ktrdr.backend.downloads import DownloadOrder, Downloads
from embedded_ktrdr.fields import EndDate, IsoDate, Text


def _known(value: str) -> str:
    known = [each["id"] for each in TIMEFRAMES]
    if value not in known:
        raise ValueError(f"Timeframe must be one of {known}")
    return value


class DataFilters(BaseModel):
    """Accepted and not used, as in KTRDR."""

    trading_hours_only: bool = False
    include_extended: bool = False


class DataLoadRequest(BaseModel):
    """Body of POST /data/acquire/download."""

    symbol: Text
    timeframe: Annotated[Text, AfterValidator(_known)]
    mode: Literal["tail", "backfill", "full"] = "tail"
    start_date: IsoDate | None = None
    end_date: EndDate | None = None
    filters: DataFilters | None = None


def download_router(downloads: Downloads) -> APIRouter:
    """The route that starts downloads."""
    router = APIRouter(prefix="/data/acquire", tags=["Data Acquisition"])

    @router.post("/download")
    async def download_data_acquire(request: DataLoadRequest) -> dict[str, Any]:
        order = DownloadOrder.model_validate(request.model_dump(exclude={"filters"}))
        operation = downloads.start(order)
        return {
            "success": True,
            "operation_id": operation.operation_id,
            "status": "started",
            "message": f"Started {order.mode.value} download for {order.symbol} {order.timeframe}",
        }

    return router
