"""A sample of the defects that mishandle faults is seen where it must be; `python -m tests.faults`: all."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from .proving import Claim, Outcome, claims, fault_scenarios, prove

# Each with one of its claims: a refusal that lacks something, work that is lost, and a service that is of no
# use once it is back, which looks like the environment's fault had not the scenario itself caused it.
SAMPLE = {
    "no-worker-without-hint": "no-training-worker",
    "operations-forgotten": "backend-remembers",
    "ib-host-given-up": "D4.2",
}


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Outcome]]:
    folder: Path = tmp_path_factory.mktemp("faults")
    wanted = {
        defect: [claim for claim in claims() if (claim.defect, claim.scenario) == (defect, scenario)]
        for defect, scenario in SAMPLE.items()
    }
    with ThreadPoolExecutor(len(wanted)) as beside:
        proven = beside.map(lambda one: prove(one[0], one[1], folder / one[0]), wanted.items())
        return dict(zip(wanted, proven, strict=True))


@pytest.mark.parametrize("defect", list(SAMPLE))
def test_a_defect_is_seen_by_the_sentence_that_must_fail(
    defect: str, outcomes: dict[str, list[Outcome]]
) -> None:
    assert outcomes[defect], "it says of itself that this scenario must fail"
    assert [str(one) for one in outcomes[defect] if not one.is_seen] == []


def test_every_claim_is_about_a_sentence_of_a_fault_scenario() -> None:
    said = fault_scenarios()
    assert [claim for claim in claims() if claim.sentence not in said.get(claim.scenario, ())] == []


def test_every_fault_scenario_has_a_defect_that_it_must_see() -> None:
    assert set(fault_scenarios()) - {claim.scenario for claim in claims()} == set()


def test_another_sentence_or_another_category_is_not_what_was_to_be_seen() -> None:
    claim = Claim("some-defect", "D4.2", "it fails within 30 seconds", "CODE_BUG")
    seen = Outcome(claim, "not met", "CODE_BUG", claim.sentence, "")
    assert seen.is_seen
    for verdict, category, failed in (
        ("met", "CODE_BUG", claim.sentence),
        ("not met", "ENVIRONMENT", claim.sentence),
        ("not met", "CODE_BUG", "it completes within 60 seconds"),
    ):
        other = Outcome(claim, verdict, category, failed, "why")
        assert not other.is_seen
        assert str(other).startswith("NOT SEEN  some-defect: D4.2: it fails within 30 seconds; instead ")
