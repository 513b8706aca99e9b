"""`python -m embedded_ktrdr`: start the services, say where they are, stay until told to stop."""

import argparse
import contextlib
import json
import logging
import os
import re
import selectors
import signal
import socket
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from embedded_ktrdr.pace import DEFAULT_SPEED, Pace
from embedded_ktrdr.patching import UnknownName

if TYPE_CHECKING:
    from embedded_ktrdr.supervisor import Supervisor

# Names that no worker may have.
OTHER_SERVICES = ("backend", "ib-host", "ib-gateway", "training-host")


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
    if options.list_defects or options.list_variations:
        print(json.dumps(_listed(options), indent=2))  # noqa: T201
        return 0
    log_dir = (options.log_dir or Path(tempfile.mkdtemp(prefix="embedded-ktrdr-"))).resolve()
    data_dir = (options.data_dir or log_dir / "data").resolve()
    state_dir = (options.state_dir or log_dir / "state").resolve()
    for kind, folder in (("log", log_dir), ("data", data_dir), ("state", state_dir)):
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            print(f"The {kind} folder {folder} cannot be made: {error.strerror}.", file=sys.stderr)  # noqa: T201
            return 2
    _forget(state_dir)
    if options.data_dir is None:
        for left_over in data_dir.glob("*.csv"):
            left_over.unlink()
    logging.basicConfig(
        level=logging.INFO,
        format="%(asctime)s %(levelname)s %(message)s",
        handlers=(logging.StreamHandler(), logging.FileHandler(log_dir / "supervisor.log")),
    )
    signals = Signals()
    # Only now, because it takes half a second in which a signal must already be heard.
    from embedded_ktrdr.services import Wishes
    from embedded_ktrdr.supervisor import ServiceError, Supervisor

    try:
        variations, defects = _switch_on(options)
    except UnknownName as unknown:
        print(unknown, file=sys.stderr)  # noqa: T201
        return 2
    ktrdr_ports = options.ports == "ktrdr"
    models_dir = Path(tempfile.mkdtemp(prefix="models-", dir=log_dir))
    trainers, gateway = tuple(options.training_worker), options.gateway
    testers = _numbered("backtest", options.backtest_workers)
    pace, limit = Pace(options.speed), options.data_limit_mb
    wishes = Wishes(
        *(trainers, testers, gateway, pace),
        *(data_dir, models_dir, state_dir, None if limit is None else limit * 2**20),
    )
    supervisor = Supervisor(wishes, log_dir, ktrdr_ports=ktrdr_ports, defects=defects, variations=variations)
    try:
        supervisor.start(lambda: signals.stop_wished)
        if not signals.stop_wished:
            print(supervisor.ready_line(), flush=True)  # noqa: T201
            if ktrdr_ports:
                _greet(supervisor)
            _watch(supervisor, signals, until_stdin_ends=options.exit_with_stdin)
    except ServiceError as error:
        print(error, file=sys.stderr)  # noqa: T201
        return error.status
    finally:
        supervisor.stop()
        # Requests stand there, with whatever their callers wrote into them.
        _forget(state_dir)
    return 0


def _listed(options: argparse.Namespace) -> list[dict[str, Any]]:
    """All about what can be switched on that is data."""
    if options.list_defects:
        from embedded_ktrdr.defects import all_defects

        return [each.described() for each in all_defects().values()]
    from embedded_ktrdr.variations import all_variations

    return [each.described() for each in all_variations().values()]


def _switch_on(options: argparse.Namespace) -> tuple[list[str], list[str]]:
    """Patch what is asked for, and return the names of the variations and the defects; or UnknownName."""
    variations: list[str] = []
    defects: list[str] = []
    if options.variation:
        from embedded_ktrdr.variations import switch_on

        variations = switch_on(options.variation)
    if options.defect:
        from embedded_ktrdr.defects import switch_on

        defects = switch_on(options.defect)
    return variations, defects


