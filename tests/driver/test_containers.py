"""A KTRDR of containers: which are found, where they are reached, what may be done to them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

import pytest

from ktrdr_acceptance.evidence.log_files import LogFile
from ktrdr_acceptance.faults import BadInput, EnvironmentFault
from ktrdr_acceptance.ledger import Ledger
from ktrdr_acceptance.settings import Settings
from ktrdr_acceptance.target import compose, containers, make_target, switching
from ktrdr_acceptance.target.condition import Condition
from ktrdr_acceptance.target.containers import DockerTarget

from .fake_clock import FakeClock

WELL = Condition(running=True, paused=False, started_at="1", restarts=0)


@dataclass
class FakeContainer:
    """A container that does what it is asked to; `said` is shared by all."""

    service: str
    port: int | None = None
    outside: int | None = None
    environment: dict[str, str] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    other_names: set[str] = field(default_factory=set)
    mounts: dict[str, Path] = field(default_factory=dict)
    condition: Condition = WELL
    image: str = "ktrdr-backend:dev"
    image_id: str = "sha256:0123456789abcdef"
    gone: bool = False
    changes_ports: bool = False
    number: int = 1
    said: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        return f"ktrdr-{self.service}"

    @property
    def names(self) -> set[str]:
        return {self.name, self.service, *self.other_names}

    def address(self, port: int | None = None) -> tuple[str, int] | None:
        fits = self.outside is not None and port in (None, self.port)
        return ("127.0.0.1", cast(int, self.outside)) if fits else None

    def mounted_at(self, folder: str) -> Path | None:
        return self.mounts.get(folder)

    def look(self) -> None:
        if self.gone:
            raise EnvironmentFault(f"{self.name} is gone")

    def log(self, since: float | None = None, newest: int | None = None) -> bytes:
        del since, newest
        return b""

    def __getattr__(self, verb: str) -> Any:
        if verb not in ("stop", "kill", "start", "pause", "resume", "cut", "heal"):
            raise AttributeError(verb)
        return lambda: self.said.append(f"{verb} {self.service}")


class FakeEngine:
    hostname = "127.0.0.1"
    version = "99"

    def __init__(self, projects: Mapping[str, list[FakeContainer]]) -> None:
        self._projects = projects
        self.said: list[str] = []
        for each in (one for all in projects.values() for one in all):
            each.said = self.said

    def projects(self) -> Mapping[str, list[FakeContainer]]:
        return self._projects

    def has_volumes(self, project: str) -> bool:
        del project
        return False

    def run_in_place(self, of: FakeContainer, port: int, script: Path, arguments: Any, expected: str) -> None:
        del expected
        self.said.append(f"{script.name} {' '.join(arguments)} in the place of {of.service} at {port}")

    def ids_in(self, project: str) -> set[str]:
        return {f"id of {each.name}" for each in self._projects.get(project, ())}

    def end_all_in_place(self, project: str) -> None:
        self.said.append(f"nothing in the place of any of {project}")

    def end_in_place(self, of: FakeContainer) -> None:
        self.said.append(f"nothing in the place of {of.service}")


def ktrdr() -> list[FakeContainer]:
    """A project as KTRDR's own compose file makes it, with what is none of the suite's."""
    return [
        FakeContainer("backend", 8000, 18000),
        FakeContainer("backtest-worker-1", 5003, 15003, {"WORKER_PORT": "5003"}, other_names={"172.18.0.7"}),
        FakeContainer("training-worker-1", 5005, 15005, {"WORKER_PORT": "5005"}),
        FakeContainer("db", 5432, 15432),
        FakeContainer("grafana", 3000, 13000),
    ]


@dataclass
class Stage:
    folder: Path
    monkeypatch: pytest.MonkeyPatch
    engine: FakeEngine = field(default_factory=lambda: FakeEngine({}))

    def target(self, projects: Mapping[str, list[FakeContainer]], **settings: str) -> DockerTarget:
        self.engine = FakeEngine(projects)
        self.monkeypatch.setattr(containers, "Engine", lambda: self.engine)
        given = {"target": "docker", "reports": str(self.folder), **settings}
        made = make_target(Settings.load(given, {}, {}))
        assert isinstance(made, DockerTarget)
        return made

    def started(self, projects: Mapping[str, list[FakeContainer]], **settings: str) -> DockerTarget:
        made = self.target(projects, **settings)
        made.start(FakeClock())
        return made


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stage:
    monkeypatch.setattr(switching, "answers_within", lambda *_args, **_options: True)
    return Stage(tmp_path, monkeypatch)


def test_the_only_project_with_a_backend_is_the_target_and_only_ktrdr_of_it(stage: Stage) -> None:
    target = stage.started({"ktrdr": ktrdr(), "other": [FakeContainer("web", 80, 10080)]})
    assert target.endpoints.backend_url == "http://127.0.0.1:18000"
    assert target.endpoints.backend_url_source == "container ktrdr-backend"
    assert sorted(target.endpoints.logs) == ["backend", "backtest-worker-1", "training-worker-1"]
    assert sorted(target.conditions()) == ["backend", "backtest-worker-1", "training-worker-1"]
    assert target.facts() == [
        "compose project ktrdr on Docker 99: ktrdr-backend:dev (0123456789ab) as backend, backtest-worker-1, "
        "training-worker-1"
    ]
    assert (target.endpoints.speed, target.endpoints.cache_ttl) == (1.0, 1.0)


def test_the_embedded_one_says_its_speed_its_cache_its_defects_and_its_limit(stage: Stage) -> None:
    backend = FakeContainer("backend", 8000, 18000)
    backend.labels = {"ktrdr.speed": "20", "ktrdr.data-limit-mb": "64"}
    backend.environment = {
        "OPERATIONS_CACHE_TTL": "0.05",
        "EMBEDDED_DEFECTS": "one,two",
        "EMBEDDED_VARIATIONS": "all",
        "DATA_DIR": "/app/data",
    }
    backend.mounts = {"/app/data": stage.folder}
    target = stage.started({"ktrdr": [backend]}, disposable="true")
    endpoints = target.endpoints
    assert (endpoints.speed, endpoints.cache_ttl) == (20.0, 0.05)
    assert (endpoints.defects, endpoints.variations) == (("one", "two"), ("all",))
    assert (target.data_folder, target.data_limit) == (stage.folder, 64 * 1024 * 1024)
    # The folder of what is not disposable is touched only where a setting names it.
    target = stage.started({"ktrdr": [backend]})
    assert (target.data_folder, target.data_limit) == (None, None)
    target = stage.started({"ktrdr": [backend]}, data_dir=str(stage.folder))
    assert (target.data_folder, target.data_limit) == (stage.folder, None)


def test_a_service_without_a_container_is_where_its_url_says(stage: Stage) -> None:
    log = stage.folder / "ib.log"
    target = stage.started(
        {"ktrdr": ktrdr()}, ib_host_url="http://ib:5001", logs=f"ib-host={log},backend={log}"
    )
    assert target.endpoints.other_services == {
        "ib-host": "http://ib:5001",
        "training-host": "http://localhost:5002",
        "backtest worker": "http://127.0.0.1:15003",
    }
    assert target.endpoints.logs["ib-host"] == LogFile(log)
    assert target.endpoints.logs["backend"] == LogFile(log)
    assert target.cannot("stop", "ib-host") == "ib-host runs in no container of the compose project ktrdr"


def test_a_host_that_does_not_run_is_not_taken_for_another_at_its_usual_port(stage: Stage) -> None:
    off = FakeContainer("ib-host", 5001, None, condition=replace(WELL, running=False))
    target = stage.started({"ktrdr": [*ktrdr(), off]})
    assert target.endpoints.other_services["ib-host"] == "http://ktrdr-ib-host:5001"


def test_a_backend_may_be_known_by_its_url_alone(stage: Stage) -> None:
    workers = [each for each in ktrdr() if "worker" in each.service]
    target = stage.started({"ktrdr": workers}, compose_project="ktrdr", backend_url="http://h:8000")
    assert target.endpoints.backend_url == "http://h:8000"
    assert target.endpoints.backend_url_source == "setting backend_url"


@pytest.mark.parametrize(
    ("url", "reached"),
    [
        ("http://backtest-worker-1:5003", "http://127.0.0.1:15003"),
        ("http://ktrdr-backtest-worker-1:5003", "http://127.0.0.1:15003"),
        ("http://172.18.0.7:5003", "http://127.0.0.1:15003"),
        # A port of it that is not published, and what is no container of the project.
        ("http://backtest-worker-1:9999", "http://backtest-worker-1:9999"),
        ("http://gpu-host:5002", "http://gpu-host:5002"),
        ("http://host.docker.internal:5002", "http://127.0.0.1:5002"),
    ],
)
def test_an_address_among_containers_is_reached_where_it_is_published(
    stage: Stage, url: str, reached: str
) -> None:
    assert stage.started({"ktrdr": ktrdr()}).reach(url) == reached


def test_a_worker_is_the_service_of_its_container_whatever_its_id(stage: Stage) -> None:
    target = stage.started({"ktrdr": ktrdr()})
    assert (
        target.service_at("backtesting-worker-0af3", "http://backtest-worker-1:5003") == "backtest-worker-1"
    )
    assert target.service_at("gpu-1", "http://gpu-host:5002") == "gpu-1"


def test_services_may_have_names_of_their_own(stage: Stage) -> None:
    renamed = [replace(ktrdr()[0], service="api"), replace(ktrdr()[1], service="bt")]
    target = stage.started({"k": renamed}, compose_services="backend=api, backtest-worker-1=bt")
    assert target.endpoints.backend_url == "http://127.0.0.1:18000"
    assert sorted(target.endpoints.logs) == ["backend", "backtest-worker-1"]


@pytest.mark.parametrize(
    ("projects", "settings", "said"),
    [
        ({}, {}, "no compose project on this Docker engine has a backend"),
        ({"a": ktrdr()[3:]}, {}, "no compose project on this Docker engine has a backend"),
        ({"b": ktrdr(), "a": ktrdr()}, {}, "several compose projects have a backend: a, b"),
        (
            {"a": ktrdr()},
            {"compose_project": "x"},
            r"the Docker engine has no compose project x \(there are: a\)",
        ),
        (
            {"a": [FakeContainer("backend", 8000, None)]},
            {},
            r"backend \(container ktrdr-backend\) is not reached from here: it publishes no port",
        ),
        (
            {
                "a": [
                    FakeContainer("backend", 8000, None, condition=replace(WELL, running=False, exit_code=3))
                ]
            },
            {},
            r"is not reached from here: it has ended \(exit code 3\)",
        ),
        (
            {"a": [FakeContainer("backend", 8000, 18000, {"OPERATIONS_CACHE_TTL": "1s"})]},
            {},
            "container ktrdr-backend says OPERATIONS_CACHE_TTL=1s, which is no number",
        ),
        (
            {"a": [FakeContainer("backend", 8000, 18000, labels={"ktrdr.speed": "nan"})]},
            {},
            "container ktrdr-backend says ktrdr.speed=nan, which is no number",
        ),
    ],
)
def test_what_is_not_there_is_told_with_a_cure(
    stage: Stage, projects: Any, settings: dict[str, str], said: str
) -> None:
    with pytest.raises(EnvironmentFault, match=said) as caught:
        stage.started(projects, **settings)
    assert caught.value.cure


def test_nothing_is_done_to_what_is_not_declared_disposable(stage: Stage) -> None:
    target = stage.started({"ktrdr": ktrdr()})
    said = "the target is not declared disposable"
    assert said in target.cannot("stop", "backend")
    for act in (
        lambda: target.switch("kill", "backend", FakeClock()),
        lambda: target.replace("backend", "huge", FakeClock()),
        lambda: target.put_back("backend", FakeClock()),
    ):
        with pytest.raises(EnvironmentFault, match=said):
            act()
    assert stage.engine.said == []


@pytest.mark.parametrize("verb", ["stop", "kill", "start", "pause", "resume", "cut", "heal"])
def test_what_is_disposable_is_switched(stage: Stage, verb: Any) -> None:
    target = stage.started({"ktrdr": ktrdr()}, disposable="true")
    assert target.cannot(verb, "training-worker-1") == ""
    target.switch(verb, "training-worker-1", FakeClock())
    assert stage.engine.said == [f"{verb} training-worker-1"]


@pytest.mark.parametrize("verb", ["stop", "kill", "cut", "replace"])
def test_one_whose_port_changes_with_each_start_is_only_paused(stage: Stage, verb: str) -> None:
    all_of_it = ktrdr()
    all_of_it[0].changes_ports = True
    target = stage.started({"ktrdr": all_of_it}, disposable="true")
    assert "backend would come back at another port of this machine" in target.cannot(verb, "backend")
    assert target.cannot("pause", "backend") == target.cannot("resume", "backend") == ""
    assert target.cannot(verb, "training-worker-1") == ""


def test_each_container_of_a_service_of_several_is_one_of_the_target(stage: Stage) -> None:
    second = replace(ktrdr()[1], number=2, outside=15103, other_names={"172.18.0.8"})
    target = stage.started({"ktrdr": [second, *ktrdr()]})
    assert sorted(target.conditions()) == [
        "backend",
        "backtest-worker-1",
        "backtest-worker-1-2",
        "training-worker-1",
    ]
    assert target.service_at("x", "http://172.18.0.8:5003") == "backtest-worker-1-2"
    assert target.reach("http://172.18.0.8:5003") == "http://127.0.0.1:15103"


def test_a_service_is_replaced_and_put_back(stage: Stage) -> None:
    target = stage.started({"ktrdr": ktrdr()}, disposable="true")
    target.replace("training-worker-1", "endless", FakeClock())
    target.put_back("training-worker-1", FakeClock())
    assert stage.engine.said == [
        "stop training-worker-1",
        "nonsense.py endless in the place of training-worker-1 at 5005",
        "nothing in the place of training-worker-1",
        "start training-worker-1",
    ]


def test_one_that_comes_back_elsewhere_is_told(stage: Stage) -> None:
    all_of_it = ktrdr()
    target = stage.started({"ktrdr": all_of_it}, disposable="true")
    all_of_it[0].outside = 18001
    said = "backend was at http://127.0.0.1:18000 and came back at http://127.0.0.1:18001"
    with pytest.raises(EnvironmentFault, match=said) as caught:
        target.switch("start", "backend", FakeClock())
    assert "fixed port" in caught.value.cure


def test_one_that_does_not_come_back_is_told(stage: Stage) -> None:
    target = stage.started({"ktrdr": ktrdr()}, disposable="true")
    stage.monkeypatch.setattr(switching, "answers_within", lambda *_args, **_options: False)
    with pytest.raises(
        EnvironmentFault, match=r"backend does not answer at http://127.0.0.1:18000 within 180 s"
    ):
        target.switch("start", "backend", FakeClock())


@pytest.mark.parametrize(
    ("done", "said"),
    [
        ("stop", ["start backend"]),
        ("kill", ["start backend"]),
        ("pause", ["resume backend"]),
        ("slow down", ["resume backend"]),
        ("cut", ["heal backend"]),
        ("replace", ["nothing in the place of backend", "start backend"]),
    ],
)
def test_what_a_killed_run_did_is_put_back_before_anything_is_asked(
    stage: Stage, done: str, said: list[str]
) -> None:
    ledger = Ledger(stage.folder / ".ledger")
    ledger.begun("one", service="backend", done=done, place="compose project ktrdr")
    ledger.begun("other", service="backend", done="stop", place="compose project other")
    ledger.begun("third", service="unknown", done="stop", place="compose project ktrdr")
    stage.started({"ktrdr": ktrdr()})
    assert stage.engine.said == said


def test_what_is_gone_has_no_condition(stage: Stage) -> None:
    all_of_it = ktrdr()
    target = stage.started({"ktrdr": all_of_it})
    all_of_it[0].gone = True
    assert sorted(target.conditions()) == ["backtest-worker-1", "training-worker-1"]


def test_of_an_engine_that_is_gone_nobody_says_that_the_services_are(stage: Stage) -> None:
    all_of_it = ktrdr()
    target = stage.started({"ktrdr": all_of_it})
    for each in all_of_it[1:]:
        each.gone = True

    def no_answer(*_args: Any) -> None:
        raise EnvironmentFault("the engine is gone")

    stage.monkeypatch.setattr(FakeEngine, "ids_in", no_answer)
    assert target.conditions() == {}


def test_one_that_does_not_run_is_told_among_the_facts(stage: Stage) -> None:
    all_of_it = ktrdr()
    all_of_it[2].condition = replace(WELL, running=False, exit_code=137, out_of_memory=True)
    assert (
        "training-worker-1, ended (exit code 137, out of memory)"
        in stage.started({"k": all_of_it}).facts()[0]
    )


# a compose file


FILE = "services: {backend: {image: x}}\n"


@pytest.fixture
def asked(stage: Stage) -> list[str]:
    """What a compose command was asked for."""
    said: list[str] = []
    stage.monkeypatch.setattr(compose, "_compose_command", lambda: ["compose"])
    stage.monkeypatch.setattr(containers, "answers_within", lambda *_args, **_options: True)
    stage.monkeypatch.setattr(containers, "registered_within", lambda *_args, **_options: True)

    def run(self: Any, arguments: list[str], *_rest: Any) -> None:
        said.append(" ".join(["-p", self.project, *arguments]))

    stage.monkeypatch.setattr(compose.Compose, "_run", run)
    return said


def test_a_project_that_is_up_is_used_and_left_up(stage: Stage, asked: list[str]) -> None:
    file = stage.folder / "compose.yaml"
    file.write_text(FILE)
    target = stage.started({"mine": ktrdr()}, compose_file=str(file), compose_project="mine")
    target.stop()
    assert asked == []


def test_a_project_that_the_run_brings_up_is_taken_down_again(stage: Stage, asked: list[str]) -> None:
    file = stage.folder / "compose.yaml"
    file.write_text(FILE)
    projects: dict[str, list[FakeContainer]] = {}
    target = stage.target(projects, compose_file=str(file), compose_project="mine")
    up = compose.Compose.up

    def bring_up(self: Any, *args: Any, **options: Any) -> None:
        up(self, *args, **options)
        projects["mine"] = ktrdr()

    stage.monkeypatch.setattr(compose.Compose, "up", bring_up)
    target.start(FakeClock())
    assert (stage.folder / compose.BROUGHT_UP).exists()
    # What could not be put back there goes with it; what is elsewhere does not.
    ledger = Ledger(stage.folder / ".ledger")
    ledger.begun("a", service="backend", done="cut", place="compose project mine")
    ledger.begun("b", id="op_1", backend="http://127.0.0.1:18000")
    ledger.begun("c", id="op_2", backend="http://127.0.0.1:9")
    target.stop()
    target.stop()
    assert asked == ["-p mine up -d", "-p mine down --remove-orphans --timeout 3 --volumes"]
    assert stage.engine.said == ["nothing in the place of any of mine"]
    assert not (stage.folder / compose.BROUGHT_UP).exists()
    assert list(ledger.left_by_earlier_run()) == ["c"]


def test_a_project_that_is_there_but_does_not_run_is_not_touched(stage: Stage, asked: list[str]) -> None:
    file = stage.folder / "compose.yaml"
    file.write_text(FILE)
    there = [replace(each, condition=replace(WELL, running=False)) for each in ktrdr()[:1]]
    target = stage.target({"mine": there}, compose_file=str(file), compose_project="mine")
    with pytest.raises(
        EnvironmentFault, match=r"the compose project mine is there, but does not run \(ktrdr-b"
    ):
        target.start(FakeClock())
    target.stop()
    assert asked == []


def test_what_a_killed_run_has_left_up_goes_down_first(stage: Stage, asked: list[str]) -> None:
    facts = {"file": "/x/compose.yaml", "project": "theirs", "had_volumes": True}
    (stage.folder / compose.BROUGHT_UP).write_text(json.dumps(facts))
    target = stage.started({"ktrdr": ktrdr()})
    assert asked == ["-p theirs down --remove-orphans --timeout 3"]
    assert target.facts()[1] == "an earlier run had left the compose project theirs up: it is down now"
    # Before its network can go.
    assert stage.engine.said == ["nothing in the place of any of theirs"]


@pytest.mark.parametrize(
    ("noted", "goes_down"), [(["id of ktrdr-backend"], True), (["another"], False), (None, True)]
)
def test_a_project_that_somebody_has_brought_up_since_is_not_taken_down(
    stage: Stage, asked: list[str], noted: list[str] | None, goes_down: bool
) -> None:
    facts = {"file": "/x/compose.yaml", "project": "ktrdr", "had_volumes": False}
    facts |= {} if noted is None else {"containers": noted}
    (stage.folder / compose.BROUGHT_UP).write_text(json.dumps(facts))
    target = stage.started({"ktrdr": ktrdr()})
    assert asked == (["-p ktrdr down --remove-orphans --timeout 3 --volumes"] if goes_down else [])
    assert ("it is another one now" in target.facts()[1]) is not goes_down
    assert not (stage.folder / compose.BROUGHT_UP).exists()


def test_a_note_that_a_kill_has_cut_off_says_nothing(stage: Stage, asked: list[str]) -> None:
    (stage.folder / compose.BROUGHT_UP).write_text('{"file": "/x')
    stage.started({"ktrdr": ktrdr()})
    assert asked == []
    assert not (stage.folder / compose.BROUGHT_UP).exists()


@pytest.mark.parametrize(
    ("content", "asked_for", "environment", "name"),
    [
        (FILE, "", "", "folder1"),
        (FILE, "Given", "", "given"),
        (f"name: named\n{FILE}", "", "", "named"),
        (f"name: named\n{FILE}", "", "of-environment", "of-environment"),
        (f"name: named\n{FILE}", "given", "of-environment", "given"),
    ],
)
def test_a_project_has_the_name_that_compose_gives_it(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    content: str,
    asked_for: str,
    environment: str,
    name: str,
) -> None:
    folder = tmp_path / "_Folder.1"
    folder.mkdir()
    (folder / "c.yaml").write_text(content)
    monkeypatch.setenv("COMPOSE_PROJECT_NAME", environment)
    assert compose.project_of(folder / "c.yaml", asked_for) == name


@pytest.mark.parametrize("content", [None, "", "[1]", "services: 7", "a: b", "\x00", "{"])
def test_what_is_no_compose_file_is_bad_input(tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "compose.yaml"
    if content is not None:
        file.write_text(content)
    with pytest.raises(BadInput, match="Setting compose_file: "):
        compose.project_of(file)
