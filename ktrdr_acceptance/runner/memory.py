"""How much memory the suite's own process takes, and what need not be kept."""

from __future__ import annotations

import re
import resource
import sys
from pathlib import Path
from typing import Any

_STATUS = Path("/proc/self/status")


def peak_memory_mb() -> float:
    """Return the peak of the resident memory in MiB.

    Linux counts the memory of the process that started this one into `ru_maxrss`, so the figure of this
    program alone is taken where the system has it.
    """
    try:
        if found := re.search(r"^VmHWM:\s*(\d+) kB", _STATUS.read_text("ascii"), re.MULTILINE):
            return round(int(found[1]) / 1024, 1)
    except OSError:
        pass
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # Bytes on macOS, kilobytes elsewhere.
    return round(peak / (1024 * 1024 if sys.platform == "darwin" else 1024), 1)


def forget(scenario: Any) -> None:
    """Let go of what nobody reads any more: of thousands of scenarios it would be most of the memory."""
    # behave works it out from the steps, and keeps it.
    _ = scenario.status
    scenario.steps, scenario._background_steps, scenario.tags = [], [], []
    del scenario.run
