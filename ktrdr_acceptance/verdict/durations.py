"""Planned beside real duration of one operation."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class OperationDuration:
    """How long an operation should take by the calibration, at the target's speed, and how long it took.

    `planned_s` is None for what was asked for otherwise than calibrated. `real_s` is from the request to the
    first look that showed the end; None if nobody saw it end.
    """

    id: str
    purpose: str
    planned_s: float | None
    real_s: float | None = None
    ended_as: str = ""

    def __str__(self) -> str:
        real = "no end was seen" if self.real_s is None else f"{self.ended_as} after {self.real_s:.1f} s"
        planned = "" if self.planned_s is None else f"planned {self.planned_s:.1f} s, "
        return f"{self.purpose} {self.id}: {planned}{real}"
