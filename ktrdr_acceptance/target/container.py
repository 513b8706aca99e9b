"""One container of a compose project: what the engine says of it, and what can be done to it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ktrdr_acceptance.faults import EnvironmentFault
from ktrdr_acceptance.target.condition import Condition

if TYPE_CHECKING:
    from ktrdr_acceptance.target.docker import Engine

PROJECT, SERVICE = "com.docker.compose.project", "com.docker.compose.service"
NUMBER = "com.docker.compose.container-number"
# Seconds that a service has for an orderly end.
_ORDERLY_S = 10
# A process of many threads at work is not always halted at once (cgroup v1): the engine is asked again.
_FREEZES, _NOT_FROZEN = 5, "unable to freeze"


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
        with self._engine.asked_to(f"look at {self.name}"):
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

    @property
    def changes_ports(self) -> bool:
        """Whether the engine chooses a port of this machine for it, another one after each start."""
        bindings = self._found.attrs["HostConfig"].get("PortBindings") or {}
        return any(one["HostPort"] in ("", "0") for all in bindings.values() for one in all or ())

    @property
    def number(self) -> int:
        """Which of the containers of its service it is, from 1 on."""
        said = self.labels.get(NUMBER, "1")
        return int(said) if said.isdecimal() else 1

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
        with self._engine.asked_to(f"stop {self.name}"):
            self._found.stop(timeout=_ORDERLY_S)

    def kill(self) -> None:
        """End it at once; the engine does not start it again by itself."""
        if self._now().running:
            with self._engine.asked_to(f"kill {self.name}"):
                self._found.kill()

    def start(self) -> None:
        """Start it; a paused one goes on."""
        if self._now().paused:
            self.resume()
        with self._engine.asked_to(f"start {self.name}"):
            self._found.start()
        self.look()

    def pause(self) -> None:
        """Halt all of its processes."""
        for left in reversed(range(_FREEZES)):
            try:
                if not self._now().paused:
                    with self._engine.asked_to(f"pause {self.name}"):
                        self._found.pause()
                return
            except EnvironmentFault as fault:
                if not left or _NOT_FROZEN not in str(fault):
                    raise

    def resume(self) -> None:
        """Let its processes go on."""
        if self._now().paused:
            with self._engine.asked_to(f"resume {self.name}"):
                self._found.unpause()

    def cut(self) -> None:
        """Take it out of all its networks; its processes go on."""
        self.look()
        with self._engine.asked_to(f"cut off {self.name}"):
            for name in self._found.attrs["NetworkSettings"]["Networks"] or {}:
                self._engine.network(name).disconnect(self._found, force=True)

    def heal(self) -> None:
        """Bring it back into its networks, under its names there."""
        self.look()
        there = self._found.attrs["NetworkSettings"]["Networks"] or {}
        with self._engine.asked_to(f"bring {self.name} back to its network"):
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
        with self._engine.asked_to(f"read the log of {self.name}"):
            written: bytes = self._found.logs(
                timestamps=True, since=since, tail="all" if newest is None else newest
            )
        return written
