"""Each check of the preflight: ok, failed with its symptom, or not made; never ok without an answer."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from driver.scripted_world import Script, ScriptedTarget
from machine import idle_s

from ktrdr_acceptance.evidence.log_files import LogFile
from ktrdr_acceptance.faults import RunAborted
from ktrdr_acceptance.operations.waiting import Clock
from ktrdr_acceptance.preflight.asking import Asking, Probe
from ktrdr_acceptance.preflight.check import Check, Outcome, ok

from .scripted_target import (
    HEALTHY,
    OPERATION,
    WELL,
    WORKERS,
    addressing,
    inspected,
    listed,
    shown,
    silent,
)

BACKEND = "the backend answers as a KTRDR"
REGISTERED = "workers of each kind are registered"
FREE = "a worker of each kind is free"
ANSWER = "registered workers answer"
BARS = "cached bars cover the calibration"
FOLDER = "the data folder is KTRDR's"
STRATEGIES = "strategies are there and valid"
GATEWAY = "IB's gateway"
DISK = "there is space on disk"
CLOCKS = "clocks agree"
OTHERS = "nothing else runs on the target"
SANDBOX = "the addressed port is the sandbox's"
LOGS = "logs can be read"
RANGE = "backend POST /api/v1/data/range"
LIST = "backend GET /api/v1/operations"
LOOKUP = f"backend GET /api/v1/operations/{OPERATION}"
OF_BACKEND = (REGISTERED, BARS, STRATEGIES, OTHERS, CLOCKS)


def came_out(check: Check) -> tuple[str, str]:
    """Return how a check came out, and its symptom."""
    return check.outcome, check.symptom_id


def workers(**changes: dict[str, Any]) -> dict[str, Script]:
    """Return the workers with changes to some of them, by id."""
    rows = [{**row, **changes.get(str(row["worker_id"]), {})} for row in WORKERS]
    return {"backend GET /api/v1/workers": (200, rows)}


def ranges(**by_timeframe: tuple[str, str] | None) -> dict[str, Script]:
    """Return cached ranges by timeframe; None where nothing is cached, all where nothing is said."""

    def told(body: Any, _query: Any) -> tuple[int, Any]:
        first_last = by_timeframe.get(f"t{body['timeframe']}", ("2007-01-01", "2025-12-31"))
        if first_last is None:
            return 404, {"detail": f"Data not found for {body['symbol']} ({body['timeframe']})"}
        first, last = first_last
        data = {**body, "start_date": f"{first}T00:00:00Z", "end_date": f"{last}T00:00:00Z", "point_count": 1}
        return 200, {"success": True, "data": data}

    return {RANGE: told}


def test_everything_is_ok_where_everything_is_well() -> None:
    found = inspected()
    made = found.found.preflight
    assert {check.outcome for check in made.checks} == {Outcome.OK}, made.lines()
    assert made.is_ready
    assert made.blocking == ""
    assert len(made.lines()) == 1
    expected = {BACKEND, REGISTERED, FREE, ANSWER, BARS, STRATEGIES, GATEWAY, DISK, CLOCKS, OTHERS}
    assert set(found.names) == expected | {"ib-host answers", "training-host answers"}


def test_preflight_asks_for_nothing_that_changes_the_target() -> None:
    asked = {one.request for one in inspected().net.asked}
    assert {one for one in asked if not one.startswith("GET ")} == {
        "POST /api/v1/data/range",
        *(request.removeprefix("backend ") for request in HEALTHY if "validate" in request),
    }


def test_every_connection_is_closed() -> None:
    assert inspected().net.open == []
    assert inspected({LIST: listed(OPERATION), LOOKUP: shown()}, cure="true").net.open == []


def test_the_workers_are_asked_for_once() -> None:
    found = inspected()
    assert found.net.requests().count("GET /api/v1/workers") == 1
    assert found.net.requests("t1").count("GET /health") == 1, "shared by two checks"


# who answers


@pytest.mark.parametrize(
    ("answer", "symptom"),
    [
        (silent(), "E2"),
        (silent(why="no answer within 10 s"), "E28"),
        ((200, "<html>It works!</html>"), "K17"),
        ((404, {"detail": "Not Found"}), "K17"),
    ],
    ids=["silent", "hanging", "a web page", "not found"],
)
def test_a_backend_that_is_none_blocks_and_leaves_the_rest_not_made(answer: Any, symptom: str) -> None:
    found = inspected({"backend GET /api/v1/health": answer})
    check = found.check(BACKEND)
    assert came_out(check) == ("failed", symptom)
    assert check.blocks
    assert found.found.identity is None
    assert found.found.preflight.blocking == check.said
    assert "(the script)" in check.said
    for name in OF_BACKEND:
        assert (found.check(name).outcome, found.check(name).unanswered) == (Outcome.NOT_MADE, True)
    assert not found.found.preflight.is_ready
    assert found.net.requests() == ["GET /api/v1/health"], "what is no KTRDR is asked nothing more"
    assert found.check("ib-host answers").outcome is Outcome.OK


def test_a_backend_of_no_known_generation_blocks() -> None:
    found = inspected({"backend GET /api/v1/openapi.json": (200, {"paths": None})})
    assert came_out(found.check(BACKEND)) == ("failed", "K17")


@pytest.mark.parametrize(
    ("name", "symptom"), [("ib-host", "E12"), ("training-host", "K12")], ids=["IB host", "training host"]
)
@pytest.mark.parametrize("answer", ["refused", "unwell", "error"])
def test_a_host_that_does_not_answer_well_fails_without_blocking(
    name: str, symptom: str, answer: str
) -> None:
    answers: dict[str, Script] = {
        "refused": silent(name, "GET /health"),
        "unwell": (200, {"healthy": False, "error": "pool"}),
        "error": (500, {"detail": "no"}),
    }
    named = {f"{name.replace('-', '_')}_url": "http://named:1"}
    found = inspected({f"{name} GET /health": answers[answer]}, **named)
    check = found.check(f"{name} answers")
    assert came_out(check) == ("failed", symptom)
    assert found.found.preflight.blocking == ""
    assert not found.found.preflight.is_ready
    assert found.found.identity is not None
    told = {service.name: service.answers for service in found.found.identity.services}
    assert told == {"ib-host": True, "training-host": True, name: False}


def test_an_optional_host_that_nobody_named_may_be_silent_but_is_never_ok() -> None:
    found = inspected({"training-host GET /health": silent("training-host", "GET /health")})
    check = found.check("training-host answers")
    assert (check.outcome, check.unanswered) == ("not made", False)
    assert "where it would be by default" in check.said
    assert found.found.preflight.is_ready
    ib_host = inspected({"ib-host GET /health": silent("ib-host", "GET /health")})
    assert ib_host.check("ib-host answers").outcome is Outcome.FAILED
    embedded = inspected({"training-host GET /health": silent("training-host")}, target="embedded")
    assert embedded.check("training-host answers").outcome is Outcome.FAILED


def test_a_host_that_hangs_is_told_so() -> None:
    found = inspected({"ib-host GET /health": silent("ib-host", "GET /health", "no answer within 2.5 s")})
    assert came_out(found.check("ib-host answers")) == ("failed", "E28")


# workers


def test_no_worker_at_all_is_another_symptom_than_one_kind_missing() -> None:
    none = inspected({"backend GET /api/v1/workers": (200, [])})
    assert came_out(none.check(REGISTERED)) == ("failed", "E19")
    assert FREE not in none.names
    one_kind = inspected({"backend GET /api/v1/workers": (200, WORKERS[:1])})
    check = one_kind.check(REGISTERED)
    assert came_out(check) == ("failed", "E20")
    assert check.said == "the target (generation S) has no backtest worker registered"


@pytest.mark.parametrize(("mark", "generation"), [("/api/v1/backtests/start", "N"), ("/api/v1/x", "O")])
def test_a_backend_that_does_the_work_itself_needs_no_worker(mark: str, generation: str) -> None:
    found = inspected({"backend GET /api/v1/openapi.json": (200, {"paths": {mark: {}}})})
    check = found.check(REGISTERED)
    assert check.outcome is Outcome.OK
    assert f"in generation {generation} the backend does the work itself" in check.said
    assert "GET /api/v1/workers" not in found.net.requests()


@pytest.mark.parametrize(
    ("changes", "symptom"),
    [
        ({"t1": {"status": "busy"}}, "E16"),
        ({"b1": {"status": "busy"}}, "E17"),
        ({"t1": {"status": "busy"}, "b1": {"status": "busy"}}, "E16"),
        ({"t1": {"status": "temporarily_unavailable"}}, "E18"),
    ],
    ids=str,
)
def test_a_kind_of_which_no_worker_is_free_fails(changes: dict[str, Any], symptom: str) -> None:
    check = inspected(workers(**changes)).check(FREE)
    assert came_out(check) == ("failed", symptom)
    assert all(f"{worker} is {change['status']}" in check.said for worker, change in changes.items())


def test_one_free_worker_of_a_kind_is_enough() -> None:
    rows = [*WORKERS, {**WORKERS[0], "worker_id": "t2", "status": "busy", "endpoint_url": "http://t2:1"}]
    found = inspected({"backend GET /api/v1/workers": (200, rows), "t2 GET /health": (200, WELL)})
    assert found.check(FREE).outcome is Outcome.OK


@pytest.mark.parametrize(
    "answer",
    [silent("t1", "GET /health"), (200, {"healthy": False}), (500, {})],
    ids=["silent", "unwell", "error"],
)
def test_a_registered_worker_that_does_not_answer_well_fails(answer: Any) -> None:
    check = inspected({"t1 GET /health": answer}).check(ANSWER)
    assert came_out(check) == ("failed", "E18")
    assert "t1" in check.said
    assert "b1" not in check.said


# IB's gateway


def test_the_gateway_is_told_as_the_host_tells_it_and_no_more_is_claimed() -> None:
    connected = inspected().check(GATEWAY)
    assert (connected.outcome, connected.said) == ("ok", "the IB host says that its gateway is connected")
    answer = (200, {"healthy": True, "ib_gateway_connected": False})
    found = inspected({"ib-host GET /health/detailed": answer})
    check = found.check(GATEWAY)
    assert (check.outcome, check.unanswered) == ("not made", False)
    assert "only a download tells" in check.said
    assert found.found.preflight.is_ready


def test_a_gateway_of_which_nothing_is_said_is_not_ok() -> None:
    silence = inspected({"ib-host GET /health/detailed": silent("ib-host", "GET /health/detailed")})
    assert (silence.check(GATEWAY).outcome, silence.check(GATEWAY).unanswered) == ("not made", True)
    breach = inspected({"ib-host GET /health/detailed": (200, {"healthy": True})})
    assert came_out(breach.check(GATEWAY)) == ("failed", "E26")


# bars and strategies


def test_series_of_which_nothing_is_cached_fail() -> None:
    check = inspected(ranges(t5m=None)).check(BARS)
    assert came_out(check) == ("failed", "E11")
    assert "EURUSD 5m" in check.said
    assert "1h" not in check.said
    nothing = inspected(ranges(t5m=None, t1h=None, t1d=None)).check(BARS)
    assert came_out(nothing) == ("failed", "E23")


def test_bars_that_do_not_reach_over_the_dates_fail() -> None:
    check = inspected(ranges(t5m=("2024-01-01", "2025-01-01"))).check(BARS)
    assert came_out(check) == ("failed", "E43")
    assert "cached bars of EURUSD 5m are from 2024-01-01 to 2025-01-01" in check.said
    assert "asked for is 2023-01-01 to 2025-01-01 (trainings.long)" in check.said
    assert "backtests.long" not in check.said, "its dates are cached"


def test_a_few_days_missing_at_the_ends_are_none() -> None:
    """As the real cache: hourly bars from March 2007 to September 2025."""
    found = inspected(ranges(t1h=("2007-03-12", "2025-09-12"), t5m=("2022-12-30", "2025-01-10")))
    assert found.check(BARS).outcome is Outcome.OK


def test_dates_after_the_last_cached_bar_fail() -> None:
    check = inspected(ranges(t1d=("2007-01-01", "2024-06-30"))).check(BARS)
    assert came_out(check) == ("failed", "E43")
    assert "(trainings.smoke)" in check.said


def test_the_last_day_of_a_range_belongs_to_it() -> None:
    assert "(backtests.short)" in inspected(ranges(t5m=("2007-01-01", "2024-11-03"))).check(BARS).said
    assert "(backtests.short)" not in inspected(ranges(t5m=("2007-01-01", "2024-11-04"))).check(BARS).said


def test_missing_series_and_short_ones_are_both_told() -> None:
    check = inspected(ranges(t1h=None, t5m=("2024-01-01", "2025-01-01"))).check(BARS)
    assert came_out(check) == ("failed", "E11")
    assert "EURUSD 1h" in check.said
    assert "trainings.long" in check.said


@pytest.mark.parametrize(
    "answer",
    [
        (200, {"success": True, "data": {"symbol": "EURUSD"}}),
        (200, {"success": False, "error": "no"}),
        (500, {"detail": "no"}),
    ],
    ids=["fields missing", "no success", "error"],
)
def test_a_range_that_cannot_be_read_is_not_ok(answer: Any) -> None:
    assert inspected({RANGE: answer}).check(BARS).outcome is Outcome.FAILED


def test_a_range_whose_dates_are_none_is_a_breach() -> None:
    check = inspected(ranges(t1d=("soon", "2025-12-31"))).check(BARS)
    assert came_out(check) == ("failed", "E26")


def test_ranges_that_are_not_told_are_not_made() -> None:
    check = inspected({RANGE: silent(request="POST /api/v1/data/range")}).check(BARS)
    assert (check.outcome, check.unanswered) == ("not made", True)
    assert "gave no answer to POST /api/v1/data/range" in check.said


@pytest.mark.parametrize(
    ("answer", "symptom", "said"),
    [
        ((404, {"detail": "Strategy not found"}), "E7", "the target has no strategy neuro_mean_reversion"),
        (
            (200, {"valid": False, "issues": [{"severity": "error", "message": "no fuzzy sets"}]}),
            "K8",
            "KTRDR calls the strategy neuro_mean_reversion not valid: no fuzzy sets",
        ),
        (
            (400, {"detail": {"message": "bad YAML", "error_code": "STRATEGY-ValidationFailed"}}),
            "K8",
            "bad YAML",
        ),
        ((200, {"success": True}), "E26", "valid: field required"),
    ],
    ids=["missing", "invalid", "refused", "breach"],
)
def test_a_strategy_that_cannot_be_used_fails(answer: Any, symptom: str, said: str) -> None:
    check = inspected({"backend POST /api/v1/strategies/validate/neuro_mean_reversion": answer}).check(
        STRATEGIES
    )
    assert came_out(check) == ("failed", symptom)
    assert said in check.said


def test_strategies_that_nobody_judges_are_not_made() -> None:
    request = "POST /api/v1/strategies/validate/neuro_mean_reversion"
    check = inspected({f"backend {request}": silent(request=request)}).check(STRATEGIES)
    assert (check.outcome, check.unanswered) == ("not made", True)


def test_a_calibration_of_one_s_own_is_the_one_that_is_checked(tmp_path: Path) -> None:
    own = tmp_path / "own.yaml"
    own.write_text("trainings: {smoke: {strategy: mine, timeframe: 4h}}\n")
    found = inspected(ranges(t4h=None), calibration=str(own))
    assert came_out(found.check(BARS)) == ("failed", "E11")
    assert "mine" in found.check(STRATEGIES).said
    assert came_out(found.check(STRATEGIES)) == ("failed", "E7")


# the data folder, disks, logs


def test_the_folder_must_hold_what_ktrdr_has_and_nothing_that_it_lacks(tmp_path: Path) -> None:
    names = [f"EURUSD_{timeframe}.csv" for timeframe in ("1d", "1h", "5m")]
    for name in names:
        (tmp_path / name).touch()
    target = ScriptedTarget(tmp_path)
    assert inspected(at=target).check(FOLDER).outcome is Outcome.OK
    unread = inspected(ranges(t1h=None), at=target).check(FOLDER)
    assert came_out(unread) == ("failed", "E24")
    (tmp_path / "EURUSD_5m.csv").unlink()
    elsewhere = inspected(at=target).check(FOLDER)
    assert came_out(elsewhere) == ("failed", "E24")
    assert "EURUSD_5m.csv" in elsewhere.said


def test_an_empty_folder_cannot_be_compared(tmp_path: Path) -> None:
    found = inspected(ranges(t5m=None, t1h=None, t1d=None), at=ScriptedTarget(tmp_path))
    assert (found.check(FOLDER).outcome, found.check(FOLDER).unanswered) == ("not made", False)


def test_a_folder_that_cannot_be_looked_at_fails(tmp_path: Path) -> None:
    check = inspected(at=ScriptedTarget(tmp_path / "gone")).check(FOLDER)
    assert came_out(check) == ("failed", "E22")


def test_without_a_folder_there_is_nothing_to_compare() -> None:
    assert FOLDER not in inspected().names


def test_a_disk_with_little_space_fails(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    free = {"/": 500 * 1024 * 1024}

    def usage(_path: Path) -> Any:
        return type("Usage", (), {"free": free["/"]})

    monkeypatch.setattr("ktrdr_acceptance.preflight.machine.shutil.disk_usage", usage)
    target = ScriptedTarget(tmp_path)
    fine = inspected(at=target, reports=str(tmp_path / "not" / "there")).check(DISK)
    assert (fine.outcome, str(tmp_path) in fine.said) == ("ok", True)
    free["/"] = 100 * 1024 * 1024
    check = inspected(at=target).check(DISK)
    assert came_out(check) == ("failed", "K20")
    assert "only 100 MB are free for reports" in check.said
    assert "only 100 MB are free for data" in check.said


@pytest.mark.parametrize(("free_mb", "outcome"), [(60, "ok"), (12, "failed")])
def test_a_disk_that_is_small_on_purpose_needs_less(
    free_mb: int, outcome: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    data.mkdir()

    def usage(path: Path) -> Any:
        return type("Usage", (), {"free": (free_mb if path == data else 900) * 1024 * 1024})

    monkeypatch.setattr("ktrdr_acceptance.preflight.machine.shutil.disk_usage", usage)
    target = ScriptedTarget(data)
    target.data_limit = 64 * 1024 * 1024
    assert inspected(at=target).check(DISK).outcome == outcome


def test_a_disk_that_cannot_be_looked_at_is_not_ok(monkeypatch: pytest.MonkeyPatch) -> None:
    def usage(_path: Path) -> Any:
        raise OSError("stale file handle")

    monkeypatch.setattr("ktrdr_acceptance.preflight.machine.shutil.disk_usage", usage)
    check = inspected().check(DISK)
    assert (check.outcome, check.unanswered, "stale" in check.said) == ("not made", True, True)


def test_logs_that_are_named_must_be_there(tmp_path: Path) -> None:
    log = tmp_path / "backend.log"
    log.touch()
    assert inspected(logs={"backend": LogFile(log)}).check(LOGS).outcome is Outcome.OK
    check = inspected(logs={"backend": LogFile(log), "ib-host": LogFile(tmp_path / "ib.log")}).check(LOGS)
    assert came_out(check) == ("failed", "E37")
    assert f"the log of ib-host cannot be read: {tmp_path / 'ib.log'}" in check.said
    assert LOGS not in inspected().names
    assert came_out(inspected(logs={"backend": LogFile(tmp_path)}).check(LOGS)) == ("failed", "E37"), (
        "a folder"
    )


# clocks


@pytest.mark.parametrize(("ahead", "words"), [(60.0, "60 s ahead of ours"), (-30.0, "30 s behind ours")])
@pytest.mark.parametrize("service", ["backend", "t1", "ib-host"])
def test_a_clock_that_is_wrong_fails(service: str, ahead: float, words: str) -> None:
    check = inspected(ahead_s={service: ahead}).check(CLOCKS)
    assert came_out(check) == ("failed", "K19")
    # A header tells whole seconds.
    seconds = int(words.split()[0])
    told = [words.replace(str(seconds), str(near)) for near in (seconds - 1, seconds, seconds + 1)]
    assert any(f"the clock of {service} is {one}" in check.said for one in told), check.said


def test_clocks_that_are_a_little_apart_agree() -> None:
    assert inspected(ahead_s={"backend": 3.0, "t1": -2.0}).check(CLOCKS).outcome is Outcome.OK


def test_clocks_of_which_none_is_told_are_not_made() -> None:
    services = ("backend", "t1", "b1", "ib-host", "training-host")
    check = inspected(ahead_s=dict.fromkeys(services)).check(CLOCKS)
    assert (check.outcome, check.unanswered) == ("not made", False)


def test_only_clocks_that_are_told_are_said_to_agree() -> None:
    check = inspected({"ib-host GET /health": silent("ib-host")}, ahead_s={"t1": None}).check(CLOCKS)
    assert check.outcome is Outcome.OK
    assert "backend" in check.said
    assert "ib-host" not in check.said
    assert "t1" not in check.said


# the work of others


def test_the_work_of_others_fails_and_is_named() -> None:
    check = inspected({LIST: listed(OPERATION), LOOKUP: shown()}).check(OTHERS)
    assert came_out(check) == ("failed", "K4")
    assert check.said == f"1 operation of others is active: {OPERATION} (running)"


@pytest.mark.parametrize("lookup", [shown("completed"), (404, {"detail": "gone"})], ids=["over", "forgotten"])
def test_an_operation_that_only_the_list_calls_active_is_over(lookup: Any) -> None:
    assert inspected({LIST: listed(OPERATION), LOOKUP: lookup}).check(OTHERS).outcome is Outcome.OK


def test_what_an_earlier_run_left_is_another_symptom() -> None:
    found = inspected({LIST: listed(OPERATION), LOOKUP: shown()}, left_over=(OPERATION,))
    assert came_out(found.check(OTHERS)) == ("failed", "K5")


def test_many_are_counted_and_a_few_named() -> None:
    ids = [f"{OPERATION[:-1]}{number}" for number in range(8)]
    lookups: dict[str, Script] = {
        f"backend GET /api/v1/operations/{one}": shown(operation_id=one) for one in ids
    }
    check = inspected({LIST: listed(*ids), **lookups}).check(OTHERS)
    assert check.said.startswith("8 operations of others are active: ")
    assert check.said.endswith("and 3 more")


def test_a_list_that_cannot_be_read_is_not_ok() -> None:
    assert came_out(inspected({LIST: (200, {"data": []})}).check(OTHERS)) == ("failed", "E26")
    check = inspected({LIST: silent(request="GET /api/v1/operations")}).check(OTHERS)
    assert (check.outcome, check.unanswered) == ("not made", True)


# the sandbox


def in_sandbox(folder: Path, text: str) -> str:
    (folder / ".env.sandbox").write_text(text)
    return str(folder)


@pytest.mark.parametrize(
    "text",
    ["KTRDR_API_PORT=8001", "# slot 1\nexport KTRDR_API_PORT = '8001' # the API\nKTRDR_DB_PORT=5433\n"],
    ids=["plain", "as a shell reads it"],
)
def test_the_port_of_the_sandbox_is_compared(text: str, tmp_path: Path) -> None:
    home = in_sandbox(tmp_path, text)
    assert inspected(at=addressing("http://h:8001"), ktrdr_home=home).check(SANDBOX).outcome is Outcome.OK
    wrong = inspected(at=addressing("http://h:8000"), ktrdr_home=home)
    assert came_out(wrong.check(SANDBOX)) == ("failed", "E44")
    assert wrong.check(SANDBOX).blocks
    assert wrong.found.preflight.blocking.startswith(str(tmp_path))
    gone = inspected(
        {"backend GET /api/v1/health": silent()}, at=addressing("http://h:8000"), ktrdr_home=home
    )
    assert came_out(gone.check(SANDBOX)) == ("failed", "E3")
    assert "gave no answer" in gone.found.preflight.blocking, "both are told"


@pytest.mark.parametrize(
    ("text", "unanswered"),
    [(None, False), ("KTRDR_DB_PORT=5433", True), ("KTRDR_API_PORT=soon", True)],
    ids=str,
)
def test_without_a_port_in_the_file_there_is_nothing_to_compare(
    text: str | None, unanswered: bool, tmp_path: Path
) -> None:
    home = str(tmp_path) if text is None else in_sandbox(tmp_path, text)
    check = inspected(ktrdr_home=home).check(SANDBOX)
    assert (check.outcome, check.unanswered) == ("not made", unanswered)


def test_a_home_that_is_no_folder_is_told(tmp_path: Path) -> None:
    check = inspected(ktrdr_home=str(tmp_path / "gone")).check(SANDBOX)
    assert (check.outcome, check.unanswered) == ("not made", True)


def test_the_sandbox_is_of_no_matter_to_the_embedded_ktrdr(tmp_path: Path) -> None:
    home = in_sandbox(tmp_path, "KTRDR_API_PORT=8001")
    assert SANDBOX in inspected(ktrdr_home=home).names
    assert SANDBOX not in inspected(ktrdr_home=home, target="embedded").names
    assert SANDBOX not in inspected().names


# in time


def waited(asks: dict[str, Callable[[], Any]], judges_silence: bool = False) -> Check:
    probe = Probe("slow", asks, lambda _answers: ok("slow", "all is well"), judges_silence)
    asking = Asking(Clock())
    asking.start(probe.asks)
    asking.wait([ask for ask in probe.asks if ask != "late"], time.monotonic() + 60)
    asking.wait(probe.asks, time.monotonic() + 0.1)
    return probe.made(asking)


@pytest.mark.parametrize("judges_silence", [False, True])
def test_what_does_not_answer_in_time_is_never_ok(judges_silence: bool) -> None:
    never = threading.Event()
    began = idle_s()
    check = waited({"quick": lambda: 1, "late": never.wait}, judges_silence)
    assert (check.outcome, check.unanswered) == ("not made", True)
    assert check.said == "no answer in time: late"
    assert idle_s() - began < 1
    never.set()


def test_a_fault_of_the_suite_itself_is_never_ok() -> None:
    def breaks() -> None:
        raise KeyError("broken")

    check = waited({"broken": breaks}, judges_silence=True)
    assert (check.outcome, check.unanswered, check.said) == ("not made", True, "KeyError: 'broken'")


def test_asks_are_made_side_by_side() -> None:
    together = threading.Barrier(8)
    check = waited({f"ask {number}": lambda: together.wait(60) for number in range(8)})
    assert check.outcome is Outcome.OK


def test_an_answer_that_never_comes_does_not_keep_the_process() -> None:
    never = threading.Event()
    before = set(threading.enumerate())
    Asking(Clock()).start({"late": never.wait})
    waiting = set(threading.enumerate()) - before
    assert waiting
    assert all(thread.daemon for thread in waiting)
    never.set()


def test_a_request_to_stop_ends_the_wait() -> None:
    never = threading.Event()
    asking = Asking(Clock(stop_reason="SIGINT"))
    asking.start({"late": never.wait})
    with pytest.raises(RunAborted, match="SIGINT"):
        asking.wait(["late"], time.monotonic() + 5)
    never.set()


def test_a_service_that_hangs_costs_no_more_than_the_deadline() -> None:
    never = threading.Event()

    def hangs(_body: Any, _query: Any) -> Exception:
        never.wait()
        return silent()

    began = idle_s()
    found = inspected({"ib-host GET /health": hangs, RANGE: hangs}, clock=Clock())
    took = idle_s() - began
    never.set()
    assert took < 3
    assert found.check("ib-host answers").said.startswith("no answer in time: ib-host")
    assert found.check(BARS).outcome is Outcome.NOT_MADE
    assert found.check(STRATEGIES).outcome is Outcome.OK
    assert not found.found.preflight.is_ready
