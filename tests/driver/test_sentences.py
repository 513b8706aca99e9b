"""Every `then` sentence passes on what it claims, and fails, in words of its own, on what breaks it."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest
from behave.step_registry import registry

from ktrdr_acceptance.api.bars import Bars, Inventory, Range
from ktrdr_acceptance.api.errors import Refusal
from ktrdr_acceptance.api.ib_host import SymbolCheck
from ktrdr_acceptance.api.models import CancelBody, Health, OperationPage, WorkerBody
from ktrdr_acceptance.api.worker import Worker
from ktrdr_acceptance.domain.platform import HealthCheck
from ktrdr_acceptance.domain.strategies import Validation
from ktrdr_acceptance.domain.training_result import EPOCH_NUMBERS
from ktrdr_acceptance.faults import Category, EnvironmentFault, category_of
from ktrdr_acceptance.operations.lifecycle import Status
from ktrdr_acceptance.operations.operation import Kind

from .fake_clock import FakeClock
from .scripted_command import LIST_S, STARTED_H, STATUS_S, End, ScriptedChild, ScriptedLine
from .scripted_world import ID, ScriptedWorld, bars_reply, body_of, load_sentences, scripted_world
from .test_training_result import FULL, HEALTHY

Arrange = Callable[[ScriptedWorld], object]
W = "training-worker-1"
# Sentences that have proofs of their own: the logs (test_logs.py).
ELSEWHERE = {"logs"}


@dataclass
class Claim:
    """A sentence, what it holds on, and what it does not hold on: words of the failure -> arrangement."""

    sentence: str
    good: Arrange
    bad: dict[str, Arrange]


def op(**shown: Any) -> Arrange:
    """ "It" is an operation that the backend shows so."""
    kind, purpose = shown.pop("kind", Kind.TRAINING), shown.pop("purpose", "smoke")

    def arrange(world: ScriptedWorld) -> None:
        world.speaks_of(kind, purpose)
        world.shows(**shown)

    return arrange


def at_worker(kind: Kind = Kind.TRAINING, **shown: Any) -> Arrange:
    """ "It" is an operation that its worker shows so; the backend shows it as running, without a result."""

    def arrange(world: ScriptedWorld) -> None:
        world.speaks_of(kind)
        types = {Kind.TRAINING: "training", Kind.BACKTEST: "backtesting", Kind.DOWNLOAD: "none"}
        world.has_workers(W, kind=types[kind])
        world.shows("running", 50.0)
        world.shows(at=W, **shown)

    return arrange


def seen(*shown: tuple[Any, ...], kind: Kind = Kind.TRAINING) -> Arrange:
    """ "It" has been looked at and shown so: percentage, items and step."""

    def arrange(world: ScriptedWorld) -> None:
        operation = world.speaks_of(kind, "progress" if kind is Kind.BACKTEST else "long")
        for percentage, items, step in shown:
            world.shows("running", percentage, items=items, step=step)
            world.operations.look(operation)

    return arrange


def says(**said: Any) -> Arrange:
    """Steps before have spoken of these."""

    def arrange(world: ScriptedWorld) -> None:
        for name, value in said.items():
            setattr(world.said, name, value)

    return arrange


def both(*arranges: Arrange) -> Arrange:
    def arrange(world: ScriptedWorld) -> None:
        for each in arranges:
            each(world)

    return arrange


def refusal(status: int = 422, message: str = "no", **more: Any) -> Arrange:
    return says(refusal=Refusal(status, message, more.pop("text", message), **more))


def bars(*times: str, row: Any = None, timeframe: str = "1h") -> Bars:
    return Bars(list(times), [row or [1, 1, 1, 1, 1]] * len(times), 0.1, timeframe)


def row(id: str = ID, status: str = "completed", at: int = 0, **more: Any) -> dict[str, Any]:
    return {
        "operation_id": id,
        "operation_type": "training",
        "status": status,
        "created_at": f"2026-11-22T08:{at:02d}:00Z",
        "progress_percentage": 100.0,
        **more,
    }


def alike(**changes: Any) -> dict[str, Any]:
    """The row of what a lookup shows."""
    return row(**{"created_at": body_of()["created_at"], **changes})


def page(*rows: dict[str, Any], total: int | None = None, active: int = 0) -> dict[str, Any]:
    return {"data": list(rows), "total_count": len(rows) if total is None else total, "active_count": active}


def listed(
    *rows: dict[str, Any],
    total: int | None = None,
    active: int = 0,
    whole: list[dict[str, Any]] | None = None,
) -> Arrange:
    """A page of the list has been read; the whole list is `whole`, or as that page."""

    def arrange(world: ScriptedWorld) -> None:
        world.speaks_of()
        world.said.page = OperationPage.model_validate(page(*rows, total=total, active=active))
        world.script("GET /operations", (200, page(*(rows if whole is None else whole))))

    return arrange


# crowds


def crowd(
    accepted: int,
    *refused: int,
    workers: int = 2,
    at: tuple[str, ...] = ("b1", "b2"),
    said: str = "no worker",
) -> Arrange:
    """Some backtests have been accepted, run by the workers `at`, others refused with a status."""

    def arrange(world: ScriptedWorld) -> None:
        world.has_workers(*(f"b{number + 1}" for number in range(workers)), kind="backtesting")
        for number in range(accepted):
            operation = world.speaks_of(Kind.BACKTEST, id=f"op_{number}")
            world.crowd.accepted.append(operation)
            world.shows(operation_id=operation.id)
            if number < len(at):
                world.shows(at=at[number], operation_id=operation.id)
        world.crowd.refused = [Refusal(status, said, said) for status in refused]

    return arrange


def crowd_that(status: str) -> Arrange:
    return both(crowd(2), lambda world: world.shows(status, 50.0, operation_id="op_1"))


# results

FIGURES: dict[str, Any] = {
    "metrics": {
        "total_return": -120.5,
        "total_return_pct": -0.001205,
        "sharpe_ratio": -0.2,
        "max_drawdown": 0.1,
        "max_drawdown_pct": 0.000001,
        "total_trades": 7,
        "win_rate": 0.43,
        "winning_trades": 3,
        "losing_trades": 4,
    },
    "trade_count": 7,
    "config": {"initial_capital": 100000},
    "equity_curve_length": 212,
}


def figures(**changes: Any) -> dict[str, Any]:
    changed = copy.deepcopy(FIGURES)
    changed["metrics"].update(changes)
    return changed


def without_figure(name: str) -> dict[str, Any]:
    changed = figures()
    del changed["metrics"][name]
    return changed


NO_TRADE = {
    **figures(total_trades=0, winning_trades=0, losing_trades=0, win_rate=0.0),
    "trade_count": 0,
}


def backtest_again(first: dict[str, Any], second: dict[str, Any]) -> Arrange:
    """A backtest has been run, and the next one will show the second result."""

    def arrange(world: ScriptedWorld) -> None:
        world.speaks_of(Kind.BACKTEST)
        world.has_workers("b1", kind="backtesting")
        strategies = [{"name": "neuro_mean_reversion", "latest_version": 1}]
        world.script("GET /strategies/", (200, {"strategies": strategies}))
        world.script("POST /backtests/start", (200, {"operation_id": "op_2"}))
        world.shows(operation_id="op_2")
        world.shows(at="b1", result_summary=first)
        world.shows(at="b1", operation_id="op_2", result_summary=second)

    return arrange


def backtest_after(before: dict[str, Any], after: dict[str, Any]) -> Arrange:
    """One backtest has been run, and then another."""

    def arrange(world: ScriptedWorld) -> None:
        world.speaks_of(Kind.BACKTEST, id="op_0")
        world.speaks_of(Kind.BACKTEST)
        world.has_workers("b1", kind="backtesting")
        for id, result in (("op_0", before), (ID, after)):
            world.shows(operation_id=id)
            world.shows(at="b1", operation_id=id, result_summary=result)

    return arrange


def backtest_at_both(backend: Any, worker: Any) -> Arrange:
    """A backtest has a result at the backend and one at its worker."""
    return both(
        at_worker(Kind.BACKTEST, result_summary=worker), lambda world: world.shows(result_summary=backend)
    )


def download(**result: Any) -> Arrange:
    return op(kind=Kind.DOWNLOAD, purpose="small", result_summary=result)


def lists_then(**changes: Any) -> Arrange:
    """The row is listed as a look-up shows it, but the second time with changes."""

    def arrange(world: ScriptedWorld) -> None:
        first = alike(**{**changes, "duration_seconds": 332.0})
        world.script("GET /operations", [(200, page(each)) for each in (first, alike(**changes))])

    return arrange


def left_models(*models: str | None) -> Arrange:
    """One training after the other has left these models, by their worker."""

    def arrange(world: ScriptedWorld) -> None:
        world.has_workers(W)
        for number, model in enumerate(models, start=1):
            world.operations.started.append(world.speaks_of(id=f"op_{number}"))
            world.shows(at=W, operation_id=f"op_{number}", result_summary={"model_path": model})

    return arrange


def epochs(*rows: dict[str, Any]) -> Arrange:
    return op(metrics={"epochs": list(rows)})


def metrics_route(*metrics: Any, id: str = ID) -> Arrange:
    """The route of the metrics gives these alone."""
    body = {"success": True, "data": {"operation_id": id, "metrics": list(metrics)}}
    return lambda world: world.script(f"GET /operations/{ID}/metrics", (200, body))


def epoch(number: int, **changes: Any) -> dict[str, Any]:
    return {"epoch": number, **FULL, **changes}


LAST = {name: HEALTHY["training_metrics"][f"final_{name}"] for name in EPOCH_NUMBERS}


def trained(*rows: dict[str, Any]) -> Arrange:
    """A training has a healthy result at its worker; the backend lists these epochs."""
    return both(at_worker(result_summary=HEALTHY), lambda world: world.shows(metrics={"epochs": list(rows)}))


# other arrangements


def acknowledged(reason: str | None) -> Arrange:
    """A cancel has been acknowledged with a reason."""
    return says(cancel=CancelBody(operation_id=ID, status=Status.CANCELLED, cancellation_reason=reason))


def cancelled(backend: tuple[str, float], worker: tuple[str, float]) -> Arrange:
    def arrange(world: ScriptedWorld) -> None:
        at_worker(status=worker[0], percentage=worker[1])(world)
        world.shows(*backend)

    return arrange


def moved(after: float) -> Arrange:
    """Both copies have been looked at since the cancel; the worker's has moved to `after`."""

    def arrange(world: ScriptedWorld) -> None:
        cancelled(("cancelled", 50.0), ("cancelled", 50.0))(world)
        operation = world.operation
        operation.cancel_seen_at = time.monotonic()
        for source in world.operations.copies_of(operation):
            world.operations.look(operation, source)
        world.shows("cancelled", after, at=W)
        world.operations.look(operation, operation.worker)

    return arrange


