"""The IB host's routes; its data routes answer 200 with `success: false` for what went wrong at IB."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from ktrdr_acceptance.api.bars import Bars, bars_of_records
from ktrdr_acceptance.api.http import Answer, ServiceClient
from ktrdr_acceptance.api.models import Body, ContractBreach, accepted, read

# IB paces what it delivers: a month of hourly bars was recorded to take from 1 s to 90 s.
BARS_WITHIN = 100.0
_SYMBOL_WITHIN = 30.0


class GatewayHealth(Body):
    """`GET /health/detailed` of the IB host."""

    healthy: bool
    ib_gateway_connected: bool


class SymbolCheck(Body):
    """What IB says about a symbol."""

    is_valid: bool
    error_message: str | None = None
    contract_info: dict[str, Any] | None = None


class IbHost:
    """Client of the IB host."""

    def __init__(self, http: ServiceClient) -> None:
        self._http = http
        self.name = http.name
        self.base_url = http.base_url

    def health_answer(self) -> Answer:
        """Ask for the health."""
        return self._http.request("GET", "/health")

    def gateway_health(self) -> GatewayHealth:
        """Return what the IB host knows of its gateway."""
        return read(GatewayHealth, self._http.request("GET", "/health/detailed"))

    def check_symbol(self, symbol: str) -> SymbolCheck:
        """Return what IB says about a symbol."""
        answer = self._http.request(
            "POST", "/data/validate", body={"symbol": symbol}, timeout_s=_SYMBOL_WITHIN
        )
        return read(SymbolCheck, answer)

    def historical_answer(self, payload: Any, within: float = 0.0) -> Answer:
        """Ask for bars with a body of any shape."""
        return self._http.request("POST", "/data/historical", body=payload, timeout_s=within)

    def historical(
        self, symbol: str, timeframe: str, start: datetime, end: datetime, within: float = BARS_WITHIN
    ) -> Bars:
        """Return bars straight from IB; they arrive as a text that holds an object by time."""
        payload = {
            "symbol": symbol,
            "timeframe": timeframe,
            "start": start.isoformat(),
            "end": end.isoformat(),
        }
        answer = self.historical_answer(payload, within)
        body = accepted(answer)
        text: Any = body.get("data") if isinstance(body, dict) else None
        try:
            records = json.loads(text)
        except (TypeError, ValueError):
            raise ContractBreach(f"{self.name} answered {answer.request} without bars: {text!r}") from None
        return bars_of_records(records, answer, timeframe)
