"""Many runs at once: each is planned by a test module, started with the others, and awaited by its tests."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .project import Done, Project
from .stub_ktrdr import StubKtrdr, closed_url

# A URL at which nothing listens.
NOBODY = closed_url()


@dataclass(frozen=True)
class Plan:
    """One run: its arguments, and where it differs from a run of the shared project at the healthy stub.

    `{reports}` in an argument is the folder of its reports.
    """

    arguments: list[str]
    # How a stub of its own is made, or the URL at which nothing listens.
    stub: dict[str, Any] | None = None
    backend: str = ""
    # What is added to a project of its own.
    project: dict[str, str] = field(default_factory=dict)
    # What is done to the folder of its reports, and to its stub, before it starts.
    prepare: Callable[[Path, StubKtrdr], None] | None = None


class Runs:
    """Runs everything that is planned, two at a time, in the order of the plans."""

    def __init__(self, plans: Mapping[str, Plan], project: Project, ktrdr: StubKtrdr, folder: Path) -> None:
        self._pool = ThreadPoolExecutor(2)
        self._own = {name: StubKtrdr(**plan.stub) for name, plan in plans.items() if plan.stub is not None}
        self._healthy = ktrdr
        self.reports = {name: folder / name / "reports" for name in plans}
        self._futures: dict[str, Future[Done]] = {}
        for name, plan in plans.items():
            if plan.prepare:
                self.reports[name].mkdir(parents=True)
                plan.prepare(self.reports[name], self.stub(name))
            at = Project(folder / name / "project", **plan.project) if plan.project else project
            backend = plan.backend or self.stub(name)
            arguments = [one.replace("{reports}", str(self.reports[name])) for one in plan.arguments]
            self._futures[name] = self._pool.submit(at.run, self.reports[name], *arguments, backend=backend)

    def __getitem__(self, name: str) -> Done:
        return self._futures[name].result()

    def stub(self, name: str) -> StubKtrdr:
        """Return the stub that a run speaks to."""
        return self._own.get(name, self._healthy)

    def close(self) -> None:
        self._pool.shutdown(cancel_futures=True)
        for stub in self._own.values():
            stub.stop()
