"""Log lines that are tolerated although they look like errors: reviewed data, with an owner and an end."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from datetime import date
from functools import cached_property
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from ktrdr_acceptance.api.generations import Generation
from ktrdr_acceptance.evidence.logs import Entry
from ktrdr_acceptance.shipped import shipped

Place = Literal["backend", "ib-host", "ib-gateway", "training-host", "worker"]


class Tolerance(BaseModel):
    """One kind of line that is tolerated, to the end of the day on which it expires."""

    model_config = ConfigDict(extra="forbid")

    id: str = Field(min_length=1)
    pattern: str = Field(min_length=4)
    services: list[Place] = Field(min_length=1)
    generations: list[Generation] = Field(min_length=1)
    reason: str = Field(min_length=10)
    owner: str = Field(min_length=1)
    expires: date
    # A stack trace is not tolerated unless the entry says so.
    stack_trace: bool = False

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        return re.compile(self.pattern)

    def covers(self, place: str, entry: Entry) -> bool:
        """Return whether an entry of a service's log is of this kind."""
        return (
            place in self.services
            and (self.stack_trace or not entry.has_stack_trace)
            and self._pattern.search(entry.head) is not None
        )


class Tolerated:
    """The list as it holds for one generation on one day."""

    def __init__(self, rows: Iterable[Tolerance], generation: Generation, today: date) -> None:
        rows = [row for row in rows if generation in row.generations]
        self._rows = [row for row in rows if today <= row.expires]
        self.expired = [row for row in rows if today > row.expires]
        self.used: Counter[str] = Counter()

    def covers(self, place: str, entry: Entry) -> bool:
        """Return whether an entry is tolerated, and count it."""
        for row in self._rows:
            if row.covers(place, entry):
                self.used[row.id] += 1
                return True
        return False

    def findings(self) -> list[str]:
        """Return a sentence for each entry of the list that has expired: somebody has to look at it again."""
        return [
            f"the allow-list of log lines: {row.id} has expired on {row.expires} and no longer holds; "
            f"{row.owner} has to review it"
            for row in self.expired
        ]

    def lines(self) -> list[str]:
        """Return one line for each entry of the list that was used, with its count."""
        return [
            f"{row.id}: {self.used[row.id]} times, until {row.expires} ({row.owner}): {row.reason}"
            for row in self._rows
            if self.used[row.id]
        ]


def allow_list() -> list[Tolerance]:
    """Return the list that ships with the suite."""
    return TypeAdapter(list[Tolerance]).validate_python(
        shipped("ktrdr_acceptance.evidence", "allowed_log_lines.yaml")
    )
