"""A compose project that a run brings up and takes down again, with version 2 or 1 of the command."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import yaml

from ktrdr_acceptance.faults import BadInput, EnvironmentFault
from ktrdr_acceptance.ledger import FILE as LEDGER
from ktrdr_acceptance.ledger import Ledger
from ktrdr_acceptance.operations.waiting import Clock
from ktrdr_acceptance.target.docker import Engine

# In the reports folder while a project of ours is up: what a killed run leaves, the next takes down.
BROUGHT_UP = ".brought-up"
# Seconds until a project is up (its image may have to be built), and until it is down.
_UP_WITHIN, _DOWN_WITHIN, _EVERY_S = 600.0, 120.0, 0.1
# A project whose start was broken off may still be coming up while it is taken down.
_TRIES_TO_GO_DOWN = 3


def place_of(project: str) -> str:
    """Return what the ledger calls a project."""
    return f"compose project {project}"


def project_of(file: Path, asked: str = "") -> str:
    """Return the name of the project that a compose file stands for, as compose itself finds it."""
    if not file.is_file():
        raise BadInput(f"Setting compose_file: there is no file {file}.")
    try:
        content = yaml.safe_load(file.read_text("utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError):
        content = None
    if not isinstance(content, dict) or not isinstance(content.get("services"), dict):
        raise BadInput(f"Setting compose_file: {file} is no compose file: it names no services.")
    named = (
        asked or os.environ.get("COMPOSE_PROJECT_NAME") or content.get("name") or file.absolute().parent.name
    )
    return re.sub(r"[^a-z0-9_-]", "", str(named).lower()).lstrip("_-")


class Compose:
    """One project of one file."""

    def __init__(self, file: Path, project: str, notes: Path) -> None:
        self.file, self.project = file.absolute(), project
        self._note, self._ledger = notes / BROUGHT_UP, Ledger(notes / LEDGER)
        self._facts: dict[str, Any] = {}

    def up(self, clock: Clock, environment: Mapping[str, str], *, had_volumes: bool) -> None:
        """Bring it up, and note before that it is ours. Raises EnvironmentFault and RunAborted."""
        self._note_more(file=str(self.file), project=self.project, had_volumes=had_volumes)
        self._run(["up", "-d"], _UP_WITHIN, clock, environment)

    def is_up(self, containers: Collection[str], backend_url: str) -> None:
        """Note which containers it has, and where it is reached: whatever is left there goes with it."""
        self._note_more(containers=sorted(containers), backend=backend_url)

    def _note_more(self, **facts: Any) -> None:
        self._facts |= facts
        self._note.write_text(json.dumps(self._facts), "utf-8")

    def down(self, engine: Engine) -> None:
        """Take it down, with its networks, and its volumes if it had none before. Raises EnvironmentFault.

        Where compose cannot, for its file is broken, changed or gone, the engine does it.
        """
        engine.end_all_in_place(self.project)
        facts = json.loads(self._note.read_text("utf-8"))
        volumes = [] if facts["had_volumes"] else ["--volumes"]
        for left in reversed(range(_TRIES_TO_GO_DOWN)):
            try:
                self._run(["down", "--remove-orphans", "--timeout", "3", *volumes], _DOWN_WITHIN, Clock(), {})
                break
            except EnvironmentFault:
                if not left:
                    engine.remove(self.project, with_volumes=bool(volumes))
        self._note.unlink()
        self._ledger.forget(place_of(self.project), *filter(None, [facts.get("backend")]))

    def _run(self, arguments: list[str], within: float, clock: Clock, environment: Mapping[str, str]) -> None:
        """Run the command, which gets a session of its own: Ctrl+C is the suite's alone."""
        process = subprocess.Popen(
            [*_compose_command(), "-p", self.project, "-f", str(self.file), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
            env={**os.environ, **environment},
        )
        until = clock.now() + within
        try:
            while True:
                try:
                    said, _ = process.communicate(timeout=_EVERY_S)
                    break
                except subprocess.TimeoutExpired:
                    clock.check()
                    if clock.now() > until:
                        raise EnvironmentFault(
                            f"compose could not {arguments[0]} {self.file} within {within:g} s"
                        ) from None
        except BaseException:
            os.killpg(process.pid, signal.SIGTERM)
            process.communicate()
            raise
        if process.returncode:
            last = " ".join(said.split())[-400:]
            raise EnvironmentFault(f"compose could not {arguments[0]} {self.file}: {last}")


def take_down_left(notes: Path, engine: Engine) -> str:
    """Take down what a run that was killed has left up; return in words what was done.

    A project of that name that somebody has brought up since is theirs, and stays.
    """
    note = notes / BROUGHT_UP
    if not note.exists():
        return ""
    try:
        facts = json.loads(note.read_text("utf-8"))
        compose = Compose(Path(facts["file"]), facts["project"], notes)
    except (ValueError, KeyError):
        # The kill has cut it off, so nothing was up yet.
        note.unlink()
        return ""
    there = engine.ids_in(compose.project)
    if there and "containers" in facts and there.isdisjoint(facts["containers"]):
        note.unlink()
        return f"an earlier run had brought the compose project {compose.project} up: it is another one now"
    compose.down(engine)
    return f"an earlier run had left the compose project {compose.project} up: it is down now"


def _compose_command() -> list[str]:
    docker = shutil.which("docker")
    if (
        docker
        and not subprocess.run([docker, "compose", "version"], capture_output=True, check=False).returncode
    ):
        return [docker, "compose"]
    if first := shutil.which("docker-compose"):
        return [first]
    raise EnvironmentFault(
        "there is neither `docker compose` nor `docker-compose` to bring up the setting compose_file",
        cure="install docker's compose plugin, or bring the project up yourself and leave compose_file out",
    )
