"""The guards against results that mean nothing, on specimens of results."""

from __future__ import annotations

import copy
import math
from types import SimpleNamespace
from typing import Any, cast

import pytest

from ktrdr_acceptance.api.models import ContractBreach
from ktrdr_acceptance.domain.results import number_at
from ktrdr_acceptance.domain.training_result import TrainingResults, sanity_breaches
from ktrdr_acceptance.faults import Category, ConfigurationFault, category_of
from ktrdr_acceptance.operations.operation import Operation
from ktrdr_acceptance.operations.operations import Operations
from ktrdr_acceptance.operations.waiting import Waiter

# The figures of a recorded smoke training, but for a test accuracy that shows learning.
HEALTHY: dict[str, Any] = {
    "model_path": "/app/models/test_e2e_local_pull/1d_v2",
    "training_metrics": {
        "epochs_trained": 10,
        "final_train_loss": 0.7149638102409688,
        "final_train_accuracy": 0.851063829787234,
        "final_val_loss": 0.9671105742454529,
        "final_val_accuracy": 0.5957446694374084,
    },
    "test_metrics": {"test_accuracy": 0.5531914830207825, "test_loss": 1.5970268249511719},
    "data_summary": {"symbols": ["EURUSD"], "total_samples": 262},
}
PLACES = {
    "validation accuracy": ("training_metrics", "final_val_accuracy"),
    "test accuracy": ("test_metrics", "test_accuracy"),
    "training loss": ("training_metrics", "final_train_loss"),
    "validation loss": ("training_metrics", "final_val_loss"),
}
ABSENT = object()


def specimen(name: str, value: object) -> dict[str, Any]:
    """Return the healthy result with one number changed, or taken out."""
    result = copy.deepcopy(HEALTHY)
    group, key = PLACES[name]
    if value is ABSENT:
        del result[group][key]
    else:
        result[group][key] = value
    return result


def results_of(metrics: Any = None) -> TrainingResults:
    operations = SimpleNamespace(
        look=lambda _operation: SimpleNamespace(metrics=metrics, result_summary=None)
    )
    return TrainingResults(cast(Operations, operations), Waiter())


def test_a_healthy_result_passes() -> None:
    assert list(sanity_breaches(HEALTHY)) == []
    results = results_of()
    results.require_learning(HEALTHY)
    assert results.waiter.checks == 1


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("validation accuracy", 1.0, "its validation accuracy is 100.0%: it gives one answer to everything"),
        ("validation accuracy", 0.99, "its validation accuracy is 99.0%"),
        ("validation accuracy", 0.0, "its validation accuracy is 0 %: it is never right"),
        ("validation accuracy", math.nan, "its validation accuracy is nan"),
        ("test accuracy", 1.0, "its test accuracy is 100.0%"),
        ("test accuracy", 1, "its test accuracy is 100.0%"),
        ("test accuracy", 0.0, "its test accuracy is 0 %"),
        ("test accuracy", math.nan, "its test accuracy is nan"),
        ("training loss", 0.0003, "its training loss is 0.000300: there was nothing to learn"),
        ("training loss", 0.001, "its training loss is 0.001000"),
        ("training loss", 0.0, "its training loss is 0.000000"),
        ("training loss", math.nan, "its training loss is nan"),
        ("training loss", math.inf, "its training loss is inf"),
        ("validation loss", 0.0003, "its validation loss is 0.000300"),
        ("validation loss", math.nan, "its validation loss is nan"),
        ("validation loss", -1.0, "its validation loss is -1.000000"),
    ],
)
def test_a_collapsed_model_is_a_matter_of_configuration(name: str, value: float, said: str) -> None:
    (breach,) = sanity_breaches(specimen(name, value))
    assert breach.startswith(said)
    with pytest.raises(ConfigurationFault, match=r"the training completed, but .*Check the label") as caught:
        results_of().require_learning(specimen(name, value))
    assert category_of(caught.value) == Category.CONFIGURATION


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("validation accuracy", 0.9899),
        ("validation accuracy", 0.0001),
        ("test accuracy", 0.98),
        ("training loss", 0.0011),
        ("validation loss", 12.0),
    ],
)
def test_a_value_inside_the_bounds_passes(name: str, value: float) -> None:
    assert list(sanity_breaches(specimen(name, value))) == []


def test_every_breach_is_told() -> None:
    collapsed = specimen("validation accuracy", 1.0)
    collapsed["test_metrics"]["test_accuracy"] = 1.0
    collapsed["training_metrics"]["final_train_loss"] = 0.0003
    assert len(list(sanity_breaches(collapsed))) == 3


