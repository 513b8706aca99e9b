"""How much memory the suite's own process has taken at most."""

from __future__ import annotations

import re
import resource
import sys
from pathlib import Path

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
