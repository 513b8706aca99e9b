"""The IB host, and the gateway behind it."""

import json
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from .harness import Embedded, http, tell, until, url

SPEED = 40
DAYS = {"symbol": "EURUSD", "timeframe": "1d", "start": "2024-12-01T00:00:00", "end": "2024-12-05T23:59:59"}


@pytest.fixture(scope="module")
def own() -> Iterator[Embedded]:
    embedded = Embedded("--training-workers", "0", "--backtest-workers", "0", speed=SPEED)
    yield embedded
    embedded.stop()


def ask(own: Embedded, path: str, body: Any = None, **query: str) -> httpx.Response:
    where = f"{url(own, 'ib-host')}{path}"
    return http.get(where, params=query) if body is None else http.post(where, json=body)


def test_a_symbol_is_validated(own: Embedded) -> None:
    found = ask(own, "/data/validate", {"symbol": "EURUSD", "timeframes": ["1d"]}).json()
    assert found == {
        "success": True, "is_valid": True, "error_message": None, "error": None,
        "contract_info": {
            "symbol": "EUR", "asset_type": "CASH", "exchange": "IDEALPRO", "currency": "USD",
            "description": "EURUSD", "head_timestamp": None,
        },
        "head_timestamps": {"1d": "2005-03-14T00:00:00+00:00"},
    }  # fmt: skip
    stock = ask(own, "/data/validate", {"symbol": "AAPL", "timeframes": ["1h"]}).json()
    assert (stock["contract_info"]["asset_type"], list(stock["head_timestamps"])) == ("STK", ["1h"])


def test_an_unknown_symbol_is_told_everywhere(own: Embedded) -> None:
    found = ask(own, "/data/validate", {"symbol": "NOSUCH"}).json()
    assert (found["success"], found["is_valid"], found["contract_info"]) == (True, False, None)
    assert found["error_message"] == "Symbol NOSUCH not found"
    bars = ask(own, "/data/historical", DAYS | {"symbol": "NOSUCH"}).json()
    assert (bars["success"], bars["data"]) == (False, None)
    assert bars["error"] == "Symbol validation failed: Symbol NOSUCH not found"
    assert ask(own, "/data/head-timestamp", symbol="NOSUCH", timeframe="1h").json()["timestamp"] is None


def test_bars_come_as_a_text_of_json(own: Embedded) -> None:
    found = ask(own, "/data/historical", DAYS).json()
    assert (found["success"], found["error"], found["rows"]) == (True, None, 4)
    bars = json.loads(found["data"])
    assert list(bars) == [f"2024-12-0{day}T00:00:00.000Z" for day in (2, 3, 4, 5)]
    assert list(bars["2024-12-02T00:00:00.000Z"]) == ["open", "high", "low", "close", "volume"]
    cached = own.client.get("/data/EURUSD/1d?start_date=2024-12-02&end_date=2024-12-05").json()["data"][
        "ohlcv"
    ]
    assert [list(each.values()) for each in bars.values()] == cached


def test_there_are_no_bars_of_the_future(own: Embedded) -> None:
    ahead = DAYS | {"start": "2090-01-01", "end": "2090-02-01"}
    assert ask(own, "/data/historical", ahead).json()["rows"] == 0


def test_the_first_moment_is_told(own: Embedded) -> None:
    found = ask(own, "/data/head-timestamp", symbol="EURUSD", timeframe="1h").json()
    assert found == {"success": True, "timestamp": "2005-03-14T00:00:00+00:00", "error": None}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"symbol": None}, "symbol"),
        ({"symbol": "  "}, "symbol"),
        ({"symbol": 7}, "symbol"),
        ({"timeframe": "7x"}, "timeframe"),
        ({"timeframe": ""}, "timeframe"),
        ({"start": "soon"}, "start"),
        ({"start": 5}, "start"),
        ({"end": "17000"}, "end"),
        ({"end": "2023-01-01"}, "end"),
    ],
)
def test_a_bad_request_is_refused_by_name(own: Embedded, change: dict[str, Any], field: str) -> None:
    answer = ask(own, "/data/historical", DAYS | change)
    assert answer.status_code == 422
    assert [each["loc"] for each in answer.json()["detail"]] == [["body", field]]


