"""The strategies that generation S ships, and three more that show what a validation finds."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

import yaml

# Parameters of the indicators, in the order in which a feature id names them.
PARAMETERS = {
    "adx": ("period",),
    "bbands": ("period", "multiplier"),
    "ema": ("period",),
    "macd": ("fast_period", "slow_period", "signal_period"),
    "rsi": ("period",),
    "sma": ("period",),
    "stoch": ("k_period", "d_period", "smooth_k"),
}
_OF_A_PRICE = ("bbands", "ema", "macd", "rsi", "sma")


@dataclass(frozen=True)
class Strategy:
    """A strategy: its indicators by feature id, and the network (`hidden_layers`: neurons per layer)."""

    name: str
    epochs: int
    hidden_layers: tuple[int, ...]
    indicators: tuple[str, ...]
    batch_size: int = 32
    description: str = ""
    fuzzy_sets: tuple[str, ...] | None = None
    """The feature ids that have fuzzy sets; None: all."""

    @property
    def path(self) -> str:
        """Where the file would lie in KTRDR's container."""
        return f"/app/strategies/{self.name}.yaml"

    def indicator_list(self) -> list[dict[str, Any]]:
        """The section `indicators` of the file."""
        return [_indicator(each) for each in self.indicators]

    def fuzzy_config(self) -> dict[str, Any]:
        """The section `fuzzy_sets` of the file."""
        return {each: _fuzzy_sets(each) for each in self.fuzzy_sets or self.indicators}

    def document(self) -> str:
        """The YAML text that the backend sends to a worker."""
        content = {
            "name": self.name,
            "description": self.description,
            "indicators": self.indicator_list(),
            "fuzzy_sets": self.fuzzy_config(),
            "model": {
                "type": "mlp",
                "architecture": {"hidden_layers": list(self.hidden_layers)},
                "training": {"batch_size": self.batch_size, "epochs": self.epochs},
            },
        }
        return yaml.safe_dump(content, sort_keys=False)

    def issues(self) -> list[dict[str, Any]]:
        """Every feature id must be unique and have fuzzy sets; sets of their own are only worth a warning."""
        ids, sets = Counter(self.indicators), set(self.fuzzy_config())
        faults = (
            ("error", "indicators", "Duplicate feature_ids", {each for each in ids if ids[each] > 1}),
            ("error", "fuzzy_sets", "Missing fuzzy_sets for indicators", ids.keys() - sets),
            ("warning", "fuzzy_sets", "Fuzzy sets without an indicator", sets - ids.keys()),
        )
        return [
            {
                "severity": severity,
                "category": category,
                "message": f"{fault}: {', '.join(map(self._place, sorted(at_fault)))}.",
                "details": {"feature_ids": sorted(at_fault)},
            }
            for severity, category, fault, at_fault in faults
            if at_fault
        ]

    def _place(self, feature_id: str) -> str:
        """A feature id and which of the indicators have it."""
        at = [number for number, each in enumerate(self.indicators) if each == feature_id]
        return f"'{feature_id}' at {at}" if len(at) > 1 else feature_id

    def bars_needed(self) -> tuple[str, int]:
        """The indicator that needs the most bars for a first value, and how many."""
        needs = []
        for each in self.indicators:
            name, *numbers = each.split("_")
            # An average of averages, as in MACD, needs the longer span and then its own.
            spans = numbers[1:] if name == "macd" else numbers[:1]
            needs.append((sum(map(int, spans)), name.upper()))
        count, name = max(needs)
        return name, count


def _indicator(feature_id: str) -> dict[str, Any]:
    name, *numbers = feature_id.split("_")
    parameters = dict(zip(PARAMETERS[name], map(int, numbers), strict=True))
    source = {"source": "close"} if name in _OF_A_PRICE else {}
    return {"name": name, "feature_id": feature_id, **parameters, **source}


def _fuzzy_sets(feature_id: str) -> dict[str, Any]:
    if feature_id.startswith("sma"):
        return {
            "input_transform": {"type": "price_ratio", "reference": "close"},
            "below": _triangle(0.85, 0.95, 1.0),
            "neutral": _triangle(0.98, 1.0, 1.02),
            "above": _triangle(1.0, 1.05, 1.15),
        }
    return {
        "oversold": _triangle(0, 20, 35),
        "neutral": _triangle(30, 50, 70),
        "overbought": _triangle(65, 80, 100),
    }


def _triangle(*corners: float) -> dict[str, Any]:
    return {"type": "triangular", "parameters": list(corners)}


_SMALL = (50, 25)
_LARGE = (128, 64, 32)
_RSI = ("rsi_14",)
_RSI_MACD = ("rsi_14", "macd_12_26_9")
_RSI_MACD_SMA = (*_RSI_MACD, "sma_20")
_TREND = (*_RSI_MACD, "stoch_14_3_3", "adx_14", "bbands_20_2")
_MANY = tuple(f"rsi_{period}" for period in range(5, 41))

STRATEGIES = {
    each.name: each
    for each in (
        Strategy("volume_surge_momentum", 100, _SMALL, _RSI_MACD, description="Follows surges of volume"),
        Strategy("test_e2e_local_pull", 10, (25, 15), _RSI, description="The least that can be trained"),
        Strategy("neuro_mean_reversion", 100, _SMALL, _RSI_MACD, description="Expects a return to the mean"),
        Strategy("bollinger_squeeze", 100, _SMALL, _RSI_MACD, 512, "Waits for a breakout"),
        Strategy(
            "universal_generalization_model", 40, _LARGE, (*_RSI_MACD_SMA, "bbands_20_2"), 64, "One for many"
        ),
        Strategy("crypto_scalping", 100, _SMALL, _RSI_MACD, description="Short trades"),
        Strategy("rsi_mean_reversion", 100, _SMALL, _RSI_MACD, description="Buys low, sells high"),
        Strategy("mtf_forex_neural", 150, (256, *_LARGE), _MANY, 64, "Many looks at one market"),
        Strategy("trend_momentum", 100, _SMALL, _TREND, description="Follows trends"),
        Strategy("invalid_duplicate_ids", 10, _SMALL, (*_RSI, *_RSI)),
        Strategy("invalid_missing_fuzzy_sets", 10, _SMALL, (*_RSI, "ema_20"), fuzzy_sets=_RSI),
        Strategy("warning_unused_fuzzy_set", 10, _SMALL, _RSI, fuzzy_sets=(*_RSI, "rsi_28")),
        Strategy("universal_zero_shot_model", 40, _LARGE, _RSI_MACD_SMA, 64, "For symbols never seen"),
    )
}
