"""Runs that are told of known issues: accepted only if each of them holds, and the same in every output."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import yaml
from verdict.specimens import Outputs, assert_same_verdicts

from .project import Done, Project
from .stub_ktrdr import StubKtrdr

KINDS = "features/kinds.feature"
OBSERVED = "one: expected <2>, but was <1>"
PASSED = "✅ Integration test passed"


def entry(*scenarios: str, **changes: Any) -> dict[str, Any]:
    return {
        "id": "K1",
        "title": "one is not two",
        "scenarios": list(scenarios),
        "generations": ["S"],
        "observed": OBSERVED,
        "link": "https://example.org/issues/1",
        "owner": "arithmetic developer",
        "expires": "2099-12-31",
        **changes,
    }


# Name -> the entries, the selected scenarios, further arguments.
RUNS: dict[str, tuple[list[dict[str, Any]], str, list[str]]] = {
    "holds": ([entry("failed")], "@id:met or @id:failed", []),
    "strict": ([entry("failed")], "@id:met or @id:failed", ["-D", "strict=1"]),
    "alone": ([entry("failed")], "@id:failed", []),
    "retried": ([entry("failed")], "@id:met or @id:failed", ["-D", "retry=1"]),
    "not-named": ([], "@id:met or @id:failed", []),
    "otherwise": ([entry("failed", observed="one: expected <3>, but was")], "@id:met or @id:failed", []),
    "no-longer": ([entry("met")], "@id:met", []),
    "no-longer-of-a-row": ([entry("rows")], "@id:rows", []),
    "a-row": ([entry("rows#wrong")], "@id:rows", []),
    "expired": ([entry("failed", expires="2020-01-31")], "@id:met or @id:failed", []),
    "expired-and-met": ([entry("met", expires="2020-01-31")], "@id:met", []),
    "other-generation": ([entry("failed", generations=["N", "H"])], "@id:met or @id:failed", []),
    "other-generation-met": ([entry("met", generations=["N"])], "@id:met", []),
    "not-selected": ([entry("failed")], "@id:met", []),
    "not-run": ([entry("skipped")], "@id:met or @id:skipped", []),
    "broken": ([entry("broken", observed="KeyError: 'broken step'")], "@id:met or @id:broken", []),
    "undo": ([entry("left-over")], "@id:met or @id:left-over", []),
    "hook": ([entry("hooked")], "@id:met or @id:hooked", []),
    "unknown": ([entry("failed", "nosuch")], "@id:met", []),
    "unknown-row": ([entry("rows#nosuch")], "@id:met", []),
    "elsewhere": ([entry("rule-failed")], "@id:met", []),
    "bad-pattern": ([entry("failed", observed=".*")], "@id:met", []),
}
LEFT_OVER = """
from behave import then
from hamcrest import equal_to


@then("one is two, and something stays behind")
def then_stays(context):
    def undo():
        raise RuntimeError("it is still there")

    context.world.undo.register("take it away", undo)
    context.world.check.that("one", 1, equal_to(2))
"""
HOOK = """

ours = after_scenario


def after_scenario(context, scenario):
    ours(context, scenario)
    if "after-raises" in scenario.tags:
        raise RuntimeError("after_scenario broke")
"""
LEFT_OVER_FEATURE = """
Feature: Left over

  @id:left-over
  Scenario: Something stays behind
    Then one is two, and something stays behind

  @after-raises @id:hooked
  Scenario: A hook raises after a known failure
    Then one is two
