"""The score: what each defect was detected by, and whether that is enough."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from ktrdr_acceptance.detection.defects import Claim, SeededDefect
from ktrdr_acceptance.detection.trial import Red

LEAST_OF_ALL = 0.95
LEAST_OF_BLIND = 0.75


@dataclass(frozen=True)
class Outcome:
    """What became of one defect: the claims that were seen, and what was red beside them."""

    defect: SeededDefect
    reds: tuple[Red, ...]
    beside: str = ""
    """What the run said beside its scenarios, or why it said nothing."""
    duration_s: float = 0.0

    @property
    def seen(self) -> tuple[Claim, ...]:
        """Return the claims of which the named sentence failed with the named category."""
        failed = {(red.scenario, red.sentence) for red in self.reds if red.category == self.defect.category}
        return tuple(claim for claim in self.defect.claims if (claim.scenario, claim.sentence) in failed)

    @property
    def is_detected(self) -> bool:
        """Whether one of the named sentences failed as it must."""
        return bool(self.seen)

    @property
    def elsewhere(self) -> tuple[Red, ...]:
        """Return what was red at another place, or in another category, than the defect says."""
        named = {(claim.scenario, claim.sentence) for claim in self.seen}
        return tuple(red for red in self.reds if (red.scenario, red.sentence) not in named)

    def __str__(self) -> str:
        """One line, and one for each red place where it was not detected."""
        defect = self.defect
        if self.is_detected:
            unseen = len(defect.claims) - len(self.seen)
            more = f" ({unseen} more of its sentences did not fail)" if unseen else ""
            return f"detected  {defect.name}: {self.seen[0]}{more}"
        told = [f"    red elsewhere: {red}" for red in self.elsewhere] or ["    no scenario was red"]
        told += [f"    {self.beside}"] if self.beside else []
        expected = [f"    expected: {claim}" for claim in defect.claims]
        return "\n".join([f"SURVIVED  {defect.name} ({defect.severity})", *expected, *told])


@dataclass(frozen=True)
class FirstTry:
    """What the suite detected of a blind set when it first met it; never measured again."""

    defects: int
    detected: int
    survivors: tuple[str, ...]


@dataclass(frozen=True)
class RealDefect:
    """A defect that a real KTRDR showed, the scenarios that state what it breaks, and those that were red."""

    defect: str
    scenarios: tuple[str, ...]
    not_met: tuple[str, ...]


@dataclass(frozen=True)
class Score:
    """Everything that a detection run found."""

    outcomes: tuple[Outcome, ...]
    false_alarms: tuple[str, ...]
    scenarios: tuple[str, ...]
    first_tries: dict[str, FirstTry]
    real: dict[str, tuple[RealDefect, ...]]
    duration_s: float

    @property
    def survivors(self) -> list[Outcome]:
        """Return the defects that were not detected."""
        return [one for one in self.outcomes if not one.is_detected]

    def problems(self) -> list[str]:
        """Return one sentence for each measure that is not met."""
        grave = [one.defect.name for one in self.survivors if one.defect.is_grave]
        found = [f"{len(grave)} blockers and majors survived: {', '.join(grave)}"] if grave else []
        if (share := _share(self.outcomes)) < LEAST_OF_ALL:
            found.append(f"{share:.1%} of all defects were detected, {LEAST_OF_ALL:.0%} must be")
        if self.false_alarms:
            found.append(f"{len(self.false_alarms)} false alarms")
        return found

    def by_scenario(self) -> dict[str, tuple[list[str], list[str]]]:
        """Return for each scenario the defects that it detected, and those that no other one did.

        An outline is one scenario, whichever of its rows failed.
        """
        found: dict[str, tuple[list[str], list[str]]] = {scenario: ([], []) for scenario in self.scenarios}
        for one in self.outcomes:
            seeing = {claim.scenario.partition("#")[0] for claim in one.seen}
            for scenario in sorted(seeing):
                detected, alone = found.setdefault(scenario, ([], []))
                detected.append(one.defect.name)
                alone += [one.defect.name] if len(seeing) == 1 else []
        return found

    def document(self) -> dict[str, Any]:
        """Return what `detection.json` holds."""
        return {
            "schema": 1,
            "defects": len(self.outcomes),
            "detected": sum(one.is_detected for one in self.outcomes),
            "survivors": [one.defect.name for one in self.survivors],
            "red_elsewhere": {
                one.defect.name: [str(red) for red in one.elsewhere]
                for one in self.survivors
                if one.elsewhere
            },
            "false_alarms": list(self.false_alarms),
            "by_area": _by_area(self.outcomes),
            "blind": {
                name: {
                    "first_try": asdict(first_try),
                    "now": _counts(one for one in self.outcomes if one.defect.blind == name),
                }
                for name, first_try in self.first_tries.items()
            },
            "real": {
                generation: {
                    "defects": len(shown),
                    "detected": sum(bool(one.not_met) for one in shown),
                    "by": [asdict(one) for one in shown],
                }
                for generation, shown in self.real.items()
            },
            "scenarios": {
                scenario: {"detects": names, "alone": alone}
                for scenario, (names, alone) in sorted(self.by_scenario().items())
            },
            "outcomes": [_row(one) for one in self.outcomes],
            "duration_s": round(self.duration_s, 1),
        }


def _row(one: Outcome) -> dict[str, Any]:
    defect = {name: value for name, value in asdict(one.defect).items() if name != "claims"}
    claims = [{**asdict(claim), "failed": claim in one.seen} for claim in one.defect.claims]
    return {
        **defect,
        "detected": one.is_detected,
        "sentences": claims,
        "duration_s": round(one.duration_s, 1),
    }


def _counts(outcomes: Iterable[Outcome]) -> dict[str, int]:
    some = list(outcomes)
    return {"defects": len(some), "detected": sum(one.is_detected for one in some)}


def _by_area(outcomes: Iterable[Outcome]) -> dict[str, dict[str, int]]:
    areas: dict[str, list[Outcome]] = defaultdict(list)
    for one in outcomes:
        areas[one.defect.field].append(one)
    return {area: _counts(some) for area, some in sorted(areas.items())}


def _share(outcomes: tuple[Outcome, ...]) -> float:
    return sum(one.is_detected for one in outcomes) / len(outcomes) if outcomes else 0.0
