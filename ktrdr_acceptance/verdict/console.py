"""The console: what was found, what is running, what came of it. Live on a terminal, few lines elsewhere."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from rich.console import Console as RichConsole
from rich.console import Group
from rich.live import Live
from rich.markup import escape
from rich.text import Text

from ktrdr_acceptance.catalogue.tags import facts_of
from ktrdr_acceptance.evidence.redaction import redacted
from ktrdr_acceptance.evidence.streams import redact_stdout_and_stderr
from ktrdr_acceptance.operations.history import Observation
from ktrdr_acceptance.operations.operation import Operation
from ktrdr_acceptance.verdict.comparison import comparison_lines
from ktrdr_acceptance.verdict.milestones import MilestoneResult, MilestoneVerdict, milestone_results
from ktrdr_acceptance.verdict.model import RunResult, ScenarioResult, Verdict, counted_scenarios, issue_mark
from ktrdr_acceptance.verdict.recorded import recorded_lines

_MARK = {
    Verdict.MET: "[green]✔[/]",
    Verdict.NOT_MET: "[red]✘[/]",
    Verdict.FLAKY: "[red]≈[/]",
    Verdict.KNOWN_ISSUE: "[yellow]–[/]",
    Verdict.NOT_RUN: "[yellow]–[/]",
}
_MILESTONE_MARK = {
    MilestoneVerdict.MET: "[green]✔[/]",
    MilestoneVerdict.NOT_MET: "[red]✘[/]",
    MilestoneVerdict.PARTLY_RUN: "[yellow]–[/]",
    MilestoneVerdict.NOT_RUN: "[yellow]–[/]",
}
# Of a scenario that is refused, and how many of them are told whole; the summary has them all.
_MOST_BLOCK_LINES, _MOST_BLOCKS, _LONGEST_LINE = 30, 5, 160
# Without a terminal: how many lines a run with nothing to complain about may have, and how many of them tell
# of features one by one; beyond that they are told by capability.
_MOST_LINES = 40
_MOST_FEATURES = 14


class _Stdout(RichConsole):
    """A console whose reader may go away (`behave | head`) without ending the run."""

    def on_broken_pipe(self) -> None:
        """Fall silent; rich would leave the process with status 1."""
        self.quiet = True
        with suppress(ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), self.file.fileno())


class Console:
    """Writes to the process's own stdout, whatever behave captures meanwhile."""

    def __init__(self, expected_s: Mapping[str, float], quiet: bool = False) -> None:
        redact_stdout_and_stderr()
        if reconfigure := getattr(sys.__stdout__, "reconfigure", None):
            reconfigure(errors="replace")
        self._rich = _Stdout(file=sys.__stdout__, highlight=False, soft_wrap=True, emoji=False)
        self._expected_s = expected_s
        self._live: Live | None = None
        self._quiet = quiet
        self._waiting: list[str] = []
        self._running = ""
        self._running_since = 0.0
        self._progress = ""
        self._group: list[ScenarioResult] = []
        self._by_capability = False
        # How the line begins that says why a run is not accepted.
        self.issue_form = ""
        # behave has printed one already.
        self._lines = 1

    def header(self, target_lines: list[str], planned: Sequence[ScenarioResult], notes: list[str]) -> None:
        """Say which KTRDR was found and how much is to do."""
        for line in [*target_lines, *notes]:
            self._print(escape(line))
        self._waiting = [scenario.id for scenario in planned]
        self._by_capability = len({scenario.file for scenario in planned}) > _MOST_FEATURES
        known = self._left(self._waiting)
        about = f", about {known:.0f} s" if known else ""
        self._print(f"{counted_scenarios(len(planned))}{about}")
        if self._rich.is_terminal and not self._quiet:
            self._live = Live(Text(), console=self._rich, refresh_per_second=8, transient=True)
            self._live.start()

    def begin(self, scenario_id: str, name: str) -> None:
        """Show the scenario that begins."""
        self._running, self._running_since, self._progress = f"{scenario_id} {name}", time.monotonic(), ""
        if scenario_id in self._waiting:
            self._waiting.remove(scenario_id)
        self._refresh()

    def look(self, operation: Operation, seen: Observation) -> None:
        """Show how far the scenario's operation is."""
        left = operation.expected_s * (1 - seen.percentage / 100)
        ahead = "" if seen.status.is_terminal else f", about {left:.0f} s left"
        self._progress = f"{seen}{ahead}"
        self._refresh()

    def end(self, result: ScenarioResult) -> None:
        """Show a scenario's verdict: on a terminal; elsewhere a line per feature or capability."""
        if self._group and self._place(self._group[0]) != self._place(result):
            self._flush_group()
        self._group.append(result)
        if self._live is not None or result.verdict in (Verdict.NOT_MET, Verdict.FLAKY):
            self._print(self._scenario_line(result))

    def finish(self, run: RunResult, summary_path: str) -> None:
        """Say what came of the run; the last line is the verdict in the form other tools read."""
        self._flush_group()
        on_terminal = self._live is not None
        if self._live is not None:
            self._live.stop()
            self._live = None
        compared = comparison_lines(run)
        for line in compared:
            self._print(escape(line))
        refusals = run.refusals()
        for scenario in refusals[:_MOST_BLOCKS]:
            self._print("")
            for line in _block(scenario, run.options, summary_path):
                self._print(escape(line))
        if others := refusals[_MOST_BLOCKS:]:
            self._print("")
            self._print(f"and {counted_scenarios(len(others))} more, whole in {escape(summary_path)}:")
            for scenario in others:
                self._print(f"  {escape(_in_one_line(scenario))}")
        for (what, reason), ids in self._reasons(run).items():
            which = ids[0] if len(ids) == 1 else f"{len(ids)} scenarios"
            self._print(f"{what}{escape(which)}: {escape(reason)}")
        for finding in run.run_findings:
            self._print(f"finding of the run: {escape(finding)}")
        report = f"report: {summary_path}; exit status {run.exit_status:d}"
        end = [
            *recorded_lines(run),
            *run.watched.in_short(summary_path),
            *run.notes(),
            *compared[:1],
            run.counts_line(),
            report,
        ]
        results = milestone_results(run)
        # The last line follows the end.
        room = len(results) if on_terminal else _MOST_LINES - self._lines - len(end) - 1
        for line in _milestone_lines(results, room):
            self._print(line)
        for line in end:
            self._print(escape(line))
        self._print(escape(run.last_line()))

    def listing(self, scenarios: list[Any], undefined_steps: list[Any]) -> None:
        """List scenarios by id and title, and steps that nobody has written."""
        for scenario in scenarios:
            place = f"{scenario.filename}:{scenario.line}"
            self._print(f"{escape(facts_of(scenario).id)}  {escape(scenario.name)}  ({escape(place)})")
        for step in undefined_steps:
            place = f"{step.filename}:{step.line}"
            self._print(f"[red]no step says[/] {escape(step.keyword)} {escape(step.name)}  ({escape(place)})")
        self._print(f"{counted_scenarios(len(scenarios))}, not run")

    def tell(self, lines: Sequence[str]) -> None:
        """Say something line by line."""
        for line in lines:
            self._print(escape(line))

    def refuse(self, sentence: str) -> None:
        """Say in one sentence why nothing was run."""
        self._print(f"{issue_mark(self.issue_form)}: {escape(sentence)}")

    def _reasons(self, run: RunResult) -> dict[tuple[str, str], list[str]]:
        """Return what keeps scenarios from being met although they are accepted, each with their ids."""
        found: dict[tuple[str, str], list[str]] = {}
        told = {scenario.key for scenario in run.refusals()}
        for scenario in run.scenarios:
            if scenario.verdict == Verdict.KNOWN_ISSUE:
                found.setdefault(("", scenario.reason.splitlines()[0]), []).append(scenario.id)
            elif scenario.verdict == Verdict.NOT_RUN and scenario.key not in told:
                found.setdefault(("not run: ", scenario.reason.splitlines()[0]), []).append(scenario.id)
        return found

    def _place(self, result: ScenarioResult) -> str:
        return str(Path(result.file).parent) if self._by_capability else result.file

    def _flush_group(self) -> None:
        results, self._group = self._group, []
        if not results or self._live is not None:
            return
        found = {verdict: sum(1 for r in results if r.verdict == verdict) for verdict in Verdict}
        counts = ", ".join(f"{count} {verdict}" for verdict, count in found.items() if count)
        took = sum(result.duration_s for result in results)
        planned = [result.expected_s for result in results]
        beside = "" if None in planned else f", planned {sum(filter(None, planned)):.1f} s"
        worst = next((v for v in (Verdict.NOT_MET, Verdict.FLAKY, Verdict.NOT_RUN) if found[v]), Verdict.MET)
        name = results[0].area if self._by_capability else results[0].feature
        self._print(f"{_MARK[worst]} {escape(name)}: {counts} ({took:.1f} s{beside})")

    def _scenario_line(self, result: ScenarioResult) -> str:
        said = "" if result.verdict == Verdict.MET else f" {result.verdict}"
        if result.age:
            said += f", {result.age} failure"
        title = f"{escape(result.id)} {escape(result.name)}"
        return f"{_MARK[result.verdict]} {title}{said} ({result.took})"

    def _left(self, ids: list[str]) -> float:
        return sum(self._expected_s.get(scenario_id, 0.0) for scenario_id in ids)

    def _refresh(self) -> None:
        if self._live is None:
            return
        took = time.monotonic() - self._running_since
        left = self._left(self._waiting)
        to_go = f"{len(self._waiting)} to go" + (f", about {left:.0f} s" if left else "")
        lines = [
            f"▶ {self._running} ({took:.0f} s)",
            f"  {self._progress}" if self._progress else "",
            f"  {to_go}",
        ]
        # Before it is cut to the width of the terminal: what is left of a secret is not known as one.
        shown = [Text(redacted(line), overflow="ellipsis") for line in lines if line]
        self._live.update(Group(*shown))

    def _print(self, markup: str) -> None:
        self._lines += 1
        try:
            self._rich.print(markup)
        except (OSError, ValueError):
            # A full disk or a closed stdout changes nothing of what the run says elsewhere.
            self._rich.on_broken_pipe()


