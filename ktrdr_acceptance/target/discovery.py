"""Which containers of a Docker engine are a KTRDR, and what the suite calls them."""

from __future__ import annotations

import re

from ktrdr_acceptance.faults import EnvironmentFault
from ktrdr_acceptance.setting_values import service_names
from ktrdr_acceptance.target.base import BACKEND, IB_GATEWAY, IB_HOST, TRAINING_HOST
from ktrdr_acceptance.target.container import Container
from ktrdr_acceptance.target.docker import Engine

# KTRDR's own services that are no workers, with their ports (contract 1.1).
PORTS = {BACKEND: 8000, IB_HOST: 5001, TRAINING_HOST: 5002, IB_GATEWAY: 4002}
# What a project has besides KTRDR (database, monitoring) is none of the suite's.
_WORKER = re.compile(r"worker|agent")
_NUMBER = re.compile(r"\d+(?:\.\d*)?")
_WORKERS_SAY = ("WORKER_ID", "WORKER_PORT", "WORKER_TYPE")


class Naming:
    """What the suite calls the services of a compose project; `renamed` is the setting compose_services."""

    def __init__(self, renamed: str) -> None:
        self._renamed = {other: name for name, other in service_names(renamed).items()}

    def name_of(self, container: Container) -> str:
        """Return the name of a container's service; empty for one that is none of KTRDR's."""
        service = container.service
        if service in self._renamed:
            return self._renamed[service]
        is_worker = _WORKER.search(service) or any(name in container.environment for name in _WORKERS_SAY)
        return service if service in PORTS or is_worker else ""


def number_in(container: Container, name: str, said: str | None) -> float | None:
    """Return what a container says in a label or variable as a number. Raises EnvironmentFault."""
    if not said:
        return None
    if not _NUMBER.fullmatch(said):
        raise EnvironmentFault(
            f"container {container.name} says {name}={said}, which is no number",
            cure=f"give it a number in {name}, or none at all",
        )
    return float(said)


def containers_of_ktrdr(engine: Engine, naming: Naming, asked_for: str) -> tuple[str, dict[str, Container]]:
    """Return the compose project that is asked for, or the only one with a backend, and its services.

    Raises EnvironmentFault if there is none such.
    """
    projects = engine.projects()
    wanted = asked_for or _only_one(projects, naming)
    if wanted not in projects:
        there = f" (there are: {', '.join(sorted(projects))})" if projects else ""
        raise EnvironmentFault(
            f"the Docker engine has no compose project {wanted}{there}",
            cure="bring it up, or name another with -D compose_project=NAME",
        )
    found: dict[str, Container] = {}
    for each in sorted(projects[wanted], key=lambda one: one.number):
        if name := naming.name_of(each):
            # Of a service of several containers the others go by their number.
            found[name if name not in found else f"{name}-{each.number}"] = each
    return wanted, found


def _only_one(projects: dict[str, list[Container]], naming: Naming) -> str:
    found = [name for name, containers in projects.items() if BACKEND in map(naming.name_of, containers)]
    if not found:
        raise EnvironmentFault(
            "no compose project on this Docker engine has a backend",
            cure="bring it up, or name its file with -D compose_file=FILE",
        )
    if len(found) > 1:
        raise EnvironmentFault(
            f"several compose projects have a backend: {', '.join(sorted(found))}",
            cure="name one with -D compose_project=NAME",
        )
    return found[0]
