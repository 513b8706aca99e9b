"""Asking many services side by side, up to one deadline; what has not come by then is missing."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import Any

from ktrdr_acceptance.faults import EnvironmentFault
from ktrdr_acceptance.operations.waiting import Clock
from ktrdr_acceptance.preflight.check import Check, Outcome, failed, not_made

Ask = Callable[[], Any]
# How often a wish to stop is looked for; seconds.
_GLANCE = 0.05


@dataclass(frozen=True)
class Answers:
    """What came back to the asks of one check: values, and what went wrong, by ask."""

    values: Mapping[str, Any]
    problems: Mapping[str, Exception]


@dataclass(frozen=True)
class Probe:
    """One check: what it asks, and what it makes of the answers.

    Asks of one name are made once, however many checks share them. A probe that does not say that it judges
    silence is not asked for its judgement unless every answer has come.
    """

    name: str
    asks: Mapping[str, Ask]
    judge: Callable[[Answers], Check]
    judges_silence: bool = False

    def made(self, asking: Asking) -> Check:
        """Return what came of the check. Never ok unless every answer has come."""
        late = [ask for ask in self.asks if ask not in asking.values and ask not in asking.problems]
        answers = Answers(
            {ask: asking.values[ask] for ask in self.asks if ask in asking.values},
            {ask: asking.problems[ask] for ask in self.asks if ask in asking.problems},
        )
        problems = [*answers.problems.values()]
        silent = [problem for problem in problems if isinstance(problem, EnvironmentFault)]
        broken = [problem for problem in problems if isinstance(problem, AssertionError)]
        came = bool(answers.values or problems) or not self.asks
        if not (late or problems) or (self.judges_silence and came and len(silent) == len(problems)):
            check = self.judge(answers)
            if check.outcome is Outcome.FAILED or not late:
                return check
        if broken:
            return failed(self.name, str(broken[0]))
        if problems:
            first = problems[0]
            is_silence = isinstance(first, EnvironmentFault)
            return not_made(self.name, str(first) if is_silence else f"{type(first).__name__}: {first}")
        return not_made(self.name, f"no answer in time: {', '.join(late)}")


@dataclass
class Asking:
    """Asks in progress, each in a thread of its own, which nobody waits for longer than the deadline.

    The threads are daemons: an answer that never comes must not keep the process.
    """

    clock: Clock
    values: dict[str, Any] = field(default_factory=dict)
    problems: dict[str, Exception] = field(default_factory=dict)
    _asked: set[str] = field(default_factory=set)
    _done: SimpleQueue[tuple[str, Any, Exception | None]] = field(default_factory=SimpleQueue)

    def start(self, asks: Mapping[str, Ask]) -> None:
        """Begin those asks that have not been begun."""
        for name, ask in asks.items():
            if name not in self._asked:
                self._asked.add(name)
                threading.Thread(target=self._run, args=(name, ask), daemon=True).start()

    def wait(self, names: Iterable[str], until: float) -> None:
        """Take over answers until all of `names` have come, or until monotonic time `until`.

        Raises RunAborted once somebody asked the run to stop.
        """
        wanted = set(names)
        while wanted - self.values.keys() - self.problems.keys():
            self.clock.check()
            left = until - time.monotonic()
            if left <= 0:
                return
            try:
                name, value, problem = self._done.get(timeout=min(left, _GLANCE))
            except Empty:
                continue
            if problem is None:
                self.values[name] = value
            else:
                self.problems[name] = problem

    def _run(self, name: str, ask: Ask) -> None:
        try:
            self._done.put((name, ask(), None))
        except Exception as problem:
            self._done.put((name, None, problem))
