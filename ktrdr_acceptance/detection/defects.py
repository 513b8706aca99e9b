"""The seeded defects, as the embedded KTRDR lists them."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from typing import Any

# These are all to be detected; of all defects, minor ones included, nearly all.
GRAVE = ("blocker", "major")


@dataclass(frozen=True)
class Claim:
    """One sentence of a scenario that must fail because of a defect."""

    scenario: str
    sentence: str

    def __str__(self) -> str:
        return f"{self.scenario}: {self.sentence}"


@dataclass(frozen=True)
class SeededDefect:
    """A switchable fault of the embedded KTRDR, and what it says of itself."""

    name: str
    line: str
    area: str
    severity: str
    behaviour: str
    claims: tuple[Claim, ...]
    category: str
    shown_by: str = ""
    blind: str = ""

    @property
    def is_grave(self) -> bool:
        """Whether it must be detected, whatever else is not."""
        return self.severity in GRAVE

    @property
    def field(self) -> str:
        """Return its area without what a colon adds."""
        return self.area.partition(":")[0]

    @property
    def scenarios(self) -> frozenset[str]:
        """Return the scenarios that can matter."""
        return frozenset(claim.scenario for claim in self.claims)


@cache
def seeded_defects() -> tuple[SeededDefect, ...]:
    """Return every seeded defect; the embedded KTRDR is asked, for the suite never imports it."""
    command = [sys.executable, "-m", "embedded_ktrdr", "--list-defects"]
    said = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
    return tuple(map(_read, json.loads(said)))


def _read(row: dict[str, Any]) -> SeededDefect:
    claims = tuple(Claim(**each) for each in row.pop("sentences"))
    return SeededDefect(claims=claims, **row)
