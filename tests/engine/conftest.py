"""A small compose project on the local engine: two services of the image that EMBEDDED_IMAGE names."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from ktrdr_acceptance.faults import EnvironmentFault
from ktrdr_acceptance.target.container import Container
from ktrdr_acceptance.target.docker import Engine

IMAGE = os.environ.get("KTRDR_IMAGE", "embedded-ktrdr")
PROJECT = f"ktrdr-proof-{os.getpid()}"

# Says each number once, with a moment between two, and answers at port 8000.
_SPEAKS = """
import http.server, itertools, sys, threading, time
def speak():
    for number in itertools.count():
        print(f"line {number}", file=sys.stderr if number % 2 else sys.stdout, flush=True)
        time.sleep(0.003)
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.send_header("Content-Length", "2"); self.end_headers()
        self.wfile.write(b"{}")
    def log_message(self, *_): pass
threading.Thread(target=speak, daemon=True).start()
http.server.ThreadingHTTPServer(("", 8000), Answer).serve_forever()
"""


def pytest_collection_modifyitems(items: list[Any]) -> None:
    """Skip with the reason where there is no engine: only the caller knows whether there should be one."""
    try:
        Engine()
    except EnvironmentFault as fault:
        for item in items:
            if "tests/engine" in str(item.path):
                item.add_marker(pytest.mark.skip(reason=str(fault)))


def docker(*arguments: str) -> str:
    """Run the docker command."""
    done = subprocess.run(["docker", *arguments], capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture(scope="module")
def network() -> Iterator[str]:
    """A network with the labels that compose sets."""
    name = f"{PROJECT}_default"
    docker("network", "create", "--label", f"com.docker.compose.project={PROJECT}", name)
    yield name
    docker("network", "rm", name)


def run(service: str, network: str, *options: str) -> str:
    """Run a container as compose would, and return its name."""
    name = f"{PROJECT}-{service}"
    docker(
        *("run", "-d", "--init", "--name", name, "--network", network, "--network-alias", service),
        *(
            "--label",
            f"com.docker.compose.project={PROJECT}",
            "--label",
            f"com.docker.compose.service={service}",
        ),
        *("--entrypoint", "python3", *options, IMAGE, "-u", "-c", _SPEAKS),
    )
    return name


@pytest.fixture
def engine() -> Engine:
    """The engine."""
    return Engine()


@pytest.fixture
def backend(engine: Engine, network: str) -> Iterator[Container]:
    """A container that speaks and answers."""
    name = run("backend", network, "-p", "127.0.0.1::8000")
    try:
        [found] = [each for each in engine.projects()[PROJECT] if each.service == "backend"]
        yield found
    finally:
        docker("rm", "-f", name)


@pytest.fixture
def asker(network: str) -> Iterator[str]:
    """Another container of the network."""
    name = run("asker", network)
    yield name
    docker("rm", "-f", name)


def reaches(asker: str, host: str, port: int = 8000) -> bool:
    """Tell whether a container gets an answer of another."""
    ask = f"import urllib.request; urllib.request.urlopen('http://{host}:{port}/', timeout=3).read(99)"
    done = subprocess.run(["docker", "exec", asker, "python3", "-c", ask], capture_output=True, check=False)
    return done.returncode == 0
