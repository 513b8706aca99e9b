"""`free_ports.py`: a free port for each variable of compose.yaml, as NAME=PORT lines."""

import random
import re
import socket
from pathlib import Path

RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")


def main() -> None:
    """Choose below those that the system gives to connections: one could take a stopped service's port."""
    compose = Path(__file__).with_name("compose.yaml").read_text("utf-8")
    names = re.findall(r"127\.0\.0\.1:\$\{(\w+)", compose)
    end = int(RANGE.read_text().split()[0]) if RANGE.exists() else 32768
    ports = filter(_is_free, random.sample(range(min(10000, end - 5000), end), 200))
    print(*(f"{name}={port}" for name, port in zip(names, ports, strict=False)), sep="\n")


def _is_free(port: int) -> bool:
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


if __name__ == "__main__":
    main()
