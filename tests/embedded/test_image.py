"""The image and the compose file, as far as no engine is needed to judge them."""

import ast
import re
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from embedded_ktrdr.one import PORTS
from embedded_ktrdr.pace import DEFAULT_SPEED, Pace
from embedded_ktrdr.services import Wishes, table

ROOT = Path(__file__).parents[2]
DOCKER = ROOT / "docker"
COMPOSE = yaml.safe_load((DOCKER / "compose.yaml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
DOCKERFILE = (DOCKER / "Dockerfile").read_text()
TWO_AND_TWO = Wishes(
    ("training-worker-1", "training-worker-2"), ("backtest-worker-1", "backtest-worker-2"),
    "connected", Pace(), Path("data"), Path("models"),
)  # fmt: skip
TABLE = {each.name: each for each in table(TWO_AND_TWO)}

every_service = pytest.mark.parametrize("name", SERVICES)


def default(text: str) -> str:
    """What compose makes of a text where no variable is set."""
    return re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", text)


def test_every_service_of_the_table_is_a_service_of_the_compose_file_and_the_reverse() -> None:
    assert set(SERVICES) == set(TABLE)


@every_service
def test_a_service_runs_as_what_it_is_called(name: str) -> None:
    (kind,) = SERVICES[name]["command"]
    assert re.sub(r"(-worker)-\d$", r"\1", name) == kind
    assert kind in PORTS
    assert SERVICES[name]["environment"].get("WORKER_ID", kind) == name
    assert default(SERVICES[name]["container_name"]) == f"ktrdr-{name}"


@every_service
def test_ports_are_ktrdrs_inside_and_by_default_outside_and_on_loopback_only(name: str) -> None:
    service, port = SERVICES[name], TABLE[name].port
    assert service["environment"][PORTS[service["command"][0]]] == str(port)
    published = [default(each) for each in service.get("ports", [])]
    assert published == ([] if name == "ib-gateway" else [f"127.0.0.1:{port}:{port}"])


@every_service
def test_no_service_is_root_writes_its_own_files_or_comes_back_by_itself(name: str) -> None:
    service = SERVICES[name]
    assert default(service["user"]) == "10001:10001"
    assert service["read_only"] is True
    assert service["tmpfs"] == ["/tmp"]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["restart"] == "no"
    assert not {"privileged", "cap_add", "pid", "network_mode"} & set(service)


@every_service
def test_health_is_asked_at_the_path_that_says_it(name: str) -> None:
    test = SERVICES[name]["healthcheck"]["test"]
    assert test[:2] == ["CMD", "python3"]
    assert test[-2:] == [str(TABLE[name].port), TABLE[name].health]


@every_service
def test_services_find_each_other_by_name(name: str) -> None:
    for variable, value in SERVICES[name]["environment"].items():
        if variable.endswith("_URL"):
            host, port = re.fullmatch(r"http://([a-z0-9-]+):(\d+)", value).groups()  # type: ignore[union-attr]
            assert TABLE[host].port == int(port), variable
            if variable == "WORKER_PUBLIC_BASE_URL":
                assert host == name
    if name == "ib-host":
        assert SERVICES[name]["environment"]["IB_HOST"] == "ib-gateway"


def test_all_work_at_one_speed_which_the_backend_says() -> None:
    speeds = {service["environment"]["EMBEDDED_SPEED"] for service in SERVICES.values()}
    backend = SERVICES["backend"]
    assert speeds == {backend["labels"]["ktrdr.speed"]}
    assert float(default(speeds.pop())) == DEFAULT_SPEED
    assert float(default(backend["environment"]["OPERATIONS_CACHE_TTL"])) == Pace().cache_ttl_s


def test_the_bars_have_as_much_room_as_where_the_suite_starts_the_embedded_ktrdr() -> None:
    (ours,) = re.findall(r"KTRDR_DATA_LIMIT_MB:-(\d+)", (ROOT / "scripts" / "docker_accept.sh").read_text())
    starter = (ROOT / "ktrdr_acceptance" / "target" / "embedded.py").read_text()
    assert re.findall(r"^_DATA_LIMIT_MB = (\d+)$", starter, re.MULTILINE) == [ours]


def test_who_needs_bars_and_models_has_the_folders_of_all() -> None:
    for name, service in SERVICES.items():
        mounted = [default(each).split(":") for each in service.get("volumes", [])]
        folders = {each[1]: each[0] for each in mounted}
        for variable, source in (("DATA_DIR", "data"), ("MODELS_DIR", "models")):
            folder = service["environment"].get(variable)
            assert folders.get(folder) == (source if folder else None), (name, variable)
        writable = {each[0] for each in mounted if each[2:] != ["ro"]}
        assert ("data" in writable) == (name == "backend")
    named = {
        default(each).split(":")[0] for service in SERVICES.values() for each in service.get("volumes", [])
    }
    assert set(COMPOSE["volumes"]) == named


def test_the_image_is_not_root_and_downloads_nothing() -> None:
    assert re.findall(r"^USER (.*)$", DOCKERFILE, re.MULTILINE) == ["10001:10001"]
    assert re.findall(r"^ARG BASE=(.*)\nFROM (.*)$", DOCKERFILE, re.MULTILINE) == [
        ("python:3.11-slim", "${BASE}")
    ]
    assert not re.search(r"\b(pip|apt|apt-get|apk|curl|wget|ADD)\b", DOCKERFILE.split("\n", 1)[1])
    assert "HEALTHCHECK" in DOCKERFILE


def test_what_the_embedded_ktrdr_imports_is_staged() -> None:
    sys.path.insert(0, str(DOCKER))
    try:
        import stage
    finally:
        sys.path.remove(str(DOCKER))
    imported = set()
    for path in (ROOT / "embedded_ktrdr").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [node.module] if isinstance(node, ast.ImportFrom) else []
            names += [each.name for each in node.names] if isinstance(node, ast.Import) else []
            imported |= {str(each).split(".")[0] for each in names}
    theirs = imported - set(sys.stdlib_module_names) - {"embedded_ktrdr"}
    assert {{"yaml": "pyyaml"}.get(each, each) for each in theirs} == set(stage.WANTED)
    for python in ("3.11", "3.14"):
        names = stage.needed(stage.WANTED, python)
        assert {"pydantic-core", "anyio", "h11", "click"} <= names
        assert not {"behave", "pytest", "docker", "rich"} & names
        lock = stage.locked(names, (ROOT / "requirements.lock").read_text())
        assert {each.split("==")[0] for each in re.findall(r"^[a-z]\S+==\S+", lock, re.MULTILINE)} == names
        assert all("--hash=sha256:" in each for each in re.split(r"^(?=[a-z])", lock, flags=re.MULTILINE)[1:])
    with pytest.raises(SystemExit, match="no entry of anyio"):
        stage.locked({"anyio", "h11"}, "h11==1 \\\n    --hash=sha256:0\n")


def test_free_ports_are_one_for_each_variable_and_none_that_a_connection_gets() -> None:
    done = subprocess.run(
        [sys.executable, DOCKER / "free_ports.py"], capture_output=True, text=True, check=True
    )
    ports = dict(line.split("=") for line in done.stdout.splitlines())
    published = "".join(port for service in SERVICES.values() for port in service.get("ports", []))
    assert set(ports) == set(re.findall(r"\$\{(\w+)", published))
    assert len(set(ports.values())) == len(ports) == 7
    first_of_connections = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    assert all(1024 < int(port) < first_of_connections for port in ports.values())


@pytest.mark.parametrize(("status", "exit_status"), [("200 OK", 0), ("503 Busy", 1)])
def test_the_health_check_tells_well_from_unwell(status: str, exit_status: int) -> None:

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        command = [
            sys.executable,
            "-S",
            str(DOCKER / "healthy.py"),
            str(listener.getsockname()[1]),
            "/health",
        ]
        with subprocess.Popen(command) as check:
            connection, _ = listener.accept()
            with connection:
                assert connection.recv(1000).startswith(b"GET /health HTTP/1.")
                connection.sendall(f"HTTP/1.1 {status}\r\n\r\n".encode())
            assert check.wait(60) == exit_status
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as check:
        assert check.wait(60) == 1
