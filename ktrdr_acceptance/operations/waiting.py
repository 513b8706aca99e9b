"""Waiting: for something to become true, and for something to stay true.

The one place of the suite that sleeps. All times are seconds of the monotonic clock.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from ktrdr_acceptance.faults import EnvironmentFault, Mismatch, Refuted, RunAborted

T = TypeVar("T")

EVERY = 0.1
# After this margin a cached answer has surely expired: it was stored before it reached us.
PAST_EXPIRY = 0.005
_SLICE = 0.05
_MOST_STATES = 12


@dataclass
class Clock:
    """The time, and the wish to stop; a test replaces it with one that never sleeps."""

    stop_reason: str | None = None

    def now(self) -> float:
        """Return monotonic seconds."""
        return time.monotonic()

    def sleep(self, seconds: float, interruptible: bool = True) -> None:
        """Sleep in short slices, so that a signal ends the wait at once.

        A signal handler may only set `stop_reason`: an Event would deadlock when the handler runs
        while this thread holds the Event's lock.
        """
        end = self.now() + seconds
        while (left := end - self.now()) > 0:
            if interruptible:
                self.check()
            time.sleep(min(left, _SLICE))

    def stop(self, reason: str) -> None:
        """Ask the run to stop; the first reason stays."""
        if self.stop_reason is None:
            self.stop_reason = reason

    def check(self) -> None:
        """Raise RunAborted once somebody asked the run to stop."""
        if self.stop_reason:
            raise RunAborted(self.stop_reason)


class WaitFailed(Refuted):
    """What was waited for did not happen, or what should have stayed did not."""


@dataclass
class Timeline(Generic[T]):
    """The distinct states seen during a wait, with the time of each first sighting."""

    started: float
    describe: Callable[[T], str]
    states: list[tuple[float, str]] = field(default_factory=list)
    probes: int = 0

    def see(self, at: float, value: T) -> str:
        """Note `value` as seen at monotonic time `at`; return it in words."""
        self.probes += 1
        words = self.describe(value)
        if not self.states or self.states[-1][1] != words:
            self.states.append((at - self.started, words))
        return words

    def mismatch(self, expected: str, actual: str) -> Mismatch:
        """Return what came of the wait in its parts."""
        return Mismatch(expected, actual, tuple(self.states))

    def lines(self) -> str:
        """Return one line per distinct state, the middle of a long history left out."""
        shown = [f"  {at:7.2f} s  {words}" for at, words in self.states]
        if len(shown) > _MOST_STATES:
            half = _MOST_STATES // 2
            left_out = len(shown) - 2 * half
            shown = [*shown[:half], f"  ... {left_out} more states ...", *shown[-half:]]
        return "\n".join(shown) or "  nothing was seen"


@dataclass(frozen=True)
class Cadence:
    """How often to look: every `every` seconds, or once after each expiry of a cache of `ttl` seconds."""

    every: float = EVERY
    ttl: float = 0.0

    def pause(self, asked_at: float, answered_at: float) -> float:
        """Return how long to wait after an answer before the next look."""
        next_look = asked_at + self.every
        if self.ttl > self.every:
            next_look = max(next_look, answered_at + self.ttl + PAST_EXPIRY)
        return max(0.0, next_look - answered_at)


class Waiter:
    """Waits on behalf of one run: its clock, and the factor by which its deadlines are scaled."""

    def __init__(self, clock: Clock | None = None, time_factor: float = 1.0) -> None:
        self.clock = clock or Clock()
        self.time_factor = time_factor
        self.checks = 0

    def eventually(
        self,
        probe: Callable[[], T],
        until: Callable[[T], bool],
        *,
        within: float,
        expected: str,
        describe: Callable[[T], str] = str,
        cadence: Cadence | None = None,
        bail: Callable[[T], str | None] | None = None,
        interruptible: bool = True,
    ) -> T:
        """Return the first value of `probe` that satisfies `until`, looked for during `within` seconds.

        Stops at once when `bail` gives a reason why success has become impossible. Raises WaitFailed
        with what was expected, the last value, the distinct states with their times, and why it stopped;
        EnvironmentFault of the probe passes through.
        """
        self.checks += 1
        cadence = cadence or Cadence()
        deadline = within * self.time_factor
        started = self.clock.now()
        timeline: Timeline[T] = Timeline(started, describe)

        def give_up(why: str, last: str) -> WaitFailed:
            wanted = f"{expected} within {deadline:g} s"
            stopped = f"stopped after {self.clock.now() - started:.2f} s and {timeline.probes} looks"
            return WaitFailed(
                f"expected {wanted}, but {why}; the last value was {last}\n"
                f"{stopped}\n"
                f"seen:\n{timeline.lines()}",
                timeline.mismatch(wanted, f"{last}; {why} ({stopped})"),
            )

        while True:
            if interruptible:
                self.clock.check()
            asked_at = self.clock.now()
            try:
                value = probe()
            except EnvironmentFault as fault:
                raise EnvironmentFault(
                    f"{fault} (while waiting for {expected})\nseen before:\n{timeline.lines()}",
                    mismatch=timeline.mismatch(f"{expected} within {deadline:g} s", str(fault)),
                    cause=fault.cause,
                    cure=fault.cure,
                ) from fault
            answered_at = self.clock.now()
            last = timeline.see(answered_at, value)
            if until(value):
                return value
            if bail and (reason := bail(value)):
                raise give_up(reason, last)
            pause = cadence.pause(asked_at, answered_at)
            left = started + deadline - answered_at
            if left <= 0:
                raise give_up("the deadline passed", last)
            # One look at the deadline itself, so that a late change still counts if it was in time.
            self.clock.sleep(min(pause, left), interruptible)

    def never(
        self,
        probe: Callable[[], T],
        wrong: Callable[[T], str | None],
        *,
        during: float,
        expected: str,
        describe: Callable[[T], str] = str,
        cadence: Cadence | None = None,
    ) -> list[T]:
        """Look at `probe` throughout `during` seconds; return the values if `wrong` found nothing.

        Raises WaitFailed at the first value for which `wrong` gives a reason. The window is not scaled:
        a longer or shorter look would be another claim.
        """
        self.checks += 1
        cadence = cadence or Cadence()
        started = self.clock.now()
        timeline: Timeline[T] = Timeline(started, describe)
        values: list[T] = []
        while True:
            self.clock.check()
            asked_at = self.clock.now()
            value = probe()
            answered_at = self.clock.now()
            timeline.see(answered_at, value)
            values.append(value)
            if reason := wrong(value):
                wanted = f"{expected} throughout {during:.1f} s"
                instead = f"after {answered_at - started:.2f} s {reason}"
                raise WaitFailed(
                    f"expected {wanted}, but {instead}\nseen:\n{timeline.lines()}",
                    timeline.mismatch(wanted, instead),
                )
            left = started + during - answered_at
            if left <= 0:
                return values
            self.clock.sleep(min(cadence.pause(asked_at, answered_at), left))
