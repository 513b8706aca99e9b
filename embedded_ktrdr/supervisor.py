"""Starts the services, says when they are ready, stops, pauses and restarts single ones, and ends them."""

import contextlib
import gc
import http.client
import json
import logging
import os
import signal
import time
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from embedded_ktrdr.operations import now
from embedded_ktrdr.service import hold, import_ahead, listen, run_service
from embedded_ktrdr.services import BACKEND, HOST, Service, Wishes, table

READY_WITHIN_S = 60.0
ANSWER_WITHIN_S = 5.0
POLL_S = 0.01
STOP_WITHIN_S = 0.8

log = logging.getLogger("embedded_ktrdr")


class ServiceError(Exception):
    """Services cannot start, or a command cannot be done; one sentence for the user, and an exit status."""

    def __init__(self, sentence: str, status: int = 1) -> None:
        super().__init__(sentence)
        self.status = status


class Supervisor:
    """The processes of one embedded KTRDR."""

    def __init__(
        self,
        wishes: Wishes,
        log_dir: Path,
        *,
        ktrdr_ports: bool,
        defects: Iterable[str] = (),
        variations: Iterable[str] = (),
    ) -> None:
        self._wishes = wishes
        self._log_dir = log_dir
        self._defects, self._variations = list(defects), list(variations)
        self._interrupted: Callable[[], bool] = lambda: False
        self.services = {each.name: each for each in table(wishes)}
        if not ktrdr_ports:
            for service in self.services.values():
                service.port = 0
        # The write end stays here: when this process ends, however it ends, the services read the end of it.
        self._lifeline = os.pipe()

    def log(self, service: Service) -> Path:
        """The log file of a service."""
        return self._log_dir / f"{service.name}.log"

    def start(self, interrupted: Callable[[], bool]) -> None:
        """All services, ready for work unless `interrupted`; ServiceError if that fails."""
        self._interrupted = interrupted
        for service in self.services.values():
            # Before any process starts, so that nobody can take a port in between.
            self._bind(service)
        import_ahead()
        gc.freeze()  # so that the children's collections leave the shared pages alone
        wanted = [each for each in self.services.values() if each.starts]
        for service in wanted:
            self._fork(service)
        for service in self.services.values():
            # Only the service itself may hold its port: a dead one must refuse connections.
            self._unbind(service)
        self._await_ready(wanted)

    def ready_line(self) -> str:
        """What the supervisor prints when everything is ready: one line of JSON."""
        return json.dumps(
            {
                "backend": self.services[BACKEND].url,
                "speed": self._wishes.pace.speed,
                "cache_ttl_s": self._wishes.pace.cache_ttl_s,
                "health_sweep_s": self._wishes.pace.health_sweep_s,
                "data_dir": str(self._wishes.data_dir),
                "data_limit_bytes": self._wishes.data_limit,
                "defects": self._defects,
                "variations": self._variations,
                "services": {
                    each.name: {"url": each.url, "pid": each.pid, "log": str(self.log(each))}
                    for each in self.services.values()
                },
            }
        )

    def reap(self) -> list[Service]:
        """The services that have died since the last call."""
        dead = []
        for service in self.services.values():
            if service.pid is not None and os.waitpid(service.pid, os.WNOHANG)[0]:
                service.pid, service.paused = None, False
                dead.append(service)
        return dead

    def stop(self) -> None:
        """End every service; kill what does not end in time."""
        self.end(self.services.values())

    def kill(self, service: Service) -> None:
        """End one service at once."""
        self._signal([service], signal.SIGKILL)
        self.end([service])

    def restart(self, service: Service) -> None:
        """Let a service run again at its port, until it is ready."""
        if service.paused:
            raise ServiceError(f"{service.name} is paused: resume it.")
        if service.pid is not None:
            return
        self._bind(service)
        self._fork(service)
        self._unbind(service)
        self._await_ready([service])

    def pause(self, service: Service) -> None:
        """Halt a service, which keeps its port and its connections."""
        if not service.paused:
            self._halt(service, signal.SIGSTOP, os.WUNTRACED)
            service.paused = True

    def resume(self, service: Service) -> None:
        """Let a halted service go on."""
        if service.paused:
            self._halt(service, signal.SIGCONT, os.WCONTINUED)
            service.paused = False

    def cut(self, service: Service) -> None:
        """Take a service off the network: nobody reaches it and it reaches nobody, but its work goes on."""
        service.cable.cut = True

    def heal(self, service: Service) -> None:
        """Put a service back on the network."""
        service.cable.cut = False

    def end(self, services: Iterable[Service]) -> None:
        """End services; kill what does not end in time."""
        ending = list(services)
        for number in (signal.SIGTERM, signal.SIGCONT):  # a paused service must wake up to end
            self._signal(ending, number)
        deadline = time.monotonic() + STOP_WITHIN_S
        while any(each.pid is not None for each in ending):
            if time.monotonic() > deadline:
                self._signal(ending, signal.SIGKILL)
            time.sleep(POLL_S)
            for dead in self.reap():
                if dead not in ending:
                    self.report(dead)

    def report(self, dead: Service) -> None:
        """Say of a service that it has ended without being told to."""
        log.error("%s has ended; its log is %s. The other services go on.", dead.name, self.log(dead))

    def _halt(self, service: Service, number: signal.Signals, change: int) -> None:
        """Send a signal and wait until the kernel says that the process has heard it."""
        if service.pid is None:
            raise ServiceError(f"{service.name} does not run.")
        self._signal([service], number)
        _, status = os.waitpid(service.pid, change)
        if os.WIFEXITED(status) or os.WIFSIGNALED(status):
            service.pid, service.paused = None, False
            raise ServiceError(f"{service.name} has ended; its log is {self.log(service)}.")

    def _bind(self, service: Service) -> None:
        """Take the port of a service: its own, or a free one that it then keeps."""
        if service.port == 0:
            service.hold = hold(HOST)
            service.port = service.hold.getsockname()[1]
        try:
            service.listener = listen(HOST, service.port)
        except OSError as error:
            raise ServiceError(
                f"Port {service.port} of {service.name} is not free ({error.strerror}): "
                "stop what listens there, or use --ports free.",
                2,
            ) from error

    def _unbind(self, service: Service) -> None:
        assert service.listener is not None
        service.listener.close()
        service.listener = None

    def _fork(self, service: Service) -> None:
        assert service.listener is not None
        service.started_at = now().replace(tzinfo=None)
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
                if other is not service and other.listener is not None:
                    other.listener.close()
                if other.hold is not None:
                    other.hold.close()
            urls = {each.name: each.url for each in self.services.values()}
            run_service(
                lambda: service.make_app(urls),
                service.configure_logs,
                service.listener,
                self.log(service),
                self._lifeline[0],
                service.cable,
            )
            status = 0
        except BaseException:
            logging.exception("%s failed", service.name)
        finally:
            os._exit(status)

    def _await_ready(self, services: list[Service]) -> None:
        deadline = time.monotonic() + READY_WITHIN_S
        waiting = list(services)
        while not self._interrupted():
            waiting = [each for each in waiting if not self._ready(each)]
            if not waiting:
                return
            for dead in self.reap():
                if dead in services:
                    raise ServiceError(f"{dead.name} ended while it started; its log is {self.log(dead)}.")
                self.report(dead)
            if time.monotonic() > deadline:
                late = f"The services were not ready within {READY_WITHIN_S:g} s"
                raise ServiceError(f"{late}; their logs are in {self._log_dir}.")
            time.sleep(POLL_S)

    def _ready(self, service: Service) -> bool:
        """Whether it answers and, if it registers and the backend runs, the backend has seen it since."""
        if service.cable.cut:
            return True
        if _ask(service.url + service.health) is None:
            return False
        backend = self.services[BACKEND]
        if not service.registers or backend.pid is None or backend.paused or backend.cable.cut:
            return True
        for worker in _ask(f"{backend.url}/api/v1/workers") or []:
            if worker["worker_id"] == service.name:
                assert service.started_at is not None
                return datetime.fromisoformat(worker["last_healthy_at"]) >= service.started_at
        return False

    def _signal(self, services: Iterable[Service], number: signal.Signals) -> None:
        for service in services:
            if service.pid is not None:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(service.pid, number)


def _ask(url: str) -> list[dict[str, str]] | None:
    """The JSON at `url`; None unless it answers 200."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(HOST, parts.port, timeout=ANSWER_WITHIN_S)
    with contextlib.closing(connection):
        try:
            connection.request("GET", parts.path)
            answer = connection.getresponse()
            found: list[dict[str, str]] = json.load(answer)
        except (OSError, http.client.HTTPException, ValueError):
            return None
        return found if answer.status == 200 else None
