"""Starts Python programs as a user does, without paying for the imports of others' packages every time.

Half the processor time of a short run goes into importing behave, pydantic and their like. A server imports
them once and forks for each start. What is ours is never imported ahead: each process reads it anew. A start
that the server cannot make alike (another program, coverage) is an ordinary one, and so are those that the
proofs of starting itself make.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import json
import os
import runpy
import selectors
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_OF_OTHERS = (
    *("allure_behave.formatter", "allure_commons.logger", "allure_commons.model2", "behave.configuration"),
    *("behave.formatter.null", "behave.reporter.junit", "behave.reporter.summary", "behave.runner"),
    *("behave.runner_plugin", "concurrent.futures.thread", "hamcrest", "httpcore", "httpx", "statistics"),
    *("parse_type", "pydantic", "pydantic.v1", "rich.console", "rich.table", "rich.text", "typer", "yaml"),
    *("fastapi", "fastapi.responses", "uvicorn", "uvicorn.protocols.http.h11_impl"),
)
_ALIKE = {"cwd", "stdin", "stdout", "stderr"}
_A_LOT = 1 << 18


class _Server:
    """The client's end: one server for all starts of this process."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._lock = threading.Lock()
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, __file__, str(theirs.fileno())],
                env=dict(environment),
                # As those of most forks are: what Python knows of them it has asked when it started.
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                pass_fds=[theirs.fileno()],
            )
        atexit.register(self.close)

    def start(self, request: dict[str, Any], files: list[int]) -> tuple[int, socket.socket]:
        """Return the process's id, and where its wait status will come."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs, self._lock:
            socket.send_fds(self._control, [json.dumps(request).encode()], [*files, theirs.fileno()])
        said = ours.recv(_A_LOT)
        if not said:
            ours.close()
            raise RuntimeError(f"the server of starts has ended: {self._process.communicate()[1]}")
        return int(said), ours

    def close(self) -> None:
        self._control.close()
        self._process.communicate()


class Forked(subprocess.Popen[str]):
    """A process that the server has forked, and of which it tells how it ended."""

    def __init__(self, server: _Server, command: list[str], **options: Any) -> None:
        self._server = server
        super().__init__(command, **options)

    def _execute_child(self, *given: Any) -> None:
        command, cwd, env = given[0], given[5], given[6]
        pipes = given[10:16]  # of stdin, stdout and stderr the end to read and the end to write
        theirs = (pipes[0], pipes[3], pipes[5])
        files = [number if file == -1 else file for number, file in enumerate(theirs)]
        request = {
            "arguments": command[1:],
            "folder": str(cwd or Path.cwd()),
            "environment": dict(os.environ if env is None else env),
        }
        try:
            self.pid, self._told = self._server.start(request, files)
            self._child_created = True
        finally:
            self._close_pipe_fds(*pipes)  # type: ignore[attr-defined]

    def _try_wait(self, wait_flags: int) -> tuple[int, int]:
        try:
            said = self._told.recv(_A_LOT, socket.MSG_DONTWAIT if wait_flags & os.WNOHANG else 0)
        except BlockingIOError:
            return 0, 0
        self._told.close()
        if not said:
            raise RuntimeError("the server of starts has ended before its fork")
        return self.pid, int(said)

    def _internal_poll(self, *_: Any, **__: Any) -> int | None:
        if self.returncode is None and self._waitpid_lock.acquire(False):  # type: ignore[attr-defined]
            try:
                pid, status = self._try_wait(os.WNOHANG) if self.returncode is None else (0, 0)
                if pid:
                    self._handle_exitstatus(status)  # type: ignore[attr-defined]
            finally:
                self._waitpid_lock.release()  # type: ignore[attr-defined]
        return self.returncode


_servers: dict[tuple[tuple[str, str], ...], _Server] = {}
_making = threading.Lock()


def start(
    command: list[str], *, env: Mapping[str, str] | None = None, **options: Any
) -> subprocess.Popen[str]:
    """Start a Python program, `-m NAME` or `-c CODE`, with the options of Popen; texts, not bytes."""
    environment = os.environ if env is None else env
    measured = any(name.startswith("COVERAGE_") for name in environment)
    alike = command[0] == sys.executable and command[1] in ("-m", "-c") and options.keys() <= _ALIKE
    if sys.platform != "linux" or measured or not alike:
        return subprocess.Popen(command, env=env, text=True, **options)
    # What Python itself reads as it starts, and the packages as they are imported.
    read_early = ("PYTHON", "LC_", "LANG", "BEHAVE_", "GHERKIN_", "PYDANTIC_")
    own = tuple(sorted((name, text) for name, text in environment.items() if name.startswith(read_early)))
    with _making:
        if own not in _servers:
            _servers[own] = _Server({**os.environ, **environment})
    return Forked(_servers[own], command, env=env, text=True, **options)


def run(command: list[str], *, timeout: float = 300.0, **options: Any) -> subprocess.CompletedProcess[str]:
    """Start it, and return what it said in the end."""
    pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with start(command, **{**pipes, **options}) as process:
        try:
            stdout, stderr = process.communicate(timeout=timeout)
        except BaseException:
            process.kill()
            raise
    return subprocess.CompletedProcess(command, process.returncode, stdout, stderr)


def _serve(control: socket.socket) -> dict[str, Any] | None:
    """Fork for each request, and tell how each fork ended; return the request in a fork, None in the end."""
    for name in _OF_OTHERS:
        importlib.import_module(name)
    gc.collect()
    gc.freeze()  # so that the collections of the forks leave the shared pages alone
    woken, waking = socket.socketpair()
    woken.setblocking(False)
    waking.setblocking(False)
    signal.set_wakeup_fd(waking.fileno())
    signal.signal(signal.SIGCHLD, lambda *_: None)
    # Ctrl+C is for the processes and for whoever started the server: it ends with that one.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    running: dict[int, socket.socket] = {}
    with selectors.DefaultSelector() as selector:
        selector.register(control, selectors.EVENT_READ)
        selector.register(woken, selectors.EVENT_READ)
        while True:
            ready = [key.fileobj for key, _ in selector.select()]
            if woken in ready:
                woken.recv(_A_LOT)
                _tell_the_ended(running)
            if control not in ready:
                continue
            said, files, *_ = socket.recv_fds(control, _A_LOT, 4)
            if not said:
                return None
            pid = os.fork()
            if not pid:
                for other in (control, woken, waking, *running.values()):
                    other.close()
                break
            for file in files[:3]:
                os.close(file)
            running[pid] = socket.socket(fileno=files[3])
            running[pid].send(str(pid).encode())
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number, file in enumerate(files[:3]):
        os.dup2(file, number)
    for file in files:
        os.close(file)
    return dict(json.loads(said))


def _tell_the_ended(running: dict[int, socket.socket]) -> None:
    for pid in list(running):
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            with running.pop(pid) as told:
                told.send(str(status).encode())


def _become(request: dict[str, Any]) -> None:
    """Run the program as Python runs it for a command."""
    os.environ.clear()
    os.environ.update(request["environment"])
    os.chdir(request["folder"])
    option, program, *arguments = request["arguments"]
    if option == "-m":
        sys.argv[:], sys.path[0] = [program, *arguments], request["folder"]
        runpy.run_module(program, run_name="__main__", alter_sys=True)
    else:
        sys.argv[:], sys.path[0] = ["-c", *arguments], ""
        exec(
            compile(program, "<string>", "exec", dont_inherit=True),
            {"__name__": "__main__", "__builtins__": __builtins__},
        )


if __name__ == "__main__" and (wanted := _serve(socket.socket(fileno=int(sys.argv[1])))):
    _become(wanted)
