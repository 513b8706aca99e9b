"""The log sentinel: what breaks a scenario, what is a finding of the run, what is expected, what is near."""

from __future__ import annotations

import itertools
import json
import os
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from ktrdr_acceptance.api.generations import Generation
from ktrdr_acceptance.api.http import Exchange
from ktrdr_acceptance.evidence.deeds import Deeds, deeds_of, failures_in
from ktrdr_acceptance.evidence.logs import LogSlice
from ktrdr_acceptance.evidence.sentinel import MOST_FINDINGS, Sentinel, first_of
from ktrdr_acceptance.evidence.tolerated import Tolerance, Tolerated, allow_list

OURS, EARLIER = "op_training_20261122_154627_d3ce30ab", "op_training_20261122_154610_61b88e1a"
OTHERS = "op_training_20261122_154600_00000001"
WORKER, IB = "training-worker-1", "ib-host"
R1, R2 = "acceptance-1", "acceptance-2"
TODAY = date(2026, 11, 22)
TRACE = ["Traceback (most recent call last):", '  File "a.py", line 1, in f', "    g()", "RuntimeError: no"]


def line(text: str, level: str = "INFO") -> str:
    return f"2026-11-22 15:46:27 [{level}] ktrdr: {text}"


def at_worker(text: str, level: str = "INFO") -> str:
    return f"2026-11-22 15:46:27,123 | \x1b[92m{level}\x1b[0m | ktrdr.workers | {text}"


def error(text: str) -> str:
    return line(text, "ERROR")


def request(id: str, *within: str, status: int = 200) -> list[str]:
    """Return what KTRDR's backend writes of a request, with lines while it deals with it."""
    started = line(f"Request started: method=GET path=/x client=127.0.0.1 request_id={id}")
    ended = f"Request completed: method=GET path=/x status_code={status} duration=1.00ms request_id={id}"
    return [started, *within, line(ended)]


def in_json(text: str) -> str:
    """Return a line of ours as KTRDR's backend writes it to its file."""
    moment, level, message = text[:19], text.split("[")[1].split("]")[0], text.split(": ", 1)[1]
    said = {"asctime": moment, "levelname": level, "name": "ktrdr", "message": message, "otelSpanID": "0"}
    return json.dumps(said)


def work(id: str, *within: str) -> list[str]:
    return [at_worker(f"Registered training bridge for operation {id}"), *within]


class Desk:
    """Three logs and the sentinel over them, with a scenario that started an operation and made requests."""

    def __init__(self, folder: Path, tolerances: list[Tolerance] = [], today: date = TODAY) -> None:  # noqa: B006
        self.paths = {name: folder / f"{name}.log" for name in ("backend", WORKER, IB)}
        for path in self.paths.values():
            path.write_text(line("old") + "\n")
        slices = {name: LogSlice(name, path) for name, path in self.paths.items()}
        self.sentinel = Sentinel(slices, Tolerated(tolerances, Generation.S, today))
        self.sentinel.scenario_of = {EARLIER: "1.1", OURS: "1.2"}
        self.deeds: dict[str, Any] = {
            "operations": frozenset({OURS}),
            "requests": frozenset({R1, R2}),
            "workers": frozenset({WORKER, "http://127.0.0.1:5005"}),
        }
        self.asked_for_deeds = 0

    def writes(self, service: str, *lines: str) -> None:
        with self.paths[service].open("a", encoding="utf-8") as log:
            log.write("".join(f"{one}\n" for one in lines))

    def looks(self, **deeds: Any) -> list[str]:
        """End the scenario; return how it is broken."""

        def made() -> Deeds:
            self.asked_for_deeds += 1
            return Deeds(**{**self.deeds, **deeds})

        return self.sentinel.look(made)

    @property
    def findings(self) -> list[str]:
        return self.sentinel.findings.lines()


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


# what breaks the scenario it belongs to

