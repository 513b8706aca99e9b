"""`make bench`: cost per scenario, start to the first scenario and memory, each against stock behave.

Runs of the suite and of stock behave with allure-behave alternate, so that what else the machine does meets
both. The suite runs with all its views against an embedded KTRDR that is started once, before.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks.projects import ROOT, write_project

FEW, MANY, TIMES = 200, 2000, 5
MOST_COST_RATIO, MOST_LATER_S, MOST_KB = 1.5, 0.6, 3.0


@dataclass(frozen=True)
class Run:
    """One run of behave: seconds in all and until its first step, and peak memory in KiB."""

    took_s: float
    first_step_s: float
    peak_kb: int


def main() -> int:
    """Measure, print and write reports/benchmark.json; status 1 if a limit is not met."""
    with TemporaryDirectory() as scratch, _ktrdr(Path(scratch)) as backend_url:
        folder = Path(scratch)
        runs: dict[tuple[str, int], list[Run]] = {}
        for side in ("suite", "stock"):
            for scenarios in (FEW, MANY):
                write_project(folder / f"{side}{scenarios}", scenarios, ours=side == "suite")
        for _ in range(TIMES):
            for scenarios in (FEW, MANY):
                for side in ("suite", "stock"):
                    at = folder / f"{side}{scenarios}"
                    options = _options(side, backend_url, at)
                    runs.setdefault((side, scenarios), []).append(_run(at, options))
    return _report(runs)


def _options(side: str, backend_url: str, folder: Path) -> list[str]:
    if side == "stock":
        return ["-f", "allure_behave.formatter:AllureFormatter", "-o", str(folder / "allure-results")]
    return ["-D", "target=services", "-D", f"backend_url={backend_url}"]


def _run(folder: Path, options: list[str]) -> Run:
    first = folder / "first-step"
    began = time.time()
    process = subprocess.Popen(
        [sys.executable, "-m", "behave", *options, "features/"],
        cwd=folder,
        env={**os.environ, "FIRST_STEP_FILE": str(first)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _, status, used = os.wait4(process.pid, 0)
    ended = time.time()
    if status:
        raise SystemExit(f"{' '.join(options)} in {folder} ended with status {status}")
    return Run(ended - began, float(first.read_text()) - began, used.ru_maxrss)


def _report(runs: dict[tuple[str, int], list[Run]]) -> int:
    def middle(side: str, scenarios: int, what: str) -> float:
        return float(median(getattr(run, what) for run in runs[side, scenarios]))

    def grown(side: str, what: str) -> float:
        return (middle(side, MANY, what) - middle(side, FEW, what)) / (MANY - FEW)

    cost = {side: grown(side, "took_s") * 1000 for side in ("suite", "stock")}
    kb = {side: grown(side, "peak_kb") for side in ("suite", "stock")}
    first = {side: middle(side, FEW, "first_step_s") for side in ("suite", "stock")}
    figures = {
        "ms_per_scenario": cost,
        "cost_ratio": cost["suite"] / cost["stock"],
        "first_step_s": first,
        "first_step_later_s": first["suite"] - first["stock"],
        "kb_per_further_scenario": kb,
        "kb_beyond_stock": kb["suite"] - kb["stock"],
        "runs": {f"{side} {n}": [vars(run) for run in made] for (side, n), made in runs.items()},
    }
    path = ROOT / "reports" / "benchmark.json"
    path.write_text(json.dumps(figures, indent=2) + "\n", "utf-8")
    limits = [
        (
            "cost per scenario / stock",
            figures["cost_ratio"],
            MOST_COST_RATIO,
            f"{cost['suite']:.2f} ms against {cost['stock']:.2f} ms",
        ),
        (
            "first scenario later, s",
            figures["first_step_later_s"],
            MOST_LATER_S,
            f"{first['suite']:.2f} s against {first['stock']:.2f} s",
        ),
        (
            "KB a further scenario beyond stock",
            figures["kb_beyond_stock"],
            MOST_KB,
            f"{kb['suite']:.1f} KB against {kb['stock']:.1f} KB",
        ),
    ]
    for what, figure, limit, sides in limits:
        sys.stdout.write(
            f"{'holds' if figure <= limit else 'MISSED'}: {what}: {figure:.2f}, at most {limit:g} ({sides})\n"
        )
    sys.stdout.write(f"medians of {TIMES} alternating runs; all figures in {path}\n")
    return int(any(figure > limit for _, figure, limit, _ in limits))


@contextmanager
def _ktrdr(folder: Path) -> Iterator[str]:
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "embedded_ktrdr",
            "--ports",
            "free",
            "--log-dir",
            str(folder / "logs"),
            "--exit-with-stdin",
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield json.loads(process.stdout.readline())["services"]["backend"]["url"]
    finally:
        process.stdin.close()
        process.wait(20)


if __name__ == "__main__":
    raise SystemExit(main())
