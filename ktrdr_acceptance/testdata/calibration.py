"""Calibration: which data makes an operation last how long."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import yaml
from pydantic import BaseModel, ConfigDict, Field


class TrainingCalibration(BaseModel):
    """One purpose: what to ask for, and what to expect of it. Durations are seconds at speed 1."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    symbol: str
    timeframe: str
    start_date: str
    end_date: str
    strategy: str
    epochs: int = Field(gt=0)
    samples: int = Field(gt=0)
    duration_s: float = Field(gt=0)

    def request(self) -> dict[str, object]:
        """Return the body that starts this training (symbols and timeframes are lists there)."""
        return {
            "symbols": [self.symbol],
            "timeframes": [self.timeframe],
            "strategy_name": self.strategy,
            "start_date": self.start_date,
            "end_date": self.end_date,
        }


class Calibration(BaseModel):
    """All purposes, by kind of operation."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    trainings: dict[str, TrainingCalibration]


@cache
def default_calibration() -> Calibration:
    """Return the calibration that ships with the suite: the brief's tables."""
    text = files("ktrdr_acceptance.testdata").joinpath("calibration.yaml").read_text("utf-8")
    return Calibration.model_validate(yaml.safe_load(text))