@pytest.mark.parametrize("name", list(PLACES))
@pytest.mark.parametrize("value", [ABSENT, None, "0.5", True, [0.5], {}], ids=str)
def test_a_missing_number_never_passes(name: str, value: object) -> None:
    with pytest.raises(ContractBreach, match=r"the result has no number at \w+\.\w+ \(found "):
        results_of().require_learning(specimen(name, value))


@pytest.mark.parametrize("result", [{}, {"training_metrics": None}, {"training_metrics": [1]}])
def test_a_missing_part_never_passes(result: dict[str, Any]) -> None:
    with pytest.raises(ContractBreach):
        results_of().require_learning(result)


def test_a_number_is_found_under_its_path() -> None:
    assert number_at(HEALTHY, "data_summary", "total_samples") == 262
    assert results_of().samples(HEALTHY) == 262
    assert results_of().epochs_trained(HEALTHY) == 10


# the epochs in the backend's metrics

FULL = {"train_loss": 1.0, "train_accuracy": 0.5, "val_loss": 1.0, "val_accuracy": 0}


def missing(metrics: Any) -> list[str]:
    return results_of(metrics).missing_epoch_numbers(cast(Operation, None))


def test_complete_epochs_miss_nothing() -> None:
    assert missing({"epochs": [{"epoch": 0, **FULL}, {"epoch": 1, **FULL}]}) == []


def test_no_epochs_at_all_is_said_and_not_passed() -> None:
    assert missing(None) == missing({"epochs": []}) == missing({"epochs": [[], 0]}) == ["every epoch"]


@pytest.mark.parametrize("number", list(FULL))
@pytest.mark.parametrize("value", [ABSENT, None, "1.0", True, math.nan, math.inf, [1.0]], ids=str)
def test_a_number_missing_from_one_epoch_is_named(number: str, value: object) -> None:
    odd = {key: kept for key, kept in FULL.items() if key != number}
    if value is not ABSENT:
        odd[number] = cast(float, value)
    assert missing({"epochs": [{"epoch": 0, **FULL}, {"epoch": 4, **odd}]}) == [f"epoch 4: {number}"]


def disordered(*numbers: Any) -> list[str]:
    metrics = {"epochs": [{"epoch": number} for number in numbers]}
    return results_of(metrics).disordered_epochs(cast(Operation, None))


@pytest.mark.parametrize("numbers", [(0, 1, 2), (1, 2, 3), (0,), (1,), (0, 1, 0, 1, 2), (0.0, 1.0, 2)])
def test_epochs_that_count_up_by_one_are_in_order(numbers: tuple[float, ...]) -> None:
    assert disordered(*numbers) == []


@pytest.mark.parametrize(
    ("numbers", "said"),
    [
        ((2, 3), ["epoch 2 where 0 was due"]),
        ((-1, 0), ["epoch -1 where 0 was due"]),
        ((0, 2, 3), ["epoch 2 where 1 was due"]),
        ((1, 0), ["epoch 0 where 2 was due"]),
        ((0, 1, 3, 2), ["epoch 3 where 2 was due", "epoch 2 where 4 was due"]),
        ((0, 0.5, 1), ["epoch 0.5"]),
        ((0, math.nan, 1), ["epoch nan"]),
        ((0, None, 1), ["epoch None"]),
        ((0, "1"), ["epoch '1'"]),
        ((0, True), ["epoch True"]),
        ((False, 1), ["epoch False"]),
        (([1], 0), ["epoch [1]"]),
    ],
)
def test_epochs_out_of_order_are_told(numbers: tuple[Any, ...], said: list[str]) -> None:
    assert disordered(*numbers) == said


def test_epochs_are_told_in_their_order_and_repeated_ones_with_their_number() -> None:
    metrics = {"epochs": [[{"epoch": 1}, {"epoch": 0}], 2, [{"epoch": 0}, {"loss": 1}, {"epoch": 0}], 4]}
    results, training = results_of(metrics), cast(Operation, None)
    assert results.different_epochs(training) == [1, 0]
    assert results.repeated_epochs(training) == ["epoch 0 3 times"]


def test_epochs_listed_once_are_not_repeated() -> None:
    metrics = {"epochs": [[{"epoch": 0}, {"epoch": 1}], 2, [{"epoch": 2}], 3]}
    assert results_of(metrics).repeated_epochs(cast(Operation, None)) == []
