# ruff: noqa: T201 - a command prints
"""A stand-in of KTRDR's own command, in both of its forms, that can be told to lie.

`STAND_IN_SET` is S or H, `STAND_IN_LIES` the lies that it tells, separated by commas. Only the standard
library: it starts in some 50 ms.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    # Imported where they are used: a help has to come at once, on a busy machine too.
    import argparse

LIES = {
    "success-fails": "watching what completes ends with 1",
    "failure-succeeds": "watching what fails ends with 0",
    "refusal-succeeds": "a refused start ends with 0",
    "refusal-says-nothing": "a refused start does not say why",
    "starts-another": "a training with another strategy is started",
    "starts-all-the-same": "what was refused is started with what there is",
    "list-hides-one": "the last row of the list is left out",
    "list-lies": "every operation is listed as completed",
    "status-lies": "half of the percentage is shown",
    "cancel-does-nothing": "a cancel is acknowledged and not asked for",
    "late-cancel-succeeds": "a cancel that is refused ends with 0",
    "interrupt-detaches": "Ctrl+C leaves the operation running",
    "interrupt-succeeds": "Ctrl+C ends with 0",
    "gives-up-watching": "the command does not watch to the end",
    "names-late": "the id is named after more than 2 seconds",
    "names-another": "another id is named",
    "answers-otherwise": "what is started is said to be running",
    "slow-help": "the help takes a second",
}
ENDED = ("completed", "failed", "cancelled")
SET = os.environ.get("STAND_IN_SET", "S")
TOLD = frozenset(filter(None, os.environ.get("STAND_IN_LIES", "").split(",")))
assert set(LIES) >= TOLD, TOLD - set(LIES)


class Refused(Exception):
    pass


def lies(name: str) -> bool:
    assert name in LIES
    return name in TOLD


class Ktrdr:
    """The backend, and whether somebody has pressed Ctrl+C."""

    def __init__(self, url: str, as_json: bool = False) -> None:
        self.url = url if url.endswith("/api/v1") else f"{url}/api/v1"
        self.as_json = as_json
        self.interrupted = threading.Event()
        signal.signal(signal.SIGINT, lambda *_: self.interrupted.set())

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        import urllib.error
        import urllib.request

        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, method=method)
        request.add_header("Content-Type", "application/json")
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as refusal:
            raise Refused(refusal.read().decode()) from None

    def look(self, operation_id: str) -> Any:
        return self.ask("GET", f"/operations/{operation_id}")["data"]

    def rows(self, limit: int) -> list[Any]:
        rows: list[Any] = self.ask("GET", f"/operations?limit={limit}")["data"]
        if lies("list-lies"):
            rows = [{**row, "status": "completed"} for row in rows]
        return rows[:-1] if lies("list-hides-one") else rows

    def start(self, path: str, body: dict[str, Any]) -> str:
        if lies("starts-another") and body["strategy_name"] == "test_e2e_local_pull":
            body = {**body, "strategy_name": "neuro_mean_reversion"}
        answer = self.ask("POST", path, body)
        return str(answer.get("task_id") or answer["operation_id"])

    def watch(self, operation_id: str) -> int:
        """Watch an operation to its end; Ctrl+C cancels it."""
        while True:
            shown = self.look(operation_id)
            if lies("gives-up-watching"):
                return 0
            if shown["status"] in ENDED:
                break
            if self.interrupted.wait(0.1):
                if not lies("interrupt-detaches"):
                    self.ask("DELETE", f"/operations/{operation_id}")
                print("Operation cancelled by user")
                return 0 if lies("interrupt-succeeds") else 1
        print(f"{shown['status']}: {shown.get('error_message')}")
        if shown["status"] == "completed":
            return 1 if lies("success-fails") else 0
        return 0 if lies("failure-succeeds") else 1

    def cancel(self, operation_id: str) -> Any:
        if lies("cancel-does-nothing"):
            return {"operation_id": operation_id, "status": "cancelled"}
        return self.ask("DELETE", f"/operations/{operation_id}")["data"]


def shown_to_user(operation: Any) -> Any:
    percentage = operation["progress"]["percentage"] / (2 if lies("status-lies") else 1)
    return {**operation, "progress": {**operation["progress"], "percentage": percentage}}


def table(*rows: list[str]) -> None:
    for row in rows:
        print("│ " + " │ ".join(row) + " │")


def refused(refusal: Refused, ktrdr: Ktrdr, late_cancel: bool = False) -> int:
    said = "no" if lies("refusal-says-nothing") else str(refusal)
    if ktrdr.as_json:
        print(json.dumps({"status": "error", "message": said}))
    else:
        print(f"Error: {said}", file=sys.stderr)
    return 0 if lies("late-cancel-succeeds" if late_cancel else "refusal-succeeds") else 1


def training(
    name: str, asked: argparse.Namespace, symbols: list[str], timeframes: list[str]
) -> dict[str, Any]:
    dates = {"start_date": asked.start, "end_date": asked.end}
    return {"strategy_name": name, "symbols": symbols, "timeframes": timeframes, **dates}


def started(ktrdr: Ktrdr, path: str, body: dict[str, Any]) -> str:
    """Start something; a lie is to start what there is in place of what there is not."""
    try:
        return ktrdr.start(path, body)
    except Refused:
        if lies("starts-all-the-same"):
            ktrdr.start(path, {**body, "strategy_name": "test_e2e_local_pull"})
        raise


def set_s(words: list[str]) -> int:
    print("2026-11-22 22:26:05,102 | \x1b[92mINFO\x1b[0m | ktrdr | KTRDR logging initialized")
    if words == ["--help"]:
        return help_of("data backtest dummy operations indicators ib models strategies fuzzy deploy")
    import argparse
    from pathlib import Path

    group, command, *rest = words
    parser = argparse.ArgumentParser()
    for name in ("--start-date", "--end-date"):
        parser.add_argument(name, dest=name[2:].partition("-")[0])
    parser.add_argument("--model-path", dest="model")
    parser.add_argument("--limit", type=int, default=50)
    parser.add_argument("what", nargs="*")
    asked = parser.parse_intermixed_args(rest)
    ktrdr = Ktrdr(os.environ["KTRDR_API_CLIENT_BASE_URL"])
    try:
        if (group, command) == ("models", "train"):
            file = Path(asked.what[0])
            if not file.exists():
                print(f"❌ Error: Strategy file not found: {file}")
                return 1
            body = training(file.stem, asked, asked.what[1:2], asked.what[2:3])
            return ktrdr.watch(started(ktrdr, "/trainings/start", body))
        if (group, command) == ("backtest", "run"):
            name, symbol, timeframe = asked.what
            body = {"strategy_name": name, "symbol": symbol, "timeframe": timeframe}
            body.update(start_date=asked.start, end_date=asked.end)
            return ktrdr.watch(started(ktrdr, "/backtests/start", body))
        if command == "list":
            heads = ["Operation ID", "Type", "Status", "Progress", "Symbol", "Duration"]
            table(heads, *(row_s(one) for one in ktrdr.rows(asked.limit)))
        elif command == "status":
            one = shown_to_user(ktrdr.look(asked.what[0]))
            facts = {"Operation ID": one["operation_id"], "Status": one["status"].upper()}
            table(["Property", "Value"], *([key, value] for key, value in facts.items()))
            table(["Property", "Value"], ["Percentage", f"{one['progress']['percentage']:.1f}%"])
        elif command == "cancel":
            print(f"✅ Successfully cancelled operation: {ktrdr.cancel(asked.what[0])['operation_id']}")
    except Refused as refusal:
        return refused(refusal, ktrdr, command == "cancel")
    return 0


def row_s(one: Any) -> list[str]:
    short = one["operation_id"]
    short = f"{short[-20:]}..." if len(short) > 23 else short
    percentage = f"{one['progress_percentage']:.0f}%"
    return [short, one["operation_type"], one["status"].upper(), percentage, "EURUSD", "N/A"]


def set_h(words: list[str]) -> int:
    if words == ["--help"]:
        return help_of("train backtest research status follow ops cancel resume workers list show validate")
    import argparse

    parser = argparse.ArgumentParser()
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--url", required=True)
    commands = parser.add_subparsers(dest="command")
    for name in ("train", "backtest"):
        start = commands.add_parser(name)
        start.add_argument("what")
        for option in ("--start", "--end", "--symbols", "--timeframes", "--model-path"):
            start.add_argument(option)
        start.add_argument("--follow", action="store_true")
    commands.add_parser("ops").add_argument("--limit", type=int, default=50)
    for name in ("status", "cancel", "follow"):
        commands.add_parser(name).add_argument("what")
    asked = parser.parse_args(words)
    ktrdr = Ktrdr(asked.url, asked.json)
    try:
        if asked.command in ("train", "backtest"):
            return start_h(ktrdr, asked)
        if asked.command == "ops":
            print(json.dumps(ktrdr.rows(asked.limit)))
        elif asked.command == "status":
            print(json.dumps(shown_to_user(ktrdr.look(asked.what))))
        elif asked.command == "follow":
            return ktrdr.watch(asked.what)
        elif asked.command == "cancel":
            print(json.dumps(ktrdr.cancel(asked.what)))
    except Refused as refusal:
        return refused(refusal, ktrdr, asked.command == "cancel")
    return 0


def start_h(ktrdr: Ktrdr, asked: argparse.Namespace) -> int:
    if asked.command == "train":
        body = training(asked.what, asked, asked.symbols.split(","), asked.timeframes.split(","))
        operation_id = started(ktrdr, "/trainings/start", body)
    else:
        # Of generation H the backend itself takes these from the strategy.
        body = {"strategy_name": asked.what, "symbol": "EURUSD", "timeframe": "1d"}
        body.update(start_date=asked.start, end_date=asked.end)
        operation_id = started(ktrdr, "/backtests/start", body)
    if asked.follow:
        return ktrdr.watch(operation_id)
    if lies("names-late"):
        ktrdr.interrupted.wait(2.1)
    kind = "training" if asked.command == "train" else "backtest"
    named = f"{operation_id}x" if lies("names-another") else operation_id
    status = "running" if lies("answers-otherwise") else "started"
    print(json.dumps({"operation_id": named, "status": status, "type": kind}))
    return 0


def help_of(commands: str) -> int:
    if lies("slow-help"):
        threading.Event().wait(1.0)
    print(
        "Usage: ktrdr [OPTIONS] COMMAND [ARGS]...", *(f"│ {one:12} │" for one in commands.split()), sep="\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit({"S": set_s, "H": set_h}[SET](sys.argv[1:]))
