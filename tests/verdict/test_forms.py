"""The forms of KTRDR's workflow: ready to paste, and never saying more than the run has shown."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from ktrdr_acceptance.catalogue.tags import read_tags
from ktrdr_acceptance.cli import app
from ktrdr_acceptance.faults import BadInput, Category
from ktrdr_acceptance.verdict.forms import Form, checklist, form, whole_form
from ktrdr_acceptance.verdict.json_view import as_json
from ktrdr_acceptance.verdict.model import RunResult, ScenarioResult, StepResult, Verdict

from .specimens import Outputs, run_result, scenario_result
from .test_outputs_agree import printed

MET, NOT_MET, FLAKY = Verdict.MET, Verdict.NOT_MET, Verdict.FLAKY
KNOWN, NOT_RUN = Verdict.KNOWN_ISSUE, Verdict.NOT_RUN
# D9 is the only criterion of its milestone.
D9 = "D9 metrics of a known operation can be read, of an unknown one not"


def proving(verdict: Verdict, id: str, criterion: str = "D9", milestone: str = "MET-M1") -> ScenarioResult:
    result = scenario_result(
        verdict, Category.CODE_BUG if verdict in (NOT_MET, KNOWN) else None, f"{id} is so\nand more", id=id
    )
    tags = (f"milestone:{milestone}", f"criterion:{criterion}", f"id:{id}")
    return replace(result, tags=tags, facts=read_tags(tags))


def results_of(*scenarios: ScenarioResult, **changes: Any) -> dict[str, Any]:
    results: dict[str, Any] = json.loads(json.dumps(as_json(run_result(*scenarios, **changes))))
    return results


# the check-list


@pytest.mark.parametrize(
    ("verdicts", "line"),
    [
        ([MET], f"- [x] {D9} — ✅ VALIDATED"),
        ([MET, MET], f"- [x] {D9} — ✅ VALIDATED"),
        ([MET, NOT_MET], f"- [ ] {D9} — ❌ NOT MET (needs: 1.2: 1.2 is so)"),
        ([NOT_MET, NOT_MET], f"- [ ] {D9} — ❌ NOT MET (needs: 1.1: 1.1 is so, and 1 more)"),
        ([MET, FLAKY], f"- [ ] {D9} — ❌ NOT MET (needs: 1.2: 1.2 is so)"),
        ([KNOWN, NOT_MET], f"- [ ] {D9} — ❌ NOT MET (needs: 1.2: 1.2 is so)"),
        ([NOT_RUN, NOT_MET], f"- [ ] {D9} — ❌ NOT MET (needs: 1.2: 1.2 is so)"),
        ([MET, NOT_RUN], f"- [ ] {D9} — ➖ NOT RUN (1.2: 1.2 is so)"),
        ([NOT_RUN], f"- [ ] {D9} — ➖ NOT RUN (1.1: 1.1 is so)"),
        ([MET, KNOWN], f"- [ ] {D9} — ➖ KNOWN ISSUE (1.2: 1.2 is so)"),
    ],
    ids=lambda value: "+".join(value) if isinstance(value, list) else "",
)
def test_a_criterion_is_validated_only_if_all_that_prove_it_are_met(
    verdicts: list[Verdict], line: str
) -> None:
    rows = [proving(verdict, f"1.{number}") for number, verdict in enumerate(verdicts, 1)]
    assert checklist(results_of(*rows)) == [line]


def test_a_criterion_of_which_a_proof_was_not_selected_is_not_validated() -> None:
    results = results_of(proving(MET, "1.1"), proofs={"D9": ("1.1", "7.7", "7.8#row")})
    assert checklist(results) == [f"- [ ] {D9} — ➖ NOT RUN (not selected: 7.7, 7.8#row)"]


def test_a_criterion_of_a_selected_milestone_without_a_scenario_is_not_validated() -> None:
    lines = checklist(results_of(proving(MET, "1.1", "D11", "MCP-Ph2"), proofs={"D13": ("4.4",)}))
    assert [line.split(" ")[:4] for line in lines] == [
        ["-", "[x]", "D11", "every"],
        *[["-", "[", "]", f"D{number}"] for number in (12, 13)],
    ]
    assert lines[1].endswith("— ➖ NOT RUN (no scenario proves it)")
    assert lines[2].endswith("— ➖ NOT RUN (not selected: 4.4)")


def test_each_criterion_stands_once_and_d2_before_d10() -> None:
    rows = [
        proving(MET, f"1.{number}", one, "XYZ-M1") for number, one in enumerate(("D10", "S3", "D2", "D10"))
    ]
    assert [line.split(" ")[2] for line in checklist(results_of(*rows))] == ["D2", "D10", "S3"]


def test_of_two_rows_of_one_id_the_worse_counts() -> None:
    assert "NOT MET" in checklist(results_of(proving(MET, "1.1"), proving(NOT_MET, "1.1")))[0]


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        ("x" * 160, "x" * 160),
        ("x" * 161, f"{'x' * 160} ..."),
        ("\n it  is\tso \nand more", "it is so"),
        ("", "no reason"),
    ],
    ids=["longest", "too-long", "lines", "none"],
)
def test_of_a_reason_the_beginning_is_told(reason: str, told: str) -> None:
    row = replace(proving(NOT_MET, "1.1"), reason=reason)
    assert checklist(results_of(row)) == [f"- [ ] {D9} — ❌ NOT MET (needs: 1.1: {told})"]


# the tables


STEPS = (StepResult("Given a", "passed", 0.1), StepResult("Then b", "failed", 0.1, "no"))
ROWS = (
    proving(MET, "1.1"),
    replace(proving(NOT_MET, "1.2"), steps=STEPS, name="a | b"),
    proving(FLAKY, "1.3"),
    proving(KNOWN, "1.4"),
    replace(proving(NOT_RUN, "1.5"), steps=()),
)


def test_the_table_of_a_milestone() -> None:
    assert form(results_of(*ROWS), Form.MILESTONE) == [
        "| Test | Steps | Result |",
        "|---|---|---|",
        "| 1.1 Scenario 1.1 | 1 of 1 | ✅ PASSED |",
        "| 1.2 a \\| b | 1 of 2 | ❌ FAILED |",
        "| 1.3 Scenario 1.3 | 1 of 1 | ❌ FLAKY |",
        "| 1.4 Scenario 1.4 | 1 of 1 | ➖ KNOWN ISSUE |",
        "| 1.5 Scenario 1.5 | – | ➖ NOT RUN |",
    ]


def test_the_table_of_a_tester() -> None:
    assert form(results_of(*ROWS), Form.TESTS)[:3] == [
        "| Test | Result | Duration |",
        "|---|---|---|",
        "| 1.1 Scenario 1.1 | ✅ PASSED | 1.5 s |",
    ]
    assert form(results_of(*ROWS), Form.TESTS)[-1] == "| 1.5 Scenario 1.5 | ➖ NOT RUN | – |"


def test_the_form_of_a_task_ends_in_the_verdict() -> None:
    assert form(results_of(proving(MET, "1.1")), Form.TASK) == [
        f"- [x] {D9} — ✅ VALIDATED",
        "",
        "✅ Integration test passed",
    ]
    last = form(results_of(proving(NOT_MET, "1.1")), Form.TASK)[-1]
    assert last == "❌ Issue found: 1.1 Scenario 1.1 is not met: 1.1 is so"


def test_a_form_says_what_the_run_was_not() -> None:
    results = results_of(proving(MET, "1.1"), aborted="SIGTERM", selection="rerun of 1 failed scenario of x")
    assert whole_form(results, Form.TESTS)[:4] == [
        "> aborted: SIGTERM",
        "> rerun of 1 failed scenario of x",
        "",
        "| Test | Result | Duration |",
    ]
    assert whole_form(results_of(proving(MET, "1.1")), Form.TESTS)[0] == "| Test | Result | Duration |"


# the summary, the last line, the command


def test_the_summary_folds_the_forms_away_before_its_last_line(tmp_path: Path) -> None:
    run = run_result(*ROWS)
    outputs = Outputs(tmp_path, run)
    folded = outputs.markdown.split("\n## To paste\n")[1]
    for which in (Form.CHECKLIST, Form.MILESTONE, Form.TESTS):
        assert "\n".join(form(outputs.results, which)) in folded
    assert folded.count("<details>") == folded.count("</details>") == 3
    assert outputs.last_line() == run.last_line()


@pytest.mark.parametrize(
    ("given", "begins"), [({}, "❌ Issue: "), ({"issue_form": "issue-found"}, "❌ Issue found: ")]
)
def test_the_last_line_has_the_form_that_was_asked_for(
    given: dict[str, str],
    begins: str,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run = run_result(proving(NOT_MET, "1.1"), settings={"target": "embedded", **given})
    expected = f"{begins}{run.issue()}"
    assert run.last_line() == Outputs(tmp_path, run).last_line() == expected
    assert printed(run, capfd, monkeypatch)[-1] == expected
    passed = run_result(proving(MET, "1.1"), settings=run.settings)
    assert passed.last_line() == "✅ Integration test passed"


def written(folder: Path, run: RunResult) -> Path:
    Outputs(folder, run)
    return folder / "results.json"


@pytest.mark.parametrize("which", list(Form))
def test_the_command_prints_a_form(which: Form, tmp_path: Path) -> None:
    file = written(tmp_path, run_result(*ROWS))
    done = CliRunner().invoke(app, ["forms", str(file), "--form", which])
    assert done.exit_code == 0
    assert done.stdout.splitlines() == whole_form(json.loads(file.read_text("utf-8")), which)


@pytest.mark.parametrize(
    ("content", "arguments", "said"),
    [
        (None, [], "cannot be read as the results of a run"),
        ("[]", [], "is not the results of a run"),
        ("{}", [], "is not the results.json of a run of this version of the suite"),
        ("{}", ["--form", "other"], "There is no form 'other': there are task, milestone, tests, checklist."),
    ],
)
def test_the_command_refuses_what_it_cannot_read(
    content: str | None, arguments: list[str], said: str, tmp_path: Path
) -> None:
    file = tmp_path / "results.json"
    if content is not None:
        file.write_text(content, "utf-8")
    done = CliRunner().invoke(app, ["forms", str(file), *arguments])
    assert isinstance(done.exception, BadInput)
    assert said in str(done.exception)