def new_one(start: tuple[int, Any], end: str = "completed") -> Arrange:
    def arrange(world: ScriptedWorld) -> None:
        world.has_workers(W)
        world.script("POST /trainings/start", start)
        world.shows(end, operation_id="op_2")

    return arrange


def pairs(*percentages: tuple[float, float]) -> Arrange:
    """Backend and worker show these, look by look; with the last the work has ended."""

    def arrange(world: ScriptedWorld) -> None:
        at_worker()(world)
        world.operations.worker_of(world.operation)
        for service, prefix, place in (("backend", "", 0), (W, "/api/v1", 1)):
            replies: list[Any] = [
                (200, {"data": body_of("running", pair[place], step="Epoch 1/10")}) for pair in percentages
            ]
            replies.append((200, {"data": body_of("completed", 100.0)}))
            world.script(f"GET {prefix}/operations/{ID}", replies, service)

    return arrange


def results(reply: tuple[int, Any]) -> Arrange:
    return both(op(), lambda world: world.script(f"GET /operations/{ID}/results", reply))


def results_of(**results: Any) -> Arrange:
    reply = (200, {**RESULTS_OF, "results": results})
    return lambda world: world.script(f"GET /operations/{ID}/results", reply)


def run_again(first: dict[str, Any], second: dict[str, Any], **more: Any) -> Arrange:
    """What has failed has been run again; each has these details."""

    def arrange(world: ScriptedWorld) -> None:
        world.speaks_of(id="op_2").again_of = ID
        world.shows("failed", 10.0, metadata=first)
        world.shows("running", 10.0, operation_id="op_2", metadata=second, **more)

    return arrange


def goes_on(*shown: tuple[str, float]) -> Arrange:
    """Its worker shows it so, look by look."""

    def arrange(world: ScriptedWorld) -> None:
        at_worker()(world)
        world.operations.worker_of(world.operation)
        replies: list[Any] = [(200, {"data": body_of(*each)}) for each in shown]
        world.script(f"GET /api/v1/operations/{ID}", replies, W)

    return arrange


def other_goes_on(*shown: tuple[str, float]) -> Arrange:
    """The worker of an operation that runs as well shows that one so, look by look."""

    def arrange(world: ScriptedWorld) -> None:
        goes_on(*shown)(world)
        world.said.other = world.operation
        world.speaks_of(id="op_2")

    return arrange


def ended_at_both(worker: str = "completed", backend: Any = None, result: Any = None) -> Arrange:
    """The backend shows it as completed with a result, its worker shows it so."""
    return both(
        at_worker(status=worker, result_summary=result), lambda world: world.shows(result_summary=backend)
    )


def clients(*moments: int) -> Arrange:
    """At each of five moments the backend says something new, then as much more to one of those who look."""

    def arrange(world: ScriptedWorld) -> None:
        world.speaks_of()
        world.operations.cache_ttl = 5.0
        shown = [
            body_of("running", 10.0, items=10 * moment + number)
            for moment, other in enumerate(moments, 1)
            for number in (0, 1, 1, 1 + other, 1)
        ]
        world.script(f"GET /operations/{ID}", [(200, {"data": one}) for one in shown])

    return arrange


def health(status: str = "ok", version: str = "1.0.7", elapsed_s: float = 0.1) -> Arrange:
    return says(health=HealthCheck(Health(status=status, version=version), elapsed_s))


def backend_health(status: int, body: Any) -> Arrange:
    return lambda world: world.script("GET /health", (status, body))


def symbol(is_valid: bool, **more: Any) -> Arrange:
    return says(symbol=SymbolCheck(is_valid=is_valid, **more))


def gateway(*connected: bool) -> Arrange:
    replies: list[Any] = [(200, {"healthy": True, "ib_gateway_connected": one}) for one in connected]
    return lambda world: world.script("GET /health/detailed", replies, "ib-host")


def session(id: str = ID, status: str = "completed", **more: Any) -> Arrange:
    def arrange(world: ScriptedWorld) -> None:
        world.speaks_of()
        rows = [{"session_id": id, "status": status, **more}]
        reply = (200, {"total_sessions": 1, "sessions": rows})
        world.script("GET /training/sessions", reply, "training-host")

    return arrange


def session_result(status: int, body: Any) -> Arrange:
    def arrange(world: ScriptedWorld) -> None:
        world.speaks_of()
        world.script(f"GET /training/result/{ID}", (status, body), "training-host")

    return arrange


TWO = ["2024-12-02T00:00:00Z", "2024-12-02T01:00:00Z"]


def cached(there: list[str], row: Any = None) -> Arrange:
    return says(cached=dict.fromkeys(TWO, (1.0,) * 5), bars=bars(*there, row=row))


def range_of(start: str, end: str, *there: str) -> Arrange:
    def arrange(world: ScriptedWorld) -> None:
        told = Range(symbol="EURUSD", timeframe="1h", start_date=start, end_date=end, point_count=2)
        world.said.range = told
        world.script("GET /data/EURUSD/1h", bars_reply("EURUSD", "1h", *there))

    return arrange


def reads(status: int, *there: str) -> Arrange:
    _, body = bars_reply("EURUSD", "1d", *there)
    return lambda world: world.script("GET /data/EURUSD/1d", (status, body))


def inventory(total: int, *symbols: Any) -> Arrange:
    told = Inventory(
        data_directory="data",
        total_symbols=total,
        available_symbols=list(symbols),
        timeframes_available=[],
        data_sources=[],
    )
    return says(inventory=told)


EURUSD, AAPL = "{'symbol': 'EURUSD', 'timeframes': ['1h', '1d']}", "{'symbol': 'AAPL', 'timeframes': ['5m']}"


def started_since(*later: str) -> Arrange:
    """A training was refused; these stand in the list afterwards."""

    def arrange(world: ScriptedWorld) -> None:
        world.script("POST /trainings/start", (422, {"detail": "no"}))
        world.script("GET /operations", [(200, page()), (200, page(*(row(id) for id in later)))])
        world.script("GET /workers", (200, []))
        world.bad_requests.refusal_of_nonsense("training")

    return arrange


def versions(before: int | None, now: int | None) -> Arrange:
    """The strategy of the training had one latest version, and has another (or none)."""

    def arrange(world: ScriptedWorld) -> None:
        name = world.speaks_of().calibration.request()["strategy_name"]
        world.said.strategies = {name: before}
        world.script("GET /strategies/", (200, {"strategies": [{"name": name, "latest_version": now}]}))

    return arrange


def health_times(*times: str) -> Arrange:
    """A worker and the IB host state these times with their health, one by one, the last for ever."""

    def arrange(world: ScriptedWorld) -> None:
        world.has_workers(W)
        for service in (W, "ib-host"):
            said = [(200, {"status": "operational", "timestamp": f"2026-11-22T{at}"}) for at in times]
            world.script("GET /health", said, service)

    return arrange


def moved_to(stated: str, *listed: str) -> Arrange:
    """A worker has registered again at an address; it is listed with these."""

    def arrange(world: ScriptedWorld) -> None:
        common = {"worker_id": W, "worker_type": "backtesting", "status": "available"}
        world.said.moved_worker = WorkerBody(**common, endpoint_url=stated)
        world.script("GET /workers", (200, [{**common, "endpoint_url": url} for url in listed]))

    return arrange


def validation(valid: bool, *issues: tuple[str, str]) -> Arrange:
    found = [{"severity": severity, "message": message} for severity, message in issues]
    return says(validation=Validation.model_validate({"valid": valid, "issues": found}))


def worker(status: str = "idle", operation: str | None = None, listed_as: str = "available") -> Arrange:
    def arrange(world: ScriptedWorld) -> None:
        at_worker()(world)
        world.has_workers(W, status=listed_as)
        world.script("GET /health", (200, {"worker_status": status, "current_operation": operation}), W)

    return arrange


def workers(**changes: Any) -> Arrange:
    return lambda world: world.has_workers(W, **changes)


def command(*ends: End, form: str = "S") -> Arrange:
    """KTRDR's command is there, and ends so each time it is used."""

    def arrange(world: ScriptedWorld) -> None:
        world.command.line = ScriptedLine(*ends).as_line()
        world.found["command set"] = form

    return arrange


def answered_after(**seconds: float) -> Arrange:
    """So long the service took to answer the start or the cancel of "it"."""

    def arrange(world: ScriptedWorld) -> None:
        for what, took in seconds.items():
            setattr(world.operation, what, took)

    return arrange


def its_worker_listed_as(*states: str) -> Arrange:
    """The backend lists its worker in these states, look by look."""

    def arrange(world: ScriptedWorld) -> None:
        at_worker()(world)
        world.operations.worker_of(world.operation)
        world.said.lost_worker = world.operations.worker_of(world.operation)
        row = {"worker_id": W, "worker_type": "training", "endpoint_url": f"http://{W}:1"}
        replies: list[Any] = [(200, [{**row, "status": state}] if state else []) for state in states]
        world.script("GET /workers", replies)

    return arrange


def ran(end: End, form: str = "S", elapsed_s: float = 0.1) -> Arrange:
    """A command has been begun, and ends so."""

    def begun(world: ScriptedWorld) -> None:
        world.said.child = ScriptedChild("ktrdr do", end, elapsed_s)  # type: ignore[assignment]

    return both(command(end, form=form), begun)


def command_lists(said: str, *rows: dict[str, Any], status: int = 0) -> Arrange:
    """The command prints this list, while the backend has these rows."""
    return both(
        command((status, said)),
        lambda world: world.speaks_of(id="op_short"),
        lambda world: world.script("GET /operations", (200, page(*rows))),
    )


LONG_ID = "op_training_20261122_222654_4b5e75af"
CANCELLED_ROW = row(LONG_ID, "cancelled")


def command_shows(said: str, **shown: Any) -> Arrange:
    return both(op(**shown), ran((0, said)))


def listed_before(*names: str) -> Arrange:
    return both(its_worker_listed_as("", "busy"), says(listed_before=list(names)))


def lost(name: str) -> Arrange:
    """Its worker is known; the one that was lost is of this name."""

    def arrange(world: ScriptedWorld) -> None:
        at_worker()(world)
        world.said.lost_worker = Worker(world.connect(name, f"http://{name}:1"))

    return arrange


