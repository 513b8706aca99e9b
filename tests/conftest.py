"""What all proofs share."""

from __future__ import annotations

import compileall
import signal
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def pytest_sessionstart(session: pytest.Session) -> None:  # noqa: ARG001 - pytest's signature
    """Compile once what hundreds of processes import: each would again where Python may write no bytecode.

    And take signals as from a terminal: under nohup each process started here would have SIGHUP ignored.
    """
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    for package in ("ktrdr_acceptance", "embedded_ktrdr"):
        compileall.compile_dir(ROOT / package, quiet=1)
