"""The Docker engine: the one module that imports its SDK, and only when it is needed (it costs 0.2 s).

What the engine does was measured with 20.10 and SDK 7; see the notes at each place.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ktrdr_acceptance.faults import EnvironmentFault
from ktrdr_acceptance.target.condition import Condition

PROJECT, SERVICE, ONE_OFF = (f"com.docker.compose.{name}" for name in ("project", "service", "oneoff"))
# Mark what the suite itself has put in the place of a container, and of which project.
REPLACES, REPLACES_IN = "ktrdr-acceptance.replaces", "ktrdr-acceptance.project"
_REMOTE = ("tcp", "http", "https", "ssh")
# Seconds that a request to the engine may take, and that a service has for an orderly end.
_ENGINE_S, _ORDERLY_S = 60, 10
# A process of many threads at work is not always halted at once (cgroup v1): the engine is asked again.
_FREEZES, _NOT_FROZEN = 5, "unable to freeze"


@contextmanager
def _asked_to(what: str) -> Iterator[None]:
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

    def projects(self) -> dict[str, list[Container]]:
        """Return the containers of every compose project, running or not; what was run once is left out."""
        found: dict[str, list[Container]] = {}
        with _asked_to("list containers"):
            for each in self._all(PROJECT):
                if each.labels.get(ONE_OFF, "False") != "True" and REPLACES not in each.labels:
                    found.setdefault(each.labels[PROJECT], []).append(Container(self, each))
        return found

    def has_volumes(self, project: str) -> bool:
        """Tell whether a project has volumes: what is in them is somebody's."""
        with _asked_to("list volumes"):
            return bool(self._client.volumes.list(filters={"label": f"{PROJECT}={project}"}))

    def remove(self, project: str, *, with_volumes: bool) -> None:
        """Remove all that is of a project, whatever its file says by now."""
        ours = {"label": f"{PROJECT}={project}"}
        with _asked_to(f"remove the compose project {project}"):
            for container in self._all(ours["label"]):
                container.remove(force=True, v=with_volumes)
            for network in self._client.networks.list(filters=ours):
                network.remove()
            for volume in self._client.volumes.list(filters=ours) if with_volumes else ():
                volume.remove()

    def ids_in(self, project: str) -> set[str]:
        """Return the ids of a project's containers, running or not."""
        with _asked_to("list containers"):
            return {each.id for each in self._all(f"{PROJECT}={project}")}

    def _all(self, label: str) -> Any:
        return self._client.containers.list(all=True, filters={"label": label}, ignore_removed=True)

    def run_in_place(
        self, of: Container, port: int, script: Path, arguments: Sequence[str], expected: str
    ) -> None:
        """Run a Python script in a new container of the same image, under the names of one that has ended."""
        [(network, aliases)] = list(of.networks.items())[:1] or [("bridge", [])]
        with _asked_to(f"put something in the place of {of.name}"):
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
        with _asked_to(f"remove what is in the place of {of}"):
            for other in self._all(label):
                other.remove(force=True)

    def network(self, name: str) -> Any:
        """Return a network by its name."""
        return self._client.networks.get(name)

    def networks_of(self, project: str) -> list[str]:
        """Return the names of a project's networks."""
        return [each.name for each in self._client.networks.list(filters={"label": f"{PROJECT}={project}"})]


