"""A recording of the real KTRDR: its exchanges, and the ids that its answers gave."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from .scope import service_of
from .shapes import Json

REFUSALS = {"training": "No training workers available", "backtesting": "No available backtest workers"}
"""Worker type -> how the reason of an operation begins that found no free worker."""

WITH_GATEWAY = ("D3_",)
"""The recordings with a gateway behind the IB host, as their notes say."""

DONE_BEFORE = {"D4.2_download_ib_host_down": ("stop ib-host",)}
"""What had been done to services before the first exchange, as the recording's note says."""

ACTIONS = {
    "docker kill ktrdr-training-host": ("kill {training-host-1}",),
    "docker start ktrdr-training-host": ("start {training-host-1}",),
    "docker restart ktrdr-backend": ("stop backend", "start backend"),
}
"""What was recorded as done to a container -> what is done to services here."""


@dataclass
class Recording:
    """One recording, and what has been learned from it so far."""

    generation: str
    name: str
    steps: list[Mapping[str, Json]]
    ids: dict[str, str] = field(default_factory=dict)

    @property
    def gateway(self) -> bool:
        """Whether a gateway was behind the IB host."""
        return self.name.startswith(WITH_GATEWAY)

    def service(self, url: str) -> str:
        """The service behind a recorded URL."""
        return service_of(self.generation, self.name, url)

    def named(self, text: str) -> str:
        """The text with every id that an earlier answer gave replaced by its name."""
        for value, name in self.ids.items():
            text = text.replace(value, f"{{{name}}}")
        return text

    def workers(self) -> tuple[str, ...]:
        """The training workers in the first list of workers; without a list, the one of the generation."""
        for body in self._bodies("/api/v1/workers"):
            found = [row["worker_id"] for row in body if row["worker_type"] != "backtesting"]
            if found:
                return tuple(found)
        return ("training-host-1",) if self.generation == "seed" else ("training-worker-5002",)

    def operation_type(self, operation: str) -> str:
        """The type of an operation that was looked up."""
        bodies = self._bodies(f"/api/v1/operations/{operation}")
        return next(str(body["data"]["operation_type"]) for body in bodies if "data" in body)

    def refused(self, operation: str) -> str:
        """The type of the worker that the operation failed for because none was free."""
        for body in self._bodies(f"/api/v1/operations/{operation}"):
            reason = str(body.get("data", {}).get("error_message"))
            for worker_type, refusal in REFUSALS.items():
                if reason.startswith(refusal):
                    return worker_type
        return ""

    def _bodies(self, path: str) -> Iterator[Json]:
        for recorded in self.steps:
            if urlsplit(recorded.get("request", {}).get("url", "")).path == path:
                yield recorded["response"].get("body")


def read_recording(path: Path) -> Recording:
    """Reads a recording."""
    return Recording(path.parent.name, path.stem, json.loads(path.read_text(encoding="utf-8"))["steps"])