NO_LOOP = line("RuntimeError: no running event loop", "WARNING")
BREACHES: dict[str, tuple[str, list[str], str]] = {
    "an error that names our operation": ("backend", [error(f"refresh of {OURS}")], "an unexpected error"),
    "a critical line": (
        "backend",
        [line(f"lost {OURS}", "CRITICAL")],
        "an unexpected error",
    ),
    "an error that names our request": (
        "backend",
        [error(f"Request failed: method=GET path=/x request_id={R1}")],
        "an unexpected error",
    ),
    "an error that names our worker": ("backend", [error(f"{WORKER} is lost")], "an unexpected error"),
    "an error that names our worker's address": (
        "backend",
        [error("no word from http://127.0.0.1:5005")],
        "an unexpected error",
    ),
    "an error that names nothing, within our request": (
        "backend",
        request(R1, error("it broke")),
        "an unexpected error",
    ),
    "an error that names nothing, at work on our operation": (
        WORKER,
        work(OURS, at_worker("it broke", "ERROR")),
        "an unexpected error",
    ),
    "a stack trace within our request": ("backend", request(R1, line("oh"), *TRACE), "a stack trace"),
    "a stack trace that is warned of": (
        WORKER,
        work(OURS, at_worker("careful", "WARNING"), *TRACE),
        "a stack trace",
    ),
    "the end of a broken Python": (
        WORKER,
        work(OURS, "Fatal Python error: Aborted", "Thread 0x00007f (most recent call first):"),
        "a stack trace",
    ),
    "an error in JSON, in small letters": (
        "backend",
        request(R1, '{"level": "error", "message": "it broke"}'),
        "an unexpected error",
    ),
    "an error that names nothing, within our request, all of it in JSON": (
        "backend",
        [*map(in_json, request(R1, error("it broke")))],
        "an unexpected error",
    ),
    "a missing event loop": ("backend", request(R1, NO_LOOP), "'no running event loop'"),
    "a missing event loop that is only told": (
        WORKER,
        work(OURS, at_worker("no running event loop")),
        "'no running event loop'",
    ),
    "a restart of the worker at work": (
        WORKER,
        work(OURS, "INFO:     Started server process [42]", "INFO:     Application startup complete."),
        "an unplanned restart",
    ),
    "a restart that shows only its end": (
        WORKER,
        work(OURS, "INFO:     Application startup complete."),
        "an unplanned restart",
    ),
    "a restart of the backend on our operation": (
        "backend",
        [line(f"Created operation: {OURS}"), line("Started server process [42]")],
        "an unplanned restart",
    ),
    "a restart of the backend within our request": (
        "backend",
        [*request(R1)[:1], line("Started server process [42]")],
        "an unplanned restart",
    ),
}


@pytest.mark.parametrize("name", list(BREACHES))
def test_it_breaks_the_scenario_that_it_belongs_to(desk: Desk, name: str) -> None:
    service, lines, what = BREACHES[name]
    desk.writes(service, *lines)
    (said,) = desk.looks()
    assert said.startswith(f"the log of {service} shows {what}: ")
    assert desk.findings == []
    assert desk.looks() == []


def test_a_breach_quotes_the_line_and_the_end_of_its_stack_trace(desk: Desk) -> None:
    desk.writes("backend", *request(R1, error("it broke " + "x" * 500), *TRACE))
    (said,) = desk.looks()
    assert "it broke xxx" in said
    assert said.endswith(" ... / RuntimeError: no")
    assert len(said) < 400


def test_the_same_line_many_times_is_told_once_with_its_count(desk: Desk) -> None:
    lines = [at_worker(f"bar {number} failed", "ERROR") for number in range(200)]
    desk.writes(WORKER, *work(OURS, *lines))
    (said,) = desk.looks()
    assert "bar 0 failed" in said
    assert said.endswith("(200 such)")


def test_of_many_kinds_of_lines_the_first_are_told(desk: Desk) -> None:
    desk.writes(WORKER, *work(OURS, *(at_worker(f"kind {kind}", "ERROR") for kind in "abcdefgh")))
    said = desk.looks()
    assert (len(said), said[-1]) == (6, "... 3 more kinds of lines in the logs")


# what belongs to no scenario

