"""A compose project goes down also if the command fails at first."""

from __future__ import annotations

from pathlib import Path

import pytest

from ktrdr_acceptance.faults import EnvironmentFault
from ktrdr_acceptance.operations.waiting import Clock
from ktrdr_acceptance.target.compose import BROUGHT_UP, Compose


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
    compose.down()
    asked = [line.split()[4:] for line in said.read_text().splitlines()]
    going_down = ["down", "--remove-orphans", "--timeout", "3", "--volumes"]
    assert asked == [["up", "-d"], *[going_down] * (failures + 1)]
    assert not (tmp_path / BROUGHT_UP).exists()


def test_one_that_never_goes_down_is_told_and_kept_for_the_next_run(tmp_path: Path, said: Path) -> None:
    compose = Compose(tmp_path / "compose.yaml", "mine", tmp_path)
    compose.up(Clock(), {}, had_volumes=False)
    for number in range(9):
        (tmp_path / f"fails{number}").touch()
    with pytest.raises(EnvironmentFault, match=r"could not down .*: network has active endpoints"):
        compose.down()
    assert len(said.read_text().splitlines()) == 1 + 3
    assert (tmp_path / BROUGHT_UP).exists()
