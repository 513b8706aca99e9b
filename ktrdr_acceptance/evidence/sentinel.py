"""The log sentinel: looks at every line that the target's services write during a run, without being asked.

A stack trace, a missing event loop, an ERROR or worse that nothing explains, a restart that the suite did not
cause: each breaks the scenario that it belongs to, or else is a finding of the run.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from ktrdr_acceptance.evidence.belonging import Placed, Places
from ktrdr_acceptance.evidence.deeds import Deeds
from ktrdr_acceptance.evidence.log_lines import NO_EVENT_LOOP
from ktrdr_acceptance.evidence.logs import Entry, LogSlice, entries_in
from ktrdr_acceptance.evidence.redaction import redacted
from ktrdr_acceptance.evidence.tolerated import Tolerated
from ktrdr_acceptance.target.base import BACKEND, IB_GATEWAY, IB_HOST, TRAINING_HOST

# Without one of these in it, nothing in a piece of a log is of interest: finding them costs microseconds.
_ALARMS = (
    b"ERROR",
    b"CRITICAL",
    b"FATAL",
    # In JSON the level may be small.
    b'"error"',
    b'"critical"',
    b'"fatal"',
    b"(most recent call ",
    NO_EVENT_LOOP.encode(),
    b"server process",
    b"startup com",
)
_STARTED, _STARTED_UP = "Started server process", "Application startup complete"
_CHANGING = re.compile(r"\d+|0x[0-9a-f]+|[0-9a-f]{8,}")
_LONGEST_LINE, _MOST_KINDS = 240, 5
# Of the findings of a run: a log may be full of lines of which none is like another.
MOST_FINDINGS = 50
_NO_WORKERS = frozenset({BACKEND, IB_HOST, IB_GATEWAY, TRAINING_HOST})


@dataclass
class Breaches:
    """Breaches by what they say, the changing parts of a line left out: each kind is told once."""

    said: dict[str, str] = field(default_factory=dict)
    count: Counter[str] = field(default_factory=Counter)

    def add(self, sentence: str, note: str = "") -> None:
        """Count a breach; of its kind the first is quoted, with a `note` on that one."""
        key = _CHANGING.sub("#", sentence)
        self.said.setdefault(key, sentence + note)
        self.count[key] += 1

    def lines(self) -> list[str]:
        """Return a sentence for each kind, with its count."""
        return [
            f"{sentence} ({self.count[key]} such)" if self.count[key] > 1 else sentence
            for key, sentence in self.said.items()
        ]


def first_of(lines: list[str], most: int) -> list[str]:
    """Return the first of the sentences on a log, and how many more there are."""
    more = len(lines) - most
    return lines if more <= 0 else [*lines[:most], f"... {more} more kinds of lines in the logs"]


@dataclass
class Sentinel:
    """Follows the logs of one run."""

    slices: Mapping[str, LogSlice]
    tolerated: Tolerated
    # Whether the backend does the work itself, as up to generation N.
    backend_works: bool = False
    # What belongs to no scenario.
    findings: Breaches = field(default_factory=Breaches)
    # Which scenario started an operation, for lines that come after its end.
    scenario_of: dict[str, str] = field(default_factory=dict)
    # Starts that the suite has caused and no log has shown yet: for this scenario, and for the one before.
    _planned: Counter[str] = field(default_factory=Counter)
    _planned_before: Counter[str] = field(default_factory=Counter)
    _half_started: set[str] = field(default_factory=set)

    def plan(self, started: Iterable[str]) -> None:
        """Take down which services the suite has started in the scenario that ends; one for each start."""
        self._planned_before, self._planned = self._planned, Counter(started)

    def look(
        self, deeds_of_scenario: Callable[[], Deeds], after: str = "", *, to_the_end: bool = False
    ) -> list[str]:
        """Look at what was written since the last look; return how the scenario that ends is broken.

        `after` says when that is: whoever reads a finding, of no scenario, wants a place to begin. With
        `to_the_end` it is the last look.
        """
        deeds: Deeds | None = None
        broken = Breaches()
        for service, log in self.slices.items():
            written, lost = log.unseen(to_the_end=to_the_end)
            if lost:
                self.findings.add(lost)
            if not any(alarm in written for alarm in _ALARMS):
                continue
            deeds = deeds or deeds_of_scenario()
            entries = entries_in(written.decode("utf-8", errors="replace"), keep_rest=True)
            self._judge(service, entries, deeds, broken, after)
        return first_of(broken.lines(), _MOST_KINDS)

    def _judge(self, service: str, entries: list[Entry], deeds: Deeds, broken: Breaches, after: str) -> None:
        kind = service if service in _NO_WORKERS else "worker"
        places = Places(
            does_work=self.backend_works if service == BACKEND else kind not in (IB_HOST, IB_GATEWAY)
        )
        wrong: list[tuple[Placed, str]] = []
        for placed in places.of(entries):
            entry = placed.entry
            if self._is_unplanned_restart(service, entry):
                wrong.append((placed, _RESTART))
                continue
            what = _alarm(entry)
            if not what or self.tolerated.covers(kind, entry):
                continue
            # A stack trace is explained by nothing.
            if what != _ERROR or not self._is_explained(service, placed, deeds):
                wrong.append((placed, what))
        # Only now is it known how the requests of others ended: one that was refused explains a line.
        others = {request for request, status in places.statuses.items() if _is_refusal(status)}
        for placed, what in wrong:
            sentence = f"the log of {service} shows {what}: {_quoted(placed.entry)}"
            # Whatever was going on there was broken off by a restart.
            around = placed.requests | placed.unfinished if what == _RESTART else placed.around
            if _is_of(deeds, placed, around):
                broken.add(sentence)
            elif what == _ERROR and (refused := sorted(placed.requests & others - deeds.requests)):
                others.remove(refused[0])
            else:
                self.findings.add(sentence, self._owner(placed) or (after and f" (first seen {after})"))

    def _is_explained(self, service: str, placed: Placed, deeds: Deeds) -> bool:
        # What names somebody else's is not explained by what it stands within.
        within = placed.requests if not placed.named or any(map(deeds.has, placed.named)) else frozenset()
        return deeds.explains(service, placed.entry, within, placed.named)

    def _is_unplanned_restart(self, service: str, entry: Entry) -> bool:
        if _STARTED in entry.head:
            self._half_started.add(service)
        elif _STARTED_UP in entry.head:
            if service in self._half_started:
                # The second of the two lines of one start.
                self._half_started.remove(service)
                return False
        else:
            return False
        for planned in (self._planned_before, self._planned):
            if planned[service]:
                planned[service] -= 1
                return False
        return True

    def _owner(self, placed: Placed) -> str:
        """Return of which earlier scenario an entry is, in words."""
        earlier = {self.scenario_of[id] for id in placed.named | placed.around if id in self.scenario_of}
        return f" (of scenario {', '.join(sorted(earlier))}, after its end)" if earlier else ""


def _is_refusal(status: int) -> bool:
    # That nobody can take work just now is no failure; anything else from 500 on is.
    return 400 <= status < 500 or status == 503


_ERROR, _RESTART = "an unexpected error", "an unplanned restart"


def _alarm(entry: Entry) -> str:
    if NO_EVENT_LOOP in entry.text:
        return f"{NO_EVENT_LOOP!r}"
    if entry.has_stack_trace:
        return "a stack trace"
    return _ERROR if entry.is_error else ""


def _is_of(deeds: Deeds, placed: Placed, around: Iterable[str]) -> bool:
    """Tell whether an entry is the scenario's: by what it names or, if nothing, what it is within."""
    if any(map(deeds.has, placed.named)) or any(map(placed.entry.names, deeds.workers)):
        return True
    return not placed.named and any(map(deeds.has, around))


def _quoted(entry: Entry) -> str:
    # Cut last: half a secret would not be known as one.
    head = redacted(entry.head[: 10 * _LONGEST_LINE])
    lines = [head if len(head) <= _LONGEST_LINE else f"{head[:_LONGEST_LINE]} ..."]
    if entry.has_stack_trace:
        lines.append(redacted(entry.text.rstrip().splitlines()[-1])[:_LONGEST_LINE])
    return " / ".join(lines)