LOST = "the log of"
FINDINGS: dict[str, tuple[str, list[str], str]] = {
    "an error that names nothing": ("backend", [error("it broke")], "an unexpected error"),
    "an error after our request": ("backend", [*request(R1), error("it broke")], "an unexpected error"),
    "an error within the request of another": (
        "backend",
        request("someone-7", error("it broke")),
        "an unexpected error",
    ),
    "an error within a request of another that failed": (
        "backend",
        request("someone-7", error("it broke"), status=500),
        "an unexpected error",
    ),
    "an error of another's operation": (
        "backend",
        request(R1, error(f"Failed operation: {OTHERS} - no")),
        "an unexpected error",
    ),
    "an error that names nothing at the backend, which works on nothing": (
        "backend",
        [line(f"Created operation: {OURS}"), error("it broke")],
        "an unexpected error",
    ),
    "an error at the worker after our operation ended": (
        WORKER,
        [*work(OURS, at_worker(f"Completed operation: {OURS}")), at_worker("it broke", "ERROR")],
        "an unexpected error",
    ),
    "what asyncio's collector says while our operation is worked on": (
        WORKER,
        work(OURS, at_worker("Task exception was never retrieved", "ERROR"), *TRACE),
        "a stack trace",
    ),
    "a stack trace of nobody's": ("backend", [line("oh"), *TRACE], "a stack trace"),
    "a stack trace whose first line was read before": ("backend", TRACE, "a stack trace"),
    "a missing event loop of nobody's": (IB, ["no running event loop"], "'no running event loop'"),
    "a restart while nothing was going on": (
        "backend",
        [*request(R1), line("Started server process [42]"), line("Application startup complete.")],
        "an unplanned restart",
    ),
}


@pytest.mark.parametrize("name", list(FINDINGS))
def test_what_belongs_to_no_scenario_is_a_finding_of_the_run(desk: Desk, name: str) -> None:
    service, lines, what = FINDINGS[name]
    desk.writes(service, *lines)
    assert desk.looks() == []
    (said,) = desk.findings
    assert said.startswith(f"the log of {service} shows {what}: ")


def test_an_error_of_another_s_operation_is_not_that_of_our_refused_request(desk: Desk) -> None:
    desk.writes("backend", *request(R1, error(f"lost {OTHERS}")))
    assert desk.looks(refused={R1: "http://h:1/x"}) == []
    assert len(desk.findings) == 1


def test_a_backend_that_works_itself_has_our_operation_s_errors(desk: Desk) -> None:
    desk.sentinel.backend_works = True
    desk.writes("backend", line(f"Created operation: {OURS}"), error("it broke"))
    assert len(desk.looks()) == 1


def test_a_late_line_of_an_earlier_scenario_is_a_finding_that_names_it(desk: Desk) -> None:
    desk.writes("backend", *request(R1, error(f"Failed operation: {EARLIER} - no")))
    assert desk.looks() == []
    (said,) = desk.findings
    assert said.endswith("(of scenario 1.1, after its end)")


def test_each_distinct_finding_is_told_once_with_its_count(desk: Desk) -> None:
    for number in range(3):
        desk.writes("backend", error(f"it broke at {number}"), error("something else"))
        desk.looks()
    counts = [said[-8:] for said in desk.findings]
    assert counts == ["(3 such)", "(3 such)"]


def test_of_findings_without_end_the_first_are_told(desk: Desk) -> None:
    kinds = ["".join(pair) for pair in itertools.product("ghijklmnop", repeat=2)]
    desk.writes("backend", *(error(f"kind {kind}") for kind in kinds))
    desk.looks()
    told = first_of(desk.findings, MOST_FINDINGS)
    assert (len(told), told[-1]) == (51, "... 50 more kinds of lines in the logs")


def test_only_the_last_look_is_at_a_line_that_has_no_end_yet(desk: Desk) -> None:
    with desk.paths["backend"].open("a", encoding="utf-8") as log:
        log.write(error("it broke"))
    desk.looks()
    assert desk.findings == []
    desk.sentinel.look(Deeds, to_the_end=True)
    assert len(desk.findings) == 1


def test_what_was_written_between_two_scenarios_is_looked_at(desk: Desk) -> None:
    desk.looks()
    desk.writes("backend", error("it broke"))
    for log in desk.sentinel.slices.values():
        log.cut()
    assert desk.sentinel.slices["backend"].text() == ""
    desk.looks()
    assert len(desk.findings) == 1


# what is expected

