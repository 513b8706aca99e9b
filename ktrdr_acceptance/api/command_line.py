"""KTRDR's own command as a process: begun, watched, interrupted, and always ended."""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Protocol

from ktrdr_acceptance.api.http import Exchange
from ktrdr_acceptance.evidence.redaction import redacted
from ktrdr_acceptance.faults import EnvironmentFault
from ktrdr_acceptance.operations.waiting import Clock

SERVICE = "KTRDR's command"
_ENDS_WITHIN = 5.0
_SLICE = 0.05
# Bytes of each stream that are read, and characters that are kept as evidence: the end says what came of it.
_MOST_READ, _MOST_KEPT = 1_000_000, 20_000
_COLOURS = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


@dataclass(frozen=True)
class Ran:
    """A command that has ended: its exit status (negative: the signal that ended it) and what it printed."""

    line: str
    status: int
    stdout: str
    stderr: str
    elapsed_s: float

    @property
    def said(self) -> str:
        """Everything that it printed."""
        return "\n".join(filter(None, (self.stdout.strip(), self.stderr.strip())))

    @property
    def end(self) -> str:
        """The last that it printed, for a message."""
        return redacted(self.said)[-500:] or "nothing"


class Child(Protocol):
    """A command that has been begun."""

    line: str

    def ended_within(self, seconds: float) -> Ran | None:
        """Return what came of it once it has ended, None if it has not within that time."""

    def interrupt(self) -> None:
        """Press Ctrl+C where it runs."""

    def end(self) -> None:
        """See that it runs no more."""


@dataclass
class CommandLine:
    """The command as the settings name it, told at which backend KTRDR is."""

    words: tuple[str, ...]
    base_url: str
    clock: Clock
    on_exchange: Callable[[Exchange], None] = lambda _exchange: None
    folder: Path | None = None

    def begin(self, arguments: Sequence[str]) -> Child:
        """Begin it with arguments. Raises EnvironmentFault if it cannot be run at all."""
        return _Process(self, [*self.words, *arguments])

    def environment(self) -> dict[str, str]:
        """Return what it finds in its environment: where KTRDR is, and that nobody sits at a terminal."""
        return {
            **os.environ,
            "KTRDR_API_CLIENT_BASE_URL": f"{self.base_url}/api/v1",
            # As the suite itself: plain, and by no proxy.
            **dict.fromkeys(("NO_PROXY", "no_proxy"), "*"),
            # Wide, so that no cell of a table is cut.
            "COLUMNS": "300",
            "TERM": "dumb",
            "NO_COLOR": "1",
            "PYTHONIOENCODING": "utf-8",
            "PYTHONUNBUFFERED": "1",
        }


@dataclass
class _Process:
    """One child process, in a session of its own: Ctrl+C at the suite must not be one there."""

    command: CommandLine
    words: list[str]
    line: str = ""
    _ran: Ran | None = None
    _streams: tuple[IO[bytes], ...] = field(default_factory=tuple)

    def __post_init__(self) -> None:
        self.line = shlex.join(self.words)
        # Files: a pipe that nobody reads would stop it.
        self._streams = (tempfile.TemporaryFile(), tempfile.TemporaryFile())  # noqa: SIM115
        self._began = time.monotonic()
        try:
            self._process = subprocess.Popen(
                [*_leash(), *_found(self.words, self.command.folder)],
                stdin=subprocess.DEVNULL,
                stdout=self._streams[0],
                stderr=self._streams[1],
                start_new_session=True,
                cwd=self.command.folder,
                env=self.command.environment(),
            )
        except OSError as problem:
            raise EnvironmentFault(f"{SERVICE} ({self.line}) cannot be run: {problem}") from None

    def ended_within(self, seconds: float) -> Ran | None:
        deadline = time.monotonic() + seconds
        while self._process.poll() is None and (left := deadline - time.monotonic()) > 0:
            self.command.clock.check()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(min(left, _SLICE))
        if self._process.poll() is None:
            return None
        return self._ran or self._take_over()

    def interrupt(self) -> None:
        # The whole group, as a terminal does: the command may be a wrapper.
        self._signal(signal.SIGINT)

    def end(self) -> None:
        if self._process.poll() is None:
            self._signal(signal.SIGTERM)
            try:
                self._process.wait(_ENDS_WITHIN)
            except subprocess.TimeoutExpired:
                self._signal(signal.SIGKILL)
                self._process.wait()
        if self._ran is None:
            self._take_over()

    def _signal(self, number: signal.Signals) -> None:
        if self._process.poll() is None:
            os.killpg(self._process.pid, number)

    def _take_over(self) -> Ran:
        elapsed = time.monotonic() - self._began
        stdout, stderr = (_read(stream) for stream in self._streams)
        ran = self._ran = Ran(self.line, self._process.returncode, stdout, stderr, elapsed)
        failure = f"exit status {ran.status}" if ran.status else None
        said = redacted(ran.said[-_MOST_KEPT:])
        self.command.on_exchange(
            Exchange(
                *(SERVICE, "RUN", redacted(self.line), None, ran.status, said, elapsed, self._began, failure),
                form="exit status",
            )
        )
        return ran


def _leash() -> list[str]:
    """Return what ends the command with the suite, even when that is killed: one may watch for ever."""
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "TERM", "--"] if setpriv else []


def _found(words: list[str], folder: Path | None) -> list[str]:
    """Return the words with the program's own file, so that one that is not there is told at once."""
    name = words[0]
    # As a shell in that folder finds it.
    if (program := shutil.which(Path(folder or "", name).absolute() if os.sep in name else name)) is None:
        raise FileNotFoundError(f"there is no program {name}")
    return [program, *words[1:]]


def _read(stream: IO[bytes]) -> str:
    with stream:
        stream.seek(0)
        return _COLOURS.sub("", stream.read(_MOST_READ).decode("utf-8", errors="replace"))