def _forget(state_dir: Path) -> None:
    for record in state_dir.glob("op_*"):
        record.unlink()


def _watch(supervisor: "Supervisor", signals: Signals, *, until_stdin_ends: bool) -> None:
    """Obey stdin until a stop is wished or, if asked for, stdin ends; report services that die."""
    selector = selectors.DefaultSelector()
    selector.register(signals.wake_up, selectors.EVENT_READ)
    # A process in the background that reads its terminal shall get an error, not be stopped.
    signal.signal(signal.SIGTTIN, signal.SIG_IGN)
    try:
        selector.register(sys.stdin, selectors.EVENT_READ)
    except (OSError, ValueError):  # closed, a file or /dev/null: nothing will ever come
        if until_stdin_ends:
            return
    from embedded_ktrdr.control import obey

    begun = b""
    while not signals.stop_wished:
        for dead in supervisor.reap():
            supervisor.report(dead)
        for key, _ in selector.select():
            try:
                data = os.read(key.fd, 4096)
            except OSError:
                data = b""
            if key.fileobj is not sys.stdin:
                continue
            if not data:
                if until_stdin_ends:
                    return
                selector.unregister(sys.stdin)
            *lines, begun = (begun + data).split(b"\n")
            for line in lines:
                if line.strip():
                    print(obey(supervisor, line.decode(errors="replace")), flush=True)  # noqa: T201


def _greet(supervisor: "Supervisor") -> None:
    """For a person in front of a terminal."""
    lines = [
        f"  {each.name}: {each.url} (log: {supervisor.log(each)})" for each in supervisor.services.values()
    ]
    print("The embedded KTRDR is ready; Ctrl+C ends it.", *lines, sep="\n", file=sys.stderr)  # noqa: T201


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m embedded_ktrdr", description=__doc__)
    add = parser.add_argument
    states = ("connected", "disconnected", "slow")
    add("--speed", type=_speed, default=DEFAULT_SPEED, help="KTRDR seconds per second (default 20)")
    add("--ports", choices=("ktrdr", "free"), default="ktrdr", help="KTRDR's own ports, or free ones")
    add("--log-dir", type=Path, help="folder of the log files (default: a new temporary one)")
    add("--data-dir", type=Path, help="folder of the cached bars (default: data in the log folder, emptied)")
    add("--data-limit-mb", type=_count, metavar="N", help="how much the cached bars may take (default: any)")
    add(
        "--state-dir",
        type=Path,
        help="folder of what the backend keeps over a restart, emptied (default: state in the log folder)",
    )
    add("--training-workers", type=_count, default=2, metavar="N", help="how many (default 2)")
    add(
        "--training-worker", type=_worker_id, action="append", metavar="ID", help="instead, an id; repeatable"
    )
    add("--backtest-workers", type=_count, default=2, metavar="N", help="how many (default 2)")
    add(
        "--gateway",
        choices=states,
        default="connected",
        help="the IB gateway at the start (default connected)",
    )
    add("--defect", action="append", default=[], metavar="NAME", help="switch a fault on; repeatable")
    add("--list-defects", action="store_true", help="say as JSON which there are, and end")
    add(
        "--variation",
        action="append",
        default=[],
        metavar="NAME",
        help="be different where no client may mind; repeatable, or all",
    )
    add("--list-variations", action="store_true", help="say as JSON which there are, and end")
    add("--exit-with-stdin", action="store_true", help="stop when stdin ends")
    options = parser.parse_args()
    if options.training_worker is None:
        options.training_worker = _numbered("training", options.training_workers)
    names = [*OTHER_SERVICES, *_numbered("backtest", options.backtest_workers), *options.training_worker]
    if len(set(names)) < len(names):
        parser.error("the ids of training workers must differ from each other and from the other services")
    return options


def _numbered(kind: str, count: int) -> tuple[str, ...]:
    return tuple(f"{kind}-worker-{number + 1}" for number in range(count))


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
