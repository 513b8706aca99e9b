"""The page on the suite's own properties names every one of them, and only tests that exist."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/suite-properties.md"
# The behaviours of KTRDR's guide that are no scenarios.
BEHAVIOURS = ["S19", "S20", "S22", "S23", "S24", "S25", "S27", "S28", "S30"]


def rows() -> list[list[str]]:
    lines = [line for line in PAGE.read_text("utf-8").splitlines() if line.startswith("| S")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_the_page_has_a_row_for_each_behaviour() -> None:
    assert [row[0] for row in rows()] == BEHAVIOURS
    assert all(len(row) == 4 and all(row) for row in rows())


@pytest.mark.parametrize("behaviour", BEHAVIOURS)
def test_each_proof_that_it_names_is_a_test(behaviour: str) -> None:
    (row,) = (row for row in rows() if row[0] == behaviour)
    proofs = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", row[3])
    assert proofs
    assert row[3].count("::") == len(proofs)
    for file, name in proofs:
        tree = ast.parse((ROOT / file).read_text("utf-8"))
        tests = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
        assert name.startswith("test_")
        assert name in tests, f"{file} has no test {name}"
