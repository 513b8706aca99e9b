"""What a run has begun and not yet put back, on disk: a run that is killed undoes nothing, the next one does.

A line each, appended at once: `{"begun": KEY, ...}` before or right after the thing is done, and
`{"undone": KEY}` once it has been put back. A line that was cut off by the kill is no line.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

FILE = ".ledger"


class Ledger:
    """One run's own entries; without a file it takes nothing down."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._open: dict[str, dict[str, Any]] = {}
        # Several operations may be asked for at the same moment.
        self._lock = threading.RLock()

    def begun(self, key: str, **facts: Any) -> None:
        """Take down that `key` is about to be done, or has just been; `facts` are what undoing it needs."""
        with self._lock:
            self._open[key] = facts
            self._append({"begun": key, **facts})

    def more(self, key: str, **facts: Any) -> None:
        """Add facts to what has begun."""
        self.begun(key, **{**self._open.get(key, {}), **facts})

    def undone(self, key: str) -> None:
        """Take down that `key` has been put back; the file goes with its last entry."""
        with self._lock:
            if self._open.pop(key, None) is None:
                return
            if self._open or self._path is None:
                self._append({"undone": key})
            else:
                self._path.unlink(missing_ok=True)

    def left_by_earlier_run(self) -> dict[str, dict[str, Any]]:
        """Return what an earlier run has begun and not put back: key -> facts."""
        left: dict[str, dict[str, Any]] = {}
        if self._path is None or not self._path.exists():
            return left
        for line in self._path.read_text("utf-8", errors="replace").splitlines():
            try:
                entry = json.loads(line)
            except ValueError:
                continue
            if "undone" in entry:
                left.pop(entry["undone"], None)
            else:
                left[entry.pop("begun")] = entry
        return left

    def begin_with(self, left: Mapping[str, Mapping[str, Any]]) -> None:
        """Begin anew with what an earlier run has left and this one could not put back."""
        if self._path is not None:
            self._path.unlink(missing_ok=True)
        for key, facts in left.items():
            self.begun(key, **facts)

    def forget(self, *places: str) -> None:
        """Forget what was left at a target that is gone for good, named by its place or its backend's URL."""
        left = self.left_by_earlier_run()
        kept = {
            key: facts
            for key, facts in left.items()
            if facts.get("place") not in places and facts.get("backend") not in places
        }
        if kept != left:
            self.begin_with(kept)

    def _append(self, line: dict[str, Any]) -> None:
        if self._path is not None:
            with self._path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")
