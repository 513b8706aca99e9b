"""Known issues: strictly read, holding for what they describe and nothing else, gone when they expire."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from ktrdr_acceptance.faults import BadInput, Category
from ktrdr_acceptance.verdict.judge import Judgement, judge_attempts
from ktrdr_acceptance.verdict.known_issues import KnownIssue, KnownIssues, outline_of, read_known_issues
from ktrdr_acceptance.verdict.model import Verdict

from .test_judge import Status, judged, raising, scenario

TODAY = date(2026, 11, 22)
ENTRY: dict[str, Any] = {
    "id": "S-cancel",
    "title": "a cancelled training trains on",
    "scenarios": ["1.3"],
    "generations": ["S"],
    "observed": "shows completed .*while the backend says cancelled",
    "link": "https://example.org/issues/7",
    "owner": "training developer",
    "expires": date(2027, 5, 31),
}
REASON = "the worker shows completed at 13 s\nwhile the backend says cancelled\nin: And it is still cancelled"
LEFT_OVER = "could not end the long training: backend gone"
NOT_MET = Judgement(Verdict.NOT_MET, Category.CODE_BUG, REASON)


def known(today: date = TODAY, **changes: Any) -> KnownIssues:
    return KnownIssues((KnownIssue.model_validate({**ENTRY, **changes}),), today)


def held(judgement: Judgement, id: str = "1.3", generation: str = "S", **changes: Any) -> Judgement:
    judgement, findings = known(**changes).judged(id, generation, judgement)
    assert findings == ()
    return judgement


def test_a_failure_that_an_entry_describes_is_a_known_issue_and_says_which() -> None:
    judgement = held(NOT_MET)
    assert judgement.verdict == Verdict.KNOWN_ISSUE
    assert judgement.category == Category.CODE_BUG
    assert judgement.reason.splitlines()[0] == (
        "known issue S-cancel: a cancelled training trains on, https://example.org/issues/7, "
        "training developer, until 2027-05-31"
    )
    assert judgement.reason.endswith(f"\n{REASON}")


@pytest.mark.parametrize(
    ("id", "generation"), [("1.2", "S"), ("1.30", "S"), ("1.3", "N"), ("1.3", "H")], ids=str
)
def test_an_entry_of_another_scenario_or_generation_says_nothing(id: str, generation: str) -> None:
    assert held(NOT_MET, id, generation) == NOT_MET


def test_without_entries_nothing_is_known() -> None:
    assert KnownIssues((), TODAY).judged("1.3", "S", NOT_MET) == (NOT_MET, ())


def test_another_failure_stays_not_met_and_says_that_it_fails_otherwise() -> None:
    other = Judgement(Verdict.NOT_MET, Category.CODE_BUG, "the cancel was refused\nin: When I cancel it")
    judgement, findings = two().judged("1.3", "S", other)
    assert (judgement.verdict, judgement.category, findings) == (Verdict.NOT_MET, Category.CODE_BUG, ())
    assert judgement.reason == (
        f"{other.reason}\n"
        "it fails otherwise than its known issue S-cancel says (https://example.org/issues/7): "
        f"{ENTRY['observed']}\n"
        "it fails otherwise than its known issue S-log says (https://example.org/issues/7): "
        f"{LOG_ENTRY['observed']}"
    )


def test_a_configuration_that_is_described_is_a_known_issue() -> None:
    collapsed = Judgement(Verdict.NOT_MET, Category.CONFIGURATION, REASON)
    assert held(collapsed).verdict == Verdict.KNOWN_ISSUE


@pytest.mark.parametrize("category", [Category.TEST_ISSUE, Category.ENVIRONMENT, None])
def test_a_fault_of_suite_or_environment_is_never_known(category: Category | None) -> None:
    assert held(Judgement(Verdict.NOT_MET, category, REASON)).verdict == Verdict.NOT_MET


@pytest.mark.parametrize("category", [None, Category.ENVIRONMENT])
def test_what_was_not_run_is_neither_known_nor_mended(category: Category | None) -> None:
    not_run = Judgement(Verdict.NOT_RUN, category, REASON)
    assert held(not_run) == not_run
    assert known(today=date(2030, 1, 1)).judged("1.3", "S", not_run) == (not_run, ())


# what is found beside the known failure


@pytest.mark.parametrize("later", [{"violations": ["op went back"]}, {"undo_errors": [LEFT_OVER]}])
def test_what_is_found_beside_it_is_never_hidden(later: dict[str, list[str]]) -> None:
    judgement = held(judged(raising(AssertionError(REASON)), **later))
    assert judgement.verdict == Verdict.NOT_MET
    assert "fails otherwise" in judgement.reason
    assert next(iter(later.values()))[0] in judgement.reason


def test_a_finding_of_two_lines_is_one_and_neither_of_them_hides_the_other() -> None:
    beside = ["shows completed by now\nwhile the backend says cancelled", LEFT_OVER]
    assert held(judged(raising(AssertionError(REASON)), violations=beside)).verdict == Verdict.NOT_MET
    assert held(judged(raising(AssertionError(REASON)), violations=beside[:1])).verdict == Verdict.KNOWN_ISSUE


@pytest.mark.parametrize(
    ("found", "verdict"),
    [
        (["operation op_1 went from cancelled to completed"], Verdict.KNOWN_ISSUE),
        ([], Verdict.KNOWN_ISSUE),
        (["operation op_1 went from cancelled to completed", LEFT_OVER], Verdict.NOT_MET),
    ],
)
def test_an_entry_can_say_what_may_be_found_beside_it(found: list[str], verdict: Verdict) -> None:
    judgement = judged(raising(AssertionError(REASON)), violations=found)
    assert held(judgement, beside=["went from cancelled to completed"]).verdict == verdict


def test_what_is_found_beside_it_alone_is_not_the_known_issue() -> None:
    alone = Judgement(Verdict.NOT_MET, Category.CODE_BUG, "op_1 went from cancelled to completed")
    assert held(alone, beside=["went from cancelled to completed"]).verdict == Verdict.NOT_MET


def test_an_undo_that_fails_after_all_steps_passed_is_not_met_whatever_is_known() -> None:
    alone = judged(scenario(Status.passed), undo_errors=[REASON])
    assert held(alone).verdict == Verdict.NOT_MET
    violated = judged(scenario(Status.passed), violations=[REASON])
    assert held(violated).verdict == Verdict.KNOWN_ISSUE
    both = judged(scenario(Status.passed), violations=[REASON], undo_errors=[LEFT_OVER])
    assert held(both).verdict == Verdict.NOT_MET


def test_every_attempt_of_a_retry_must_fail_as_described() -> None:
    same = judge_attempts([judged(raising(AssertionError(REASON))), judged(raising(AssertionError(REASON)))])
    assert held(same).verdict == Verdict.KNOWN_ISSUE
    first = judge_attempts(
        [judged(raising(AssertionError("other"))), judged(raising(AssertionError(REASON)))]
    )
    assert held(first).verdict == Verdict.NOT_MET


def test_a_flaky_scenario_stays_flaky() -> None:
    flaky = Judgement(Verdict.FLAKY, Category.CODE_BUG, REASON)
    assert held(flaky) == flaky


# both ways


def test_an_entry_whose_scenario_is_met_no_longer_holds() -> None:
    met = Judgement(Verdict.MET)
    judgement, findings = known().judged("1.3", "S", met)
    assert judgement == met
    assert findings == (
        "known issue S-cancel no longer holds: 1.3 is met; remove it (https://example.org/issues/7)",
    )
    assert known().judged("1.3", "N", met) == (met, ())
    assert known().judged("1.2", "S", met) == (met, ())


@pytest.mark.parametrize(("today", "expired"), [(date(2027, 5, 31), False), (date(2027, 6, 1), True)])
def test_an_entry_holds_to_the_end_of_its_last_day(today: date, expired: bool) -> None:
    judgement, findings = known(today=today).judged("1.3", "S", NOT_MET)
    assert judgement.verdict == (Verdict.NOT_MET if expired else Verdict.KNOWN_ISSUE)
    assert len(findings) == expired
    for finding in findings:
        assert finding.startswith("known issue S-cancel has expired on 2027-05-31")
        assert "training developer" in finding


def test_an_expired_entry_is_told_of_a_scenario_that_is_met_too() -> None:
    _, findings = known(today=date(2030, 1, 1)).judged("1.3", "S", Judgement(Verdict.MET))
    assert [finding.split(":")[0] for finding in findings] == [
        "known issue S-cancel has expired on 2027-05-31"
    ]


def test_of_two_entries_one_may_hold() -> None:
    entries = [
        KnownIssue.model_validate({**ENTRY, "id": "other", "observed": "never stops asking for it"}),
        KnownIssue.model_validate(ENTRY),
    ]
    judgement, findings = KnownIssues(tuple(entries), TODAY).judged("1.3", "S", NOT_MET)
    assert (judgement.verdict, findings) == (Verdict.KNOWN_ISSUE, ())
    assert judgement.reason.startswith("known issue S-cancel: ")


# outlines


def test_an_outline_s_id_stands_for_its_rows_and_a_row_s_for_itself() -> None:
    assert held(NOT_MET, "1.3#row").verdict == Verdict.KNOWN_ISSUE
    assert held(NOT_MET, "1.3#row", scenarios=["1.3#row"]).verdict == Verdict.KNOWN_ISSUE
    assert held(NOT_MET, "1.3#other", scenarios=["1.3#row"]).verdict == Verdict.NOT_MET
    assert held(NOT_MET, "1.3", scenarios=["1.3#row"]).verdict == Verdict.NOT_MET


@pytest.mark.parametrize(("id", "outline"), [("1.3#row", "1.3"), ("1.3", "1.3")])
def test_a_row_s_id_begins_with_its_outline_s(id: str, outline: str) -> None:
    assert outline_of(id) == outline


@pytest.mark.parametrize(
    ("id", "generation", "about"),
    [
        ("1.3", "S", True),
        ("1.3#row", "S", True),
        ("1.4#row", "S", True),
        ("1.4#other", "S", False),
        ("1.4", "S", False),
        ("1.3", "N", False),
        ("1.2", "N", False),
    ],
)
def test_an_entry_says_of_which_scenarios_it_speaks(id: str, generation: str, about: bool) -> None:
    entry = KnownIssue.model_validate({**ENTRY, "scenarios": ["1.3", "1.4#row"]})
    assert entry.is_about(id, generation) is about


def test_an_entry_must_name_scenarios_of_the_suite() -> None:
    known().must_fit(frozenset({"1.3", "1.4"}))
    with pytest.raises(BadInput, match=r"entry S-cancel, field scenarios: the suite has no scenario 1\.3;"):
        known().must_fit(frozenset({"1.4"}))


# reading


def written(folder: Path, content: object, name: str = "known.yaml") -> Path:
    file = folder / name
    file.write_text(content if isinstance(content, str) else yaml.safe_dump(content), "utf-8")
    return file


def test_a_file_is_read_as_it_stands(tmp_path: Path) -> None:
    file = written(tmp_path, [ENTRY])
    read = read_known_issues(str(file), TODAY)
    assert read.entries == known().entries
    assert read.note() == f"known issues listed in: {file} (1 entry)"


def test_no_file_is_no_entry() -> None:
    none = read_known_issues("", TODAY)
    assert (none.entries, none.note()) == ((), "")


def test_several_files_are_read_together(tmp_path: Path) -> None:
    files = [written(tmp_path, [{**ENTRY, "id": name}], f"{name}.yaml") for name in ("one", "two")]
    read = read_known_issues(f"{files[0]}, {files[1]}", TODAY)
    assert [entry.id for entry in read.entries] == ["one", "two"]
    assert read.note() == f"known issues listed in: {files[0]}, {files[1]} (2 entries)"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"scenarios": []}, "scenarios"),
        ({"scenarios": [1.3]}, "scenarios.0"),
        ({"scenarios": "1.3"}, "scenarios"),
        ({"generations": []}, "generations"),
        ({"generations": ["X"]}, "generations.0"),
        ({"observed": ""}, "observed"),
        ({"observed": ".*"}, "observed"),
        ({"observed": "(?s).{20,}"}, "observed"),
        ({"observed": "but was <.*>"}, "observed"),
        ({"observed": "in: Then it completes"}, "observed"),
        ({"observed": "in: (When|Given|And) it"}, "observed"),
        ({"observed": "the log of \\S+ shows an unexpected error"}, "observed"),
        ({"observed": "ib-host shows a stack trace"}, "observed"),
        ({"observed": "what is there|.+"}, "observed"),
        ({"observed": "completed"}, "observed"),
        ({"observed": "(unclosed bracket"}, "observed"),
        ({"observed": None}, "observed"),
        ({"observed": "(this is what was there)?"}, "observed"),
        ({"beside": [".*"]}, "beside.0"),
        ({"link": ""}, "link"),
        ({"link": "see the issue"}, "link"),
        ({"owner": ""}, "owner"),
        ({"owner": "someone@example.org"}, "owner"),
        ({"expires": "soon"}, "expires"),
        ({"expires": 20270531}, "expires"),
        ({"expires": None}, "expires"),
        ({"id": "two words"}, "id"),
        ({"title": ""}, "title"),
        ({"expiry": "2027-05-31"}, "expiry"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_bad_entry_is_refused_with_file_entry_and_field(
    change: dict[str, Any], field: str, tmp_path: Path
) -> None:
    file = written(tmp_path, [{**ENTRY, "id": "good"}, {**ENTRY, **change}])
    with pytest.raises(BadInput) as caught:
        read_known_issues(str(file), TODAY)
    name = change.get("id", ENTRY["id"])
    assert str(caught.value).startswith(f"Setting known_issues: {file}: entry 2 ({name}), field {field}: ")
    assert str(caught.value).endswith(".")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "field", ["title", "scenarios", "generations", "observed", "link", "owner", "expires"]
)
def test_no_field_may_be_missing(field: str, tmp_path: Path) -> None:
    file = written(tmp_path, [{key: value for key, value in ENTRY.items() if key != field}])
    with pytest.raises(BadInput, match=rf"entry 1 \(S-cancel\), field {field}: "):
        read_known_issues(str(file), TODAY)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "it is no list of entries"),
        ("id: S-cancel", "it is no list of entries"),
        ("- just a text", "entry 1: "),
        ("[", "it is not YAML"),
    ],
)
def test_a_file_that_holds_no_entries_is_refused(content: str, said: str, tmp_path: Path) -> None:
    file = written(tmp_path, content)
    with pytest.raises(BadInput) as caught:
        read_known_issues(str(file), TODAY)
    assert f"{file}: {said}" in str(caught.value)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"nowhere\.yaml: it cannot be read \(No such file"):
        read_known_issues(str(tmp_path / "nowhere.yaml"), TODAY)


def test_an_id_stands_once(tmp_path: Path) -> None:
    one, two = written(tmp_path, [ENTRY], "one.yaml"), written(tmp_path, [ENTRY], "two.yaml")
    with pytest.raises(BadInput, match=r"two\.yaml: entry S-cancel, field id: there is another entry"):
        read_known_issues(f"{one},{two}", TODAY)


LOGGED = "the log of training-worker-1 shows an unexpected error: Model metadata missing input_size"
LOG_ENTRY = {**ENTRY, "id": "S-log", "observed": "shows an unexpected error: Model metadata missing"}


def two(**changes: Any) -> KnownIssues:
    entries = (KnownIssue.model_validate(ENTRY), KnownIssue.model_validate({**LOG_ENTRY, **changes}))
    return KnownIssues(entries, TODAY)


def test_two_entries_together_may_say_everything_that_was_found() -> None:
    both = Judgement(
        Verdict.NOT_MET, Category.CODE_BUG, f"{REASON}\nalso:\n{LOGGED}", findings=(REASON, LOGGED)
    )
    judgement, findings = two().judged("1.3", "S", both)
    assert (judgement.verdict, findings) == (Verdict.KNOWN_ISSUE, ())
    told = [line.split(":")[0] for line in judgement.reason.splitlines()[:2]]
    assert told == ["known issue S-cancel", "known issue S-log"]
    # Each alone leaves the other's finding over.
    assert held(both).verdict == Verdict.NOT_MET
    assert two(scenarios=["1.2"]).judged("1.3", "S", both)[0].verdict == Verdict.NOT_MET


def test_an_entry_that_was_not_observed_lends_nothing_to_another() -> None:
    both = Judgement(Verdict.NOT_MET, Category.CODE_BUG, REASON, findings=(REASON, LEFT_OVER))
    judgement, _ = two(beside=["could not end the long training"]).judged("1.3", "S", both)
    assert judgement.verdict == Verdict.NOT_MET


def of_run(findings: list[str], *, whole: bool = True, **changes: Any) -> tuple[list[str], list[str]]:
    return known(**{"scenarios": ["run"], **changes}).judged_run("S", findings, is_whole_suite=whole)


FOUND = "the worker shows completed while the backend says cancelled"


@pytest.mark.parametrize("expires", [ENTRY["expires"], TODAY])
def test_a_finding_of_the_run_is_known_by_an_entry_about_the_run(expires: date) -> None:
    left, accepted = of_run([FOUND, "another finding"], expires=expires)
    assert left == ["another finding"]
    (told,) = accepted
    assert told.startswith("known issue S-cancel: ")
    assert told.endswith(FOUND)


@pytest.mark.parametrize(
    "changes", [{"scenarios": ["1.3"]}, {"generations": ["N"]}, {"expires": date(2026, 11, 21)}], ids=str
)
def test_a_finding_of_the_run_that_no_entry_knows_is_left(changes: dict[str, Any]) -> None:
    left, accepted = of_run([FOUND], **changes)
    assert left[0] == FOUND
    assert accepted == []


def test_an_expired_entry_about_the_run_is_a_finding() -> None:
    left, _ = of_run([], expires=date(2026, 11, 21), whole=False)
    assert left == [
        "known issue S-cancel has expired on 2026-11-21: training developer must renew or remove it "
        "(https://example.org/issues/7)"
    ]


def test_that_an_entry_about_the_run_holds_no_longer_only_the_whole_suite_can_say() -> None:
    assert of_run([], whole=False) == ([], [])
    (left,), _ = of_run([])
    assert left.startswith("known issue S-cancel no longer holds: the run has no such finding")
    # One that is about scenarios too may have been observed there alone.
    assert of_run([], scenarios=["1.3", "run"]) == ([], [])


def test_an_entry_about_the_run_needs_no_scenario_of_that_name() -> None:
    known(scenarios=["run"]).must_fit(frozenset({"1.3"}))
