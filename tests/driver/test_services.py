"""What is done to services: each verb, how it is put back, and that it stands in the ledger meanwhile."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from ktrdr_acceptance.domain.services import Services
from ktrdr_acceptance.domain.slowness import Slowness
from ktrdr_acceptance.faults import EnvironmentFault
from ktrdr_acceptance.ledger import Ledger
from ktrdr_acceptance.undo import Undo

from .fake_clock import FakeClock
from .scripted_world import ScriptedTarget


class Stage:
    def __init__(self, folder: Path) -> None:
        self.target = ScriptedTarget()
        self.undo = Undo()
        self.ledger = Ledger(folder / ".ledger")
        self.services = Services(self.target, FakeClock(), self.undo, self.ledger)

    @property
    def left(self) -> list[tuple[str, str]]:
        return [(one["service"], one["done"]) for one in self.ledger.left_by_earlier_run().values()]


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path)


@pytest.mark.parametrize(
    ("deed", "opposite"),
    [("stop", "start"), ("kill", "start"), ("pause", "resume"), ("cut", "heal")],
)
def test_each_verb_is_put_back_by_its_opposite(stage: Stage, deed: str, opposite: str) -> None:
    getattr(stage.services, deed)("w1", "w2")
    assert stage.target.switched == [f"{deed} w1", f"{deed} w2"]
    assert stage.left == [("w1", deed), ("w2", deed)]
    assert stage.undo.run() == []
    assert stage.target.switched[2:] == [f"{opposite} w2", f"{opposite} w1"]
    assert stage.left == []


def test_a_replaced_service_is_put_back_by_the_target(stage: Stage) -> None:
    stage.services.replace("ib-host", "endless")
    assert stage.left == [("ib-host", "replace")]
    assert stage.undo.run() == []
    assert stage.target.switched == ["replace ib-host by endless", "put back ib-host"]
    assert stage.services.switched == [("replace", "ib-host"), ("start", "ib-host")]


def test_what_was_restored_is_not_put_back_again(stage: Stage) -> None:
    stage.services.stop("w1")
    stage.services.restore("w1")
    stage.services.restore("w1")
    assert stage.left == []
    assert stage.undo.run() == []
    assert stage.target.switched == ["stop w1", "start w1"]


def test_a_second_deed_begins_from_the_state_before_the_first(stage: Stage) -> None:
    stage.services.pause("w1")
    stage.services.stop("w1")
    assert stage.undo.run() == []
    assert stage.target.switched == ["pause w1", "resume w1", "stop w1", "start w1"]


def test_what_could_not_be_restored_is_tried_again_and_stays_in_the_ledger(stage: Stage) -> None:
    stage.services.stop("w1")
    stage.target.refuses.add("w1")
    with pytest.raises(EnvironmentFault):
        stage.services.restore("w1")
    assert stage.undo.run() == ["could not put w1 back: cannot start w1"]
    assert stage.left == [("w1", "stop")]


def test_a_deed_that_fails_is_put_back_all_the_same(stage: Stage) -> None:
    stage.target.refuses.add("w1")
    with pytest.raises(EnvironmentFault):
        stage.services.kill("w1")
    stage.target.refuses.clear()
    assert stage.undo.run() == []
    assert stage.target.switched == ["start w1"]


def test_a_slow_service_is_halted_and_goes_on_until_it_is_put_back(stage: Stage) -> None:
    stage.services.slow_down("w1")
    assert stage.left == [("w1", "slow down")]
    assert stage.undo.run() == []
    did = stage.target.switched
    assert did[0] == "pause w1"
    assert did[-1] == "resume w1"
    assert stage.left == []


def test_a_slow_service_goes_round_and_round() -> None:
    did: list[str] = []
    often = threading.Event()

    def halt() -> None:
        did.append("halt")
        if len(did) > 6:
            often.set()

    slowness = Slowness(halt, lambda: did.append("go on"), halted_s=0.001, at_work_s=0.001)
    slowness.begin()
    assert often.wait(5)
    slowness.end()
    assert did[:6] == ["halt", "go on"] * 3
    assert did[-1] == "go on"


def test_what_goes_wrong_meanwhile_is_told_at_the_end_and_it_goes_on_all_the_same() -> None:
    did: list[str] = []

    gone = threading.Event()

    def halt() -> None:
        did.append("halt")
        if len(did) > 1:
            gone.set()
            raise EnvironmentFault("it is gone")

    slowness = Slowness(halt, lambda: did.append("go on"), halted_s=0.001, at_work_s=0.001)
    slowness.begin()
    assert gone.wait(5)
    with pytest.raises(EnvironmentFault, match="it is gone"):
        slowness.end()
    assert did == ["halt", "go on", "halt", "go on"]
