"""Exit status, last line and reports of runs as a user starts them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest
from verdict.specimens import Outputs, assert_same_run_verdict, assert_same_verdicts

from .project import Done, Project
from .stub_ktrdr import StubKtrdr, closed_url

KINDS = "features/kinds.feature"

PASSED = "✅ Integration test passed"
# Name -> arguments of a run against the healthy stub, its exit status, a part of its last line.
RUNS: dict[str, tuple[list[str], int, str]] = {
    "all-met": (["-t", "@id:met or @id:put-back", KINDS], 0, PASSED),
    "met-and-not-run": (["-t", "@id:met or @id:skipped", KINDS], 0, PASSED),
    "strict": (["-t", "@id:met or @id:skipped", "-D", "strict=1", KINDS], 1, "is not run: no gateway here"),
    "failed": (["-t", "@id:failed", KINDS], 1, "failed Failed is not met: one: expected <2>"),
    "undefined": (["-t", "@id:undefined", KINDS], 1, "undefined Undefined is not met: step is undefined"),
    "unchecked": (["-t", "@id:unchecked", KINDS], 1, "the scenario checked nothing"),
    "before-raises": (["-t", "@id:before-raises", KINDS], 1, "before_scenario broke"),
    "after-raises": (["-t", "@id:after-raises", KINDS], 1, "after_scenario broke"),
    "cleanup-raises": (["-t", "@id:cleanup-raises", KINDS], 1, "cleanup_error"),
    "all-skipped": (["-t", "@id:skipped", KINDS], 3, "no selected scenario could run: no gateway here"),
    "feature-cleanup": (["features/feature_cleanup.feature"], 1, "❌ Issue: "),
    "feature-hook": (["features/feature_hook.feature"], 1, "before_feature broke"),
    "line": ([f"{KINDS}:5"], 0, PASSED),
    "plain": (["-f", "plain", "-t", "@id:met", KINDS], 0, PASSED),
    "plain-to-file": (["-f", "plain", "-o", "plain.txt", "-t", "@id:met", KINDS], 0, PASSED),
}
# Name -> arguments of a run that must be refused, a part of the one sentence that says why.
REFUSED: dict[str, tuple[list[str], str]] = {
    "unknown-key": (["-D", "tagret=services"], "Unknown setting tagret from -D: did you mean target?"),
    "unknown-target": (["-D", "target=kubernetes"], "Setting target from -D target is 'kubernetes'"),
    "malformed-url": (["-D", "backend_url=localhost:8000"], "Setting backend_url from -D backend_url is"),
    "wrong-type": (["-D", "speed=fast"], "Setting speed from -D speed is 'fast'"),
    "missing-path": (["features/nosuch.feature"], "Nothing to run"),
    "missing-folder": (["nosuch"], "Nothing to run at nosuch"),
    "no-tag": (["-t", "@nosuch", KINDS], "matches no scenario"),
    "old-tag-form": (["-t", "~@good", "-n", "^Met$", KINDS], "matches no scenario"),
    "reports-is-a-file": (["-D", "reports=pyproject.toml"], "reports"),
}


class Runs:
    """Runs everything in the tables, two at a time, and hands each result to its tests."""

    def __init__(self, project: Project, ktrdr: StubKtrdr, folder: Path) -> None:
        self._folder = folder
        self._pool = ThreadPoolExecutor(2)
        tables = {name: arguments for name, (arguments, *_) in RUNS.items()}
        tables |= {name: arguments for name, (arguments, _) in REFUSED.items()}
        self._futures: dict[str, Future[Done]] = {
            name: self._pool.submit(project.run, folder / name / "reports", *arguments, backend=ktrdr)
            for name, arguments in tables.items()
        }

    def __getitem__(self, name: str) -> Done:
        return self._futures[name].result()

    def close(self) -> None:
        self._pool.shutdown(cancel_futures=True)


@pytest.fixture(scope="module")
def runs(project: Project, ktrdr: StubKtrdr, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runs]:
    runs = Runs(project, ktrdr, tmp_path_factory.mktemp("runs"))
    yield runs
    runs.close()


@pytest.mark.parametrize("name", list(RUNS))
def test_a_run_exits_with_its_verdict_and_says_it_last(name: str, runs: Runs) -> None:
    _, status, said = RUNS[name]
    done = runs[name]
    assert done.status == status, done.stdout + done.stderr
    assert said in done.last_line
    outputs = Outputs.of(done.reports)
    assert outputs.results["exit_status"] == status
    assert outputs.results["status"] == "complete"
    assert done.last_line == outputs.last_line()
    assert_same_verdicts(outputs)


@pytest.mark.parametrize("name", ["before-raises", "after-raises", "cleanup-raises"])
def test_a_hook_that_raises_is_broken_in_allure(name: str, runs: Runs) -> None:
    (test,) = Outputs.of(runs[name].reports).allure
    assert test["status"] == "broken"
    assert test["statusDetails"]["message"].startswith("TEST_ISSUE: ")


@pytest.mark.parametrize("name", list(REFUSED))
def test_bad_input_is_one_sentence_and_no_verdict(name: str, runs: Runs) -> None:
    done = runs[name]
    assert done.status == 2, done.stdout + done.stderr
    assert done.last_line.startswith("❌ Issue: ")
    assert REFUSED[name][1] in done.last_line
    assert "Traceback" not in done.stdout + done.stderr
    assert not (done.reports / "results.json").exists()
    assert "passed" not in done.stdout


def test_another_formatter_may_share_the_console_or_have_a_file(runs: Runs, project: Project) -> None:
    assert "Scenario: Met" in runs["plain"].stdout
    assert "Scenario: Met" not in runs["plain-to-file"].stdout
    assert "Scenario: Met" in (project.folder / "plain.txt").read_text("utf-8")


@pytest.mark.parametrize(
    "arguments",
    [["--dry-run"], ["--steps-catalog"], ["-f", "tags", "-f", "steps"]],
    ids=" ".join,
)
def test_what_is_no_run_writes_nothing_and_claims_nothing(
    arguments: list[str], project: Project, reports: Path
) -> None:
    done = project.run(reports, *arguments, "features/rules.feature", backend=closed_url())
    assert not reports.exists()
    assert "Integration test" not in done.stdout
    assert "Issue:" not in done.stdout
    assert "Traceback" not in done.stdout + done.stderr
    assert done.status in (0, 1)


# the environment


def assert_unfit(done: Done, said: str) -> Outputs:
    assert done.status == 3, done.stdout + done.stderr
    assert said in done.last_line
    assert done.last_line.startswith("❌ Issue: environment unfit: ")
    assert "Traceback" not in done.stdout + done.stderr
    outputs = Outputs.of(done.reports)
    assert_same_run_verdict(outputs)
    assert "failed" not in outputs.said_by_allure().values()
    assert "broken" not in outputs.said_by_allure().values()
    assert outputs.results["summary"].get("not met", 0) == 0
    assert outputs.results["verdict"] == "environment unfit"
    return outputs


def test_an_unreachable_backend_is_unfit_and_reported(project: Project, reports: Path) -> None:
    url = closed_url()
    done = project.run(reports, "features/rules.feature", backend=url)
    outputs = assert_unfit(done, f"backend at {url} gave no answer to GET /api/v1/health")
    assert "(setting backend_url)" in done.last_line
    assert outputs.said_by_json() == {"rule-met": "not run", "rule-failed": "not run"}
    assert_same_verdicts(outputs)


def test_something_else_on_the_port_is_unfit(project: Project, reports: Path) -> None:
    stub = StubKtrdr(is_ktrdr=False)
    done = project.run(reports, "features/rules.feature", backend=stub)
    stub.stop()
    assert_unfit(done, f"what answers at {stub.url} is not a KTRDR backend")


def test_a_need_that_the_target_lacks_is_not_run(project: Project, reports: Path) -> None:
    stub = StubKtrdr(workers=0)
    done = project.run(reports, "-t", "@id:met or @id:put-back", KINDS, backend=stub)
    outputs = Outputs.of(done.reports)
    stub.stop()
    assert outputs.row("put-back")["verdict"] == "not run"
    assert outputs.row("put-back")["reason"] == "the target has no training worker registered"
    assert "not run: put-back: the target has no training worker registered" in done.stdout
    assert stub.count("POST") == 0
    assert done.status == 0
    assert_same_verdicts(outputs)


def test_a_need_on_a_rule_counts(project: Project, reports: Path) -> None:
    stub = StubKtrdr(workers=0)
    project.run(reports, "-t", "@id:rule-met", "features/rules.feature", backend=stub)
    stub.stop()
    assert Outputs.of(reports).row("rule-met")["verdict"] == "not run"


def test_a_run_of_nothing_but_unmet_needs_is_unfit(project: Project, reports: Path) -> None:
    stub = StubKtrdr(workers=0)
    done = project.run(reports, "-t", "@id:put-back", KINDS, backend=stub)
    stub.stop()
    outputs = assert_unfit(done, "no selected scenario could run: the target has no training worker")
    assert_same_verdicts(outputs)


def test_a_service_that_dies_makes_the_run_unfit_and_no_scenario_failed(
    project: Project, own_ktrdr: StubKtrdr, reports: Path
) -> None:
    done = project.run(reports, "features/dying.feature", backend=own_ktrdr)
    outputs = assert_unfit(done, f"backend at {own_ktrdr.url} gave no answer")
    assert outputs.said_by_json() == {"d1-before": "met", "d2-dying": "not run"}
    assert outputs.row("d2-dying")["category"] == "ENVIRONMENT"
    assert "could not end the long training" in outputs.row("d2-dying")["reason"]
    assert_same_verdicts(outputs)


# what cannot be loaded


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        ({"step": "import nosuch_module_of_nobody\n"}, "nosuch_module_of_nobody"),
        ({"step": "from behave import given\n@given('something')\ndef twice(context): pass\n"}, "Ambiguous"),
        ({"feature": "Feature: x\n  Scenario: y\n    Given z\n    Bogus line\n"}, 'line 4: "Bogus line"'),
        ({"step": "raise SystemExit(0)\n"}, "SystemExit: 0"),
        ({"environment": "\nimport nosuch_module_of_nobody\n"}, "nosuch_module_of_nobody"),
    ],
    ids=["import", "ambiguous", "feature", "exit", "environment"],
)
def test_what_cannot_be_loaded_is_a_suite_error(
    broken: dict[str, str], said: str, tmp_path: Path, reports: Path
) -> None:
    project = Project(tmp_path / "project", **broken)
    done = project.run(reports, backend=closed_url())
    assert done.status == 4, done.stdout + done.stderr
    assert done.last_line.startswith("❌ Issue: aborted: cannot load the suite: ")
    assert said in done.last_line
    assert "Traceback" not in done.stdout + done.stderr
    outputs = Outputs.of(reports)
    assert_same_run_verdict(outputs)
    assert (outputs.results["status"], outputs.results["exit_status"]) == ("aborted", 4)


def test_a_step_that_leaves_the_process_does_not_pass(
    project: Project, ktrdr: StubKtrdr, reports: Path
) -> None:
    done = project.run(reports, "features/leaving.feature", backend=ktrdr)
    assert done.status == 4, "a step that calls sys.exit(0) made the run green"
    assert "A step ends the process" in done.last_line
    assert "✅" not in done.stdout
    outputs = Outputs.of(reports)
    assert_same_verdicts(outputs)
    assert set(outputs.said_by_json().values()) == {"not run"}


# previous results


def test_previous_results_move_aside_before_the_target_is_touched(
    project: Project, own_ktrdr: StubKtrdr, reports: Path
) -> None:
    reports.mkdir()
    (reports / "results.json").write_text('{"exit_status": 0}')
    found: list[bool] = []
    own_ktrdr.on_first_request = lambda: found.append((reports / "results.json").exists())
    done = project.run(reports, "-t", "@id:met", KINDS, backend=own_ktrdr)
    assert done.status == 0
    assert found == [False]
    assert json.loads((reports / "previous" / "results.json").read_text()) == {"exit_status": 0}
    assert json.loads((reports / "results.json").read_text())["schema"] == 1


@pytest.mark.parametrize("arguments", [["-D", "speed=fast"], ["--dry-run"]], ids=" ".join)
def test_previous_results_stay_when_nothing_is_run(
    arguments: list[str], project: Project, reports: Path
) -> None:
    reports.mkdir()
    (reports / "results.json").write_text("{}")
    project.run(reports, *arguments, KINDS, backend=closed_url())
    assert (reports / "results.json").read_text() == "{}"


# settings of a run


def test_the_time_factor_of_a_run_is_said_in_every_output(
    project: Project, ktrdr: StubKtrdr, reports: Path
) -> None:
    done = project.run(reports, "-D", "time_factor=3", "-t", "@id:met", KINDS, backend=ktrdr)
    note = "waiting deadlines were scaled by the time factor 3"
    outputs = Outputs.of(reports)
    assert done.stdout.count(note) >= 1
    assert outputs.results["notes"] == [note]
    assert outputs.results["settings"]["time_factor"] == 3
    assert note in outputs.markdown
    assert note in outputs.allure_facts.values()
    assert note in (reports / "junit.xml").read_text("utf-8")
