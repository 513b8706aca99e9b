"""What the player waits for, ends and starts before a step."""

from __future__ import annotations

import time
from dataclasses import replace

import httpx
import pytest
from machine import idle_s

from .shapes import Json, Shape
from .small_ktrdr import SPECIMEN, SmallKtrdr, play
from .specimen import Step


def test_a_start_that_found_only_busy_workers_waits_until_none_is_free() -> None:
    step = replace(SPECIMEN.steps[2], busy_worker="training")
    replay = play(SmallKtrdr(), specimen=replace(SPECIMEN, steps=(step,)))
    assert [(each.path, each.got) for each in replay.differences] == [
        ("(before)", "a free one for the whole time")
    ]


@pytest.mark.parametrize(
    ("service", "registered", "health", "free"),
    [
        ("backend", "available", "idle", True),
        ("backend", "busy", "idle", False),
        ("backend", "available", "busy", False),
        ("backtest-worker", "busy", "idle", True),
        ("backtest-worker", "available", "busy", False),
    ],
)
def test_a_start_waits_for_the_service_that_was_free(
    service: str, registered: str, health: str, free: bool
) -> None:
    workers = [{"worker_id": "backtest-worker-1", "status": registered}]
    bodies: dict[str, Json] = {"/api/v1/workers": workers, "/health": {"worker_status": health}}
    step = Step(0, service, "POST", "/start", 200, Shape(), free_worker="backtest-worker")

    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json=bodies.get(request.url.path))

    replay = play(answer, specimen=replace(SPECIMEN, steps=(step,)))
    assert [each.path for each in replay.differences] == ([] if free else ["(before)"])


def test_services_are_ended_before_the_step_and_the_pause_runs_at_our_speed() -> None:
    done: list[str] = []
    step = replace(SPECIMEN.steps[2], before=("kill {training-host-1}", "stop backend"), pause_s=30)
    began, began_idle = time.monotonic(), idle_s()
    replay = play(SmallKtrdr(), specimen=replace(SPECIMEN, steps=(step,)), control=done.append, speed=200)
    assert done == ["kill training-host-1", "stop backend"]
    assert time.monotonic() - began >= 0.15
    assert idle_s() - began_idle < 2
    assert replay.differences == []


def test_services_are_also_ended_before_a_step_that_is_left_out() -> None:
    done: list[str] = []
    first, second, third = SPECIMEN.steps
    specimen = replace(SPECIMEN, steps=(first, second, replace(third, before=("stop backend",))))
    play(SmallKtrdr(), specimen=specimen, control=done.append, not_replayed=("seed/smoke#2",))
    assert done == ["stop backend"]


def test_what_cannot_be_ended_is_an_error() -> None:
    step = replace(SPECIMEN.steps[2], before=("stop backend",))
    with pytest.raises(RuntimeError, match="stop backend"):
        play(SmallKtrdr(), specimen=replace(SPECIMEN, steps=(step,)))
