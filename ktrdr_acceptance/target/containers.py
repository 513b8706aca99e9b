"""Containers of a compose project on a Docker engine, and URLs for services that are in none."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from ktrdr_acceptance.evidence.log_files import LogFile
from ktrdr_acceptance.evidence.log_source import LogPlace
from ktrdr_acceptance.faults import EnvironmentFault
from ktrdr_acceptance.ledger import FILE as LEDGER
from ktrdr_acceptance.ledger import Ledger
from ktrdr_acceptance.operations.waiting import Clock
from ktrdr_acceptance.setting_values import log_files, names_in
from ktrdr_acceptance.settings import Settings
from ktrdr_acceptance.target.answering import answers_within, registered_within
from ktrdr_acceptance.target.base import (
    BACKEND,
    BACKTEST_WORKER,
    IB_GATEWAY,
    IB_HOST,
    TRAINING_HOST,
    Endpoints,
    Nonsense,
    Verb,
)
from ktrdr_acceptance.target.compose import Compose, place_of, project_of, take_down_left
from ktrdr_acceptance.target.condition import Condition
from ktrdr_acceptance.target.container import Container
from ktrdr_acceptance.target.container_logs import ContainerLog
from ktrdr_acceptance.target.discovery import PORTS, Naming, containers_of_ktrdr, number_in
from ktrdr_acceptance.target.docker import Engine
from ktrdr_acceptance.target.switching import ANSWERS_WITHIN, Switching, health_path

# What the compose file of the embedded KTRDR says of itself.
_SPEED, _LIMIT = "ktrdr.speed", "ktrdr.data-limit-mb"
_DEFECTS, _VARIATIONS = "EMBEDDED_DEFECTS", "EMBEDDED_VARIATIONS"
_DATA_FOLDER, _CACHE_TTL = "/app/data", "OPERATIONS_CACHE_TTL"
# Bytes up to which a file system of its own counts as small enough to be filled.
_SMALL = 1024**3
_REGISTERED_WITHIN = 30.0
_HOST_OF_CONTAINERS = "host.docker.internal"


class DockerTarget:
    """The KTRDR of one compose project."""

    name = "docker"

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._naming = Naming(settings.compose_services)
        self._engine: Engine | None = None
        self._compose: Compose | None = None
        self._containers: dict[str, Container] = {}
        self._switching: Switching | None = None
        self._endpoints: Endpoints | None = None
        self._did: list[str] = []
        self.project = ""
        self.data_folder: Path | None = None
        self.data_limit: int | None = None

    @property
    def endpoints(self) -> Endpoints:
        """Return where it listens."""
        if self._endpoints is None:
            raise EnvironmentFault("the containers of the target have not been looked for")
        return self._endpoints

    def start(self, clock: Clock) -> None:
        """Find the project's containers; bring it up first if that is asked for and it is not."""
        self._engine = Engine()
        if left := take_down_left(self._settings.reports, self._engine):
            self._did.append(left)
        if self._settings.compose_file:
            self._bring_up(self._engine, self._settings.compose_file, clock)
        self.project, self._containers = containers_of_ktrdr(self._engine, self._naming, self._asked_for())
        self._switching = Switching(self._engine, self._containers)
        self._mend_what_is_left(clock)
        self._look_at_backend()
        self._endpoints = self._addresses()
        if self._compose:
            self._compose.is_up(self._engine.ids_in(self.project), self._endpoints.backend_url)
            self._await_up(clock)

    def _mend_what_is_left(self, clock: Clock) -> None:
        """Put back what a killed run did to services: a backend that is down has no address to begin with.

        The ledger keeps its entries until the run has told them.
        """
        for facts in Ledger(self._settings.reports / LEDGER).left_by_earlier_run().values():
            if facts.get("place") == self.place and facts.get("service") in self._containers:
                self.mend(facts["done"], facts["service"], clock)

    def mend(self, done: str, service: str, clock: Clock) -> None:
        """Put a service back, disposable or not: it was an earlier run of the suite that did it."""
        self._of_ours(service).mend(done, service, clock)

    def stop(self) -> None:
        """Take the project down if the run brought it up."""
        if self._compose and self._engine:
            compose, self._compose = self._compose, None
            compose.down(self._engine)

    @property
    def place(self) -> str:
        """Return its project."""
        return place_of(self.project)

    def facts(self) -> list[str]:
        """Return in words what runs the target."""
        engine = f"Docker {self._engine.version}" if self._engine else "no engine"
        services: dict[str, list[str]] = {}
        for name, each in sorted(self._containers.items()):
            condition = each.condition
            odd = "" if condition.running and not condition.paused else f", {condition}"
            services.setdefault(f"{each.image} ({each.image_id[7:19]})", []).append(f"{name}{odd}")
        images = (f"{image} as {', '.join(names)}" for image, names in services.items())
        return [f"compose project {self.project} on {engine}: {'; '.join(images)}", *self._did]

    def reach(self, url: str) -> str:
        """Return where this machine reaches a URL of the containers' network."""
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        container = self._by_host(parts.hostname or "")
        if container and (address := container.address(port)):
            return f"{parts.scheme}://{address[0]}:{address[1]}"
        if parts.hostname == _HOST_OF_CONTAINERS and self._engine:
            return f"{parts.scheme}://{self._engine.hostname}:{port}"
        return url

    def service_at(self, worker_id: str, url: str) -> str:
        """Return the service whose container has the URL; its id may be new with each start."""
        container = self._by_host(urlsplit(url).hostname or "")
        return next((name for name, each in self._containers.items() if each is container), worker_id)

    def conditions(self) -> Mapping[str, Condition]:
        """Return what the engine says of each container; one that is gone is left out.

        Nothing if the engine is gone itself: the services may be as well as ever.
        """
        found: dict[str, Condition] = {}
        for name, each in self._containers.items():
            try:
                each.look()
            except EnvironmentFault:
                continue
            found[name] = each.condition
        if len(found) < len(self._containers) and self._engine:
            try:
                self._engine.ids_in(self.project)
            except EnvironmentFault:
                return {}
        return found

    def cannot(self, verb: str, service: str) -> str:
        """Return why not: only what is declared disposable, and runs in a container, is the suite's."""
        if service not in self._containers:
            return self._no_container_of(service)
        if not self._settings.disposable:
            return (
                f"the target is not declared disposable (setting disposable), so {service} is not to {verb}"
            )
        if verb not in ("pause", "resume") and self._containers[service].changes_ports:
            return (
                f"{service} would come back at another port of this machine: publish a fixed one in the "
                "compose file"
            )
        return ""

    def switch(self, verb: Verb, service: str, clock: Clock) -> None:
        """Have the engine do it; one that comes back answers before this returns."""
        self._disposable(verb, service).switch(verb, service, clock)

    def replace(self, service: str, answer: Nonsense, clock: Clock) -> None:  # noqa: ARG002 - of the protocol
        """Have another container of its image listen under its names."""
        self._disposable("replace", service).replace(service, answer)

    def put_back(self, service: str, clock: Clock) -> None:
        """Remove what is in its place, and start it."""
        self._disposable("put back", service).put_back(service, clock)

    def _disposable(self, verb: str, service: str) -> Switching:
        if reason := self.cannot(verb, service):
            raise EnvironmentFault(reason)
        return self._of_ours(service)

    def _of_ours(self, service: str) -> Switching:
        if self._switching is None or service not in self._containers:
            raise EnvironmentFault(self._no_container_of(service))
        return self._switching

    def _no_container_of(self, service: str) -> str:
        return f"{service} runs in no container of the {self.place}"

    def _bring_up(self, engine: Engine, file: Path, clock: Clock) -> None:
        project = self._asked_for()
        there = engine.projects().get(project, [])
        if any(each.condition.running for each in there):
            return
        if there:
            names = ", ".join(each.name for each in there)
            raise EnvironmentFault(
                f"the compose project {project} is there, but does not run ({names})",
                cure="start it, or take it down",
            )
        compose = Compose(file, project, self._settings.reports)
        # Before it is up: a start that fails or is aborted has to be taken down all the same.
        self._compose = compose
        asked = {_DEFECTS: self._settings.defects, _VARIATIONS: self._settings.variations}
        environment = {name: value for name, value in asked.items() if value}
        compose.up(clock, environment, had_volumes=engine.has_volumes(project))

    def _asked_for(self) -> str:
        file, project = self._settings.compose_file, self._settings.compose_project
        return project_of(file, project) if file else project

    def _look_at_backend(self) -> None:
        """Learn what the backend's container says of its data folder."""
        self.data_folder = self._settings.data_dir
        backend = self._containers.get(BACKEND)
        if backend is None:
            return
        if self.data_folder is None and self._settings.disposable:
            folder = backend.mounted_at(backend.environment.get("DATA_DIR") or _DATA_FOLDER)
            self.data_folder = folder if folder and os.access(folder, os.W_OK | os.X_OK) else None
        if self.data_folder and self._settings.disposable:
            limit = number_in(backend, _LIMIT, backend.labels.get(_LIMIT))
            self.data_limit = int(limit * 1024**2) if limit else _small_file_system(self.data_folder)

    def _addresses(self) -> Endpoints:
        settings, backend = self._settings, self._containers.get(BACKEND)
        backtest_worker = next((name for name in self._containers if name.startswith("backtest-worker")), "")
        logs: dict[str, LogPlace] = {name: ContainerLog(each) for name, each in self._containers.items()}
        logs |= {name: LogFile(path) for name, path in log_files(settings.logs).items()}
        says = backend.environment if backend else {}
        source = f"container {backend.name}" if backend else "setting backend_url"
        ttl = number_in(backend, _CACHE_TTL, says.get(_CACHE_TTL)) if backend else None
        speed = number_in(backend, _SPEED, backend.labels.get(_SPEED)) if backend else None
        return Endpoints(
            backend_url=self._url_of(BACKEND, settings.backend_url),
            backend_url_source=source,
            cache_ttl=settings.cache_ttl if ttl is None else ttl,
            speed=speed or 1.0,
            other_services={
                IB_HOST: self._url_of(IB_HOST, settings.ib_host_url),
                TRAINING_HOST: self._url_of(TRAINING_HOST, settings.training_host_url),
                BACKTEST_WORKER: self._url_of(backtest_worker, settings.backtest_worker_url),
            },
            logs=logs,
            defects=names_in(says.get(_DEFECTS, "")),
            variations=names_in(says.get(_VARIATIONS, "")),
        )

    def _url_of(self, service: str, otherwise: str) -> str:
        """Return where the container of a service is reached, or the setting where it is in none."""
        if service not in self._containers:
            return otherwise
        url = self._of_ours(service).url_of(service)
        if url is None and service != BACKEND:
            # Its own name, by which nobody is reached from here: what needs it says so, and the rest can run.
            return f"http://{self._containers[service].name}:{PORTS.get(service, 80)}"
        if url is None:
            container = self._containers[service]
            why = "it publishes no port, or is in no network"
            raise EnvironmentFault(
                f"{service} (container {container.name}) is not reached from here: "
                f"{why if container.condition.running else f'it has {container.condition}'}",
                cure="start it, and publish its port in the compose file",
            )
        self._of_ours(service).known[service] = url
        return url

    def _by_host(self, host: str) -> Container | None:
        return next((each for each in self._containers.values() if host in each.names), None)

    def _await_up(self, clock: Clock) -> None:
        """Wait until a project that was just brought up answers; who does not is told by preflight."""
        urls = {BACKEND: self.endpoints.backend_url}
        urls |= {name: self._url_of(name, "") for name in self._containers if name != IB_GATEWAY}
        for name, url in urls.items():
            answers_within(url, health_path(name), ANSWERS_WITHIN, clock, interruptible=True)
        workers = sum(name not in PORTS for name in self._containers)
        registered_within(self.endpoints.backend_url, workers, _REGISTERED_WITHIN, clock)


def _small_file_system(folder: Path) -> int | None:
    """Return the size of the file system that a folder is the root of, if it is a small one."""
    if not folder.is_mount():
        return None
    found = os.statvfs(folder)
    size = found.f_blocks * found.f_frsize
    return size if size <= _SMALL else None
