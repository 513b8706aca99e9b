"""`results.json`: the form that other tools rely on, and how it is written."""

from __future__ import annotations

import gc
import json
import os
from pathlib import Path

import pytest

from ktrdr_acceptance.faults import BadInput, Category
from ktrdr_acceptance.verdict import json_view
from ktrdr_acceptance.verdict.json_view import as_json, write_atomically
from ktrdr_acceptance.verdict.model import Verdict
from ktrdr_acceptance.verdict.reports import Reports

from .specimens import Outputs, behave_scenario, run_result, scenario_result

RUN_KEYS = {
    *("schema", "suite", "status", "target", "settings", "preflight", "started_at", "duration_s"),
    *("exit_status", "summary", "run_findings", "drift", "scenarios"),
}
SCENARIO_KEYS = {
    *("id", "name", "feature", "line", "verdict", "category", "reason", "duration_s", "expected_s"),
    *("milestones", "criteria", "tags", "operations"),
}
RESULT = scenario_result(Verdict.NOT_MET, Category.CODE_BUG, "because")


def test_it_has_the_promised_keys_and_values() -> None:
    content = json.loads(json.dumps(as_json(run_result(RESULT, scenario_result(Verdict.MET, id="2")))))
    assert content.keys() >= RUN_KEYS
    assert content["schema"] == 1
    assert content["suite"].keys() >= {"version", "commit"}
    assert (content["status"], content["exit_status"]) == ("complete", 1)
    assert content["summary"] == {"met": 1, "not met": 1}
    row = content["scenarios"][0]
    assert row.keys() >= SCENARIO_KEYS
    assert (row["id"], row["verdict"], row["category"], row["line"]) == ("1.1", "not met", "CODE_BUG", 11)
    assert (row["milestones"], row["criteria"]) == (["CKP-M1"], ["D26"])


@pytest.mark.parametrize(
    ("complete", "aborted", "status"),
    [(True, "", "complete"), (False, "", "aborted"), (True, "SIGTERM", "aborted"), (False, "x", "aborted")],
)
def test_only_a_run_that_came_to_its_end_is_complete(complete: bool, aborted: str, status: str) -> None:
    assert as_json(run_result(RESULT, complete=complete, aborted=aborted))["status"] == status


@pytest.mark.parametrize(
    ("ids", "whole"),
    [
        (["1.1", "1.4#a", "1.4#b"], True),
        (["1.1", "1.4#a"], False),
        (["1.4#a", "1.4#b"], False),
        ([], False),
    ],
)
def test_a_run_says_whether_it_was_of_the_whole_suite(ids: list[str], whole: bool) -> None:
    results = [scenario_result(Verdict.MET, id=id) for id in ids]
    suite = frozenset({"1.1", "1.4", "1.4#a", "1.4#b"})
    assert as_json(run_result(*results, suite_ids=suite))["whole_suite"] is whole
    assert as_json(run_result(*results))["whole_suite"] is False, "a suite of nothing is not whole"


def test_what_is_planned_stands_before_the_first_scenario(tmp_path: Path) -> None:
    planned = scenario_result(Verdict.NOT_RUN, None, "the run ended before", id="2")
    Reports(tmp_path).begin(run_result(planned, complete=False))
    content = json.loads((tmp_path / "results.json").read_text("utf-8"))
    assert (content["verdict"], [row["id"] for row in content["scenarios"]]) == ("aborted", ["2"])


def test_partial_results_stand_after_each_scenario(tmp_path: Path) -> None:
    planned = scenario_result(Verdict.NOT_RUN, None, "the run ended before", id="2")
    run = run_result(RESULT, planned, complete=False)
    Reports(tmp_path).scenario(run, RESULT, behave_scenario(RESULT))
    content = json.loads((tmp_path / "results.json").read_text("utf-8"))
    assert content["status"] == "aborted"
    assert (content["verdict"], content["exit_status"]) == ("aborted", 4)
    assert content["issue"] == "aborted: the run has not come to its end"
    assert [row["verdict"] for row in content["scenarios"]] == ["not met", "not run"]
    assert len(list((tmp_path / "allure-results").glob("*-result.json"))) == 1


