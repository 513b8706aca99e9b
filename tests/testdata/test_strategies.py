"""Our strategies are what their names say, and learn from labels that are not all alike."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest
import yaml

from ktrdr_acceptance.testdata.calibration import default_calibration
from ktrdr_acceptance.testdata.writing import strategy_texts

from .conftest import Written

STRATEGIES: dict[str, dict[str, Any]] = {
    name: yaml.safe_load(text) for name, text in strategy_texts().items()
}
SOUND = ["neuro_mean_reversion", "test_e2e_local_pull", "universal_zero_shot_model"]
FLAWED = ["invalid_duplicate_ids", "invalid_missing_fuzzy_sets", "warning_unused_fuzzy_set"]


def segment_labels(closes: Sequence[float], threshold: float) -> Counter[str]:
    """Label each bar by the direction of its zigzag segment; what follows the last turn is not labelled."""
    labels: Counter[str] = Counter()
    extreme, at, turned_at, rising = closes[0], 0, 0, True
    for number, close in enumerate(closes):
        if (close > extreme) if rising else (close < extreme):
            extreme, at = close, number
        elif abs(close - extreme) >= threshold * extreme:
            labels["rising" if rising else "falling"] += at - turned_at
            extreme, at, turned_at, rising = close, number, at, not rising
    labels["none"] = len(closes) - labels.total()
    return labels


def flaws(strategy: dict[str, Any]) -> dict[str, set[str]]:
    ids = Counter(indicator["feature_id"] for indicator in strategy["indicators"])
    return {
        "twice": {name for name, number in ids.items() if number > 1},
        "without fuzzy sets": set(ids) - set(strategy["fuzzy_sets"]),
        "without indicator": set(strategy["fuzzy_sets"]) - set(ids),
    }


def test_there_are_the_briefs_strategies_and_one_for_each_flaw() -> None:
    assert sorted(STRATEGIES) == sorted([*SOUND, *FLAWED])
    assert {name: strategy["name"] for name, strategy in STRATEGIES.items()} == {n: n for n in STRATEGIES}


@pytest.mark.parametrize("name", SOUND)
def test_a_sound_strategy_has_no_flaw(name: str) -> None:
    assert not any(flaws(STRATEGIES[name]).values())


@pytest.mark.parametrize(
    ("name", "kind", "ids"),
    [
        ("invalid_duplicate_ids", "twice", {"rsi_14"}),
        ("invalid_missing_fuzzy_sets", "without fuzzy sets", {"ema_20"}),
        ("warning_unused_fuzzy_set", "without indicator", {"rsi_28"}),
    ],
)
def test_a_flawed_strategy_has_the_flaw_of_its_name_and_no_other(name: str, kind: str, ids: set[str]) -> None:
    found = flaws(STRATEGIES[name])
    assert found.pop(kind) == ids
    assert not any(found.values())
    sound = STRATEGIES["test_e2e_local_pull"]
    differing = {key for key in sound if STRATEGIES[name][key] != sound[key]}
    assert differing <= {"name", "description", "hypothesis", "indicators", "fuzzy_sets"}


@pytest.mark.parametrize(
    ("series", "first", "last"),
    [
        ("EURUSD_1d", "2024-01-01", "2024-12-31"),
        ("EURUSD_1h", "2024-01-01", "2024-12-31"),
        ("EURUSD_5m", "2023-01-01", "2025-01-01"),
        ("MSFT_1d", "2024-01-01", "2024-12-31"),
        ("MSFT_1h", "2024-01-01", "2024-12-31"),
    ],
)
@pytest.mark.parametrize("threshold", [0.015, 0.03])
def test_no_label_of_the_zigzag_prevails(
    written: Written, series: str, first: str, last: str, threshold: float
) -> None:
    closes = [row.close for row in written.bars(series, first, last)]
    labels = segment_labels(closes, threshold)
    assert max(labels.values()) <= 0.8 * len(closes)
    assert min(labels["rising"], labels["falling"]) >= 0.15 * len(closes)


def test_the_thresholds_of_the_strategies_are_among_those_proven() -> None:
    thresholds = {strategy["training"]["labels"]["zigzag_threshold"] for strategy in STRATEGIES.values()}
    assert thresholds == {0.015}


@pytest.mark.parametrize("purpose", ["smoke", "long"])
def test_the_calibrated_trainings_run_our_strategies_for_as_many_epochs_as_they_say(purpose: str) -> None:
    calibrated = default_calibration().trainings[purpose]
    assert calibrated.strategy in SOUND
    assert STRATEGIES[calibrated.strategy]["model"]["training"]["epochs"] == calibrated.epochs


def test_a_calm_market_would_be_noticed() -> None:
    """The recorded trap: swings below the threshold leave one label for everything."""
    calm = [1.10 + 0.01 * (number % 7) / 7 for number in range(250)]
    assert segment_labels(calm, 0.03) == Counter({"none": 250})
