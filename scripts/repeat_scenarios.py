"""Runs scenarios many times in a row, and says of each how often it was met and how long it took.

    .venv/bin/python scripts/repeat_scenarios.py 10 features/faults

What follows the number is given to behave. The reports of the last run that was not accepted are kept.
"""

import json
import shutil
import subprocess
import sys
import time
from collections import defaultdict
from pathlib import Path

FOLDER = Path("reports/repeated")
# What a run that was not accepted has left.
KEPT = Path("reports/repeated-not-accepted")


def main(times: int, selection: list[str]) -> int:
    """Run them; 0 if every scenario was met every time, and no run had a finding."""
    verdicts: dict[str, list[str]] = defaultdict(list)
    durations: dict[str, list[float]] = defaultdict(list)
    statuses: list[int] = []
    for number in range(1, times + 1):
        began = time.monotonic()
        command = [sys.executable, "-m", "behave", "-D", f"reports={FOLDER}", *selection]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
        statuses.append(done.returncode)
        last = done.stdout.rstrip().splitlines()[-1:]
        print(f"{number:3}: {time.monotonic() - began:6.1f} s, status {done.returncode}", *last, flush=True)
        if done.returncode:
            shutil.rmtree(KEPT, ignore_errors=True)
            shutil.copytree(FOLDER, KEPT)
        for row in json.loads((FOLDER / "results.json").read_text("utf-8"))["scenarios"]:
            verdicts[row["id"]].append(row["verdict"])
            durations[row["id"]].append(row["duration_s"])
    for id, said in verdicts.items():
        met, took = said.count("met"), durations[id]
        others = ", ".join(sorted({verdict for verdict in said if verdict != "met"}))
        print(f"{met:3} of {len(said)} met, {min(took):5.1f} to {max(took):5.1f} s  {id}  {others}".rstrip())
    always = all(verdict == "met" for said in verdicts.values() for verdict in said)
    print(
        f"{len(verdicts)} scenarios, {times} times: {'every one met every time' if always else 'NOT all met'}"
    )
    return 0 if always and not any(statuses) else 1


if __name__ == "__main__":
    if len(sys.argv) < 3 or not sys.argv[1].isdecimal():
        sys.exit(f"usage: {sys.argv[0]} TIMES SELECTION...")
    sys.exit(main(int(sys.argv[1]), sys.argv[2:]))
