"""SIGINT and SIGTERM ask the run to end; they never raise."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from ktrdr_acceptance.operations.waiting import Clock


@contextmanager
def ending_on_signals(clock: Clock, abort: Callable[[str], None]) -> Iterator[None]:
    """Within it a signal sets the clock's stop reason and calls `abort`.

    Raising from a handler would tear an undo apart. A background job inherits SIGINT as ignored, so the
    handlers are set whatever they were before.
    """

    def handle(number: int, _frame: FrameType | None) -> None:
        if clock.stop_reason is None:
            clock.stop_reason = signal.Signals(number).name
            abort(clock.stop_reason)

    before = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, previous in before.items():
            signal.signal(number, previous)
