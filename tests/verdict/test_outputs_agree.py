"""Every output of a run states the same verdicts: one run for each row of the design's table."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import replace
from hashlib import md5
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from ktrdr_acceptance.faults import Category
from ktrdr_acceptance.verdict.console import Console
from ktrdr_acceptance.verdict.model import Attachment, RunResult, StepResult, Verdict
from ktrdr_acceptance.verdict.xml_text import xml_text

from .specimens import (
    ALLURE,
    Outputs,
    assert_same_run_verdict,
    assert_same_verdicts,
    run_result,
    scenario_result,
)

MET = scenario_result(Verdict.MET, id="9.9")
KINDS = list(ALLURE)


def forget_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have Rich look at the stream alone, whatever the environment says of colours."""
    for name in ("FORCE_COLOR", "NO_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE", "COLORTERM"):
        monkeypatch.delenv(name, raising=False)


def printed(
    run: RunResult,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    expected_s: Mapping[str, float] = MappingProxyType({}),
) -> list[str]:
    """Return the lines that the console prints at the end of a run."""
    capfd.readouterr()
    with monkeypatch.context() as until_told:
        forget_terminal(until_told)
        # The console redacts them; here only what it says itself.
        for name, stream in {"stdout": sys.stdout, "stderr": sys.stderr}.items():
            until_told.setattr(sys, name, stream)
            until_told.setattr(sys, f"__{name}__", stream)
        console = Console(expected_s)
        console.header(run.target_lines, run.scenarios, run.notes())
        for scenario in run.scenarios:
            console.begin(scenario.id, scenario.name)
            console.end(scenario)
        console.finish(run, "reports/summary.md")
    return capfd.readouterr().out.splitlines()


