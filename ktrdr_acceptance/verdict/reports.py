"""The reports folder: which view is written when, and where the previous run's reports go."""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from ktrdr_acceptance.faults import BadInput
from ktrdr_acceptance.target.embedded import EMBEDDED_LOGS
from ktrdr_acceptance.verdict.json_view import ResultsFile, draft_of, write_atomically
from ktrdr_acceptance.verdict.junit import as_junit
from ktrdr_acceptance.verdict.markdown import as_markdown
from ktrdr_acceptance.verdict.model import RunResult, ScenarioKey, ScenarioResult

# Allure's folder, and the file in it that says how the run has ended.
ALLURE, FACTS = "allure-results", "environment.properties"
# Everything that a run leaves, and the report made of it; what else lies in the folder is not ours.
_OURS = ("results.json", "summary.md", "junit.xml", ALLURE, "allure-report", EMBEDDED_LOGS)


class Reports:
    """Writes every view of a run into one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.summary = folder / "summary.md"
        self._results = ResultsFile(folder / "results.json")
        self._lock: IO[str] | None = None
        self._allure: Any = None
        self._written: set[ScenarioKey] = set()

    def claim(self) -> None:
        """Make the folder and keep other runs out of it until this process ends.

        Raises BadInput if it cannot be written to, or if another run is writing there.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._lock = (self.folder / ".lock").open("w")
        except OSError as problem:
            raise BadInput(
                f"Setting reports: {self.folder} cannot be written to ({problem.strerror})."
            ) from None
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise BadInput(
                f"Setting reports: another run is writing to {self.folder}; "
                "let it end, or name another folder."
            ) from None

    def move_previous_aside(self) -> None:
        """Move the previous run's reports into `previous/`, so that nobody reads them as this run's."""
        previous = self.folder / "previous"
        found = [self.folder / name for name in _OURS if (self.folder / name).exists()]
        if not found:
            return
        try:
            previous.mkdir(exist_ok=True)
            for name in _OURS:
                _remove(previous / name)
            for path in found:
                path.rename(previous / path.name)
        except OSError as problem:
            raise BadInput(
                f"Setting reports: the last run's reports in {self.folder} cannot be moved to {previous} "
                f"({problem.strerror})."
            ) from None

    def begin(self, run: RunResult) -> None:
        """Write what is planned: a run that is killed before its first scenario has ended says so too."""
        self._results.follow(run)

    def scenario(self, run: RunResult, result: ScenarioResult, scenario: Any) -> None:
        """Write what is known after one scenario."""
        self._allure_results().write_scenario(result, scenario)
        self._written.add(result.key)
        self._results.follow(run)

    def finish(self, run: RunResult) -> None:
        """Write every view of the whole run, with the scenarios that were never reached."""
        for result in run.scenarios:
            if result.key not in self._written:
                self._allure_results().write_scenario(result)
        for _, write in self._views(run):
            write()

    def finish_as_far_as_possible(self, run: RunResult) -> None:
        """Write again what can be, after a view could not; the others may say what is no longer so."""
        was_finished = self._results.is_finished
        # What is half written takes the room of the others.
        for path, _ in self._views(run):
            _take_away(draft_of(path))
        for path, write in self._views(run):
            try:
                write()
            except Exception:
                _take_away(draft_of(path))
                # Results of before the end stay: they say that the run has not come to it.
                if path != self._results.path or was_finished:
                    _take_away(path)

    def _views(self, run: RunResult) -> list[tuple[Path, Callable[[], None]]]:
        """Return the files that say how the run has ended, each with what writes it."""
        junit, allure = self.folder / "junit.xml", self.folder / ALLURE / FACTS
        return [
            (self._results.path, lambda: self._results.finish(run)),
            (junit, lambda: write_atomically(junit, as_junit(run))),
            (self.summary, lambda: write_atomically(self.summary, as_markdown(run))),
            (allure, lambda: self._allure_results().write_run(run)),
        ]

    def _allure_results(self) -> Any:
        if self._allure is None:
            # Late, because a run that is refused for bad input has no use for 50 ms of imports.
            from ktrdr_acceptance.verdict.allure import AllureResults

            self._allure = AllureResults(self.folder / ALLURE)
        return self._allure


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _take_away(path: Path) -> None:
    # What is in the way may be a folder, and no view.
    with suppress(OSError):
        path.unlink()