REFUSED = {R1: "http://h:1/api/v1/operations/nosuch-1"}
EXPECTED: dict[str, tuple[str, list[str], dict[str, Any]]] = {
    "the error of a refused request": ("backend", request(R1, error("no")), {"refused": REFUSED}),
    "an error that names a refused request": (
        "backend",
        [error(f"no request_id={R1}")],
        {"refused": REFUSED},
    ),
    "the errors of two refused requests": (
        "backend",
        [*request(R1, error("no")), *request(R2, error("no"))],
        {"refused": {**REFUSED, R2: ""}},
    ),
    "the error of a refused request that is not logged, by what it asked for": (
        "backend",
        [error(f"no operation {OTHERS}")],
        {"refused": {R1: f"http://h:1/api/v1/operations/{OTHERS}?x=1"}},
    ),
    "a failure that the scenario saw, with its reason": (
        WORKER,
        [at_worker(f"Failed operation: {OURS} - No data found", "ERROR")],
        {"failures": {OURS: {"No data found"}}},
    ),
    "a failure that the scenario saw without a reason": (
        WORKER,
        [at_worker(f"Failed operation: {OURS} - No data found", "ERROR")],
        {"failures": {OURS: set()}},
    ),
    "a failure whose reason is told more shortly": (
        "backend",
        [error(f"Failed operation: {OURS} - No data")],
        {"failures": {OURS: {"No data found"}}},
    ),
    "no connection to what the scenario switched off": (
        IB,
        [
            at_worker(
                "Connection to the IB gateway at http://h:4002 failed: All connection attempts failed",
                "ERROR",
            )
        ],
        {"switched": ("ib-gateway", "ib gateway")},
    ),
    "not connected to what the scenario switched off, by its address": (
        "backend",
        [error("http://h:5001: Not connected")],
        {"switched": ("http://h:5001",)},
    ),
    **{
        f"an answer without use from what the scenario did something to: {said or 'no words'}": (
            "backend",
            [error(f"Failed to refresh operation {OURS} from host service: {said}")],
            {"bereft": frozenset({OURS})},
        )
        for said in (
            "All connection attempts failed",
            "no answer within 1.5 s",
            "HTTP 404",
            "Client error '404 Not Found' for url 'http://h:1/x'",
            "the answer is longer than 1048576 bytes",
            "Server disconnected without sending a response.",
            "Exceeded maximum allowed redirects.",
            "Expecting value: line 1 column 40 (char 39)",
            "",
        )
    },
    "a failure that the scenario brought about, and did not wait for": (
        "backend",
        [error(f"Failed operation: {OURS} - no worker claimed it")],
        {"bereft": frozenset({OURS})},
    ),
    "the refusal of another's request": ("backend", request("someone-7", error("no"), status=404), {}),
    "that no worker is free for another": ("backend", request("someone-7", error("no"), status=503), {}),
}


@pytest.mark.parametrize("name", list(EXPECTED))
def test_what_the_scenario_itself_expects_is_no_breach(desk: Desk, name: str) -> None:
    service, lines, deeds = EXPECTED[name]
    desk.writes(service, *lines)
    assert desk.looks(**deeds) == []
    assert desk.findings == []


UNEXPECTED: dict[str, tuple[str, list[str], dict[str, Any]]] = {
    "an error more than refused requests": (
        "backend",
        request(R1, error("no"), error("and no")),
        {"refused": REFUSED},
    ),
    "an error of another request than the refused": (
        "backend",
        request(R2, error("no")),
        {"refused": REFUSED},
    ),
    "a stack trace in a refused request": ("backend", request(R1, error("no"), *TRACE), {"refused": REFUSED}),
    "a missing event loop in a refused request": ("backend", request(R1, NO_LOOP), {"refused": REFUSED}),
    "a failure that the scenario did not see": (
        "backend",
        [error(f"Failed operation: {OURS} - No data")],
        {},
    ),
    "a failure for another reason": (
        "backend",
        [error(f"Failed operation: {OURS} - out of memory")],
        {"failures": {OURS: {"No data found"}}},
    ),
    "a failure told twice in one log": (
        "backend",
        [error(f"Failed operation: {OURS} - no")] * 2,
        {"failures": {OURS: {"no"}}},
    ),
    "a failure of ours within a refused request": (
        "backend",
        request(R1, error(f"Failed operation: {OURS} - no")),
        {"refused": REFUSED},
    ),
    "another error of the operation that failed": (
        "backend",
        [error(f"lost {OURS}")],
        {"failures": {OURS: {"no"}}},
    ),
    "no connection, with nothing switched off": (
        "backend",
        request(R1, error("the IB gateway: All connection attempts failed")),
        {},
    ),
    "no connection to something else": (
        "backend",
        request(R1, error("the database: All connection attempts failed")),
        {"switched": ("ib-gateway", "ib gateway")},
    ),
    "something else about an operation whose worker was lost": (
        "backend",
        [error(f"cannot write the result of {OURS}: KeyError")],
        {"bereft": frozenset({OURS})},
    ),
    "no answer for an operation whose worker was not lost": (
        "backend",
        [error(f"Failed to refresh operation {OURS} from host service: HTTP 404")],
        {"bereft": frozenset({OTHERS}), "switched": (WORKER,)},
    ),
    "a failure brought about, told twice in one log": (
        "backend",
        [error(f"Failed operation: {OURS} - lost")] * 2,
        {"bereft": frozenset({OURS})},
    ),
    "a stack trace about what the scenario did something to": (
        "backend",
        [error(f"{WORKER}: no answer"), *TRACE],
        {"bereft": frozenset({OURS}), "switched": (WORKER,)},
    ),
    "something else about what was switched off": (
        "backend",
        request(R1, error("the IB gateway sent nonsense")),
        {"switched": ("ib-gateway", "ib gateway")},
    ),
}


