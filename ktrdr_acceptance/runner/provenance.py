"""Which suite ran: its version and commit."""

from __future__ import annotations

import subprocess
from importlib.metadata import PackageNotFoundError, version


def suite_identity() -> dict[str, str]:
    """Return the suite's version, and its commit (with `+changes` if the tree differs from it)."""
    try:
        number = version("ktrdr-acceptance")
    except PackageNotFoundError:
        number = "unknown"
    commit = _git("rev-parse", "--short=10", "HEAD") or "unknown"
    if commit != "unknown" and _git("status", "--porcelain"):
        commit += "+changes"
    return {"version": number, "commit": commit}


def _git(*arguments: str) -> str:
    try:
        done = subprocess.run(["git", *arguments], capture_output=True, text=True, timeout=10, check=False)
    except OSError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
