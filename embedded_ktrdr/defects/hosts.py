"""Defects of the IB host and of the training host."""

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any

from fastapi import FastAPI, Request
from fastapi.routing import APIRoute

from embedded_ktrdr.defects.defect import defect, patch
from embedded_ktrdr.hosts import ib_host
from embedded_ktrdr.hosts.gateway_link import Contract, GatewayLink
from embedded_ktrdr.moments import HOUR, WEEK
from embedded_ktrdr.operations import OperationInfo
from embedded_ktrdr.worker import host

AREA = "hosts"
HEALTH, CONNECTED, MONTH, UNKNOWN = "D2.1", "S3", "D2.2", "symbol-unknown-at-ib"
TRAINS, GPU, TRAINER_HEALTH = "2.1", "2.2", "S2"

MOST_BARS = 300
NEW_YORK = 5 * HOUR

Answer = dict[str, Any]
Ask = Callable[..., Awaitable[Answer]]
Bars = list[list[float]]
Fetch = Callable[[GatewayLink, str, str, int, int, Request], Awaitable[Bars]]
Find = Callable[[GatewayLink, str, Request], Awaitable[Contract | None]]
Session = Callable[[OperationInfo], Answer]


@defect(
    "ib-host-looks-at-another-pool",
    "The IB host calls itself unwell: it looks at connections that nobody uses",
    (HEALTH, "it says that it is healthy and operational"),
    area=AREA,
    behaviour="the IB host says that it is well when it is",
)
def _ib_host_looks_at_another_pool() -> None:
    @patch(ib_host, "_healthy")
    def healthy(original: Callable[[], Answer]) -> Answer:
        return original() | {"healthy": False}


@defect(
    "ib-host-without-its-name",
    "The IB host does not say which service it is",
    (HEALTH, 'it calls itself "ib-connector"'),
    area=AREA,
    severity="minor",
    behaviour="a service says which it is",
)
def _ib_host_without_its_name() -> None:
    @patch(ib_host, "_healthy")
    def healthy(original: Callable[[], Answer]) -> Answer:
        return original() | {"service": "host-service"}


@defect(
    "gateway-never-shown-as-connected",
    "The IB host says that its gateway is not connected although it delivers bars",
    (CONNECTED, "the IB host says that its gateway is connected"),
    area=AREA,
    behaviour="the IB host says whether its gateway is connected",
    shown_by="S",
)
def _gateway_never_shown_as_connected() -> None:
    @patch(GatewayLink, "connected")
    async def connected(_original: object, _self: GatewayLink) -> bool:
        return False


@defect(
    "ib-bars-in-new-york-time",
    "Bars of the IB host are told in the time of New York, as if it were UTC",
    (CONNECTED, "every bar is of the days from 2024-12-02 to 2024-12-06"),
    area=AREA,
    severity="blocker",
    behaviour="moments are UTC",
)
def _ib_bars_in_new_york_time() -> None:
    @patch(GatewayLink, "bars")
    async def bars(original: Fetch, self: GatewayLink, *asked: Any) -> Bars:
        found = await original(self, *asked)
        return [[moment - NEW_YORK, *values] for moment, *values in found]


@defect(
    "ib-bars-cut",
    "Of more than 300 bars the IB host delivers the first 300, and does not say so",
    (MONTH, "there are at least 400 bars"),
    area=AREA,
    severity="blocker",
    behaviour="the IB host delivers all bars of the range",
)
def _ib_bars_cut() -> None:
    @patch(GatewayLink, "bars")
    async def bars(original: Fetch, self: GatewayLink, *asked: Any) -> Bars:
        return (await original(self, *asked))[:MOST_BARS]


@defect(
    "ib-bars-newest-first",
    "The IB host delivers the newest bar first",
    (MONTH, "every bar is sound, and none is out of order or listed twice"),
    area=AREA,
    severity="minor",
    behaviour="bars come in the order of time",
)
def _ib_bars_newest_first() -> None:
    @patch(GatewayLink, "bars")
    async def bars(original: Fetch, self: GatewayLink, *asked: Any) -> Bars:
        return (await original(self, *asked))[::-1]


