"""One check of the preflight and what came of it, and all of them together."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from ktrdr_acceptance.preflight.catalogue import Symptom, symptom, symptom_of


class Outcome(StrEnum):
    """What came of a check; one that could not be made is never ok."""

    OK = "ok"
    FAILED = "failed"
    NOT_MADE = "not made"


_MARK = {Outcome.OK: "✔", Outcome.FAILED: "✘", Outcome.NOT_MADE: "–"}


@dataclass(frozen=True)
class Check:
    """One check: what was found, and for a failed one symptom, cause and cure from the catalogue.

    `blocks` says that a failure leaves nothing to judge, `unanswered` that a check was not made because
    an answer was missing, `tried` what was done to cure it.
    """

    name: str
    outcome: Outcome
    said: str = ""
    blocks: bool = False
    unanswered: bool = False
    symptom_id: str = ""
    symptom: str = ""
    cause: str = ""
    cure: str = ""
    tried: tuple[str, ...] = ()

    def lines(self) -> list[str]:
        """Return the outcome and, below it, symptom, cause, cure and what was tried."""
        told = [f"{_MARK[self.outcome]} {self.name}: {self.outcome}: {' '.join(self.said.split())}"]
        if self.symptom:
            told += [
                f"    symptom: {self.symptom} ({self.symptom_id})",
                f"    cause:   {self.cause}",
                f"    cure:    {self.cure}",
            ]
        return told + [f"    tried:   {one}" for one in self.tried]

    def as_json(self) -> dict[str, Any]:
        """Return the check as `results.json` has it."""
        told: dict[str, Any] = {"check": self.name, "outcome": str(self.outcome), "said": self.said}
        if self.outcome is not Outcome.OK:
            told["blocks"] = self.blocks
        if self.symptom:
            told |= {"id": self.symptom_id, "symptom": self.symptom, "cause": self.cause, "cure": self.cure}
        return {**told, "tried": list(self.tried)} if self.tried else told


def ok(name: str, said: str) -> Check:
    """Return a check that found everything right."""
    return Check(name, Outcome.OK, said)


def failed(name: str, said: str, symptom_id: str = "", *, otherwise: str = "", blocks: bool = False) -> Check:
    """Return a failed check.

    Its symptom is the one named or else the one that shows in what was found, `otherwise` if none does.
    """
    found: Symptom | None = symptom(symptom_id) if symptom_id else symptom_of(said)
    if found is None and otherwise:
        found = symptom(otherwise)
    check = Check(name, Outcome.FAILED, said, blocks)
    if found is None:
        return check
    return replace(check, symptom_id=found.id, symptom=found.symptom, cause=found.cause, cure=found.cure)


def not_made(name: str, why: str, *, unanswered: bool = True) -> Check:
    """Return a check that could not be made, for want of an answer or for another reason."""
    return Check(name, Outcome.NOT_MADE, why, unanswered=unanswered)


@dataclass(frozen=True)
class Preflight:
    """All checks made before the first scenario, and how many seconds they took together."""

    checks: tuple[Check, ...]
    took_s: float

    @property
    def is_ready(self) -> bool:
        """True if no check has failed and none lacks an answer."""
        return not any(check.outcome is Outcome.FAILED or check.unanswered for check in self.checks)

    @property
    def blocking(self) -> str:
        """What leaves nothing to judge, in words; empty if there is nothing of the kind."""
        return "; ".join(
            check.said for check in self.checks if check.blocks and check.outcome is Outcome.FAILED
        )

    def counts_line(self) -> str:
        """Return how many checks came out how, and how long they took."""
        found = Counter(check.outcome for check in self.checks)
        counts = ", ".join(f"{found[outcome]} {outcome}" for outcome in Outcome)
        return f"preflight: {counts} in {self.took_s:.1f} s"

    def lines(self) -> list[str]:
        """Return what is to be said of each check that is not ok, or was made so, and a line for all."""
        told = [check for check in self.checks if check.outcome is not Outcome.OK or check.tried]
        return [*(line for check in told for line in check.lines()), self.counts_line()]
