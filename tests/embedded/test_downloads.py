"""Downloads, through the IB host and the stand-in of its gateway."""

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from machine import idle_s

from .harness import Embedded, tell, until

FEW = ("--training-workers", "0", "--backtest-workers", "0")
SPEED = 40
YEAR = {"start_date": "2024-01-01", "end_date": "2024-12-31"}
STOCK = {"symbol": "AAPL", "timeframe": "1d", "mode": "tail", **YEAR}
HOURLY = {"symbol": "AUDUSD", "timeframe": "1h", "mode": "tail", **YEAR}
LONG = {
    "symbol": "MSFT",
    "timeframe": "5m",
    "mode": "full",
    "start_date": "2016-01-01",
    "end_date": "2024-12-31",
}


@pytest.fixture(scope="module")
def own() -> Iterator[Embedded]:
    embedded = Embedded(*FEW, speed=SPEED)
    yield embedded
    embedded.stop()


@pytest.fixture(autouse=True)
def _empty_cache(own: Embedded) -> None:
    for each in Path(own.ready["data_dir"]).iterdir():
        each.unlink()


def ask(own: Embedded, body: Any) -> httpx.Response:
    return own.client.post("/data/acquire/download", json=body)


def download(own: Embedded, body: dict[str, Any]) -> str:
    answer = ask(own, body)
    assert answer.status_code == 200, answer.text
    mode = body.get("mode", "tail")
    assert (answer.json()["success"], answer.json()["status"]) == (True, "started")
    assert answer.json()["message"] == f"Started {mode} download for {body['symbol']} {body['timeframe']}"
    return str(answer.json()["operation_id"])


def ended(own: Embedded, operation_id: str) -> dict[str, Any]:
    return own.ended(operation_id)


def fetched(own: Embedded, symbol: str = "") -> int:
    """How many segments of symbols that begin like this the gateway has ever been asked for."""
    return own.log("ib-gateway").count(f"GET /bars?symbol={symbol}")


def cached(own: Embedded, symbol: str, timeframe: str) -> int:
    return len(own.client.get(f"/data/{symbol}/{timeframe}").json()["data"]["dates"])


def test_a_download_fetches_what_is_missing_and_saves_it(own: Embedded) -> None:
    operation = ended(own, download(own, STOCK))
    operation_id = operation["operation_id"]
    assert re.fullmatch(r"op_data_load_\d{8}_\d{6}_[0-9a-f]{8}", operation_id)
    assert (operation["status"], operation["error_message"], operation["warnings"]) == ("completed", None, [])
    assert operation["result_summary"] == {
        "symbol": "AAPL", "timeframe": "1d", "rows_downloaded": 253, "cache_hit": False, "gaps_filled": 1,
        "mode": "tail",
    }  # fmt: skip
    assert operation["metadata"] == {
        "symbol": "AAPL", "timeframe": "1d", "mode": "tail",
        "start_date": "2024-01-01T00:00:00", "end_date": "2024-12-31T00:00:00",
        "parameters": {"operation_name": "Download AAPL 1d (tail mode)", "service_name": "Data/Acquisition"},
    }  # fmt: skip
    progress = operation["progress"]
    text = "⚡ Merging and saving AAPL 1d data: 💾 Saved 253 bars to CSV (1/1) (253 items)"
    assert (progress["percentage"], progress["current_step"], progress["items_processed"]) == (
        100.0,
        text,
        253,
    )
    assert (progress["steps_completed"], progress["steps_total"]) == (7, 7)
    assert progress["context"]["step_progress_detail"] == {
        "current": 1, "total": 1, "percentage": 100.0, "range_start": 90.0, "range_end": 100.0,
    }  # fmt: skip
    assert cached(own, "AAPL", "1d") == 253
    results = own.client.get(f"/operations/{operation_id}/results").json()
    assert results["results"] == operation["result_summary"]
    log = own.log("backend")
    assert "Saving 253 rows to cache: AAPL 1d" in log
    assert f"Successfully saved data to cache: {own.ready['data_dir']}/AAPL_1d.csv" in log
    assert f"Completed operation: {operation_id}" in log


def test_what_is_cached_is_not_fetched_again(own: Embedded) -> None:
    ended(own, download(own, STOCK))
    asked = fetched(own)
    assert asked
    for body in (STOCK, STOCK | {"mode": "full"}, STOCK | {"symbol": "EURUSD", "timeframe": "1h"}):
        operation = ended(own, download(own, body))
        assert operation["result_summary"] == {
            "symbol": body["symbol"], "timeframe": body["timeframe"], "rows_downloaded": 0,
            "cache_hit": True, "gaps_filled": 0,
        }  # fmt: skip
        assert operation["progress"]["percentage"] == 100.0
        shown = operation["progress"]["current_step"]
        assert shown == f"⚡ Operation Download {body['symbol']} {body['timeframe']} [7/7]"
    assert fetched(own) == asked
    assert "No gaps to fill, using cached data" in own.log("backend")


