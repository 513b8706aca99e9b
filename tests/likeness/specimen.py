"""A specimen: one recording, reduced to what is sent and what is compared."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from .scope import BACKTEST_WORKER, GPU_WORKER, TRAINING_WORKER
from .shapes import Json, Shape, from_json, to_json

SPECIMENS = Path(__file__).parent / "specimens"

OPERATION_STATUSES = frozenset({"pending", "running", "completed", "failed", "cancelled"})
FINAL_STATUSES = frozenset({"completed", "failed", "cancelled"})

BACKTEST_WORKER_ID = "backtest-worker-1"
"""The one backtest worker of every recording."""

MAPPINGS = ("values", "filled", "learns")
PLAIN = ("label", "service", "method", "path", "body", "content_type")
CONDITIONS = (
    "before",
    "pause_s",
    "free_worker",
    "busy_worker",
    "progressed",
    "has_epoch",
    "poll",
    "lasted_s",
)


@dataclass(frozen=True)
class Step:
    """One recorded exchange, or a poll of many that ended in the recorded final status."""

    index: int
    service: str
    method: str
    path: str
    status: int
    shape: Shape
    label: str = ""
    body: Json = None
    content_type: str | None = None
    values: tuple[tuple[str, Json], ...] = ()
    """What is compared literally: body path -> value; of a list of values, each one found is among them."""
    learns: tuple[tuple[str, str], ...] = ()
    """Ids that the answer gives: name of the id -> body path."""
    filled: tuple[tuple[str, bool], ...] = ()
    """Lists in the body: body path -> whether there was anything in it."""
    before: tuple[str, ...] = ()
    """What was done to services before this step: `kill {training-host-1}`."""
    pause_s: float = 0.0
    """How long nothing was asked before this step."""
    free_worker: str = ""
    """The service that was free to take work before this step."""
    progressed: bool = False
    """The recorded operation had got further than 0 %."""
    has_epoch: bool = False
    """The recorded training had finished an epoch."""
    busy_worker: str = ""
    """The type of the worker that was busy or gone when this was sent: a start that found none free."""
    poll: bool = False
    lasted_s: float = 0.0
    """How long it took until the awaited state was there."""
    arranged: bool = False
    """Not recorded in this recording: makes the state that earlier recordings had left."""

    @property
    def statuses(self) -> dict[str, Json]:
        """The operation statuses that the recorded body names, by body path."""
        return {path: value for path, value in self.values if path.rpartition(".")[2] == "status"}

    @property
    def operation_status(self) -> str | None:
        """The one status of the one operation that the body is about."""
        named = dict(self.values)
        status = named.get("data.status", named.get("status"))
        return status if status in OPERATION_STATUSES else None

    @property
    def operation_type(self) -> str | None:
        """The type of the one operation that the body is about."""
        named = dict(self.values)
        return named.get("data.operation_type", named.get("operation_type"))


@dataclass(frozen=True)
class Specimen:
    """One recording: its training workers, its steps, and whether there was a gateway behind the IB host."""

    generation: str
    name: str
    workers: tuple[str, ...]
    steps: tuple[Step, ...]
    gateway: bool = False

    @property
    def id(self) -> str:
        """How the specimen is named in reports."""
        return f"{self.generation}/{self.name}"

    def reference(self, step: Step) -> str:
        """How a step is named in reports and lists."""
        return f"{self.id}#{step.index}"

    @property
    def exchanges(self) -> tuple[Step, ...]:
        """The steps that were recorded, without the arranged ones."""
        return tuple(step for step in self.steps if not step.arranged)

    @property
    def serving(self) -> dict[str, str]:
        """Service in its role as the backend's worker -> the recorded id of the worker."""
        trainings = dict.fromkeys((TRAINING_WORKER, GPU_WORKER), self.workers[0])
        return trainings | {BACKTEST_WORKER: BACKTEST_WORKER_ID}

    @property
    def worker_types(self) -> dict[str, str]:
        """Recorded id of each worker -> its type."""
        return dict.fromkeys(self.workers, "training") | {BACKTEST_WORKER_ID: "backtesting"}

    @property
    def services(self) -> frozenset[str]:
        """The services that are asked."""
        return frozenset(step.service for step in self.steps)

    @property
    def only_asks(self) -> bool:
        """Whether nothing is started, so that it leaves a KTRDR as it was."""
        return not any(step.learns or step.before for step in self.steps)

    @property
    def controls(self) -> bool:
        """Whether services are ended or started on the way."""
        return any(step.before for step in self.steps)


def write(specimen: Specimen, folder: Path) -> Path:
    """Writes the specimen, one step to a line, each shape once."""
    shapes: list[str] = []
    lines = []
    for step in specimen.steps:
        shape = json.dumps(to_json(step.shape))
        if shape not in shapes:
            shapes.append(shape)
        lines.append(json.dumps(_step_to_json(step, shapes.index(shape)), ensure_ascii=False))
    path = folder / specimen.generation / f"{specimen.name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    head = json.dumps({"name": specimen.name, "workers": specimen.workers, "gateway": specimen.gateway})[1:-1]
    path.write_text(
        f'{{{head},\n"steps": [\n'
        + ",\n".join(lines)
        + '\n],\n"shapes": [\n'
        + ",\n".join(shapes)
        + "\n]}\n",
        encoding="utf-8",
    )
    return path


def read(path: Path) -> Specimen:
    """Reads one specimen."""
    form = json.loads(path.read_text(encoding="utf-8"))
    shapes = [from_json(shape) for shape in form["shapes"]]
    steps = tuple(_step_from_json(step, shapes) for step in form["steps"])
    return Specimen(path.parent.name, form["name"], tuple(form["workers"]), steps, form["gateway"])


def read_all(folder: Path = SPECIMENS) -> list[Specimen]:
    """All specimens of the project."""
    return [read(path) for path in sorted(folder.glob("*/*.json"))]


def has_epoch(metrics: Json) -> bool:
    """Whether an epoch stands anywhere in the metrics of an operation."""
    if isinstance(metrics, dict):
        return "epoch" in metrics or any(has_epoch(inner) for inner in metrics.values())
    return isinstance(metrics, list) and any(has_epoch(inner) for inner in metrics)


def _step_to_json(step: Step, shape: int) -> Json:
    form: dict[str, Json] = {"index": step.index}
    for name in PLAIN:
        if getattr(step, name) not in (None, "") or (name == "body" and step.body == ""):
            form[name] = getattr(step, name)
    form |= {"status": step.status, "shape": shape}
    form |= {name: dict(getattr(step, name)) for name in MAPPINGS if getattr(step, name)}
    form |= {name: getattr(step, name) for name in (*CONDITIONS, "arranged") if getattr(step, name)}
    return form


def _step_from_json(form: dict[str, Json], shapes: list[Shape]) -> Step:
    form = dict(form)
    for name in MAPPINGS:
        form[name] = tuple(form.get(name, {}).items())
    form["before"] = tuple(form.get("before", ()))
    form["shape"] = shapes[form["shape"]]
    return Step(**form)
