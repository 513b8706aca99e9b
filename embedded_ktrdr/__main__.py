"""`python -m embedded_ktrdr`: start the services, say where they are, stay until told to stop."""

import argparse
import contextlib
import logging
import os
import re
import selectors
import signal
import socket
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from embedded_ktrdr.pace import DEFAULT_SPEED, Pace

if TYPE_CHECKING:
    from embedded_ktrdr.supervisor import Supervisor

log = logging.getLogger("embedded_ktrdr")


class Signals:
    """SIGINT and SIGTERM as a wish to stop, SIGCHLD as a reason to look; nothing is raised."""

    def __init__(self) -> None:
        self.stop_wished = False
        self.wake_up, self._writer = socket.socketpair()
        for end in (self.wake_up, self._writer):
            end.setblocking(False)
        signal.set_wakeup_fd(self._writer.fileno(), warn_on_full_buffer=False)
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._wish_stop)
        signal.signal(signal.SIGCHLD, lambda *_: None)

    def _wish_stop(self, *_: object) -> None:
        self.stop_wished = True


def main() -> int:
    """Exit status: 0 after a normal stop, 1 if a service cannot start, 2 for bad options or a busy port."""
    options = _options()
    log_dir = (options.log_dir or Path(tempfile.mkdtemp(prefix="embedded-ktrdr-"))).resolve()
    try:
        log_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        print(f"The log folder {log_dir} cannot be made: {error.strerror}.", file=sys.stderr)  # noqa: T201
        return 2
    handlers: list[logging.Handler] = [
        logging.StreamHandler(),
        logging.FileHandler(log_dir / "supervisor.log"),
    ]
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", handlers=handlers)
    signals = Signals()
    # Only now, because it takes half a second in which a signal must already be heard.
    from embedded_ktrdr.supervisor import StartError, Supervisor

    ktrdr_ports = options.ports == "ktrdr"
    supervisor = Supervisor(options.training_worker, Pace(options.speed), log_dir, ktrdr_ports=ktrdr_ports)
    try:
        supervisor.start(lambda: signals.stop_wished)
        if not signals.stop_wished:
            print(supervisor.ready_line(), flush=True)  # noqa: T201
            if ktrdr_ports:
                _greet(supervisor)
            _watch(supervisor, signals, until_stdin_ends=options.exit_with_stdin)
    except StartError as error:
        print(error, file=sys.stderr)  # noqa: T201
        return error.status
    finally:
        supervisor.stop()
    return 0


def _watch(supervisor: "Supervisor", signals: Signals, *, until_stdin_ends: bool) -> None:
    """Return when a stop is wished or, if asked for, when stdin ends; report services that die."""
    selector = selectors.DefaultSelector()
    selector.register(signals.wake_up, selectors.EVENT_READ)
    if until_stdin_ends:
        try:
            selector.register(sys.stdin, selectors.EVENT_READ)
        except (OSError, ValueError):  # closed, a file or /dev/null: nothing to wait for
            return
    while not signals.stop_wished:
        for dead in supervisor.reap():
            log.error("%s has ended; its log is %s. The other services go on.", dead.name, dead.log)
        for key, _ in selector.select():
            data = os.read(key.fd, 4096)
            if key.fileobj is sys.stdin and not data:
                return


def _greet(supervisor: "Supervisor") -> None:
    """For a person in front of a terminal."""
    lines = [f"  {each.name}: {each.url} (log: {each.log})" for each in supervisor.services.values()]
    print("The embedded KTRDR is ready; Ctrl+C ends it.", *lines, sep="\n", file=sys.stderr)  # noqa: T201


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m embedded_ktrdr", description=__doc__)
    parser.add_argument(
        "--speed", type=_speed, default=DEFAULT_SPEED, help="KTRDR seconds per second (default 20)"
    )
    parser.add_argument(
        "--ports", choices=("ktrdr", "free"), default="ktrdr", help="KTRDR's own ports, or free ones"
    )
    parser.add_argument("--log-dir", type=Path, help="folder of the log files (default: a new temporary one)")
    workers = parser.add_mutually_exclusive_group()
    workers.add_argument(
        "--training-workers", type=_count, default=2, metavar="N", help="how many (default 2)"
    )
    workers.add_argument(
        "--training-worker",
        type=_worker_id,
        action="append",
        metavar="ID",
        help="the id of a training worker; repeatable",
    )
    parser.add_argument("--exit-with-stdin", action="store_true", help="stop when stdin ends")
    options = parser.parse_args()
    if options.training_worker is None:
        options.training_worker = [
            f"training-worker-{number + 1}" for number in range(options.training_workers)
        ]
    if (
        len(set(options.training_worker)) < len(options.training_worker)
        or "backend" in options.training_worker
    ):
        parser.error("the ids of the training workers must differ from each other and from 'backend'")
    return options


def _speed(text: str) -> float:
    speed = float(text)
    if not 0 < speed < float("inf"):
        raise argparse.ArgumentTypeError("a speed is greater than 0")
    return speed


def _worker_id(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]*", text):  # it names a log file
        raise argparse.ArgumentTypeError("an id has letters, digits, '-', '_' and '.'")
    return text


def _count(text: str) -> int:
    count = int(text)
    if count < 0:
        raise argparse.ArgumentTypeError("a count is not negative")
    return count


if __name__ == "__main__":
    with contextlib.suppress(BrokenPipeError):
        sys.exit(main())