@pytest.mark.parametrize("name", list(UNEXPECTED))
def test_an_error_more_than_expected_is_one_too_many(desk: Desk, name: str) -> None:
    service, lines, deeds = UNEXPECTED[name]
    desk.writes(service, *lines)
    assert len(desk.looks(**deeds)) == 1
    assert desk.findings == []


def test_of_another_s_refusals_one_error_each_is_expected(desk: Desk) -> None:
    desk.writes("backend", *request("someone-7", error("no"), error("and no"), status=404))
    desk.looks()
    assert len(desk.findings) == 1


# near misses

QUIET = [
    line("nothing in error_message"),
    line("ERROR is a word here"),
    line("CRITICAL path"),
    line("a warning", "WARNING"),
    line("the Traceback module"),
    line("Shutting down"),
    line("Waiting for application startup."),
]


def test_what_only_sounds_like_an_error_is_none(desk: Desk) -> None:
    desk.writes("backend", *request(R1, *QUIET))
    desk.writes(WORKER, *work(OURS, *QUIET))
    assert desk.looks() == []
    assert desk.findings == []


def test_a_log_without_a_suspicious_word_costs_no_look_at_the_scenario(desk: Desk) -> None:
    desk.writes("backend", *request(R1, line("fine")))
    desk.looks()
    assert desk.asked_for_deeds == 0


# restarts

START = [line("Started server process [42]"), line("Application startup complete.")]


def test_a_start_that_the_suite_caused_is_planned_once(desk: Desk) -> None:
    desk.writes("backend", *START)
    desk.sentinel.plan(["backend"])
    assert (desk.looks(), desk.findings) == ([], [])
    desk.writes("backend", *START)
    desk.sentinel.plan([])
    desk.looks()
    assert len(desk.findings) == 1


def test_a_planned_start_may_show_in_the_next_scenario_but_no_later(desk: Desk) -> None:
    desk.sentinel.plan(["backend", "backend"])
    desk.looks()
    desk.writes("backend", *START)
    desk.sentinel.plan([])
    desk.looks()
    assert desk.findings == []
    desk.writes("backend", *START)
    desk.sentinel.plan([])
    desk.looks()
    assert len(desk.findings) == 1


def test_the_start_of_another_service_is_not_the_planned_one(desk: Desk) -> None:
    desk.writes(IB, *START)
    desk.sentinel.plan(["backend"])
    desk.looks()
    assert len(desk.findings) == 1


def test_two_starts_are_one_more_than_planned(desk: Desk) -> None:
    desk.writes("backend", *START, *START)
    desk.sentinel.plan(["backend"])
    desk.looks()
    assert len(desk.findings) == 1


def test_the_end_of_a_start_in_the_next_piece_is_no_second_start(desk: Desk) -> None:
    desk.writes("backend", START[0])
    desk.sentinel.plan(["backend"])
    desk.looks()
    desk.writes("backend", START[1])
    desk.sentinel.plan([])
    desk.looks()
    assert desk.findings == []


# logs that cannot be followed


def emptied(path: Path) -> None:
    os.truncate(path, 0)


def removed(path: Path) -> None:
    path.unlink()


