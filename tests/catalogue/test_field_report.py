"""The field report explains a refusal by a defect only if generation, scenario and reason all match."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from ktrdr_acceptance.catalogue.field_report import FIELD_REPORT, KNOWN_ISSUES, take_run, write_report

ISSUE = {
    "id": "S-cancel",
    "title": "the cancel does not stop the work",
    "generations": ["S"],
    "scenarios": ["1.3"],
    "observed": "it trains on",
    "source": "somewhere",
    "link": "docs/field-report.md#here",
    "owner": "training developer",
    "expires": "2027-05-31",
}


def results(**scenario: Any) -> dict[str, Any]:
    row = {
        "id": "1.3",
        "name": "A cancel stops the work",
        "verdict": "not met",
        "category": "CODE_BUG",
        "reason": "it trains on\nfor 13 s",
        "duration_s": 20.0,
        **scenario,
    }
    return {
        "suite": {"version": "1", "commit": "abc"},
        "verdict": "not accepted",
        "target": {
            "generation": "S",
            "version": "1.0",
            "backend_url": "http://127.0.0.1:8000",
            "workers": [{"id": "training-host-1", "type": "training"}],
        },
        "settings": {"time_factor": 1, "cache_ttl": 1},
        "calibration": "/some/where/own.yaml for backtests.long",
        "started_at": "2026-11-22T10:00:00+00:00",
        "duration_s": 60.0,
        "summary": {"not met": 1},
        "whole_suite": True,
        "drift": [{"kind": "falls", "cases": ["from 4 to 1"]}],
        "run_findings": [],
        "scenarios": [row],
    }


def test_a_run_of_some_and_one_in_containers_have_records_of_their_own(page: Path) -> None:
    whole = take_run(results())
    some = take_run(results() | {"whole_suite": False})
    target = results()["target"]
    workers = [{"id": "training-worker-3fa2", "type": "training", "url": "http://training-worker-1:5005"}]
    again = [{**workers[0], "id": "training-worker-77aa"}]
    inside = [
        take_run({**results(), "target": {**target, "kind": "docker", "workers": each}})
        for each in (workers, again)
    ]
    assert [each.name for each in (whole, some, *inside)] == [
        "S-training-host-1.json",
        "S-training-host-1-part.json",
        "S-docker-training-worker-1.json",
        "S-docker-training-worker-1.json",
    ]
    write_report()
    assert page.read_text("utf-8").count("- only 1 scenarios of the suite") == 1


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    KNOWN_ISSUES.mkdir()
    (KNOWN_ISSUES / "S.yaml").write_text(yaml.safe_dump([ISSUE]), "utf-8")
    return tmp_path / FIELD_REPORT


def test_a_refusal_that_a_known_issue_explains_is_named_with_its_evidence(page: Path) -> None:
    take_run(results())
    write_report()
    text = page.read_text("utf-8")
    assert "| 1.3 | A cancel stops the work | not met | S-cancel |" in text
    assert "[S-cancel](#here): the cancel does not stop the work (somewhere)" in text
    assert "it trains on\nfor 13 s" in text
    assert "falls: 1 times, first from 4 to 1" in text
    assert "unexplained**" not in text


@pytest.mark.parametrize(
    "change",
    [
        {"id": "1.2"},
        {"reason": "the backend was slow"},
        {"reason": "it trains on\nalso:\nsomething that no entry speaks of"},
    ],
)
def test_any_other_refusal_is_unexplained(page: Path, change: dict[str, Any]) -> None:
    take_run(results(**change))
    write_report()
    assert "**unexplained**" in page.read_text("utf-8")


def test_what_the_run_was_told_is_known_is_explained_by_the_same(page: Path) -> None:
    take_run(results(verdict="known issue", reason="known issue x: y\nit trains on\nfor 13 s"))
    write_report()
    (row,) = [line for line in page.read_text("utf-8").splitlines() if line.startswith("| 1.3 |")]
    assert row.endswith(f"| known issue | {ISSUE['id']} |")


def test_a_known_issue_of_another_generation_explains_nothing(page: Path) -> None:
    other = results()
    other["target"]["generation"] = "N"
    take_run(other)
    write_report()
    assert "**unexplained**" in page.read_text("utf-8")


def test_the_newest_run_of_a_kind_of_target_replaces_the_last(page: Path) -> None:
    first = take_run(results())
    second = take_run(results(verdict="met", reason=""))
    assert first == second
    write_report()
    assert "not met |" not in page.read_text("utf-8")


def test_the_calibration_is_named_without_where_it_lies(page: Path) -> None:
    take_run(results())
    write_report()
    assert "- calibration: own.yaml for backtests.long\n" in page.read_text("utf-8")


def test_an_outline_s_id_stands_for_its_rows_and_for_no_other_scenario(page: Path) -> None:
    take_run(results(id="1.3#row"))
    write_report()
    assert "| 1.3#row | A cancel stops the work | not met | S-cancel |" in page.read_text("utf-8")
    take_run(results(id="1.30"))
    write_report()
    assert "**unexplained**" in page.read_text("utf-8")


def test_of_a_long_reason_the_beginning_is_shown(page: Path) -> None:
    take_run(results(reason="\n".join(f"line {number}: it trains on" for number in range(20))))
    write_report()
    text = page.read_text("utf-8")
    assert "line 7: it trains on\n... 12 more lines\n" in text
    assert "line 8" not in text
