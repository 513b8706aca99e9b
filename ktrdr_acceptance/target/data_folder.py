"""KTRDR's folder of cached bars, where a file is put or moved aside for a scenario and put back after it."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from ktrdr_acceptance.faults import ConfigurationFault
from ktrdr_acceptance.undo import Undo

# Ends the name of a file that has been moved aside; a run that was killed leaves it for the next to put back.
SET_ASIDE = ".set-aside"


def file_name(symbol: str, timeframe: str) -> str:
    """Return the name of the file in which KTRDR's loader looks for bars."""
    return f"{symbol}_{timeframe}.csv"


class DataFolder:
    """The data folder of the target. File names and columns as KTRDR's loader has them."""

    def __init__(self, path: Path, undo: Undo) -> None:
        self.path = path
        self._undo = undo
        self._touched: set[Path] = set()

    def file(self, symbol: str, timeframe: str) -> Path:
        """Return where the bars of a symbol and timeframe are cached."""
        return self.path / file_name(symbol, timeframe)

    def set_aside(self, symbol: str, timeframe: str) -> None:
        """Make a symbol and timeframe uncached; afterwards whatever was there is there again."""
        file = self.file(symbol, timeframe)
        aside = file.with_name(file.name + SET_ASIDE)
        # Once for each file: what is there the second time was put there by the scenario.
        if file not in self._touched:
            if file.exists() and aside.exists():
                raise ConfigurationFault(
                    f"both {file.name} and {aside.name} are in {self.path}: a run that was killed has left "
                    "the second, and bars have come since; keep the one you want under the first name",
                    cure=f"keep the one you want as {file.name}, and take the other away",
                )
            self._touched.add(file)
            was_there = file.exists() or aside.exists()
            self._undo.register(f"put {file.name} back as it was", lambda: _put_back(file, aside, was_there))
            if file.exists():
                os.replace(file, aside)
        file.unlink(missing_ok=True)

    def put(self, symbol: str, timeframe: str, lines: Iterable[str]) -> None:
        """Cache these lines (header first) instead of what is there; afterwards that is there again."""
        self.set_aside(symbol, timeframe)
        self.path.mkdir(parents=True, exist_ok=True)
        self.file(symbol, timeframe).write_text("\n".join(lines) + "\n", "utf-8")


def _put_back(file: Path, aside: Path, was_there: bool) -> None:
    if aside.exists():
        os.replace(aside, file)
    elif not was_there:
        file.unlink(missing_ok=True)
