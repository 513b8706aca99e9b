"""The Docker engine: the one module that imports its SDK, and only when it is needed (it costs 0.2 s).

What the engine does was measured with 20.10 and SDK 7; see the notes at each place.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ktrdr_acceptance.faults import EnvironmentFault
from ktrdr_acceptance.target.container import PROJECT, Container

_ONE_OFF = "com.docker.compose.oneoff"
# Mark what the suite itself has put in the place of a container, and of which project.
REPLACES, REPLACES_IN = "ktrdr-acceptance.replaces", "ktrdr-acceptance.project"
_REMOTE = ("tcp", "http", "https", "ssh")
# Seconds that a request to the engine may take.
_ENGINE_S = 60


@contextmanager
def asked_to(what: str) -> Iterator[None]:
    """Say in one sentence what the engine would not do. Its SDK also lets errors of its transport through."""
    from docker.errors import DockerException

    try:
        yield
    except (DockerException, OSError) as problem:
        said = getattr(problem, "explanation", None) or problem
        raise EnvironmentFault(f"the Docker engine cannot {what}: {' '.join(str(said).split())}") from None


class Engine:
    """The engine that the environment names: DOCKER_HOST, else the current context, else its usual socket."""

    def __init__(self) -> None:
        import docker

        host = os.environ.get("DOCKER_HOST") or _host_of_context()
        where = host or "its usual socket"
        try:
            # Where published ports are reached.
            at = urlsplit(host)
            self.hostname = at.hostname or "" if at.scheme in _REMOTE else "127.0.0.1"
            # Of DOCKER_HOST, and of the usual socket, the environment says too whether it speaks TLS.
            if host and not os.environ.get("DOCKER_HOST"):
                self._client: Any = docker.DockerClient(host, timeout=_ENGINE_S)
            else:
                self._client = docker.from_env(timeout=_ENGINE_S)
            self.version: str = self._client.version()["Version"]
        except (docker.errors.DockerException, OSError, ValueError) as problem:
            raise EnvironmentFault(
                f"no Docker engine answers at {where}: {' '.join(str(problem).split())}",
                cure="start Docker, or name its engine in DOCKER_HOST",
            ) from None

    asked_to = staticmethod(asked_to)

    def projects(self) -> dict[str, list[Container]]:
        """Return the containers of every compose project, running or not; what was run once is left out."""
        found: dict[str, list[Container]] = {}
        with asked_to("list containers"):
            for each in self._all(PROJECT):
                if each.labels.get(_ONE_OFF, "False") != "True" and REPLACES not in each.labels:
                    found.setdefault(each.labels[PROJECT], []).append(Container(self, each))
        return found

    def has_volumes(self, project: str) -> bool:
        """Tell whether a project has volumes: what is in them is somebody's."""
        with asked_to("list volumes"):
            return bool(self._client.volumes.list(filters={"label": f"{PROJECT}={project}"}))

    def remove(self, project: str, *, with_volumes: bool) -> None:
        """Remove all that is of a project, whatever its file says by now."""
        ours = {"label": f"{PROJECT}={project}"}
        with asked_to(f"remove the compose project {project}"):
            for container in self._all(ours["label"]):
                container.remove(force=True, v=with_volumes)
            for network in self._client.networks.list(filters=ours):
                network.remove()
            for volume in self._client.volumes.list(filters=ours) if with_volumes else ():
                volume.remove()

    def ids_in(self, project: str) -> set[str]:
        """Return the ids of a project's containers, running or not."""
        with asked_to("list containers"):
            return {each.id for each in self._all(f"{PROJECT}={project}")}

    def _all(self, label: str) -> Any:
        return self._client.containers.list(all=True, filters={"label": label}, ignore_removed=True)

    def run_in_place(
        self, of: Container, port: int, script: Path, arguments: Sequence[str], expected: str
    ) -> None:
        """Run a Python script in a new container of the same image, under the names of one that has ended."""
        [(network, aliases)] = list(of.networks.items())[:1] or [("bridge", [])]
        with asked_to(f"put something in the place of {of.name}"):
            named = self._client.api.create_endpoint_config(aliases=[*aliases, of.service])
            other = self._client.containers.run(
                of.image_id,
                entrypoint=["python3", "-u", "-c", script.read_text("utf-8")],
                command=[*arguments, "--host", "0.0.0.0", "--port", str(port)],
                network=network,
                networking_config={network: named},
                labels={REPLACES: of.name, REPLACES_IN: of.project},
                user=of.user,
                detach=True,
            )
            for line in other.logs(stream=True, follow=True):
                if expected in line.decode("utf-8", "replace"):
                    return
            said = other.logs(tail=3).decode("utf-8", "replace")
        raise EnvironmentFault(f"nothing can listen in the place of {of.name}: {' '.join(said.split())}")

    def end_in_place(self, of: Container) -> None:
        """Remove whatever the suite has put in the place of a container."""
        self._end(f"{REPLACES}={of.name}", of.name)

    def end_all_in_place(self, project: str) -> None:
        """Remove whatever the suite has put in the place of a project's containers: it holds the network."""
        self._end(f"{REPLACES_IN}={project}", f"containers of {project}")

    def _end(self, label: str, of: str) -> None:
        with asked_to(f"remove what is in the place of {of}"):
            for other in self._all(label):
                other.remove(force=True)

    def network(self, name: str) -> Any:
        """Return a network by its name."""
        return self._client.networks.get(name)

    def networks_of(self, project: str) -> list[str]:
        """Return the names of a project's networks."""
        return [each.name for each in self._client.networks.list(filters={"label": f"{PROJECT}={project}"})]


def _host_of_context() -> str:
    """Return the engine of the current context, as the docker command would; empty if there is none."""
    from docker.context import ContextAPI
    from docker.errors import DockerException

    named = os.environ.get("DOCKER_CONTEXT", "")
    try:
        context = ContextAPI.get_context(named) if named else ContextAPI.get_current_context()
    except (DockerException, OSError, ValueError):
        context = None
    if named and context is None:
        raise EnvironmentFault(
            f"Docker has no context {named}, which DOCKER_CONTEXT names",
            cure="name one that `docker context ls` shows",
        )
    return str(context.Host or "") if context is not None and context.Name != "default" else ""
