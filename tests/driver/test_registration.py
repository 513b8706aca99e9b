"""A worker registers again at another name of its address, and at its own when the scenario ends."""

from __future__ import annotations

import pytest

from ktrdr_acceptance.domain.registration import other_name_of
from ktrdr_acceptance.operations.operation import Kind

from .scripted_world import scripted_world

W = "backtest-worker-1"


@pytest.mark.parametrize(
    ("url", "other"),
    [
        ("http://127.0.0.1:5003", "http://localhost:5003"),
        ("http://localhost:5003", "http://LOCALHOST:5003"),
        ("http://backtest-worker-1:5003", "http://BACKTEST-WORKER-1:5003"),
        ("http://BACKTEST-WORKER-1:5003", "http://backtest-worker-1:5003"),
        ("http://Gpu.lan:5002/ktrdr", "http://GPU.LAN:5002/ktrdr"),
        ("http://10.0.0.2:5002", "http://167772162:5002"),
        ("https://gpu.lan", "https://GPU.LAN"),
    ],
)
def test_another_name_of_the_same_place(url: str, other: str) -> None:
    assert other_name_of(url) == other


def test_it_registers_as_what_it_is_elsewhere_and_in_the_end_where_it_was() -> None:
    world = scripted_world()
    world.has_workers(W, kind="backtesting", capabilities={"gpu": False})
    world.script("POST /workers/register", (200, {}))
    moved = world.registration.move(Kind.BACKTEST)
    assert moved.endpoint_url == f"http://{W.upper()}:1"
    world.undo.run()
    asked = [each.body for each in world.net.asked if each.request.endswith("/workers/register")]
    common = {"worker_id": W, "worker_type": "backtesting", "capabilities": {"gpu": False}}
    assert asked == [
        {**common, "endpoint_url": f"http://{W.upper()}:1"},
        {**common, "endpoint_url": f"http://{W}:1"},
    ]


def test_a_refusal_is_a_breach() -> None:
    world = scripted_world()
    world.has_workers(W, kind="backtesting")
    world.script("POST /workers/register", (503, {"detail": "shutting down"}))
    with pytest.raises(AssertionError, match=r"refused POST .*/workers/register: HTTP 503: shutting down"):
        world.registration.move(Kind.BACKTEST)
