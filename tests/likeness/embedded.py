"""Starts an embedded KTRDR of its own for each specimen, or for several that only ask."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import IO

import starting

from .scope import IB_HOST, TRAINING_HOST
from .specimen import Specimen
from .target import Target, Worker, urls_of

SPEED = 20
FASTER = 80
"""For specimens with a wait of minutes."""
SLOWER = 5
"""For specimens that find what they have just started still at its beginning."""
SLOWEST = 2
"""For those of them that are over soon: at a busy machine the whole operation would fit between two looks."""

MINUTES_S = 60
SOON_S = 10


def speed_of(specimen: Specimen) -> float:
    """How many KTRDR seconds pass in one real second while the specimen is played."""
    if any(step.lasted_s > MINUTES_S for step in specimen.steps):
        return FASTER
    at_once = (
        step.operation_status == "running" and not step.progressed and not step.pause_s
        for before, step in pairwise(specimen.steps)
        if before.learns
    )  # fmt: skip
    if not any(at_once):
        return SPEED
    lasted_s = sum(step.lasted_s + step.pause_s for step in specimen.steps)
    return SLOWEST if lasted_s < SOON_S else SLOWER


def groups(specimens: Iterable[Specimen]) -> list[list[Specimen]]:
    """The specimens that one embedded KTRDR after the other is started for."""
    alone: list[list[Specimen]] = []
    together: dict[tuple[object, ...], list[Specimen]] = {}
    for specimen in specimens:
        if specimen.only_asks:
            together.setdefault((specimen.workers, specimen.gateway), []).append(specimen)
        else:
            alone.append([specimen])
    return list(together.values()) + alone


@contextmanager
def embedded_ktrdr(specimen: Specimen, log_dir: Path) -> Iterator[Target]:
    """An embedded KTRDR with the workers that the specimen names; it ends with the block."""
    speed = speed_of(specimen)
    command = [sys.executable, "-m", "embedded_ktrdr", "--ports", "free", "--speed", str(speed)]
    command += ["--log-dir", str(log_dir), "--exit-with-stdin", "--backtest-workers", "1"]
    command += ["--gateway", "connected" if specimen.gateway else "disconnected"]
    for worker in specimen.workers:
        command += ["--training-worker", worker]
    with starting.start(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("the embedded KTRDR was started without pipes")
        line = process.stdout.readline()
        if not line:
            raise RuntimeError(
                f"the embedded KTRDR ended at once with status {process.wait()}, see {log_dir}"
            )
        services = {name: entry["url"] for name, entry in json.loads(line)["services"].items()}
        workers = {worker: Worker(worker, services[worker]) for worker in specimen.worker_types}
        hosts = {name: services[name] for name in (IB_HOST, TRAINING_HOST)}
        control = Supervisor(process.stdin, process.stdout)
        urls = urls_of(specimen, services["backend"], hosts, workers)
        target = Target(urls, workers, speed=speed, control=control)
        try:
            yield target
        finally:
            target.close()
            process.stdin.close()
            process.wait(timeout=120)


class Supervisor:
    """The commands that an embedded KTRDR reads on its stdin."""

    def __init__(self, commands: IO[str], answers: IO[str]) -> None:
        self._commands = commands
        self._answers = answers

    def __call__(self, command: str) -> None:
        """Does `stop NAME` or the like, and returns once the state is reached."""
        self._commands.write(command + "\n")
        self._commands.flush()
        answer = json.loads(self._answers.readline())
        if answer != {"done": command}:
            raise RuntimeError(f"{command}: {answer}")
