"""The console: live on a terminal, few lines elsewhere, and never a reason for a run to end."""

from __future__ import annotations

import io
import os
import re
import sys
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest
from behave.parser import parse_feature

from ktrdr_acceptance.faults import Category
from ktrdr_acceptance.operations.history import Observation
from ktrdr_acceptance.operations.lifecycle import Status
from ktrdr_acceptance.operations.operation import Operation
from ktrdr_acceptance.verdict import console as console_module
from ktrdr_acceptance.verdict.console import Console
from ktrdr_acceptance.verdict.model import RunResult, Verdict

from .everything import everything
from .specimens import run_result, scenario_result
from .test_milestones import whole_run
from .test_outputs_agree import forget_terminal, printed

EXPECTED_S = {"1.1": 1.2, "1.2": 3.0, "9.9": 5.0}


class Terminal(io.StringIO):
    """What a terminal shows at last: Rich writes whole lines, erases lines and goes up."""

    def isatty(self) -> bool:
        return True

    def lines(self) -> list[str]:
        shown, row = [""], 0
        for part in re.split(r"(\x1b\[[0-9;?]*[A-Za-z]|[\r\n])", self.getvalue()):
            if part == "\n":
                row += 1
                shown += [""] * (row - len(shown) + 1)
            elif part == "\x1b[1A":
                row -= 1
            elif part == "\x1b[2K":
                shown[row] = ""
            elif part and part[0] not in "\x1b\r":
                shown[row] += part
        return shown


@pytest.fixture
def stdout(monkeypatch: pytest.MonkeyPatch) -> Callable[[Any], Any]:
    """Return what makes a stream the process's own stdout; the console redacts the others too."""

    forget_terminal(monkeypatch)

    def use(stream: Any) -> Any:
        for name in ("stdout", "stderr", "__stderr__"):
            monkeypatch.setattr(sys, name, io.StringIO())
        monkeypatch.setattr(sys, "__stdout__", stream)
        return stream

    return use


@pytest.fixture
def terminal(stdout: Callable[[Any], Any], monkeypatch: pytest.MonkeyPatch) -> Terminal:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setenv("LINES", "24")
    terminal: Terminal = stdout(Terminal())
    return terminal


def told_of(console: Console, run: RunResult) -> None:
    console.header(run.target_lines, run.scenarios, run.notes())
    for scenario in run.scenarios:
        console.begin(scenario.id, scenario.name)
        console.end(scenario)
    console.finish(run, "reports/summary.md")


# on a terminal