@pytest.mark.parametrize("spoil", [emptied, removed])
def test_a_log_that_may_have_lost_lines_is_a_finding_and_is_followed_again(
    desk: Desk, spoil: Callable[[Path], None]
) -> None:
    spoil(desk.paths["backend"])
    assert desk.looks() == []
    desk.sentinel.slices["backend"].cut()
    (said,) = desk.findings
    assert said.startswith("the log of backend ")
    desk.writes("backend", *request(R1, error("it broke")))
    assert len(desk.looks()) == 1
    assert desk.findings == [said]


@pytest.mark.parametrize("spoil", [emptied, removed])
def test_a_loss_between_two_scenarios_is_a_finding(desk: Desk, spoil: Callable[[Path], None]) -> None:
    desk.looks()
    spoil(desk.paths["backend"])
    desk.sentinel.slices["backend"].cut()
    desk.writes("backend", line("fine"))
    assert desk.looks() == []
    (said,) = desk.findings
    assert said.startswith("the log of backend ")
    assert "such)" not in said


def test_a_log_that_was_moved_away_is_followed(desk: Desk) -> None:
    desk.writes("backend", *request(R1, error("before")))
    desk.paths["backend"].rename(desk.paths["backend"].with_name("backend.log.1"))
    desk.writes("backend", *request(R2, error("after")))
    assert len(desk.looks()) == 2
    assert desk.findings == []


def test_a_log_that_nobody_ever_made_is_a_finding(tmp_path: Path) -> None:
    sentinel = Sentinel({"w": LogSlice("w", tmp_path / "w.log")}, Tolerated([], Generation.S, TODAY))
    for _ in range(3):
        sentinel.slices["w"].cut()
        sentinel.look(Deeds)
    (said,) = sentinel.findings.lines()
    assert said.startswith("the log of w cannot be read: ")