def test_a_file_is_replaced_as_a_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "deep" / "deeper" / "results.json"
    write_atomically(path, "old")
    seen: list[str] = []

    def replace(draft: Path, target: Path) -> None:
        assert draft.parent == target.parent, "a rename is atomic only within a folder"
        seen.append(f"{target.read_text()} while {draft.read_text()} was ready")
        os.rename(draft, target)  # noqa: PTH104

    monkeypatch.setattr(json_view.os, "replace", replace)
    write_atomically(path, "new")
    assert seen == ["old while new was ready"]
    assert path.read_text() == "new"
    assert [child.name for child in path.parent.iterdir()] == ["results.json"]


def test_a_write_that_fails_leaves_the_old_content(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "results.json"
    write_atomically(path, "old")

    def no_space(*_arguments: object, **_more: object) -> None:
        raise OSError("no space left")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", no_space)
        with pytest.raises(OSError, match="no space left"):
            write_atomically(path, "new")
    assert path.read_text() == "old"


@pytest.mark.usefixtures("ascii_locale")
def test_text_is_written_as_utf_8_whatever_the_locale(tmp_path: Path) -> None:
    write_atomically(tmp_path / "x", "✅ größer")
    assert (tmp_path / "x").read_bytes().decode("utf-8") == "✅ größer"


def test_a_text_is_written_without_its_secrets_and_json_as_it_was_made(tmp_path: Path) -> None:
    for name in ("summary.md", "results.json"):
        write_atomically(tmp_path / name, '{"password": "hunter2hunter2"}')
    assert "hunter2" not in (tmp_path / "summary.md").read_text()
    assert (tmp_path / "results.json").read_text() == '{"password": "hunter2hunter2"}'


def test_previous_reports_move_aside_and_foreign_files_stay(tmp_path: Path) -> None:
    Outputs(tmp_path, run_result(RESULT))
    for folder in ("embedded-logs", "allure-report", "logs"):
        write_atomically(tmp_path / folder / "inside", folder)
    (tmp_path / "notes.txt").write_text("mine")
    ours = {"results.json", "summary.md", "junit.xml", "allure-results", "allure-report", "embedded-logs"}
    Reports(tmp_path).move_previous_aside()
    assert {path.name for path in tmp_path.iterdir()} == {"previous", "notes.txt", "logs"}
    assert (tmp_path / "logs" / "inside").read_text() == "logs"
    assert (tmp_path / "previous" / "allure-report" / "inside").read_text() == "allure-report"
    assert {path.name for path in (tmp_path / "previous").iterdir()} == ours
    assert json.loads((tmp_path / "previous" / "results.json").read_text())["scenarios"][0]["id"] == "1.1"


def test_only_the_last_previous_reports_are_kept(tmp_path: Path) -> None:
    Outputs(tmp_path, run_result(RESULT))
    Reports(tmp_path).move_previous_aside()
    write_atomically(tmp_path / "results.json", "second")
    Reports(tmp_path).move_previous_aside()
    assert [path.name for path in (tmp_path / "previous").iterdir()] == ["results.json"]
    assert (tmp_path / "previous" / "results.json").read_text() == "second"


def test_only_what_is_ours_leaves_the_folder_of_the_previous_reports(tmp_path: Path) -> None:
    previous = tmp_path / "previous"
    write_atomically(previous / "results.json", "older")
    write_atomically(previous / "allure-results" / "old-result.json", "older")
    write_atomically(previous / "notes.txt", "mine")
    write_atomically(previous / "logs" / "inside", "mine too")
    write_atomically(tmp_path / "results.json", "last")
    write_atomically(tmp_path / "allure-results" / "new-result.json", "last")
    Reports(tmp_path).move_previous_aside()
    assert {path.name for path in previous.iterdir()} == {
        "results.json",
        "allure-results",
        "notes.txt",
        "logs",
    }
    assert (previous / "results.json").read_text() == "last"
    assert [path.name for path in (previous / "allure-results").iterdir()] == ["new-result.json"]
    assert (previous / "notes.txt").read_text() == "mine"
    assert (previous / "logs" / "inside").read_text() == "mine too"


def test_a_folder_belongs_to_one_run_at_a_time(tmp_path: Path) -> None:
    first, second = Reports(tmp_path / "a"), Reports(tmp_path / "b" / ".." / "a")
    first.claim()
    (tmp_path / "b").mkdir()
    with pytest.raises(BadInput, match=r"another run is writing to .*; let it end, or name another folder"):
        second.claim()
    Reports(tmp_path / "b").claim()


def test_a_folder_is_made_with_those_above_it_and_holds_nothing_but_the_lock(tmp_path: Path) -> None:
    Reports(tmp_path / "a" / "b").claim()
    Reports(tmp_path / "a").claim()
    assert [path.name for path in (tmp_path / "a" / "b").iterdir()] == [".lock"]


def test_a_folder_that_cannot_be_used_is_refused_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BadInput) as caught:
        Reports(tmp_path / "file").claim()
    assert str(caught.value) == f"Setting reports: {tmp_path}/file cannot be written to (File exists)."


