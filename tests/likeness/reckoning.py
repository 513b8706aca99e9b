"""What became of all recorded exchanges: how many were replayed, and how."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from .deviations import Row
from .player import Replay, Replayed
from .specimen import Specimen

NOT_REPLAYED = Path(__file__).parent / "not_replayed.yaml"
MOST_NOT_REPLAYED = 0.01


@dataclass(frozen=True)
class Reckoning:
    """The count over all specimens, and what is wrong with it."""

    counts: Mapping[Replayed, int]
    unused_rows: tuple[str, ...]

    @property
    def total(self) -> int:
        """All exchanges in scope."""
        return sum(self.counts.values())

    def faults(self) -> list[str]:
        """What makes the likeness test fail apart from differences."""
        faults = [f"no exchange uses row {row} of DEVIATIONS.md" for row in self.unused_rows]
        missing = self.counts.get(Replayed.NOT_REPLAYED, 0)
        if missing > MOST_NOT_REPLAYED * self.total:
            faults.append(f"{missing} of {self.total} exchanges are not replayed, at most 1 % may be")
        if not self.total:
            faults.append("there is no exchange at all")
        return faults

    def __str__(self) -> str:
        parts = [f"{self.counts.get(kind, 0)} {kind.value}" for kind in Replayed]
        return f"{self.total} exchanges in scope: {', '.join(parts)}"


def reckon(replays: Iterable[Replay], rows: Iterable[Row]) -> Reckoning:
    """Counts what the replays say."""
    counts: Counter[Replayed] = Counter()
    used: set[str] = set()
    for replay in replays:
        counts.update(replay.outcomes.values())
        used |= replay.used_rows
    return Reckoning(counts, tuple(row.id for row in rows if row.id not in used))


def read_not_replayed(specimens: Iterable[Specimen], path: Path = NOT_REPLAYED) -> dict[str, str]:
    """Reference of a step -> the reason why it is not replayed; every one must exist and have a reason."""
    listed: dict[str, str] = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    known = {specimen.reference(step) for specimen in specimens for step in specimen.exchanges}
    wrong = [reference for reference, reason in listed.items() if reference not in known or not reason]
    if wrong:
        raise ValueError(f"{path.name}: no such exchange, or no reason: {', '.join(wrong)}")
    return listed
