"""The durations that KTRDR's team recorded, beside those of a run at speed 1."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from pydantic import BaseModel, ConfigDict, TypeAdapter

from ktrdr_acceptance.shipped import shipped
from ktrdr_acceptance.verdict.model import RunResult
from ktrdr_acceptance.verdict.planned import purpose_durations

HOLDS, DOES_NOT_HOLD, NOT_RUN = "holds", "does not hold", "not run"


class Recorded(BaseModel):
    """One recorded duration and its tolerance, in seconds; `scenario` is where it was recorded."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    operation: str
    scenario: str
    recorded_s: float
    least_s: float
    most_s: float


@dataclass(frozen=True)
class Comparison:
    """A recorded duration and that of the run; without the latter nothing was seen to complete."""

    recorded: Recorded
    real_s: float | None

    @property
    def outcome(self) -> str:
        """Return whether it holds, in words."""
        if self.real_s is None:
            return NOT_RUN
        return HOLDS if self.recorded.least_s <= self.real_s <= self.recorded.most_s else DOES_NOT_HOLD

    @property
    def holds(self) -> bool:
        """Return whether the duration was seen, within its tolerance."""
        return self.outcome == HOLDS

    def __str__(self) -> str:
        recorded = self.recorded
        real = "" if self.real_s is None else f" ({self.real_s:.1f} s)"
        return (
            f"{recorded.operation} {self.outcome}{real}: recorded {recorded.recorded_s:g} s in "
            f"{recorded.scenario}, tolerance {recorded.least_s:g} to {recorded.most_s:g} s"
        )


@cache
def recorded_durations() -> tuple[Recorded, ...]:
    """Return what was recorded."""
    return TypeAdapter(tuple[Recorded, ...]).validate_python(
        shipped("ktrdr_acceptance.testdata", "recorded_durations.yaml")
    )


def comparisons(run: RunResult) -> list[Comparison]:
    """Return the comparisons of a run; none at any speed but 1, where durations mean something else."""
    if run.target.get("speed") != 1:
        return []
    real = {one.purpose: one.real_s for one in purpose_durations(run)}
    return [Comparison(recorded, real.get(recorded.operation)) for recorded in recorded_durations()]


def recorded_lines(run: RunResult) -> list[str]:
    """Return in one line how many recorded durations hold; nothing at any speed but 1."""
    found = comparisons(run)
    if all(one.outcome == NOT_RUN for one in found):
        return []
    held = sum(one.holds for one in found)
    others = "".join(f"; {one}" for one in found if one.outcome == DOES_NOT_HOLD)
    return [f"recorded durations: {held} of {len(found)} hold{others}"]
