"""Which scenarios a run is of: by paths, tags and names as behave selects, and by what failed earlier."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from behave.model_type import FileLocation

from ktrdr_acceptance.catalogue.suite import Suite
from ktrdr_acceptance.catalogue.tags import facts_of, name_row
from ktrdr_acceptance.faults import BadInput
from ktrdr_acceptance.verdict.earlier import EarlierRun
from ktrdr_acceptance.verdict.model import counted_scenarios

_MOST_IDS = 12


@dataclass(frozen=True)
class Selection:
    """The selected scenarios of behave, never none; `said` tells of which earlier run they are a part."""

    scenarios: list[Any]
    said: str = ""


def file_by_file(locations: list[FileLocation]) -> list[FileLocation]:
    """Return the places to run with those of one file together, under one name.

    behave would load a file again that is named again later, and run its scenarios twice.
    """
    by_file: dict[str, list[FileLocation]] = {}
    for location in locations:
        by_file.setdefault(os.path.realpath(location.filename), []).append(location)
    return [
        FileLocation(of_one[0].filename, location.line) for of_one in by_file.values() for location in of_one
    ]


def every_scenario(features: list[Any]) -> Iterator[Any]:
    """Return the scenarios of the loaded features, selected or not."""
    for feature in features:
        yield from feature.walk_scenarios()


def name_rows(features: list[Any]) -> None:
    """Give each row of an outline its id as a tag, so that it can be selected by it."""
    for scenario in every_scenario(features):
        name_row(scenario)


def select(features: list[Any], config: Any) -> Selection:
    """Return what paths, tags and names select. Raises BadInput if that is nothing."""
    selected = [
        scenario
        for scenario in every_scenario(features)
        if scenario.feature.should_run(config) and scenario.should_run(config)
    ]
    if not selected:
        raise BadInput(
            f"The selection ({_asked_for(config)}) matches no scenario; `behave --dry-run` lists them all."
        )
    return Selection(selected)


def select_again(
    selection: Selection, features: list[Any], config: Any, earlier: EarlierRun, suite: Suite
) -> Selection:
    """Return what of a selection failed in an earlier run, and keep behave from running the rest.

    Raises BadInput if that is nothing.
    """
    failed = {scenario.id for scenario in earlier.to_be_run_again()}
    if not failed:
        raise BadInput(
            f"Setting rerun_failed: {earlier.file} has no scenario that failed: nothing to run again."
        )
    gone = sorted(failed - suite.ids)
    no_longer = f"no longer in the suite: {_listed(gone)}" if gone else ""
    again = [scenario for scenario in selection.scenarios if facts_of(scenario).id in failed]
    if not again:
        where = no_longer if len(gone) == len(failed) else f"selected are others ({_asked_for(config)})"
        raise BadInput(
            f"Setting rerun_failed: none of the {_failed(len(failed))} of {earlier.file} can be run again: "
            f"{where}."
        )
    _keep_only(again, features)
    of_all = "" if len(again) == len(failed) else f" (of {len(failed)} there)"
    said = f"rerun of {_failed(len(again))}{of_all} of {earlier.file}: not the whole suite"
    return Selection(again, "; ".join(filter(None, [said, no_longer])))


def _keep_only(scenarios: list[Any], features: list[Any]) -> None:
    kept = set(map(id, scenarios))
    for scenario in every_scenario(features):
        if id(scenario) not in kept:
            scenario.should_skip = True
    for feature in features:
        for container in (feature, *feature.iter_rules()):
            # The hooks of a feature or rule of which nothing is run have nothing to do.
            if not kept & set(map(id, container.walk_scenarios())):
                container.should_skip = True


def _failed(number: int) -> str:
    return counted_scenarios(number).replace(" ", " failed ", 1)


def _asked_for(config: Any) -> str:
    parts = [str(path) for path in config.paths]
    parts += [f"-t {tag}" for tag in config.tags or ()]
    parts += [f"-n {name}" for name in config.name or ()]
    return " ".join(parts)


def _listed(ids: list[str]) -> str:
    more = f" and {len(ids) - _MOST_IDS} more" if len(ids) > _MOST_IDS else ""
    return ", ".join(ids[:_MOST_IDS]) + more