def test_a_log_that_did_not_change_is_not_read(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.writes("backend", line("fine"))
    desk.looks()
    reads = []
    read = Path.open
    monkeypatch.setattr(Path, "open", lambda path, *how: reads.append(path.name) or read(path, *how))  # type: ignore[func-returns-value]
    for _ in range(5):
        for log in desk.sentinel.slices.values():
            log.cut()
        desk.looks()
    assert reads == []
    with read(desk.paths[WORKER], "a") as log_file:
        log_file.write(line("new") + "\n")
    desk.looks()
    assert reads == [f"{WORKER}.log"]


# the allow-list


def tolerance(**changes: Any) -> Tolerance:
    row = {
        "id": "known-noise",
        "pattern": "it broke",
        "services": ["backend"],
        "generations": ["S"],
        "reason": "nobody is harmed by it",
        "owner": "maintainer",
        "expires": "2026-11-22",
    }
    return Tolerance.model_validate({**row, **changes})


def test_a_tolerated_line_breaks_nothing_and_is_counted(tmp_path: Path) -> None:
    desk = Desk(tmp_path, [tolerance()])
    desk.writes("backend", *request(R1, error("it broke"), error("it broke again")), error("it broke"))
    assert (desk.looks(), desk.findings) == ([], [])
    (said,) = desk.sentinel.tolerated.lines()
    assert said.startswith("known-noise: 3 times, until 2026-11-22 (maintainer): nobody is harmed")


@pytest.mark.parametrize(
    "changes",
    [
        {"pattern": "it burst"},
        {"services": ["worker"]},
        {"generations": ["H"]},
        {"expires": "2026-11-21"},
    ],
)
def test_a_tolerance_holds_for_nothing_else(tmp_path: Path, changes: dict[str, Any]) -> None:
    desk = Desk(tmp_path, [tolerance(**changes)])
    desk.writes("backend", *request(R1, error("it broke")))
    assert len(desk.looks()) == 1
    assert desk.sentinel.tolerated.lines() == []


@pytest.mark.parametrize(("allows", "breaches"), [(False, 1), (True, 0)])
def test_a_stack_trace_is_tolerated_only_if_the_list_says_so(
    tmp_path: Path, allows: bool, breaches: int
) -> None:
    desk = Desk(tmp_path, [tolerance(stack_trace=allows)])
    desk.writes("backend", *request(R1, error("it broke"), *TRACE))
    assert len(desk.looks()) == breaches


def test_an_expired_tolerance_is_a_finding_that_names_its_owner() -> None:
    rows = [tolerance(expires="2026-11-21"), tolerance(id="of-h", generations=["H"], expires="2026-11-21")]
    (said,) = Tolerated(rows, Generation.S, TODAY).findings()
    assert said == (
        "the allow-list of log lines: known-noise has expired on 2026-11-21 and no longer holds; "
        "maintainer has to review it"
    )
    assert Tolerated([tolerance()], Generation.S, TODAY).findings() == []


def test_the_list_that_ships_is_complete_and_in_force() -> None:
    rows = allow_list()
    assert len({row.id for row in rows}) == len(rows) > 0
    for generation in Generation:
        assert Tolerated(rows, generation, TODAY).findings() == []


def test_the_list_that_ships_tolerates_what_s_writes_of_bars_that_it_has_not(tmp_path: Path) -> None:
    desk = Desk(tmp_path, allow_list())
    loader = [
        "Data file not found: /app/data/NOSUCH_1d.csv",
        "Error in LocalDataLoader.load after 0.002s: Data file not found: /app/data/NOSUCH_1d.csv",
        "Failed load of price data after 0.002s: Data file not found: /app/data/NOSUCH_1d.csv",
        "File path validation failed: String does not match required pattern",
        "Failed load of price data after 0.004s: String does not match required pattern",
    ]
    form = "2026-11-22 18:22:23,518 | ERROR | ktrdr.data.local_data_loader | {}"
    lines = [form.format(one) for one in loader]
    service = "2026-11-22 18:22:23,518 | ERROR | ktrdr.api.services.data_service | Error in DataService"
    lines.append(f"{service}.load_cached_data after 0.001s: No data found in cache for NOSUCH 1h")
    desk.writes("backend", *request(R1, *lines))
    desk.writes(WORKER, *work(OURS, *lines))
    assert (desk.looks(), desk.findings) == ([], [])
    failed = (
        "2026-11-22 18:21:06,234 | ERROR | ktrdr.async_infrastructure.service_orchestrator | Operation failed"
    )
    desk.writes("backend", failed, *TRACE)
    assert (desk.looks(), desk.findings) == ([], [])
    desk.writes("backend", f"{failed} otherwise", *TRACE)
    assert (desk.looks(), len(desk.findings)) == ([], 1)
    model = "ktrdr.backtesting.engine | Error details: ValueError: Model metadata missing input_size: {}"
    desk.writes(WORKER, *work(OURS, f"2026-11-22 18:22:23,518 | ERROR | {model}"))
    assert len(desk.looks()) == 1


# what a scenario did


def exchange(id: str, status: int | None, body: Any = None, url: str = "http://h:1/x") -> Exchange:
    return Exchange("backend", "GET", url, None, status, body, 0.0, 0.0, request_id=id)


def shown(status: str, reason: str | None) -> dict[str, Any]:
    return {"data": {"operation_id": OURS, "status": status, "error_message": reason}}


def test_what_a_scenario_did_is_told_by_its_exchanges() -> None:
    exchanges = [
        exchange("a", 200, shown("running", None), f"http://h:1/operations/{OTHERS}?x=1"),
        exchange("b", 404, url="http://h:1/operations/nosuch"),
        exchange("c", None),
        exchange("d", 200, shown("failed", "no bars")),
        exchange("e", 200, shown("failed", "too late")),
    ]
    deeds = deeds_of([], exchanges, 4, ["ib gateway"])
    assert deeds.requests == {*"abcde"}
    assert deeds.refused == {"b": "http://h:1/operations/nosuch"}
    assert deeds.failures == {OURS: {"no bars"}}
    assert (deeds.has(OTHERS), deeds.has("a"), deeds.has("op_x_1")) == (True, True, False)
    assert deeds.switched == ("ib gateway",)
    assert not deeds.filled_disk
    assert deeds_of([], [], 0, [], filled_disk=True).filled_disk


def test_a_full_disk_explains_no_other_error_than_that(desk: Desk) -> None:
    desk.writes("backend", error("cannot save: No space left on device"), error("cannot save: not allowed"))
    desk.looks(filled_disk=True)
    assert len(desk.findings) == 1
    assert "not allowed" in desk.findings[0]


def test_a_failure_without_a_reason_is_one_all_the_same() -> None:
    assert failures_in([exchange("a", 200, shown("failed", None))]) == {OURS: set()}
    assert failures_in([exchange("a", 200, "text"), exchange("b", 200, [1])]) == {}
