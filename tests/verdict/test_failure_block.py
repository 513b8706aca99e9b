"""The failure block: what it says, in how many lines, and that every output says the same."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from ktrdr_acceptance.faults import Category
from ktrdr_acceptance.verdict.failure import Failure, State, reproducing
from ktrdr_acceptance.verdict.model import RunResult, ScenarioResult, Verdict

from .specimens import Outputs, assert_same_verdicts, run_result, scenario_result
from .test_outputs_agree import printed

COMMAND = reproducing("-D target=services", "features/training/a.feature", 11)
FAILURE = Failure(
    Category.CODE_BUG,
    point="Then it completes (features/training/a.feature:14)",
    expected="the training to be completed within 5 s",
    actual="running, 40.0 %; the deadline passed\nalso:\noperation op_1 at w0 fell",
    states=(
        State(0.0, "seen while waiting", "pending"),
        State(1.5, "seen while waiting", "running, 40.0 %"),
        State(0.01, "op_1 at w0", "running 0 % to 40 %"),
    ),
    evidence=("operation smoke training op_1", "log of w0: [ERROR] [red]boom[/red]"),
    cause="It is too big for this machine.",
    next_action="Give more time.",
    reproduce=COMMAND,
    preflight="3 ok, 1 failed (gateway)",
    cures=("gateway: waited 2 s",),
    notes=("attempt 1: not met",),
)
BLOCK = [
    "category: CODE_BUG",
    "preflight: 3 ok, 1 failed (gateway)",
    "failed at: Then it completes (features/training/a.feature:14)",
    "expected: the training to be completed within 5 s",
    "actual: running, 40.0 %; the deadline passed",
    "  also:",
    "  operation op_1 at w0 fell",
    "seen:",
    "  seen while waiting: 0.00 s pending; 1.50 s running, 40.0 %",
    "  op_1 at w0: 0.01 s running 0 % to 40 %",
    "evidence:",
    "  operation smoke training op_1",
    "  log of w0: [ERROR] [red]boom[/red]",
    "notes:",
    "  attempt 1: not met",
    "cures tried:",
    "  gateway: waited 2 s",
    "probable cause: It is too big for this machine.",
    "next: Give more time.",
    f"reproduce: {COMMAND}",
]
LONG = replace(
    FAILURE,
    states=tuple(State(n, "seen while waiting", f"running, {n} %, step {n}") for n in range(40)),
    evidence=tuple(f"log of w{n}: line {n}" for n in range(30)),
)


def refused(
    failure: Failure | None = FAILURE,
    verdict: Verdict = Verdict.NOT_MET,
    category: Category | None = Category.CODE_BUG,
    id: str = "1.1",
) -> ScenarioResult:
    return replace(scenario_result(verdict, category, "because of it\nand more", id=id), failure=failure)


# what it says


def test_it_says_each_part_in_its_place() -> None:
    assert FAILURE.lines() == BLOCK


def test_a_part_that_there_is_not_is_left_out() -> None:
    assert Failure(None, "", "x", "y").lines() == ["expected: x", "actual: y"]


def test_many_states_stand_below_each_other() -> None:
    lines = LONG.lines()
    at = lines.index("  seen while waiting:")
    assert lines[at + 1 : at + 3] == ["    0.00 s running, 0 %, step 0", "    1.00 s running, 1 %, step 1"]


@pytest.mark.parametrize(("length", "beside"), [(110, True), (111, False)])
def test_states_stand_beside_each_other_as_long_as_the_line_is_a_short_one(length: int, beside: bool) -> None:
    words = "x" * (length - len("op_1: 0.00 s ; 1.00 s y"))
    lines = replace(FAILURE, states=(State(0, "op_1", words), State(1, "op_1", "y"))).lines()
    at = lines.index("seen:")
    whole = [f"  op_1: 0.00 s {words}; 1.00 s y"]
    assert lines[at + 1 : lines.index("evidence:")] == (
        whole if beside else ["  op_1:", f"    0.00 s {words}", "    1.00 s y"]
    )


# in how many lines


@pytest.mark.parametrize("most", [29, 20, 14])
def test_a_long_block_is_cut_to_as_many_lines_as_there_may_be(most: int) -> None:
    whole, lines = LONG.lines(), LONG.lines(most, "reports/summary.md")
    assert len(whole) > 70
    assert len(lines) == most
    assert lines[-1] == f"... {len(whole) - most + 1} more lines of this in reports/summary.md"
    assert set(lines[:-1]) <= set(whole)


def test_of_a_long_part_the_middle_is_cut() -> None:
    lines = replace(FAILURE, evidence=tuple(f"line {n}" for n in range(30))).lines(25, "x")
    at = lines.index("evidence:")
    assert lines[at + 1 : at + 8] == [f"  line {n}" for n in (0, 1, 2, 27, 28, 29)] + ["notes:"]


def test_what_is_cut_is_never_what_one_acts_on() -> None:
    lines = LONG.lines(16, "reports/summary.md")
    assert set(BLOCK[:5] + BLOCK[-3:]) <= set(lines)
    assert {"seen:", "evidence:"} <= set(lines)


def test_where_there_is_no_room_at_all_a_line_of_each_part_stays() -> None:
    lines = LONG.lines(3, "x")
    assert len(lines) == 13
    assert lines[-2].startswith("reproduce: ")


def test_a_block_that_fits_is_whole() -> None:
    assert FAILURE.lines(len(BLOCK), "x") == BLOCK


def test_a_long_line_is_cut_where_room_is_short_but_never_the_command() -> None:
    options = "-D " + "x" * 400
    long = replace(FAILURE, actual="y" * 500, reproduce=reproducing(options, "a.feature", 1))
    lines = long.lines(29, "x")
    assert f"actual: {'y' * 312} ..." in lines
    assert lines[-1] == f"reproduce: .venv/bin/behave {options} a.feature:1"
    assert f"actual: {'y' * 500}" in long.lines()
    longest = f"actual: {'y' * 312}"
    assert longest in replace(FAILURE, actual="y" * 312).lines(29, "x")


# every output says the same


@pytest.mark.parametrize(
    ("verdict", "category"),
    [
        (Verdict.NOT_MET, Category.CODE_BUG),
        (Verdict.NOT_MET, Category.CONFIGURATION),
        (Verdict.NOT_MET, Category.TEST_ISSUE),
        (Verdict.NOT_RUN, Category.ENVIRONMENT),
        (Verdict.FLAKY, Category.CODE_BUG),
    ],
)
def test_the_same_block_stands_in_every_output(
    verdict: Verdict,
    category: Category,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    failure = replace(FAILURE, category=category)
    block = "\n".join(failure.lines())
    run = run_result(refused(failure, verdict, category))
    outputs = Outputs(tmp_path, run)
    assert_same_verdicts(outputs)
    assert f"```text\n{block}\n```" in outputs.markdown
    message = outputs.allure_of("1.1")["statusDetails"]["message"]
    assert message == f"{category}: because of it\n{block}"
    said = "\n".join(line.removeprefix("  ") for line in printed(run, capfd, monkeypatch))
    assert block in said
    if verdict != Verdict.NOT_RUN:
        (child,) = next(case for case in outputs.junit if case.get("name", "").startswith("1.1"))
        assert child.text == block


def test_results_json_has_it_in_its_parts(tmp_path: Path) -> None:
    row = Outputs(tmp_path, run_result(refused())).row("1.1")
    assert row["failure"] == {
        "category": "CODE_BUG",
        "point": FAILURE.point,
        "expected": FAILURE.expected,
        "actual": FAILURE.actual,
        "states": [{"at_s": s.at_s, "of": s.of, "words": s.words} for s in FAILURE.states],
        "evidence": list(FAILURE.evidence),
        "cause": FAILURE.cause,
        "next_action": FAILURE.next_action,
        "reproduce": COMMAND,
        "preflight": FAILURE.preflight,
        "cures": list(FAILURE.cures),
        "notes": list(FAILURE.notes),
    }


def test_what_is_met_has_none(tmp_path: Path) -> None:
    assert Outputs(tmp_path, run_result(scenario_result(Verdict.MET))).row("1.1")["failure"] is None


def test_what_was_never_reached_is_told_by_its_reason(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = run_result(refused(None, Verdict.NOT_RUN, None), strict=True, options="-D strict=true")
    block = [
        "actual: because of it",
        "  and more",
        "reproduce: .venv/bin/behave -D strict=true features/training/a.feature:11",
    ]
    assert "\n".join(block) in Outputs(tmp_path, run).markdown
    lines = [line.removeprefix("  ") for line in printed(run, capfd, monkeypatch)]
    assert "\n".join(block) in "\n".join(lines)


def test_a_block_that_quotes_a_block_of_code_stays_one(tmp_path: Path) -> None:
    quoting = replace(FAILURE, actual="it said\n```\ncode\n```")
    markdown = Outputs(tmp_path, run_result(refused(quoting))).markdown
    assert "\n````text\ncategory: CODE_BUG" in markdown
    assert f"reproduce: {COMMAND}\n````\n" in markdown


# the console


def blocks(run: RunResult, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return what the console prints between empty lines, from the first refused scenario on."""
    return "\n".join(printed(run, capfd, monkeypatch)).split("\n\n")[1:]


