"""How fast the embedded KTRDR runs for a specimen, and what its supervisor is told."""

from __future__ import annotations

import io
import json
from dataclasses import replace

import pytest

from .embedded import FASTER, SLOWER, SLOWEST, SPEED, Supervisor, groups, speed_of
from .shapes import Shape
from .specimen import Specimen, Step

START = Step(0, "backend", "POST", "/start", 200, Shape(), learns=(("id1", "operation_id"),))
LOOKUP = Step(1, "backend", "GET", "/x", 200, Shape(), values=(("data.status", "running"),))


@pytest.mark.parametrize(
    ("steps", "speed"),
    [
        ((START, replace(LOOKUP, values=(("data.status", "completed"),))), SPEED),
        ((START, replace(LOOKUP, progressed=True)), SPEED),
        ((START, replace(LOOKUP, pause_s=2.0)), SPEED),
        ((START, LOOKUP), SLOWEST),
        ((START, LOOKUP, replace(LOOKUP, pause_s=20)), SLOWER),
        ((START, LOOKUP, replace(LOOKUP, poll=True, lasted_s=128)), FASTER),
    ],
)
def test_the_speed_of_a_specimen(steps: tuple[Step, ...], speed: float) -> None:
    assert speed_of(Specimen("seed", "X", ("w",), steps)) == speed


def test_specimens_that_only_ask_share_an_embedded_ktrdr_with_the_same_workers() -> None:
    ask = Specimen("seed", "a", ("w",), (LOOKUP,))
    begin = replace(ask, name="b", steps=(START, LOOKUP))
    end = replace(ask, name="c", steps=(replace(LOOKUP, before=("stop backend",)),))
    other, same = replace(ask, name="d", workers=("v",)), replace(ask, name="e")
    gateway = replace(ask, name="f", gateway=True)
    made = groups([ask, begin, end, other, same, gateway])
    assert [[each.name for each in group] for group in made] == [["a", "e"], ["d"], ["f"], ["b"], ["c"]]


def test_a_command_is_done_when_the_supervisor_says_so() -> None:
    commands = io.StringIO()
    Supervisor(commands, io.StringIO(json.dumps({"done": "stop backend"}) + "\n"))("stop backend")
    assert commands.getvalue() == "stop backend\n"


def test_a_command_that_fails_is_an_error() -> None:
    answers = io.StringIO(json.dumps({"error": "There is no x."}) + "\n")
    with pytest.raises(RuntimeError, match="There is no x"):
        Supervisor(io.StringIO(), answers)("stop x")
