"""The strategies that generation S ships: name, epochs, and the network they train."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Strategy:
    """What a training needs to know of a strategy; `hidden_layers` are neurons per layer."""

    name: str
    epochs: int
    hidden_layers: tuple[int, ...]
    batch_size: int = 32
    indicators: int = 1

    @property
    def path(self) -> str:
        """Where the file would lie in KTRDR's container."""
        return f"/app/strategies/{self.name}.yaml"

    def document(self) -> str:
        """The YAML text that the backend sends to a worker."""
        return (
            f'name: "{self.name}"\n'
            f"indicators: {['rsi'] * self.indicators}\n"
            "model:\n"
            f"  architecture:\n    hidden_layers: {list(self.hidden_layers)}\n"
            f"  training:\n    batch_size: {self.batch_size}\n    epochs: {self.epochs}\n"
        )


_SMALL = (50, 25)
_LARGE = (128, 64, 32)

STRATEGIES = {
    each.name: each
    for each in (
        Strategy("volume_surge_momentum", 100, _SMALL, indicators=2),
        Strategy("test_e2e_local_pull", 10, (25, 15)),
        Strategy("neuro_mean_reversion", 100, _SMALL, indicators=2),
        Strategy("bollinger_squeeze", 100, _SMALL, batch_size=512, indicators=2),
        Strategy("universal_generalization_model", 40, _LARGE, batch_size=64, indicators=4),
        Strategy("crypto_scalping", 100, _SMALL, indicators=2),
        Strategy("rsi_mean_reversion", 100, _SMALL, indicators=2),
        Strategy("mtf_forex_neural", 150, (256, *_LARGE), batch_size=64, indicators=36),
        Strategy("trend_momentum", 100, _SMALL, indicators=5),
        Strategy("universal_zero_shot_model", 40, _LARGE, batch_size=64, indicators=3),
    )
}
