"""An earlier run, read from its `results.json`: what a run is compared with, or run again from."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from ktrdr_acceptance.faults import BadInput, Category
from ktrdr_acceptance.verdict.model import NEVER_REACHED, WAS_ABORTED, RunVerdict, Verdict

_REFUSED = frozenset({Verdict.NOT_MET, Verdict.FLAKY})


class EarlierScenario(BaseModel):
    """What became of a scenario in the earlier run."""

    model_config = ConfigDict(frozen=True)

    id: str
    name: str
    verdict: Verdict
    category: Category | None
    reason: str

    @property
    def failed(self) -> bool:
        """True if it ran and was not met; a known issue is a failure too."""
        return self.verdict in _REFUSED or self.verdict == Verdict.KNOWN_ISSUE

    @property
    def is_to_be_run_again(self) -> bool:
        """True if it was not met, or not judged for a reason that lies outside of it."""
        if self.verdict != Verdict.NOT_RUN:
            return self.verdict in _REFUSED
        return self.category == Category.ENVIRONMENT or self.reason.startswith((WAS_ABORTED, NEVER_REACHED))


class _Suite(BaseModel):
    version: str
    commit: str


class _Results(BaseModel):
    schema_: Literal[1]
    status: Literal["complete", "aborted"]
    verdict: RunVerdict
    suite: _Suite
    target: dict[str, Any]
    selection: str = ""
    scenarios: tuple[EarlierScenario, ...]


@dataclass(frozen=True)
class EarlierRun:
    """The earlier run as far as another run has to know it."""

    file: Path
    verdict: RunVerdict
    suite: str
    target: dict[str, Any]
    selection: str
    scenarios: tuple[EarlierScenario, ...]

    @cached_property
    def by_id(self) -> dict[str, EarlierScenario]:
        """Return its scenarios by their id."""
        return {scenario.id: scenario for scenario in self.scenarios}

    @property
    def was_aborted(self) -> bool:
        """True if it did not come to its end, so that scenarios may be missing."""
        return self.verdict == RunVerdict.ABORTED

    def failed(self, scenario_id: str) -> bool:
        """Return whether a scenario failed there."""
        scenario = self.by_id.get(scenario_id)
        return scenario is not None and scenario.failed

    def to_be_run_again(self) -> list[EarlierScenario]:
        """Return the scenarios that were not met there, or not judged for a reason outside of them."""
        return [scenario for scenario in self.by_id.values() if scenario.is_to_be_run_again]


def read_earlier(setting: str, file: Path) -> EarlierRun:
    """Return the run whose `results.json` a setting names; BadInput if it cannot be read as one."""
    try:
        content = json.loads(file.read_text("utf-8"))
        if not isinstance(content, dict):
            raise ValueError("it is no object")
        results = _Results.model_validate({**content, "schema_": content.get("schema")})
    except OSError as problem:
        raise _bad(setting, file, f"cannot be read ({problem.strerror})") from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])).removesuffix("_")
        said = f"{first['msg'][:1].lower()}{first['msg'][1:]}"
        raise _bad(setting, file, f"is not the results.json of a run ({where}: {said})") from None
    except ValueError as problem:
        raise _bad(setting, file, f"is not the results.json of a run ({problem})") from None
    return EarlierRun(
        file,
        results.verdict if results.status == "complete" else RunVerdict.ABORTED,
        f"{results.suite.version} ({results.suite.commit})",
        results.target,
        results.selection,
        results.scenarios,
    )


def _bad(setting: str, file: Path, what: str) -> BadInput:
    return BadInput(f"Setting {setting}: {file} {what}; name the results.json that a run has left.")
