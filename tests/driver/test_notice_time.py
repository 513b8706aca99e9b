"""How soon a change of status is noticed, over many moments at which it can happen."""

from collections.abc import Callable
from statistics import median

import pytest

from ktrdr_acceptance.operations.waiting import Cadence, Waiter

from .fake_clock import Changing, FakeClock, most_per_second

START = 1000.0
CHANGES = [START + 0.013 + 0.0377 * n for n in range(250)]


def notice_times(ttl: float, latency: float) -> tuple[list[float], int]:
    delays, busiest = [], 0
    for at in CHANGES:
        clock = FakeClock()
        service = Changing(clock, at=at, latency=latency, ttl=ttl)
        Waiter(clock).eventually(
            service, lambda value: value == "cancelled", within=60, expected="x", cadence=Cadence(ttl=ttl)
        )
        delays.append(clock.now() - at)
        busiest = max(busiest, most_per_second(service.asked))
    return delays, busiest


@pytest.mark.parametrize("latency", [0.0, 0.005, 0.04], ids=lambda value: f"latency-{value * 1000:.0f}ms")
@pytest.mark.parametrize(
    ("ttl", "limit"),
    [(0.0, 0.150), (0.05, 0.05 / 2 + 0.150), (0.2, 0.2 / 2 + 0.150), (1.0, 1.0 / 2 + 0.150)],
    ids=lambda value: f"{value:g}",
)
def test_a_change_is_noticed_in_time_by_at_most_10_requests_a_second(
    ttl: float, limit: float, latency: float, record_property: Callable[[str, object], None]
) -> None:
    delays, busiest = notice_times(ttl, latency)
    middle = median(delays)
    record_property(
        "measured",
        f"cache {ttl:g} s, latency {latency * 1000:.0f} ms: a change is noticed after {middle * 1000:.0f} ms "
        f"(median of {len(delays)}; limit {limit * 1000:.0f}), at worst {max(delays) * 1000:.0f} ms, "
        f"at {busiest} requests/s",
    )
    assert middle <= limit
    assert busiest <= 10
    # A cache that is met just before its expiry costs one more round, never two.
    assert max(delays) <= max(ttl, 0.1) + 0.150
