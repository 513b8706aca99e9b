"""Halting a container whose processes are busy: the engine does not always manage it at the first time."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest
from docker.errors import APIError

from ktrdr_acceptance.faults import EnvironmentFault
from ktrdr_acceptance.target.container import PROJECT, SERVICE, Container
from ktrdr_acceptance.target.docker import Engine, asked_to

_FROZEN = "OCI runtime pause failed: unable to freeze: unknown"


class Found:
    """A container as the SDK shows it; each of `says` keeps it from being halted once."""

    def __init__(self, *says: str) -> None:
        self.name, self.id = "ktrdr-training-worker-1", "76e81e88a859e5c6"
        self.labels = {PROJECT: "ktrdr", SERVICE: "training-worker-1"}
        self.says = list(says)
        self.pauses = 0
        self._state = {"Running": True, "Paused": False, "StartedAt": "", "ExitCode": 0, "OOMKilled": False}

    @property
    def attrs(self) -> dict[str, Any]:
        return {
            "Image": "sha256:1",
            "Config": {"Image": "ktrdr"},
            "NetworkSettings": {"Networks": {}, "Ports": {}},
            "State": self._state,
            "RestartCount": 0,
            "Mounts": [],
        }

    def reload(self) -> None:
        pass

    def pause(self) -> None:
        self.pauses += 1
        if self.says:
            raise APIError("500 Server Error", explanation=self.says.pop(0))
        self._state["Paused"] = True


def _container(found: Found) -> Container:
    return Container(cast(Engine, SimpleNamespace(asked_to=asked_to)), found)


def test_a_busy_container_is_halted_at_another_time() -> None:
    found = Found(_FROZEN, _FROZEN)
    container = _container(found)
    container.pause()
    assert found.pauses == 3
    assert container._now().paused


def test_one_that_cannot_be_halted_is_told_in_the_end() -> None:
    found = Found(*[_FROZEN] * 100)
    with pytest.raises(EnvironmentFault, match=r"cannot pause ktrdr-training-worker-1.*unable to freeze"):
        _container(found).pause()
    assert found.pauses == 5


def test_what_else_keeps_it_from_being_halted_is_told_at_once() -> None:
    found = Found("Container is not running")
    with pytest.raises(EnvironmentFault, match="is not running"):
        _container(found).pause()
    assert found.pauses == 1


def test_one_that_is_halted_already_is_left_alone() -> None:
    found = Found()
    container = _container(found)
    container.pause()
    container.pause()
    assert found.pauses == 1
