"""Replays the specimens against a running KTRDR, without rows: `python -m tests.likeness --backend URL`."""

from __future__ import annotations

import argparse
import sys

import httpx

from .comparison import RecordedShapes
from .player import Patience, Player
from .specimen import read_all
from .target import Target, discover


def main(arguments: list[str]) -> int:
    """Prints every difference and a count; 1 if there is one."""
    parser = argparse.ArgumentParser(prog="python -m tests.likeness", description=__doc__)
    parser.add_argument("--backend", required=True, help="URL; the replay starts and cancels work there")
    parser.add_argument("--only", default="", help="only specimens whose name contains this")
    parser.add_argument("--within", type=float, default=120.0, help="how many seconds a condition may take")
    options = parser.parse_args(arguments)
    specimens = read_all()
    recorded = RecordedShapes(specimens)
    chosen = [specimen for specimen in specimens if options.only in specimen.id]
    exchanges = differences = 0
    for specimen in chosen:
        with httpx.Client(trust_env=False, timeout=30) as client:
            workers = discover(options.backend, specimen.workers, client)
        target = Target(options.backend, workers)
        replay = Player(specimen, target, recorded, patience=Patience(options.within, every=0.1)).play()
        target.close()
        exchanges += len(specimen.exchanges)
        differences += len(replay.differences)
        sys.stdout.write(f"{specimen.id}: {len(replay.differences)} differences\n")
        sys.stdout.writelines(f"  {difference}\n" for difference in replay.differences)
        sys.stdout.flush()
    sys.stdout.write(f"{len(chosen)} specimens, {exchanges} exchanges, {differences} differences\n")
    return 1 if differences or not chosen else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
