"""The catalogue of symptoms: cause and cure of what goes wrong, kept as data in symptoms.yaml."""

from __future__ import annotations

import re
from functools import cache, cached_property
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from ktrdr_acceptance.faults import Category
from ktrdr_acceptance.shipped import shipped

# KTRDR's guides number their checks and cures from E1 to E44.
GUIDES = tuple(f"E{number}" for number in range(1, 45))

Text = Annotated[str, Field(min_length=10)]


class Symptom(BaseModel):
    """Something that goes wrong: how it shows, why, what to do, and whether the suite may do it alone."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Annotated[str, Field(pattern=r"^[EK][1-9]\d?$")]
    symptom: Text
    cause: Text
    cure: Text
    category: Category
    safe: bool = False
    attempts: int = Field(0, ge=0, le=2)
    wait_s: float = Field(0, ge=0, le=20)
    signs: tuple[str, ...] = Field(min_length=1)
    source: str

    @model_validator(mode="after")
    def _only_a_safe_cure_is_tried(self) -> Self:
        if self.attempts and not self.safe:
            raise ValueError("the suite may not try a cure that is not safe")
        return self

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        return re.compile("|".join(f"(?:{sign})" for sign in self.signs), re.IGNORECASE | re.MULTILINE)

    def shows_in(self, text: str) -> bool:
        """Return whether a text bears one of the signs."""
        return self._pattern.search(text) is not None


class Catalogue(BaseModel):
    """All symptoms, in the order in which they are looked for, and what of the guides is left out and why."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    symptoms: tuple[Symptom, ...]
    omitted: dict[str, Text]

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        ids = [*(entry.id for entry in self.symptoms), *self.omitted]
        if twice := sorted({one for one in ids if ids.count(one) > 1}):
            raise ValueError(f"{', '.join(twice)} stand there twice")
        return self


@cache
def catalogue() -> Catalogue:
    """Return the catalogue; read when it is first needed, which a run without a failure never does."""
    return Catalogue.model_validate(shipped("ktrdr_acceptance.preflight", "symptoms.yaml"))


def symptom(symptom_id: str) -> Symptom:
    """Return the entry of that id. Raises KeyError."""
    return {entry.id: entry for entry in catalogue().symptoms}[symptom_id]


def symptom_of(text: str, *, category: Category | None = None) -> Symptom | None:
    """Return the most specific symptom that shows in a text, or None; of one category if one is given."""
    for entry in catalogue().symptoms:
        if (category is None or entry.category is category) and entry.shows_in(text):
            return entry
    return None
