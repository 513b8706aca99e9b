"""SIGINT, SIGTERM, SIGHUP and the run's deadline ask the run to end; they never raise."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from ktrdr_acceptance.operations.waiting import Clock


@contextmanager
def ending_on_request(
    clock: Clock, abort: Callable[[str], None], deadline_s: float = 0.0, *, deaf_after: bool = False
) -> Iterator[None]:
    """Within it a signal, or the deadline (0: none), sets the clock's stop reason and calls `abort`.

    After it signals do again what they did before; or nothing, if all that is left is to end the process: one
    more would put another exit status in the place of the verdict's.

    Raising from a handler would tear an undo apart. A background job inherits SIGINT as ignored, so its
    handler is set whatever it was before; that of SIGHUP (a terminal is closed) not where `nohup` ignores it.
    """

    def end(reason: str) -> None:
        if clock.stop_reason is None:
            clock.stop_reason = reason
            abort(reason)

    def handle(number: int, _frame: FrameType | None) -> None:
        end(signal.Signals(number).name)

    heeded = [signal.SIGINT, signal.SIGTERM]
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        heeded.append(signal.SIGHUP)
    before = {number: signal.signal(number, handle) for number in heeded}
    timer = threading.Timer(deadline_s, end, [f"the run's deadline of {deadline_s:g} s has passed"])
    timer.daemon = True
    if deadline_s:
        timer.start()
    try:
        yield
    finally:
        timer.cancel()
        for number, previous in before.items():
            signal.signal(number, signal.SIG_IGN if deaf_after else previous)