def test_nonsense_is_refused(own: Embedded) -> None:
    for content in (b"nonsense", b"[]", b"7", b""):
        assert http.post(f"{url(own, 'ib-host')}/data/historical", content=content).status_code == 422
    missing = ask(own, "/data/historical", {}).json()["detail"]
    assert [each["loc"][1] for each in missing] == ["symbol", "timeframe", "start", "end"]


def state(own: Embedded) -> tuple[bool, bool, bool, bool]:
    basic, detailed = ask(own, "/health/").json(), ask(own, "/health/detailed").json()
    assert basic["healthy"] is detailed["healthy"] is True
    status = own.client.get("/ib/status").json()["data"]
    # A busy machine may take longer to answer than the backend waits for the host; then it is asked again.
    health = until(lambda: (found := own.client.get("/ib/health")).status_code == 200 and found).json()[
        "data"
    ]
    return (
        basic["ib_status"]["connected"],
        detailed["ib_gateway_connected"],
        status["connection"]["connected"],
        health["connection_ok"],
    )


@pytest.mark.parametrize(("verb", "back"), [("stop", "start"), ("pause", "resume")])
def test_the_state_of_the_gateway_is_told(own: Embedded, verb: str, back: str) -> None:
    until(lambda: all(state(own)))
    tell(own, f"{verb} ib-gateway")
    assert not any(state(own))
    assert ask(own, "/health").json()["status"] == "operational"
    tell(own, f"{back} ib-gateway")
    until(lambda: all(state(own)))


def test_without_its_gateway_it_waits_and_goes_on_when_that_is_back(own: Embedded) -> None:
    tell(own, "stop ib-gateway")
    with pytest.raises(httpx.TimeoutException):
        http.post(f"{url(own, 'ib-host')}/data/validate", json={"symbol": "EURUSD"}, timeout=0.5)
    tell(own, "start ib-gateway")
    assert ask(own, "/data/validate", {"symbol": "EURUSD"}).json()["is_valid"] is True


def test_it_gives_up_in_the_end() -> None:
    embedded = Embedded(
        "--training-workers", "0", "--backtest-workers", "0", "--gateway", "disconnected", speed=400
    )
    found = http.post(f"{url(embedded, 'ib-host')}/data/validate", json={"symbol": "EURUSD"}).json()
    assert (found["success"], found["is_valid"]) == (False, None)
    assert "IB Gateway is not connected" in found["error"]
    embedded.stop()


def test_a_slow_gateway_takes_seconds() -> None:
    embedded = Embedded(
        "--training-workers", "0", "--backtest-workers", "0", "--gateway", "slow", speed=SPEED
    )
    began = time.monotonic()
    assert ask(embedded, "/data/validate", {"symbol": "EURUSD"}).json()["is_valid"] is True
    assert (time.monotonic() - began) * SPEED > 4
    until(lambda: ask(embedded, "/health/").json()["ib_status"]["connected"] is True)
    embedded.stop()


def test_without_the_host_the_backend_says_so(own: Embedded) -> None:
    until(lambda: own.client.get("/ib/status").json()["data"]["ib_available"] is True)
    tell(own, "stop ib-host")
    status = own.client.get("/ib/status").json()["data"]
    assert (status["ib_available"], status["connection"]["connected"]) == (False, False)
    refused = own.client.get("/ib/health")
    assert refused.status_code == 503
    assert "HTTP error for GET /health/" in refused.json()["detail"]
    tell(own, "start ib-host")
    until(lambda: own.client.get("/ib/health").status_code == 200)
    assert own.client.get("/ib/config").json()["data"]["port"] == 4002
