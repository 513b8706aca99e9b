"""Calibration: which data makes an operation last how long."""

from __future__ import annotations

from functools import cache

from pydantic import BaseModel, ConfigDict, Field

from ktrdr_acceptance.shipped import shipped


class Purpose(BaseModel):
    """What a purpose asks for, and what to expect of it.

    Durations are seconds at speed 1, deadlines seconds of waiting at most. A range without dates is all
    that the target holds.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    symbol: str
    timeframe: str
    start_date: str | None = None
    end_date: str | None = None
    duration_s: float = Field(gt=0)
    deadline_s: float = Field(gt=0)

    def dates(self) -> dict[str, object]:
        """Return the range as a request states it."""
        asked = {"start_date": self.start_date, "end_date": self.end_date}
        return {key: value for key, value in asked.items() if value is not None}

    def request(self) -> dict[str, object]:
        """Return the body that asks for this."""
        return {"symbol": self.symbol, "timeframe": self.timeframe, **self.dates()}


class TrainingCalibration(Purpose):
    """A training: strategy, its epochs, and the samples that it counts."""

    strategy: str
    epochs: int = Field(gt=0)
    samples: int = Field(gt=0)

    def request(self) -> dict[str, object]:
        """Return the body that starts this training (symbols and timeframes are lists there)."""
        return {
            "symbols": [self.symbol],
            "timeframes": [self.timeframe],
            "strategy_name": self.strategy,
            **self.dates(),
        }


class BacktestCalibration(Purpose):
    """A backtest: strategy and model, and the bars that it goes through."""

    model_config = ConfigDict(extra="forbid", frozen=True, protected_namespaces=())

    strategy: str
    model_path: str | None = None
    bars: int = Field(gt=0)

    def request(self) -> dict[str, object]:
        """Return the body that starts this backtest."""
        model = {} if self.model_path is None else {"model_path": self.model_path}
        return {**model, "strategy_name": self.strategy, **super().request()}


class ReadCalibration(Purpose):
    """A read of cached bars, and how many there are."""

    bars: int = Field(gt=0)


class DownloadCalibration(Purpose):
    """A download: mode, and the bars that it brings."""

    mode: str
    bars: int = Field(gt=0)

    def request(self) -> dict[str, object]:
        """Return the body that starts this download."""
        return {**super().request(), "mode": self.mode}


class Calibration(BaseModel):
    """All purposes, by kind of operation."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    trainings: dict[str, TrainingCalibration]
    backtests: dict[str, BacktestCalibration]
    reads: dict[str, ReadCalibration]
    downloads: dict[str, DownloadCalibration]


@cache
def default_calibration() -> Calibration:
    """Return the calibration that ships with the suite: the brief's tables."""
    return Calibration.model_validate(shipped("ktrdr_acceptance.testdata", "calibration.yaml"))
