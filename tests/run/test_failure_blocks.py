"""The failure blocks of a real run: the same everywhere, with evidence of both sides, and short if met."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from verdict.specimens import Outputs

from ktrdr_acceptance.faults import Category
from ktrdr_acceptance.verdict.failure import Failure, State

from .project import Done
from .runs import Plan, Runs
from .stub_ktrdr import StubKtrdr

FEATURE = """
Feature: Blocks

  @id:waits
  Scenario: It does not complete in time
    When I start a long training
    Then the training completes within 0.5 seconds
    And one is one

  @id:broken
  Scenario: Broken
    Then the step breaks

  @id:undefined
  Scenario: Undefined
    Given nobody wrote this step

  @id:unchecked
  Scenario: Nothing checked
    Given something

  @id:rows
  Scenario Outline: Row <name>
    Then one is <word>

    Examples: words
      | name  | word |
      | right | one  |
      | wrong | two  |

  @id:violated
  Scenario: The life of a training goes back
    When I start a smoke training
    Then the training is seen to go back

  @id:before-raises
  Scenario: The hook before raises
    Then one is one

  @id:cleanup-raises
  Scenario: A cleanup raises
    Then one is one

  @id:put-back
  Scenario: A training is put back
    When I start a long training
    Then the training runs

  @skipped @id:skipped
  Scenario: Skipped with a reason
    Then one is one
"""
ENVIRONMENT = """
skipping = before_scenario


def before_scenario(context, scenario):
    if "id:before-raises" in scenario.tags:
        raise RuntimeError("before_scenario broke")
    skipping(context, scenario)
    if "id:cleanup-raises" in scenario.tags:
        context.add_cleanup(lambda: 1 / 0)
