"""A specimen: one recording, reduced to what is sent and what is compared."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from .shapes import Json, Shape, from_json, to_json

SPECIMENS = Path(__file__).parent / "specimens"

OPERATION_STATUSES = frozenset({"pending", "running", "completed", "failed", "cancelled"})
FINAL_STATUSES = frozenset({"completed", "failed", "cancelled"})


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
    free_worker: bool = False
    """The recorded worker was free before this step."""
    worker_copy: tuple[tuple[str, str], ...] = ()
    """What the worker's own copy of an operation had become before this step: id -> status."""
    progressed: bool = False
    """The recorded operation had got further than 0 %."""
    has_epoch: bool = False
    """The recorded training had finished an epoch."""
    busy_worker: bool = False
    """The only worker was busy when this was sent: a start that found none free."""
    poll: bool = False
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


@dataclass(frozen=True)
class Specimen:
    """One recording: its workers and its steps."""

    generation: str
    name: str
    workers: tuple[str, ...]
    steps: tuple[Step, ...]

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
    head = json.dumps({"name": specimen.name, "workers": specimen.workers})[1:-1]
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
    return Specimen(path.parent.name, form["name"], tuple(form["workers"]), steps)


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
    for name in ("label", "service", "method", "path", "body", "content_type"):
        if getattr(step, name) not in (None, "") or (name == "body" and step.body == ""):
            form[name] = getattr(step, name)
    form |= {"status": step.status, "shape": shape}
    for name in ("values", "learns", "worker_copy"):
        if getattr(step, name):
            form[name] = dict(getattr(step, name))
    for name in ("free_worker", "busy_worker", "progressed", "has_epoch", "poll", "arranged"):
        if getattr(step, name):
            form[name] = True
    return form


def _step_from_json(form: dict[str, Json], shapes: list[Shape]) -> Step:
    form = dict(form)
    for name in ("values", "learns", "worker_copy"):
        form[name] = tuple(form.get(name, {}).items())
    form["shape"] = shapes[form["shape"]]
    return Step(**form)
