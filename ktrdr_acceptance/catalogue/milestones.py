"""KTRDR's milestones and the criteria by which each is accepted, as data."""

from __future__ import annotations

from functools import cache, cached_property

from pydantic import BaseModel, ConfigDict

from ktrdr_acceptance.shipped import shipped


class Milestone(BaseModel):
    """What one milestone is about besides its track, and its criteria with their wording."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: str
    criteria: dict[str, str]


class Milestones(BaseModel):
    """All tracks, milestones and criteria."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    tracks: dict[str, str]
    milestones: dict[str, Milestone]
    # Criteria that are no milestone's own.
    behaviours: dict[str, str]

    @cached_property
    def homes(self) -> dict[str, tuple[str, ...]]:
        """Return the milestones whose own each criterion is."""
        found: dict[str, tuple[str, ...]] = {}
        for milestone_id, milestone in self.milestones.items():
            for criterion in milestone.criteria:
                found[criterion] = (*found.get(criterion, ()), milestone_id)
        return found

    def knows(self, milestone_id: str) -> bool:
        """Return whether the milestone, or at least its track, is known."""
        return milestone_id in self.milestones or (
            "-" in milestone_id and milestone_id.partition("-")[0] in self.tracks
        )

    def title(self, milestone_id: str) -> str:
        """Return the milestone's track and what it is about, as far as they are known."""
        track = self.tracks.get(milestone_id.partition("-")[0], "")
        own = self.milestones[milestone_id].title if milestone_id in self.milestones else ""
        return ": ".join(filter(None, [track, own]))

    def criteria_of(self, milestone_id: str) -> tuple[str, ...]:
        """Return the milestone's own criteria."""
        return tuple(self.milestones[milestone_id].criteria) if milestone_id in self.milestones else ()

    def wording(self, criterion: str) -> str:
        """Return a criterion in words, or an empty text."""
        for milestone_id in self.homes.get(criterion, ()):
            return self.milestones[milestone_id].criteria[criterion]
        return self.behaviours.get(criterion, "")

    def proven(
        self, milestone_id: str, milestones: tuple[str, ...], criteria: tuple[str, ...]
    ) -> tuple[str, ...]:
        """Return the criteria, of those that a scenario names, that it proves for one of its milestones.

        Not those that are another's own which the scenario names too; if that leaves nothing, all of them.
        """
        others = set(milestones) - {milestone_id}
        elsewhere = {
            criterion
            for criterion in criteria
            if (homes := self.homes.get(criterion)) and milestone_id not in homes and others & set(homes)
        }
        return tuple(c for c in criteria if c not in elsewhere) or criteria

    def in_order(self, milestone_ids: set[str]) -> list[str]:
        """Return milestones in the order of the list, those that it does not have before the last."""
        places = {milestone_id: place for place, milestone_id in enumerate(self.milestones)}
        unknown = len(places) - 1.5
        return sorted(milestone_ids, key=lambda one: (places.get(one, unknown), one))


@cache
def milestones() -> Milestones:
    """Return the list that ships with the suite."""
    return Milestones.model_validate(shipped("ktrdr_acceptance.catalogue", "milestones.yaml"))
