"""What the driver of the engine says and does, with a real engine."""

from __future__ import annotations

import time

import pytest

from ktrdr_acceptance.api.http import ServiceClient
from ktrdr_acceptance.evidence.logs import LogSlice
from ktrdr_acceptance.faults import EnvironmentFault
from ktrdr_acceptance.operations.waiting import Clock, Waiter
from ktrdr_acceptance.target.container import Container
from ktrdr_acceptance.target.container_logs import ContainerLog
from ktrdr_acceptance.target.docker import Engine
from ktrdr_acceptance.target.switching import Switching

from .conftest import PROJECT, docker, reaches


def answers(container: Container) -> bool:
    address = container.address(8000)
    assert address is not None
    client = ServiceClient("it", f"http://{address[0]}:{address[1]}", 1.0, lambda _exchange: None)
    try:
        return client.request("GET", "/").ok
    except EnvironmentFault:
        return False
    finally:
        client.close()


def until_it_answers(container: Container) -> None:
    Waiter(Clock(), 1).eventually(
        lambda: answers(container), bool, within=10, expected="an answer", describe=str
    )


def numbers(text: str) -> list[int]:
    return [int(line.split()[1]) for line in text.splitlines()]


def test_a_container_is_found_by_the_labels_of_compose(engine: Engine, backend: Container) -> None:
    assert (backend.project, backend.service) == (PROJECT, "backend")
    assert {"backend", f"{PROJECT}-backend"} <= backend.names
    assert backend.condition.running
    address = backend.address(8000)
    assert address is not None
    assert address[0] == "127.0.0.1"
    assert engine.hostname == "127.0.0.1"
    assert backend.changes_ports, "the engine chose it"
    until_it_answers(backend)


def test_each_line_of_a_log_is_read_once_and_in_order(backend: Container) -> None:
    log = LogSlice("backend", ContainerLog(backend))
    read: list[int] = []
    until = time.monotonic() + 2
    while time.monotonic() < until:
        written, lost = log.unseen()
        assert lost == ""
        read += numbers(written.decode())
    assert len(read) > 100
    # Of two that are written at once to the two outputs the engine may take either first.
    assert sorted(read) == list(range(min(read), min(read) + len(read)))


def test_a_slice_begins_where_it_is_cut_within_a_second(backend: Container) -> None:
    log = LogSlice("backend", ContainerLog(backend))
    for _ in range(5):
        before = numbers(log.text())
        log.cut()
        after = numbers(log.text())
        assert not set(before) & set(after)
        last = numbers(log.text())
        assert last[: len(after)] == after
        assert not set(last) & set(before)


def test_a_log_goes_on_over_a_restart(backend: Container) -> None:
    log = LogSlice("backend", ContainerLog(backend))
    backend.kill()
    stopped = numbers(log.text())
    backend.start()
    Waiter(Clock(), 1).eventually(
        lambda: numbers(log.text()),
        lambda read: len(read) > len(stopped),
        within=10,
        expected="more lines",
        describe=str,
    )
    assert numbers(log.text())[: len(stopped)] == stopped


@pytest.mark.parametrize(("verb", "code"), [("stop", 143), ("kill", 137)])
def test_one_that_is_ended_does_not_answer_until_it_is_started(
    backend: Container, verb: str, code: int
) -> None:
    until_it_answers(backend)
    for _ in range(2):  # twice is once
        getattr(backend, verb)()
    backend.look()
    assert not backend.condition.running
    assert str(backend.condition) == f"ended (exit code {code})"
    for _ in range(2):
        backend.start()
    until_it_answers(backend)


def test_one_that_is_paused_hangs_until_it_goes_on(backend: Container) -> None:
    until_it_answers(backend)
    for _ in range(2):
        backend.pause()
    assert not answers(backend)
    assert backend.condition.paused
    for _ in range(2):
        backend.resume()
    until_it_answers(backend)


def test_one_that_is_cut_off_goes_on_working_unreached_and_comes_back_under_its_name(
    backend: Container, asker: str
) -> None:
    until_it_answers(backend)
    assert reaches(asker, "backend")
    log = LogSlice("backend", ContainerLog(backend))
    for _ in range(2):
        backend.cut()
    assert not reaches(asker, "backend")
    assert numbers(log.text()) or numbers(log.text())
    for _ in range(2):
        backend.heal()
    assert reaches(asker, "backend")
    until_it_answers(backend)


def test_one_that_an_earlier_run_has_cut_off_comes_back_too(
    engine: Engine, backend: Container, asker: str
) -> None:
    until_it_answers(backend)
    backend.cut()
    [found] = [each for each in engine.projects()[PROJECT] if each.service == "backend"]
    found.heal()
    assert reaches(asker, "backend")


def test_nonsense_stands_in_the_place_of_one_and_goes(engine: Engine, backend: Container, asker: str) -> None:
    until_it_answers(backend)
    switching = Switching(engine, {"backend": backend})
    switching.replace("backend", "redirected")
    assert not reaches(asker, "backend")
    told = docker(
        "exec",
        asker,
        "python3",
        "-c",
        "\n".join(
            (
                "import http.client",
                "c = http.client.HTTPConnection('backend', 8000, timeout=3); c.request('GET', '/x')",
                "a = c.getresponse(); print(a.status, a.getheader('Location'))",
            )
        ),
    )
    assert told == "307 /x"
    assert [each.service for each in engine.projects()[PROJECT] if each.service == "backend"] == ["backend"]
    engine.end_in_place(backend)
    backend.start()
    until_it_answers(backend)
    assert reaches(asker, "backend")
    assert not docker("ps", "-aq", "--filter", f"label=ktrdr-acceptance.project={PROJECT}")


def test_nonsense_that_a_killed_run_has_left_goes_with_the_project(
    engine: Engine, backend: Container
) -> None:
    Switching(engine, {"backend": backend}).replace("backend", "redirected")
    engine.end_all_in_place("another")
    ours = f"label=ktrdr-acceptance.project={PROJECT}"
    assert docker("ps", "-q", "--filter", ours)
    engine.end_all_in_place(PROJECT)
    assert not docker("ps", "-aq", "--filter", ours)
    assert len(engine.ids_in(PROJECT)) == 1


def test_what_the_engine_kills_for_its_memory_is_told(engine: Engine, network: str) -> None:
    name = f"{PROJECT}-greedy"
    labels = (f"com.docker.compose.project={PROJECT}", "com.docker.compose.service=greedy")
    try:
        docker(
            *("run", "-d", "--name", name, "--network", network, "--memory", "32m", "--memory-swap", "32m"),
            *("--label", labels[0], "--label", labels[1], "--entrypoint", "python3", "embedded-ktrdr"),
            *("-c", "held = [bytearray(1 << 20) for _ in range(200)]"),
        )
        docker("wait", name)
        [found] = [each for each in engine.projects()[PROJECT] if each.service == "greedy"]
        assert found.condition.out_of_memory
        assert str(found.condition) == "ended (exit code 137, out of memory)"
    finally:
        docker("rm", "-f", name)


def test_what_is_gone_is_told_in_a_sentence(backend: Container) -> None:
    docker("rm", "-f", backend.name)
    with pytest.raises(EnvironmentFault, match=f"the Docker engine cannot look at {backend.name}: No such"):
        backend.look()
    assert "No such container" in ContainerLog(backend).problem()
    docker("create", "--name", backend.name, "embedded-ktrdr")
