"""The commands that the supervisor reads from its stdin, one per line, and its answers to them."""

import json
import logging

from embedded_ktrdr.supervisor import ServiceError, Supervisor

log = logging.getLogger("embedded_ktrdr")


def obey(supervisor: Supervisor, line: str) -> str:
    """Do what `line` says and return the answer, one line of JSON, once it is done."""
    try:
        _command(supervisor, line)
    except ServiceError as error:
        return json.dumps({"error": str(error)})
    return json.dumps({"done": " ".join(line.split())})


def _command(supervisor: Supervisor, line: str) -> None:
    verbs = {
        "stop": lambda service: supervisor.end([service]),
        "kill": supervisor.kill,
        "start": supervisor.restart,
        "pause": supervisor.pause,
        "resume": supervisor.resume,
        "cut": supervisor.cut,
        "heal": supervisor.heal,
    }
    verb, _, name = line.strip().partition(" ")
    if verb not in verbs:
        raise ServiceError(f"There is no command {verb!r}: use one of {', '.join(verbs)}.")
    service = supervisor.services.get(name.strip())
    if service is None:
        raise ServiceError(
            f"There is no service {name.strip()!r}: use one of {', '.join(supervisor.services)}."
        )
    log.info("%s %s", verb, service.name)
    verbs[verb](service)
