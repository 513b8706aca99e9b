"""The forms of KTRDR's command: which arguments ask for what, and how the answer is read.

Set S is that of generations O to S, set H the one built anew for generation H. What differs in outcome (exit
statuses, what a list holds) is never absorbed here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ktrdr_acceptance.faults import Refuted
from ktrdr_acceptance.operations.operation import Kind

Request = Mapping[str, Any]


@dataclass(frozen=True)
class Shown:
    """One operation as the command shows it; the percentage only where it is asked for alone."""

    id: str
    status: str
    percentage: float | None = None

    def is_of(self, operation_id: str) -> bool:
        """Return whether it is that operation; set S shows the end of a long id, and dots after it."""
        end = self.id.removesuffix("...").removesuffix("…")
        return operation_id == self.id or (end != self.id and bool(end) and operation_id.endswith(end))


@dataclass(frozen=True)
class CommandSet:
    """One form of the command."""

    name: str
    # Words of the help by which the form is known.
    marks: frozenset[str]
    # Whether a start returns at once and names the id; else it watches until the end.
    is_scriptable: bool
    # Where KTRDR is -> the words before any other.
    at: Callable[[str], list[str]]
    # Whether it reads the strategy's file where it runs.
    reads_strategies: bool
    # Request and, where it reads strategies, the folder with the file -> arguments.
    start: Callable[[Kind, Request, str], list[str]]
    watch: Callable[[Kind, Request, str], list[str]]
    list_: Callable[[int], list[str]]
    status: Callable[[str], list[str]]
    cancel: Callable[[str], list[str]]
    follow: Callable[[str], list[str]]
    read_list: Callable[[str], list[Shown]]
    read_status: Callable[[str], Shown]


def set_of_help(text: str) -> CommandSet | None:
    """Return the form whose commands a help lists; None if it is no help of KTRDR's command."""
    words = set(re.findall(r"[a-z][a-z-]+", text))
    return next((one for one in COMMAND_SETS if one.marks <= words), None)


# set S


def _start_s(kind: Kind, request: Request, folder: str) -> list[str]:
    dates = _options(request, {"start_date": "--start-date", "end_date": "--end-date"})
    name = str(request["strategy_name"])
    if kind is Kind.TRAINING:
        # It reads the file here, and asks for the strategy by the file's name.
        where = [f"{folder}/{name}.yaml", *request["symbols"], *request["timeframes"]]
        return ["models", "train", *where, *dates]
    model = _options(request, {"model_path": "--model-path"})
    return ["backtest", "run", name, str(request["symbol"]), str(request["timeframe"]), *dates, *model]


def _follow_s(operation_id: str) -> list[str]:
    raise LookupError(f"set S cannot follow {operation_id}: only who starts it watches")


def _read_list_s(said: str) -> list[Shown]:
    rows = [cells for line in said.splitlines() if len(cells := _cells(line)) >= 3]
    return [Shown(cells[0], cells[2].lower()) for cells in rows if cells[0] != "Operation ID"]


def _read_status_s(said: str) -> Shown:
    told = {cells[0]: cells[1] for line in said.splitlines() if len(cells := _cells(line)) == 2}
    missing = [name for name in ("Operation ID", "Status", "Percentage") if not told.get(name)]
    if missing:
        raise Refuted(f"the command showed an operation without its {', '.join(missing)}")
    return Shown(told["Operation ID"], told["Status"].lower(), _percentage(told["Percentage"]))


def _cells(line: str) -> list[str]:
    """Return the cells of a table's row, whatever its lines are drawn with."""
    if not (row := re.fullmatch(r"\s*[│┃|](.*)[│┃|]\s*", line)):
        return []
    return [cell.strip() for cell in re.split(r"[│┃|]", row[1])]


# set H


def _start_h(kind: Kind, request: Request, folder: str) -> list[str]:
    return ["--json", *_work_h(kind, request, folder)]


def _watch_h(kind: Kind, request: Request, folder: str) -> list[str]:
    return [*_work_h(kind, request, folder), "--follow"]


def _work_h(kind: Kind, request: Request, _folder: str) -> list[str]:
    dates = _options(request, {"start_date": "--start", "end_date": "--end"})
    if kind is Kind.TRAINING:
        what = ["--symbols", ",".join(request["symbols"]), "--timeframes", ",".join(request["timeframes"])]
        return ["train", str(request["strategy_name"]), *dates, *what]
    # Symbol and timeframe are those of the strategy.
    model = _options(request, {"model_path": "--model-path"})
    return ["backtest", str(request["strategy_name"]), *dates, *model]


def _read_list_h(said: str) -> list[Shown]:
    rows = read_json(said)
    if not isinstance(rows, list):
        raise Refuted("the command answered the list of operations without a list")
    return [_shown_h(row) for row in rows]


def _read_status_h(said: str) -> Shown:
    return _shown_h(read_json(said))


def _shown_h(row: Any) -> Shown:
    if not isinstance(row, dict) or not row.get("operation_id") or not row.get("status"):
        raise Refuted("the command showed an operation without its id or its status")
    progress = row.get("progress")
    percentage = progress.get("percentage") if isinstance(progress, dict) else None
    return Shown(str(row["operation_id"]), str(row["status"]), _percentage(percentage))


def read_json(said: str) -> Any:
    """Return what the command answered a program; Refuted if no program can read it."""
    try:
        return json.loads(said)
    except ValueError:
        raise Refuted(f"the command's answer to a program is no JSON: {said.strip()[:200]!r}") from None


# both


def _options(request: Request, names: Mapping[str, str]) -> list[str]:
    """Return the options for those fields that a request has."""
    return [word for key, name in names.items() if key in request for word in (name, str(request[key]))]


def _percentage(said: Any) -> float | None:
    try:
        return round(float(str(said).rstrip("%")), 1)
    except ValueError:
        return None


COMMAND_SETS = (
    CommandSet(
        name="H",
        marks=frozenset({"train", "ops", "follow", "cancel"}),
        is_scriptable=True,
        reads_strategies=False,
        at=lambda base_url: ["--url", base_url],
        start=_start_h,
        watch=_watch_h,
        list_=lambda limit: ["--json", "ops", "--limit", str(limit)],
        status=lambda operation_id: ["--json", "status", operation_id],
        cancel=lambda operation_id: ["--json", "cancel", operation_id],
        follow=lambda operation_id: ["follow", operation_id],
        read_list=_read_list_h,
        read_status=_read_status_h,
    ),
    CommandSet(
        name="S",
        marks=frozenset({"models", "operations", "backtest"}),
        is_scriptable=False,
        reads_strategies=True,
        # Its environment tells it.
        at=lambda _base_url: [],
        start=_start_s,
        watch=_start_s,
        list_=lambda limit: ["operations", "list", "--limit", str(limit)],
        status=lambda operation_id: ["operations", "status", operation_id],
        cancel=lambda operation_id: ["operations", "cancel", operation_id],
        follow=_follow_s,
        read_list=_read_list_s,
        read_status=_read_status_s,
    ),
)
