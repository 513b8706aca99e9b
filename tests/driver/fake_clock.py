"""A clock that never sleeps, and a service on it that changes, caches and counts its requests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from ktrdr_acceptance.operations.waiting import Clock


@dataclass
class FakeClock(Clock):
    """Time passes only by `sleep` and `spend`; `events` happen on the way, at their time."""

    time: float = 1000.0
    sleeps: list[float] = field(default_factory=list)
    events: list[tuple[float, Callable[[], None]]] = field(default_factory=list)

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float, interruptible: bool = True) -> None:
        self.sleeps.append(seconds)
        end = self.time + seconds
        for event in sorted((e for e in self.events if e[0] <= end), key=lambda e: e[0]):
            self.events.remove(event)
            self.time = max(self.time, event[0])
            event[1]()
            if interruptible:
                self.check()
        self._go_to(end)

    def spend(self, seconds: float) -> None:
        """Let time pass as the work of somebody else."""
        self._go_to(self.time + seconds)

    def _go_to(self, at: float) -> None:
        # Sums of 0.1 would otherwise miss the round times that the proofs speak of.
        self.time = round(at, 9)


@dataclass
class Changing:
    """A service whose value is `before` until `at` and `after` from then on.

    With a `ttl` it repeats its last answer for that long, as KTRDR's backend does, and asks anew only when
    it is asked. A request takes `latency`; the service looks at half time.
    """

    clock: FakeClock
    at: float
    latency: float = 0.0
    ttl: float = 0.0
    before: str = "running"
    after: str = "cancelled"
    asked: list[float] = field(default_factory=list)
    _cached: str | None = None
    _cached_at: float = 0.0

    def __call__(self) -> str:
        self.asked.append(self.clock.now())
        self.clock.spend(self.latency / 2)
        now = self.clock.now()
        if self._cached is None or now - self._cached_at >= self.ttl:
            self._cached, self._cached_at = (self.after if now >= self.at else self.before), now
        self.clock.spend(self.latency / 2)
        return self._cached


def most_per_second(times: list[float]) -> int:
    """Return the largest number of requests within any one second."""
    return max(sum(1 for other in times if 0 <= other - first < 1.0 - 1e-9) for first in times)
