"""Every trap of the toolchain, as a specimen: every output states the one right verdict."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from run.project import Done
from verdict.agreement import EXIT_STATUS, console_disagreements, disagreements
from verdict.specimens import Outputs

from .conftest import Runs
from .specimen import Specimen
from .specimens import SPECIMENS
from .stock import Pairs

Recorder = Callable[[str, object], None]


@dataclass
class Tally:
    """What all specimens together come to."""

    specimens: int = 0
    disagreements: int = 0
    stock_lies: int = 0
    stock_lied: set[str] = field(default_factory=set)


@pytest.fixture(scope="module")
def tally() -> Tally:
    return Tally()


def disagreements_of(done: Done, outputs: Outputs) -> list[str]:
    return [*disagreements(outputs), *console_disagreements(outputs, done.stdout, done.status)]


def refusal_disagreements(done: Done) -> list[str]:
    """Return where a run that is refused as bad input leaves a verdict."""
    found = [] if done.status == 2 else [f"exit status {done.status}"]
    if not done.last_line.startswith("❌ Issue: "):
        found.append(f"the last line is {done.last_line!r}")
    left = ("results.json", "summary.md", "junit.xml", "allure-results")
    return found + [f"{name} was written" for name in left if (done.reports / name).exists()]


@pytest.mark.parametrize("name", list(SPECIMENS))
def test_every_output_states_the_right_verdict(
    name: str, runs: Runs, tally: Tally, record_property: Recorder
) -> None:
    specimen, done = SPECIMENS[name], runs.ours(name)
    if specimen.verdict == "refused":
        found, right = refusal_disagreements(done), []
    else:
        outputs = Outputs.of(done.reports)
        found, right = disagreements_of(done, outputs), named(outputs)
    tell(specimen, right, runs, tally, found, record_property)
    assert not found, "\n".join([*found, done.stdout, done.stderr])
    assert specimen.said in done.last_line, done.stdout + done.stderr
    if specimen.verdict != "refused":
        assert outputs.results["verdict"] == specimen.verdict, done.stdout
        assert done.status == EXIT_STATUS[specimen.verdict]
        check_scenarios(specimen, outputs)


def check_scenarios(specimen: Specimen, outputs: Outputs) -> None:
    rows = outputs.results["scenarios"]
    if not specimen.right:
        return
    assert {row["id"]: (row["verdict"], row["category"]) for row in rows} == {
        id: kind for id, (kind, _) in specimen.right.items()
    }
    assert len(rows) == len(specimen.right)
    for row in rows:
        assert specimen.right[row["id"]][1] in row["reason"], row


def named(outputs: Outputs) -> Pairs:
    """Return title and verdict of each scenario, as stock behave's reports know it."""
    return [(row["name"], row["verdict"]) for row in outputs.results["scenarios"]]


def tell(
    specimen: Specimen, right: Pairs, runs: Runs, tally: Tally, found: list[str], record: Recorder
) -> None:
    """Note what stock behave says beside what is right."""
    stock = runs.stock(specimen.name)
    lies = stock.lies(right, specimen.verdict)
    tally.specimens += 1
    tally.disagreements += len(found)
    tally.stock_lies += len(lies)
    if lies:
        tally.stock_lied.add(specimen.name)
    record("truth", f"{specimen.name} ({specimen.traps}): {specimen.verdict} is right; stock: {stock}")
    if lies:
        record("truth", f"    stock is wrong: {'; '.join(lies)}")


def test_our_outputs_never_disagree_and_stock_s_do(tally: Tally, record_property: Recorder) -> None:
    record_property(
        "truth",
        f"truth: {tally.specimens} specimens; our outputs disagree {tally.disagreements} times, stock's say "
        f"{tally.stock_lies} wrong things in {len(tally.stock_lied)} specimens",
    )
    assert tally.disagreements == 0
    # With none at all the comparison itself would be what lies.
    assert tally.stock_lied or tally.specimens < len(SPECIMENS)
