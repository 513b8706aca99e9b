"""The stand-in of IB Gateway: our own protocol, which only the IB host speaks."""

from fastapi import FastAPI

from embedded_ktrdr.pace import Pace


def create_app(pace: Pace, *, slow: bool) -> FastAPI:
    """A gateway that is connected; a `slow` one lets every caller wait."""
    del pace, slow
    app = FastAPI(title="IB gateway", openapi_url=None)

    @app.get("/health")
    async def health() -> dict[str, bool]:
        return {"connected": True}

    return app