def test_on_a_terminal_each_scenario_has_a_line_and_what_was_running_is_gone_at_the_end(
    terminal: Terminal, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = everything()
    told_of(Console(EXPECTED_S), run)
    elsewhere = printed(run, capfd, monkeypatch, EXPECTED_S)
    first = elsewhere.index("7 scenarios, about 4 s") + 1
    last = elsewhere.index("compared with earlier/results.json: 2 new and 1 old failures")
    assert terminal.lines() == [
        *elsewhere[:first],
        "✔ 1.1 Scenario 1.1 (1.2 s, planned 1.2 s)",
        "✘ 1.2 A training | of two not met, new failure (1.5 s, planned 1.2 s)",
        "≈ 1.3 Scenario 1.3 flaky, old failure (1.5 s, planned 1.2 s)",
        "– 1.4 Scenario 1.4 known issue (1.5 s, planned 1.2 s)",
        "– 1.5 Scenario 1.5 not run (1.5 s, planned 1.2 s)",
        "– 2.1 Scenario 2.1 not run (0.0 s, planned 1.2 s)",
        "✘ 2.2 Scenario 2.2 not met, new failure (1.5 s)",
        *elsewhere[last:],
        "",
    ]


def test_on_a_terminal_only_the_marks_are_coloured(terminal: Terminal) -> None:
    told_of(Console({}), run_result(scenario_result(Verdict.MET, name="A :warning: 1 'x' http://h")))
    assert "\x1b[32m✔\x1b[0m 1.1 A :warning: 1 'x' http://h (1.5 s)\n" in terminal.getvalue()


def test_a_terminal_that_a_formatter_writes_to_is_told_as_elsewhere(
    terminal: Terminal, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = everything()
    told_of(Console(EXPECTED_S, quiet=True), run)
    assert terminal.lines() == [*printed(run, capfd, monkeypatch, EXPECTED_S), ""]


def without_controls(text: str) -> list[str]:
    return re.split(r"[\r\n]+", re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "\n", text))


def seen(status: Status, percentage: float) -> Observation:
    return Observation(1.0, status, percentage, 1, 1, "epoch 1")


@pytest.mark.parametrize(
    ("look", "progress"),
    [
        (None, []),
        (seen(Status.RUNNING, 0.0), ["  running, 0.0 %, epoch 1, about 1010 s left"]),
        (seen(Status.RUNNING, 25.0), ["  running, 25.0 %, epoch 1, about 758 s left"]),
        (seen(Status.COMPLETED, 25.0), ["  completed, 25.0 %, epoch 1"]),
    ],
    ids=["no-look", "beginning", "running", "ended"],
)
def test_on_a_terminal_what_is_running_is_shown_with_what_is_to_go(
    look: Observation | None, progress: list[str], terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1000.0
    monkeypatch.setattr(console_module.time, "monotonic", lambda: now)
    console = Console(EXPECTED_S)
    planned = [scenario_result(Verdict.NOT_RUN, id=id) for id in ("9.9", "1.1", "1.2", "7.7")]
    console.header([], planned, [])
    console.begin("9.9", "One before")
    console.look(cast(Operation, SimpleNamespace(expected_s=5.0)), seen(Status.RUNNING, 50.0))
    console.begin("1.1", "A training")
    now = 1007.0
    if look is not None:
        console.look(cast(Operation, SimpleNamespace(expected_s=1010.0)), look)
    # The last frame, which its end takes back.
    console.finish(run_result(), "reports/summary.md")
    took = 7 if look is not None else 0
    frame = [f"▶ 1.1 A training ({took} s)", *progress, "  2 to go, about 3 s"]
    shown = without_controls(terminal.getvalue())
    at = shown.index(frame[0])
    assert shown[at : at + len(frame)] == frame
    assert shown[at + len(frame)].startswith("0 met")


def test_on_a_terminal_what_is_running_is_cut_to_its_width_and_never_shows_a_part_of_a_secret(
    terminal: Terminal,
) -> None:
    console = Console({})
    console.header([], [], [])
    console.begin("1.1", f"{'long ' * 8}password=hunter2hunter2 {'long ' * 8}")
    console.finish(run_result(), "reports/summary.md")
    shown = without_controls(terminal.getvalue())
    (at,) = [number for number, line in enumerate(shown) if "long" in line]
    assert (len(shown[at]), shown[at][-1]) == (60, "…")
    assert "hunter" not in shown[at]
    assert shown[at + 1] == "  0 to go"


# elsewhere


def test_what_was_never_measured_is_not_said_to_be_about_anything(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "1 scenario" in printed(run_result(scenario_result(Verdict.MET)), capfd, monkeypatch)


def test_a_run_without_a_scenario_is_told_too(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert printed(run_result(unfit="backend gone"), capfd, monkeypatch) == [
        "KTRDR 1.0, generation S (embedded) at http://h:1",
        "0 scenarios",
        "0 met, 0 not met, 0 not run of 0 scenarios in 2.5 s",
        "report: reports/summary.md; exit status 3",
        "❌ Issue: environment unfit: backend gone",
    ]


def test_a_long_line_is_neither_cut_nor_broken(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    line = " ".join(f"word{number}" for number in range(100))
    assert line in printed(run_result(target_lines=[line]), capfd, monkeypatch)


@pytest.mark.parametrize(
    ("features", "said"),
    [
        (14, ["✔ Trainings: 1 met (1.5 s)"] * 14),
        (15, ["✔ Area 0: 11 met (16.5 s)", *[f"✔ Area {number}: 1 met (1.5 s)" for number in range(1, 5)]]),
    ],
)
def test_many_features_are_told_by_capability(
    features: int, said: list[str], capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    scenarios = [
        replace(scenario_result(Verdict.MET), file=f"features/area_{max(0, number - 10)}/f{number}.feature")
        for number in range(features)
    ]
    lines = printed(run_result(*scenarios), capfd, monkeypatch)
    assert [line for line in lines if line.startswith("✔") and line.endswith(" s)")] == said


@pytest.mark.parametrize(
    ("others", "said"),
    [
        (29, [f"✔ OPS-M{number} met: 1 met" for number in (1, 2, 3)]),
        (30, ["✔ milestones met: OPS-M1 (1), OPS-M2 (1), OPS-M3 (1)"]),
    ],
)
def test_milestones_are_told_one_by_one_if_the_run_is_told_in_40_lines_then(
    others: int, said: list[str], capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = replace(whole_run(features=3, each=1), target_lines=[f"line {n}" for n in range(others)])
    lines = printed(run, capfd, monkeypatch)
    told = [line for line in lines if " met: " in line]
    assert [line if "milestones" in line else line.split(",")[0] for line in told] == said
    # behave's own line comes before ours.
    assert len(lines) + 1 == (40 if len(said) == 3 else 39)


def test_of_milestones_none_of_which_is_met_none_is_said_to_be(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = replace(whole_run(features=1, each=1, refused="0.0"), target_lines=[f"line {n}" for n in range(40)])
    *told, _verdict = [line for line in printed(run, capfd, monkeypatch) if " met: " in line]
    assert [line.split(":")[0] for line in told] == ["✘ OPS-M1 not met"]


def test_on_a_terminal_each_milestone_has_a_line_however_many_lines_there_are(terminal: Terminal) -> None:
    run = replace(whole_run(features=3, each=1), target_lines=[f"line {n}" for n in range(40)])
    told_of(Console({}), run)
    assert sum(" met: 1 met, " in line for line in terminal.lines()) == 3


@pytest.mark.parametrize(("length", "cut"), [(160, False), (161, True)])
def test_of_a_scenario_in_one_line_160_characters_are_told(
    length: int, cut: bool, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    title = "6.1 Scenario 6.1: CODE_BUG: "
    reason = "x" * (length - len(title))
    run = run_result(
        *(scenario_result(Verdict.NOT_MET, Category.CODE_BUG, "because", id=f"{n}.1") for n in range(1, 6)),
        scenario_result(Verdict.NOT_MET, Category.CODE_BUG, f"{reason}\nand more", id="6.1"),
    )
    (line,) = [line for line in printed(run, capfd, monkeypatch) if line.startswith(f"  {title}")]
    assert line == (f"  {title}{reason[:-1]} ..." if cut else f"  {title}{reason}")


def test_a_list_of_scenarios_names_each_with_its_place_and_what_no_step_says(
    stdout: Callable[[Any], Any],
) -> None:
    text = "Feature: F\n  @id:1.1\n  Scenario: [red]One[/red]\n    Given [b]nothing[/b]\n"
    (scenario,) = parse_feature(text, filename="features/a.feature").walk_scenarios()
    out = stdout(io.StringIO())
    Console({}).listing([scenario], scenario.steps)
    assert out.getvalue().splitlines() == [
        "1.1  [red]One[/red]  (features/a.feature:3)",
        "no step says Given [b]nothing[/b]  (features/a.feature:4)",
        "1 scenario, not run",
    ]


@pytest.mark.parametrize(
    ("issue_form", "mark"), [("", "❌ Issue"), ("issue-found", "❌ Issue found"), (None, "❌ Issue")]
)
def test_what_is_refused_and_told_is_said_as_it_is(
    issue_form: str | None, mark: str, stdout: Callable[[Any], Any]
) -> None:
    out = stdout(io.StringIO())
    console = Console({})
    if issue_form is not None:
        console.issue_form = issue_form
    console.tell(["[red]one[/red]", "[/two]"])
    console.refuse("Setting x: [b]no[/b].")
    assert out.getvalue().splitlines() == ["[red]one[/red]", "[/two]", f"{mark}: Setting x: [b]no[/b]."]


# where nothing can be written


def test_what_a_console_has_no_character_for_is_replaced(stdout: Callable[[Any], Any]) -> None:
    raw = io.BytesIO()
    stdout(io.TextIOWrapper(raw, encoding="ascii", write_through=True))
    Console({}).tell(["✅ größer"])
    assert raw.getvalue() == b"? gr??er\n"


class Gone(io.StringIO):
    """A stream whose reader is away once; it has no descriptor."""

    def write(self, text: str) -> int:
        if not self.closed and text.startswith("first"):
            raise BrokenPipeError
        return super().write(text)


def test_once_its_reader_has_gone_the_console_falls_silent(stdout: Callable[[Any], Any]) -> None:
    out = stdout(Gone())
    Console({}).tell(["first", "second"])
    assert out.getvalue() == ""


@pytest.mark.parametrize("problem", [OSError(28, "No space left"), ValueError("I/O on closed file")])
def test_a_console_that_cannot_be_written_to_falls_silent(
    problem: Exception, stdout: Callable[[Any], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    out = stdout(io.StringIO())

    def refuse(_text: str) -> int:
        monkeypatch.undo()
        raise problem

    console = Console({})
    monkeypatch.setattr(out, "write", refuse)
    console.tell(["first", "second"])
    assert out.getvalue() == ""


def test_what_others_print_after_a_reader_has_gone_is_lost_and_no_error(stdout: Callable[[Any], Any]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    out = stdout(os.fdopen(writing, "w"))
    Console({}).tell(["first"])
    out.write("by another")
    out.close()