def failed_before(reason: str, **now: Any) -> Arrange:
    return both(op(**now), lambda world: setattr(world.said, "failed_before", (world.operation, reason)))


def same_download(start: tuple[int, Any], **shown: Any) -> Arrange:
    """A download of some days has been asked for, and is asked for again."""

    def arrange(world: ScriptedWorld) -> None:
        world.said.asked_days = {"symbol": "AUDUSD", "timeframe": "1h"}
        world.script("POST /data/acquire/download", start)
        world.shows(operation_id="op_2", **shown)

    return arrange


def cached_as(*there: str, row: Any = None) -> Arrange:
    """Two bars of EURUSD were put there; these can be read now."""
    _, body = bars_reply("EURUSD", "1h", *there)
    if row:
        body["data"]["ohlcv"] = [row] * len(there)
    return both(
        says(cached=dict.fromkeys(TWO, (1.0,) * 5), cached_as=("EURUSD", "1h")),
        lambda world: world.script("GET /data/EURUSD/1h", (200, body)),
    )


def listed_when_ended(*still: dict[str, Any]) -> Arrange:
    def arrange(world: ScriptedWorld) -> None:
        op()(world)
        world.script("GET /operations", (200, page(*still)))
        world.operation_list.page(status="running")

    return arrange


THREE = [row(at=1), row("op_2", at=2), row("op_3", at=3)]
NOTHING_THERE = "there were 0|expected .* but was <0>|none|is not five|there are no bars|was <\\[\\]>"
COMPLETED_BODY = {"completed_at": "2026-11-22T09:00:00Z", "started_at": "2026-11-22T08:54:28Z"}
ASKED = {
    "symbol": "EURUSD",
    "timeframe": "1d",
    "start_date": "2024-01-01",
    "parameters": {"strategy_name": "a"},
}
RESULTS_OF = {"operation_id": ID, "status": "completed"}
TRACE = 'Traceback (most recent call last):\n  File "x.py", line 3, in y'

