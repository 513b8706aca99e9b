"""The score against real KTRDRs: the defects they showed, and what the recorded field runs said of them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from ktrdr_acceptance.catalogue.field_report import RECORDS
from ktrdr_acceptance.detection.score import FirstTry, RealDefect
from ktrdr_acceptance.shipped import shipped

# What a field run calls a scenario that was not as it should be.
_RED = ("not met", "flaky", "known issue")


def real_defects(records: Path = RECORDS) -> dict[str, tuple[RealDefect, ...]]:
    """Return by generation the defects it is known to have, and what was red in its records."""
    runs = [json.loads(path.read_text("utf-8")) for path in sorted(records.glob("*.json"))]
    return {
        generation: tuple(
            _judged(each, [run for run in runs if run["target"]["generation"] == generation])
            for each in known
        )
        for generation, known in shipped(__package__, "real_defects.yaml").items()
    }


def _judged(known: dict[str, Any], runs: list[dict[str, Any]]) -> RealDefect:
    wanted = known["scenarios"]
    red = {
        row["id"]
        for run in runs
        for row in run["scenarios"]
        if row["id"] in wanted
        and row["verdict"] in _RED
        and re.search(known["observed"], row["reason"], re.DOTALL)
        and _has_worker(run, known.get("with_worker", ""))
    }
    return RealDefect(known["defect"], tuple(wanted), tuple(each for each in wanted if each in red))


def _has_worker(run: dict[str, Any], worker: str) -> bool:
    return any(worker in each["id"] or worker in each["url"] for each in run["target"]["workers"])


def first_tries() -> dict[str, FirstTry]:
    """Return what was detected of each blind set when the suite first met it."""
    return {
        name: FirstTry(known["defects"], known["detected"], tuple(known["survivors"]))
        for name, known in shipped(__package__, "first_tries.yaml").items()
    }