class Container:
    """One container of a compose project, as it was when it was last looked at."""

    def __init__(self, engine: Engine, found: Any) -> None:
        self._engine = engine
        self._found = found
        self.name: str = found.name
        self.project: str = found.labels[PROJECT]
        self.service: str = found.labels[SERVICE]
        self.labels: Mapping[str, str] = found.labels
        self.image_id: str = found.attrs["Image"]
        config = found.attrs["Config"]
        self.image: str = config["Image"]
        self.user: str = config.get("User") or ""
        self.hostname: str = config.get("Hostname") or ""
        self.environment = dict(one.partition("=")[::2] for one in config.get("Env") or ())
        # What it is called in its networks; kept, for one that is cut off has none.
        self.networks: dict[str, list[str]] = {}
        self._note_networks()

    def look(self) -> None:
        """Look at it again. Raises EnvironmentFault if it is gone."""
        with _asked_to(f"look at {self.name}"):
            self._found.reload()
        self._note_networks()

    def _note_networks(self) -> None:
        short_id = self._found.id[:12]
        for name, network in (self._found.attrs["NetworkSettings"]["Networks"] or {}).items():
            # The engine adds the id itself; without the others nobody finds the service any more.
            self.networks[name] = [alias for alias in network.get("Aliases") or () if alias != short_id]

    @property
    def names(self) -> set[str]:
        """All names and addresses that it goes by among the containers."""
        networks = (self._found.attrs["NetworkSettings"]["Networks"] or {}).values()
        addresses = {network["IPAddress"] for network in networks}
        aliases = {alias for names in self.networks.values() for alias in names}
        return ({self.name, self.service, self.hostname, self._found.id[:12]} | aliases | addresses) - {""}

    def address(self, port: int | None = None) -> tuple[str, int] | None:
        """Return where a port of it is reached from here: published, else by its own address on this machine.

        Without `port` it is the only one that is published.
        """
        settings = self._found.attrs["NetworkSettings"]
        for inside, published in sorted((settings["Ports"] or {}).items()):
            if published and inside.endswith("/tcp") and port in (None, int(inside.partition("/")[0])):
                host = published[0]["HostIp"]
                anywhere = host in ("", "0.0.0.0", "::")
                return (self._engine.hostname if anywhere else host, int(published[0]["HostPort"]))
        if port is not None and self._engine.hostname == "127.0.0.1":
            for network in (settings["Networks"] or {}).values():
                if network["IPAddress"]:
                    return network["IPAddress"], port
        return None

    def mounted_at(self, folder: str) -> Path | None:
        """Return the folder of this machine that is mounted at a folder of the container."""
        for mount in self._found.attrs["Mounts"]:
            if mount["Destination"] == folder and mount["Type"] == "bind":
                return Path(mount["Source"])
        return None

    @property
    def condition(self) -> Condition:
        """How it fared when it was last looked at."""
        return Condition.inspected(self._found.attrs)

    # Each of these does nothing where it is so already.

    def stop(self) -> None:
        """End it in order, by force after some seconds."""
        with _asked_to(f"stop {self.name}"):
            self._found.stop(timeout=_ORDERLY_S)

    def kill(self) -> None:
        """End it at once; the engine does not start it again by itself."""
        if self._now().running:
            with _asked_to(f"kill {self.name}"):
                self._found.kill()

    def start(self) -> None:
        """Start it; a paused one goes on."""
        if self._now().paused:
            self.resume()
        with _asked_to(f"start {self.name}"):
            self._found.start()
        self.look()

    def pause(self) -> None:
        """Halt all of its processes."""
        for left in reversed(range(_FREEZES)):
            try:
                if not self._now().paused:
                    with _asked_to(f"pause {self.name}"):
                        self._found.pause()
                return
            except EnvironmentFault as fault:
                if not left or _NOT_FROZEN not in str(fault):
                    raise

    def resume(self) -> None:
        """Let its processes go on."""
        if self._now().paused:
            with _asked_to(f"resume {self.name}"):
                self._found.unpause()

    def cut(self) -> None:
        """Take it out of all its networks; its processes go on."""
        self.look()
        with _asked_to(f"cut off {self.name}"):
            for name in self._found.attrs["NetworkSettings"]["Networks"] or {}:
                self._engine.network(name).disconnect(self._found, force=True)

    def heal(self) -> None:
        """Bring it back into its networks, under its names there."""
        self.look()
        there = self._found.attrs["NetworkSettings"]["Networks"] or {}
        with _asked_to(f"bring {self.name} back to its network"):
            # Of one that an earlier run has cut off nothing but the project is known.
            known = self.networks or {each: [self.service] for each in self._engine.networks_of(self.project)}
            for name, aliases in known.items():
                if name not in there:
                    self._engine.network(name).connect(self._found, aliases=aliases)
        self.look()

    def _now(self) -> Condition:
        self.look()
        return self.condition

    def log(self, since: float | None = None, newest: int | None = None) -> bytes:
        """Return its lines, each behind the engine's timestamp, from a moment on or the newest ones.

        `since` is a float: a datetime would be cut to whole seconds.
        """
        with _asked_to(f"read the log of {self.name}"):
            written: bytes = self._found.logs(
                timestamps=True, since=since, tail="all" if newest is None else newest
            )
        return written


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
