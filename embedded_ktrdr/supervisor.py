"""Starts the services, says when they are ready, and ends them."""

import contextlib
import gc
import http.client
import json
import logging
import os
import signal
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from fastapi import FastAPI

from embedded_ktrdr import logs
from embedded_ktrdr.backend.app import create_app as create_backend
from embedded_ktrdr.pace import Pace
from embedded_ktrdr.service import run_service
from embedded_ktrdr.worker.app import create_app as create_training_worker

HOST = "127.0.0.1"
BACKEND = "backend"

# KTRDR's own ports (contract 1.1); further training workers follow the second.
BACKEND_PORT = 8000
FIRST_TRAINING_PORT = 5005

READY_WITHIN_S = 30.0
POLL_S = 0.01
STOP_WITHIN_S = 0.8


class StartError(Exception):
    """The services cannot start; one sentence for the user, and the exit status."""

    def __init__(self, sentence: str, status: int) -> None:
        super().__init__(sentence)
        self.status = status


@dataclass
class Service:
    """A service and its process; `pid` is None while it does not run."""

    name: str
    listener: socket.socket
    log: Path
    make_app: Callable[[], FastAPI]
    configure_logs: Callable[[], None]
    pid: int | None = None
    url: str = ""


class Supervisor:
    """The processes of one embedded KTRDR."""

    def __init__(self, workers: list[str], pace: Pace, log_dir: Path, *, ktrdr_ports: bool) -> None:
        self._pace = pace
        self._log_dir = log_dir
        self._workers = workers
        self._ktrdr_ports = ktrdr_ports
        self.services: dict[str, Service] = {}
        # The write end stays here: when this process ends, however it ends, the services read the end of it.
        self._lifeline = os.pipe()

    def start(self, interrupted: Callable[[], bool]) -> None:
        """All services, ready for work unless `interrupted`; StartError if that fails."""
        backend_url = self._prepare(BACKEND, BACKEND_PORT)
        backend = self.services[BACKEND]
        backend.make_app, backend.configure_logs = partial(create_backend, self._pace), logs.configure_backend
        for number, worker_id in enumerate(self._workers):
            url = self._prepare(worker_id, FIRST_TRAINING_PORT + number)
            self.services[worker_id].make_app = partial(
                create_training_worker, worker_id, url, backend_url, self._pace
            )
        gc.freeze()  # so that the children's collections leave the shared pages alone
        for service in self.services.values():
            self._fork(service)
        for service in self.services.values():
            # Only the service itself may hold its port: a dead one must refuse connections.
            service.listener.close()
        self._await_ready(interrupted)

    def ready_line(self) -> str:
        """What the supervisor prints when everything is ready: one line of JSON."""
        return json.dumps(
            {
                "backend": self.services[BACKEND].url,
                "speed": self._pace.speed,
                "cache_ttl_s": self._pace.cache_ttl_s,
                "health_sweep_s": self._pace.health_sweep_s,
                "services": {
                    each.name: {"url": each.url, "pid": each.pid, "log": str(each.log)}
                    for each in self.services.values()
                },
            }
        )

    def reap(self) -> list[Service]:
        """The services that have died since the last call."""
        dead = []
        for service in self.services.values():
            if service.pid is not None and os.waitpid(service.pid, os.WNOHANG)[0]:
                service.pid = None
                dead.append(service)
        return dead

    def stop(self) -> None:
        """End every service; kill what does not end in time."""
        for number in (signal.SIGTERM, signal.SIGCONT):  # a paused service must wake up to end
            self._signal(number)
        deadline = time.monotonic() + STOP_WITHIN_S
        while self._alive():
            if time.monotonic() > deadline:
                self._signal(signal.SIGKILL)
            time.sleep(POLL_S)
            self.reap()

    def _prepare(self, name: str, ktrdr_port: int) -> str:
        """Bind the port of a service before any process starts, so that nobody can take it in between."""
        # asyncio turns Nagle's delay (40 ms on every second request) off only where the protocol is named.
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        port = ktrdr_port if self._ktrdr_ports else 0
        try:
            listener.bind((HOST, port))
            listener.listen()
        except OSError as error:
            raise StartError(
                f"Port {port} of {name} is not free ({error.strerror}): "
                "stop what listens there, or use --ports free.",
                2,
            ) from error
        url = f"http://{HOST}:{listener.getsockname()[1]}"
        self.services[name] = Service(
            name, listener, self._log_dir / f"{name}.log", FastAPI, logs.configure_worker, url=url
        )
        return url

    def _fork(self, service: Service) -> None:
        pid = os.fork()
        if pid:
            service.pid = pid
            return
        status = 1
        try:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            os.close(self._lifeline[1])
            for other in self.services.values():
                if other is not service:
                    other.listener.close()
            run_service(
                service.make_app, service.configure_logs, service.listener, service.log, self._lifeline[0]
            )
            status = 0
        except BaseException:
            logging.exception("%s failed", service.name)
        finally:
            os._exit(status)

    def _await_ready(self, interrupted: Callable[[], bool]) -> None:
        deadline = time.monotonic() + READY_WITHIN_S
        while not interrupted() and not self._ready():
            for service in self.reap():
                raise StartError(f"{service.name} ended while it started; its log is {service.log}.", 1)
            if time.monotonic() > deadline:
                raise StartError(
                    f"The services were not ready within {READY_WITHIN_S:g} s; "
                    f"their logs are in {self._log_dir}.",
                    1,
                )
            time.sleep(POLL_S)

    def _ready(self) -> bool:
        """Whether the backend answers and knows every worker."""
        connection = http.client.HTTPConnection(
            HOST, int(self.services[BACKEND].url.rsplit(":")[-1]), timeout=5
        )
        with contextlib.closing(connection):
            try:
                connection.request("GET", "/api/v1/workers")
                known = {each["worker_id"] for each in json.load(connection.getresponse())}
            except (OSError, http.client.HTTPException):
                return False
        return known >= set(self._workers)

    def _alive(self) -> list[Service]:
        return [each for each in self.services.values() if each.pid is not None]

    def _signal(self, number: signal.Signals) -> None:
        for service in self._alive():
            assert service.pid is not None
            with contextlib.suppress(ProcessLookupError):
                os.kill(service.pid, number)
