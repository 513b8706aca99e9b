"""The models that trainings leave: a folder that backend, workers and hosts of one embedded KTRDR share."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath

from embedded_ktrdr.operations import now

# Where the folder would lie in KTRDR's containers, and the model file in a model's own folder.
CONTAINER = "/app/"
FILE = "model.pt"

# Not trained here, but every backtest of the team's guide names it.
ALWAYS_THERE = "models/neuro_mean_reversion/1d_v21"


@dataclass(frozen=True)
class Model:
    """A trained model; accuracies from 0 to 1."""

    strategy: str
    symbol: str
    timeframe: str
    version: int
    created_at: str
    training_accuracy: float
    test_accuracy: float
    precision: float
    recall: float
    f1_score: float

    @property
    def path(self) -> str:
        """As results and requests name it."""
        return f"models/{self.strategy}/{self.timeframe}_v{self.version}"


class Models:
    """The folder of models."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def save(self, strategy: str, symbol: str, timeframe: str, accuracies: dict[str, float]) -> str:
        """Keep a model; where it lies, as KTRDR's workers say it."""
        version = self._reserve(strategy, timeframe)
        created_at = now().replace(tzinfo=None).isoformat()
        model = Model(strategy, symbol, timeframe, version, created_at, **accuracies)
        folder = self._folder / strategy / f"{timeframe}_v{version}"
        unfinished = folder / "metadata.part"
        unfinished.write_text(json.dumps(asdict(model)))
        unfinished.rename(folder / "metadata.json")
        return CONTAINER + model.path

    def all(self) -> list[Model]:
        """Every model, the newest first."""
        found = [Model(**json.loads(each.read_text())) for each in self._folder.glob("*/*/metadata.json")]
        return sorted(found, key=lambda model: model.created_at, reverse=True)

    def knows(self, path: str) -> bool:
        """Whether there is a model at `path`, which may name its file and the folder of the containers."""
        wanted = PurePosixPath(path.removeprefix(CONTAINER))
        if wanted.name == FILE:
            wanted = wanted.parent
        return str(wanted) in {ALWAYS_THERE, *(model.path for model in self.all())}

    def _reserve(self, strategy: str, timeframe: str) -> int:
        """The next version number, which nobody else gets."""
        version = 1
        while True:
            try:
                (self._folder / strategy / f"{timeframe}_v{version}").mkdir(parents=True)
            except FileExistsError:
                version += 1
            else:
                return version
