"""Known issues: reviewed data that says which scenario is not met on which generation, and how.

A run accepts only what the caller's list says. It works both ways: an entry that no longer holds, or that has
expired, is a finding of the run; a scenario that fails otherwise than its entry says is not met.
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from ktrdr_acceptance.api.generations import Generation
from ktrdr_acceptance.faults import BadInput, Category
from ktrdr_acceptance.verdict.judge import Judgement
from ktrdr_acceptance.verdict.model import Verdict

# In the place of a scenario's id: the run as a whole.
RUN = "run"
_LEAST_PATTERN = 10
# A pattern that is found in one of these would be found in the reason of almost any failure.
_ANY_FAILURE = (
    "",
    string.printable * 20,
    "expected <1>, but was <2>",
    "expected a value greater than <0>, but was <0>\nin: Then it completes within 30 seconds",
    "the refusal: expected a client error, but it said HTTP 500: Internal Server Error",
    "AssertionError\nin: Then it is so",
    "AssertionError\nin: When it is so",
    "AssertionError\nin: Given it is so",
    "AssertionError\nin: And it is so",
    "step is undefined: Then it is so",
    "KeyError: 'x'\nin: Then it is so",
    *(
        f"the log of {service} shows {what}: 2026-11-22 15:46:27 [ERROR] x (first seen after scenario 1)"
        for service in ("backend", "ib-host", "training-host", "training-worker-1")
        for what in ("an unexpected error", "a stack trace")
    ),
)


def _specific(pattern: str) -> str:
    try:
        compiled = re.compile(pattern, re.DOTALL)
    except re.error as problem:
        raise ValueError(f"is no pattern ({problem})") from None
    if compiled.search(""):
        raise ValueError("matches the empty text, so any failure would be known")
    if len(pattern) < _LEAST_PATTERN or any(compiled.search(text) for text in _ANY_FAILURE):
        raise ValueError("matches almost any failure: say what is observed instead")
    return pattern


def _day(value: object) -> object:
    if isinstance(value, str) or (isinstance(value, date) and not isinstance(value, datetime)):
        return value
    raise ValueError("is no date of the form 2027-05-31")


def _role(value: str) -> str:
    if "@" in value:
        raise ValueError("must be a role, not a person or an address")
    return value


def _link(value: str) -> str:
    if len(value.split()) != 1:
        raise ValueError("is no link")
    return value


Text = Annotated[str, Field(min_length=1)]
Pattern = Annotated[str, AfterValidator(_specific)]


class KnownIssue(BaseModel):
    """One defect of the target: the scenarios that it keeps from being met, and what is observed instead.

    The id of an outline stands for all its rows, `run` for the run as a whole. `observed` is a pattern of
    the reason; where more was found in the scenario, each such finding must match one of `beside`, or be
    what another entry about the scenario says.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Annotated[str, Field(pattern=r"^\S+$")]
    title: Text
    scenarios: Annotated[tuple[Text, ...], Field(min_length=1)]
    generations: Annotated[tuple[Generation, ...], Field(min_length=1)]
    observed: Pattern
    beside: tuple[Pattern, ...] = ()
    # What in KTRDR makes it so, as far as it is known.
    source: str = ""
    link: Annotated[Text, AfterValidator(_link)]
    owner: Annotated[Text, AfterValidator(_role)]
    expires: Annotated[date, BeforeValidator(_day)]

    @cached_property
    def _patterns(self) -> tuple[re.Pattern[str], ...]:
        return tuple(re.compile(pattern, re.DOTALL) for pattern in (self.observed, *self.beside))

    def is_about(self, scenario_id: str, generation: str) -> bool:
        """Return whether it speaks of the scenario on this generation."""
        return generation in self.generations and (
            scenario_id in self.scenarios or outline_of(scenario_id) in self.scenarios
        )

    def is_observed(self, findings: Iterable[str]) -> bool:
        """Return whether one of the findings is what the entry says."""
        return any(self._patterns[0].search(one) for one in findings)

    def covers(self, finding: str) -> bool:
        """Return whether a finding is what the entry says, or what it says may stand beside that."""
        return any(pattern.search(finding) for pattern in self._patterns)

    def __str__(self) -> str:
        return f"known issue {self.id}: {self.title}, {self.link}, {self.owner}, until {self.expires}"


def _expired(entry: KnownIssue) -> str:
    return (
        f"known issue {entry.id} has expired on {entry.expires}: {entry.owner} must renew or remove it "
        f"({entry.link})"
    )


def _holds_no_longer(entry: KnownIssue, why: str) -> str:
    return f"known issue {entry.id} no longer holds: {why}; remove it ({entry.link})"


def outline_of(scenario_id: str) -> str:
    """Return the id of the outline whose row has this id; of any other scenario its own."""
    return scenario_id.partition("#")[0]


