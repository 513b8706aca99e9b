"""Runs every proof that needs no Docker engine, by folders, some side by side: much of it is waiting.

    .venv/bin/python scripts/run_proofs.py

What a folder has said is printed when it has ended; the exit status is 0 if every proof holds.
"""

import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from types import FrameType

TESTS = Path(__file__).parents[1] / "tests"
BESIDE = 4
# They begin in this order, so that the last one to begin is soon over; what is not named comes after them.
LONGEST_FIRST = ("embedded", "likeness", "run", "driver", "detection", "preflight", "truth")
# Of these alone one would be waited for in the end.
IN_PARTS = {"embedded": 3, "run": 3}
# They have a run of their own: .ci/docker.
NEED_AN_ENGINE = ("engine",)


class Proofs:
    """Runs folders of proofs, until it is stopped."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: set[subprocess.Popen[str]] = set()
        self._stopped = False

    def run(self, name: str, places: list[Path]) -> tuple[str, float, int, str]:
        """Return the name of a part, how long its proofs took, pytest's status and what it said."""
        began = time.monotonic()
        command = [sys.executable, "-m", "pytest", *map(str, places), "-p", "no:cacheprovider"]
        with self._lock:
            if self._stopped:
                return name, 0.0, 1, "not begun"
            process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            self._running.add(process)
        said, _ = process.communicate()
        with self._lock:
            self._running.discard(process)
        return name, time.monotonic() - began, process.returncode, said

    def stop(self, _signal: int, _frame: FrameType | None) -> None:
        """Ask what runs to end, and begin nothing any more."""
        self._stopped = True
        for process in list(self._running):
            process.terminate()


def parts() -> list[tuple[str, list[Path]]]:
    """Return folders and files with proofs by name, those that take longest first, the largest in parts."""
    found = {
        place.name: place
        for place in sorted(TESTS.iterdir())
        if (place.is_dir() and any(place.glob("test_*.py"))) or place.match("test_*.py")
    }
    ranked = dict.fromkeys([*(name for name in LONGEST_FIRST if name in found), *found])
    jobs: list[tuple[str, list[Path]]] = []
    for name in (name for name in ranked if name not in NEED_AN_ENGINE):
        count = IN_PARTS.get(name, 1)
        files = sorted(found[name].glob("test_*.py")) if count > 1 else [found[name]]
        jobs += [
            (f"{name} {part + 1}/{count}" if count > 1 else name, files[part::count]) for part in range(count)
        ]
    return jobs


def main() -> int:
    """Run them all; 0 if every one holds."""
    proofs, failed = Proofs(), []
    signal.signal(signal.SIGTERM, proofs.stop)
    signal.signal(signal.SIGINT, proofs.stop)
    began = time.monotonic()
    with ThreadPoolExecutor(BESIDE) as beside:
        for ended in as_completed([beside.submit(proofs.run, *each) for each in parts()]):
            name, took, status, said = ended.result()
            print(f"== proofs of {name}: {took:.0f} s\n{said.rstrip()}", flush=True)
            failed += [name] if status else []
    took, names = time.monotonic() - began, ", ".join(sorted(failed))
    print(f"== proofs: {took:.0f} s, failed: {names or 'none'}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