@pytest.mark.parametrize("strict", [False, True], ids=["lenient", "strict"])
@pytest.mark.parametrize("alone", [False, True], ids=["beside-met", "alone"])
@pytest.mark.parametrize(
    "kind",
    KINDS,
    ids=lambda kind: "-".join(str(part) for part in kind if part),
)
def test_each_verdict_is_the_same_everywhere(
    kind: tuple[Verdict, Category | None],
    alone: bool,
    strict: bool,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    result = scenario_result(*kind, reason="because of it\nand more")
    run = run_result(*([result] if alone else [MET, result]), strict=strict)
    outputs = Outputs(tmp_path, run)
    assert_same_verdicts(outputs)
    lines = printed(run, capfd, monkeypatch)
    assert lines[-1] == outputs.last_line()
    assert lines[-2].endswith(f"exit status {outputs.results['exit_status']}")
    assert lines[-3] == run.counts_line()
    assert outputs.results["summary"] == {str(v): n for v, n in run.counts().items()}
    if kind[0] != Verdict.MET:
        assert outputs.row("1.1")["reason"] == "because of it\nand more"
        assert "because of it" in outputs.allure_of("1.1")["statusDetails"]["message"]
        (child,) = next(case for case in outputs.junit if case.get("name", "").startswith("1.1"))
        assert child.get("message") == "because of it"


@pytest.mark.parametrize(
    "changes",
    [
        {"unfit": "backend at http://h:1 gave no answer"},
        {"aborted": "SIGTERM"},
        {"aborted": "cannot load the suite", "unfit": "x"},
        {"run_findings": ["ERROR lines of nobody", "and more"]},
        {"unfit": "backend gone", "run_findings": ["ERROR lines of nobody"]},
    ],
    ids=["unfit", "aborted", "both", "findings", "unfit-with-findings"],
)
def test_the_verdict_of_a_run_as_a_whole_is_the_same_everywhere(
    changes: dict[str, Any],
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run = run_result(MET, scenario_result(Verdict.NOT_RUN, None, "the run ended before"), **changes)
    outputs = Outputs(tmp_path, run)
    assert_same_verdicts(outputs)
    assert {test["status"] for test in outputs.allure} == {"passed", "skipped"}
    assert printed(run, capfd, monkeypatch)[-1] == outputs.last_line()
    for finding in changes.get("run_findings", []):
        assert finding in outputs.markdown
        assert finding in outputs.results["run_findings"]
        assert finding in outputs.allure_errors
        assert finding in "".join(element.text or "" for element in outputs.junit.iter("system-err"))
    assert len(outputs.run_errors_of_junit()) == 1


@pytest.mark.parametrize(
    ("kind", "changes", "junit", "allure"),
    [
        ((Verdict.MET, None), {}, [], []),
        ((Verdict.NOT_MET, Category.CODE_BUG), {}, [], []),
        ((Verdict.NOT_MET, Category.TEST_ISSUE), {}, [], []),
        ((Verdict.FLAKY, None), {}, [], []),
        ((Verdict.NOT_RUN, None), {"strict": True}, ["1.1 Scenario 1.1 is not run: because"], None),
        ((Verdict.NOT_RUN, Category.ENVIRONMENT), {}, ["environment unfit: because"], None),
        ((Verdict.NOT_MET, Category.CODE_BUG), {"aborted": "SIGTERM"}, ["aborted: SIGTERM"], None),
        ((Verdict.MET, None), {"run_findings": ["one", "two"]}, ["one"], ["one", "two"]),
        (
            (Verdict.NOT_MET, Category.CODE_BUG),
            {"run_findings": ["one"]},
            ["1.1 Scenario 1.1 is not met: because"],
            ["one"],
        ),
        (
            (Verdict.MET, None),
            {"run_findings": ["one"], "unfit": "x"},
            ["environment unfit: x"],
            ["environment unfit: x", "one"],
        ),
    ],
)
def test_a_run_has_an_error_of_its_own_only_if_no_scenario_tells_it(
    kind: tuple[Verdict, Category | None],
    changes: dict[str, Any],
    junit: list[str],
    allure: list[str] | None,
    tmp_path: Path,
) -> None:
    outputs = Outputs(tmp_path, run_result(MET, scenario_result(*kind, reason="because"), **changes))
    assert outputs.run_errors_of_junit() == junit
    assert sorted(outputs.allure_errors) == (junit if allure is None else allure)


@pytest.mark.parametrize("changes", [{"unfit": "backend gone"}, {"aborted": "SIGTERM"}])
def test_scenarios_that_were_never_reached_are_called_failed_nowhere(
    changes: dict[str, Any], tmp_path: Path
) -> None:
    run = run_result(*[scenario_result(Verdict.NOT_RUN, None, "x", id=f"1.{n}") for n in range(3)], **changes)
    outputs = Outputs(tmp_path, run, reached=[])
    assert_same_run_verdict(outputs)
    assert set(outputs.said_by_junit().values()) == {"skipped"}
    assert set(outputs.said_by_markdown().values()) == {"not run"}
    assert outputs.said_by_allure() == {} or set(outputs.said_by_allure().values()) == {"skipped"}


def test_scenarios_that_were_never_reached_stand_in_every_output(tmp_path: Path) -> None:
    never = scenario_result(Verdict.NOT_RUN, None, "the run ended before this scenario was reached")
    assert_same_verdicts(Outputs(tmp_path, run_result(MET, never, aborted="SIGTERM"), reached=[MET]))


@pytest.mark.parametrize(
    "kind",
    [kind for kind in KINDS if kind[0] != Verdict.MET],
    ids=lambda kind: "-".join(str(part) for part in kind if part),
)
def test_the_reason_stands_in_the_summary(kind: tuple[Verdict, Category | None], tmp_path: Path) -> None:
    outputs = Outputs(tmp_path, run_result(MET, scenario_result(*kind, reason="because of it")))
    assert "because of it" in outputs.markdown


def test_a_flaky_scenario_is_labelled_so(tmp_path: Path) -> None:
    outputs = Outputs(tmp_path, run_result(scenario_result(Verdict.FLAKY, None, "second try")))
    assert {"name": "tag", "value": "flaky"} in outputs.allure_of("1.1")["labels"]


@pytest.mark.parametrize("category", list(Category))
def test_a_category_comes_with_what_to_do_next(category: Category, tmp_path: Path) -> None:
    verdict = Verdict.NOT_RUN if category == Category.ENVIRONMENT else Verdict.NOT_MET
    outputs = Outputs(tmp_path, run_result(scenario_result(verdict, category, "because")))
    message = outputs.allure_of("1.1")["statusDetails"]["message"]
    assert message == f"{category}: because\nnext: {category.next_action}"
    assert outputs.row("1.1")["category"] == category
    assert category.next_action in outputs.markdown


@pytest.mark.parametrize(("factor", "said"), [(1.0, False), (3.0, True), (0.5, True)])
def test_a_time_factor_is_said_in_every_output(
    factor: float,
    said: bool,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run = run_result(MET, time_factor=factor)
    outputs = Outputs(tmp_path, run)
    note = f"waiting deadlines were scaled by the time factor {factor:g}"
    texts = {
        "json": json.dumps(outputs.results["notes"]),
        "junit": "".join(element.text or "" for element in outputs.junit.iter("system-out")),
        "markdown": outputs.markdown,
        "allure": "\n".join(outputs.allure_facts.values()),
        "console": "\n".join(printed(run, capfd, monkeypatch)),
    }
    assert {name: note in text for name, text in texts.items()} == dict.fromkeys(texts, said)


@pytest.mark.parametrize("options", ["", "-D target=services -D backend_url=http://h:1"])
def test_a_refused_scenario_comes_with_the_command_that_repeats_it_there(
    options: str, tmp_path: Path
) -> None:
    failed = scenario_result(Verdict.NOT_MET, Category.CODE_BUG, "because", id="1.2")
    outputs = Outputs(tmp_path, run_result(MET, failed, options=options))
    said = [line for line in outputs.markdown.splitlines() if line.startswith("reproduce: ")]
    command = " ".join(filter(None, [".venv/bin/behave", options, "features/training/a.feature:12"]))
    assert said == [f"reproduce: {command}"]


def test_a_reason_of_many_scenarios_is_told_once(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    several = [scenario_result(Verdict.NOT_RUN, None, "no worker\nw0 gone", id=f"2.{n}") for n in range(3)]
    other = scenario_result(Verdict.NOT_RUN, None, "no gateway", id="3.1")
    said = [
        line for line in printed(run_result(MET, *several, other), capfd, monkeypatch) if "not run: " in line
    ]
    assert said == ["not run: 3 scenarios: no worker", "not run: 3.1: no gateway"]


def test_the_target_is_named_in_every_output(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = run_result(MET)
    outputs = Outputs(tmp_path, run)
    (line,) = run.target_lines
    assert line in outputs.markdown
    assert line in "".join(element.text or "" for element in outputs.junit.iter("system-out"))
    assert line in printed(run, capfd, monkeypatch)
    assert outputs.results["target"] == run.target
    assert outputs.allure_facts["Target.kind"] == "embedded"


def test_the_calibration_is_named_in_every_output(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = run_result(MET, calibration="own.yaml for trainings.long", time_factor=2.0)
    outputs = Outputs(tmp_path, run)
    line = "calibration: own.yaml for trainings.long"
    assert f"- {line}\n" in outputs.markdown
    assert line in "".join(element.text or "" for element in outputs.junit.iter("system-out"))
    assert line in printed(run, capfd, monkeypatch)
    assert outputs.results["calibration"] == "own.yaml for trainings.long"
    assert line in outputs.allure_facts.values()
    assert any("time factor 2" in fact for fact in outputs.allure_facts.values())


TEXTS = {
    "markup": "[red]bold[/] <b> & ]]> \"quoted\" 'so' [/nothing]",
    "unicode": "größer – 100 %, ✅ 数据",
    "lines": "one\ntwo\n\nthree",
    "table": "a | b",
    "control": "\x1b[31mred\x00\ufffe",
}


@pytest.mark.parametrize(
    "text",
    [
        *(pytest.param(text, id=name) for name, text in TEXTS.items()),
    ],
)
def test_any_text_of_a_target_leaves_every_output_readable(
    text: str, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    result = scenario_result(Verdict.NOT_MET, Category.CODE_BUG, text)
    run = run_result(MET, result, run_findings=[text])
    outputs = Outputs(tmp_path, run)
    assert_same_verdicts(outputs)
    assert outputs.row("1.1")["reason"] == text
    first = text.splitlines()[0]
    assert any(first in line for line in printed(run, capfd, monkeypatch))


def test_no_text_of_a_target_is_a_fact_of_the_run(tmp_path: Path) -> None:
    said = "1.0\nVerdict = accepted\r\nmore"
    run = run_result(aborted="SIGTERM", target={"version": said}, target_lines=[f"KTRDR {said}"])
    outputs = Outputs(tmp_path, run)
    assert_same_run_verdict(outputs)
    assert outputs.allure_facts["Target.version"] == "1.0 Verdict = accepted more"
    assert outputs.allure_facts["Target.found.1"] == "KTRDR 1.0 Verdict = accepted more"


def test_half_a_character_of_a_target_leaves_every_file_readable(tmp_path: Path) -> None:
    text = "half \ud800 of one"
    result = replace(
        scenario_result(Verdict.NOT_MET, Category.CODE_BUG, text),
        attachments=(Attachment("Answer", "text/plain", text),),
    )
    outputs = Outputs(tmp_path, run_result(result, run_findings=[text]))
    assert outputs.row("1.1")["reason"] == text
    assert "half \\ud800 of one" in outputs.markdown
    assert outputs.allure_of("1.1")["statusDetails"]["message"].startswith(f"CODE_BUG: {text}\n")
    assert text in outputs.allure_errors
    (attachment,) = outputs.allure_of("1.1")["attachments"]
    written = (tmp_path / "allure-results" / attachment["source"]).read_text("utf-8")
    assert written == "half \\ud800 of one"
    assert [failure.get("message") for failure in outputs.junit.iter("failure")] == ["half \ufffd of one"]


def test_steps_and_evidence_stand_in_allure(tmp_path: Path) -> None:
    steps = [
        StepResult(f"Then {status}", status, 0.25, "message" if status == "failed" else "")
        for status in ("passed", "failed", "skipped", "untested", "undefined", "hook_error", "error")
    ]
    result = replace(
        scenario_result(Verdict.NOT_MET, Category.CODE_BUG, "x"),
        steps=tuple(steps),
        attachments=(Attachment("HTTP exchanges", "text/plain", "GET /x ü"),),
    )
    test = Outputs(tmp_path, run_result(result)).allure_of("1.1")
    assert [step["status"] for step in test["steps"]] == [
        *("passed", "failed", "skipped", "skipped", "broken", "broken", "broken")
    ]
    assert test["steps"][1]["statusDetails"]["message"] == "message"
    (attachment,) = test["attachments"]
    assert (tmp_path / "allure-results" / attachment["source"]).read_text("utf-8") == "GET /x ü"


def test_the_id_is_a_scenario_s_identity_in_allure(tmp_path: Path) -> None:
    one = scenario_result(Verdict.MET, id="1.1", name="A title")
    other = scenario_result(Verdict.MET, id="1.2", name="A title")
    renamed = scenario_result(Verdict.MET, id="1.1", name="Another title")
    first = Outputs(tmp_path / "a", run_result(one, other))
    second = Outputs(tmp_path / "b", run_result(renamed))
    assert first.allure_of("1.1")["historyId"] == second.allure_of("1.1")["historyId"]
    assert first.allure_of("1.1")["historyId"] != first.allure_of("1.2")["historyId"]


def test_of_two_scenarios_with_one_id_each_has_its_own_identity_in_allure(tmp_path: Path) -> None:
    one = scenario_result(Verdict.MET, id="1.1")
    moved = replace(one, line=99)
    without = replace(one, id="", name="1.2 without an id")
    found = Outputs(tmp_path, run_result(one, moved, without, replace(without, line=98))).allure
    file = "features/training/a.feature"
    assert {test["historyId"] for test in found} == {
        md5(identity.encode(), usedforsecurity=False).hexdigest()
        for identity in ("1.1", f"1.1 {file}:99", f"{file}:11", f"{file}:98")
    }
    assert all(test["historyId"] == test["testCaseId"] for test in found)


@pytest.mark.parametrize(
    ("word", "allure"), [("blocker", "blocker"), ("major", "critical"), ("minor", "minor")]
)
def test_severities_have_allure_s_names(word: str, allure: str, tmp_path: Path) -> None:
    result = scenario_result(Verdict.MET)
    result = replace(result, facts=replace(result.facts, severity=word))
    labels = Outputs(tmp_path, run_result(result)).allure_of("1.1")["labels"]
    assert {"name": "severity", "value": allure} in labels


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("\ttab\r\nline größer 数据 \U0001f600", "\ttab\r\nline größer 数据 \U0001f600"),
        ("\x1b[31mred\x00\x08", "\ufffd[31mred\ufffd\ufffd"),
        ("\ud800 \udfff \ufffe \uffff \ue000", "\ufffd \ufffd \ufffd \ufffd \ue000"),
    ],
)
def test_what_xml_has_no_character_for_is_replaced_by_a_sign(text: str, written: str) -> None:
    assert xml_text(text) == written