@dataclass(frozen=True)
class KnownIssues:
    """The entries that the caller named, and the day of the run."""

    entries: tuple[KnownIssue, ...]
    today: date
    files: tuple[Path, ...] = ()

    @cached_property
    def _by_scenario(self) -> dict[str, list[KnownIssue]]:
        found: dict[str, list[KnownIssue]] = {}
        for entry in self.entries:
            for scenario_id in entry.scenarios:
                found.setdefault(scenario_id, []).append(entry)
        return found

    def about(self, scenario_id: str, generation: str) -> list[KnownIssue]:
        """Return the entries about a scenario on this generation."""
        ids = dict.fromkeys((scenario_id, outline_of(scenario_id)))
        entries = dict.fromkeys(entry for one in ids for entry in self._by_scenario.get(one, ()))
        return [entry for entry in entries if generation in entry.generations]

    def judged(
        self, scenario_id: str, generation: str, judgement: Judgement
    ) -> tuple[Judgement, tuple[str, ...]]:
        """Return the judgement with what is known of the scenario, and findings about the entries."""
        if not self.entries or judgement.verdict == Verdict.NOT_RUN:
            return judgement, ()
        entries = self.about(scenario_id, generation)
        valid = [entry for entry in entries if entry.expires >= self.today]
        findings = [_expired(entry) for entry in entries if entry not in valid]
        if judgement.verdict == Verdict.MET:
            findings += [_holds_no_longer(entry, f"{scenario_id} is met") for entry in valid]
        elif judgement.verdict == Verdict.NOT_MET and valid:
            judgement = _known_or_otherwise(judgement, valid)
        return judgement, tuple(findings)

    def judged_run(
        self, generation: str, findings: Iterable[str], *, is_whole_suite: bool
    ) -> tuple[list[str], list[str]]:
        """Return what is left of the findings of a run, and those that entries about `run` know.

        That such an entry no longer holds can only be said of a run of the whole suite, and of an entry
        that is about nothing else.
        """
        entries = self.about(RUN, generation)
        valid = [entry for entry in entries if entry.expires >= self.today]
        left: list[str] = []
        known: list[str] = []
        used: set[str] = set()
        for finding in findings:
            if entry := next((one for one in valid if one.is_observed([finding])), None):
                used.add(entry.id)
                known.append(f"{entry}: {finding}")
            else:
                left.append(finding)
        left += [_expired(entry) for entry in entries if entry not in valid]
        if is_whole_suite:
            unused = (entry for entry in valid if entry.id not in used and entry.scenarios == (RUN,))
            left += [_holds_no_longer(entry, "the run has no such finding") for entry in unused]
        return left, known

    def unknown_ids(self, suite_ids: frozenset[str]) -> list[tuple[KnownIssue, str]]:
        """Return the entries that name a scenario which the suite does not have, each with that id."""
        return [
            (entry, scenario_id)
            for entry in self.entries
            for scenario_id in entry.scenarios
            if scenario_id not in suite_ids and scenario_id != RUN
        ]

    def must_fit(self, suite_ids: frozenset[str]) -> None:
        """Raise BadInput if an entry names a scenario that the suite does not have."""
        for entry, scenario_id in self.unknown_ids(suite_ids):
            raise BadInput(
                f"Setting known_issues: entry {entry.id}, field scenarios: the suite has no scenario "
                f"{scenario_id}; correct or remove the entry."
            )

    def note(self) -> str:
        """Return in words which lists the run accepts; an empty text if none was named."""
        if not self.files:
            return ""
        number = len(self.entries)
        counted = "1 entry" if number == 1 else f"{number} entries"
        return f"known issues listed in: {', '.join(map(str, self.files))} ({counted})"


def explaining(entries: Iterable[KnownIssue], findings: Sequence[str]) -> list[KnownIssue]:
    """Return the entries that together say everything that was found, and no finding is left over."""
    observed = [entry for entry in entries if entry.is_observed(findings)]
    return observed if all(any(entry.covers(one) for entry in observed) for one in findings) else []


def _known_or_otherwise(judgement: Judgement, entries: list[KnownIssue]) -> Judgement:
    may_be_known = judgement.category in (Category.CODE_BUG, Category.CONFIGURATION)
    if may_be_known and (found := explaining(entries, judgement.parts)):
        reason = "\n".join([*map(str, found), judgement.reason])
        return replace(judgement, verdict=Verdict.KNOWN_ISSUE, reason=reason)
    otherwise = "\n".join(
        f"it fails otherwise than its known issue {entry.id} says ({entry.link}): {entry.observed}"
        for entry in entries
    )
    return replace(judgement, reason=f"{judgement.reason}\n{otherwise}")


def read_known_issues(setting: str, today: date) -> KnownIssues:
    """Return the entries of the files that the setting names, separated by commas; none for an empty text.

    Raises BadInput with one sentence that names file, entry and field.
    """
    files = tuple(Path(name.strip()).expanduser() for name in setting.split(",") if name.strip())
    entries: dict[str, KnownIssue] = {}
    for file in files:
        for entry in read_entries(file):
            if entry.id in entries:
                raise _bad(file, f"entry {entry.id}, field id: there is another entry of this id")
            entries[entry.id] = entry
    return KnownIssues(tuple(entries.values()), today, files)


def read_entries(file: Path) -> list[KnownIssue]:
    """Return the entries of one file. Raises BadInput as `read_known_issues` does."""
    try:
        content = yaml.safe_load(file.read_text("utf-8"))
    except OSError as problem:
        raise _bad(file, f"it cannot be read ({problem.strerror})") from None
    except (yaml.YAMLError, ValueError) as problem:
        raise _bad(file, f"it is not YAML ({' '.join(str(problem).split())})") from None
    if not isinstance(content, list):
        raise _bad(file, "it is no list of entries (known-issues/S.yaml shows their form)")
    return [_entry(file, number, row) for number, row in enumerate(content, 1)]


def _entry(file: Path, number: int, row: Any) -> KnownIssue:
    name = row.get("id") if isinstance(row, dict) else None
    which = f"entry {number} ({name})" if name else f"entry {number}"
    try:
        return KnownIssue.model_validate(row)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(map(str, first["loc"]))
        about = f", field {field}" if field else ""
        said = first["msg"].removeprefix("Value error, ")
        raise _bad(file, f"{which}{about}: {said[:1].lower()}{said[1:]}") from None


def _bad(file: Path, what: str) -> BadInput:
    return BadInput(f"Setting known_issues: {file}: {what.rstrip('.')}.")
