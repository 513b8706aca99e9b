"""A compose project goes down also if the command fails at first."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import pytest

from ktrdr_acceptance.faults import EnvironmentFault
from ktrdr_acceptance.operations.waiting import Clock
from ktrdr_acceptance.target.compose import BROUGHT_UP, Compose, take_down_left
from ktrdr_acceptance.target.docker import Engine


@dataclass
class FakeEngine:
    fails: bool = False
    said: list[str] = field(default_factory=list)

    def ids_in(self, _project: str) -> set[str]:
        return set()

    def end_all_in_place(self, project: str) -> None:
        self.said.append(f"nothing in place in {project}")

    def remove(self, project: str, *, with_volumes: bool) -> None:
        if self.fails:
            raise EnvironmentFault("the engine cannot")
        self.said.append(f"{project} removed{' with volumes' if with_volumes else ''}")


@pytest.fixture
def said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What a stand-in of docker-compose was asked; it fails to go down once for each file `fails*`."""
    said = tmp_path / "said"
    command = tmp_path / "docker-compose"
    command.write_text(
        f'#!/bin/sh\necho "$@" >>{said}\n[ "$5" = down ] || exit 0\nset -- {tmp_path}/fails*\n'
        '[ ! -e "$1" ] || { rm "$1"; echo "network has active endpoints"; exit 1; }\n'
    )
    command.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setattr("shutil.which", lambda name: str(command) if name == "docker-compose" else None)
    return said


@pytest.mark.parametrize("failures", [0, 1, 2])
def test_it_goes_down_in_the_end(tmp_path: Path, said: Path, failures: int) -> None:
    compose = Compose(tmp_path / "compose.yaml", "mine", tmp_path)
    compose.up(Clock(), {}, had_volumes=False)
    for number in range(failures):
        (tmp_path / f"fails{number}").touch()
    engine = FakeEngine()
    compose.down(cast(Engine, engine))
    assert engine.said == ["nothing in place in mine"]
    asked = [line.split()[4:] for line in said.read_text().splitlines()]
    going_down = ["down", "--remove-orphans", "--timeout", "3", "--volumes"]
    assert asked == [["up", "-d"], *[going_down] * (failures + 1)]
    assert not (tmp_path / BROUGHT_UP).exists()


@pytest.mark.parametrize("had_volumes", [True, False])
def test_what_compose_cannot_take_down_the_engine_does(tmp_path: Path, said: Path, had_volumes: bool) -> None:
    compose = Compose(tmp_path / "compose.yaml", "mine", tmp_path)
    compose.up(Clock(), {}, had_volumes=had_volumes)
    for number in range(9):
        (tmp_path / f"fails{number}").touch()
    engine = FakeEngine()
    compose.down(cast(Engine, engine))
    volumes = "" if had_volumes else " with volumes"
    assert engine.said == ["nothing in place in mine", f"mine removed{volumes}"]
    assert len(said.read_text().splitlines()) == 1 + 3
    assert not (tmp_path / BROUGHT_UP).exists()


@pytest.mark.usefixtures("said")
def test_one_that_never_goes_down_is_told_and_kept_for_the_next_run(tmp_path: Path) -> None:
    compose = Compose(tmp_path / "compose.yaml", "mine", tmp_path)
    compose.up(Clock(), {}, had_volumes=False)
    for number in range(9):
        (tmp_path / f"fails{number}").touch()
    with pytest.raises(EnvironmentFault, match="the engine cannot"):
        compose.down(cast(Engine, FakeEngine(fails=True)))
    assert (tmp_path / BROUGHT_UP).exists()


@pytest.mark.usefixtures("said")
def test_without_compose_a_project_that_a_killed_run_has_left_goes_down_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Compose(tmp_path / "compose.yaml", "mine", tmp_path).up(Clock(), {}, had_volumes=False)
    monkeypatch.setattr("shutil.which", lambda _name: None)
    engine = FakeEngine()
    assert "it is down now" in take_down_left(tmp_path, cast(Engine, engine))
    assert engine.said[-1] == "mine removed with volumes"
