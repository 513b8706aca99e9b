"""How fast the embedded KTRDR runs: one speed scales its work, its cache and its health sweep."""

from dataclasses import dataclass

DEFAULT_SPEED = 20.0

# Of generation H, in seconds at speed 1: S never gives up.
ORPHAN_AFTER_S = 60.0

# Loopback on a loaded machine needs time that no speed shortens.
TIMEOUT_FLOOR_S = 0.5


class Scaled:
    """A duration: so many seconds at speed 1, but never less than the floor."""

    def __init__(self, seconds: float, floor_s: float = 0.0) -> None:
        self._seconds, self._floor_s = seconds, floor_s

    def __get__(self, pace: "Pace", _owner: type) -> float:
        return max(self._seconds / pace.speed, self._floor_s)


@dataclass(frozen=True)
class Pace:
    """Durations in real seconds; `speed` is how many KTRDR seconds pass in one real second."""

    speed: float = DEFAULT_SPEED
    own_cache_ttl_s: float | None = None
    """What the caller decides about the cache instead."""

    @property
    def cache_ttl_s(self) -> float:
        """How long the backend trusts what a worker last said about an operation (contract 2.4)."""
        return 1.0 / self.speed if self.own_cache_ttl_s is None else self.own_cache_ttl_s

    # Pause between two rounds of health checks, how long one may take, and how long after its last healthy
    # answer an unavailable worker is forgotten (contract 1.2).
    health_sweep_s = Scaled(10.0)
    health_timeout_s = Scaled(5.0, TIMEOUT_FLOOR_S)
    removal_after_s = Scaled(300.0, 8 * TIMEOUT_FLOOR_S)
    # How long a dispatch, a lookup or a cancel at a worker may take: never less than at the default speed.
    proxy_timeout_s = Scaled(30.0, 3 * TIMEOUT_FLOOR_S)
    # How long a lookup waits for a worker until it shows the state that was last known.
    lookup_patience_s = Scaled(1.0, TIMEOUT_FLOOR_S)
    # How long an operation may run without a worker that knows of it: longer than three health checks take.
    orphan_after_s = Scaled(ORPHAN_AFTER_S, 12 * TIMEOUT_FLOOR_S)
    # How long a worker goes without a health check until it asks whether the backend still knows it.
    registration_check_s = Scaled(30.0, 2 * TIMEOUT_FLOOR_S)
    # How long an answer of the IB host or of the gateway may take, and, much longer, how long the IB host
    # goes on trying to reach its gateway (recording D4.3), with which pauses.
    ib_timeout_s = Scaled(30.0, TIMEOUT_FLOOR_S)
    gateway_patience_s = Scaled(180.0, 6 * TIMEOUT_FLOOR_S)
    gateway_retry_s = Scaled(2.0)
    # How long the gateway may take to say that it is there.
    gateway_probe_s = Scaled(5.0, TIMEOUT_FLOOR_S)
    # How often a download saves what it has: each time all of it, which takes time that no speed shortens.
    periodic_save_s = Scaled(30.0, 3 * TIMEOUT_FLOOR_S)
