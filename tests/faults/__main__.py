"""Proves each fault scenario against the defects that mishandle its fault: `python -m tests.faults`.

First a run without any defect: what is red then would be seen of none. Then each defect for itself, two at a
time, for most of it is waiting.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from .proving import Claim, claims, fault_scenarios, prove, run

_say = partial(print, flush=True)


def main(arguments: list[str]) -> int:
    """Print a line for each claim; 0 if each defect was seen where it must be, and nothing without one."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--only", default="", help="only defects whose name contains this")
    parser.add_argument("--beside", type=int, default=2, metavar="N", help="how many runs at a time")
    options = parser.parse_args(arguments)
    by_defect: dict[str, list[Claim]] = {}
    for claim in claims():
        if options.only in claim.defect:
            by_defect.setdefault(claim.defect, []).append(claim)
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(options.beside) as beside:
        wanted = {claim.scenario for all_of_one in by_defect.values() for claim in all_of_one}
        healthy = run("", wanted, Path(folder) / "healthy")
        false_alarms = [f"{id}: {row['reason']}" for id, row in healthy.items() if row["verdict"] != "met"]
        outcomes = []
        for some in beside.map(lambda one: prove(one[0], one[1], Path(folder) / one[0]), by_defect.items()):
            outcomes.append(some)
            _say(*some, sep="\n")
    for said in false_alarms:
        _say(f"FALSE ALARM  {said}")
    seen = sum(all(one.is_seen for one in some) for some in outcomes)
    unproven = sorted(set(fault_scenarios()) - wanted)
    _say(
        f"{seen} of {len(by_defect)} defects seen by each sentence that must fail, {len(false_alarms)} false "
        f"alarms among {len(healthy)} scenarios, in {time.monotonic() - began:.0f} s"
    )
    if not options.only:
        _say(f"scenarios without a defect: {', '.join(unproven) or 'none'}")
    return 0 if seen == len(by_defect) and not false_alarms else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
