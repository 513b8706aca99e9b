"""Reading cached bars over HTTP."""

import json
import subprocess
import sys
import time
from pathlib import Path
from statistics import median
from typing import Any

import pytest
from machine import kept_waiting_s

from embedded_ktrdr.backend.data_routes import TIMEFRAMES

from .harness import Embedded

LATE_S = 0.15


def read(ktrdr: Embedded, path: str, **query: str) -> dict[str, Any]:
    answer = ktrdr.client.get(f"/data/{path}", params=query)
    assert answer.status_code == 200
    body = answer.json()
    assert (body["success"], body["error"], body["data"]["points"]) == (True, None, None)
    return dict(body["data"])


def test_a_whole_series_is_read(ktrdr: Embedded) -> None:
    for _ in range(2):  # made, then kept
        data = read(ktrdr, "EURUSD/1h")
        assert len(data["dates"]) == len(data["ohlcv"]) == 115_906
        assert (data["dates"][0], data["dates"][-1]) == ("2007-03-12T00:00:00", "2025-09-12T09:00:00")
        assert all(len(row) == 5 and row[2] <= row[0] <= row[1] for row in data["ohlcv"])
        assert data["metadata"] == {
            "symbol": "EURUSD",
            "timeframe": "1h",
            "start_date": "2007-03-12T00:00:00+00:00",
            "end_date": "2025-09-12T09:00:00+00:00",
            "point_count": 115_906,
        }


def test_a_range_has_both_its_ends_and_the_same_bars(ktrdr: Embedded) -> None:
    data = read(ktrdr, "eurusd/1h", start_date="2024-01-01", end_date="2024-01-02T00:00:00Z")
    assert data["dates"][0::24] == ["2024-01-01T00:00:00", "2024-01-02T00:00:00"]
    whole = read(ktrdr, "EURUSD/1h", start_date="2023-12-01", end_date="2024-02-02")
    assert data["ohlcv"][3] == whole["ohlcv"][whole["dates"].index("2024-01-01T03:00:00")]


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("NOSUCH/1h", {}),
        ("EURUSD/4h", {}),
        ("EURUSD/7x", {}),
        ('E"U/1h', {}),
        ("EURUSD/1d", {"start_date": "2025-01-01", "end_date": "2024-01-01"}),
        ("EURUSD/1d", {"start_date": "1990-01-01", "end_date": "1990-02-01"}),
    ],
)
def test_what_is_not_held_is_empty(ktrdr: Embedded, path: str, query: dict[str, str]) -> None:
    if '"' in path:
        path = path.replace('"', "%22")
    data = read(ktrdr, path, **query)
    symbol, timeframe = path.replace("%22", '"').split("/")
    assert data == {
        "dates": [], "ohlcv": [], "points": None,
        "metadata": {"symbol": symbol, "timeframe": timeframe, "start": "", "end": "", "points": 0},
    }  # fmt: skip


@pytest.mark.parametrize("field", ["start_date", "end_date"])
def test_a_date_that_is_none_is_refused_by_name(ktrdr: Embedded, field: str) -> None:
    answer = ktrdr.client.get("/data/EURUSD/1d", params={field: "garbage"})
    assert (answer.status_code, answer.json()) == (
        400,
        {
            "success": False,
            "error": {
                "code": "DATA-InvalidDate",
                "message": f"Invalid {field} format. Use YYYY-MM-DD",
                "details": {field: "garbage"},
            },
        },
    )


def test_the_range_of_a_series(ktrdr: Embedded) -> None:
    answer = ktrdr.client.post("/data/range", json={"symbol": "EURUSD", "timeframe": "5m"})
    assert answer.json() == {
        "success": True,
        "data": {
            "symbol": "EURUSD", "timeframe": "5m", "start_date": "2022-12-30T00:00:00Z",
            "end_date": "2025-01-10T21:55:00Z", "point_count": 152_904,
        },
        "error": None,
    }  # fmt: skip