def test_reports_that_cannot_be_moved_aside_are_refused_in_a_sentence(tmp_path: Path) -> None:
    write_atomically(tmp_path / "results.json", "last")
    (tmp_path / "previous").write_text("in the way")
    with pytest.raises(BadInput) as caught:
        Reports(tmp_path).move_previous_aside()
    assert str(caught.value) == (
        f"Setting reports: the last run's reports in {tmp_path} cannot be moved to {tmp_path}/previous "
        "(File exists)."
    )


def test_a_folder_is_free_again_once_its_run_has_gone(tmp_path: Path) -> None:
    Reports(tmp_path).claim()
    gc.collect()
    Reports(tmp_path).claim()


def test_without_new_reports_the_previous_ones_stay(tmp_path: Path) -> None:
    write_atomically(tmp_path / "previous" / "results.json", "kept")
    Reports(tmp_path).move_previous_aside()
    assert (tmp_path / "previous" / "results.json").read_text() == "kept"


# a view that cannot be written

VIEWS = ["results.json", "junit.xml", "summary.md", "allure-results/environment.properties"]


def in_the_way(folder: Path) -> None:
    (folder / "in the way").mkdir(parents=True)


@pytest.mark.parametrize("broken", VIEWS)
def test_after_a_view_that_cannot_be_written_the_others_are_and_no_draft_is_left(
    broken: str, tmp_path: Path
) -> None:
    reports, run = Reports(tmp_path), run_result(RESULT)
    reports.scenario(run, RESULT, behave_scenario(RESULT))
    for name in VIEWS:
        write_atomically(tmp_path / name, "of before")
        write_atomically(tmp_path / f"{name}.part", "half of it")
    (tmp_path / broken).unlink()
    in_the_way(tmp_path / broken)
    with pytest.raises(OSError, match="Is a directory"):
        reports.finish(run)
    run.aborted = "no report"
    reports.finish_as_far_as_possible(run)
    assert {name: (tmp_path / name).is_dir() for name in VIEWS} == {name: name == broken for name in VIEWS}
    for name in VIEWS:
        assert not (tmp_path / f"{name}.part").exists()
        if name != broken:
            assert "aborted" in (tmp_path / name).read_text("utf-8")


@pytest.mark.parametrize("broken", VIEWS)
@pytest.mark.parametrize("was_finished", [True, False])
def test_a_view_that_says_what_is_no_longer_so_is_taken_away(
    broken: str, was_finished: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reports, run = Reports(tmp_path), run_result(RESULT, complete=False)
    reports.scenario(run, RESULT, behave_scenario(RESULT))
    run.complete = True
    if was_finished:
        reports.finish(run)
    run.aborted = "no space left"
    replace = os.replace

    def refuse(draft: Path, target: Path) -> None:
        if str(target) == str(tmp_path / broken):
            raise OSError("no space left")
        replace(draft, target)

    monkeypatch.setattr(json_view.os, "replace", refuse)
    reports.finish_as_far_as_possible(run)
    # Results of before the end say of themselves that the run has not come to it.
    stays = broken == "results.json" and not was_finished
    assert (tmp_path / broken).exists() is stays
    for name in VIEWS:
        if (tmp_path / name).exists():
            assert "aborted" in (tmp_path / name).read_text("utf-8")
