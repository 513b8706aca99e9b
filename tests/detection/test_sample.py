"""A fixed sample of the seeded defects is detected; `make detect` tries all of them."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ktrdr_acceptance.detection.command import outcome_of
from ktrdr_acceptance.detection.defects import seeded_defects
from ktrdr_acceptance.detection.score import Outcome
from ktrdr_acceptance.detection.trial import Trial, Trials

# Of many areas, each over soon. The first three are of faults: a refusal that lacks something, lost work, a
# service of no use once it is back (the environment's fault, had not the scenario itself caused it).
SAMPLE = (
    *("no-worker-without-hint", "results-forgotten", "ib-host-given-up"),
    *("refused-cancel-overwrites", "list-second-filter-ignored", "unknown-operation-not-named"),
    *("unknown-symbol-called-known", "missing-sets-only-warned-of", "worker-with-another-name"),
    "daily-bars-a-day-late",
)


class Patient(Trials):
    """Deadlines are those of a user: a busy machine may need more than a quarter of one."""

    def run(
        self, scenarios: Iterable[str] = (), *, defect: str = "", variations: str = "", factor: float = 1.0
    ) -> Trial:
        del factor
        return super().run(scenarios, defect=defect, variations=variations, factor=1.0)


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Outcome]:
    folder: Path = tmp_path_factory.mktemp("detection")
    trials = Patient(folder)
    known = {defect.name: defect for defect in seeded_defects()}
    with ThreadPoolExecutor(3) as pool:
        return dict(zip(SAMPLE, pool.map(lambda name: outcome_of(trials, known[name]), SAMPLE), strict=True))


@pytest.mark.parametrize("name", SAMPLE)
def test_a_defect_is_detected(name: str, outcomes: dict[str, Outcome]) -> None:
    assert outcomes[name].is_detected, str(outcomes[name])
