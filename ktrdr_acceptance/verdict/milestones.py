"""What a run says of each milestone that its scenarios prove; the same for every output."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum

from ktrdr_acceptance.catalogue.milestones import milestones
from ktrdr_acceptance.verdict.criteria import place_of
from ktrdr_acceptance.verdict.model import RunResult, ScenarioResult, Verdict

_REFUSED = frozenset({Verdict.NOT_MET, Verdict.FLAKY})


class MilestoneVerdict(StrEnum):
    """Verdict on a milestone, as far as the run's scenarios prove it."""

    MET = "met"
    NOT_MET = "not met"
    PARTLY_RUN = "partly run"
    NOT_RUN = "not run"


@dataclass(frozen=True)
class Proof:
    """One criterion of a milestone and one scenario that proves it."""

    criterion: str
    wording: str
    scenario: ScenarioResult


@dataclass(frozen=True)
class MilestoneResult:
    """One milestone: its scenarios in this run, what they prove, and which of its criteria have none."""

    id: str
    title: str
    scenarios: tuple[ScenarioResult, ...]
    proofs: tuple[Proof, ...]
    criteria: tuple[str, ...]
    without_scenario: tuple[str, ...]

    @property
    def verdict(self) -> MilestoneVerdict:
        """Return met only if every scenario is met or a known issue that was accepted, and one is met."""
        found = self.counts()
        if any(found[verdict] for verdict in _REFUSED):
            return MilestoneVerdict.NOT_MET
        if not found[Verdict.NOT_RUN]:
            return MilestoneVerdict.MET if found[Verdict.MET] else MilestoneVerdict.NOT_MET
        ran = len(self.scenarios) - found[Verdict.NOT_RUN]
        return MilestoneVerdict.PARTLY_RUN if ran else MilestoneVerdict.NOT_RUN

    def counts(self) -> Counter[Verdict]:
        """Return how many scenarios have each verdict."""
        return Counter(scenario.verdict for scenario in self.scenarios)

    def counts_in_words(self) -> str:
        """Return the counts; met, not met and not run are always said."""
        found = self.counts()
        always = (Verdict.MET, Verdict.NOT_MET, Verdict.NOT_RUN)
        return ", ".join(f"{found[v]} {v}" for v in Verdict if v in always or found[v])

    def coverage(self) -> str:
        """Return in words how many of the milestone's own criteria have a scenario, in this run or not."""
        if not self.criteria:
            return "no criterion of its own"
        covered = len(self.criteria) - len(self.without_scenario)
        return f"{covered} of {len(self.criteria)} criteria with a scenario"

    def refused_ids(self) -> list[str]:
        """Return the ids of the scenarios that keep it from being met although they ran."""
        return [scenario.id for scenario in self.scenarios if scenario.verdict in _REFUSED]

    def line(self) -> str:
        """Return the milestone in one line."""
        refused = f" ({', '.join(ids)})" if (ids := self.refused_ids()) else ""
        return f"{self.id} {self.verdict}: {self.counts_in_words()}{refused}; {self.coverage()}"


def milestone_results(run: RunResult) -> list[MilestoneResult]:
    """Return the milestones that the run's scenarios name, in the order of the list of milestones."""
    known = milestones()
    named = {milestone for scenario in run.scenarios for milestone in scenario.facts.milestones}
    selected = {criterion for scenario in run.scenarios for criterion in scenario.facts.criteria}
    covered = run.proofs.keys() | selected
    results = []
    for milestone in known.in_order(named):
        scenarios = tuple(s for s in run.scenarios if milestone in s.facts.milestones)
        proofs = [
            Proof(criterion, known.wording(criterion), scenario)
            for scenario in scenarios
            for criterion in known.proven(milestone, scenario.facts.milestones, scenario.facts.criteria)
        ]
        criteria = known.criteria_of(milestone)
        results.append(
            MilestoneResult(
                milestone,
                known.title(milestone),
                scenarios,
                tuple(sorted(proofs, key=lambda proof: place_of(proof.criterion))),
                criteria,
                tuple(criterion for criterion in criteria if criterion not in covered),
            )
        )
    return results
