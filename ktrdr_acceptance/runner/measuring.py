"""Measuring a target: the purposes of the calibration are run, and what they took becomes its calibration."""

from __future__ import annotations

import math
import os
import platform
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from statistics import median
from typing import Any

import yaml

from ktrdr_acceptance.api.worker import Worker
from ktrdr_acceptance.domain.starts import Starts
from ktrdr_acceptance.faults import BadInput, EnvironmentFault
from ktrdr_acceptance.operations.lifecycle import Status
from ktrdr_acceptance.operations.observation import in_words
from ktrdr_acceptance.operations.operation import Kind, Operation
from ktrdr_acceptance.target.identity import Identity
from ktrdr_acceptance.testdata.calibration import Calibration, Purpose
from ktrdr_acceptance.testdata.own_calibration import HEADER
from ktrdr_acceptance.world import World

# What each kind of purpose needs of the target (values of @needs).
_NEEDS = {
    "trainings": ("training-worker",),
    "backtests": ("backtest-worker",),
    "reads": (),
    "downloads": ("ib-gateway", "data-folder"),
}
_OPERATIONS = {"trainings": Kind.TRAINING, "backtests": Kind.BACKTEST, "downloads": Kind.DOWNLOAD}
# A machine may be this much slower than planned before its measuring is given up.
_PATIENCE = 5.0
# How long the backend may still not know, beyond its cache, that the work is done; seconds.
_FOLLOWS_WITHIN = 2.0
# The deadline of an operation leaves at least this much room; that of a read is a criterion and stays.
_ROOM = 2.0

_COMMENT = """# Measured by `ktrdr-acceptance calibrate`; durations are seconds at speed 1.
# A run with the setting `calibration` naming this file takes these purposes before the suite's own.
"""


@dataclass(frozen=True)
class Once:
    """One measurement: seconds in real time, and how many samples or bars there were."""

    real_s: float
    counted: int


@dataclass
class Measured:
    """A purpose and its measurements."""

    kind: str
    name: str
    planned: Purpose
    speed: float
    measurements: list[Once] = field(default_factory=list)

    @property
    def duration_s(self) -> float:
        """Return the median, at speed 1."""
        return max(round(median(once.real_s for once in self.measurements) * self.speed, 3), 0.001)

    @property
    def counts(self) -> str:
        """Return what a purpose of this kind counts."""
        return "samples" if "samples" in type(self.planned).model_fields else "bars"

    def calibrated(self) -> dict[str, Any]:
        """Return the purpose as a calibration states it."""
        deadline_s = self.planned.deadline_s
        if self.kind in _OPERATIONS:
            deadline_s = max(deadline_s, float(math.ceil(self.duration_s * _ROOM)))
        own = {
            self.counts: self.measurements[-1].counted,
            "duration_s": self.duration_s,
            "deadline_s": deadline_s,
        }
        return {**self.planned.model_dump(exclude_none=True), **own}

    def sentence(self) -> str:
        """Return what was measured, for a person."""
        of = f", median of {len(self.measurements)}" if len(self.measurements) > 1 else ""
        at = f" at speed 1 (here {self.duration_s / self.speed:.2f} s)" if self.speed != 1 else ""
        return (
            f"{self.kind}.{self.name}: {self.duration_s:.2f} s{at}{of}, "
            f"planned {self.planned.duration_s:g} s; {self.measurements[-1].counted} {self.counts}"
        )


def chosen(calibration: Calibration, wanted: Iterable[str]) -> list[tuple[str, str]]:
    """Return kind and name of each wanted purpose (`trainings`, `trainings.long`), all of them for none.

    Raises BadInput for one that there is not.
    """
    every = [(kind, name) for kind in Calibration.model_fields for name in getattr(calibration, kind)]
    names = [f"{kind}.{name}" for kind, name in every]
    wanted = list(wanted)
    for one in wanted:
        if one not in names and one not in Calibration.model_fields:
            raise BadInput(f"There is no purpose {one!r} to measure; there are {', '.join(names)}.")
    return [
        (kind, name) for kind, name in every if not wanted or kind in wanted or f"{kind}.{name}" in wanted
    ]