@defect(
    "ib-range-in-whole-weeks",
    "The IB host delivers whole weeks, and bars from before the range with them",
    (MONTH, "every bar is of the days from 2024-12-01 to 2025-01-01"),
    area=AREA,
    behaviour="the IB host delivers bars of the range alone",
)
def _ib_range_in_whole_weeks() -> None:
    @patch(GatewayLink, "bars")
    async def bars(
        original: Fetch,
        self: GatewayLink,
        symbol: str,
        timeframe: str,
        first: int,
        last: int,
        caller: Request,
    ) -> Bars:
        weeks = -((first - last) // WEEK)
        return await original(self, symbol, timeframe, last - weeks * WEEK, last, caller)


@defect(
    "first-contract-for-all",
    "The IB host answers for every symbol with the contract that it was asked for first",
    ("D2.3#aapl", 'it is known as "STK" at "NASDAQ"'),
    area=AREA,
    behaviour="each symbol is answered with its own contract",
)
def _first_contract_for_all() -> None:
    remembered: list[Contract] = []

    @patch(GatewayLink, "contract")
    async def contract(original: Find, self: GatewayLink, symbol: str, caller: Request) -> Contract | None:
        found = await original(self, symbol, caller)
        if found is None:
            return None
        remembered.append(found)
        return remembered[0]


@defect(
    "pair-called-a-stock",
    "The IB host tells of a pair of currencies as if it were a stock",
    ("D2.3#eurusd", 'it is known as "CASH" at "IDEALPRO"'),
    area=AREA,
    behaviour="each symbol is answered with its own contract",
)
def _pair_called_a_stock() -> None:
    @patch(GatewayLink, "contract")
    async def contract(original: Find, self: GatewayLink, symbol: str, caller: Request) -> Contract | None:
        found = await original(self, symbol, caller)
        if found is not None and found.contract["asset_type"] != "STK":
            found.contract |= {"asset_type": "STK", "exchange": "SMART"}
        return found


@defect(
    "unknown-symbol-called-known",
    "A symbol that IB does not know is called known, with an empty contract",
    (UNKNOWN, "it is not known"),
    area=AREA,
    behaviour="an unknown symbol is told as unknown",
)
def _unknown_symbol_called_known() -> None:
    @patch(GatewayLink, "contract")
    async def contract(original: Find, self: GatewayLink, symbol: str, caller: Request) -> Contract | None:
        return await original(self, symbol, caller) or Contract(contract={}, head="1970-01-01T00:00:00+00:00")


@defect(
    "unknown-symbol-without-its-name",
    "The IB host does not say which symbol is not known",
    (UNKNOWN, 'the explanation names "INVALID123XYZ"'),
    area=AREA,
    severity="minor",
    behaviour="the explanation names the symbol",
)
def _unknown_symbol_without_its_name() -> None:
    @patch(ib_host, "_add_data")
    def add(original: Callable[[FastAPI, GatewayLink], None], app: FastAPI, link: GatewayLink) -> None:
        original(app, link)

        def unnamed(answer: Answer) -> Answer:
            said = answer["error_message"] and "No security definition has been found for the request"
            return answer | {"error_message": said}

        _change(app, "/data/validate", unnamed)


@defect(
    "training-host-idle-is-its-status",
    "The training host says whether it is idle where it should say that it is operational",
    (TRAINER_HEALTH, "it says that it is healthy and operational"),
    area=AREA,
    severity="minor",
    behaviour="the training host says that it is well when it is",
)
def _training_host_idle_is_its_status() -> None:
    _change_host("/health", lambda answer: answer | {"status": answer["worker_status"]})


@defect(
    "training-host-calls-itself-another",
    "The training host calls itself by the name of the backtest workers",
    (TRAINER_HEALTH, 'it calls itself "training-worker"'),
    area=AREA,
    severity="minor",
    behaviour="a service says which it is",
)
def _training_host_calls_itself_another() -> None:
    _change_host("/health", lambda answer: answer | {"service": "backtesting-worker"})


@defect(
    "session-shown-as-running",
    "The training host lists a completed session as running",
    (TRAINS, "the training host lists its session as completed"),
    area=AREA,
    behaviour="the list of sessions follows the trainings",
)
def _session_shown_as_running() -> None:
    @patch(host, "_session")
    def session(original: Session, operation: OperationInfo) -> Answer:
        row = original(operation)
        return row | ({"status": "running"} if row["status"] == "completed" else {})


@defect(
    "session-counts-what-was-trained-on",
    "The result of a session counts only the samples that were trained on",
    (TRAINS, "the result of its session counts 250 samples, give or take 10 %"),
    area=AREA,
    behaviour="a result counts all samples",
)
def _session_counts_what_was_trained_on() -> None:
    @patch(host, "_work")
    def work(original: Callable[[Any], Ask], training: Any) -> Ask:
        healthy = original(training)

        async def counted(*asked: Any) -> Answer:
            result = await healthy(*asked)
            counts = result["data_summary"]
            return result | {
                "data_summary": counts | {"total_samples": int(int(counts["total_samples"] * 0.9) * 0.8)}
            }

        return counted


@defect(
    "session-silent-about-gpu",
    "A session says nothing about a GPU once it has ended",
    (GPU, "its session says whether it has a GPU"),
    area=AREA,
    severity="minor",
    behaviour="a session says whether it has a GPU",
)
def _session_silent_about_gpu() -> None:
    @patch(host, "_session")
    def session(original: Session, operation: OperationInfo) -> Answer:
        return original(operation) | ({"gpu_allocated": None} if operation.status.final else {})


def _change_host(path: str, change: Callable[[Answer], Answer]) -> None:
    """Let the training host answer a path otherwise."""

    @patch(host, "create_worker")
    def create(original: Callable[..., tuple[FastAPI, Any]], *arguments: Any) -> tuple[FastAPI, Any]:
        app, desk = original(*arguments)
        _change(app, path, change)
        return app, desk


def _change(app: FastAPI, path: str, change: Callable[[Answer], Answer]) -> None:
    """Let an application answer a path otherwise."""
    (route,) = (each for each in app.routes if isinstance(each, APIRoute) and each.path == path)
    healthy: Ask = route.endpoint

    @wraps(healthy)
    async def changed(*asked: Any, **named: Any) -> Answer:
        return change(await healthy(*asked, **named))

    route.dependant.call = changed
