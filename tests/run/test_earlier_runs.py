"""Runs that are compared with an earlier one, and runs of what failed there."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from verdict.specimens import Outputs, assert_same_verdicts

from .project import Done, Project
from .stub_ktrdr import StubKtrdr

KINDS, RULES = "features/kinds.feature", "features/rules.feature"
GOOD_AND_BAD = "@id:met or @id:failed or @id:rows or @id:skipped"


def rows(**verdicts: str) -> list[dict[str, Any]]:
    """Return scenarios as an earlier run has left them; a reason stands after a colon."""
    return [
        {
            "id": id.replace("_", "-").replace("--", "#"),
            "name": "Some name",
            "verdict": said.partition(":")[0],
            "category": "CODE_BUG" if said.startswith(("not met", "flaky")) else None,
            "reason": said.partition(":")[2],
        }
        for id, said in verdicts.items()
    ]


def results(*scenarios: dict[str, Any], **changes: Any) -> str:
    content = {
        "schema": 1,
        "status": "complete",
        "verdict": "not accepted",
        "suite": {"version": "0.0.9", "commit": "old"},
        "target": {"kind": "services", "generation": "S", "version": "1.0.7"},
        "started_at": "2026-11-01T10:00:00+00:00",
        "scenarios": list(scenarios),
    }
    return json.dumps({**content, **changes})


FEATURE_HOOK = """
@feature-raises
Feature: A hook of a feature

  @id:f2
  Scenario: Never begun
    Then one is one
"""
ENVIRONMENT = """

def before_feature(context, feature):
    if "feature-raises" in feature.tags:
        raise RuntimeError("before_feature broke")
