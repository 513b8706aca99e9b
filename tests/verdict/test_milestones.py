"""Milestones: met only if all that was selected is met, and the same in every output."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from ktrdr_acceptance.catalogue.tags import read_tags
from ktrdr_acceptance.verdict.milestones import MilestoneVerdict, milestone_results
from ktrdr_acceptance.verdict.model import RunResult, ScenarioResult, Verdict

from .specimens import Outputs, run_result, scenario_result
from .test_outputs_agree import printed


def proving(verdict: Verdict, *tags: str, id: str = "1.1", folder: str = "training") -> ScenarioResult:
    """Return a result with these milestones and criteria, such as `milestone:OPS-M1`."""
    result = scenario_result(verdict, None, "because", id=id)
    own = ("category:smoke", *tags, "severity:major", f"id:{id}")
    file = f"features/{folder}/f{id}.feature"
    return replace(result, tags=own, facts=read_tags(own), file=file)


def run_of(*verdicts: Verdict) -> RunResult:
    return run_result(
        *[
            proving(verdict, "milestone:OPS-M1", "criterion:D2", id=f"1.{number}")
            for number, verdict in enumerate(verdicts)
        ]
    )


MET, NOT_MET, FLAKY = Verdict.MET, Verdict.NOT_MET, Verdict.FLAKY
KNOWN, NOT_RUN = Verdict.KNOWN_ISSUE, Verdict.NOT_RUN


@pytest.mark.parametrize(
    ("verdicts", "expected"),
    [
        ((MET,), "met"),
        ((MET, MET, KNOWN), "met"),
        ((MET, NOT_MET), "not met"),
        ((MET, FLAKY), "not met"),
        ((NOT_MET, NOT_RUN), "not met"),
        ((KNOWN,), "not met"),
        ((MET, NOT_RUN), "partly run"),
        ((KNOWN, NOT_RUN), "partly run"),
        ((NOT_RUN, NOT_RUN), "not run"),
    ],
    ids=lambda value: value if isinstance(value, str) else "+".join(value),
)
def test_a_milestone_is_met_only_if_all_that_was_selected_is_met(
    verdicts: tuple[Verdict, ...], expected: str
) -> None:
    (result,) = milestone_results(run_of(*verdicts))
    assert result.verdict == expected


def test_every_output_says_the_same_of_a_milestone(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = run_of(MET, NOT_MET, FLAKY, NOT_RUN)
    outputs = Outputs(tmp_path, run)
    line = "OPS-M1 not met: 1 met, 1 not met, 1 flaky, 1 not run (1.1, 1.2); 1 of 5 criteria with a scenario"
    assert f"✘ {line}" in printed(run, capfd, monkeypatch)
    assert outputs.allure_facts["Milestone.OPS-M1"] == line
    assert f"milestone {line}" in "".join(e.text or "" for e in outputs.junit.iter("system-out"))
    (row,) = outputs.results["milestones"]
    assert (row["id"], row["verdict"]) == ("OPS-M1", "not met")
    assert row["summary"] == {"met": 1, "not met": 1, "flaky": 1, "not run": 1}
    assert row["criteria"] == ["D1", "D2", "D3", "D4", "D5"]
    assert row["criteria_without_scenario"] == ["D1", "D3", "D4", "D5"]
    assert [(p["criterion"], p["scenario"], p["verdict"]) for p in row["proofs"]] == [
        ("D2", "1.0", "met"),
        ("D2", "1.1", "not met"),
        ("D2", "1.2", "flaky"),
        ("D2", "1.3", "not run"),
    ]
    (first,) = [text for text in outputs.markdown.splitlines() if text.startswith("| OPS-M1 | Operations")]
    assert "| not met | 1 met, 1 not met, 1 flaky, 1 not run | 1 of 5 criteria" in first
    assert "(none: D1, D3, D4, D5)" in first
    wording = "D2 the progress of a training never goes down"
    assert f"| OPS-M1 | {wording} | 1.1 | ❌ not met |" in outputs.markdown
    assert outputs.allure_tables()["Milestones"].splitlines()[2] == first
    assert f"{wording} | 1.1 | ❌ not met |" in outputs.allure_tables()["Criteria of the milestones"]
    folded = outputs.markdown.split("<details><summary>Criteria of the milestones</summary>\n")[1]
    assert f"{wording} | 1.1 | ❌ not met |" in folded.split("</details>")[0]
    assert {"name": "proof", "value": f"OPS-M1 · {wording}"} in outputs.allure_of("1.1")["labels"]


def test_criteria_that_have_a_scenario_elsewhere_in_the_suite_count() -> None:
    run = replace(run_of(MET), proofs=dict.fromkeys(("D1", "D5", "D77"), ("9.9",)))
    (result,) = milestone_results(run)
    assert result.without_scenario == ("D3", "D4")
    assert result.coverage() == "3 of 5 criteria with a scenario"


def test_a_scenario_of_two_milestones_proves_for_each_what_is_not_the_other_s_own() -> None:
    both = proving(MET, "milestone:MCP-Ph2", "milestone:OPS-M1", "criterion:D1", "criterion:S6")
    found = milestone_results(run_result(both))
    assert [(result.id, [proof.criterion for proof in result.proofs]) for result in found] == [
        ("OPS-M1", ["D1", "S6"]),
        ("MCP-Ph2", ["S6"]),
    ]


def test_no_milestone_is_without_a_proof() -> None:
    other_s_own = proving(MET, "milestone:MCP-Ph2", "milestone:OPS-M1", "criterion:D1")
    found = {
        result.id: [proof.criterion for proof in result.proofs]
        for result in milestone_results(run_result(other_s_own))
    }
    assert found == {"OPS-M1": ["D1"], "MCP-Ph2": ["D1"]}


def test_a_milestone_that_nobody_has_listed_is_told_too(tmp_path: Path) -> None:
    run = run_result(proving(MET, "milestone:XYZ-M9", "criterion:D2"))
    assert [one.line() for one in milestone_results(run)] == [
        "XYZ-M9 met: 1 met, 0 not met, 0 not run; no criterion of its own"
    ]
    outputs = Outputs(tmp_path, run)
    (row,) = outputs.results["milestones"]
    assert (row["id"], row["title"], row["verdict"], row["criteria"]) == ("XYZ-M9", "", "met", [])
    assert "no criterion of its own" in outputs.markdown


def test_a_run_without_milestones_has_no_table(tmp_path: Path) -> None:
    outputs = Outputs(tmp_path, run_result(proving(MET, "criterion:D2")))
    assert outputs.results["milestones"] == []
    assert "## Milestones" not in outputs.markdown
    assert "Milestones" not in outputs.allure_tables()


def test_the_words_of_the_verdict_are_closed() -> None:
    assert {str(verdict) for verdict in MilestoneVerdict} == {"met", "not met", "partly run", "not run"}


MILESTONES = ["OPS-M1", "OPS-M2", "OPS-M3", "MET-M1", "MET-M2", "MCP-Ph2", "API"]


def whole_run(*, features: int, each: int = 3, refused: str = "") -> RunResult:
    """Return a green run of so many features in five folders (or one with a scenario that is not met)."""
    many = [
        replace(
            proving(
                NOT_MET if f"{number}.{part}" == refused else MET,
                f"milestone:{[*MILESTONES, *[f'DST-Ph{n}' for n in range(1, 20)]][number % 26]}",
                "criterion:S7",
                id=f"{number}.{part}",
                folder=f"folder{number * 5 // features}",
            ),
            file=f"features/folder{number * 5 // features}/f{number:02}.feature",
        )
        for number in range(features)
        for part in range(each)
    ]
    return run_result(*many)


def test_a_whole_green_run_stays_within_40_lines(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = printed(whole_run(features=40), capfd, monkeypatch)
    # behave's own line comes before ours.
    assert len(lines) + 1 <= 40
    told = [line for line in lines if line.startswith("✔")]
    assert told[0].startswith("✔ Folder0: 24 met")
    for milestone in {s.facts.milestones[0] for s in whole_run(features=40).scenarios}:
        assert any(f"{milestone} " in line for line in told), milestone


def test_what_is_not_met_has_a_line_of_its_own_however_many_milestones_there_are(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = printed(whole_run(features=60, refused="9.1"), capfd, monkeypatch)
    assert [line for line in lines if line.startswith("✘ ")][-1].startswith(
        "✘ DST-Ph3 not met: 5 met, 1 not met"
    )
    assert "(9.1)" in "".join(lines)


def test_a_small_run_tells_each_feature_and_each_milestone(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = printed(whole_run(features=6), capfd, monkeypatch)
    assert sum(line.startswith("✔ Trainings: 3 met") for line in lines) == 6
    assert sum(" met: 3 met, 0 not met, 0 not run; " in line for line in lines) == 6
