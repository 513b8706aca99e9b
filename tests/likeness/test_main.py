"""What a running KTRDR lets be played, and what is left out."""

from __future__ import annotations

import pytest

from .__main__ import lacks
from .shapes import Shape
from .specimen import Specimen, Step


def specimen(service: str, before: tuple[str, ...] = (), *, gateway: bool = False) -> Specimen:
    step = Step(0, service, "GET", "/health", 200, Shape(), before=before)
    return Specimen("seed", "X", ("training-host-1",), (step,), gateway)


@pytest.mark.parametrize(
    ("asking", "why"),
    [
        (specimen("backend"), ""),
        (specimen("gpu-worker"), ""),
        (specimen("backtest-worker"), ""),
        (specimen("ib-host"), ""),
        (specimen("training-host"), "no URL of training-host"),
        (specimen("backend", ("stop backend",)), "services would have to be ended"),
        (specimen("ib-host", gateway=True), "it needs a gateway"),
    ],
)
def test_what_is_left_out(asking: Specimen, why: str) -> None:
    assert lacks(asking, {"ib-host": "http://ib-host"}, gateway=False) == why


def test_with_a_gateway_what_needs_one_is_played() -> None:
    assert lacks(specimen("backend", gateway=True), {}, gateway=True) == ""
