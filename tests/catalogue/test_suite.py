"""Every scenario of the suite is known, loaded or not."""

from __future__ import annotations

from pathlib import Path

from behave.parser import parse_file

from ktrdr_acceptance.catalogue.suite import whole_suite

FEATURE = """
@criterion:D9
Feature: A

  @criterion:D1 @id:1.1
  Scenario: One
    Given something

  Rule: under a rule

    @criterion:D1
    @id:1.2
    Scenario: Two
      Given something

  @criterion:D2 @id:rows
  Scenario Outline: Row <name>
    Given something

    Examples: rows
      | name  |
      | left  |
      | right |
"""
IDS = {"1.1", "1.2", "rows", "rows#left", "rows#right"}


def written(folder: Path) -> Path:
    folder.mkdir(parents=True)
    file = folder / "a.feature"
    file.write_text(FEATURE, "utf-8")
    return file


def test_ids_of_scenarios_outlines_and_rows_are_known_and_what_they_prove(tmp_path: Path) -> None:
    written(tmp_path / "deep")
    suite = whole_suite(folder=tmp_path)
    assert suite.ids == IDS
    assert suite.proofs == {
        "D1": ("1.1", "1.2"),
        "D2": ("rows#left", "rows#right"),
        "D9": ("1.1", "1.2", "rows#left", "rows#right"),
    }


def test_what_behave_has_loaded_is_not_read_again_and_counts_once(tmp_path: Path) -> None:
    file = written(tmp_path / "deep")
    feature = parse_file(str(file))
    file.write_text(FEATURE.replace("@id:1.2", "@id:changed-since"), "utf-8")
    suite = whole_suite([feature], tmp_path)
    assert suite.ids == IDS
    assert suite.proofs["D1"] == ("1.1", "1.2")


def test_loaded_features_from_elsewhere_count_too(tmp_path: Path) -> None:
    feature = parse_file(str(written(tmp_path / "elsewhere")))
    assert whole_suite([feature], tmp_path / "nowhere").ids == IDS


def test_of_a_feature_that_no_parser_takes_the_tag_lines_count(tmp_path: Path) -> None:
    (tmp_path / "a.feature").write_text(
        "@criterion:D1\nFeature: A\n  # @criterion:D2\n  @milestone:API @criterion:S3\n"
        "  @criterion:D4 @id:1.7\n"
        "  Scenario: speaks of @criterion:D5\n    Given nonsense that no parser takes: [\n   nonsense\n",
        "utf-8",
    )
    (tmp_path / "b.txt").write_text("@criterion:D6\n", "utf-8")
    suite = whole_suite(folder=tmp_path)
    assert suite.proofs.keys() == {"D1", "S3", "D4"}
    assert suite.proofs["D4"] == ("1.7",)
    assert suite.ids == {"1.7"}


def test_a_folder_without_features_has_nothing(tmp_path: Path) -> None:
    suite = whole_suite(folder=tmp_path / "nowhere")
    assert (suite.ids, suite.proofs) == (frozenset(), {})
