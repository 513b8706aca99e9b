"""Starts an embedded KTRDR of its own for each specimen."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .specimen import Specimen
from .target import Target, Worker

SPEED = 20
"""Fast, but an immediate question after the start of the shortest training still finds it running."""


@contextmanager
def embedded_ktrdr(specimen: Specimen, log_dir: Path) -> Iterator[Target]:
    """An embedded KTRDR with the workers that the specimen names; it ends with the block."""
    command = [sys.executable, "-m", "embedded_ktrdr", "--ports", "free", "--speed", str(SPEED)]
    command += ["--log-dir", str(log_dir), "--exit-with-stdin"]
    for worker in specimen.workers:
        command += ["--training-worker", worker]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("the embedded KTRDR was started without pipes")
        line = process.stdout.readline()
        if not line:
            raise RuntimeError(
                f"the embedded KTRDR ended at once with status {process.wait()}, see {log_dir}"
            )
        ready = json.loads(line)
        workers = {worker: Worker(worker, ready["services"][worker]["url"]) for worker in specimen.workers}
        target = Target(ready["backend"], workers)
        try:
            yield target
        finally:
            target.close()
            process.stdin.close()
            process.wait(timeout=20)