CLAIMS = [
    # backtests
    *(
        Claim(
            f"then the result at {place} has return, Sharpe ratio, drawdown, number of trades and win rate",
            shows(result_summary=FIGURES),
            {
                "1: sharpe_ratio$": shows(result_summary=without_figure("sharpe_ratio")),
                "1: win_rate$": shows(result_summary=figures(win_rate="0.4")),
                "1: total_return$": shows(result_summary=figures(total_return=None)),
                "there were 5": shows(result_summary={"metrics": [1]}),
                "there were 5: total_return": shows(),
            },
        )
        for place, shows in (
            ("the backend", partial(op, kind=Kind.BACKTEST)),
            ("its worker", partial(at_worker, Kind.BACKTEST)),
        )
    ),
    Claim(
        "then the figures at its worker do not contradict each other",
        at_worker(Kind.BACKTEST, result_summary=FIGURES),
        {
            "total_trades is 8, but trade_count 7": at_worker(
                Kind.BACKTEST, result_summary=figures(total_trades=8)
            ),
            "4 trades won and 4 lost, but there were 7": at_worker(
                Kind.BACKTEST, result_summary=figures(winning_trades=4)
            ),
            "win_rate is 40, which is no share": at_worker(
                Kind.BACKTEST, result_summary=figures(win_rate=40)
            ),
            "win_rate is -0.1": at_worker(Kind.BACKTEST, result_summary=figures(win_rate=-0.1)),
            "win_rate is 0.42, but 3 of 7 trades won": at_worker(
                Kind.BACKTEST, result_summary=figures(win_rate=0.42)
            ),
            "win_rate is 0.44, but 3 of 7 trades won": at_worker(
                Kind.BACKTEST, result_summary=figures(win_rate=0.44)
            ),
            "max_drawdown_pct is 1.2, which is no share": at_worker(
                Kind.BACKTEST, result_summary=figures(max_drawdown_pct=1.2)
            ),
            "max_drawdown_pct is -0.1": at_worker(
                Kind.BACKTEST, result_summary=figures(max_drawdown_pct=-0.1)
            ),
            "total_return_pct is -0.001, but total_return -120.5 of a capital of 100000": at_worker(
                Kind.BACKTEST, result_summary=figures(total_return_pct=-0.001)
            ),
            "total_return_pct is 0.001205": at_worker(
                Kind.BACKTEST, result_summary=figures(total_return_pct=0.001205)
            ),
            "no number at metrics.total_return_pct": at_worker(
                Kind.BACKTEST, result_summary=without_figure("total_return_pct")
            ),
            "no number at config.initial_capital": at_worker(
                Kind.BACKTEST, result_summary={**FIGURES, "config": {}}
            ),
            "no number at trade_count": at_worker(
                Kind.BACKTEST, result_summary={**FIGURES, "trade_count": None}
            ),
            "no number at metrics.total_trades": at_worker(Kind.BACKTEST),
        },
    ),
    Claim(
        "then the figures at its worker do not contradict each other",
        # What is still held may have gained or lost before any trade has ended.
        at_worker(Kind.BACKTEST, result_summary=NO_TRADE),
        {
            "total_trades is 0, but trade_count 7": at_worker(
                Kind.BACKTEST, result_summary={**NO_TRADE, "trade_count": 7}
            ),
            "1 trades won and 0 lost, but there were 0": at_worker(
                Kind.BACKTEST,
                result_summary={**NO_TRADE, "metrics": {**NO_TRADE["metrics"], "winning_trades": 1}},
            ),
        },
    ),
    Claim(
        "then its equity curve has a value for each of the calibrated number of bars, give or take 5 %",
        at_worker(Kind.BACKTEST, result_summary={**FIGURES, "equity_curve_length": 203}),
        {
            f"values of the equity curve: .*<{length}.0>": at_worker(
                Kind.BACKTEST, result_summary={**FIGURES, "equity_curve_length": length}
            )
            for length in (7, 201, 223)
        }
        | {"no number at equity_curve_length": at_worker(Kind.BACKTEST)},
    ),
    Claim(
        "then the result at its worker repeats a commission of 2 %",
        at_worker(Kind.BACKTEST, result_summary={"config": {"commission": 0.02}}),
        {
            "commission in the result: .*<0.001>": at_worker(
                Kind.BACKTEST, result_summary={"config": {"commission": 0.001}}
            ),
            "commission in the result: .*<2.0>": at_worker(
                Kind.BACKTEST, result_summary={"config": {"commission": 2}}
            ),
            "no number at config.commission": at_worker(Kind.BACKTEST, result_summary=FIGURES),
        },
    ),
    Claim(
        "then it returned less than the one before it",
        backtest_after(FIGURES, figures(total_return=-120.6)),
        {
            "return: expected a value less than <-120.5>, but was <-120.5>": backtest_after(FIGURES, FIGURES),
            "return: .* was <-120.4>": backtest_after(FIGURES, figures(total_return=-120.4)),
            "no number at metrics.total_return": backtest_after(FIGURES, without_figure("total_return")),
            "no number at metrics.total_return .*None": backtest_after({}, FIGURES),
        },
    ),
    Claim(
        "then the result at the backend is that of its worker",
        backtest_at_both(FIGURES, FIGURES),
        {
            "result at the backend: .*0.41": backtest_at_both(figures(win_rate=0.41), FIGURES),
            "result at the backend: .*0.42": backtest_at_both(FIGURES, figures(win_rate=0.42)),
            "result at the backend: .*{}": backtest_at_both(None, FIGURES),
            "result at the backend: .*and <{}>": backtest_at_both(FIGURES, None),
            "result at the backend: .*empty": backtest_at_both(None, None),
        },
    ),
    Claim(
        "then its processed items came to the calibrated number of bars, give or take 5 %",
        seen((50.0, 3000, ""), (100.0, 6900, ""), (100.0, 0, ""), kind=Kind.BACKTEST),
        {
            "most processed items seen": seen((100.0, 6500, ""), kind=Kind.BACKTEST),
            "was <7300>|7300": seen((100.0, 7300, ""), kind=Kind.BACKTEST),
            "most processed": seen(kind=Kind.BACKTEST),
        },
    ),
    Claim(
        "then the same backtest gives the same figures again",
        # What no backtest is read for may differ.
        backtest_again(FIGURES, {**figures(winning_trades=2), "trade_count": 8}),
        {
            **{
                f"differences of the second run: .*there were 1: {before} and then {after}": backtest_again(
                    FIGURES, figures(**{name: after})
                )
                for name, before, after in (
                    ("total_return", -120.5, -120.4),
                    ("sharpe_ratio", -0.2, 0.2),
                    ("max_drawdown", 0.1, 0.10001),
                    ("total_trades", 7.0, 8.0),
                    ("win_rate", 0.43, 0.44),
                )
            },
            "no number at metrics.sharpe_ratio": backtest_again(FIGURES, without_figure("sharpe_ratio")),
            "no number at metrics.max_drawdown": backtest_again(without_figure("max_drawdown"), FIGURES),
            "no number at metrics.total_return": backtest_again({}, {}),
        },
    ),
    # crowds
    Claim(
        "then as many backtests are accepted as there are workers",
        crowd(2, 503),
        {"expected <2>, but was <1>": crowd(1, 503, 503), "expected <2>, but was <3>": crowd(3)},
    ),
    Claim(
        "then the others are refused because no worker is free",
        crowd(2, 503, 503),
        {
            "there were 1: HTTP 500: no worker": crowd(2, 503, 500),
            "HTTP 429": crowd(2, 429),
            "there were 2: HTTP 503: overloaded": crowd(2, 503, 503, said="overloaded"),
        },
    ),
    Claim(
        "then each that was accepted runs at a worker of its own",
        crowd(2),
        {"with length of <2>, but was .*'b1'": crowd(2, at=("b1", "b1")), "workers that run": crowd(0, 503)},
    ),
    Claim(
        "then each that was accepted completes",
        crowd_that("completed"),
        {
            "op_1 to be completed .* it has ended as failed": crowd_that("failed"),
            "op_1 to be completed .* within 120 s, but the deadline passed": crowd_that("running"),
            "no operation was accepted": crowd(0, 503),
        },
    ),
    # data
    Claim(
        "then they are as many as calibrated, give or take 10 %",
        says(bars=bars(*TWO), expected_bars=2),
        {
            "number of bars": says(bars=bars(*TWO), expected_bars=3),
            "number of bars: .*2": says(bars=bars(*TWO), expected_bars=1),
            "number of bars: .*0": says(bars=bars(), expected_bars=1),
        },
    ),
    Claim(
        "then there are none",
        says(bars=bars()),
        {
            "times and rows of the bars: .* has 4": says(bars=bars(*TWO)),
            "times and rows of the bars: .* has 1": says(bars=Bars([], [[1, 1, 1, 1, 1]], 0.1)),
            "times and rows of the bars: .* has 2": says(bars=Bars(TWO, [], 0.1)),
        },
    ),
    Claim(
        "then every bar is sound, and none is out of order or listed twice",
        says(bars=bars(*TWO)),
        {
            "its high 1 is below 2": says(bars=bars(*TWO, row=[1, 1, 1, 2, 1])),
            "stands there twice": says(bars=bars(TWO[0], TWO[0])),
            "comes after": says(bars=bars(*reversed(TWO))),
            "no whole number of steps of 1h": says(bars=bars(TWO[0], "2024-12-02T01:30:00Z")),
            "no whole number of steps of 1d": says(bars=bars(*TWO, timeframe="1d")),
            "there are no bars": says(bars=bars()),
        },
    ),
    Claim(
        "then every bar is of the days from 2024-12-02 to 2024-12-02",
        says(bars=bars(*TWO)),
        {
            "there were 1: 2024-12-01": says(bars=bars("2024-12-01T23:59:00Z", *TWO)),
            "there were 1: 2024-12-03": says(bars=bars(*TWO, "2024-12-03T00:00:00Z")),
        },
    ),
    Claim(
        "then no weekday from 2024-12-24 to 2024-12-30 is without bars",
        says(bars=bars(*(f"2024-12-{day}T10:00:00Z" for day in (24, 26, 27)))),
        {
            "there were 1: 2024-12-24": says(bars=bars("2024-12-26T10:00:00Z", "2024-12-27T10:00:00Z")),
            "there were 1: 2024-12-27": says(bars=bars("2024-12-24T10:00:00Z", "2024-12-26T10:00:00Z")),
            "weekdays without bars: .*there were 3": says(bars=bars()),
        },
    ),
    *(
        Claim(
            f"then {answer} came within 3 seconds",
            says(elapsed_s=2.999),
            {"seconds until the answer: expected a value less than <3.0>": says(elapsed_s=3.0)},
        )
        for answer in ("the answer", "even the slowest answer")
    ),
    Claim(
        "then it begins before it ends",
        range_of(TWO[0], TWO[1]),
        {
            "begin of the range": range_of(TWO[1], TWO[0]),
            "begin of the range: expected": range_of(TWO[0], TWO[0]),
            "'soon' is no time": range_of("soon", TWO[0]),
        },
    ),
    Claim(
        "then it is the range of the bars that can be read",
        range_of("2024-12-02T00:00:00", "2024-12-02T01:00:00+00:00", *TWO),
        {
            "ends of the range": range_of(TWO[0], "2024-12-02T02:00:00Z", *TWO),
            "ends of the range: expected": range_of("2024-12-01T00:00:00Z", TWO[1], *TWO),
            "ends of the range: expected <None>": range_of(TWO[0], TWO[1]),
        },
    ),
    Claim(
        "then it counts as many bars as can be read",
        range_of(*TWO, *TWO),
        {
            "number of bars that the range counts: expected <1>, but was <2>": range_of(*TWO, TWO[0]),
            "number of bars that the range counts: expected <3>, but was <2>": range_of(*TWO, *TWO, TWO[1]),
        },
    ),
    Claim(
        'then the inventory does not hold "EURUSD" at "1w"',
        inventory(2, EURUSD, AAPL),
        {
            "entries of EURUSD with 1w: expected none, but there were 1": inventory(
                1, "{'symbol': 'EURUSD', 'timeframes': ['1w']}"
            ),
        },
    ),
    Claim(
        'then the inventory holds "EURUSD" at "1h"',
        inventory(2, EURUSD, AAPL),
        {
            "entries of EURUSD: .*": inventory(1, AAPL),
            "entries of EURUSD": inventory(1, EURUSD.replace("'1h', ", "")),
            "entries of EURUSD: expected": inventory(1, EURUSD.replace("'EURUSD'", "'EURUSDX'")),
        },
    ),
    Claim(
        "then it counts as many symbols as it lists",
        inventory(2, EURUSD, AAPL),
        {"total of symbols: expected <2>, but was <3>": inventory(3, EURUSD, AAPL)},
    ),
    Claim(
        "then all those cached before are still there",
        cached([*TWO, "2024-12-02T02:00:00Z"]),
        {
            "there were 1: 2024-12-02T01:00:00Z is not there": cached(TWO[:1]),
            "there were 2": cached([]),
            "there were 2: 2024-12-02T00:00:00Z is .* instead of": cached(TWO, row=[1, 2, 1, 1, 1]),
        },
    ),
    Claim(
        "then all those cached before can still be read",
        cached_as(*TWO, "2024-12-02T02:00:00Z"),
        {
            "there were 1: 2024-12-02T01:00:00Z is not there": cached_as(TWO[0]),
            "there were 2": cached_as(),
            "there were 2: 2024-12-02T00:00:00Z is .* instead of": cached_as(*TWO, row=[1, 2, 1, 1, 1]),
            "refused GET": both(
                cached_as(*TWO), lambda world: world.script("GET /data/EURUSD/1h", (500, {"detail": "no"}))
            ),
        },
    ),
    Claim(
        "then the daily bars can still be read",
        reads(200, *TWO),
        {
            "number of bars": reads(200),
            "refused GET": reads(404),
            r"with bars of \('EURUSD', '1h'\)": lambda world: world.script(
                "GET /data/EURUSD/1d", bars_reply("EURUSD", "1h", *TWO)
            ),
        },
    ),
    # downloads
    Claim(
        "then its result counts the calibrated number of bars, give or take 10 %",
        download(rows_downloaded=250),
        {
            "rows that the result counts": download(rows_downloaded=200),
            "rows that the result counts: .*400": download(rows_downloaded=400),
            "no number at rows_downloaded": download(),
        },
    ),
    Claim(
        "then its result counts as many bars as it added",
        both(cached([*TWO, "2024-12-02T02:00:00Z"]), download(rows_downloaded=1)),
        {
            "rows that the result counts: expected <1>, but was <3.0>": both(
                cached([*TWO, "2024-12-02T02:00:00Z"]), download(rows_downloaded=3)
            ),
            "rows that the result counts: expected <0>, but was <1.0>": both(
                cached(TWO), download(rows_downloaded=1)
            ),
            "no number at rows_downloaded": both(cached(TWO), download()),
        },
    ),
    Claim(
        "then its result says that nothing had to be fetched",
        download(cache_hit=True, rows_downloaded=0),
        {
            "cache hit and rows": download(cache_hit=False, rows_downloaded=0),
            "cache hit and rows .*250": download(cache_hit=True, rows_downloaded=250),
            "cache hit and rows .*None": download(),
        },
    ),
    Claim(
        'then its result says the mode "tail"',
        download(mode="tail"),
        {"mode in the result: expected 'tail', but was 'local'": download(mode="local"), "None": download()},
    ),
    Claim(
        "then the same download completes within 60 seconds",
        same_download((200, {"operation_id": "op_2"}), result_summary={"rows_downloaded": 5}),
        {
            "has ended as failed": same_download((200, {"operation_id": "op_2"}), status="failed"),
            "op_2 to be completed .* within 60 s": same_download(
                (200, {"operation_id": "op_2"}), status="running", percentage=10.0
            ),
            "was refused: HTTP 503": same_download((503, {"detail": "no"})),
            "rows that the result counts": same_download(
                (200, {"operation_id": "op_2"}), result_summary={"rows_downloaded": 0}
            ),
            "no number at rows_downloaded": same_download((200, {"operation_id": "op_2"})),
        },
    ),
    # hosts
    Claim(
        "then it says that it is healthy and operational",
        says(words={"healthy": True, "status": "operational"}),
        {
            "healthy and status": says(words={"healthy": False, "status": "operational"}),
            "healthy and status .*'ok'": says(words={"healthy": True, "status": "ok"}),
            "healthy and status .*None": says(words={}),
        },
    ),
    Claim(
        'then it calls itself "ib-host"',
        says(words={"service": "ib-host"}),
        {"service in the health": says(words={"service": "training-host"}), "None": says(words={})},
    ),
    Claim(
        "then the IB host says that its gateway is connected",
        gateway(True),
        {"whether the gateway is connected: expected <True>, but was <False>": gateway(False)},
    ),
    Claim(
        "then the IB host says within 5 seconds that its gateway is not connected",
        gateway(True, False),
        {"within 5 s, but the deadline passed; the last value was connected: True": gateway(True)},
    ),
    Claim(
        'then it is known as "STK" at "NASDAQ"',
        symbol(True, contract_info={"asset_type": "STK", "exchange": "NASDAQ"}),
        {
            "what IB says of it": symbol(True, contract_info={"asset_type": "CASH", "exchange": "NASDAQ"}),
            "'IDEALPRO'": symbol(True, contract_info={"asset_type": "STK", "exchange": "IDEALPRO"}),
            "False": symbol(False, contract_info={"asset_type": "STK", "exchange": "NASDAQ"}),
            "None": symbol(True),
        },
    ),
    Claim("then it is not known", symbol(False), {"whether it is known": symbol(True)}),
    Claim(
        'then the explanation names "NOSUCH"',
        symbol(False, error_message="Symbol NOSUCH not found"),
        {"the explanation": symbol(False, error_message="not found"), "'none'": symbol(False)},
    ),
    Claim(
        "then there are at least 2 bars",
        says(bars=bars(*TWO)),
        {"number of bars": says(bars=bars(TWO[0])), "was <0>": says(bars=bars())},
    ),
    Claim(
        "then the training host lists its session as completed",
        session(),
        {"sessions: .*op_9": session("op_9"), "sessions: .*running": session(status="running")},
    ),
    Claim(
        "then its session says whether it has a GPU",
        session(gpu_allocated=False),
        {
            "gpu_allocated of the session: .*None": session(),
            "its sessions.0.gpu_allocated": session(gpu_allocated="yes"),
            "gpu_allocated: .*valid boolean": session(gpu_allocated=1),
            "does not list the session op_1": session("op_9", gpu_allocated=True),
        },
    ),
    Claim(
        "then the result of its session counts 250 samples, give or take 10 %",
        session_result(200, {"data_summary": {"total_samples": 262}}),
        {
            "number of samples": session_result(200, {"data_summary": {"total_samples": 300}}),
            "no number at data_summary": session_result(200, {}),
            "refused GET": session_result(404, {"detail": "no such session"}),
        },
    ),
    # operations side by side
    Claim(
        "then the training completes within 5 seconds, at its worker too",
        ended_at_both(backend={"a": 1}, result={"a": 1}),
        {
            "status of the training at its worker": ended_at_both("running", {"a": 1}, {"a": 1}),
            "result of the training": ended_at_both(backend={"a": 1}, result={"a": 2}),
            "but was <{'b': 1}>|was .*'b': 1": ended_at_both(backend={"b": 1}),
            "deadline passed": at_worker(),
        },
    ),
    Claim(
        "then the training completes within 5 seconds, at its worker too", ended_at_both(result={"a": 1}), {}
    ),
    Claim(
        "then the training goes on at its worker",
        goes_on(("running", 10.0), ("running", 10.0), ("running", 11.0)),
        {
            "to go on from running, 10.0 %.*it has ended as cancelled": goes_on(
                ("running", 10.0), ("cancelled", 10.0)
            ),
            "it has ended as completed": goes_on(("running", 10.0), ("completed", 100.0)),
            "the deadline passed": goes_on(("running", 10.0)),
        },
    ),
    Claim(
        "then the other one goes on at its worker",
        other_goes_on(("running", 10.0), ("running", 10.0), ("running", 11.0)),
        {
            "to go on from running, 10.0 %.*it has ended as cancelled": other_goes_on(
                ("running", 10.0), ("cancelled", 10.0)
            ),
            "it has ended as completed": other_goes_on(("running", 10.0), ("completed", 100.0)),
            "the deadline passed": other_goes_on(("running", 10.0)),
        },
    ),
    # the list of operations
    Claim("then the training is among them", listed(row()), {"ids in the list": listed(row("op_9"))}),
    Claim(
        "then the list shows it as completed within 2 seconds",
        listed(row()),
        {
            "within 2 s, but the deadline passed": listed(row(status="running")),
            "within 2 s, but": listed(row("op_9")),
        },
    ),
    Claim(
        "then the list shows it as it shows itself when looked up",
        both(op(), listed(alike())),
        {
            "status: running in the list, completed when looked up": both(
                op(), listed(alike(status="running"))
            ),
            "percentage: 40.0 in the list, 100.0": both(op(), listed(alike(progress_percentage=40.0))),
            "type: dummy in the list": both(op(), listed(alike(operation_type="dummy"))),
            "symbol: GBPUSD in the list, None when looked up": both(op(), listed(alike(symbol="GBPUSD"))),
            "creation: .* in the list": both(op(created_at="2026-11-22T08:59:00Z"), listed(alike())),
            "duration: 99.0 in the list, 332.0 from start to end": both(
                op(**COMPLETED_BODY), listed(alike(duration_seconds=99.0))
            ),
            "duration: 332.0 in the list, and then 332.1 after the end": both(
                op(**COMPLETED_BODY),
                listed(alike(duration_seconds=332.0)),
                lists_then(duration_seconds=332.1),
            ),
            "duration: None in the list": both(op(**COMPLETED_BODY), listed(alike())),
            "op_1 is not in the list": both(op(), listed(row("op_9"))),
        },
    ),
    Claim(
        "then the list shows it as it shows itself when looked up",
        both(
            op(**COMPLETED_BODY, metadata={"symbol": "EURUSD"}),
            listed(alike(symbol="EURUSD", duration_seconds=332.001)),
        ),
        {},
    ),
    Claim(
        "then every one of them is a training",
        listed(row(), row("op_2")),
        {
            "operation_type of the listed": listed(row(), row("op_2", operation_type="backtesting")),
            "operation_type of the listed operations: .*": listed(),
        },
    ),
    Claim(
        "then every one of them is a download",
        listed(row(operation_type="data_load")),
        {"operation_type of the listed": listed(row(operation_type="download"))},
    ),
    Claim(
        "then every one of them is a completed training",
        listed(row(), row("op_2")),
        {
            "operation_type of the listed": listed(row(), row("op_2", operation_type="backtesting")),
            "status of the listed": listed(row(), row("op_2", status="failed")),
        },
    ),
    Claim(
        "then every one of them is active",
        listed(row(status="running"), row("op_2", status="pending")),
        {"status of the listed": listed(row(status="running"), row("op_2"))},
    ),
    Claim(
        "then there are at most 2 of them",
        listed(row(), row("op_2")),
        {"number of listed operations": listed(row(), row("op_2"), row("op_3"))},
    ),
    Claim(
        "then there are exactly 2 of them",
        listed(row(), row("op_2")),
        {
            "listed operations: .*length of <2>": listed(row()),
            "length": listed(row(), row("op_2"), row("op_3")),
        },
    ),
    Claim(
        "then the list counts as many as there are",
        listed(row(), total=2, whole=[row(), row("op_2")]),
        {
            "total count: expected <2>, but was <3>": listed(row(), total=3, whole=[row(), row("op_2")]),
            "total count: expected <2>, but was <1>": listed(row(), whole=[row(), row("op_2")]),
        },
    ),
    Claim(
        "then the list counts as many active ones as there are",
        listed(row(), active=2, whole=[row(status="running"), row("op_2", "pending"), row("op_3")]),
        {
            "active count: expected <1>, but was <0>": listed(row(), whole=[row(status="running")]),
            "active count: expected <0>, but was <1>": listed(row(), active=1),
        },
    ),
    Claim(
        "then they are the newest ones after the first 1, newest first",
        listed(row("op_2", at=2), row(at=1), whole=[row(at=1), row("op_2", at=2), row("op_3", at=3)]),
        {
            "ids in the list": listed(row("op_3", at=3), row("op_2", at=2), whole=THREE),
            "op_2.*op_1": listed(row(at=1), row("op_2", at=2), whole=THREE),
        },
    ),
    Claim(
        "then they are the newest ones, newest first",
        listed(row("op_3", at=3), row("op_2", at=2), whole=[row(at=1), row("op_2", at=2), row("op_3", at=3)]),
        {
            "ids in the list": listed(row("op_2", at=2), row("op_3", at=3)),
            "op_3.*op_2": listed(row("op_2", at=2), whole=[row("op_2", at=2), row("op_3", at=3)]),
        },
    ),
    Claim(
        "then once it has completed, within 5 seconds, it is no longer among them",
        listed_when_ended(),
        {"still listed as running": listed_when_ended(row(status="running"))},
    ),
    # operations
    Claim(
        "then it completes within 5 seconds",
        op(),
        {
            "within 5 s, but the deadline passed": op(status="running", percentage=50.0),
            "ended as failed": op(status="failed"),
            "ended as cancelled": op(status="cancelled"),
            "op_1 is completed, but states the error 'out of memory'": op(error_message="out of memory"),
        },
    ),
    Claim(
        "then it fails within 5 seconds",
        op(status="failed"),
        {
            "ended as completed": op(),
            "deadline passed": op(status="running", percentage=50.0),
            "op_1 is failed, but has a result": op(status="failed", result_summary={"a": 1}),
        },
    ),
    Claim(
        "then the backend knows it within 5 seconds as a backtest that has not ended",
        op(kind=Kind.BACKTEST, status="running", operation_type="backtesting"),
        {
            "type of the operation: expected 'backtesting', but was 'training'": op(status="running"),
            "deadline passed": op(operation_type="backtesting"),
            "refused GET": lambda world: world.speaks_of(),
            "the start was answered only after 6.0 s": both(
                op(kind=Kind.BACKTEST, status="running", operation_type="backtesting"),
                answered_after(start_took_s=6.0),
            ),
        },
    ),
    Claim(
        "then its worker knows it under the same id",
        at_worker(),
        {
            "one of the workers to know training op_1": both(
                at_worker(), lambda world: world.script(f"GET /api/v1/operations/{ID}", (404, {}), W)
            ),
            "answered the lookup of op_1 with op_9": both(
                at_worker(),
                lambda world: world.script(
                    f"GET /api/v1/operations/{ID}", (200, {"data": body_of(operation_id="op_9")}), W
                ),
            ),
        },
    ),
    Claim(
        "then the backend does not know it",
        lambda world: world.speaks_of(),
        {
            "accepted a lookup of op_1": op(),
            "whether the lookup says not found": both(
                op(), lambda world: world.script(f"GET /operations/{ID}", (500, {"detail": "x"}))
            ),
        },
    ),
    Claim(
        "then its worker shows it as completed too",
        at_worker(),
        {"status at the worker": at_worker(status="running"), "<Status.FAILED": at_worker(status="failed")},
    ),
    Claim(
        "then its worker shows it as cancelled too within 5 seconds",
        at_worker(status="cancelled"),
        {
            "to end at worker .* within 5 s": at_worker(status="running"),
            "status at the worker.*<Status.COMPLETED": at_worker(),
        },
    ),
    Claim(
        "then it is cancelled within 5 seconds",
        op(status="cancelled", percentage=50.0),
        {
            "ended as completed": op(),
            "deadline passed": op(status="running", percentage=50.0),
            "op_1 is cancelled, but has a result": op(
                status="cancelled", percentage=50.0, result_summary={"a": 1}
            ),
            "op_1 is cancelled, but at 100 %": op(status="cancelled"),
            "the cancel was answered only after 6.0 s": both(
                op(status="cancelled", percentage=50.0), answered_after(cancel_took_s=6.0)
            ),
            "cancelled at the backend within 2 s, .* deadline passed": both(
                op(status="running", percentage=50.0), answered_after(cancel_took_s=3.0)
            ),
        },
    ),
    Claim(
        "then it is still cancelled, at the backend and at its worker, when it would have ended by itself",
        cancelled(("cancelled", 50.0), ("cancelled", 50.0)),
        {
            "the backend shows completed": cancelled(("completed", 100.0), ("cancelled", 50.0)),
            "worker training-worker-1 .* shows running": cancelled(("cancelled", 50.0), ("running", 50.0)),
        },
    ),
    Claim(
        "then it is still cancelled when it would have ended by itself",
        op(kind=Kind.DOWNLOAD, purpose="small", status="cancelled"),
        {"the backend shows completed": op(kind=Kind.DOWNLOAD, purpose="small")},
    ),
    Claim(
        "then its progress has stood still since",
        moved(50.0),
        {
            f"there were 1: {W}: 50.00 .* -> 51.00": moved(51.0),
            "there were 2: backend: never looked at": both(
                cancelled(("cancelled", 50.0), ("cancelled", 50.0)),
                lambda world: setattr(world.operation, "cancel_seen_at", time.monotonic()),
                lambda world: world.operations.worker_of(world.operation),
            ),
        },
    ),
    Claim("then it is still completed", op(), {"status: expected": op(status="running")}),
    Claim(
        "then a new training can start",
        new_one((200, {"task_id": "op_2"})),
        {
            "starting a smoke training was refused: HTTP 503": new_one((503, {"detail": "busy"})),
            "op_2 to be completed .*ended as failed": new_one((200, {"task_id": "op_2"}), "failed"),
            "without an operation id": new_one((200, {})),
        },
    ),
    Claim(
        "then I have seen at least 3 different percentages",
        seen((0.0, 0, ""), (40.0, 0, ""), (40.0, 0, ""), (70.0, 0, "")),
        {"percentages seen": seen((0.0, 0, ""), (40.0, 0, ""), (40.0, 0, "")), "was <0>": seen()},
    ),
    Claim(
        "then I have seen at least 3 different numbers of processed items",
        seen((10.0, 0, ""), (10.0, 40, ""), (10.0, 40, ""), (10.0, 70, ""), kind=Kind.BACKTEST),
        {
            "number of different numbers of items seen: .*was <2>": seen(
                (10.0, 40, ""), (20.0, 40, ""), (30.0, 70, ""), kind=Kind.BACKTEST
            ),
            "was <0>": seen(kind=Kind.BACKTEST),
        },
    ),
    Claim(
        "then at least one of them was between 20 % and 80 %",
        seen((10.0, 0, ""), (40.0, 0, ""), (90.0, 0, "")),
        {"percentages seen between 20 and 80": seen((20.0, 0, ""), (80.0, 0, "")), "was <0>": seen()},
    ),
    Claim(
        'then I have seen a step that names "bar"',
        seen((10.0, 0, "Loading"), (40.0, 0, "Processing bar 5")),
        {"steps seen": seen((10.0, 0, "Loading"), (40.0, 0, "")), "steps seen: ": seen()},
    ),
    Claim(
        "then it ended at 100 %",
        op(),
        {"percentage at the end: expected <100.0>, but was <99.9>": op(percentage=99.9)},
    ),
    Claim(
        "then its percentage never went down",
        seen((10.0, 0, ""), (10.0, 0, ""), (40.0, 0, "")),
        {
            "there were 1: from 40 to 10": seen((40.0, 0, ""), (10.0, 0, "")),
            "only 1 look was made": seen((40.0, 0, "")),
        },
    ),
    Claim(
        "then its number of processed items never went down",
        seen((10.0, 5, ""), (10.0, 5, ""), (40.0, 9, "")),
        {
            "there were 1: from 9 to 5": seen((10.0, 9, ""), (40.0, 5, "")),
            "only 0 look was made": seen(),
        },
    ),
    Claim(
        "then the backend states when it ended",
        op(**COMPLETED_BODY),
        {"completed_at of the completed training": op(), "but was <None>": op(completed_at=None)},
    ),
    Claim(
        "then it ended after it began",
        op(**COMPLETED_BODY),
        {
            "end of the training": op(**{**COMPLETED_BODY, "started_at": "2026-11-22T09:00:00Z"}),
            "end of the training: .*09:30": op(**{**COMPLETED_BODY, "started_at": "2026-11-22T09:30:00Z"}),
            "end of the training: .*None": op(**{**COMPLETED_BODY, "completed_at": None}),
            "a value greater than <None>": op(**{**COMPLETED_BODY, "started_at": None}),
        },
    ),
    Claim(
        'then the backend states a reason that names "NOSUCH"',
        op(status="failed", error_message="no bars of NOSUCH"),
        {
            "error_message of the failed training at the backend": op(
                status="failed", error_message="failed"
            ),
            "error_message of the cancelled training": op(status="cancelled", percentage=50.0),
            "'no reason'": op(status="failed"),
        },
    ),
    Claim(
        'then the cancel is answered with the reason "no luck"',
        acknowledged("no luck"),
        {
            "cancellation_reason in the answer to the cancel: .*was 'bad luck'": acknowledged("bad luck"),
            "but was <None>": acknowledged(None),
        },
    ),
    Claim(
        "then the reason is stated in plain words",
        op(status="failed", error_message="no bars"),
        {
            "the stated reason": op(status="failed", error_message=TRACE),
            "no reason": op(status="failed"),
            "the stated reason: .*KeyError": op(status="failed", error_message="KeyError('x')"),
            "the stated reason: .*0x7f": op(status="failed", error_message="<Bars object at 0x7f01> broke"),
        },
    ),
    *(
        Claim(
            "then its result is of the symbol and the timeframe that were asked for",
            shows(result_summary={"symbol": symbol, "timeframe": "1d"}),
            {
                "symbol and timeframe of the result: .*'GBPUSD'": shows(
                    result_summary={"symbol": "GBPUSD", "timeframe": "1d"}
                ),
                "symbol and timeframe of the result: .*was <?\\('\\w+', '1h'\\)": shows(
                    result_summary={"symbol": symbol, "timeframe": "1h"}
                ),
                "symbol and timeframe of the result: .*None": shows(result_summary={"symbol": symbol}),
                "was <?\\(None, None\\)": shows(),
            },
        )
        for shows, symbol in (
            (partial(at_worker, Kind.BACKTEST), "EURUSD"),
            (partial(op, kind=Kind.DOWNLOAD, purpose="small"), "AAPL"),
        )
    ),
    Claim(
        "then they are those of its worker",
        both(at_worker(result_summary={"a": 1}), op(), results_of(a=1)),
        {
            "the results: expected <{'a': 1}>": both(
                at_worker(result_summary={"a": 1}), op(), results_of(a=2)
            ),
            "but was <{}>": both(at_worker(result_summary={"a": 1}), op(), results_of()),
        },
    ),
    Claim(
        "then its metrics, asked for alone, are those that its lookup shows",
        both(epochs(epoch(0), epoch(1)), metrics_route(epoch(0), epoch(1))),
        {
            "there were 1: epoch 1": both(epochs(epoch(0), epoch(1)), metrics_route(epoch(0))),
            "there were 1: epoch 0": both(epochs(epoch(0)), metrics_route(epoch(0, train_loss=0.9))),
            "there were 1: epoch 2": both(epochs(epoch(0)), metrics_route(epoch(0), epoch(2))),
            "the lookup shows no epoch": both(epochs(), metrics_route()),
            "op_1 were answered with those of op_9": both(epochs(epoch(0)), metrics_route(id="op_9")),
        },
    ),
    Claim(
        "then its metrics, asked for alone, are those that its lookup shows",
        both(op(metrics={"epochs": [[epoch(0)], 1, [epoch(0)], 1]}), metrics_route([epoch(0)], 1)),
        {},
    ),
    Claim(
        "then it asks for what the failed one asked for",
        run_again(ASKED, ASKED),
        {
            "type: 'training' and then 'backtesting'": run_again(ASKED, ASKED, operation_type="backtesting"),
            "symbol: 'EURUSD' and then 'GBPUSD'": run_again(ASKED, {**ASKED, "symbol": "GBPUSD"}),
            "timeframe: '1d' and then None": run_again(ASKED, {"symbol": "EURUSD"}),
            "start_date: '2024-01-01' and then None": run_again(ASKED, {**ASKED, "start_date": None}),
            "end_date": run_again(ASKED, {**ASKED, "end_date": "2024-12-31"}),
            "strategy: 'a' and then 'b'": run_again(ASKED, {**ASKED, "parameters": {"strategy_name": "b"}}),
        },
    ),
    Claim(
        "then its result is of the symbol and the timeframe that were asked for",
        at_worker(result_summary={"data_summary": {"symbols": ["EURUSD"], "timeframes": ["1d"]}}),
        {
            "symbol and timeframe of the result: .*'AAPL'": at_worker(
                result_summary={"data_summary": {"symbols": ["AAPL"], "timeframes": ["1d"]}}
            ),
            "symbol and timeframe of the result: .*'1h'": at_worker(
                result_summary={"data_summary": {"symbols": ["EURUSD"], "timeframes": ["1h"]}}
            ),
            "'GBPUSD'\\]": at_worker(
                result_summary={"data_summary": {"symbols": ["EURUSD", "GBPUSD"], "timeframes": ["1d"]}}
            ),
            "was <?\\(None, None\\)": at_worker(result_summary={"data_summary": {}}),
        },
    ),
    Claim(
        "then its results can be read",
        results((200, {**RESULTS_OF, "results": {"a": 1}})),
        {
            words: results(reply)
            for words, reply in {
                "entries in the results": (200, {**RESULTS_OF, "results": {}}),
                "was <0>": (200, {**RESULTS_OF, "results": None}),
                "<0>": (200, {**RESULTS_OF, "results": [1]}),
                "with those of None": (200, [1]),
                r"with those of \('op_9', 'completed'\)": (
                    200,
                    {**RESULTS_OF, "operation_id": "op_9", "results": {"a": 1}},
                ),
                "'running'": (200, {**RESULTS_OF, "status": "running", "results": {"a": 1}}),
                "refused GET": (404, {"detail": "none"}),
                "success: false": (200, {"success": False, "results": {"a": 1}}),
            }.items()
        },
    ),
    Claim(
        "then the backend shows it as running for 2 seconds",
        op(status="running", percentage=50.0),
        {
            "to be shown as running throughout 2.0 s, but after .* it is shown as failed": op(
                status="failed"
            ),
            "it is shown as completed": op(),
            "refused GET": both(
                op(), lambda world: world.script(f"GET /operations/{ID}", (500, {"detail": "x"}))
            ),
            "it is shown as pending": both(
                op(),
                lambda world: world.script(
                    f"GET /operations/{ID}",
                    [(200, {"data": body_of(status, 50.0)}) for status in ("running", "running", "pending")],
                ),
            ),
        },
    ),
    Claim(
        "then the reason names its worker",
        both(at_worker(), lambda world: world.shows("failed", error_message=f"{W} is lost")),
        {
            "the stated reason: .*'no worker'": both(
                at_worker(), lambda world: world.shows("failed", error_message="no worker")
            ),
            "the stated reason: .*'no reason'": both(at_worker(), lambda world: world.shows("failed")),
        },
    ),
    Claim(
        "then the reason says that the disk is full",
        op(status="failed", error_message="[Errno 28] No space left on device"),
        {
            "the stated reason: .*'disk'": op(status="failed", error_message="disk"),
            "the stated reason: .*'no reason'": op(status="failed"),
        },
    ),
    Claim(
        "then the reason says that the disk is full",
        op(status="failed", error_message="cannot save: the disk is full"),
        {"diskette": op(status="failed", error_message="full of diskettes")},
    ),
    Claim(
        "then three clients that look at the same moment see the same",
        clients(0, 0, 0, 0, 0),
        {
            "different answers to looks at the same moment: .*there were 1: .*11 items .* 12 items": clients(
                1, 0, 0, 0, 0
            ),
            "there were 1: .*51 items .* 52 items": clients(0, 0, 0, 0, 1),
            "there were 2: ": clients(0, 1, 1, 0, 0),
        },
    ),
    Claim(
        "then the backend is never ahead of its worker",
        pairs((10.0, 10.0), (40.0, 45.0), (80.0, 80.0)),
        {
            "there were 1: backend running, 41.0 %": pairs((10.0, 10.0), (41.0, 40.0), (50.0, 60.0)),
            "looks at which the backend was ahead": pairs((100.0, 0.0)),
        },
    ),
    # the platform
    Claim("then it reports itself healthy", health(), {"status in the health": health("degraded")}),
    Claim(
        "then it states its version", health(), {"version": health(version="dev"), "''": health(version="")}
    ),
    Claim(
        "then it answered within 2 seconds",
        health(elapsed_s=1.999),
        {"seconds until the answer": health(elapsed_s=2.0)},
    ),
    Claim(
        "then the backend is still healthy",
        backend_health(200, {"status": "ok", "version": "1"}),
        {
            "status in the health": backend_health(200, {"status": "degraded", "version": "1"}),
            "refused GET": backend_health(503, {"detail": "x"}),
            "without|its version": backend_health(200, {"status": "ok"}),
        },
    ),
    # refusals
    Claim(
        "then the request is refused as a client error",
        refusal(422),
        {
            "expected a client error, but it said HTTP 500: no": refusal(500),
            "HTTP 503": refusal(503),
            **{f"HTTP {status}": refusal(status) for status in (401, 403, 405, 429)},
        },
    ),
    Claim(
        "then it is reported as not found",
        refusal(404),
        {"expected not found, but it said HTTP 422": refusal(422), "HTTP 410": refusal(410)},
    ),
    Claim(
        'then the message names "NOSUCH"',
        refusal(message="no NOSUCH here"),
        {"message of the refusal": refusal(message="no", text="NOSUCH")},
    ),
    Claim(
        "then the message names the training",
        both(op(), refusal(message="op_1 cannot be cancelled")),
        {"message of the refusal": both(op(), refusal(message="cannot be cancelled"))},
    ),
    Claim(
        'then the message names the field "symbol"',
        refusal(message="validation failed: symbol: missing"),
        {
            "expected a complaint about 'symbol', but it said HTTP 422: no": refusal(),
            "symbols: missing": refusal(message="symbols: missing", fields=("symbols",)),
            "my_symbol": refusal(message="my_symbol"),
        },
    ),
    Claim(
        'then the message names the field "symbol"',
        refusal(fields=("timeframe", "symbol")),
        {"fields: timeframe": refusal(fields=("timeframe",))},
    ),
    Claim(
        "then nothing has been started by it",
        started_since(),
        {"operations started since the request: .*op_7": started_since("op_7")},
    ),
    Claim(
        "then no training has been started",
        started_since(),
        {"trainings started since the request: .*op_7": started_since("op_7")},
    ),
    Claim(
        "then the refusal says that no worker is free",
        refusal(503, "No workers available"),
        {
            "expected that no worker is free, but it said HTTP 500": refusal(500, "no worker"),
            "422": refusal(422, "no worker"),
            "expected that no worker is free, but it said HTTP 503: overloaded": refusal(503, "overloaded"),
        },
    ),
    Claim(
        "then the refusal says that the worker is busy",
        refusal(503, "Maximum concurrent sessions (1) reached"),
        {
            "that it is busy just now, but it said HTTP 500: no": refusal(500),
            "but it said HTTP 409: busy": refusal(409, "busy"),
        },
    ),
    Claim(
        "then the refusal says what to do about it",
        refusal(503, hint="Start a worker."),
        {
            "hint of the refusal: .*'none'": refusal(503, "start a worker"),
            "'hint'": refusal(503, hint="hint"),
        },
    ),
    Claim(
        "then the answer shows no stack trace",
        refusal(text='{"detail": "no File: KeyError (7), Exception at 10:00 in 0x7f"}'),
        {
            "text of the answer": refusal(text=f'{{"detail": "{TRACE}"}}'),
            "text of the answer: .*KeyError": refusal(text='{"detail": "KeyError(\'x\')"}'),
            "text of the answer: .*MyException": refusal(text='{"detail": "MyException(7)"}'),
            "text of the answer: .*0x7f": refusal(text='{"detail": "<Bars object at 0x7f01>"}'),
            "text of the answer: expected not": refusal(text='{"detail": "File \\"a.py\\", line 7"}'),
        },
    ),
    # services
    Claim(
        "then each of them says that it is well",
        says(unwell=[]),
        {"services that are not well: .*there were 1: w1 says": says(unwell=["w1 says no"])},
    ),
    Claim(
        "then asked again, each of them states a later time within 2 seconds",
        health_times("10:00:00", "10:00:00", "10:00:01"),
        {
            f"later time within 2 s, but the deadline passed; .* no later time: {W}, ib-host": health_times(
                "10:00:00"
            ),
            f"no later time: {W}, ib-host": health_times("10:00:01", "10:00:00"),
            "timestamp": health_times("soon"),
        },
    ),
    Claim(
        "then every worker is listed again within 15 seconds",
        listed_before(W),
        {
            f"listed again \\({W}, w9\\) within 15 s, but .* w9 not registered": listed_before(W, "w9"),
            "temporarily_unavailable": both(
                listed_before(W), its_worker_listed_as("temporarily_unavailable")
            ),
            "workers before": listed_before(),
        },
    ),
    # strategies
    Claim(
        'then "mlp" is one of them',
        says(strategies={"mlp": 1, "lstm": None}),
        {"names of the strategies": says(strategies={"mlp2": 1}), "was <{}>": says(strategies={})},
    ),
    Claim(
        "then its strategy is listed with a newer version than before",
        versions(1, 2),
        {
            "latest version of .*, but was <1>": versions(1, 1),
            r"not one of \(<None>\), but was <None>|\(<None>, <None>\), but was <None>": versions(None, None),
            r"not one of \(<None>, <1>\), but was <None>": versions(1, None),
        },
    ),
    Claim("then it is valid", validation(True), {"whether it is valid": validation(False)}),
    Claim("then it is not valid", validation(False), {"whether it is valid": validation(True)}),
    Claim(
        'then its errors name "ema_20"',
        validation(False, ("error", "no fuzzy set for ema_20")),
        {
            "what its errors say: .*rsi": validation(False, ("error", "no fuzzy set for rsi")),
            "what its errors say: .*'nothing'": validation(False, ("warning", "ema_20")),
        },
    ),
    Claim(
        "then no errors are named",
        validation(True, ("warning", "ema_20 is not used")),
        {
            "what its errors say: .*no fuzzy set for rsi": validation(
                True, ("warning", "ema_20"), ("error", "no fuzzy set for rsi")
            ),
        },
    ),
    # results of trainings
    Claim(
        "then the backend shows its result",
        op(result_summary={"a": 1}),
        {"result_summary of the completed training at the backend": op(), "was <{}>": op(result_summary={})},
    ),
    Claim(
        "then its worker shows its result",
        at_worker(result_summary={"a": 1}),
        {"result_summary at the worker": at_worker(), "was <{}>": at_worker(result_summary={})},
    ),
    *(
        Claim(
            f"then {result} counts 250 samples, give or take 10 %",
            shows(result_summary=HEALTHY),
            {
                "number of samples": shows(result_summary={"data_summary": {"total_samples": 200}}),
                "no number at data_summary.total_samples": shows(),
            },
        )
        for result, shows in (("its result", op), ("the result at its worker", at_worker))
    ),
    Claim(
        "then each of the trainings has left a model of its own",
        left_models("1d_v1", "1d_v2"),
        {
            "there were 2: op_1: 1d_v1; op_2: 1d_v1": left_models("1d_v1", "1d_v1"),
            "there were 1: op_2: no model": left_models("1d_v1", None),
            "fewer than two trainings were started": left_models("1d_v1"),
        },
    ),
    Claim(
        "then the result at its worker counts 10 epochs",
        at_worker(result_summary=HEALTHY),
        {
            "epochs trained: expected <10>, but was <9.0>": at_worker(
                result_summary={"training_metrics": {"epochs_trained": 9}}
            ),
            "no number at training_metrics.epochs_trained": at_worker(),
        },
    ),
    Claim(
        "then the result at its worker is not that of a collapsed model",
        at_worker(result_summary=HEALTHY),
        {
            "its test accuracy is 100.0%": at_worker(
                result_summary={**HEALTHY, "test_metrics": {"test_accuracy": 1.0}}
            ),
            "no number at": at_worker(),
        },
    ),
    Claim(
        "then the backend lists two epochs of it",
        epochs(epoch(0), epoch(1)),
        {"different epochs": epochs(epoch(0)), "length of <2>": epochs(epoch(0), epoch(0)), "\\[\\]": op()},
    ),
    Claim(
        "then they stand there in order",
        epochs(epoch(0), epoch(1)),
        {"epoch 2 where 1 was due": epochs(epoch(0), epoch(2)), "no epoch": op()},
    ),
    Claim(
        "then none of them stands there twice",
        epochs(epoch(0), epoch(1)),
        {"there were 1: epoch 0 2 times": epochs(epoch(0), epoch(0)), "no epoch": op()},
    ),
    Claim(
        "then each epoch has loss and accuracy for training and validation",
        epochs(epoch(0), epoch(1)),
        {"there were 1: epoch 1: val_loss": epochs(epoch(0), epoch(1, val_loss=None)), "every epoch": op()},
    ),
    Claim(
        "then the figures of its result are those of its last epoch",
        trained(epoch(0), epoch(1, **LAST)),
        {
            "there were 1: val_loss: 0.967111 in the result, 0.9 in epoch 1": trained(
                epoch(0), epoch(1, **LAST | {"val_loss": 0.9})
            ),
            "there were 4: train_loss: 0.714964 in the result, 1.0 in epoch 1": trained(
                epoch(0, **LAST), epoch(1)
            ),
            "val_accuracy: 0.595745 in the result, None in epoch 1": trained(
                epoch(1, **LAST | {"val_accuracy": None})
            ),
            "there were 1: no epoch is listed": trained(),
            "no number at training_metrics.final_train_loss": both(at_worker(), epochs(epoch(0))),
        },
    ),
    # trainings
    Claim(
        "then its details name its symbol and its strategy",
        op(metadata={"symbol": "EURUSD", "parameters": {"strategy_name": "test_e2e_local_pull"}}),
        {
            "symbol and strategy": op(metadata={"symbol": "EURUSD"}),
            "'GBPUSD'": op(
                metadata={"symbol": "GBPUSD", "parameters": {"strategy_name": "test_e2e_local_pull"}}
            ),
            "None": op(),
        },
    ),
    Claim(
        "then the failed training is still failed, for the same reason",
        failed_before("no bars", status="failed", error_message="no bars"),
        {
            "status and reason": failed_before("no bars", status="completed"),
            "no reason": failed_before("no bars", status="failed"),
            "'restarted'": failed_before("no bars", status="failed", error_message="restarted"),
            "reason of the failed training, before": failed_before("no reason", status="failed"),
        },
    ),
    Claim(
        "then I have seen the name of an epoch",
        seen((0.0, 0, "Loading"), (40.0, 0, "Epoch 3/10")),
        {"first words of the steps": seen((40.0, 0, "Loading Epochs")), "steps seen": seen()},
    ),
    *(
        Claim(
            f"then its {what} never went down{since}",
            seen((60.0, 60, "Loading"), (10.0, 10, "Epoch 1/9"), (20.0, 20, "Epoch 2/9")),
            {
                f"falls of the {measure}: .*there were 1: from {falls}": seen(
                    (20.0, 20, "Epoch 2/9"), (10.0, 10, "Epoch 1/9")
                ),
                "no epoch was ever seen": seen((20.0, 20, "Loading"), (30.0, 30, "Loading")),
            },
        )
        for what, measure, since, falls in (
            ("percentage", "percentage", " from the first epoch on", "20 to 10"),
            ("epoch", "epoch", "", "2 to 1"),
            ("number of processed items", "processed items", " from the first epoch on", "20 to 10"),
        )
    ),
    # workers
    Claim(
        "then its worker says within 2 seconds that it is busy with it",
        worker("busy", ID),
        {
            "busy with operation op_1 within 2 s, but .*idle, operation None": worker("idle"),
            "busy, operation op_9": worker("busy", "op_9"),
        },
    ),
    Claim(
        "then its worker is free within 2 seconds",
        worker(),
        {
            "busy at the backend, idle by its own word": worker(listed_as="busy"),
            "available at the backend, busy by its own word": worker("busy"),
            "available at the backend, idle with op_9 by its own word": worker("idle", "op_9"),
        },
    ),
    Claim(
        "then the lost worker is free within 2 seconds",
        both(worker(), its_worker_listed_as("busy", "available")),
        {"not registered at the backend": its_worker_listed_as("busy", "")},
    ),
    Claim(
        "then it ran at a worker that had not been lost",
        lost("training-worker-2"),
        {f"worker that ran it: .*'{W}'": lost(W)},
    ),
    Claim(
        "then its worker is shown as temporarily unavailable within 60 seconds",
        its_worker_listed_as("busy", "available", "temporarily_unavailable"),
        {
            "listed as temporarily_unavailable within 60 s, .*last value was busy": its_worker_listed_as(
                "busy"
            ),
            "last value was not registered": its_worker_listed_as("busy", ""),
        },
    ),
    Claim(
        "then its worker is forgotten within 6 minutes",
        both(worker(), its_worker_listed_as("temporarily_unavailable", "")),
        {
            "last value was temporarily_unavailable": both(
                worker(), its_worker_listed_as("temporarily_unavailable")
            )
        },
    ),
    *(
        Claim(
            "then its worker is shown as reachable within 30 seconds",
            its_worker_listed_as("temporarily_unavailable", state),
            {
                "listed as available or busy within 30 s": its_worker_listed_as("temporarily_unavailable"),
                "last value was not registered": its_worker_listed_as(""),
            },
        )
        for state in ("busy", "available")
    ),
    Claim(
        "then a training worker is listed with its kind, its address and its state",
        workers(),
        {
            "no training worker is listed": workers(kind="backtesting"),
            f"{W}: no address": workers(endpoint_url=""),
            f"{W}: the state 'sleepy'": workers(status="sleepy"),
            "the state 'temporarily_unavailable'": workers(status="temporarily_unavailable"),
        },
    ),
    Claim(
        "then no worker is listed twice",
        lambda world: world.has_workers(W, "training-worker-2"),
        {
            f"workers that are listed twice: .*there were 2: {W} .2 times.; http": lambda world: (
                world.has_workers(W, W)
            ),
            "there were 1: http://w:1 .2 times.": lambda world: world.has_workers(
                W, "training-worker-2", endpoint_url="http://w:1"
            ),
        },
    ),
    Claim(
        "then it is listed once, at that address",
        moved_to("http://W:1", "http://W:1"),
        {
            f"addresses of {W}: .* was <\\['http://w:1'\\]>": moved_to("http://W:1", "http://w:1"),
            "was <\\['http://W:1', 'http://w:1'\\]>": moved_to("http://W:1", "http://W:1", "http://w:1"),
            "was <\\[\\]>": moved_to("http://W:1"),
        },
    ),
    # KTRDR's command
    Claim(
        "then KTRDR's command succeeds within 5 seconds",
        ran((0, "")),
        {
            "exit status of ktrdr do: .*was <1>.*it printed no luck": ran((1, "no luck")),
            "was <-2>": ran((-2, "")),
            "ktrdr do did not end within 5 s": ran(None),
        },
    ),
    Claim(
        "then KTRDR's command says within 5 seconds that it has failed",
        ran((1, "")),
        {
            "exit status of ktrdr do: .*was <0>": ran((0, "fine")),
            "was <2>": ran((2, "no such option")),
            "was <-15>": ran((-15, "")),
            "ktrdr do did not end within 5 s": ran(None),
        },
    ),
    Claim(
        "then KTRDR's command still watches it",
        ran(None),
        {"whether the command still runs": ran((0, ""))},
    ),
    Claim(
        "then KTRDR's command has named it within 2 seconds",
        ran((0, STARTED_H), "H", 1.9),
        {
            "seconds until the command had named it: .*was <2.0>": ran((0, STARTED_H), "H", 2.0),
            "did not end": ran(None, "H"),
        },
    ),
    Claim(
        "then a program can read its id, its kind and that it has started",
        both(op(), ran((0, STARTED_H), "H")),
        {
            "no JSON: 'Started training: op_1'": both(op(), ran((0, "Started training: op_1"), "H")),
            "'operation_id': None": both(op(), ran((0, "[]"), "H")),
            "'operation_id': 'op_2'": both(op(), ran((0, STARTED_H.replace("op_1", "op_2")), "H")),
            "'type': 'backtest'": both(op(), ran((0, STARTED_H.replace("training", "backtest")), "H")),
            "'status': None": both(op(), ran((0, STARTED_H.replace("status", "state")), "H")),
        },
    ),
    Claim(
        "then KTRDR's command lists the same operations as the backend, in the same states",
        command_lists(LIST_S, row("op_short"), CANCELLED_ROW),
        {
            "op_new is not listed by the command": command_lists(
                LIST_S, row("op_short"), CANCELLED_ROW, row("op_new")
            ),
            f"{LONG_ID} is not listed by the command": command_lists(
                LIST_S.replace("1122_222654", "1122_222655"), row("op_short"), CANCELLED_ROW
            ),
            "1122_222654_4b5e75af... is listed by the command alone": command_lists(LIST_S, row("op_short")),
            f"{LONG_ID} is cancelled to the command, running at the backend": command_lists(
                LIST_S, row("op_short"), row(LONG_ID, "running")
            ),
            "op_short is listed 2 times": command_lists(
                LIST_S + "│ op_short │ training │ COMPLETED │", row("op_short"), CANCELLED_ROW
            ),
            "operations in both lists": command_lists("No operations found"),
            "ended with exit status 1": command_lists(LIST_S, row("op_short"), CANCELLED_ROW, status=1),
        },
    ),
    Claim(
        "then KTRDR's command shows it as the backend does",
        command_shows(STATUS_S),
        {
            "status: completed by the command, cancelled at the backend": command_shows(
                STATUS_S, status="cancelled"
            ),
            "percentage: 100.0 by the command, 90.0 at the backend": command_shows(STATUS_S, percentage=90.0),
            "id: op_2 by the command": command_shows(STATUS_S.replace("op_1", "op_2")),
            "percentage: None by the command": command_shows(STATUS_S.replace("100.0%", "all")),
            "an operation without its Status": command_shows(STATUS_S.replace("Status ", "State  ")),
            "an operation without its Operation ID, Status, Percentage": command_shows("Error"),
        },
    ),
    Claim(
        "then the worker that has it is one of those listed for a training",
        at_worker(),
        {
            "workers of the kind": both(
                at_worker(),
                lambda world: world.operations.worker_of(world.operation),
                lambda world: world.has_workers("training-worker-2"),
            ),
        },
    ),
]
BAD = [(claim, words) for claim in CLAIMS for words in claim.bad]


