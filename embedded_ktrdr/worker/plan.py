"""What a training will do, worked out before it starts: bars, splits, batches, and their durations."""

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import yaml
from pydantic import BaseModel

from embedded_ktrdr.bars import BarRepository
from embedded_ktrdr.fields import EndDate, IsoDate, Names, Text
from embedded_ktrdr.operations import OperationProgress
from embedded_ktrdr.strategies import Strategy
from embedded_ktrdr.worker.desk import WorkError

FEATURES = 9  # inputs of the network in every recording
CLASSES = 3  # buy, hold, sell
HIDDEN_LAYERS = (50, 25)  # of a strategy that does not say

# Bars that the indicators need before they give a first value.
WARM_UP_BARS = 15

# Seconds at speed 1, so that 262 daily bars take about 2 s and 150,361 five-minute bars about 60 s (brief).
PREPARATION_S = 1.5
PREPARATION_PER_BAR_S = 30e-6
EPOCH_OVERHEAD_S = 0.04
BATCH_S = 1.585e-3

# Share of the preparation that each part takes, with the share of the 0-5 % it starts at (contract 3.2).
_PER_SYMBOL = (
    ("Loading Data", 0.2),
    ("Computing Indicators ({count})", 0.4),
    ("Computing Fuzzy Memberships ({count})", 0.2),
    ("Creating Features", 0.1),
    ("Generating Labels", 0.1),
)
_PREPARATION_PERCENT = 5.0
_OUTSIDE_SYMBOLS = 0.05  # share of each step before and after the symbols


class TrainingStartRequest(BaseModel):
    """Body of POST /training/start."""

    task_id: str | None = None
    strategy_yaml: Text
    symbols: Names | None = None
    timeframes: Names | None = None
    start_date: IsoDate | None = None
    end_date: EndDate | None = None

    def date_range(self) -> tuple[datetime, datetime]:
        """The range asked for; KTRDR's worker defaults to 2020 until today."""
        start = datetime.fromisoformat(self.start_date) if self.start_date else datetime(2020, 1, 1)
        return start, datetime.fromisoformat(self.end_date) if self.end_date else datetime.now()


@dataclass(frozen=True)
class Plan:
    """A training that can be done; counts follow from the bars."""

    strategy: Strategy
    symbols: list[str]
    timeframes: list[str]
    start_date: str | None
    end_date: str | None
    samples: int

    @property
    def train_samples(self) -> int:
        """80 % of the nine tenths that are not kept for the test (recordings: 188 of 262)."""
        return int(int(self.samples * 0.9) * 0.8)

    @property
    def batches(self) -> int:
        """Batches per epoch."""
        return math.ceil(self.train_samples / self.strategy.batch_size)

    @property
    def seed(self) -> str:
        """The same inputs learn the same way."""
        return repr((self.strategy.name, self.symbols, self.timeframes, self.start_date, self.end_date))

    @property
    def parameters(self) -> int:
        """Weights and biases of the network."""
        widths = (FEATURES, *self.strategy.hidden_layers, CLASSES)
        return sum((before + 1) * after for before, after in itertools.pairwise(widths))

    def preparation(self) -> Iterator[tuple[OperationProgress, float]]:
        """What is shown before the first epoch, in order, and how long at speed 1."""
        whole = PREPARATION_S + PREPARATION_PER_BAR_S * self.samples
        outside = whole * _OUTSIDE_SYMBOLS
        for text in (
            "Preparing training environment",
            "Loading strategy configuration",
            "Starting training pipeline",
        ):
            yield OperationProgress(current_step=text), outside
        count = len(self.symbols)
        per_symbol = (whole - 6 * outside) / count
        for index, symbol in enumerate(self.symbols, start=1):
            for number, (name, share) in enumerate(_PER_SYMBOL):
                done = (index - 1 + number / len(_PER_SYMBOL)) / count
                part = name.format(count=len(self.strategy.indicators))
                shown = OperationProgress(
                    percentage=done * _PREPARATION_PERCENT,
                    current_step=f"Processing {symbol} ({index}/{count}) - {part}",
                    items_processed=index,
                )
                yield shown, per_symbol * share
        for text in (
            f"Combining data from {count} symbol(s)",
            f"Splitting {self.samples} samples (train/val/test)",
            f"Creating model (input_dim={FEATURES})",
        ):
            yield OperationProgress(percentage=_PREPARATION_PERCENT, current_step=text), outside

    def progress(self, epoch: int, batch: int | None = None) -> OperationProgress:
        """After `batch` batches of `epoch`, both counted from 1, or after the whole of it."""
        epochs, text = self.strategy.epochs, f"Epoch {epoch}/{self.strategy.epochs}"
        if batch is not None:
            text += f" · Batch {batch}/{self.batches}"
        done = epoch * self.batches if batch is None else (epoch - 1) * self.batches + batch
        return OperationProgress(
            percentage=done / (epochs * self.batches) * 100.0,
            current_step=text,
            steps_completed=epoch if batch is None else epoch - 1,
            steps_total=epochs,
            items_processed=done,
        )


def make_plan(request: TrainingStartRequest, repository: BarRepository) -> Plan:
    """The plan of `request`; WorkError with KTRDR's reason where it cannot be done."""
    strategy = _read_strategy(request.strategy_yaml)
    symbols = request.symbols or ["AAPL"]
    timeframes = request.timeframes or ["1d"]
    start, end = request.date_range()
    if len(timeframes) > 1:
        # Recording X4: generation S cannot load several timeframes.
        raise WorkError(f"Failed to load base timeframe {timeframes[0]} for {symbols[0]}")
    samples = 0
    for symbol in symbols:
        bars = repository.count(symbol, timeframes[0], start, end)
        if bars == 0:
            raise WorkError(f"No data found in cache for {symbol} {timeframes[0]}")
        if bars < WARM_UP_BARS:
            raise WorkError("Failed to process indicators for any timeframe")
        samples += bars
    return Plan(strategy, symbols, timeframes, request.start_date, request.end_date, samples)


def _read_strategy(document: str) -> Strategy:
    try:
        content: Any = yaml.safe_load(document)
        model = content["model"]
        return Strategy(
            name=content["name"],
            epochs=int(model["training"]["epochs"]),
            hidden_layers=tuple(model.get("architecture", {}).get("hidden_layers", HIDDEN_LAYERS)),
            indicators=tuple(str(each) for each in content["indicators"]),
            batch_size=int(model["training"].get("batch_size", 32)),
        )
    except yaml.YAMLError as error:
        raise WorkError(str(error)) from error
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise WorkError(f"Strategy configuration is incomplete: {error!r}") from error
