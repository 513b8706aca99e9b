"""Planned beside real: what operations should take by the calibration, and what they took."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median

from ktrdr_acceptance.verdict.durations import OperationDuration
from ktrdr_acceptance.verdict.model import RunResult

# An operation that was cancelled, or that failed, took another time than the planned one.
_COUNTS = "completed"


@dataclass(frozen=True)
class PurposeDuration:
    """The operations of one purpose: how many were started, how many were seen to complete, and when."""

    purpose: str
    started: int
    completed: int
    # None for what was asked for otherwise than calibrated.
    planned_s: float | None
    # Of those seen to complete; None if there is none.
    real_s: float | None

    @property
    def ratio(self) -> float | None:
        """Return how many times the planned duration the real one is; None unless both are known."""
        return self.real_s / self.planned_s if self.real_s is not None and self.planned_s else None


def purpose_durations(run: RunResult) -> list[PurposeDuration]:
    """Return planned and real duration (the median) of each purpose that the run started, by name."""
    by_purpose: dict[str, list[OperationDuration]] = {}
    for scenario in run.scenarios:
        for duration in scenario.operation_durations:
            by_purpose.setdefault(duration.purpose, []).append(duration)
    return [_summed(purpose, durations) for purpose, durations in sorted(by_purpose.items())]


def _summed(purpose: str, durations: list[OperationDuration]) -> PurposeDuration:
    real = [one.real_s for one in durations if one.real_s is not None and one.ended_as == _COUNTS]
    planned = [one.planned_s for one in durations if one.planned_s is not None]
    return PurposeDuration(
        purpose,
        started=len(durations),
        completed=len(real),
        planned_s=median(planned) if planned else None,
        real_s=median(real) if real else None,
    )