def world_of(arrange: Arrange) -> ScriptedWorld:
    world = scripted_world(clock=FakeClock())
    arrange(world)
    world.waiter.checks = 0
    return world


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.sentence)
def test_a_sentence_passes_on_what_it_claims_and_has_checked_something(claim: Claim) -> None:
    world = world_of(claim.good)
    world.say(claim.sentence)
    assert world.waiter.checks > 0


@pytest.mark.parametrize(("claim", "words"), BAD, ids=lambda part: getattr(part, "sentence", part))
def test_a_sentence_fails_on_what_breaks_its_claim_and_says_so(claim: Claim, words: str) -> None:
    world = world_of(claim.bad[words])
    with pytest.raises(AssertionError, match=f"(?s){words}") as caught:
        world.say(claim.sentence)
    assert category_of(caught.value) in (Category.CODE_BUG, Category.CONFIGURATION)


def test_there_is_such_a_proof_of_every_then_sentence() -> None:
    load_sentences()
    proven = {
        match.func
        for claim in CLAIMS
        if (match := registry.find_match(SimpleNamespace(step_type="then", name=claim.sentence[5:])))
    }
    missing = [
        step.pattern
        for step in registry.steps["then"]
        if step.func not in proven and not any(f"steps/{name}.py" in str(step.location) for name in ELSEWHERE)
    ]
    assert missing == []


def test_a_service_that_is_gone_is_never_ktrdr_s_fault() -> None:
    world = world_of(op())
    world.script(f"GET /operations/{ID}", EnvironmentFault("gone"))
    with pytest.raises(EnvironmentFault):
        world.say("then it is still completed")