def test_progress_rises_segment_by_segment() -> None:
    # 13 s, to be looked at ten times on a busy machine too.
    own = Embedded(*FEW, speed=2)
    operation_id = download(own, HOURLY)
    seen: list[dict[str, Any]] = []
    while (operation := own.operation(operation_id))["status"] == "running":
        seen.append(operation["progress"])
        time.sleep(0.01)
    percentages = [each["percentage"] for each in seen]
    assert percentages == sorted(percentages)
    assert len(set(percentages)) >= 10
    segments = [each["current_step"] for each in seen if ": Segment " in each["current_step"]]
    assert any(re.fullmatch(
        r"⚡ Downloading 13 segments from IB: Segment (\d+)/13: 2024-\d\d-\d\d 00:00 to 2024-\d\d-\d\d 00:00 "
        r"\(\1/13\)( \(\d+ items\))?", each,
    ) for each in segments)  # fmt: skip
    # The newest first.
    assert "Segment 1/13: 2024-12-26 00:00 to 2024-12-31 00:00" in own.log("backend")
    assert operation["result_summary"]["rows_downloaded"] == cached(own, "AUDUSD", "1h") == 6265
    own.stop()


def test_the_oldest_comes_first_in_mode_full(own: Embedded) -> None:
    ended(own, download(own, HOURLY | {"mode": "full", "end_date": "2024-02-15"}))
    assert "Segment 1/2: 2024-01-01 00:00 to 2024-01-31 00:00" in own.log("backend")


def test_a_download_never_loses_cached_bars(own: Embedded) -> None:
    path = Path(own.ready["data_dir"]) / "AAPL_1d.csv"
    kept = ["2020-01-02T00:00:00Z,1.1,1.2,1.0,1.15,7", "2025-03-03T00:00:00Z,1.1,1.2,1.0,1.15,7"]
    path.write_text("\n".join(["date,open,high,low,close,volume", *kept]) + "\n")
    operation = ended(own, download(own, STOCK))
    assert operation["result_summary"]["rows_downloaded"] == 253
    data = own.client.get("/data/AAPL/1d").json()["data"]
    assert len(data["dates"]) == 255
    assert (data["dates"][0], data["dates"][-1]) == ("2020-01-02T00:00:00", "2025-03-03T00:00:00")


def test_holes_are_filled_in_mode_tail_only(own: Embedded) -> None:
    ended(own, download(own, STOCK))
    path = Path(own.ready["data_dir"]) / "AAPL_1d.csv"
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(lines[:50] + lines[60:]))
    assert ended(own, download(own, STOCK | {"mode": "backfill"}))["result_summary"]["gaps_filled"] == 0
    assert ended(own, download(own, STOCK))["result_summary"]["gaps_filled"] == 1
    assert path.read_text().splitlines(keepends=True) == lines


def test_without_mode_and_dates_the_last_thirty_days_are_fetched(own: Embedded) -> None:
    operation = ended(own, download(own, {"symbol": "USDJPY", "timeframe": "1h"}))
    assert (operation["status"], operation["metadata"]["mode"]) == ("completed", "tail")
    assert 450 < operation["result_summary"]["rows_downloaded"] < 550


def test_a_cancelled_download_stops_and_leaves_a_free_backend(own: Embedded) -> None:
    operation_id = download(own, LONG)
    until(lambda: own.operation(operation_id)["progress"]["items_processed"] > 0)
    began = idle_s()
    answer = own.client.delete(f"/operations/{operation_id}").json()["data"]
    assert idle_s() - began < 0.5
    assert (answer["status"], answer["task_cancelled"], answer["remote_cancelled"]) == (
        "cancelled",
        True,
        False,
    )
    asked = fetched(own, "MSFT")
    cancelled = own.operation(operation_id)
    assert cancelled["error_message"] == "Operation cancelled by user"
    assert own.client.delete(f"/operations/{operation_id}").status_code == 400
    # While thirteen segments of another are fetched; one request may have been on its way.
    assert ended(own, download(own, HOURLY))["status"] == "completed"
    assert fetched(own, "AUDUSD") >= 13
    assert fetched(own, "MSFT") <= asked + 1
    assert own.operation(operation_id) == cancelled