def measure_purpose(
    kind: str, name: str, times: int, make_world: Callable[[], World], say: Callable[[str], None]
) -> Measured | None:
    """Run a purpose so many times, say in one sentence what came of it, and put back what it did.

    Return None if it could not be measured. RunAborted passes through, after everything is put back.
    """
    measured: Measured | None = None
    problem = ""
    for _ in range(times):
        world = make_world()
        try:
            planned = world_purposes(world, kind)[name]
            # What only reads is not slowed down or sped up: its answer takes what it takes.
            speed = world.target.endpoints.speed if kind in _OPERATIONS else 1.0
            measured = measured or Measured(kind, name, planned, speed)
            if problem := next(filter(None, map(world.missing, _NEEDS[kind])), ""):
                break
            measured.measurements.append(_measure(world, kind, name))
        except (AssertionError, EnvironmentFault) as fault:
            problem = str(fault).splitlines()[0]
            break
        finally:
            for left in world.undo.run():
                say(f"{kind}.{name}: {left}")
            world.close()
    if problem or measured is None:
        say(f"{kind}.{name}: not measured: {problem}")
        return None
    say(measured.sentence())
    return measured


def world_purposes(world: World, kind: str) -> dict[str, Purpose]:
    """Return the purposes of a kind as the world knows them."""
    return dict(world.data.purposes if kind == "reads" else world.starts[_OPERATIONS[kind]].purposes)


def _measure(world: World, kind: str, name: str) -> Once:
    if kind == "reads":
        bars = world.data.read(name)
        return Once(bars.elapsed_s, len(bars))
    starts = world.starts[_OPERATIONS[kind]]
    if kind == "downloads":
        world.downloads.forget(name, world.data)
    starts.make_ready(name)
    operation = starts.start(name)
    ended_after = _run_to_its_end(world, operation)
    return Once(ended_after, _count(world, starts, operation))


def _run_to_its_end(world: World, operation: Operation) -> float:
    """Return after how many seconds an operation had completed, by the service that did the work."""
    within = max(operation.calibration.deadline_s, operation.expected_s) * _PATIENCE
    worker: Worker | None = None
    if operation.kind.worker_types:
        # Without a worker that can be asked the backend's word is the best there is.
        with suppress(AssertionError, EnvironmentFault):
            worker = world.operations.worker_of(operation)
    if worker is not None:
        world.waiter.eventually(
            lambda: world.operations.look(operation, worker),
            lambda body: body.status == Status.COMPLETED,
            within=within,
            expected=f"{operation.kind} {operation.id} to be completed at {worker.name}",
            describe=in_words,
            bail=lambda body: f"it has ended as {body.status}" if body.status.is_terminal else None,
        )
        ended_at = world.operations.history(operation, worker).observations[-1].at
        follows = world.target.endpoints.cache_ttl + _FOLLOWS_WITHIN
        world.operations.eventually(operation, Status.COMPLETED, within=follows)
    else:
        world.operations.eventually(operation, Status.COMPLETED, within=within)
        ended_at = world.operations.history(operation).observations[-1].at
    return ended_at - operation.started_at


def _count(world: World, starts: Starts[Any], operation: Operation) -> int:
    if starts.kind == Kind.TRAINING:
        return int(world.training_results.samples(world.results.at_worker(operation)))
    if starts.kind == Kind.DOWNLOAD:
        return len(world.downloads.downloaded(operation, world.data))
    return world.operations.at_worker(operation).progress.items_processed


def calibration_text(measured: list[Measured], identity: Identity) -> str:
    """Return the file that states what was measured, of which target and on which machine."""
    content: dict[str, Any] = {
        HEADER: {
            "date": datetime.now(UTC).isoformat(timespec="seconds"),
            "target": identity.lines()[0],
            "workers": [f"{worker.id} ({worker.type})" for worker in identity.workers],
            "machine": f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}",
        }
    }
    for one in measured:
        content.setdefault(one.kind, {})[one.name] = one.calibrated()
    return _COMMENT + yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=110)
