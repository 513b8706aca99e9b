"""How a simulated model learns, and the result it leaves: plausible, and the same for the same inputs."""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from embedded_ktrdr.operations import now
from embedded_ktrdr.worker.plan import FEATURES, Plan

LEARNING_RATE = 0.001

# A validation accuracy outside would look like a collapsed model to the team's checks.
LOWEST_ACCURACY = 0.505
HIGHEST_ACCURACY = 0.945

Epoch = dict[str, float | int | str]


@dataclass(frozen=True)
class Curve:
    """Losses and accuracies (0 to 1) after one epoch."""

    train_loss: float
    train_accuracy: float
    val_loss: float
    val_accuracy: float

    def entry(self, epoch: int, duration_s: float) -> Epoch:
        """The metrics entry of `epoch`, counted from 0; eight fields (contract 2.4)."""
        return {
            "epoch": epoch,
            "train_loss": self.train_loss,
            "train_accuracy": self.train_accuracy,
            "val_loss": self.val_loss,
            "val_accuracy": self.val_accuracy,
            "learning_rate": LEARNING_RATE,
            "duration": duration_s,
            "timestamp": f"{now():%Y-%m-%dT%H:%M:%SZ}",
        }


def learn(plan: Plan) -> list[Curve]:
    """One curve point per epoch: losses fall, accuracies rise, both with noise."""
    chance = random.Random(plan.seed)
    first_loss, last_loss = chance.uniform(0.95, 1.1), chance.uniform(0.5, 0.62)
    first_accuracy, last_accuracy = chance.uniform(0.55, 0.6), chance.uniform(0.72, 0.84)
    curves = []
    for epoch in range(plan.strategy.epochs):
        learnt = 1 - math.exp(-3 * epoch / max(1, plan.strategy.epochs - 1))
        loss = first_loss + (last_loss - first_loss) * learnt
        accuracy = first_accuracy + (last_accuracy - first_accuracy) * learnt
        curves.append(
            Curve(
                train_loss=loss + chance.uniform(-0.01, 0.01),
                train_accuracy=_accuracy(accuracy + chance.uniform(-0.01, 0.01)),
                val_loss=loss * 1.06 + chance.uniform(-0.01, 0.01),
                val_accuracy=_accuracy(accuracy - 0.02 + chance.uniform(-0.015, 0.015)),
            )
        )
    return curves


def _accuracy(value: float) -> float:
    return min(max(value, LOWEST_ACCURACY), HIGHEST_ACCURACY)


def result_summary(
    plan: Plan, operation_id: str, curves: Sequence[Curve], training_time_s: float
) -> dict[str, Any]:
    """What a training leaves beside its model, in the shape of the container worker (contract 3.3)."""
    last = curves[-1]
    chance = random.Random(f"test of {plan.seed}")
    precision, recall = (_accuracy(last.val_accuracy + chance.uniform(-0.03, 0.01)) for _ in range(2))
    asked = {
        "symbols": plan.symbols,
        "timeframes": plan.timeframes,
        "start_date": plan.start_date,
        "end_date": plan.end_date,
    }
    return {
        "training_metrics": {
            "epochs_trained": len(curves),
            "final_train_loss": last.train_loss,
            "final_train_accuracy": last.train_accuracy,
            "best_train_accuracy": max(each.train_accuracy for each in curves),
            "training_time": training_time_s,
            "history": {
                field: [getattr(each, field) for each in curves]
                for field in ("train_loss", "train_accuracy", "val_loss", "val_accuracy")
            },
            "final_val_loss": last.val_loss,
            "final_val_accuracy": last.val_accuracy,
            "best_val_accuracy": max(each.val_accuracy for each in curves),
        },
        "test_metrics": {
            "test_accuracy": _accuracy(last.val_accuracy + chance.uniform(-0.02, 0.01)),
            "test_loss": last.val_loss * 1.03,
            "precision": precision,
            "recall": recall,
            "f1_score": 2 * precision * recall / (precision + recall),
        },
        "artifacts": {"feature_importance": None, "per_symbol_metrics": None},
        "model_info": {
            "parameters_count": plan.parameters,
            "trainable_parameters": plan.parameters,
            "architecture": "symbol_agnostic_mlp",
        },
        "data_summary": {**asked, "total_samples": plan.samples, "feature_count": FEATURES},
        "session_info": {
            "operation_id": operation_id,
            "strategy_name": plan.strategy.name,
            "symbols": plan.symbols,
            "timeframes": plan.timeframes,
            "training_mode": "local",
            "use_host_service": False,
            "start_date": plan.start_date,
            "end_date": plan.end_date,
        },
        "resource_usage": {"training_mode": "local"},
    }
