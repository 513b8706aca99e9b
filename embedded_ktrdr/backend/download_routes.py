"""/api/v1/data/acquire (contract 4.2)."""

from typing import Any

from fastapi import APIRouter

from embedded_ktrdr.backend.downloads import DataLoadRequest, Downloads


def download_router(downloads: Downloads) -> APIRouter:
    """The route that starts downloads."""
    router = APIRouter(prefix="/data/acquire", tags=["Data Acquisition"])

    @router.post("/download")
    async def download_data_acquire(request: DataLoadRequest) -> dict[str, Any]:
        operation = downloads.start(request)
        return {
            "success": True,
            "operation_id": operation.operation_id,
            "status": "started",
            "message": f"Started {request.mode} download for {request.symbol} {request.timeframe}",
        }

    return router
