"""KTRDR's folder of cached bars, where a file is put or moved aside for a scenario and put back after it."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ktrdr_acceptance.faults import ConfigurationFault
from ktrdr_acceptance.ledger import Ledger
from ktrdr_acceptance.undo import Undo

# Ends the name of a file that has been moved aside; a run that was killed leaves it for the next to put back.
SET_ASIDE = ".set-aside"
# The file that takes all the room of a small disk.
FILLER = "acceptance-filler"


def file_name(symbol: str, timeframe: str) -> str:
    """Return the name of the file in which KTRDR's loader looks for bars."""
    return f"{symbol}_{timeframe}.csv"


class DataFolder:
    """The data folder of the target. File names and columns as KTRDR's loader has them."""

    def __init__(self, path: Path, undo: Undo, ledger: Ledger | None = None) -> None:
        self.path = path
        self._undo = undo
        self._ledger = ledger or Ledger()
        self._touched: set[Path] = set()
        self.was_filled = False

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
                raise _both(file, aside)
            self._touched.add(file)
            was_there = file.exists() or aside.exists()
            self._ledger.begun(str(file), file=str(file.absolute()), was_there=was_there)

            def put_back() -> None:
                _put_back(file, aside, was_there)
                self._ledger.undone(str(file))

            self._undo.register(f"put {file.name} back as it was", put_back)
            if file.exists():
                os.replace(file, aside)
        file.unlink(missing_ok=True)

    def put(self, symbol: str, timeframe: str, lines: Iterable[str]) -> None:
        """Cache these lines (header first) instead of what is there; afterwards that is there again."""
        self.set_aside(symbol, timeframe)
        self.path.mkdir(parents=True, exist_ok=True)
        file = self.file(symbol, timeframe)
        file.write_text("\n".join(lines) + "\n", "utf-8")
        self._ledger.more(str(file), put=_state(file))

    def fill(self, limit: int) -> None:
        """Take all the room that is left up to `limit` bytes.

        On a file system of its own a file must have content to take room; up to a limit that KTRDR itself
        counts by, its length is enough.
        """
        file = self._filler
        self.was_filled = True
        self._ledger.begun(str(file), file=str(file.absolute()), was_there=False)
        self._undo.register("make room in the data folder", self.make_room)
        taken = sum(one.stat().st_size for one in self.path.rglob("*") if one.is_file() and one != file)
        with file.open("wb", buffering=0) as filler:
            if self.path.is_mount():
                write_until_full(filler.write, limit)
            else:
                filler.truncate(max(0, limit - taken))
        self._ledger.more(str(file), put=_state(file))

    def make_room(self) -> None:
        """Give back what `fill` has taken."""
        self._filler.unlink(missing_ok=True)
        self._ledger.undone(str(self._filler))

    @property
    def _filler(self) -> Path:
        return self.path / FILLER


def write_until_full(write: Callable[[bytes], int], limit: int) -> None:
    """Write until there is no room any more, but no more than `limit` bytes; the last ones one by one."""
    left = limit
    for size in (1 << 20, 1 << 12, 1):
        try:
            while left >= size:
                left -= write(bytes(size))
        except OSError as problem:
            if problem.errno != errno.ENOSPC:
                raise


def put_back_left(facts: Mapping[str, Any]) -> Iterator[str]:
    """Put back a file that a run that was killed has touched, and say so.

    Raises ConfigurationFault if bars have come since: only the user knows which are wanted.
    """
    file = Path(facts["file"])
    if file.name == FILLER:
        # Whatever of it had been written when the run was killed.
        file.unlink(missing_ok=True)
        yield f"an earlier run had filled the disk of {file.parent}: there is room again"
        return
    aside = file.with_name(file.name + SET_ASIDE)
    is_ours = file.exists() and facts.get("put") == _state(file)
    if aside.exists():
        if file.exists() and not is_ours:
            raise _both(file, aside)
        os.replace(aside, file)
        yield f"an earlier run had set {file} aside: it is back"
    elif is_ours and not facts["was_there"]:
        file.unlink()
        yield f"an earlier run had put {file} there: it is gone again"


def _both(file: Path, aside: Path) -> ConfigurationFault:
    return ConfigurationFault(
        f"both {file.name} and {aside.name} are in {file.parent}: an earlier run has left the second, "
        "and bars have come since; keep the one you want under the first name",
        cure=f"keep the one you want as {file.name}, and take the other away",
    )


def _state(file: Path) -> list[int]:
    found = file.stat()
    return [found.st_mtime_ns, found.st_size]


def _put_back(file: Path, aside: Path, was_there: bool) -> None:
    if aside.exists():
        os.replace(aside, file)
    elif not was_there:
        file.unlink(missing_ok=True)
