"""The log of a container, as an engine gives it, read once and whole."""

from __future__ import annotations

import pytest

from ktrdr_acceptance.evidence.log_source import UnreadableLog
from ktrdr_acceptance.evidence.logs import LogSlice
from ktrdr_acceptance.faults import EnvironmentFault
from ktrdr_acceptance.target.container_logs import ContainerLog


def stamp(seconds: float) -> str:
    return f"2026-11-22T20:00:{seconds:012.9f}Z"


class Logged:
    """A container whose log is given as the engine does; a line is (seconds, text)."""

    name = "ktrdr-backend"

    def __init__(self) -> None:
        self.lines: list[tuple[float, str]] = []
        self.asked_since: list[float | None] = []
        self.fault = ""

    def log(self, since: float | None = None, newest: int | None = None) -> bytes:
        if self.fault:
            raise EnvironmentFault(self.fault)
        lines = self.lines[-newest:] if newest else self.lines
        if newest != 1:
            self.asked_since.append(since)
        at_minute = 1795377600.0
        return "".join(
            f"{stamp(at)} {text}" for at, text in lines if since is None or at_minute + at >= since
        ).encode()


@pytest.fixture
def logged() -> Logged:
    found = Logged()
    found.lines = [(1.0, "of before\n"), (1.5, "last of before\n")]
    return found


def unseen(log: LogSlice) -> list[str]:
    written, lost = log.unseen()
    assert lost == ""
    return written.decode().splitlines()


def test_it_begins_behind_the_last_line(logged: Logged) -> None:
    log = LogSlice("backend", ContainerLog(logged))
    assert unseen(log) == []
    logged.lines.append((1.6, "new\n"))
    assert unseen(log) == ["new"]
    assert unseen(log) == []
    assert log.where == "container ktrdr-backend"


def test_a_log_without_a_line_is_read_from_its_beginning() -> None:
    logged = Logged()
    log = LogSlice("backend", ContainerLog(logged))
    logged.lines.append((1.0, "first\n"))
    assert unseen(log) == ["first"]


def test_lines_of_one_stamp_are_all_read_once(logged: Logged) -> None:
    log = LogSlice("backend", ContainerLog(logged))
    logged.lines.append((2.0, "same\n"))
    assert unseen(log) == ["same"]
    logged.lines.append((2.0, "same\n"))
    assert unseen(log) == ["same"]
    assert unseen(log) == []


def test_a_line_that_comes_behind_one_of_a_later_stamp_is_not_lost(logged: Logged) -> None:
    log = LogSlice("backend", ContainerLog(logged))
    logged.lines.append((2.0, "later\n"))
    assert unseen(log) == ["later"]
    logged.lines.append((1.8, "late\n"))
    assert unseen(log) == ["late"]
    assert unseen(log) == []


def test_it_asks_for_little_more_than_what_is_new(logged: Logged) -> None:
    log = LogSlice("backend", ContainerLog(logged))
    logged.lines.append((30.0, "new\n"))
    unseen(log)
    unseen(log)
    assert logged.asked_since[-1] == pytest.approx(1795377600.0 + 29.5, abs=0.001)


def test_the_last_line_of_a_killed_process_is_a_line_of_its_own(logged: Logged) -> None:
    log = LogSlice("backend", ContainerLog(logged))
    logged.lines += [(2.0, "broken off"), (2.5, "of the next\n")]
    assert unseen(log) == ["broken off", "of the next"]


def test_a_long_line_that_the_engine_has_cut_is_one_line(logged: Logged) -> None:
    log = LogSlice("backend", ContainerLog(logged))
    first = "x" * 16384
    logged.lines += [(2.0, first), (2.000001, "rest\n")]
    assert unseen(log) == [f"{first}rest"]


def test_a_stamp_that_a_service_writes_itself_cuts_nothing(logged: Logged) -> None:
    log = LogSlice("backend", ContainerLog(logged))
    logged.lines.append((2.0, f"seen at {stamp(1.0)} by me\n"))
    assert unseen(log) == [f"seen at {stamp(1.0)} by me"]


@pytest.mark.parametrize("written", ["2099-01-01T00:00:00.123456789Z", "9999-99-99T99:99:99.999999999Z"])
def test_a_stamp_of_the_future_that_a_service_writes_hides_nothing(logged: Logged, written: str) -> None:
    log = LogSlice("backend", ContainerLog(logged))
    logged.lines.append((2.0, f"valid until {written} or so\n"))
    assert " ".join(unseen(log)).startswith("valid until")
    logged.lines.append((4.0, "ERROR\n"))
    assert unseen(log) == ["ERROR"]


def test_the_first_line_of_the_next_process_is_read_once(logged: Logged) -> None:
    log = LogSlice("backend", ContainerLog(logged))
    logged.lines += [(2.0, "killed"), (5.0, "Started server process\n"), (5.2, "more\n")]
    assert unseen(log) == ["killed", "Started server process", "more"]
    # By now the engine gives it without the line before.
    logged.lines.append((5.3, "and more\n"))
    assert unseen(log) == ["and more"]


def test_more_lines_than_are_asked_for_at_first_are_read_all_the_same(logged: Logged) -> None:
    log = LogSlice("backend", ContainerLog(logged))
    assert unseen(log) == []
    logged.lines += [(2.0 + at / 1000, f"line {at}\n") for at in range(1500)]
    assert unseen(log) == [f"line {at}" for at in range(1500)]
    assert unseen(log) == []


def test_a_log_that_cannot_be_read_is_told_and_never_empty(logged: Logged) -> None:
    log = LogSlice("backend", ContainerLog(logged))
    logged.fault = "the Docker engine cannot read the log of ktrdr-backend: No such container"
    with pytest.raises(UnreadableLog, match="the log of backend cannot be read: the Docker engine cannot"):
        log.text()
    assert ContainerLog(logged).problem() == logged.fault
    logged.fault = ""
    assert ContainerLog(logged).problem() == ""