def test_the_console_takes_at_most_30_lines_for_a_scenario(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = run_result(*[refused(LONG, id=f"2.{n}") for n in range(3)])
    first, second, _ = blocks(run, capfd, monkeypatch)
    for number, block in enumerate((first, second)):
        lines = block.splitlines()
        assert len(lines) == 30
        assert lines[0] == f"2.{number} Scenario 2.{number} (features/training/a.feature:2{number})"
        assert lines[-1].endswith("more lines of this in reports/summary.md")


def test_of_many_refused_scenarios_five_are_told_whole_and_the_others_in_a_line_each(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = run_result(*[refused(id=f"2.{n}") for n in range(8)])
    *whole, others = blocks(run, capfd, monkeypatch)
    assert [block.splitlines()[0].split(" ")[0] for block in whole] == [f"2.{n}" for n in range(5)]
    assert others.splitlines()[:4] == [
        "and 3 scenarios more, whole in reports/summary.md:",
        *[f"  2.{n} Scenario 2.{n}: CODE_BUG: because of it" for n in (5, 6, 7)],
    ]


def test_summary_allure_and_junit_tell_all_of_them_whole(tmp_path: Path) -> None:
    outputs = Outputs(tmp_path, run_result(*[refused(LONG, id=f"2.{n}") for n in range(8)]))
    block = "\n".join(LONG.lines())
    assert outputs.markdown.count(block) == 8
    assert [block in test["statusDetails"]["message"] for test in outputs.allure] == [True] * 8
    assert [failure.text for failure in outputs.junit.iter("failure")] == [block] * 8
