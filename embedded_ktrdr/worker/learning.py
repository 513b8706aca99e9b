"""How a simulated model learns, and the result it leaves: plausible, and the same for the same inputs."""

import math
import random
from collections.abc import Sequence
from typing import Any

from embedded_ktrdr.operations import now
from embedded_ktrdr.worker.plan import FEATURES, Plan

LEARNING_RATE = 0.001
ACCURACIES = ("train_accuracy", "val_accuracy")

# A validation accuracy outside would look like a collapsed model to the team's checks.
LOWEST_ACCURACY = 0.505
HIGHEST_ACCURACY = 0.945

Curve = dict[str, float]
"""Losses and accuracies (0 to 1) after one epoch."""


def entry(curve: Curve, epoch: int, duration_s: float) -> dict[str, Any]:
    """The metrics entry of `epoch`, counted from 0; eight fields (contract 2.4)."""
    return {
        "epoch": epoch,
        **curve,
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
            {
                "train_loss": loss + chance.uniform(-0.01, 0.01),
                "train_accuracy": _accuracy(accuracy + chance.uniform(-0.01, 0.01)),
                "val_loss": loss * 1.06 + chance.uniform(-0.01, 0.01),
                "val_accuracy": _accuracy(accuracy - 0.02 + chance.uniform(-0.015, 0.015)),
            }
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
    precision, recall = (_accuracy(last["val_accuracy"] + chance.uniform(-0.03, 0.01)) for _ in range(2))
    asked = {name: getattr(plan, name) for name in ("symbols", "timeframes", "start_date", "end_date")}
    return {
        "training_metrics": {
            "epochs_trained": len(curves),
            **{f"final_{each}": value for each, value in last.items()},
            **{f"best_{each}": max(curve[each] for curve in curves) for each in ACCURACIES},
            "training_time": training_time_s,
            "history": {each: [curve[each] for curve in curves] for each in last},
        },
        "test_metrics": {
            "test_accuracy": _accuracy(last["val_accuracy"] + chance.uniform(-0.02, 0.01)),
            "test_loss": last["val_loss"] * 1.03,
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
            **asked,
            "training_mode": "local",
            "use_host_service": False,
        },
        "resource_usage": {"training_mode": "local"},
    }
