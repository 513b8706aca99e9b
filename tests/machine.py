"""What the machine does beside the proofs: a duration on a busy one says nothing about what is proven."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path


def idle_s() -> float:
    """Return how long this machine has had nothing to do, in seconds of all its processors.

    Whoever waits where it should not does so while processors are idle; whoever waits for a processor does
    not. So the difference of two of these is at most the time between them, and next to nothing of it if
    others keep the machine busy.
    """
    of_all = Path("/proc/stat").read_text("ascii").split("\n", 1)[0].split()
    return int(of_all[4]) / os.sysconf("SC_CLK_TCK") / (os.cpu_count() or 1)


def kept_waiting_s(service: int) -> float:
    """Return how long a process and this one have waited for a processor, or the whole machine for its host.

    They wait whenever others use the processors, which says nothing about the process.
    """
    waited_ns = 0
    for pid in (service, os.getpid()):
        for path in Path(f"/proc/{pid}/task").glob("*/schedstat"):
            with suppress(OSError):  # a thread that has just ended
                waited_ns += int(path.read_text("ascii").split()[1])
    stolen = int(Path("/proc/stat").read_text("ascii").split("\n", 1)[0].split()[8])
    return waited_ns / 1e9 + stolen / os.sysconf("SC_CLK_TCK")
