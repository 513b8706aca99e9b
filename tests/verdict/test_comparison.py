"""A run beside an earlier one: new failures are told from old ones, first thing, in every output."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ktrdr_acceptance.faults import BadInput, Category
from ktrdr_acceptance.verdict.comparison import age_of, comparison_lines, comparison_of
from ktrdr_acceptance.verdict.earlier import EarlierRun, read_earlier
from ktrdr_acceptance.verdict.json_view import as_json
from ktrdr_acceptance.verdict.model import NEVER_REACHED, WAS_ABORTED, RunResult, ScenarioResult, Verdict

from .specimens import Outputs, assert_same_verdicts, run_result, scenario_result
from .test_outputs_agree import printed

MET, NOT_MET, FLAKY = Verdict.MET, Verdict.NOT_MET, Verdict.FLAKY
KNOWN, NOT_RUN = Verdict.KNOWN_ISSUE, Verdict.NOT_RUN


def ended(id: str, verdict: Verdict, **changes: Any) -> ScenarioResult:
    category = Category.CODE_BUG if verdict in (NOT_MET, FLAKY, KNOWN) else None
    return replace(scenario_result(verdict, category, "because", id=id), **changes)


def earlier(folder: Path, *scenarios: ScenarioResult, **changes: Any) -> EarlierRun:
    """Return an earlier run as a run leaves it behind."""
    file = folder / "earlier.json"
    run = run_result(*scenarios, **{"target": {"kind": "embedded", "generation": "S"}, **changes})
    file.write_text(json.dumps(as_json(run)), "utf-8")
    return read_earlier("baseline", file)


def compared(baseline: EarlierRun, *scenarios: ScenarioResult, **changes: Any) -> RunResult:
    aged = [replace(one, age=age_of(baseline, one.id, one.verdict)) for one in scenarios]
    target = {"kind": "embedded", "generation": "S", "workers": []}
    return run_result(*aged, **{"target": target, "baseline": baseline, **changes})


@pytest.mark.parametrize(
    ("then", "now", "list_name"),
    [
        (MET, NOT_MET, "new_failures"),
        (MET, FLAKY, "new_failures"),
        (NOT_RUN, NOT_MET, "new_failures"),
        (None, NOT_MET, "new_failures"),
        (NOT_MET, NOT_MET, "old_failures"),
        (FLAKY, NOT_MET, "old_failures"),
        (NOT_MET, FLAKY, "old_failures"),
        (KNOWN, NOT_MET, "old_failures"),
        (NOT_MET, MET, "mended"),
        (FLAKY, MET, "mended"),
        (KNOWN, MET, "mended"),
        (MET, NOT_RUN, "newly_not_run"),
        (NOT_MET, NOT_RUN, "newly_not_run"),
        (MET, KNOWN, "newly_known"),
        (NOT_MET, KNOWN, "newly_known"),
        (None, MET, "new_scenarios"),
        (None, NOT_RUN, "new_scenarios"),
        (MET, MET, ""),
        (NOT_RUN, MET, ""),
        (NOT_RUN, NOT_RUN, ""),
        (KNOWN, KNOWN, ""),
    ],
)
def test_what_has_changed_of_a_scenario(
    then: Verdict | None, now: Verdict, list_name: str, tmp_path: Path
) -> None:
    before = [ended("1.1", then)] if then else []
    comparison = comparison_of(compared(earlier(tmp_path, *before), ended("1.1", now)))
    assert comparison is not None
    said = comparison.as_json()
    lists = {name: ids for name, ids in said.items() if isinstance(ids, list) and name != "differences"}
    expected = {name: ["1.1"] if name == list_name else [] for name in lists}
    if then is None:
        expected["new_scenarios"] = ["1.1"]
    assert lists == expected


def test_what_is_gone_is_told_from_what_was_not_selected(tmp_path: Path) -> None:
    baseline = earlier(tmp_path, ended("1.1", MET), ended("1.2", MET), ended("1.3", NOT_MET))
    run = compared(baseline, ended("1.1", MET), suite_ids=frozenset({"1.1", "1.3"}))
    comparison = comparison_of(run)
    assert comparison is not None
    assert (comparison.vanished, comparison.not_selected) == (("1.2",), ("1.3",))
    assert "no longer in the suite: 1.2" in comparison_lines(run)
    assert "not part of this run: 1 of the scenarios there" in comparison_lines(run)


def test_without_a_baseline_nothing_is_compared() -> None:
    run = run_result(ended("1.1", NOT_MET))
    assert (comparison_of(run), comparison_lines(run)) == (None, [])
    assert as_json(run)["comparison"] is None


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"target": {"kind": "embedded", "generation": "N"}}, ["generation N there, S here"]),
        ({"target": {"kind": "services", "generation": "S"}}, ["a target of the kind services there"]),
        (
            {"suite": {"version": "0.0.9", "commit": "old"}},
            ["another suite: 0.0.9 (old) there, 0.1.0 (abc) here"],
        ),
        ({"aborted": "SIGTERM"}, ["that run was aborted"]),
        ({"unfit": "backend gone"}, ["that run was environment unfit"]),
        ({"selection": "rerun of 1 failed scenario of x"}, ["not of the whole suite: rerun of 1 failed"]),
        ({}, []),
    ],
    ids=["generation", "kind", "suite", "aborted", "unfit", "rerun", "same"],
)
def test_a_run_of_another_kind_is_usable_but_said_to_be_one(
    changes: dict[str, Any], said: list[str], tmp_path: Path
) -> None:
    comparison = comparison_of(compared(earlier(tmp_path, ended("1.1", MET), **changes), ended("1.1", MET)))
    assert comparison is not None
    assert len(comparison.differences) == len(said)
    for difference, words in zip(comparison.differences, said, strict=True):
        assert words in difference


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (
            "services",
            ["another target: the backend at http://h:8001 there, http://h:8000 here"],
        ),
        ("embedded", []),
    ],
)
def test_another_address_is_another_target_unless_its_ports_are_new_each_time(
    kind: str, said: list[str], tmp_path: Path
) -> None:
    then, now = ({"kind": kind, "backend_url": f"http://h:{port}"} for port in (8001, 8000))
    baseline = earlier(tmp_path, ended("1.1", MET), target=then)
    comparison = comparison_of(compared(baseline, ended("1.1", MET), target=now))
    assert comparison is not None
    assert [one.removeprefix("compared with a run of ") for one in comparison.differences] == said


@pytest.fixture
def everything(tmp_path: Path) -> RunResult:
    """Return a run with a new failure, an old one, and whatever else can change."""
    baseline = earlier(
        tmp_path,
        ended("1.1", MET),
        ended("1.2", NOT_MET),
        ended("1.3", NOT_MET),
        ended("1.4", MET),
        ended("1.5", MET),
        ended("1.6", MET),
        target={"kind": "embedded", "generation": "N"},
    )
    return compared(
        baseline,
        ended("1.1", NOT_MET),
        ended("1.2", NOT_MET),
        ended("1.3", MET),
        ended("1.4", NOT_RUN),
        ended("1.5", KNOWN),
        ended("1.7", MET),
    )


def test_every_output_tells_new_failures_from_old_ones(
    everything: RunResult,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    outputs = Outputs(tmp_path / "reports", everything)
    assert_same_verdicts(outputs)
    lines = comparison_lines(everything)
    file = tmp_path / "earlier.json"
    assert lines == [
        f"compared with {file}: 1 new and 1 old failures, 1 mended, 1 newly not run, 1 newly a known issue, "
        "1 new in the suite, 1 no longer in the suite",
        "compared with a run of another target: generation N there, S here",
        "new failures: 1.1 (met there)",
        "old failures: 1.2",
        "mended: 1.3",
        "newly not run: 1.4",
        "newly a known issue: 1.5",
        "new in the suite: 1.7",
        "no longer in the suite: 1.6",
    ]
    # The first thing after the title.
    assert outputs.markdown.splitlines()[2 : 2 + len(lines)] == [f"- {line}" for line in lines]
    assert "## 1.1 Scenario 1.1: not met (new failure)\n" in outputs.markdown
    assert "## 1.2 Scenario 1.2: not met (old failure)\n" in outputs.markdown
    said = printed(everything, capfd, monkeypatch)
    first = said.index(lines[0])
    assert said[first : first + len(lines)] == lines
    blocks = [number for number, line in enumerate(said) if line.startswith(("1.1 ", "1.2 "))]
    assert len(blocks) == 2
    assert first + len(lines) <= min(blocks)
    assert said[-4] == lines[0]
    assert said[-3] == everything.counts_line()
    assert any(line.startswith("1.1 Scenario 1.1, new failure (") for line in said)
    assert any(line.endswith("1.2 Scenario 1.2 not met, old failure (1.5 s)") for line in said)
    (system_out,) = outputs.junit.findall("system-out")
    assert (system_out.text or "").splitlines()[: len(lines)] == lines
    assert [p.get("value") for p in outputs.junit.findall("properties/property")] == [str(file)]
    assert {
        case.get("name", "").split(" ")[0]: case.findall("properties/property")[0].get("value")
        for case in outputs.junit.iter("testcase")
        if case.find("properties") is not None
    } == {"1.1": "new", "1.2": "old"}
    assert [outputs.allure_facts[f"Compared.{number}"] for number, _ in enumerate(lines, 1)] == lines
    tags = {
        test["name"].split(" ")[0]: {label["value"] for label in test["labels"] if label["name"] == "tag"}
        for test in outputs.allure
    }
    assert {id for id, found in tags.items() if "failure:new" in found} == {"1.1"}
    assert {id for id, found in tags.items() if "failure:old" in found} == {"1.2"}
    assert outputs.results["comparison"] == {
        "baseline": str(file),
        "line": lines[0],
        "differences": [lines[1]],
        "new_failures": ["1.1"],
        "old_failures": ["1.2"],
        "mended": ["1.3"],
        "newly_not_run": ["1.4"],
        "newly_known": ["1.5"],
        "new_scenarios": ["1.7"],
        "vanished": ["1.6"],
        "not_selected": [],
    }
    ages = {row["id"]: row["failure_age"] for row in outputs.results["scenarios"]}
    assert ages == {"1.1": "new", "1.2": "old", "1.3": None, "1.4": None, "1.5": None, "1.7": None}


def test_a_baseline_changes_no_verdict(everything: RunResult) -> None:
    alone = replace(everything, baseline=None)
    assert (everything.verdict, everything.issue()) == (alone.verdict, alone.issue())
    mended = replace(everything, scenarios=[ended("1.3", MET)])
    assert mended.exit_status == 0


@pytest.mark.parametrize(("count", "more"), [(12, ""), (20, " and 8 more")])
def test_many_ids_are_counted_beyond_the_first(count: int, more: str, tmp_path: Path) -> None:
    run = compared(earlier(tmp_path), *[ended(f"1.{number}", MET) for number in range(count)])
    told = ", ".join(f"1.{number}" for number in range(12))
    assert comparison_lines(run)[-1] == f"new in the suite: {told}{more}"


def test_a_failure_that_the_earlier_run_did_not_have_is_said_to_be_new_there(tmp_path: Path) -> None:
    run = compared(earlier(tmp_path, ended("1.1", FLAKY)), ended("1.1", FLAKY), ended("1.2", NOT_MET))
    assert "new failures: 1.2 (not in it)" in comparison_lines(run)


# what an earlier run is read from


def test_only_what_failed_or_was_never_judged_is_to_be_run_again(tmp_path: Path) -> None:
    run = earlier(
        tmp_path,
        ended("1.1", MET),
        ended("1.2", NOT_MET),
        ended("1.3", FLAKY),
        ended("1.4", KNOWN),
        ended("1.5", NOT_RUN, reason="no training worker"),
        ended("1.6", NOT_RUN, reason=NEVER_REACHED),
        ended("1.7", NOT_RUN, reason=f"{WAS_ABORTED}: SIGTERM (in: Then it completes)"),
        ended("1.8", NOT_RUN, category=Category.ENVIRONMENT, reason="backend gone"),
    )
    assert [one.id for one in run.to_be_run_again()] == ["1.2", "1.3", "1.6", "1.7", "1.8"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("nonsense", "Expecting value: line 1 column 1 (char 0)"),
        ("[]", "it is no object"),
        ("{}", "schema: input should be 1"),
        ('{"schema": 2}', "schema: input should be 1"),
    ],
)
def test_a_file_that_is_no_results_is_refused(content: str, said: str, tmp_path: Path) -> None:
    file = tmp_path / "x.json"
    file.write_text(content, "utf-8")
    with pytest.raises(BadInput) as caught:
        read_earlier("baseline", file)
    assert str(caught.value) == (
        f"Setting baseline: {file} is not the results.json of a run ({said}); "
        "name the results.json that a run has left."
    )


@pytest.mark.parametrize(
    ("key", "value", "where"),
    [
        ("verdict", "great", "verdict"),
        ("scenarios", None, "scenarios"),
        ("scenarios", [{"id": "1.1"}], "scenarios.0.name"),
        ("suite", {}, "suite.version"),
    ],
)
def test_results_that_lack_something_are_refused_with_its_place(
    key: str, value: Any, where: str, tmp_path: Path
) -> None:
    file = tmp_path / "x.json"
    content = {**as_json(run_result(ended("1.1", MET))), key: value}
    file.write_text(json.dumps(content), "utf-8")
    with pytest.raises(BadInput, match=rf"is not the results\.json of a run \({where}: "):
        read_earlier("rerun_failed", file)


@pytest.mark.usefixtures("ascii_locale")
def test_an_earlier_run_is_read_as_utf_8_whatever_the_locale(tmp_path: Path) -> None:
    file = tmp_path / "x.json"
    content = as_json(run_result(ended("1.1", MET, name="größer")))
    file.write_text(json.dumps(content, ensure_ascii=False), "utf-8")
    assert [one.name for one in read_earlier("baseline", file).scenarios] == ["größer"]


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"Setting baseline: .*nowhere\.json cannot be read \(No such file"):
        read_earlier("baseline", tmp_path / "nowhere.json")
