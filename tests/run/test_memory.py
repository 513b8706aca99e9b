"""The peak of the memory is that of this program, whoever started it."""

from __future__ import annotations

import subprocess
import sys

import pytest

from ktrdr_acceptance.runner.memory import peak_memory_mb

PROGRAM = """
from ktrdr_acceptance.runner.memory import peak_memory_mb

before = peak_memory_mb()
much = b"x" * 60_000_000
del much
print(before, peak_memory_mb())
"""


def peaks() -> tuple[float, float]:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    before, after = map(float, done.stdout.split())
    return before, after


def test_what_was_freed_again_counts() -> None:
    before, after = peaks()
    assert 50 < after - before < 70


@pytest.mark.skipif(
    sys.platform != "linux", reason="elsewhere the system has no figure of this program alone"
)
def test_what_the_starting_program_took_does_not_count() -> None:
    much = b"x" * 200_000_000
    assert peak_memory_mb() > 200
    before, _ = peaks()
    assert before < 100
    del much
