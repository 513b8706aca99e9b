"""`python -m embedded_ktrdr.one KIND`: one service alone, its log on stdout, as a container runs it.

Where it is and whom it asks stands in KTRDR's own environment variables (contract 12); how fast it works, and
what else KTRDR does not have, in those that begin with EMBEDDED_.
"""

import os
import signal
import socket
import sys
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from embedded_ktrdr.pace import DEFAULT_SPEED, Pace
from embedded_ktrdr.patching import UnknownName

if TYPE_CHECKING:
    from embedded_ktrdr.services import Service, Urls

# Of each kind of service: the variable that says its port.
PORTS = {
    "backend": "KTRDR_API_PORT",
    "ib-host": "KTRDR_IB_HOST_PORT",
    "ib-gateway": "IB_PORT",
    "training-host": "WORKER_PORT",
    "backtest-worker": "WORKER_PORT",
    "training-worker": "WORKER_PORT",
}
EVERYWHERE = "0.0.0.0"


class Refused(Exception):
    """The service cannot be started as it was asked for; one sentence."""


def main(arguments: list[str], variables: Mapping[str, str]) -> int:
    """Exit status: 0 after a normal stop, 2 for what it cannot do or a busy port."""
    # At once, for the imports take a second; a container's first process ignores what it does not handle.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: os._exit(0))
    try:
        if len(arguments) != 1 or arguments[0] not in PORTS:
            raise Refused(f"Say which service: python -m embedded_ktrdr.one {'|'.join(PORTS)}.")
        _switch_on(variables)
        service = of_kind(arguments[0], variables)
        host = variables.get("EMBEDDED_HOST", "127.0.0.1")
        urls = addresses(service, host, variables)
        from embedded_ktrdr.service import listen, serve

        try:
            listener = listen(host, service.port)
        except OSError as error:
            where = f"{host}:{service.port}"
            raise Refused(f"{service.name} cannot listen at {where}: {error.strerror}.") from None
    except Refused as refusal:
        print(refusal, file=sys.stderr)  # noqa: T201
        return 2
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    serve(lambda: service.make_app(urls), service.configure_logs, listener)
    return 0


def of_kind(kind: str, variables: Mapping[str, str]) -> "Service":
    """The service of the table that the variables describe."""
    from embedded_ktrdr.services import Wishes, table

    is_worker = kind.endswith("-worker")
    name = variables.get("WORKER_ID") or f"{kind}-1" if is_worker else kind
    if is_worker and name in PORTS:
        raise Refused(f"WORKER_ID is {name!r}: that is another service.")
    limit = _number(variables, "EMBEDDED_DATA_LIMIT_MB", 0, 2**20)
    wishes = Wishes(
        training_workers=(name,) if kind == "training-worker" else (),
        backtest_workers=(name,) if kind == "backtest-worker" else (),
        gateway=variables.get("EMBEDDED_GATEWAY", "connected"),
        pace=Pace(
            _number(variables, "EMBEDDED_SPEED", 0.1, 1000) or DEFAULT_SPEED,
            _number(variables, "OPERATIONS_CACHE_TTL", 0, 60),
        ),
        data_dir=_folder(variables, "DATA_DIR", "data"),
        data_limit=None if limit is None else int(limit * 2**20),
        models_dir=_folder(variables, "MODELS_DIR", "models"),
        state_dir=_folder(variables, "EMBEDDED_STATE_DIR") if "EMBEDDED_STATE_DIR" in variables else None,
    )
    service = next(each for each in table(wishes) if each.name == name)
    service.port = int(_number(variables, PORTS[kind], 1, 65535) or service.port)
    return service


def addresses(service: "Service", host: str, variables: Mapping[str, str]) -> "Urls":
    """Where the service answers by its own account, and where those are that it asks."""
    own_host = socket.gethostname() if host == EVERYWHERE else host
    gateway = f"{variables.get('IB_HOST', '127.0.0.1')}:{variables.get('IB_PORT', '4002')}"
    return {
        "backend": variables.get("KTRDR_API_URL", "http://localhost:8000"),
        "ib-host": variables.get("IB_HOST_SERVICE_URL", "http://localhost:5001"),
        "ib-gateway": f"http://{gateway}",
        service.name: variables.get("WORKER_PUBLIC_BASE_URL", f"http://{own_host}:{service.port}"),
    }


def _switch_on(variables: Mapping[str, str]) -> None:
    for variable, module in (
        ("EMBEDDED_VARIATIONS", "embedded_ktrdr.variations"),
        ("EMBEDDED_DEFECTS", "embedded_ktrdr.defects"),
    ):
        names = list(filter(None, map(str.strip, variables.get(variable, "").split(","))))
        if not names:
            continue
        try:
            import_module(module).switch_on(names)
        except UnknownName as unknown:
            raise Refused(f"{variable}: {unknown}") from None


def _number(variables: Mapping[str, str], name: str, least: float, most: float) -> float | None:
    text = variables.get(name, "")
    if not text:
        return None
    try:
        number = float(text)
    except ValueError:
        raise Refused(f"{name} is {text!r}, which is not a number.") from None
    if not least <= number <= most:
        raise Refused(f"{name} is {text!r}, which is not from {least:g} to {most:g}.")
    return number


def _folder(variables: Mapping[str, str], name: str, default: str = "") -> Path:
    folder = Path(variables.get(name) or default).resolve()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Refused(f"{name} {folder} cannot be made: {error.strerror}.") from None
    return folder


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
