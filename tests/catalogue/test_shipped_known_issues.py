"""The lists of known issues that ship with the suite: well formed, and true of the runs in docs/field/."""

from __future__ import annotations

import json
import re
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from ktrdr_acceptance.catalogue.suite import whole_suite
from ktrdr_acceptance.verdict.judge import parts_of
from ktrdr_acceptance.verdict.known_issues import RUN, KnownIssue, KnownIssues, explaining, read_known_issues

ROOT = Path(__file__).parents[2]
TODAY = date(2026, 11, 22)
ON_THE_HOST = "S-backtest-worker-1-backtest-worker-2-training-host-1"
ON_A_WORKER = "S-backtest-worker-1-backtest-worker-2-training-worker-1"
IN_DOCKER = "S-docker-backtest-worker-1-backtest-worker-2-training-worker-1-training-worker-2"
# Which lists a run of each kind of target is told of.
LISTS = {
    "N-no-workers": ("N",),
    ON_THE_HOST: ("S", "S-training-host"),
    ON_A_WORKER: ("S", "S-logs"),
    IN_DOCKER: ("S", "S-logs", "S-faults"),
    # Runs of some scenarios.
    f"{ON_THE_HOST}-part": ("S", "S-training-host"),
    f"{IN_DOCKER}-part": ("S", "S-logs", "S-faults"),
}
NAMES = ("S", "S-training-host", "S-logs", "S-faults", "N", "H")


@cache
def shipped(*names: str) -> KnownIssues:
    files = ",".join(str(ROOT / "known-issues" / f"{name}.yaml") for name in names)
    return read_known_issues(files, TODAY)


def rows(record: str, verdict: str) -> list[dict[str, Any]]:
    content = json.loads((ROOT / "docs" / "field" / f"{record}.json").read_text("utf-8"))
    return [row for row in content["scenarios"] if row["verdict"] == verdict]


def about(record: str, row: dict[str, Any]) -> list[KnownIssue]:
    return shipped(*LISTS[record]).about(row["id"], record[0])


def test_every_list_and_every_record_is_looked_at() -> None:
    assert {path.stem for path in (ROOT / "known-issues").iterdir()} == set(NAMES)
    assert {path.stem for path in (ROOT / "docs" / "field").glob("*.json")} == set(LISTS)


@pytest.mark.parametrize("name", NAMES)
def test_an_entry_is_of_its_list_s_generation_and_names_scenarios_of_the_suite(name: str) -> None:
    issues = shipped(name)
    assert issues.entries
    issues.must_fit(whole_suite(folder=ROOT / "features").ids)
    for entry in issues.entries:
        assert [str(generation) for generation in entry.generations] == [name[0]]
        assert entry.id.startswith(f"{name[0]}-")
        assert TODAY < entry.expires <= date(2027, 5, 31)
        assert entry.source
        assert entry.owner.endswith(" developer")
        assert re.match(
            r"https://github\.com/kpiteira/ktrdr/blob/|docs/field-report\.md#generation-", entry.link
        )


@pytest.mark.parametrize("record", list(LISTS))
def test_each_recorded_refusal_is_what_the_entries_say(record: str) -> None:
    refused = rows(record, "not met")
    assert refused
    for row in refused:
        assert explaining(about(record, row), parts_of(row["reason"])), (row["id"], row["reason"])


@pytest.mark.parametrize("record", list(LISTS))
def test_no_entry_is_about_a_scenario_that_was_met(record: str) -> None:
    assert {row["id"]: [one.id for one in about(record, row)] for row in rows(record, "met")} == {
        row["id"]: [] for row in rows(record, "met")
    }


@pytest.mark.parametrize("record", list(LISTS))
def test_each_entry_explains_every_one_of_its_scenarios(record: str) -> None:
    # A record may be older than a scenario; no entry is about one that was met.
    known = {row["id"] for verdict in ("not met", "not run", "met") for row in rows(record, verdict)}
    refused_or_not_run = {row["id"] for verdict in ("not met", "not run") for row in rows(record, verdict)}
    for entry in shipped(*LISTS[record]).entries:
        assert (set(entry.scenarios) - {RUN}) & known <= refused_or_not_run


def test_an_entry_explains_no_other_recorded_refusal() -> None:
    """A pattern that is found in the reasons of other scenarios says too little."""
    for record, names in LISTS.items():
        # What the logs hold beyond the scenarios stands wherever it was met with.
        for entry in (one for one in shipped(*names).entries if RUN not in one.scenarios):
            for row in rows(record, "not met"):
                if explaining([entry], parts_of(row["reason"])):
                    # One defect may stand in two lists, with other services in its way.
                    same = [one for one in about(record, row) if one.observed == entry.observed]
                    said = entry.is_about(row["id"], record[0]) or same or _alike(entry, row)
                    assert said, (entry.id, row["id"])


def _alike(entry: KnownIssue, row: dict[str, Any]) -> bool:
    # The two ways of asking for the same bad date are refused alike.
    return {row["id"].partition("#")[0]} <= {one.partition("#")[0] for one in entry.scenarios}


def test_the_list_for_generation_h_says_that_it_was_never_tried() -> None:
    text = (ROOT / "known-issues" / "H.yaml").read_text("utf-8")
    assert "has never been run against generation H" in text