def test_a_range_that_cannot_be_told(ktrdr: Embedded) -> None:
    unknown = ktrdr.client.post("/data/range", json={"symbol": "NOSUCH", "timeframe": "1h"})
    assert (unknown.status_code, unknown.json()) == (404, {"detail": "Data not found for NOSUCH (1h)"})
    missing = ktrdr.client.post("/data/range", json={"symbol": "EURUSD"})
    assert missing.status_code == 422
    assert missing.json()["error"]["details"][0]["field"] == "body -> timeframe"
    for symbol, words in (("", "too short"), ("X" * 21, "too long"), ("../EURUSD", "../EURUSD")):
        answer = ktrdr.client.post("/data/range", json={"symbol": symbol, "timeframe": "1h"})
        assert answer.status_code == 400
        error = answer.json()["error"]
        assert error["code"] == "DATA-RangeError"
        assert words in error["details"]["error"]


def test_what_is_cached_is_listed(ktrdr: Embedded) -> None:
    symbols = ktrdr.client.get("/symbols").json()["data"]
    assert [(each["symbol"], each["available_timeframes"]) for each in symbols] == [
        ("EURUSD", ["15m", "1d", "1h", "30m", "5m"]),
        ("GBPUSD", ["1d", "1h"]),
        ("MSFT", ["1d", "1h"]),
    ]
    info = ktrdr.client.get("/data/info").json()["data"]
    assert info["total_symbols"] == 3
    assert info["available_symbols"][0] == (
        "{'symbol': 'EURUSD', 'name': 'EURUSD', 'type': 'unknown', 'exchange': 'unknown', "
        "'currency': 'unknown', 'available_timeframes': ['15m', '1d', '1h', '30m', '5m'], "
        "'start_date': '2022-12-30T00:00:00+00:00', 'end_date': '2025-01-10T21:45:00+00:00'}"
    )
    assert info["timeframes_available"][0] == (
        "{'id': '1m', 'name': '1 Minute', 'description': 'One-minute interval data'}"
    )
    listed = ktrdr.client.get("/timeframes").json()["data"]
    assert [each["id"] for each in listed] == [each["id"] for each in TIMEFRAMES]


def test_a_file_put_there_while_it_runs_is_read(ktrdr: Embedded) -> None:
    path = Path(ktrdr.ready["data_dir"]) / "AUDUSD_1d.csv"
    row = "2024-01-0{},1.1,1.2,{},1.15,7\n"
    path.write_text(
        "date,open,high,low,close,volume\n" + "".join(row.format(n, 1.3 if n == 2 else 1) for n in (1, 2, 3))
    )
    try:
        data = read(ktrdr, "AUDUSD/1d")
        assert data["dates"] == ["2024-01-01T00:00:00", "2024-01-03T00:00:00"]
        assert data["ohlcv"][0] == [1.1, 1.2, 1.0, 1.15, 7.0]
        assert "Left out inconsistent row 3 of AUDUSD_1d.csv" in ktrdr.log("backend")
        assert "AUDUSD" in json.dumps(ktrdr.client.get("/symbols").json())
    finally:
        path.unlink()
    assert read(ktrdr, "AUDUSD/1d")["dates"] == []


READ_ALL = """
import sys, threading, urllib.request
def read(url): assert len(urllib.request.urlopen(url).read()) > 7_000_000
threads = [threading.Thread(target=read, args=(url,)) for url in sys.argv[1:]]
for each in threads: each.start()
for each in threads: each.join()
"""


def test_reading_everything_holds_nobody_up(ktrdr: Embedded) -> None:
    urls = [f"{ktrdr.ready['backend']}/api/v1/data/{each}" for each in ("GBPUSD/1h", "EURUSD/5m")]
    ktrdr.client.get("/health")
    backend = ktrdr.ready["services"]["backend"]["pid"]
    spent = []
    # In a process of their own, so that only the service is measured.
    with subprocess.Popen([sys.executable, "-c", READ_ALL, *urls], stderr=subprocess.PIPE) as reads:
        while reads.poll() is None:
            began = time.perf_counter() - kept_waiting_s(backend)
            assert ktrdr.client.get("/health").status_code == 200
            spent.append(time.perf_counter() - kept_waiting_s(backend) - began)
            time.sleep(0.01)
        assert reads.stderr is not None
        assert (reads.returncode, reads.stderr.read()) == (0, b"")
    assert len(spent) > 10
    assert median(spent) < LATE_S / 3
    assert max(spent) < 3 * LATE_S