def test_an_unknown_symbol_fails_and_says_so(own: Embedded) -> None:
    operation = ended(own, download(own, HOURLY | {"symbol": "INVALID_SYM"}))
    assert (operation["status"], operation["error_message"]) == ("failed", "Symbol INVALID_SYM not found")
    assert operation["progress"]["percentage"] == 0.0
    assert operation["result_summary"] is None
    listed = own.client.get("/operations?operation_type=data_load&status=failed").json()["data"][0]
    assert (listed["operation_id"], listed["symbol"]) == (operation["operation_id"], "INVALID_SYM")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"timeframe": "1M"}, r"Complete IB failure in 'tail' mode - all 1 segments failed: .* AAPL 1M"),
        (
            {"start_date": "2090-01-01", "end_date": "2090-02-01"},
            r"IB has no bars of AAPL 1d in the range .*",
        ),
        ({"start_date": "2024-01-06", "end_date": "2024-01-07"}, r"Complete IB failure .* IB has no bars .*"),
    ],
)
def test_a_download_of_nothing_fails(own: Embedded, change: dict[str, str], reason: str) -> None:
    operation = ended(own, download(own, STOCK | change))
    assert operation["status"] == "failed"
    assert re.fullmatch(reason, operation["error_message"])


def test_without_its_host_a_download_fails_at_once_and_can_be_retried(own: Embedded) -> None:
    tell(own, "stop ib-host")
    began = idle_s()
    failed = ended(own, download(own, STOCK))
    assert idle_s() - began < 1
    assert failed["error_message"] == (
        "Host service connection failed: HTTP error for POST /data/validate: All connection attempts failed"
    )
    tell(own, "start ib-host")
    again = own.client.post(f"/operations/{failed['operation_id']}/retry").json()["data"]
    assert again["operation_id"].startswith("op_retry_data_load_")
    assert ended(own, again["operation_id"])["result_summary"]["rows_downloaded"] == 253


def test_a_host_that_goes_away_fails_the_download_but_what_came_is_kept(own: Embedded) -> None:
    years = HOURLY | {"start_date": "2018-01-01"}  # too many to come before the host goes
    operation_id = download(own, years)
    until(lambda: own.operation(operation_id)["progress"]["items_processed"] > 0)
    tell(own, "kill ib-host")
    operation = ended(own, operation_id)
    tell(own, "start ib-host")
    assert operation["status"] == "failed"
    assert re.fullmatch(
        r"Host service connection failed: HTTP error for POST /data/historical: .* "
        r"\(segment \d+/\d+; \d+ bars saved\)", operation["error_message"],
    )  # fmt: skip
    kept = cached(own, "AUDUSD", "1h")
    assert ended(own, download(own, years))["status"] == "completed"
    assert 0 < kept < cached(own, "AUDUSD", "1h")


def test_without_the_gateway_it_fails_after_four_tries() -> None:
    own = Embedded(*FEW, "--gateway", "disconnected", speed=30)
    operation_id = download(own, HOURLY | {"symbol": "EURUSD"})
    assert own.operation(operation_id)["status"] == "running"
    operation = ended(own, operation_id)
    assert operation["error_message"].startswith("Host service timeout: Request timed out after 4 attempts: ")
    assert own.log("backend").count("POST /data/validate timeout") == 3
    # A cancel does not wait for the gateway.
    operation_id = download(own, HOURLY)
    until(lambda: own.operation(operation_id)["status"] == "running")
    assert own.client.delete(f"/operations/{operation_id}").json()["data"]["status"] == "cancelled"
    assert own.stop() == 0


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"symbol": None}, "symbol"),
        ({"symbol": " "}, "symbol"),
        ({"symbol": ["EURUSD"]}, "symbol"),
        ({"timeframe": "7x"}, "timeframe"),
        ({"timeframe": ""}, "timeframe"),
        ({"mode": "local"}, "mode"),
        ({"mode": "bogus"}, "mode"),
        ({"mode": None}, "mode"),
        ({"start_date": "zzz"}, "start_date"),
        ({"start_date": 20240101}, "start_date"),
        ({"end_date": "31.12.2024"}, "end_date"),
        ({"end_date": "2023-12-31"}, "end_date"),
    ],
)
def test_a_bad_request_is_refused_by_name(own: Embedded, change: dict[str, Any], field: str) -> None:
    before = own.client.get("/operations").json()["total_count"]
    answer = ask(own, STOCK | change)
    assert answer.status_code == 422
    error = answer.json()["error"]
    assert (error["code"], [each["field"] for each in error["details"]]) == (
        "VALIDATION_ERROR", [f"body -> {field}"],
    )  # fmt: skip
    assert own.client.get("/operations").json()["total_count"] == before


@pytest.mark.parametrize("content", [b"nonsense", b"[]", json.dumps("text").encode(), b""])
def test_nonsense_is_refused(own: Embedded, content: bytes) -> None:
    answer = own.client.post("/data/acquire/download", content=content)
    assert answer.status_code == 422
    assert answer.json()["error"]["details"]
