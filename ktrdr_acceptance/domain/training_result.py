"""What a completed training shows, and the team's guards against results that mean nothing.

Guards (KTRDR's end-to-end recipes, sanity checks): a model that is right in 99 % of the cases or more, or
whose loss falls under 0.001, has collapsed onto one label; so has one that is never right. A breach is a
matter of data or strategy, so its category is CONFIGURATION.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ktrdr_acceptance.api.generations import epochs_of
from ktrdr_acceptance.api.models import accepted
from ktrdr_acceptance.domain.results import Result, Results, is_number, number_at
from ktrdr_acceptance.faults import ConfigurationFault, Mismatch
from ktrdr_acceptance.operations.operation import Kind, Operation
from ktrdr_acceptance.operations.waiting import Waiter

ACCURACY_BELOW = 0.99
LOSS_ABOVE = 0.001
_HINT = (
    "Check the label distribution: a zigzag threshold too high for the symbol, or too short a period, leaves "
    "one label only"
)
EPOCH_NUMBERS = ("train_loss", "train_accuracy", "val_loss", "val_accuracy")


def sanity_breaches(result: Result) -> Iterator[str]:
    """Yield one sentence for each guard that a result summary breaks."""
    accuracies = {
        "validation accuracy": number_at(result, "training_metrics", "final_val_accuracy"),
        "test accuracy": number_at(result, "test_metrics", "test_accuracy"),
    }
    losses = {
        "training loss": number_at(result, "training_metrics", "final_train_loss"),
        "validation loss": number_at(result, "training_metrics", "final_val_loss"),
    }
    for name, value in {**accuracies, **losses}.items():
        if not math.isfinite(value):
            yield f"its {name} is {value}"
    for name, accuracy in accuracies.items():
        if accuracy >= ACCURACY_BELOW:
            yield f"its {name} is {accuracy:.1%}: it gives one answer to everything"
        elif accuracy <= 0:
            yield f"its {name} is 0 %: it is never right"
    for name, loss in losses.items():
        if loss <= LOSS_ABOVE:
            yield f"its {name} is {loss:.6f}: there was nothing to learn"


@dataclass
class TrainingResults(Results):
    """What steps say about the result of a training, at the backend or at the worker that trained."""

    waiter: Waiter

    def samples(self, result: Result) -> float:
        """Return the number of samples that a result counts."""
        return number_at(result, "data_summary", "total_samples")

    def epochs_trained(self, result: Result) -> float:
        """Return the number of epochs that a result counts."""
        return number_at(result, "training_metrics", "epochs_trained")

    def models_not_their_own(self) -> list[str]:
        """Return which trainings of the scenario left no model, or one that another of them left too."""
        trainings = [each for each in self.operations.started if each.kind is Kind.TRAINING]
        models = [str(self.at_worker(each).get("model_path") or "no model") for each in trainings]
        if len(models) < 2:
            return ["fewer than two trainings were started"]
        return [
            f"{training.id}: {model}"
            for training, model in zip(trainings, models, strict=True)
            if model == "no model" or models.count(model) > 1
        ]

    def require_learning(self, result: Result) -> None:
        """Raise ConfigurationFault if a result is that of a collapsed model."""
        self.waiter.checks += 1
        if breaches := list(sanity_breaches(result)):
            raise ConfigurationFault(
                f"the training completed, but {'; '.join(breaches)}. {_HINT}",
                mismatch=Mismatch("the result of a training that learned something", "; ".join(breaches)),
                cure=_HINT,
            )

    def metrics_otherwise(self, training: Operation) -> list[str]:
        """Return which epochs the route of the metrics shows otherwise than the lookup."""
        alone, shown = _by_number(self._epochs_alone(training)), _by_number(self._epochs(training))
        if not shown:
            return ["the lookup shows no epoch"]
        return [f"epoch {number}" for number in shown | alone if shown.get(number) != alone.get(number)]

    def different_epochs(self, training: Operation) -> list[Any]:
        """Return the numbers of the epochs in the backend's metrics, each once, as they first stand there."""
        numbers = [epoch.get("epoch") for epoch in self._epochs(training)]
        return [number for place, number in enumerate(numbers) if number not in numbers[:place]]

    def disordered_epochs(self, training: Operation) -> list[str]:
        """Return which epochs in the backend's metrics do not follow the one before by one, from 0 or 1."""
        numbers = self.different_epochs(training)
        disordered: list[str] = [] if numbers else ["no epoch is listed"]
        due: tuple[int, ...] = (0, 1)
        for number in numbers:
            # In JSON 3.0 is as whole a number as 3.
            if not is_number(number) or number % 1:
                disordered.append(f"epoch {number!r}")
                continue
            if number not in due:
                disordered.append(f"epoch {number} where {due[0]} was due")
            due = (number + 1,)
        return disordered

    def repeated_epochs(self, training: Operation) -> list[str]:
        """Return which epochs stand more than once in the backend's metrics, and how often."""
        listed = Counter(str(epoch.get("epoch")) for epoch in self._epochs(training))
        if not listed:
            return ["no epoch is listed"]
        return [f"epoch {number} {times} times" for number, times in listed.items() if times > 1]

    def missing_epoch_numbers(self, training: Operation) -> list[str]:
        """Return which epoch in the backend's metrics lacks which of its numbers."""
        epochs = self._epochs(training)
        if not epochs:
            return ["every epoch"]
        return [
            f"epoch {epoch.get('epoch')}: {name}"
            for epoch in epochs
            for name in EPOCH_NUMBERS
            if not is_number(epoch.get(name))
        ]

    def figures_unlike_last_epoch(self, training: Operation, result: Result) -> list[str]:
        """Return which final figures of a result are not those of the last epoch in the backend's metrics."""
        numbered = [epoch for epoch in self._epochs(training) if is_number(epoch.get("epoch"))]
        if not numbered:
            return ["no epoch is listed"]
        last = max(numbered, key=lambda epoch: float(epoch["epoch"]))
        return [
            f"{name}: {final:g} in the result, {last.get(name)} in epoch {last['epoch']}"
            for name in EPOCH_NUMBERS
            for final in [number_at(result, "training_metrics", f"final_{name}")]
            if not is_number(last.get(name)) or not math.isclose(final, last[name], rel_tol=1e-6)
        ]

    def _epochs_alone(self, training: Operation) -> list[dict[str, Any]]:
        """Return the epochs as the route of the metrics gives them."""
        data = accepted(self.operations.backend.metrics_answer(training.id)).get("data") or {}
        if data.get("operation_id") != training.id:
            said = data.get("operation_id")
            raise AssertionError(f"the metrics of {training.id} were answered with those of {said}")
        return epochs_of({"epochs": data.get("metrics")})

    def _epochs(self, training: Operation) -> list[dict[str, Any]]:
        return epochs_of(self.operations.look(training).metrics)


def _by_number(epochs: list[dict[str, Any]]) -> dict[Any, dict[str, Any]]:
    """Return epochs by their numbers; generation S lists some of them again and again."""
    numbers = ((epoch.get("epoch"), epoch) for epoch in epochs)
    return {number if is_number(number) else str(number): epoch for number, epoch in numbers}
