"""One service in its own process: alone, or forked from the supervisor.

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
from types import FrameType

import httpx
import uvicorn
from fastapi import FastAPI

from embedded_ktrdr import cable

# For requests in flight when the service is asked to stop. The second comes first: each that uvicorn cancels
# would leave a traceback.
GRACE_S = 1
ENDS_AFTER_S = 0.5

_PR_SET_PDEATHSIG = 1


def import_ahead() -> None:
    """Import what a service imports only when it makes its application and serves: here, once for all."""
    app = FastAPI()
    app.add_api_route("/", lambda: {}, response_model=dict[str, str])
    uvicorn.Config(app, log_config=None, ws="none").load()
    httpx.HTTPTransport(verify=False, trust_env=False).close()


def run_service(
    make_app: Callable[[], FastAPI],
    configure_logs: Callable[[], None],
    listener: socket.socket,
    log: Path,
    lifeline: int,
    connection: cable.Cable,
) -> None:
    """Serve on `listener` until SIGTERM, or until the supervisor is gone; call in a forked child only."""
    # uvicorn raises the signal again once it has shut down; that must be a normal end, not a traceback.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: os._exit(0))
    _leave_terminal(log)
    _die_with_supervisor(lifeline)
    cable.own = connection
    serve(make_app, configure_logs, listener)


def serve(
    make_app: Callable[[], FastAPI], configure_logs: Callable[[], None], listener: socket.socket
) -> None:
    """Serve on `listener` until SIGTERM or SIGINT, which the caller has made a normal end already."""
    configure_logs()
    app = cable.Connected(make_app(), cable.own)
    config = uvicorn.Config(app, log_config=None, timeout_graceful_shutdown=GRACE_S, ws="none")
    asyncio.run(_Server(config).serve(sockets=[listener]))


def hold(host: str) -> socket.socket:
    """Take a free port for good: nobody else is given it, but who names it can listen there."""
    holder = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    holder.bind((host, 0))
    return holder


def listen(host: str, port: int) -> socket.socket:
    """Take a port; OSError if it is not free."""
    # asyncio turns Nagle's delay (40 ms on every second request) off only where the protocol is named.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen()
    except OSError:
        listener.close()
        raise
    return listener


class _Server(uvicorn.Server):
    """Ends soon, whoever still waits for an answer."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        super().handle_exit(sig, frame)
        late = threading.Timer(ENDS_AFTER_S, os._exit, (0,))
        late.daemon = True
        late.start()


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
