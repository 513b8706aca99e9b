"""A service that is slow: it gets to work for a small part of each second."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

# Seconds of each round: it is four times as slow. A request at the wrong moment waits the first, longer than
# an answer may take by the sentences (500 ms); every other gets on.
HALTED_S, AT_WORK_S = 0.75, 0.25
# Seconds until a switch that was under way has surely come to its end.
_LAST_SWITCH_S = 60.0


@dataclass
class Slowness:
    """Halts a service and lets it go on again, in a thread of its own, until it is ended."""

    halt: Callable[[], None]
    go_on: Callable[[], None]
    halted_s: float = HALTED_S
    at_work_s: float = AT_WORK_S

    def __post_init__(self) -> None:
        self._ended = threading.Event()
        self._problem: Exception | None = None
        self._thread = threading.Thread(target=self._rounds, daemon=True)

    def begin(self) -> None:
        """Have the service be slow from now on; it is halted when this returns."""
        self.halt()
        self._thread.start()

    def end(self) -> None:
        """Let it go on for good. Raises what went wrong meanwhile, when it goes on."""
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join(_LAST_SWITCH_S)
        self.go_on()
        if self._problem is not None:
            raise self._problem

    def _rounds(self) -> None:
        try:
            while not self._ended.wait(self.halted_s):
                self.go_on()
                if self._ended.wait(self.at_work_s):
                    break
                self.halt()
        except Exception as problem:
            self._problem = problem
