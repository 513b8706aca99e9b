"""What is said of logs: lines found and missed, and whose they are; a silent log shows no absence."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from ktrdr_acceptance.api.backend import Backend
from ktrdr_acceptance.domain.logs import WATCHED_FOR, WRITTEN_WITHIN, Logs
from ktrdr_acceptance.evidence.log_lines import LINES
from ktrdr_acceptance.evidence.log_source import UnreadableLog
from ktrdr_acceptance.faults import Category, EnvironmentFault, category_of
from ktrdr_acceptance.operations.operation import Kind, Operation
from ktrdr_acceptance.operations.operations import Operations
from ktrdr_acceptance.operations.waiting import Waiter, WaitFailed
from ktrdr_acceptance.testdata.calibration import default_calibration

from .fake_clock import FakeClock

ID = "op_training_20261122_154627_d3ce30ab"
OTHER = "op_training_20261122_154610_61b88e1a"
BACKEND, ITS_WORKER = "the backend", "its worker"
WORKER, WORKER_URL = "training-worker-1", "http://127.0.0.1:5005"
BEGUN = f"[INFO] operations: Created operation: {ID} (type: TRAINING)"
ENDED = f"[INFO] operations: Completed operation: {ID}"
TRACE = 'Traceback (most recent call last):\n  File "a.py", line 1, in f\nRuntimeError: no'


class Desk:
    """The logs of a backend and of a worker on a fake clock, and what writes to them."""

    def __init__(self, folder: Path, before: str = "") -> None:
        self.clock = FakeClock()
        self.files = {"backend": folder / "backend.log", WORKER: folder / "worker.log"}
        for path in self.files.values():
            path.write_text(before)
        self.worker = SimpleNamespace(name=WORKER, service=WORKER, base_url=WORKER_URL)
        self.backend_logs_requests = True
        self.backend_logs_queries = False
        self.requests = 0
        calibration = default_calibration()
        self.training = Operation(ID, Kind.TRAINING, "smoke", calibration.trainings["smoke"], 2.0, 0.0)
        small = calibration.downloads["small"]
        self.download = Operation("op_data_load_1", Kind.DOWNLOAD, "small", small, 2.0, 0.0)
        self.logs = self.logs_of(self.files)

    def logs_of(self, files: dict[str, Path]) -> Logs:
        operations = SimpleNamespace(worker_of=lambda _operation: self.worker, started=[])
        return Logs(files, cast(Backend, self), cast(Operations, operations), Waiter(self.clock))

    def logged_request(self, **query: str) -> str:
        self.requests += 1
        request_id = f"acceptance-{self.requests}"
        if self.backend_logs_requests:
            self.request(request_id)
        if self.backend_logs_queries and query:
            self.write(f"[INFO] uvicorn.access: GET /api/v1/workers?{query}")
        return request_id

    def request(self, request_id: str, *between: str, end: str = "completed") -> None:
        self.write(
            f"[INFO] middleware: Request started: method=GET request_id={request_id}",
            *between,
            f"[INFO] middleware: Request {end}: method=GET status_code=200 request_id={request_id}",
        )

    def write(self, *lines: str, to: str = "backend") -> None:
        with self.files[to].open("a", encoding="utf-8") as file:
            file.writelines(f"2026-11-22 15:46:27 {line}\n" for line in lines)

    def later(self, seconds: float, *lines: str, to: str = "backend") -> None:
        self.clock.events.append((self.clock.now() + seconds, lambda: self.write(*lines, to=to)))


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


# lines about an operation

SHOWN = {
    "remote proxy": [
        "Registered remote proxy for operation {id} → host {id}",
        "Registered remote proxy: {id} → {id}",
    ],
    "bridge": [
        "Registered local bridge for operation {id}",
        "Registered training bridge for operation {id}",
        "Registered backtest bridge for operation {id}",
        "Registered local training bridge for operation {id}",
    ],
    "cancellation": ["Cancelled operation: {id} (task_cancelled: False, remote_cancelled: True)"],
    "stop": ["Training operation {id} cancelled", "Backtest operation {id} cancelled"],
    "completion": ["Completed operation: {id}", "🏁 OPERATION COMPLETED: {id} (training)"],
}
FORMS = [(line, form) for line, forms in SHOWN.items() for form in forms]


def test_every_line_that_can_be_looked_for_is_proved() -> None:
    assert set(SHOWN) == set(LINES)


@pytest.mark.parametrize(("line", "form"), FORMS)
@pytest.mark.parametrize("place", [BACKEND, ITS_WORKER])
def test_a_line_is_found_in_the_log_of_its_place(desk: Desk, place: str, line: str, form: str) -> None:
    here, there = ("backend", WORKER) if place == BACKEND else (WORKER, "backend")
    desk.later(1.0, f"[INFO] x: {form.format(id=ID)}", to=here)
    desk.logs.shows(place, line, desk.training)
    desk.write(BEGUN, to=there)
    with pytest.raises(WaitFailed, match=f"to show the {line} of operation {ID}"):
        desk.logs.shows({BACKEND: ITS_WORKER, ITS_WORKER: BACKEND}[place], line, desk.training)


@pytest.mark.parametrize(("line", "form"), FORMS)
@pytest.mark.parametrize("of_another", [OTHER, f"{ID}0"])
def test_a_line_about_another_operation_is_none_about_this_one(
    desk: Desk, line: str, form: str, of_another: str
) -> None:
    desk.write(BEGUN, f"[INFO] x: {form.format(id=of_another)}")
    with pytest.raises(WaitFailed) as caught:
        desk.logs.shows(BACKEND, line, desk.training)
    assert "2 entries since the scenario began, 1 of them about" in str(caught.value)
    desk.logs.shows_no(BACKEND, line, desk.training)


@pytest.mark.parametrize("line", list(SHOWN))
def test_a_line_from_before_the_scenario_does_not_count(tmp_path: Path, line: str) -> None:
    desk = Desk(tmp_path, "".join(f"2026-11-22 15:46:27 x: {form.format(id=ID)}\n" for form in SHOWN[line]))
    with pytest.raises(WaitFailed):
        desk.logs.shows(BACKEND, line, desk.training)
    desk.write(BEGUN)
    desk.logs.shows_no(BACKEND, line, desk.training)


@pytest.mark.parametrize(("line", "form"), FORMS)
@pytest.mark.parametrize("after", [0.0, WATCHED_FOR - 0.05])
def test_a_line_that_must_not_be_there_is_found_and_quoted(
    desk: Desk, line: str, form: str, after: float
) -> None:
    desk.write(BEGUN)
    said = form.format(id=ID)
    desk.later(after, f"[INFO] x: {said}")
    desk.clock.spend(0)
    with pytest.raises(WaitFailed) as caught:
        desk.logs.shows_no(BACKEND, line, desk.training)
    assert f"to show no {line} of operation {ID}" in str(caught.value)
    assert said in str(caught.value)


# errors of an operation

ERROR = "[ERROR] x: something went wrong"
OF_IT: dict[str, tuple[str, ...]] = {
    "an error that names it": (BEGUN, f"[ERROR] x: Failed operation: {ID} - no bars"),
    "a critical one": (BEGUN, f"[CRITICAL] x: {ID} is lost"),
    "a stack trace that names it": (BEGUN, f"[INFO] x: {ID} went wrong\n{TRACE}"),
    "an error whose stack trace names it": (BEGUN, f"[ERROR] x: it went wrong\n{TRACE}: {ID}"),
    "a refused connection": (BEGUN, f"[WARNING] x: Failed to refresh {ID}: All connection attempts failed"),
    "another refused connection": (BEGUN, f"[WARNING] x: {ID}: [Errno 111] Connection refused"),
    "a timeout": (BEGUN, f"[WARNING] x: {ID}: httpx.ReadTimeout"),
    "an error that names its worker": (BEGUN, f"[ERROR] x: {WORKER} does not answer"),
    "an error that names its worker's address": (BEGUN, f"[ERROR] x: no answer from {WORKER_URL}/health"),
    "a missing event loop that names nothing": (BEGUN, ENDED, "[WARNING] x: no running event loop"),
    "a missing event loop before it": ("[INFO] x: no running event loop", BEGUN),
}
OF_OTHERS: dict[str, tuple[str, ...]] = {
    "an error that names nothing": (BEGUN, ERROR, ENDED),
    "an error of another operation": (BEGUN, f"[ERROR] x: Failed operation: {OTHER} - no bars", ENDED),
    "an error of another at its worker": (BEGUN, f"[ERROR] x: {WORKER}: {OTHER} failed", ENDED),
    "an error of another worker": (BEGUN, f"[ERROR] x: {WORKER}0 does not answer", ENDED),
    "a missing event loop of another": (BEGUN, f"[ERROR] x: {OTHER}: no running event loop", ENDED),
    "no error": (BEGUN, f'[INFO] x: {ID}: {{"error_message": null, "timeout": 30}}', ENDED),
    "a warning": (BEGUN, f"[WARNING] x: {ID} is slow", ENDED),
}
AT_WORKER = {
    "an error that names nothing": (BEGUN, ERROR, ENDED),
    "a stack trace that names nothing": (BEGUN, f"[WARNING] x: oh\n{TRACE}", ENDED),
    "an error before it has closed": (BEGUN, ERROR),
}
NOT_AT_WORKER = {
    "an error before it began": (ERROR, BEGUN, ENDED),
    "an error after it closed": (
        BEGUN,
        ENDED,
        ERROR,
        f'[INFO] x: "GET /api/v1/operations/{ID} HTTP/1.1" 200',
    ),
    "an error of another meanwhile": (BEGUN, f"[ERROR] x: Failed operation: {OTHER}", ENDED),
}


@pytest.mark.parametrize("name", list(OF_IT))
def test_an_error_of_the_operation_is_found_and_quoted(desk: Desk, name: str) -> None:
    desk.write(*OF_IT[name])
    with pytest.raises(WaitFailed) as caught:
        desk.logs.shows_no_error(BACKEND, desk.training)
    assert "it shows 1: 2026-11-22" in str(caught.value)
    assert category_of(caught.value) == Category.CODE_BUG


@pytest.mark.parametrize("name", list(OF_OTHERS))
def test_what_is_another_s_or_no_error_is_none_of_the_operation(desk: Desk, name: str) -> None:
    desk.write(*OF_OTHERS[name])
    desk.logs.shows_no_error(BACKEND, desk.training)


@pytest.mark.parametrize("name", list(AT_WORKER))
def test_at_its_worker_an_error_meanwhile_is_its_own(desk: Desk, name: str) -> None:
    desk.write(*AT_WORKER[name], to=WORKER)
    with pytest.raises(WaitFailed, match="it shows 1: "):
        desk.logs.shows_no_error(ITS_WORKER, desk.training)


@pytest.mark.parametrize("name", list(NOT_AT_WORKER))
def test_at_its_worker_an_error_at_another_time_is_not(desk: Desk, name: str) -> None:
    desk.write(*NOT_AT_WORKER[name], to=WORKER)
    desk.logs.shows_no_error(ITS_WORKER, desk.training)


def test_an_error_written_a_moment_later_is_found(desk: Desk) -> None:
    desk.write(BEGUN)
    desk.later(WATCHED_FOR - 0.05, f"[ERROR] x: Failed operation: {ID}")
    with pytest.raises(WaitFailed):
        desk.logs.shows_no_error(BACKEND, desk.training)


def test_a_download_has_no_worker_to_be_named(desk: Desk) -> None:
    desk.write(f"[INFO] x: Created operation: {desk.download.id}", f"[ERROR] x: {WORKER} is silent")
    desk.logs.shows_no_error(BACKEND, desk.download)


def test_an_awaited_error_names_the_operation_and_the_text(desk: Desk) -> None:
    desk.write(f"[ERROR] x: Failed operation: {OTHER} - no NOSUCH", f"[INFO] x: {ID} NOSUCH", to=WORKER)
    with pytest.raises(WaitFailed, match="that names 'NOSUCH'"):
        desk.logs.shows_error_naming(ITS_WORKER, "NOSUCH", desk.training)
    desk.later(1.0, f"[ERROR] x: Failed operation: {ID} - no NOSUCH", to=WORKER)
    desk.logs.shows_error_naming(ITS_WORKER, "NOSUCH", desk.training)


# saved bars


def test_saved_bars_are_found_by_what_was_saved(desk: Desk) -> None:
    asked = desk.download.calibration
    desk.later(1.0, f"[INFO] x: Saving 251 rows to cache: {asked.symbol} {asked.timeframe}")
    desk.later(2.0, "[INFO] x: Successfully saved data to cache: data/x.csv")
    desk.logs.shows_saved_bars(desk.download)


@pytest.mark.parametrize(
    "lines",
    [
        [],
        ["Saving 251 rows to cache: {symbol} {timeframe}"],
        ["Successfully saved data to cache: x", "Saving 251 rows to cache: {symbol} {timeframe}"],
        ["Saving 0 rows to cache: {symbol} {timeframe}", "Successfully saved data to cache: x"],
        ["Saving 251 rows to cache: {symbol}X {timeframe}", "Successfully saved data to cache: x"],
        ["Saving 251 rows to cache: {symbol} {timeframe}x", "Successfully saved data to cache: x"],
    ],
)
def test_bars_that_were_not_saved_are_missed(desk: Desk, lines: list[str]) -> None:
    asked = desk.download.calibration
    said = (line.format(symbol=asked.symbol, timeframe=asked.timeframe) for line in lines)
    desk.write(*(f"[INFO] x: {line}" for line in said))
    with pytest.raises(WaitFailed, match="were saved within"):
        desk.logs.shows_saved_bars(desk.download)


# requests


@pytest.mark.parametrize("end", ["completed", "failed"])
def test_a_request_is_found_by_its_id(desk: Desk, end: str) -> None:
    desk.request("acceptance-x", end=end)
    desk.logs.shows_request("acceptance-x")


@pytest.mark.parametrize("other", ["acceptance-x0", ""])
def test_a_request_without_its_id_is_not_found(desk: Desk, other: str) -> None:
    desk.request(other)
    desk.write("[INFO] middleware: Request started: method=GET request_id=acceptance-x")
    with pytest.raises(WaitFailed, match="the last value was started"):
        desk.logs.shows_request("acceptance-x")


REFUSED = "[ERROR] x: Request validation error: symbols"


@pytest.mark.parametrize(
    ("between", "errors", "traces"),
    [
        ((), 0, 0),
        ((REFUSED,), 1, 0),
        ((REFUSED, REFUSED), 2, 0),
        ((f"{REFUSED}\n{TRACE}",), 1, 1),
        ((f"[WARNING] x: hm\n{TRACE}",), 0, 1),
        ((f"[ERROR] x: Failed operation: {OTHER}\n{TRACE}",), 0, 0),
        ((f"[ERROR] x: oh request_id=another\n{TRACE}",), 0, 0),
    ],
)
def test_what_was_written_during_a_request_is_its_own(
    desk: Desk, between: tuple[str, ...], errors: int, traces: int
) -> None:
    desk.write(f"{REFUSED} of the request before\n{TRACE}")
    desk.request("acceptance-x", *between)
    assert len(desk.logs.errors_of_request("acceptance-x")) == errors
    assert len(desk.logs.stack_traces_of_request("acceptance-x")) == traces


def test_in_lines_of_json_it_is_its_own_too(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def write(*lines: str) -> None:
        with desk.files["backend"].open("a", encoding="utf-8") as file:
            for line in lines:
                level, message = line[1:].split("] ", 1)
                file.write(json.dumps({"levelname": level, "message": message, "otelSpanID": "0"}) + "\n")

    monkeypatch.setattr(desk, "write", write)
    within = (f"[ERROR] x: oh request_id={name}" for name in ("another", "acceptance-x"))
    desk.request("acceptance-x", REFUSED, *within)
    assert len(desk.logs.errors_of_request("acceptance-x")) == 2


def test_what_the_server_writes_after_a_request_has_failed_is_its_own(desk: Desk) -> None:
    desk.request("acceptance-x", end="failed")
    desk.write(f"[ERROR] uvicorn.error: Exception in ASGI application\n{TRACE}")
    assert len(desk.logs.stack_traces_of_request("acceptance-x")) == 1


def test_a_password_is_found_wherever_it_stands_and_not_repeated(desk: Desk) -> None:
    request_id, password = desk.logs.request_with_password()
    desk.logs.shows_request(request_id)
    assert desk.logs.entries_with(password) == []
    desk.backend_logs_queries = True
    _, password = desk.logs.request_with_password()
    (entry,) = desk.logs.entries_with(password)
    assert "GET /api/v1/workers?{'password': '***'}" in entry
    desk.write(f"[ERROR] x: no\n{TRACE}", f"  with {password}")
    assert len(desk.logs.entries_with(password)) == 2


# a log that can not be relied on never passes

NEGATIVE: dict[str, Callable[[Logs, Operation], Any]] = {
    "no bridge": lambda logs, operation: logs.shows_no(BACKEND, "bridge", operation),
    "no error": lambda logs, operation: logs.shows_no_error(BACKEND, operation),
    "no password": lambda logs, _operation: logs.entries_with("secret"),
    "readable": lambda logs, _operation: logs.prove_readable(),
}


@pytest.mark.parametrize("name", list(NEGATIVE))
def test_nothing_is_absent_from_a_log_in_which_nothing_of_ours_stands(desk: Desk, name: str) -> None:
    """Of another KTRDR, say, or one that is no longer written."""
    desk.backend_logs_requests = False
    desk.write(f"[INFO] x: Created operation: {OTHER}")
    with pytest.raises(UnreadableLog) as caught:
        NEGATIVE[name](desk.logs, desk.training)
    assert str(desk.files["backend"]) in str(caught.value)
    assert "within 5 s, but the deadline passed" in str(caught.value)
    assert category_of(caught.value) == Category.ENVIRONMENT
    assert desk.clock.now() == 1000 + WRITTEN_WITHIN


@pytest.mark.parametrize("name", list(NEGATIVE))
@pytest.mark.parametrize("how", ["removed", "emptied", "replaced"])
def test_nothing_is_absent_from_a_log_that_can_not_be_read(desk: Desk, how: str, name: str) -> None:
    path = desk.files["backend"]
    desk.write(BEGUN)
    assert desk.logs.slices[0].entries()
    path.unlink() if how == "removed" else path.write_text("") if how == "emptied" else None
    if how == "replaced":
        path.rename(path.with_name("gone"))
        desk.write(BEGUN)
    with pytest.raises(UnreadableLog, match=r"cannot be read|was emptied|is another file"):
        NEGATIVE[name](desk.logs, desk.training)


@pytest.mark.parametrize("name", list(NEGATIVE))
def test_nothing_is_absent_from_a_log_that_is_lost_during_the_look(desk: Desk, name: str) -> None:
    desk.backend_logs_requests = False
    desk.later(1.0, BEGUN)
    desk.clock.events.append((desk.clock.now() + 1.1, desk.files["backend"].unlink))
    with pytest.raises(EnvironmentFault, match="cannot be read"):
        NEGATIVE[name](desk.logs, desk.training)


@pytest.mark.parametrize("name", list(NEGATIVE))
@pytest.mark.parametrize(
    ("files", "said"),
    [
        ([], "the target's logs are not known (setting logs)"),
        ([WORKER], "the log of backend is not known (setting logs)"),
    ],
)
def test_nothing_is_absent_from_a_log_that_is_not_known(
    desk: Desk, files: list[str], said: str, name: str
) -> None:
    logs = desk.logs_of({file: desk.files[file] for file in files})
    with pytest.raises(UnreadableLog) as caught:
        NEGATIVE[name](logs, desk.training)
    assert str(caught.value) == said


def test_what_is_missing_of_the_logs_is_said_in_words(desk: Desk) -> None:
    assert desk.logs.missing(["backend", WORKER]) == ""
    assert desk.logs.missing(["backend", "ib-host"]) == "the log of ib-host is not known (setting logs)"
    assert desk.logs_of({}).missing([]) == "the target's logs are not known (setting logs)"
    desk.files[WORKER].unlink()
    with pytest.raises(UnreadableLog, match="the log of training-worker-1 cannot be read"):
        desk.logs.missing(["backend", WORKER])


def test_a_log_that_shows_a_request_of_ours_is_readable(desk: Desk) -> None:
    assert desk.logs.prove_readable() == "acceptance-1"


def test_many_long_errors_are_quoted_in_short(desk: Desk) -> None:
    desk.write(BEGUN, *[f"[ERROR] x: {ID} {'.' * 5000}\n{TRACE}\n{TRACE}"] * 400)
    with pytest.raises(WaitFailed, match="it shows 400: ") as caught:
        desk.logs.shows_no_error(BACKEND, desk.training)
    quoted = str(caught.value).split("\nseen:")[0].splitlines()
    assert len(quoted) == 25
    assert max(map(len, quoted[1:])) == 244