"""


def at(sentence: str) -> str:
    """Return a sentence of the feature with the place where it stands first."""
    lines = [line.strip() for line in FEATURE.splitlines()]
    return f"{sentence} (features/more.feature:{lines.index(sentence) + 1})"


def keep_logs(reports: Path, stub: StubKtrdr) -> None:
    """Have the stub write the logs of the backend and of its worker."""
    stub.log, stub.worker_log = reports.parent / "backend.log", reports.parent / "w0.log"
    for log in (stub.log, stub.worker_log):
        log.touch()


PLANS = {
    "blocks": Plan(
        [
            *("-D", "logs=backend=../backend.log,w0=../w0.log"),
            "features/more.feature",
        ],
        stub={},
        project={"feature": FEATURE, "environment": ENVIRONMENT},
        prepare=keep_logs,
    ),
    "dying": Plan(["-D", "request_timeout=2", "features/dying.feature"], stub={}),
}
# id -> category, failure point, expected, a part of what was there.
BLOCKS = {
    "waits": (
        "CODE_BUG",
        at("Then the training completes within 0.5 seconds"),
        "training op_training_0 to be completed at the backend within 0.5 s",
        "running, 10.0 %, Epoch 1/10; the deadline passed",
    ),
    "broken": (
        "TEST_ISSUE",
        at("Then the step breaks"),
        "Then the step breaks",
        "KeyError: 'broken step'",
    ),
    "undefined": (
        "TEST_ISSUE",
        at("Given nobody wrote this step"),
        "a step that says this sentence",
        "step is undefined",
    ),
    "unchecked": (
        "TEST_ISSUE",
        "the scenario as a whole",
        "a Then that checks something",
        "the scenario checked nothing",
    ),
    "violated": (
        "CODE_BUG",
        "after the scenario: the guards of every scenario",
        "what KTRDR shows and writes to pass the guards of every scenario",
        "went from completed to running",
    ),
    "before-raises": (
        "TEST_ISSUE",
        "a hook or a cleanup of the scenario",
        "hooks and cleanups that end without an error",
        "before_scenario broke",
    ),
    "cleanup-raises": (
        "TEST_ISSUE",
        "after the scenario: undo",
        "everything that the scenario did to be put back",
        "ZeroDivisionError",
    ),
    "rows#wrong": ("CODE_BUG", at("Then one is <word>").replace("<word>", "two"), "one: <2>", "was <1>"),
}


@pytest.fixture
def done(runs: Runs) -> Done:
    return runs["blocks"]


@pytest.fixture
def outputs(done: Done) -> Outputs:
    return Outputs.of(done.reports)


def failure_in(outputs: Outputs, id: str) -> Failure:
    """Return a failure as results.json has it."""
    parts: dict[str, Any] = dict(outputs.row(id)["failure"])
    lists = {key: tuple(parts[key]) for key in ("evidence", "cures", "notes")}
    states = tuple(State(**state) for state in parts["states"])
    return Failure(**{**parts, **lists, "states": states, "category": Category(parts["category"])})


@pytest.mark.parametrize("id", list(BLOCKS))
def test_each_failure_is_told_in_its_parts(id: str, outputs: Outputs) -> None:
    category, point, expected, actual = BLOCKS[id]
    failure = failure_in(outputs, id)
    assert (failure.category, failure.point, failure.expected) == (category, point, expected)
    assert actual in failure.actual
    assert failure.cause
    assert failure.next_action


@pytest.mark.parametrize("id", list(BLOCKS))
def test_summary_and_allure_tell_it_as_results_json_does(id: str, outputs: Outputs) -> None:
    block = "\n".join(failure_in(outputs, id).lines())
    assert f"\n{block}\n" in outputs.markdown
    assert outputs.allure_of(id)["statusDetails"]["message"].endswith(f"\n{block}")


def test_the_console_tells_the_first_five_as_the_summary_does(done: Done, outputs: Outputs) -> None:
    told = done.stdout.split("\n\n")[1:]
    assert len(told) == 6
    for block, id in zip(told, ("waits", "broken", "undefined", "unchecked", "rows#wrong"), strict=False):
        title, *lines = block.splitlines()
        assert title.startswith(f"{id} ")
        assert len(lines) < 30
        assert [line.removeprefix("  ") for line in lines] == failure_in(outputs, id).lines(29, "x")
    assert "more, whole in" in told[-1].splitlines()[0]


def test_nothing_that_is_met_or_skipped_has_a_block(outputs: Outputs) -> None:
    for id in ("put-back", "rows#right", "skipped"):
        assert outputs.row(id)["failure"] is None


def test_the_command_runs_one_row_of_an_outline_by_its_own_line(outputs: Outputs) -> None:
    command = failure_in(outputs, "rows#wrong").reproduce
    assert command.endswith(f" features/more.feature:{outputs.row('rows#wrong')['line']}")
    assert outputs.row("rows#wrong")["line"] == outputs.row("rows#right")["line"] + 1


def test_states_and_logs_of_both_sides_are_evidence(outputs: Outputs) -> None:
    failure = failure_in(outputs, "waits")
    assert {state.of for state in failure.states} == {
        "seen while waiting",
        "op_training_0 at backend",
        "op_training_0 at w0",
    }
    logs = [line for line in failure.evidence if line.startswith("log of ")]
    assert any("log of backend: " in line and "Request completed: request_id=" in line for line in logs)
    assert any("log of w0: " in line and "training op_training_0" in line for line in logs)


def attachments(outputs: Outputs, id: str) -> dict[str, dict[str, str]]:
    return {one["name"]: one for one in outputs.allure_of(id)["attachments"]}


def test_a_failure_comes_with_everything_that_a_met_one_has_in_short(done: Done, outputs: Outputs) -> None:
    assert set(attachments(outputs, "waits")) == {
        "Operations, planned and real",
        "Picture of op_training_0",
        "History of op_training_0 at backend",
        "History of op_training_0 at w0",
        "HTTP exchanges",
        "Log of backend",
        "Log of w0",
    }
    (operation,) = outputs.row("put-back")["operations"]
    met = attachments(outputs, "put-back")
    assert set(met) == {
        "Operations, planned and real",
        f"Picture of {operation}",
        "HTTP exchanges, in short",
    }
    digest = (done.reports / "allure-results" / met["HTTP exchanges, in short"]["source"]).read_text("utf-8")
    (looks,) = [line for line in digest.splitlines() if "backend  GET " in line and operation in line]
    assert ": HTTP 200, " in looks
    assert " times, slowest " in looks


@pytest.mark.parametrize("id", ["waits", "put-back"])
def test_the_picture_shows_backend_and_worker(id: str, done: Done, outputs: Outputs) -> None:
    (operation,) = outputs.row(id)["operations"]
    picture = attachments(outputs, id)[f"Picture of {operation}"]
    assert picture["type"] == "image/svg+xml"
    assert picture["source"].endswith(".svg")
    svg = ElementTree.parse(done.reports / "allure-results" / picture["source"])
    said = [text.text or "" for text in svg.iter("{http://www.w3.org/2000/svg}text")]
    lanes = [one for one in said if one.startswith("at ")]
    assert [lane.split(":")[0] for lane in lanes] == ["at backend", "at w0"]
    assert not any("not looked at" in lane for lane in lanes)
    assert "cancel" in said


def test_what_the_environment_stopped_has_a_block_too(runs: Runs) -> None:
    outputs = Outputs.of(runs["dying"].reports)
    failure = failure_in(outputs, "d2-dying")
    assert failure.category == Category.ENVIRONMENT
    assert failure.point.startswith("Then the training completes within 90 seconds")
    assert "gave no answer" in failure.actual
    block = "\n".join(failure.lines())
    assert block in outputs.markdown
    assert block in outputs.allure_of("d2-dying")["statusDetails"]["message"]
