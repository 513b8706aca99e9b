"""KTRDR's command as a trigger: what it starts is found, compared and put back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ktrdr_acceptance.api.errors import Refusal
from ktrdr_acceptance.faults import EnvironmentFault, Refuted
from ktrdr_acceptance.ledger import Ledger
from ktrdr_acceptance.operations.operation import Operation

from .scripted_command import HELP_H, LIST_S, STARTED_H, End, ScriptedChild, ScriptedLine
from .scripted_world import ScriptedWorld, scripted_world

LONG_ID = "op_training_20261122_222654_4b5e75af"


def listed(*ids: str, status: str = "running") -> tuple[int, Any]:
    rows = [
        {
            "operation_id": id,
            "operation_type": "training",
            "status": status,
            "created_at": "2026-11-22T08:00:00Z",
        }
        for id in ids
    ]
    return 200, {"data": rows, "total_count": len(rows), "active_count": 0}


# A list before and after, while one operation came and the others went.
LISTS = [listed(LONG_ID, "op_short"), listed("op_late", LONG_ID, "op_short", status="completed")]


@pytest.fixture(autouse=True)
def a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "reports").mkdir()


def world_with(form: str, *ends: End, lists: list[Any]) -> tuple[ScriptedWorld, ScriptedLine]:
    """A world with a command of a form, and a backend that lists these, one after the other."""
    world = scripted_world()
    line = ScriptedLine(*ends)
    world.command.line = line.as_line()
    world.found["command set"] = form
    world.script("GET /operations", lists)
    world.has_workers("training-worker-1")
    world.shows("completed")
    return world, line


def files(line: ScriptedLine) -> Path:
    return Path(line.lines[0].split()[3])


def test_what_set_s_starts_is_found_in_the_backend_s_list_while_the_command_runs() -> None:
    world, line = world_with("S", None, lists=[listed("op_0"), listed("op_0"), listed("op_1", "op_0")])
    operation, child = world.command.start(world.trainings, "smoke")
    assert (operation.id, operation.purpose, operation.is_changed) == ("op_1", "smoke", False)
    assert world.operations.started == [operation]
    assert child.ended_within(0) is None
    assert files(line).name == "test_e2e_local_pull.yaml"
    assert "indicators" in files(line).read_text()


def test_what_set_s_has_started_and_ended_by_the_first_look_is_found() -> None:
    world, _line = world_with("S", (0, "done"), lists=[listed("op_0"), listed("op_1", "op_0")])
    assert world.command.start(world.trainings, "smoke")[0].id == "op_1"


def test_set_h_names_what_it_starts() -> None:
    world, line = world_with("H", (0, STARTED_H), lists=[listed(), listed("op_1")])
    assert world.command.start(world.trainings, "smoke")[0].id == "op_1"
    assert line.lines[0].startswith("ktrdr --url http://backend:1 --json train test_e2e_local_pull --start")


def test_what_set_h_watches_is_found_in_the_backend_s_list() -> None:
    world, line = world_with("H", None, lists=[listed(), listed("op_1")])
    assert world.command.start(world.trainings, "smoke", watch=True)[0].id == "op_1"
    assert line.lines[0].endswith("--follow")


def test_other_data_are_no_calibrated_operation() -> None:
    world, line = world_with("S", None, lists=[listed(), listed("op_1")])
    operation, _ = world.command.start(world.trainings, "smoke", symbols=["NOSUCH"])
    assert operation.is_changed
    assert " NOSUCH 1d " in line.lines[0]


@pytest.mark.parametrize("form", ["S", "H"])
def test_the_command_is_ended_first_then_its_operation_then_its_files_go(form: str) -> None:
    watch = form == "H"
    world, line = world_with(form, None, lists=[listed(), listed("op_1")])
    operation, _ = world.command.start(world.trainings, "smoke", watch=watch)
    cancelled: list[bool] = []

    def cancel(_body: Any, _query: Any) -> Any:
        cancelled.append(line.begun[0].was_ended)
        world.shows("cancelled")
        return 200, {"data": {"operation_id": "op_1", "status": "cancelled"}}

    world.shows("running", 10.0)
    world.script(f"DELETE /operations/{operation.id}", cancel)
    assert world.undo.run() == []
    assert cancelled == [True]
    if form == "S":
        assert not files(line).exists()


def test_what_is_started_by_the_command_stands_in_the_ledger_until_it_is_put_back(tmp_path: Path) -> None:
    world, _line = world_with("S", None, lists=[listed(), listed("op_1")])
    world.operations.ledger = Ledger(tmp_path / "ledger")
    world.command.start(world.trainings, "smoke")
    assert list(Ledger(tmp_path / "ledger").left_by_earlier_run()) == ["op_1"]
    assert world.undo.run() == []
    assert not (tmp_path / "ledger").exists()


@pytest.mark.parametrize("form", ["S", "H"])
def test_a_start_that_fails_is_a_refusal_with_all_that_the_command_said(form: str) -> None:
    world, _line = world_with(form, (1, "Error:\n  no such\n  strategy"), lists=[listed("op_0")])
    refusal, _child = world.command.refusal(world.trainings, strategy_name="nosuch")
    assert str(refusal) == "exit status 1: Error: no such strategy"
    assert not refusal.is_client_error
    assert world.trainings.started_since() == []
    assert world.undo.run() == []


def test_the_file_of_an_unknown_strategy_is_there_so_that_the_backend_is_asked() -> None:
    world, line = world_with("S", (1, "no"), lists=[listed()])
    world.command.refusal(world.trainings, strategy_name="nosuch")
    assert files(line).name == "nosuch.yaml"
    assert files(line).exists()
    world.undo.run()
    assert not files(line).parent.exists()


def test_a_start_that_had_to_be_refused_and_was_not_is_told_and_put_back() -> None:
    world, _line = world_with("S", None, lists=[listed(), listed(), listed("op_1")])
    with pytest.raises(AssertionError, match="'nosuch'} was started as op_1 by ktrdr models train"):
        world.command.refusal(world.trainings, strategy_name="nosuch")
    assert [one.id for one in world.operations.started] == ["op_1"]


def test_a_start_that_has_to_succeed_and_is_refused_is_told() -> None:
    world, _line = world_with("S", (1, "no luck"), lists=[listed()])
    with pytest.raises(AssertionError, match="smoke training was refused: exit status 1: no luck"):
        world.command.start(world.trainings, "smoke")


def test_a_success_that_started_nothing_is_none() -> None:
    world, _line = world_with("S", (0, "fine"), lists=[listed("op_0")])
    with pytest.raises(Refuted, match="ended as a success, but http://backend:1 lists nothing"):
        world.command.start(world.trainings, "smoke")


def test_a_command_that_starts_nothing_and_does_not_end_is_ended() -> None:
    world, line = world_with("S", None, lists=[listed("op_0")])
    with pytest.raises(AssertionError, match=r"(?s)what ktrdr models train.*0 new operations, .* runs"):
        world.command.start(world.trainings, "smoke")
    assert line.begun[0].was_ended


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("Started training: op_1", "no JSON"),
        ("{}", "succeeded without an operation's id"),
        ("[]", "succeeded without an operation's id"),
        ('{"operation_id": ""}', "succeeded without an operation's id"),
        (STARTED_H.replace("op_1", "op_9"), "named op_9; http://backend:1 lists op_1 as new"),
    ],
)
def test_what_is_started_and_wrongly_named_is_told_and_put_back_all_the_same(said: str, why: str) -> None:
    world, _line = world_with("H", (0, said), lists=[listed("op_0"), listed("op_1", "op_0")])
    with pytest.raises(Refuted, match=why):
        world.command.start(world.trainings, "smoke")
    assert [one.id for one in world.operations.started] == ["op_1"]
    assert world.undo.run() == []


def test_a_name_of_what_the_backend_does_not_list_is_told() -> None:
    world, _line = world_with("H", (0, STARTED_H), lists=[listed("op_0")])
    with pytest.raises(Refuted, match="named op_1; http://backend:1 lists nothing as new"):
        world.command.start(world.trainings, "smoke")


def test_of_several_that_start_at_once_nobody_can_tell_which_is_the_command_s() -> None:
    world, _line = world_with("S", None, lists=[listed(), listed("op_1", "op_2")])
    with pytest.raises(EnvironmentFault, match=r"op_1, op_2.*run it while nobody else uses the target"):
        world.command.start(world.trainings, "smoke")


def test_what_changes_while_the_lists_are_read_may_be_shown_either_way() -> None:
    both = LIST_S.replace("CANCELLED", "RUNNING")
    world, _line = world_with("S", (0, both), lists=list(LISTS))
    assert world.command.list_differences(1.0) == ([LONG_ID, "op_short"], [])
    # What is neither the one nor the other is told.
    world, _line = world_with("S", (0, LIST_S), lists=list(LISTS))
    seen, differences = world.command.list_differences(1.0)
    assert seen == ["op_short"]
    said = "cancelled to the command, completed or running at the backend"
    assert differences == [f"{LONG_ID} is {said}"]


def test_two_rows_that_cannot_be_told_apart_are_told() -> None:
    world, _line = world_with("S", (0, LIST_S + LIST_S), lists=[listed(LONG_ID, status="cancelled")])
    assert f"{LONG_ID} is listed 2 times by the command" in world.command.list_differences(1.0)[1]


@pytest.mark.parametrize(("factor", "limit"), [(1.0, "5 s"), (2.5, "12.5 s")])
def test_a_command_that_does_not_end_in_time_is_told_and_ended(factor: float, limit: str) -> None:
    world, line = world_with("S", None, lists=[listed()])
    world.waiter.time_factor = factor
    child = world.command.begin_help()
    with pytest.raises(Refuted, match=f"^ktrdr --help did not end within {limit}$"):
        world.command.end_of(child, 5.0)
    assert line.begun[0].was_ended


# sentences


@pytest.mark.parametrize(
    ("sentence", "command"),
    [
        ("when I cancel it by KTRDR's command", "ktrdr operations cancel op_1"),
        ("when I ask KTRDR's command for its state", "ktrdr operations status op_1"),
        ("when I ask KTRDR's command for its help", "ktrdr --help"),
    ],
)
def test_sentences_begin_what_they_speak_of(sentence: str, command: str) -> None:
    world, line = world_with("S", (0, ""), lists=[listed()])
    world.speaks_of()
    world.say(sentence)
    assert line.lines == [command]
    assert world.said.child.line == command


def test_a_cancel_by_the_command_takes_down_how_far_the_operation_had_come() -> None:
    for sentence in ("when I cancel it by KTRDR's command", "when I press Ctrl+C there"):
        world, _line = world_with("S", (0, ""), lists=[listed()])
        operation = world.speaks_of()
        world.shows("running", 40.0)
        world.said.child = ScriptedChild("ktrdr do", None)
        world.say(sentence)
        assert operation.percentage_at_cancel == 40.0


def test_ctrl_c_reaches_the_command_that_watches() -> None:
    world, _line = world_with("S", None, lists=[listed()])
    world.speaks_of()
    world.said.child = child = ScriptedChild("ktrdr do", None)
    child.interrupts = [(1, "cancelled")]
    world.say("when I press Ctrl+C there")
    world.say("then KTRDR's command says within 5 seconds that it has failed")


def test_the_command_is_asked_for_its_help_once_in_a_run() -> None:
    found: dict[str, str] = {}
    asked = 0
    for _ in range(3):
        world = scripted_world()
        world.found = world.needs.found = world.command.found = found
        line = ScriptedLine((0, HELP_H))
        world.command.line = line.as_line()
        assert world.missing("cli") == world.missing("scriptable-cli") == ""
        asked += len(line.begun)
    assert asked == 1
    assert world.command.form.name == "H"


def test_an_outcome_is_an_operation_or_a_refusal() -> None:
    world, _line = world_with("S", None, lists=[listed(), listed("op_1")])
    outcome, _ = world.command.attempt(world.trainings, "smoke")
    assert isinstance(outcome, Operation)
    world, _line = world_with("S", (1, "no"), lists=[listed()])
    outcome, _ = world.command.attempt(world.trainings, "smoke")
    assert isinstance(outcome, Refusal)
