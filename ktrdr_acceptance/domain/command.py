"""KTRDR's own command as a trigger: what a user starts, watches, lists and cancels by it."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ktrdr_acceptance.api.backend import Backend
from ktrdr_acceptance.api.command_line import SERVICE, Child, CommandLine, Ran
from ktrdr_acceptance.api.command_sets import COMMAND_SETS, CommandSet, read_json, set_of_help
from ktrdr_acceptance.api.errors import Refusal
from ktrdr_acceptance.api.models import OperationRow
from ktrdr_acceptance.domain.starts import Starts
from ktrdr_acceptance.faults import EnvironmentFault, Refuted
from ktrdr_acceptance.operations.operation import Operation
from ktrdr_acceptance.operations.waiting import Waiter
from ktrdr_acceptance.testdata.strategies import strategy_text
from ktrdr_acceptance.undo import Undo

# Seconds until a help must have been printed, and until what was started must be in the backend's list.
_HELP_WITHIN, _STARTED_WITHIN = 60.0, 60.0
# As many operations as the command lists unless told otherwise.
_LISTED = 50
_SET = "command set"


@dataclass
class Command:
    """What steps say about KTRDR's command."""

    line: CommandLine
    backend: Backend
    waiter: Waiter
    undo: Undo
    # Where the files go that it reads.
    reports: Path
    # What was found out for a whole run.
    found: dict[str, str] = field(default_factory=dict)

    # what it is

    def missing(self) -> str:
        """Return in words why there is no command to use, or an empty text."""
        if not self.line.words:
            return f"{SERVICE} is not known (setting cli)"
        try:
            ran = self._ended(self.begin_help(), _HELP_WITHIN)
        except (EnvironmentFault, Refuted) as problem:
            return str(problem)
        if ran.status:
            return f"{SERVICE} ({ran.line}) ended with exit status {ran.status}: {ran.end}"
        known = set_of_help(ran.stdout)
        if known is None:
            return f"what {ran.line} prints is no help of {SERVICE}"
        self.found[_SET] = known.name
        return ""

    def not_scriptable(self) -> str:
        """Return in words why no program can use the command, or an empty text; after `missing`."""
        if self.form.is_scriptable:
            return ""
        return f"{SERVICE} is of set {self.form.name}: it watches to the end and answers no program"

    @property
    def form(self) -> CommandSet:
        """Return the form of the command."""
        return next(one for one in COMMAND_SETS if one.name == self.found[_SET])

    # what it does

    def begin_help(self) -> Child:
        """Ask it for its help."""
        return self._begin_plain(["--help"])

    def begin_list(self) -> Child:
        """Ask it for the newest operations."""
        return self._begin(self.form.list_(_LISTED))

    def begin_status(self, operation: Operation) -> Child:
        """Ask it how an operation is."""
        return self._begin(self.form.status(operation.id))

    def begin_follow(self, operation: Operation) -> Child:
        """Have it watch an operation that runs already."""
        return self._begin(self.form.follow(operation.id))

    def begin_cancel(self, operation: Operation) -> Child:
        """Have it cancel an operation."""
        return self._begin(self.form.cancel(operation.id))

    def start(
        self, starts: Starts[Any], purpose: str, *, watch: bool = False, **changes: Any
    ) -> tuple[Operation, Child]:
        """Have it start an operation, and watch it if asked to; set S always watches."""
        outcome, child = self.attempt(starts, purpose, watch=watch, **changes)
        operation = starts.accepted(outcome, purpose)
        operation.is_changed = bool(changes)
        return operation, child

    def refusal(self, starts: Starts[Any], **changes: Any) -> tuple[Refusal, Child]:
        """Have it start the smallest operation with something wrong; AssertionError if it starts."""
        starts.remember()
        outcome, child = self.attempt(starts, starts.smallest, **changes)
        if isinstance(outcome, Operation):
            raise AssertionError(
                f"a {starts.kind} with {changes} was started as {outcome.id} by {child.line}"
            )
        return outcome, child

    def attempt(
        self, starts: Starts[Any], purpose: str, *, watch: bool = False, **changes: Any
    ) -> tuple[Refusal | Operation, Child]:
        """Have it start an operation that may be refused."""
        request = {**starts.calibrated(purpose).request(), **changes}
        folder = ""
        if self.form.reads_strategies:
            folder = self._folder_with(request["strategy_name"], starts.calibrated(purpose).strategy)
        begun: list[Child] = []
        breaches: list[Refuted] = []

        def ask() -> Refusal | str:
            before = set(starts.newest())

            def new() -> list[str]:
                return [one for one in starts.newest() if one not in before]

            arguments = (self.form.watch if watch else self.form.start)(starts.kind, request, folder)
            begun.append(child := self._begin(arguments))
            try:
                if self.form.is_scriptable and not watch:
                    return self._named(child, new)
                return self._appeared(child, new)
            except Refuted as breach:
                child.end()
                if len(ids := new()) != 1:
                    raise
                # What it has started all the same is put back like any other.
                breaches.append(breach)
                return ids[0]

        outcome = starts.attempt_by(purpose, ask)
        if breaches:
            raise breaches[0]
        return outcome, begun[0]

    def _named(self, child: Child, new: Callable[[], list[str]]) -> Refusal | str:
        """Return the id that the command names once it has ended; the backend must list it by then."""
        ran = self._ended(child, _STARTED_WITHIN)
        if ran.status:
            return refusal_of(ran)
        named = self.answer_of(child).get("operation_id")
        if not isinstance(named, str) or not named:
            raise Refuted(f"{ran.line} succeeded without an operation's id; it printed {ran.end}")
        if named not in (ids := new()):
            listed = ", ".join(ids) or "nothing"
            raise Refuted(f"{ran.line} named {named}; {self.backend.base_url} lists {listed} as new")
        return named

    def _appeared(self, child: Child, new: Callable[[], list[str]]) -> Refusal | str:
        """Return the id of the operation that has appeared in the backend's list: the command tells none."""

        def look() -> tuple[Ran | None, list[str]]:
            # In this order: what an ended command has started is in the list.
            return child.ended_within(0), new()

        ran, ids = self.waiter.eventually(
            look,
            lambda seen: bool(seen[1] or seen[0]),
            within=_STARTED_WITHIN,
            expected=f"{self.backend.base_url} to list what {child.line} starts",
            describe=lambda seen: f"{len(seen[1])} new operations, the command {_state(seen[0])}",
        )
        if len(ids) > 1:
            raise EnvironmentFault(
                f"several operations were started at the same moment ({', '.join(ids)}): which is that of "
                f"{SERVICE} cannot be told; run it while nobody else uses the target"
            )
        if ids:
            return ids[0]
        assert ran is not None
        if ran.status:
            return refusal_of(ran)
        raise Refuted(
            f"{ran.line} ended as a success, but {self.backend.base_url} lists nothing that it has started"
        )

    def end_of(self, child: Child, within: float) -> Ran:
        """Return what came of a command that has to end within that many seconds."""
        return self._ended(child, within)

    # what it shows, against the backend

    def answer_of(self, child: Child) -> dict[str, Any]:
        """Return what an ended command has answered a program."""
        answer = read_json(self._ended(child, 0).stdout)
        return answer if isinstance(answer, dict) else {}

    def list_differences(self, within: float) -> tuple[list[str], list[str]]:
        """Return the ids that both the command and the backend list, and how else the lists differ.

        The backend's list is read before and after, for what changes meanwhile may be shown either way.
        """
        before = {row.operation_id: row for row in self._rows()}
        ran = self._ended(self.begin_list(), within)
        after = {row.operation_id: row for row in self._rows()}
        if ran.status:
            raise Refuted(f"{ran.line} ended with exit status {ran.status}: {ran.end}")
        shown = self.form.read_list(ran.stdout)
        both: list[str] = []
        differences: list[str] = []
        for operation_id in dict.fromkeys([*before, *after]):
            rows = [one for one in shown if one.is_of(operation_id)]
            states = {str(row.status) for row in (before.get(operation_id), after.get(operation_id)) if row}
            if len(rows) == 1 and rows[0].status in states:
                both.append(operation_id)
            elif len(rows) == 1:
                said = f"{rows[0].status} to the command, {' or '.join(sorted(states))} at the backend"
                differences.append(f"{operation_id} is {said}")
            elif rows:
                differences.append(f"{operation_id} is listed {len(rows)} times by the command")
            elif operation_id in before and operation_id in after:
                differences.append(f"{operation_id} is not listed by the command")
        known = [*before, *after]
        differences += [
            f"{one.id} is listed by the command alone" for one in shown if not any(map(one.is_of, known))
        ]
        return both, differences

    def _rows(self) -> list[OperationRow]:
        return self.backend.operations(limit=_LISTED).data

    def status_differences(self, operation: Operation, ran: Ran) -> list[str]:
        """Return how the command shows an operation that has ended otherwise than the backend does."""
        shown = self.form.read_status(ran.stdout)
        body = self.backend.operation(operation.id)
        pairs = {
            "id": (shown.id, body.operation_id),
            "status": (shown.status, str(body.status)),
            "percentage": (shown.percentage, round(body.progress.percentage, 1)),
        }
        return [
            f"{what}: {one} by the command, {other} at the backend"
            for what, (one, other) in pairs.items()
            if one != other
        ]

    # processes

    def _begin(self, arguments: list[str]) -> Child:
        return self._begin_plain([*self.form.at(self.line.base_url), *arguments])

    def _begin_plain(self, arguments: list[str]) -> Child:
        begun: list[Child] = []

        def end() -> None:
            for child in begun:
                child.end()

        # Before it begins; and after the undo of what it starts, so that it is ended first.
        self.undo.register(f"end {SERVICE}", end)
        begun.append(self.line.begin(arguments))
        return begun[0]

    def _ended(self, child: Child, within: float) -> Ran:
        limit = within * self.waiter.time_factor
        if (ran := child.ended_within(limit)) is None:
            child.end()
            raise Refuted(f"{child.line} did not end within {limit:g} s")
        return ran

    def _folder_with(self, name: str, calibrated: str) -> str:
        """Return a folder with the file of a strategy, which is called as the file is."""
        folder = tempfile.mkdtemp(prefix="strategies-", dir=self.reports.absolute())
        self.undo.register("remove the strategy's file", lambda: shutil.rmtree(folder))
        Path(folder, f"{name}.yaml").write_text(strategy_text(calibrated), "utf-8")
        return folder


def refusal_of(ran: Ran) -> Refusal:
    """Return what a command said that did not start anything."""
    return Refusal(ran.status, " ".join(ran.said.split()), ran.said, form="exit status")


def _state(ran: Ran | None) -> str:
    return "runs" if ran is None else f"has ended with exit status {ran.status}"
