"""Defects that only show at the limits: at the longest ranges."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from embedded_ktrdr.backend.bar_reader import BarReader
from embedded_ktrdr.defects.defect import defect, patch
from embedded_ktrdr.worker import training
from embedded_ktrdr.worker.plan import Plan

AREA = "stress"

MOST_SAMPLES = 100_000
MOST_BARS = 2**17


@defect(
    "samples-capped",
    "A training takes no more than the first 100,000 samples, and does not say so",
    ("stress-widest-range", "the result at its worker counts 115,000 samples, give or take 5 %"),
    area=AREA,
    behaviour="a training takes every bar of its range",
)
def _samples_capped() -> None:
    @patch(training, "make_plan")
    def make(original: Callable[..., Plan], *arguments: Any) -> Plan:
        plan = original(*arguments)
        return replace(plan, samples=min(plan.samples, MOST_SAMPLES))


@defect(
    "large-reads-cut",
    "A read of more than 131,072 bars brings the first of them only",
    ("stress-large-volume", "they are as many as calibrated, give or take 5 %"),
    area=AREA,
    behaviour="a read brings every bar of its range",
)
def _large_reads_cut() -> None:
    @patch(BarReader, "_pieces")
    def pieces(original: Callable[..., Iterator[Any]], self: BarReader, *asked: Any) -> Iterator[Any]:
        count = 0
        for piece in original(self, *asked):
            count += piece.bars
            if count > MOST_BARS:
                break
            yield piece