"""
MIXED = results(*rows(met="not met:x", failed="not met:x", rows__wrong="met", rows__right="met", gone="met"))
NEVER = "not run:the run ended before this scenario was reached"
ABORTED = results(
    *rows(met="met", failed=NEVER, rows__right="not run:the run was aborted: SIGTERM", skipped="not run:no"),
    status="aborted",
    verdict="aborted",
)


@dataclass(frozen=True)
class Asked:
    """One run: the setting that names the earlier run, what is in that, and what else is asked for."""

    setting: str
    earlier: str
    arguments: list[str]


RUNS: dict[str, Asked] = {
    "compared": Asked("baseline", MIXED, ["-t", GOOD_AND_BAD, KINDS]),
    "compared-with-aborted": Asked("baseline", ABORTED, ["-t", "@id:met", KINDS]),
    "compared-with-a-hook": Asked("baseline", MIXED, ["features/more.feature"]),
    "compared-and-accepted": Asked("baseline", MIXED, ["-t", "@id:met", KINDS]),
    "bad-baseline": Asked("baseline", "{}", ["-t", "@id:met", KINDS]),
    "again": Asked("rerun_failed", MIXED, ["features"]),
    "again-narrower": Asked("rerun_failed", MIXED, ["-t", "@good", "features"]),
    "again-aborted": Asked("rerun_failed", ABORTED, [KINDS, RULES]),
    "again-flaky": Asked("rerun_failed", results(*rows(met="flaky:x", failed="met")), [KINDS]),
    "again-with-unknown": Asked(
        "rerun_failed", results(*rows(met="not met:x", gone="not met:x")), [KINDS, RULES]
    ),
    "again-of-a-rule": Asked("rerun_failed", results(*rows(rule_failed="not met:x")), [KINDS, RULES]),
    "again-without-its-feature-s-hooks": Asked(
        "rerun_failed", MIXED, ["-t", "@id:met or @id:f2", KINDS, "features/more.feature"]
    ),
    "nothing-failed": Asked("rerun_failed", results(*rows(met="met", failed="known issue:x")), [KINDS]),
    "all-unknown": Asked("rerun_failed", results(*rows(gone="not met:x", left="flaky:y")), [KINDS]),
    "none-selected": Asked("rerun_failed", MIXED, ["-t", "@id:rule-met", "features"]),
    "bad-results": Asked("rerun_failed", "nonsense", ["-t", "@id:met", KINDS]),
    "listed": Asked("rerun_failed", MIXED, ["--dry-run", "features"]),
    "not-listed": Asked("rerun_failed", "nonsense", ["--dry-run", "features"]),
}
AGAIN = {
    "again": ({"met": "met", "failed": "not met"}, "2 failed scenarios of again.json: not the whole suite"),
    "again-narrower": (
        {"met": "met"},
        "1 failed scenario (of 2 there) of again-narrower.json: not the whole",
    ),
    "again-aborted": ({"failed": "not met", "rows#right": "met"}, "2 failed scenarios of again-aborted.json"),
    "again-flaky": ({"met": "met"}, "1 failed scenario of again-flaky.json"),
    "again-with-unknown": ({"met": "met"}, "not the whole suite; no longer in the suite: gone"),
    "again-of-a-rule": ({"rule-failed": "not met"}, "1 failed scenario of again-of-a-rule.json"),
    "again-without-its-feature-s-hooks": ({"met": "met"}, "not the whole suite"),
}


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory, ktrdr: StubKtrdr) -> Iterator[Callable[[str], Done]]:
    folder = tmp_path_factory.mktemp("earlier")
    project = Project(folder / "here", feature=FEATURE_HOOK, environment=ENVIRONMENT)
    pool = ThreadPoolExecutor(2)
    futures: dict[str, Future[Done]] = {}
    for name, asked in RUNS.items():
        (project.folder / f"{name}.json").write_text(asked.earlier, "utf-8")
        command = ["-D", f"{asked.setting}={name}.json", *asked.arguments]
        futures[name] = pool.submit(project.run, folder / name, *command, backend=ktrdr)
    yield lambda name: futures[name].result()
    pool.shutdown(cancel_futures=True)


def test_the_steps_of_each_scenario_are_counted(done: Callable[[str], Done]) -> None:
    run = done("compared")
    outputs = Outputs.of(run.reports)
    assert {row["id"]: row["steps"] for row in outputs.results["scenarios"]} == {
        "met": {"passed": 2, "of": 2},
        "failed": {"passed": 0, "of": 1},
        "skipped": {"passed": 0, "of": 1},
        "rows#right": {"passed": 2, "of": 2},
        "rows#wrong": {"passed": 1, "of": 2},
    }
    assert "| rows#wrong Row wrong | 1 of 2 | ❌ FAILED |" in outputs.markdown.splitlines()


# compared


def test_new_failures_are_told_from_old_ones_first_thing(done: Callable[[str], Done]) -> None:
    run = done("compared")
    assert run.status == 1
    outputs = Outputs.of(run.reports)
    assert_same_verdicts(outputs)
    comparison = outputs.results["comparison"]
    assert comparison["new_failures"] == ["rows#wrong"]
    assert comparison["old_failures"] == ["failed"]
    assert comparison["mended"] == ["met"]
    assert comparison["new_scenarios"] == ["skipped"]
    assert comparison["vanished"] == ["gone"]
    line = comparison["line"]
    assert line == (
        "compared with compared.json: 1 new and 1 old failures, 1 mended, 1 new in the suite, "
        "1 no longer in the suite"
    )
    said = run.stdout.splitlines()
    assert said.index(line) < said.index(
        next(one for one in said if one.startswith("failed Failed, old failure"))
    )
    assert [one for one in said if one == line] == [line, line]
    assert outputs.markdown.splitlines()[2] == f"- {line}"
    assert outputs.allure_facts["Compared.1"] == line
    (system_out,) = outputs.junit.findall("system-out")
    assert (system_out.text or "").startswith(line)
    ages = {row["id"]: row["failure_age"] for row in outputs.results["scenarios"] if row["failure_age"]}
    assert ages == {"failed": "old", "rows#wrong": "new"}
    assert {"name": "tag", "value": "failure:old"} in outputs.allure_of("failed")["labels"]
    assert {"name": "tag", "value": "failure:new"} in outputs.allure_of("rows#wrong")["labels"]
    assert any("suite: 0.0.9 (old) there" in one for one in comparison["differences"])


def test_an_aborted_run_can_be_compared_with_and_is_said_to_be_one(done: Callable[[str], Done]) -> None:
    run = done("compared-with-aborted")
    assert run.status == 0
    assert "that run was aborted: what it did not come to counts as not run there" in run.stdout


def test_a_scenario_that_a_hook_prevented_is_a_new_failure_too(done: Callable[[str], Done]) -> None:
    outputs = Outputs.of(done("compared-with-a-hook").reports)
    assert outputs.results["comparison"]["new_failures"] == ["f2"]
    row = outputs.row("f2")
    assert (row["verdict"], row["failure_age"]) == ("not met", "new")
    assert "before_feature broke" in row["reason"]


def test_what_was_not_selected_is_not_gone(done: Callable[[str], Done]) -> None:
    run = done("compared-and-accepted")
    assert (run.status, run.last_line) == (0, "✅ Integration test passed")
    comparison = Outputs.of(run.reports).results["comparison"]
    assert comparison["vanished"] == ["gone"]
    assert comparison["not_selected"] == ["failed", "rows#wrong", "rows#right"]


# run again


@pytest.mark.parametrize("name", list(AGAIN))
def test_only_what_failed_is_run_again_and_every_output_says_so(
    name: str, done: Callable[[str], Done]
) -> None:
    verdicts, said = AGAIN[name]
    run = done(name)
    outputs = Outputs.of(run.reports)
    assert_same_verdicts(outputs)
    assert outputs.said_by_json() == verdicts, run.stdout
    assert run.status == (1 if "not met" in verdicts.values() else 0), run.stdout
    selection = outputs.results["selection"]
    assert selection.startswith("rerun of ")
    assert said in selection
    assert selection in run.stdout
    assert f"- {selection}\n" in outputs.markdown
    assert selection in outputs.results["notes"]
    assert selection in outputs.allure_facts.values()
    assert selection in "".join(element.text or "" for element in outputs.junit.iter("system-out"))


def test_a_command_that_repeats_a_scenario_names_no_earlier_run(done: Callable[[str], Done]) -> None:
    assert "rerun_failed=" not in Outputs.of(done("again").reports).markdown
    assert "baseline=" not in Outputs.of(done("compared").reports).markdown


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("nothing-failed", "nothing-failed.json has no scenario that failed: nothing to run again."),
        (
            "all-unknown",
            "none of the 2 failed scenarios of all-unknown.json can be run again: "
            "no longer in the suite: gone, left.",
        ),
        ("none-selected", "can be run again: selected are others (features -t @id:rule-met)."),
        ("bad-results", "bad-results.json is not the results.json of a run"),
        ("bad-baseline", "bad-baseline.json is not the results.json of a run"),
    ],
)
def test_what_cannot_be_used_is_one_sentence_before_the_target_is_asked(
    name: str, sentence: str, done: Callable[[str], Done]
) -> None:
    run = done(name)
    assert run.status == 2
    assert run.last_line.startswith(f"❌ Issue: Setting {RUNS[name].setting}: ")
    assert sentence in run.last_line
    assert not (run.reports / "results.json").exists()
    assert "generation" not in run.stdout


def test_a_dry_run_lists_what_would_be_run_again(done: Callable[[str], Done]) -> None:
    listed = done("listed")
    assert (listed.status, listed.stdout.splitlines()[-3:]) == (
        0,
        [
            "met  Met  (features/kinds.feature:5)",
            "failed  Failed  (features/kinds.feature:10)",
            "2 scenarios, not run",
        ],
    )
    assert done("not-listed").status == 2


def test_a_run_can_be_compared_with_and_repeated_from_the_one_before_it(
    tmp_path: Path, project: Project, ktrdr: StubKtrdr
) -> None:
    reports = tmp_path / "reports"
    first = project.run(reports, "-t", "@id:met or @id:failed", KINDS, backend=ktrdr)
    assert first.status == 1
    own = reports / "results.json"
    again = project.run(reports, "-D", f"rerun_failed={own}", "-D", f"baseline={own}", KINDS, backend=ktrdr)
    outputs = Outputs.of(again.reports)
    assert outputs.said_by_json() == {"failed": "not met"}
    assert outputs.results["comparison"]["old_failures"] == ["failed"]
    assert outputs.results["comparison"]["differences"] == []


def test_the_issue_line_has_the_form_that_was_asked_for(
    tmp_path: Path, project: Project, ktrdr: StubKtrdr
) -> None:
    form = ["-D", "issue_form=issue-found"]
    failed = project.run(tmp_path / "a", *form, "-t", "@id:failed", KINDS, backend=ktrdr)
    assert failed.last_line.startswith("❌ Issue found: failed Failed is not met: one: expected <2>")
    assert_same_verdicts(Outputs.of(failed.reports))
    refused = project.run(tmp_path / "b", *form, "-t", "@nosuch", KINDS, backend=ktrdr)
    assert (refused.status, refused.last_line[:15]) == (2, "❌ Issue found: ")
