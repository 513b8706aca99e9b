"""The embedded KTRDR: started by the run on free ports, stopped by the run, met over HTTP only."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import IO

from pydantic import BaseModel, ValidationError

from ktrdr_acceptance.evidence.log_files import LogFile
from ktrdr_acceptance.evidence.redaction import redacted
from ktrdr_acceptance.faults import BadInput, EnvironmentFault
from ktrdr_acceptance.operations.waiting import Clock
from ktrdr_acceptance.settings import Settings
from ktrdr_acceptance.target.base import IB_HOST, TRAINING_HOST, DirectTarget, Endpoints, Nonsense, Verb
from ktrdr_acceptance.target.substitute import Substitute

# Folder below the reports that its services log to.
EMBEDDED_LOGS = "embedded-logs"
_READY_WITHIN = 60.0
_STOP_WITHIN = 5.0
_SWITCH_WITHIN = 60.0
# The exit status of an embedded KTRDR that was asked for what it does not have.
_BAD_OPTIONS = 2
# How much its bars may take, so that the suite can fill the rest: several times what it comes with.
_DATA_LIMIT_MB = 256


class _Service(BaseModel):
    """One service as the ready line names it."""

    url: str
    log: Path


class _Announcement(BaseModel):
    """The line with which the embedded KTRDR says that it is ready."""

    backend: str
    speed: float
    cache_ttl_s: float
    data_dir: Path
    data_limit_bytes: int | None = None
    defects: tuple[str, ...] = ()
    variations: tuple[str, ...] = ()
    services: dict[str, _Service]


class _Reply(BaseModel):
    """What the embedded KTRDR answers to a command."""

    done: str = ""
    error: str = ""


class EmbeddedTarget(DirectTarget):
    """One embedded KTRDR, alive from `start` to `stop`.

    It gets a session of its own, so that Ctrl+C reaches the suite alone and every undo still finds it; and it
    ends with our end of its stdin, so that it cannot outlive the suite even when that is killed.
    """

    name = "embedded"

    def __init__(self, settings: Settings) -> None:
        self._speed = settings.speed
        self._switches = [
            *(option for name in settings.defect_names for option in ("--defect", name)),
            *(option for name in settings.variation_names for option in ("--variation", name)),
        ]
        self._log_dir = settings.reports / EMBEDDED_LOGS
        # Not the supervisor's own log: two writers of one file overwrite each other.
        self._stderr = self._log_dir / "stderr.log"
        self._process: subprocess.Popen[str] | None = None
        self._lines: SimpleQueue[str] = SimpleQueue()
        # Commands that have not been answered yet: each gets one line, in their order.
        self._unanswered = 0
        # One command after another: a service that is slowed down is switched from a thread of its own.
        self._one_by_one = threading.Lock()
        self._endpoints: Endpoints | None = None
        self._urls: dict[str, str] = {}
        self._substitutes: dict[str, Substitute] = {}
        self.data_folder: Path | None = None
        self.data_limit: int | None = None

    @property
    def endpoints(self) -> Endpoints:
        """Return where it listens."""
        if self._endpoints is None:
            raise EnvironmentFault("the embedded KTRDR has not been started")
        return self._endpoints

    def start(self, clock: Clock) -> None:
        """Start it and wait until all of its services are ready."""
        self._log_dir.mkdir(parents=True, exist_ok=True)
        command = [
            *(sys.executable, "-m", "embedded_ktrdr", "--ports", "free"),
            *("--speed", f"{self._speed:g}", "--log-dir", str(self._log_dir), "--exit-with-stdin"),
            *("--data-limit-mb", str(_DATA_LIMIT_MB)),
            *self._switches,
        ]
        with self._stderr.open("w", encoding="utf-8") as stderr:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stderr,
                text=True,
                start_new_session=True,
                env={**os.environ, "PYTHONUNBUFFERED": "1"},
            )
        threading.Thread(target=_read_lines, args=(self._process.stdout, self._lines), daemon=True).start()
        said = self._first_line(clock)
        try:
            ready = _Announcement.model_validate(json.loads(said))
        except (ValueError, ValidationError):
            self.stop()
            if self._switches and self._process.returncode == _BAD_OPTIONS:
                complaint = self._complaint().splitlines()[-1]
                setting = "variations" if "no variation" in complaint else "defects"
                raise BadInput(f"Setting {setting}: {complaint}") from None
            raise EnvironmentFault(
                f"the embedded KTRDR did not come up within {_READY_WITHIN:g} s: "
                f"{self._complaint() or said!r}; "
                f"its logs are in {self._log_dir}"
            ) from None
        self._endpoints = Endpoints(
            backend_url=ready.backend,
            backend_url_source="the embedded KTRDR",
            cache_ttl=ready.cache_ttl_s,
            speed=ready.speed,
            logs={name: LogFile(service.log) for name, service in ready.services.items()},
            other_services={name: ready.services[name].url for name in (IB_HOST, TRAINING_HOST)},
            defects=ready.defects,
            variations=ready.variations,
        )
        self._urls = {name: service.url for name, service in ready.services.items()}
        self.data_folder, self.data_limit = ready.data_dir, ready.data_limit_bytes

    @property
    def place(self) -> str:
        """Return its name: there is never an earlier one."""
        return "the embedded KTRDR"

    def mend(self, done: str, service: str, clock: Clock) -> None:
        """Do nothing: each one has ended with its run."""

    def cannot(self, verb: str, service: str) -> str:
        """Return an empty text for each of its services: they are the suite's own."""
        return "" if service in self._urls else f"the embedded KTRDR has no {service} to {verb}"

    def replace(self, service: str, answer: Nonsense, clock: Clock) -> None:
        """Stop the service and listen at its port."""
        self.switch("stop", service, clock)
        self._substitutes[service] = Substitute(self._urls[service], answer)

    def put_back(self, service: str, clock: Clock) -> None:
        """Give the port back to the service."""
        if substitute := self._substitutes.pop(service, None):
            substitute.end()
        self.switch("start", service, clock)

    def switch(self, verb: Verb, service: str, clock: Clock) -> None:  # noqa: ARG002 - of the protocol
        """Have the supervisor do it; not interruptible, because undoing it must come to its end."""
        with self._one_by_one:
            self._switch(verb, service)

    def _switch(self, verb: Verb, service: str) -> None:
        process, command = self._process, f"{verb} {service}"
        gone = EnvironmentFault(f"cannot {command}: the embedded KTRDR does not run")
        if process is None or process.poll() is not None:
            raise gone
        assert process.stdin is not None
        try:
            process.stdin.write(f"{command}\n")
            process.stdin.flush()
            reply = self._reply_to(command)
        except (OSError, EOFError):
            raise gone from None
        except (Empty, ValidationError):
            reply = _Reply()
        if reply.error:
            raise EnvironmentFault(f"cannot {command}: {reply.error}")
        if reply.done != command:
            raise EnvironmentFault(
                f"the embedded KTRDR did not say within {_SWITCH_WITHIN:g} s that it did: {command}"
            )

    def _reply_to(self, command: str) -> _Reply:
        """Return the reply to the command just given; a late one to another before it does not count."""
        late = self._unanswered
        self._unanswered += 1
        deadline = time.monotonic() + _SWITCH_WITHIN
        while True:
            line = self._lines.get(timeout=max(0.0, deadline - time.monotonic()))
            if not line:
                # There is never another, whoever asks next.
                self._lines.put(line)
                raise EOFError
            self._unanswered -= 1
            reply = _Reply.model_validate_json(line)
            if reply.done == command:
                self._unanswered = 0
            if reply.done == command or late == 0:
                return reply
            late -= 1

    def stop(self) -> None:
        """End it: gently, then by force."""
        for substitute in self._substitutes.values():
            substitute.end()
        process = self._process
        if process is None or process.poll() is not None:
            return
        assert process.stdin is not None
        process.stdin.close()
        process.terminate()
        try:
            process.wait(_STOP_WITHIN)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _first_line(self, clock: Clock) -> str:
        deadline = time.monotonic() + _READY_WITHIN
        while time.monotonic() < deadline:
            clock.check()
            try:
                return self._lines.get(timeout=0.05)
            except Empty:
                continue
        return ""

    def _complaint(self) -> str:
        return redacted(self._stderr.read_text("utf-8")).strip()[-500:]


def _read_lines(stream: IO[str], into: SimpleQueue[str]) -> None:
    """Take over every line; an empty text tells that there are no more."""
    for line in stream:
        into.put(line)
    into.put("")
