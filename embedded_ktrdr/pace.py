"""How fast the embedded KTRDR runs: one speed scales its work, its cache and its health sweep."""

from dataclasses import dataclass

DEFAULT_SPEED = 20.0

# Seconds of generation S at speed 1 (contract 1.2 and 2.4).
CACHE_TTL_S = 1.0
HEALTH_SWEEP_S = 10.0
HEALTH_TIMEOUT_S = 5.0
REMOVAL_AFTER_S = 300.0
PROXY_TIMEOUT_S = 30.0

# Of generation H: S never gives up.
ORPHAN_AFTER_S = 60.0

# The backend gives the IB host this long per try; the IB host gives the gateway much longer (recording D4.3).
IB_TIMEOUT_S = 30.0
GATEWAY_PATIENCE_S = 180.0
GATEWAY_RETRY_S = 2.0
GATEWAY_PROBE_S = 5.0

# How often a download saves what it has.
PERIODIC_SAVE_S = 30.0

# Loopback on a loaded machine needs time that no speed shortens.
TIMEOUT_FLOOR_S = 0.5


@dataclass(frozen=True)
class Pace:
    """Durations in real seconds; `speed` is how many KTRDR seconds pass in one real second."""

    speed: float = DEFAULT_SPEED

    @property
    def cache_ttl_s(self) -> float:
        """How long the backend trusts what a worker last said about an operation."""
        return CACHE_TTL_S / self.speed

    @property
    def health_sweep_s(self) -> float:
        """Pause between two rounds of health checks."""
        return HEALTH_SWEEP_S / self.speed

    @property
    def health_timeout_s(self) -> float:
        """How long a health check may take."""
        return max(HEALTH_TIMEOUT_S / self.speed, TIMEOUT_FLOOR_S)

    @property
    def removal_after_s(self) -> float:
        """How long after its last healthy answer an unavailable worker is forgotten."""
        return REMOVAL_AFTER_S / self.speed

    @property
    def proxy_timeout_s(self) -> float:
        """How long a dispatch, a lookup or a cancel at a worker may take."""
        return max(PROXY_TIMEOUT_S / self.speed, TIMEOUT_FLOOR_S)

    @property
    def orphan_after_s(self) -> float:
        """How long an operation may run without a worker that knows of it."""
        return ORPHAN_AFTER_S / self.speed

    @property
    def ib_timeout_s(self) -> float:
        """How long an answer of the IB host or of the gateway may take."""
        return max(IB_TIMEOUT_S / self.speed, TIMEOUT_FLOOR_S)

    @property
    def gateway_patience_s(self) -> float:
        """How long the IB host goes on trying to reach its gateway; longer than anybody waits for it."""
        return GATEWAY_PATIENCE_S / IB_TIMEOUT_S * self.ib_timeout_s

    @property
    def gateway_retry_s(self) -> float:
        """Pause between two tries to reach the gateway."""
        return GATEWAY_RETRY_S / self.speed

    @property
    def gateway_probe_s(self) -> float:
        """How long the gateway may take to say that it is there."""
        return max(GATEWAY_PROBE_S / self.speed, TIMEOUT_FLOOR_S)

    @property
    def periodic_save_s(self) -> float:
        """How often a download saves what it has."""
        return PERIODIC_SAVE_S / self.speed
