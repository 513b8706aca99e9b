"""Each rule of the lint goes red on a feature that breaks it, and on nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from ktrdr_acceptance.catalogue.lint import lint_features, lint_tag_page
from ktrdr_acceptance.catalogue.tags import LOCKS, NEEDS, USES

TAGS = "@category:smoke @milestone:API @criterion:S1 @severity:major @id:1.1"
GOOD = f"""Feature: A capability
  Somebody wants it for a reason.
  Flow: client -> backend.

  {TAGS}
  Scenario: The rule
    Given something
    When I act
    Then it shows
"""


def lint(folder: Path, text: str) -> list[str]:
    (folder / "one.feature").write_text(text, "utf-8")
    return lint_features([folder])


def test_a_feature_that_keeps_every_rule_has_no_problem(tmp_path: Path) -> None:
    assert lint(tmp_path, GOOD) == []


def test_the_features_of_this_suite_keep_every_rule() -> None:
    root = Path(__file__).parents[2]
    assert lint_features([root / "features"]) == []
    assert lint_tag_page(root / "docs/writing-scenarios.md") == []


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        (" @id:1.1", "", "0 tags @id: instead of one"),
        ("@id:1.1", "@id:1.1 @id:1.2", "2 tags @id: instead of one"),
        ("@id:1.1", "@id:-x", "'-x' is not a value of @id"),
        (f"{TAGS}", "@id:1.1 " + TAGS.replace(" @id:1.1", ""), "the last tag is not @id:"),
        ("@category:smoke ", "", "0 tags @category: instead of one"),
        ("@category:smoke", "@category:tiny", "'tiny' is not a value of @category"),
        ("@severity:major", "@severity:critical", "'critical' is not a value of @severity"),
        ("@milestone:API ", "", "no tag @milestone:"),
        ("@milestone:API", "@milestone:sometime", "'sometime' is not a value of @milestone"),
        (
            "@milestone:API",
            "@milestone:ABC-M1",
            "@milestone:ABC-M1 is of no track that milestones.yaml lists",
        ),
        ("@criterion:S1", "@criterion:D26", "@criterion:D26 without its milestone (CLU-Ph3)"),
        ("@criterion:S1", "@criterion:D41", "@criterion:D41 without its milestone (PRE-M4 or PRE-M5)"),
        ("@criterion:S1 ", "", "no tag @criterion:"),
        ("@criterion:S1", "@criterion:S31", "'S31' is not a value of @criterion"),
        ("@criterion:S1", "@criterion:D79", "'D79' is not a value of @criterion"),
        ("@severity:major", "@needs:gpu @severity:major", "'gpu' is not a value of @needs"),
        ("@severity:major", "@uses:mars @severity:major", "'mars' is not a value of @uses"),
        ("@severity:major", "@severity:major @wip", "unknown tag @wip"),
        ("@category:smoke @milestone:API", "@milestone:API @category:smoke", "tags out of order"),
        (
            "  Somebody wants it for a reason.\n  Flow: client -> backend.\n",
            "",
            "does not say who wants it and why",
        ),
        ("  Flow: client -> backend.\n", "", "does not say through which services it goes (Flow: ...)"),
        ("    Then it shows\n", "    And it shows\n", "no Then; a behaviour has an outcome"),
        (
            "    Given something\n    When I act\n",
            "    Then this\n    And that\n",
            "a behaviour has a trigger",
        ),
        ("    When I act\n    Then it shows\n", "", "1 steps; 3 to 8"),
        ("    When I act\n", "    And more\n" * 7, "9 steps; 3 to 8"),
        ("I act", "I read http://localhost:8000/x", "a URL in"),
        ("I act", "I ask the service on port 5002", "a port in"),
        ("I act", 'I send {"a": 1}', "JSON in"),
        ("it shows", "it answers with code 404", "a status code in"),
        ("it shows", "it answers 422", "a status code in"),
        ("I act", "I sleep for 5 seconds", "a sleep in"),
        ("I act", "I wait 5 seconds", "a sleep in"),
        ("The rule", "The rule of curl", "a shell command in"),
    ],
)
def test_a_breach_is_named(tmp_path: Path, old: str, new: str, problem: str) -> None:
    assert old in GOOD
    problems = lint(tmp_path, GOOD.replace(old, new))
    assert any(problem in line for line in problems), problems
    assert all(line.startswith(str(tmp_path / "one.feature:")) for line in problems)


def test_a_contract_scenario_may_speak_of_mechanics(tmp_path: Path) -> None:
    text = GOOD.replace("@severity:major", "@severity:major @contract").replace("I act", "I read /api/v1/x")
    assert lint(tmp_path, text) == []


@pytest.mark.parametrize(
    "tags",
    ["@milestone:PRE-M5 @criterion:D41", "@milestone:DAT-Ph5 @criterion:S1", "@milestone:API @criterion:D14"],
)
def test_a_criterion_stands_with_one_of_its_milestones(tags: str, tmp_path: Path) -> None:
    assert lint(tmp_path, GOOD.replace("@milestone:API @criterion:S1", tags)) == []


def test_titles_and_ids_are_unique_across_files(tmp_path: Path) -> None:
    (tmp_path / "other.feature").write_text(GOOD, "utf-8")
    problems = lint(tmp_path, GOOD)
    assert sum("feature title" in line for line in problems) == 1
    assert sum("scenario title" in line for line in problems) == 1
    assert sum(": id 'id:1.1'" in line for line in problems) == 1


OUTLINE = (
    GOOD.replace("Scenario:", "Scenario Outline:").replace("I act", "I act <how>")
    + """
    Examples: ways
      | name  | how    |
      | first | slowly |
      | last  | fast   |
"""
)


def test_an_outline_is_judged_once_not_once_per_row(tmp_path: Path) -> None:
    assert lint(tmp_path, OUTLINE) == []


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("| name ", "| row  ", "examples without a column 'name'"),
        ("last ", "first", "two rows of one name"),
        ("      | first | slowly |\n      | last  | fast   |\n", "", "an outline without rows"),
        ("last ", "L ast", "is not of the form a-row-name"),
    ],
)
def test_a_breach_in_examples_is_named(tmp_path: Path, old: str, new: str, problem: str) -> None:
    problems = lint(tmp_path, OUTLINE.replace(old, new))
    assert any(problem in line for line in problems), problems


def test_a_feature_that_does_not_parse_is_a_problem_with_its_line(tmp_path: Path) -> None:
    problems = lint(tmp_path, GOOD.replace("    When I act", "    Nonsense"))
    assert len(problems) == 1
    assert str(tmp_path / "one.feature:") in problems[0]


def test_a_folder_without_features_is_a_problem(tmp_path: Path) -> None:
    assert lint_features([tmp_path]) == [f"{tmp_path}: no features found"]


def test_a_value_that_the_page_does_not_explain_is_a_problem(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    explained = [f"needs:{value}" for value in NEEDS] + [f"lock:{value}" for value in LOCKS]
    explained += [f"uses:{value}" for value in USES if value != "training-worker"]
    page.write_text("\n".join(f"`@{value}`" for value in explained), "utf-8")
    assert lint_tag_page(page) == [f"{page}:1: @uses:training-worker is not explained"]
