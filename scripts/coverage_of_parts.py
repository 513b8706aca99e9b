"""Say how many of the statements and branches of each part were run; fail if one has less than it must."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

PARTS = ("verdict", "operations", "evidence", "preflight", "undo.py")
LEAST = 90.0
KINDS = (("covered_lines", "num_statements"), ("covered_branches", "num_branches"))


def main(path: str) -> int:
    """Print a line for each part, and for each file below the mark what was not run."""
    files: dict[str, dict[str, Any]] = json.loads(Path(path).read_text("utf-8"))["files"]
    short = False
    for part in PARTS:
        of_part = {name: one for name, one in files.items() if Path(name).parts[1] == part}
        # A part of which nothing was measured is none that was covered.
        statements, branches = (_percent(of_part.values(), *kind) if of_part else 0.0 for kind in KINDS)
        short |= min(statements, branches) < LEAST
        print(f"{part}: {statements:.1f} % of the statements, {branches:.1f} % of the branches")
        for name, one in of_part.items():
            if min(_percent([one], *kind) for kind in KINDS) < LEAST:
                lines = ", ".join(map(str, one["missing_lines"]))
                ways = ", ".join(f"{begin}->{end}" for begin, end in one["missing_branches"])
                print(f"  {name}: not run: lines {lines or 'none'}; branches {ways or 'none'}")
    return int(short)


def _percent(files: Any, covered: str, of_all: str) -> float:
    summaries = [one["summary"] for one in files]
    number = sum(one[of_all] for one in summaries)
    return 100.0 * sum(one[covered] for one in summaries) / number if number else 100.0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
