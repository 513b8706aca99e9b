"""Runs fault scenarios against an embedded KTRDR that mishandles faults, and looks which sentence fails."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from behave.parser import parse_file

from ktrdr_acceptance.catalogue.tags import facts_of

ROOT = Path(__file__).parents[2]
FEATURES = "features/faults"
# Of the deadlines, so that what never comes is not awaited for minutes; enough for what does come.
TIME_FACTOR = 0.25
_WITHIN_S = 300.0


@dataclass(frozen=True)
class Claim:
    """A defect, and one sentence of a scenario that must fail because of it."""

    defect: str
    scenario: str
    sentence: str
    category: str


@dataclass(frozen=True)
class Outcome:
    """What became of a claim."""

    claim: Claim
    verdict: str
    category: str
    # The sentence that failed, if one did, and what was said of it.
    failed: str
    reason: str

    @property
    def is_seen(self) -> bool:
        """Whether the defect was seen where it must be."""
        claim = self.claim
        told = (self.verdict, self.failed, self.category)
        return told == ("not met", claim.sentence, claim.category)

    def __str__(self) -> str:
        """One line."""
        claim = self.claim
        if self.is_seen:
            return f"seen      {claim.defect}: {claim.scenario}: {claim.sentence}"
        instead = f"{self.verdict} {self.category}: {self.failed or 'no sentence'}: {self.reason}"
        return f"NOT SEEN  {claim.defect}: {claim.scenario}: {claim.sentence}; instead {instead}"


def claims() -> list[Claim]:
    """Return what the defects that mishandle a fault say of themselves."""
    command = [sys.executable, "-m", "embedded_ktrdr", "--list-defects"]
    said = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True).stdout
    return [
        Claim(row["name"], each["scenario"], each["sentence"], row["category"])
        for row in json.loads(said)
        if row["area"].startswith("faults")
        for each in row["sentences"]
    ]


def fault_scenarios() -> dict[str, list[str]]:
    """Return the sentences of each fault scenario by its id, rows of an outline each by its own."""
    features = [parse_file(str(path)) for path in sorted((ROOT / FEATURES).glob("*.feature"))]
    return {
        facts_of(scenario).id: [step.name for step in scenario.steps]
        for feature in features
        for scenario in feature.walk_scenarios()
    }


def prove(defect: str, claimed: Iterable[Claim], reports: Path) -> list[Outcome]:
    """Run the scenarios of all claims about one defect in one run; without a defect it is a healthy one."""
    wanted = list(claimed)
    rows = run(defect, {claim.scenario for claim in wanted}, reports)
    return [_outcome(claim, rows.get(claim.scenario, {})) for claim in wanted]


def run(defect: str, scenarios: Iterable[str], reports: Path) -> dict[str, dict[str, object]]:
    """Run scenarios, and return what the results say of each."""
    command = [sys.executable, "-m", "behave", "-D", f"reports={reports}", "-D", f"time_factor={TIME_FACTOR}"]
    if defect:
        command += ["-D", f"defects={defect}"]
    command += ["-t", " or ".join(f"@id:{id}" for id in sorted(scenarios)), FEATURES]
    environment = {key: value for key, value in os.environ.items() if not key.startswith("KTRDR_")}
    subprocess.run(
        command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, timeout=_WITHIN_S, check=False
    )
    results = json.loads((reports / "results.json").read_text("utf-8"))
    return {row["id"]: row for row in results["scenarios"]}


def _outcome(claim: Claim, row: dict[str, object]) -> Outcome:
    failure = row.get("failure")
    point = str(failure["point"]) if isinstance(failure, dict) else ""
    # Given, When or Then before it, and after it where it stands.
    sentence = point.partition(" ")[2].rpartition(" (")[0]
    reason = " ".join(str(row.get("reason", "no such scenario")).split())[:300]
    return Outcome(claim, str(row.get("verdict")), str(row.get("category")), sentence, reason)
