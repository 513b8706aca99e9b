"""What the guards saw that changes no verdict: drift, and log lines that are tolerated."""

from __future__ import annotations

from dataclasses import dataclass, field

_MOST_CASES = 5


@dataclass
class Drift:
    """One kind of answer that differs from the contract: how often, and the first few cases."""

    count: int = 0
    cases: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        times = "once" if self.count == 1 else f"{self.count} times"
        return f"{times}, first {self.cases[0]}"


@dataclass
class Watched:
    """Of one run: drift by its kind and, in words, which entries of the allow-list of log lines were used."""

    drift: dict[str, Drift] = field(default_factory=dict)
    tolerated: list[str] = field(default_factory=list)

    def add_drift(self, kind: str, case: str) -> None:
        """Count a case of a kind of drift; the first few are kept."""
        drift = self.drift.setdefault(kind, Drift())
        drift.count += 1
        if drift.count <= _MOST_CASES:
            drift.cases.append(case)

    def drift_lines(self) -> list[str]:
        """Return one line for each kind of drift, with its count and an example."""
        return [f"{kind}: {drift}" for kind, drift in self.drift.items()]

    def lines(self) -> list[str]:
        """Return everything, one line each."""
        return [
            *(f"drift: {line}" for line in self.drift_lines()),
            *(f"tolerated: {line}" for line in self.tolerated),
        ]

    def in_short(self, where: str) -> list[str]:
        """Return how much there is of it, and `where` it is told."""
        kinds, entries = len(self.drift), len(self.tolerated)
        drift = f"drift: {kinds} kind{'' if kinds == 1 else 's'}, see {where}"
        used = f"{entries} {'entry' if entries == 1 else 'entries'} of the allow-list"
        tolerated = f"tolerated log lines: {used}, see {where}"
        return [*([drift] if kinds else []), *([tolerated] if entries else [])]
