"""Trials: runs of the suite against an embedded KTRDR with a defect, or with variations, switched on."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

# Of the deadlines, so that what never comes is not awaited for minutes; enough for what does come.
TIME_FACTOR = 0.25
# A trial that has not ended by then is ended; the whole suite takes two minutes.
_WITHIN_S = 900.0
_POINT = re.compile(r"\w+ (?P<sentence>.*) \([^()]*:\d+\)")


class TrialFailed(Exception):
    """A trial says nothing: the suite refused to run, or did not come to its end."""


@dataclass(frozen=True)
class Red:
    """A scenario that was not met in a trial: the sentence that failed, or the guard, and how."""

    scenario: str
    sentence: str
    category: str
    reason: str

    def __str__(self) -> str:
        return f"{self.scenario}: {self.category}: {self.sentence or 'no sentence'}: {self.reason}"


@dataclass(frozen=True)
class Trial:
    """What one run said."""

    reds: tuple[Red, ...]
    findings: tuple[str, ...]
    met: int
    duration_s: float
    of: dict[str, str] = field(default_factory=dict)
    """The verdict of each scenario by its id."""


class Trials:
    """Makes trials, several at a time if asked from several threads; `stop` ends those under way."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._running: set[subprocess.Popen[bytes]] = set()
        self._stopped = False
        self._made = 0

    def run(
        self,
        scenarios: Iterable[str] = (),
        *,
        defect: str = "",
        variations: str = "",
        factor: float = TIME_FACTOR,
    ) -> Trial:
        """Run the scenarios of these ids, or the whole suite without any.

        Raises TrialFailed with one sentence when the run gives no verdicts.
        """
        began = time.monotonic()
        with self._lock:
            self._made += 1
            reports = self._folder / f"{self._made}-{defect or variations or 'healthy'}"
        command = [sys.executable, "-m", "behave", "-D", f"reports={reports}", "-D", f"time_factor={factor}"]
        command += ["-D", f"defects={defect}"] if defect else []
        command += ["-D", f"variations={variations}"] if variations else []
        if ids := sorted(scenarios):
            command += ["-t", " or ".join(f"@id:{each}" for each in ids)]
        said = self._said_by([*command, "features/"])
        try:
            results = json.loads((reports / "results.json").read_text("utf-8"))
        except (OSError, ValueError):
            raise TrialFailed(
                f"no results of {defect or variations or 'the healthy one'}: {said[-300:]}"
            ) from None
        if results["status"] != "complete":
            raise TrialFailed(f"the run with {defect or variations or 'nothing'} was aborted: {said[-300:]}")
        return read_trial(results, time.monotonic() - began)

    def stop(self) -> None:
        """Ask every run under way to end; each puts back what it did, and none begins any more."""
        with self._lock:
            self._stopped = True
            for process in self._running:
                process.send_signal(signal.SIGTERM)

    def _said_by(self, command: list[str]) -> str:
        environment = {name: text for name, text in os.environ.items() if not name.startswith("KTRDR_")}
        with self._lock:
            if self._stopped:
                raise TrialFailed("stopped")
            process = subprocess.Popen(
                command,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
            )
            self._running.add(process)
        try:
            said, _ = process.communicate(timeout=_WITHIN_S)
        except subprocess.TimeoutExpired:
            process.terminate()
            said, _ = process.communicate()
        finally:
            with self._lock:
                self._running.discard(process)
        return said.decode("utf-8", "replace").strip()


def read_trial(results: dict[str, Any], duration_s: float = 0.0) -> Trial:
    """Return what a `results.json` says as a trial."""
    rows = results["scenarios"]
    return Trial(
        tuple(_red(row) for row in rows if row["verdict"] not in ("met", "not run") or row["category"]),
        tuple(results["run_findings"]),
        sum(row["verdict"] == "met" for row in rows),
        duration_s,
        {row["id"]: row["verdict"] for row in rows},
    )


def _red(row: dict[str, Any]) -> Red:
    point = str((row.get("failure") or {}).get("point", ""))
    said = _POINT.fullmatch(point)
    reason = " ".join(str(row["reason"]).split())[:300]
    return Red(row["id"], said["sentence"] if said else point, row["category"] or "", reason)
