"""One operation that the suite started, and the kinds there are."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from ktrdr_acceptance.api.worker import Worker
from ktrdr_acceptance.testdata.calibration import Purpose


class Kind(StrEnum):
    """A kind of operation, as people call it."""

    TRAINING = "training"
    BACKTEST = "backtest"
    DOWNLOAD = "download"

    @property
    def operation_type(self) -> str:
        """How KTRDR spells it (ktrdr/api/models/operations.py)."""
        return _OPERATION_TYPES[self]

    @property
    def worker_types(self) -> frozenset[str]:
        """The types of the workers that do it; none for what the backend does itself."""
        return _WORKER_TYPES[self]


_OPERATION_TYPES = {Kind.TRAINING: "training", Kind.BACKTEST: "backtesting", Kind.DOWNLOAD: "data_load"}
_WORKER_TYPES = {
    Kind.TRAINING: frozenset({"training", "cpu_training", "gpu_host"}),
    Kind.BACKTEST: frozenset({"backtesting"}),
    Kind.DOWNLOAD: frozenset[str](),
}


@dataclass
class Operation:
    """One operation that the suite started. Times are monotonic seconds, durations seconds."""

    id: str
    kind: Kind
    purpose: str
    calibration: Purpose
    expected_s: float
    started_at: float
    # The worker that was asked directly; None for what was started at the backend.
    home: Worker | None = None
    worker: Worker | None = None
    cancel_seen_at: float | None = None
    # How long the service took to answer the start, and the cancel.
    start_took_s: float = 0.0
    cancel_took_s: float = 0.0
    percentage_at_cancel: float = 0.0
    # The failed one that it runs again.
    again_of: str = ""
    # Whether it was asked for otherwise than calibrated; then nobody knows how long it should take.
    is_changed: bool = False
