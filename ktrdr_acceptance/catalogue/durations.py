"""`features/durations.json`: how long each scenario took when somebody last measured it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ktrdr_acceptance.faults import BadInput

DURATIONS = Path("features/durations.json")


def read_durations(target: str, speed: float, path: Path = DURATIONS) -> dict[str, float]:
    """Return seconds by scenario id; nothing, if no such target has been measured at that speed.

    Raises BadInput if the file is there but is something else.
    """
    if not path.is_file():
        return {}
    try:
        measured = json.loads(path.read_text("utf-8"))
        if (measured["target"], measured["speed"]) != (target, speed):
            return {}
        return {str(key): float(value) for key, value in measured["scenarios"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as problem:
        raise BadInput(
            f"{path} cannot be read as measured durations ({type(problem).__name__}: {problem}); "
            "`ktrdr-acceptance durations` writes it."
        ) from None


def durations_from(results: dict[str, Any]) -> dict[str, Any]:
    """Return the content of `durations.json` from that of `results.json`.

    Only met scenarios of a complete run count: any other duration measures something else.
    """
    if results["status"] != "complete":
        raise ValueError("the run was not complete")
    met = {row["id"]: round(row["duration_s"], 1) for row in results["scenarios"] if row["verdict"] == "met"}
    return {
        "target": results["target"].get("kind"),
        "speed": results["target"].get("speed"),
        "scenarios": dict(sorted(met.items())),
    }
