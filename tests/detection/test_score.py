"""What counts as detected, what the score makes of it, and what people and programs read of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ktrdr_acceptance.detection import command, table
from ktrdr_acceptance.detection.defects import Claim, SeededDefect
from ktrdr_acceptance.detection.real import real_defects
from ktrdr_acceptance.detection.score import FirstTry, Outcome, RealDefect, Score
from ktrdr_acceptance.detection.trial import TIME_FACTOR, Red, Trial, TrialFailed, Trials, read_trial
from ktrdr_acceptance.faults import BadInput
from ktrdr_acceptance.verdict.judge import GUARDS

NAMED, OTHER = Claim("1.1", "it completes within 60 seconds"), Claim("1.2#row", "it names the epoch")


def defect(
    name: str = "lost", severity: str = "major", area: str = "faults: disk", **changes: Any
) -> SeededDefect:
    claims = changes.pop("claims", (NAMED, OTHER))
    return SeededDefect(name, f"{name} line", area, severity, "should not", claims, "CODE_BUG", **changes)


def red(claim: Claim = NAMED, category: str = "CODE_BUG") -> Red:
    return Red(claim.scenario, claim.sentence, category, "why")


def score(*outcomes: Outcome, alarms: tuple[str, ...] = ()) -> Score:
    real = {"S": (RealDefect("it forgets", ("1.1",), ("1.1",)), RealDefect("it lies", ("1.2",), ()))}
    first_tries = {"first": FirstTry(20, 15, ("a", "b"))}
    return Score(outcomes, alarms, ("1.1", "1.2", "1.3"), first_tries, real, 12.34)


@pytest.mark.parametrize(
    ("reds", "detected"),
    [
        ([red()], True),
        ([red(OTHER)], True),
        ([red(), red(Claim("9", "x"))], True),
        ([], False),
        ([red(category="ENVIRONMENT")], False),
        ([red(Claim("1.1", "another sentence"))], False),
        ([red(Claim("1.3", NAMED.sentence))], False),
    ],
)
def test_detected_is_a_named_sentence_that_failed_in_the_category(reds: list[Red], detected: bool) -> None:
    one = Outcome(defect(), tuple(reds))
    assert one.is_detected is detected
    assert str(one).startswith("detected" if detected else "SURVIVED")
    assert one.elsewhere == tuple(each for each in reds if each not in (red(), red(OTHER)))


def test_a_survivor_is_told_with_what_was_expected_and_what_was_red_instead() -> None:
    lines = str(Outcome(defect(), (red(Claim("9", "x")),), "a finding")).splitlines()
    assert lines == [
        "SURVIVED  lost (major)",
        f"    expected: {NAMED}",
        f"    expected: {OTHER}",
        "    red elsewhere: 9: CODE_BUG: x: why",
        "    a finding",
    ]
    assert "    no scenario was red" in str(Outcome(defect(), ()))
    assert "1 more of its sentences" in str(Outcome(defect(), (red(),)))


@pytest.mark.parametrize(
    ("survivors", "alarms", "said"),
    [
        ([], (), []),
        (["minor"], (), []),
        (["major"], (), ["1 blockers and majors survived: lost"]),
        (["blocker"], (), ["1 blockers and majors survived: lost"]),
        (["minor"] * 2, (), ["90.0% of all defects were detected, 95% must be"]),
        ([], ("healthy: 1.1",), ["1 false alarms"]),
    ],
)
def test_the_measures(survivors: list[str], alarms: tuple[str, ...], said: list[str]) -> None:
    found = [Outcome(defect(), (red(),))] * (20 - len(survivors))
    lost = [Outcome(defect(severity=severity), ()) for severity in survivors]
    assert score(*found, *lost, alarms=alarms).problems() == said


def test_of_no_defect_at_all_nothing_is_detected() -> None:
    assert score().problems() == ["0.0% of all defects were detected, 95% must be"]


def test_the_document() -> None:
    outcomes = (
        Outcome(defect("one"), (red(),)),
        Outcome(defect("both", area="data"), (red(), red(OTHER))),
        Outcome(defect("gone", "minor", blind="first"), (red(Claim("9", "x")),)),
    )
    said = score(*outcomes, alarms=("alarm",)).document()
    assert (said["defects"], said["detected"], said["survivors"]) == (3, 2, ["gone"])
    assert said["red_elsewhere"] == {"gone": ["9: CODE_BUG: x: why"]}
    assert said["false_alarms"] == ["alarm"]
    assert said["by_area"] == {"data": {"defects": 1, "detected": 1}, "faults": {"defects": 2, "detected": 1}}
    assert said["blind"]["first"]["now"] == {"defects": 1, "detected": 0}
    assert said["blind"]["first"]["first_try"]["detected"] == 15
    assert (said["real"]["S"]["defects"], said["real"]["S"]["detected"]) == (2, 1)
    assert said["scenarios"] == {
        "1.1": {"detects": ["one", "both"], "alone": ["one"]},
        "1.2": {"detects": ["both"], "alone": []},
        "1.3": {"detects": [], "alone": []},
    }
    assert [each["failed"] for each in said["outcomes"][0]["sentences"]] == [True, False]
    json.dumps(said)


def test_the_page_says_what_the_document_says() -> None:
    survived = Outcome(defect("gone|pipe", "minor", blind="first"), ())
    page = table.detection_markdown(score(Outcome(defect("one"), (red(),)), survived).document())
    assert "Generation S: **1 of 2** of the defects" in page
    assert "**1 of 2** detected; 0 false alarms" in page
    assert f"| one (faults: disk) | one line | major | {NAMED} |" in page
    assert "| gone\\|pipe (faults: disk, blind) | gone\\|pipe line | minor | **survived** |" in page
    assert "| 1.1 | 1 | one |" in page
    assert "| 1.3 | **nobody says why** |" in page
    assert "| first | 15 of 20 | 0 of 1 |" in page
    assert page.index("Real KTRDRs") < page.index("Seeded defects")


def test_another_file_is_no_score(tmp_path: Path) -> None:
    for content in ("", "[]", "{}"):
        (tmp_path / "other.json").write_text(content)
        with pytest.raises(BadInput, match=r"other\.json is not the score"):
            table.read_score(tmp_path / "other.json")


def test_a_trial_is_read_from_the_results() -> None:
    def row(id: str, verdict: str, category: str | None, point: str) -> dict[str, Any]:
        return {
            "id": id,
            "verdict": verdict,
            "category": category,
            "reason": "a\nb",
            "failure": {"point": point},
        }

    rows = [
        {"id": "ok", "verdict": "met", "category": None, "reason": "", "failure": None},
        {"id": "left out", "verdict": "not run", "category": None, "reason": "needs", "failure": None},
        row("a", "not met", "CODE_BUG", "Then it is (well) done (features/x.feature:3)"),
        row("b", "not met", "CODE_BUG", GUARDS),
        row("c", "not run", "ENVIRONMENT", "Given a worker (features/x.feature:9)"),
        row("d", "flaky", "CODE_BUG", "And it holds (features/x.feature:10)"),
    ]
    trial = read_trial({"scenarios": rows, "run_findings": ["a finding"]}, 1.5)
    assert [(each.scenario, each.sentence, each.category, each.reason) for each in trial.reds] == [
        ("a", "it is (well) done", "CODE_BUG", "a b"),
        ("b", GUARDS, "CODE_BUG", "a b"),
        ("c", "a worker", "ENVIRONMENT", "a b"),
        ("d", "it holds", "CODE_BUG", "a b"),
    ]
    assert (trial.met, trial.findings, trial.duration_s) == (1, ("a finding",), 1.5)


def test_the_real_ones_are_judged_by_the_records_of_their_generation(tmp_path: Path) -> None:
    def record(name: str, generation: str, worker: str, **verdicts: str) -> None:
        said = {"1.1": "result_summary of the completed", "B1.1": "number of entries in the results"}
        said |= {"1.3": "the cancel did not stop the work", "B4.3": "it has ended as completed"}
        ids = {id.replace("_", "."): verdict for id, verdict in verdicts.items()}
        rows = [{"id": id, "verdict": verdict, "reason": said.get(id, "")} for id, verdict in ids.items()]
        target = {"generation": generation, "workers": [{"id": worker, "url": f"http://{worker}:5005"}]}
        (tmp_path / name).write_text(json.dumps({"target": target, "scenarios": rows}))

    record("a.json", "S", "training-worker-1", **{"1_1": "not met", "1_3": "not met", "B4_3": "met"})
    record(
        "b.json",
        "S",
        "training-host-1",
        **{"B1_1": "known issue", "1_3": "met", "training-end-time": "not met"},
    )
    record("c.json", "N", "training-host-1", **{"B4_3": "not met"})
    found = {each.defect: each.not_met for each in real_defects(tmp_path)["S"]}
    assert found["the backend never shows the result of what ran on a worker"] == ("1.1", "B1.1")
    assert found["a backtest ignores the model that it is asked for"] == ()
    at_the_host = next(name for name in found if "goes on at the training host" in name)
    assert found[at_the_host] == (), "the record with the container's worker is not about the host"
    assert found["the backend never states when what ran on a worker ended"] == (), "red for another reason"


class Scripted(Trials):
    """Trials that answer as a script says; what is asked of them is taken down."""

    factors: set[tuple[bool, float]]
    asked: list[tuple[tuple[str, ...], str, str]]
    script: dict[tuple[bool, str, str], Trial]

    def run(
        self, scenarios: Any = (), *, defect: str = "", variations: str = "", factor: float = TIME_FACTOR
    ) -> Trial:
        self.factors.add((bool(defect), factor))
        some = tuple(sorted(scenarios))
        self.asked.append((some, defect, variations))
        found = self.script[(bool(some), defect, variations)]
        if not found.met and not found.reds:
            raise TrialFailed("it was refused")
        return found


def trial(*reds: Red, met: int = 3, findings: tuple[str, ...] = ()) -> Trial:
    return Trial(reds, findings, met, 1.0)


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    defects = (
        defect("seen"),
        defect("hidden", "minor"),
        defect("of-the-whole", "minor"),
        defect("silent", "minor"),
    )
    monkeypatch.setattr(command, "seeded_defects", lambda: defects)
    monkeypatch.setattr(command, "Trials", Scripted)
    monkeypatch.setattr(command, "DETECTION", tmp_path / "detection.json")
    Scripted.asked, Scripted.factors = [], set()
    Scripted.script = {
        (False, "", ""): trial(),
        (False, "", "all"): trial(),
        (True, "seen", ""): trial(red()),
        (True, "hidden", ""): trial(),
        (False, "hidden", ""): trial(red(Claim("9", "x"))),
        (True, "of-the-whole", ""): trial(),
        (False, "of-the-whole", ""): trial(red(OTHER)),
        (True, "silent", ""): trial(met=0),
        (False, "silent", ""): trial(met=0),
    }
    return []


def test_those_that_can_matter_come_first_and_the_whole_suite_only_for_survivors(
    said: list[str], tmp_path: Path
) -> None:
    assert not command.detect("", 2, said.append)
    whole = [(defect, variations) for some, defect, variations in Scripted.asked if not some]
    assert sorted(whole) == [("", ""), ("", "all"), ("hidden", ""), ("of-the-whole", ""), ("silent", "")]
    assert {some for some, *_ in Scripted.asked if some} == {("1.1", "1.2#row")}
    assert Scripted.factors == {(False, 1.0), (True, TIME_FACTOR)}, (
        "what nothing waits for in vain gets its time"
    )
    content = json.loads((tmp_path / "detection.json").read_text())
    assert (content["detected"], content["survivors"]) == (2, ["hidden", "silent"])
    assert content["red_elsewhere"] == {"hidden": ["9: CODE_BUG: x: why"]}
    assert any("it was refused" in line for line in said)
    assert said[-1] == "not met: 50.0% of all defects were detected, 95% must be"


@pytest.mark.parametrize(
    ("told", "alarm"),
    [
        (trial(red()), "1.1: CODE_BUG: it completes within 60 seconds: why"),
        (trial(findings=("a finding",)), "a finding"),
        (trial(red(), met=0), "no scenario is met"),
        (trial(met=0), "it was refused"),
    ],
)
@pytest.mark.parametrize("variations", ["", "all"])
def test_whatever_is_red_without_a_defect_is_a_false_alarm(
    told: Trial, alarm: str, variations: str, said: list[str]
) -> None:
    Scripted.script[(False, "", variations)] = told
    assert not command.detect("seen", 2, said.append)
    name = "with every benign variation" if variations else "without a defect"
    assert f"FALSE ALARM  {name}: {alarm}" in said


def test_some_of_them_alone_leave_no_score_behind(said: list[str], tmp_path: Path) -> None:
    assert command.detect("seen", 2, said.append, whole=False)
    assert Scripted.asked == [(("1.1", "1.2#row"), "seen", "")]
    assert said[-1].startswith("1 of 1 defects detected, false alarms not looked for, in ")
    command.detect("", 2, said.append, whole=False)
    assert not (tmp_path / "detection.json").exists()
    with pytest.raises(BadInput, match="No seeded defect has 'moon' in its name"):
        command.detect("moon", 2, said.append)
