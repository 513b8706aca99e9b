"""One service in its own process, forked from the supervisor.

Forking shares the imports: FastAPI, pydantic and httpx take half a second of processor time, which every
further service would pay again if it were spawned.
"""

import asyncio
import ctypes
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import uvicorn
from fastapi import FastAPI

GRACE_S = 1  # for requests in flight when the service is asked to stop

_PR_SET_PDEATHSIG = 1


def run_service(
    make_app: Callable[[], FastAPI],
    configure_logs: Callable[[], None],
    listener: socket.socket,
    log: Path,
    lifeline: int,
) -> None:
    """Serve on `listener` until SIGTERM, or until the supervisor is gone; call in a forked child only."""
    # uvicorn raises the signal again once it has shut down; that must be a normal end, not a traceback.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: os._exit(0))
    _leave_terminal(log)
    _die_with_supervisor(lifeline)
    configure_logs()
    config = uvicorn.Config(make_app(), log_config=None, timeout_graceful_shutdown=GRACE_S, ws="none")
    server = uvicorn.Server(config)
    asyncio.run(server.serve(sockets=[listener]))


def _leave_terminal(log: Path) -> None:
    """Own session, so that Ctrl+C reaches only the supervisor; all output goes to the log."""
    os.setsid()
    nothing = os.open(os.devnull, os.O_RDONLY)
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    for source, target in ((nothing, 0), (output, 1), (output, 2)):
        os.dup2(source, target)
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]


def _die_with_supervisor(lifeline: int) -> None:
    """No service outlives its supervisor, even one that was killed: the lifeline's other end is its."""

    def wait_for_end() -> None:
        os.read(lifeline, 1)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait_for_end, daemon=True).start()
    if sys.platform == "linux":
        # A paused service cannot read its lifeline; the kernel kills it all the same.
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