def _block(scenario: ScenarioResult, options: str, summary_path: str) -> list[str]:
    """Return a refused scenario's title and its failure block."""
    age = f", {scenario.age} failure" if scenario.age else ""
    title = f"{scenario.id} {scenario.name}{age} ({scenario.file}:{scenario.line})"
    lines = scenario.block(options).lines(_MOST_BLOCK_LINES - 1, summary_path)
    return [title, *[f"  {line}" for line in lines]]


def _in_one_line(scenario: ScenarioResult) -> str:
    reason = "".join(scenario.reason.splitlines()[:1])
    line = ": ".join(filter(None, [f"{scenario.id} {scenario.name}", scenario.category, reason]))
    return line if len(line) <= _LONGEST_LINE else f"{line[:_LONGEST_LINE]} ..."


def _milestone_lines(results: list[MilestoneResult], room: int) -> list[str]:
    """Return a line for each milestone or, if that is too many, one line for all that are met."""
    if len(results) <= room:
        return [_milestone_line(result) for result in results]
    met = [result for result in results if result.verdict == MilestoneVerdict.MET]
    told = f"{_MILESTONE_MARK[MilestoneVerdict.MET]} milestones met: " + ", ".join(
        f"{escape(result.id)} ({result.counts()[Verdict.MET]})" for result in met
    )
    return [*([told] if met else []), *[_milestone_line(result) for result in results if result not in met]]


def _milestone_line(result: MilestoneResult) -> str:
    return f"{_MILESTONE_MARK[result.verdict]} {escape(result.line())}"
