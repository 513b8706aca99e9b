"""A process of the suite's own that answers nonsense at a port of this machine."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

from ktrdr_acceptance.faults import EnvironmentFault
from ktrdr_acceptance.target.base import Nonsense

SCRIPT = Path(__file__).with_name("nonsense.py")


class Substitute:
    """Listens in the place of a service; ends with the suite, however that ends."""

    def __init__(self, url: str, answer: Nonsense) -> None:
        parts = urlsplit(url)
        self._process = subprocess.Popen(
            [
                *(sys.executable, str(SCRIPT), answer, "--until-stdin-ends"),
                *("--host", str(parts.hostname), "--port", str(parts.port)),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        assert self._process.stdout is not None
        if self._process.stdout.readline().strip() != "listening":
            said = self._process.communicate()[1].strip().splitlines()
            raise EnvironmentFault(f"nothing can listen in the place of {url}: {said[-1] if said else ''}")

    def end(self) -> None:
        """Stop listening."""
        self._process.kill()
        self._process.communicate()