"""


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory, ktrdr: StubKtrdr) -> Iterator[Callable[[str], Done]]:
    folder = tmp_path_factory.mktemp("known")
    project = Project(folder / "here", step=LEFT_OVER, feature=LEFT_OVER_FEATURE, environment=HOOK)
    pool = ThreadPoolExecutor(2)
    futures: dict[str, Future[Done]] = {}
    for name, (entries, selected, arguments) in RUNS.items():
        if entries:
            file = project.folder / f"{name}.yaml"
            file.write_text(yaml.safe_dump(entries), "utf-8")
            arguments = [*arguments, "-D", f"known_issues={file.name}"]
        paths = ["features/more.feature"]
        command = [*arguments, "-t", selected, KINDS, *paths]
        futures[name] = pool.submit(project.run, folder / name, *command, backend=ktrdr)
    yield lambda name: futures[name].result()
    pool.shutdown(cancel_futures=True)


@pytest.mark.parametrize(
    ("name", "status", "verdicts"),
    [
        ("holds", 0, {"met": "met", "failed": "known issue"}),
        ("strict", 0, {"met": "met", "failed": "known issue"}),
        ("alone", 1, {"failed": "known issue"}),
        ("retried", 0, {"met": "met", "failed": "known issue"}),
        ("not-named", 1, {"met": "met", "failed": "not met"}),
        ("otherwise", 1, {"met": "met", "failed": "not met"}),
        ("no-longer", 1, {"met": "met"}),
        ("no-longer-of-a-row", 1, {"rows#right": "met", "rows#wrong": "known issue"}),
        ("a-row", 0, {"rows#right": "met", "rows#wrong": "known issue"}),
        ("expired", 1, {"met": "met", "failed": "not met"}),
        ("expired-and-met", 1, {"met": "met"}),
        ("other-generation", 1, {"met": "met", "failed": "not met"}),
        ("other-generation-met", 0, {"met": "met"}),
        ("not-selected", 0, {"met": "met"}),
        ("not-run", 0, {"met": "met", "skipped": "not run"}),
        ("broken", 1, {"met": "met", "broken": "not met"}),
        ("undo", 1, {"met": "met", "left-over": "not met"}),
        ("hook", 1, {"met": "met", "hooked": "not met"}),
        ("elsewhere", 0, {"met": "met"}),
    ],
)
def test_what_comes_of_a_run_that_is_told_of_known_issues(
    name: str, status: int, verdicts: dict[str, str], done: Callable[[str], Done]
) -> None:
    run = done(name)
    assert run.status == status, run.stdout
    outputs = Outputs.of(run.reports)
    assert_same_verdicts(outputs)
    assert outputs.said_by_json() == verdicts
    assert run.last_line == outputs.last_line()
    assert (run.last_line == PASSED) is (status == 0)


@pytest.mark.parametrize(
    ("name", "finding"),
    [
        ("no-longer", "known issue K1 no longer holds: met is met; remove it"),
        ("no-longer-of-a-row", "known issue K1 no longer holds: rows#right is met; remove it"),
        ("expired", "known issue K1 has expired on 2020-01-31: arithmetic developer must renew or remove it"),
        ("expired-and-met", "known issue K1 has expired on 2020-01-31"),
    ],
)
def test_an_entry_that_does_not_hold_is_a_finding_in_every_output(
    name: str, finding: str, done: Callable[[str], Done]
) -> None:
    run = done(name)
    outputs = Outputs.of(run.reports)
    (said,) = outputs.results["run_findings"]
    assert said.startswith(finding)
    assert f"finding of the run: {said}" in run.stdout
    assert f"- {said}\n" in outputs.markdown
    assert said in outputs.allure_errors
    assert said in "".join(element.text or "" for element in outputs.junit.iter("system-err"))


def test_an_accepted_run_says_which_list_it_was_told_of_and_how_many_are_known(
    done: Callable[[str], Done],
) -> None:
    run = done("holds")
    outputs = Outputs.of(run.reports)
    note = "known issues listed in: holds.yaml (1 entry)"
    assert note in run.stdout
    assert f"- {note}\n" in outputs.markdown
    assert note in outputs.results["notes"]
    assert note in outputs.allure_facts.values()
    assert note in "".join(element.text or "" for element in outputs.junit.iter("system-out"))
    counts = "1 met, 0 not met, 1 known issue, 0 not run of 2 scenarios"
    assert counts in run.stdout
    assert counts in outputs.markdown
    assert outputs.results["summary"] == {"known issue": 1, "met": 1}


def test_a_known_issue_is_told_with_its_link_owner_and_last_day_in_every_output(
    done: Callable[[str], Done],
) -> None:
    run = done("holds")
    outputs = Outputs.of(run.reports)
    said = (
        "known issue K1: one is not two, https://example.org/issues/1, arithmetic developer, until 2099-12-31"
    )
    assert f"failed: {said}" in run.stdout.splitlines()
    assert f"- failed: {said}\n" in outputs.markdown
    row = outputs.row("failed")
    assert (row["category"], row["reason"].splitlines()[0]) == ("CODE_BUG", said)
    assert OBSERVED in row["reason"]
    assert outputs.allure_of("failed")["statusDetails"]["message"].startswith(said)
    labels = outputs.allure_of("failed")["labels"]
    assert not [label for label in labels if str(label.get("value")).startswith("failure:")]
    (skipped,) = outputs.junit.iter("skipped")
    assert skipped.get("message") == said


@pytest.mark.parametrize("name", ["otherwise", "broken", "undo", "hook"])
def test_another_failure_says_that_it_is_not_the_known_one(name: str, done: Callable[[str], Done]) -> None:
    run = done(name)
    outputs = Outputs.of(run.reports)
    (row,) = [row for row in outputs.results["scenarios"] if row["verdict"] == "not met"]
    said = "it fails otherwise than its known issue K1 says (https://example.org/issues/1)"
    for text in (row["reason"], run.stdout, outputs.markdown):
        assert said in text
    assert said in outputs.allure_of(row["id"])["statusDetails"]["message"]


def test_what_could_not_be_put_back_stands_beside_the_failure(done: Callable[[str], Done]) -> None:
    reason = Outputs.of(done("undo").reports).row("left-over")["reason"]
    assert OBSERVED in reason
    assert "it is still there" in reason
    hooked = Outputs.of(done("hook").reports).row("hooked")["reason"]
    assert OBSERVED in hooked
    assert "after_scenario broke" in hooked


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("unknown", "entry K1, field scenarios: the suite has no scenario nosuch;"),
        ("unknown-row", "entry K1, field scenarios: the suite has no scenario rows#nosuch;"),
        ("bad-pattern", "bad-pattern.yaml: entry 1 (K1), field observed: matches"),
    ],
)
def test_a_bad_list_is_refused_before_the_target_is_asked(
    name: str, sentence: str, done: Callable[[str], Done]
) -> None:
    run = done(name)
    assert run.status == 2
    assert sentence in run.last_line
    assert run.last_line.startswith("❌ Issue: Setting known_issues: ")
    assert not (run.reports / "results.json").exists()
    assert "generation" not in run.stdout


def test_a_known_issue_hides_no_failure_outside_the_scenarios(tmp_path: Path, ktrdr: StubKtrdr) -> None:
    broken = "\n\ndef after_all(context):\n    raise RuntimeError('after_all broke')\n"
    project = Project(tmp_path / "here", environment=broken)
    (project.folder / "known.yaml").write_text(yaml.safe_dump([entry("failed")]), "utf-8")
    arguments = ["-D", "known_issues=known.yaml", "-t", "@id:met or @id:failed", KINDS]
    run = project.run(tmp_path / "reports", *arguments, backend=ktrdr)
    assert Outputs.of(run.reports).said_by_json() == {"met": "met", "failed": "known issue"}
    assert run.status == 1
    assert "after_all" in run.last_line
