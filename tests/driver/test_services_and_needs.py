"""Services switched off and on again, what a scenario needs of a target, and how all services are."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ktrdr_acceptance.api.generations import Generation
from ktrdr_acceptance.api.models import ContractBreach
from ktrdr_acceptance.domain.hosts import words_of
from ktrdr_acceptance.domain.platform import HealthBeside
from ktrdr_acceptance.faults import CannotSwitch, EnvironmentFault
from ktrdr_acceptance.operations.operation import Kind
from ktrdr_acceptance.operations.waiting import WaitFailed
from ktrdr_acceptance.settings import Settings
from ktrdr_acceptance.target.services import ServicesTarget

from .fake_clock import FakeClock
from .scripted_command import HELP_H, HELP_S, End, ScriptedLine
from .scripted_world import ID, ScriptedTarget, ScriptedWorld, body_of, scripted_world

GONE = EnvironmentFault("no answer")
BARS = '{"2024-12-02T00:00:00Z": {"open": 1, "high": 1, "low": 1, "close": 1, "volume": 1}}'


# switching


def test_what_is_switched_off_is_on_again_afterwards_in_the_other_order() -> None:
    world = scripted_world()
    world.services.stop("training-worker-1", "training-worker-2")
    world.services.pause("ib-gateway")
    switched = world.scripted_target.switched
    assert switched == ["stop training-worker-1", "stop training-worker-2", "pause ib-gateway"]
    assert world.undo.run() == []
    assert switched[3:] == ["resume ib-gateway", "start training-worker-2", "start training-worker-1"]


def test_its_undo_is_registered_before_a_service_is_switched() -> None:
    world = scripted_world()
    world.scripted_target.refuses = {"ib-host"}
    with pytest.raises(EnvironmentFault, match="cannot stop ib-host"):
        world.services.stop("ib-host", "ib-gateway")
    assert world.scripted_target.switched == [], "the others are left alone"
    world.scripted_target.refuses = set()
    assert world.undo.run() == []
    assert world.scripted_target.switched == ["start ib-host"]


def test_a_service_that_does_not_come_back_is_told_and_keeps_no_other_from_it() -> None:
    world = scripted_world()
    world.services.stop("ib-gateway", "ib-host")
    world.scripted_target.refuses = {"ib-host"}
    assert world.undo.run() == ["could not put ib-host back: cannot start ib-host"]
    assert world.scripted_target.switched[-1] == "start ib-gateway"


def test_what_has_been_started_is_ended_before_services_that_were_switched_off_before_it_are_on() -> None:
    world = scripted_world()
    world.say("given the IB gateway is switched off")
    world.script("POST /data/acquire/download", (200, {"operation_id": "op_1"}))
    world.shows()
    world.say("when I start a small download")
    order = world.scripted_target.switched
    order.clear()

    def looked(_body: Any, _query: Any) -> Exception:
        order.append("looked")
        return GONE

    world.script("GET /operations/op_1", looked)
    world.undo.run()
    assert order == ["looked", "start ib-gateway"]


@pytest.mark.parametrize(
    ("sentence", "switched"),
    [
        ("given the IB host is switched off", ["stop ib-host"]),
        ("given the IB gateway hangs", ["pause ib-gateway"]),
        ("given the IB host answers with a redirect", ["replace ib-host by redirected"]),
        (
            "given every backtest worker answers with an endless body",
            [f"replace b{n} by endless" for n in (1, 2)],
        ),
        ("when the backend restarts", ["stop backend", "start backend"]),
        ("when the backend dies and is started again", ["kill backend", "start backend"]),
        ("given every backtest worker is switched off", ["stop b1", "stop b2"]),
    ],
)
def test_sentences_switch_what_they_speak_of(sentence: str, switched: list[str]) -> None:
    world = scripted_world()
    world.has_workers("b1", "b2", kind="backtesting")
    world.say(sentence)
    assert world.scripted_target.switched == switched


@pytest.mark.parametrize(
    ("sentence", "back", "done"),
    [
        ("when its worker dies", "when its worker comes back", ["kill w", "start w"]),
        ("when its worker dies", "when the lost worker comes back", ["kill w", "start w"]),
        ("when its worker hangs", "when its worker comes back", ["pause w", "resume w"]),
        (
            "when the network to its worker is cut",
            "when the network to its worker heals",
            ["cut w", "heal w"],
        ),
        ("when the backend dies", "when the backend comes back", ["kill backend", "start backend"]),
    ],
)
def test_what_is_done_to_the_worker_of_an_operation_can_be_undone_in_mid_scenario(
    sentence: str, back: str, done: list[str]
) -> None:
    world = scripted_world()
    world.speaks_of()
    world.has_workers("v", "w")
    world.shows(at="w")
    world.say(sentence)
    world.say(back)
    assert world.scripted_target.switched == done
    assert world.undo.run() == []
    assert world.scripted_target.switched == done, "once is enough"


def test_a_slow_worker_is_as_fast_as_before_when_that_is_said() -> None:
    world = scripted_world()
    world.speaks_of()
    world.has_workers("w")
    world.shows(at="w")
    world.say("when its worker is slow")
    world.say("when its worker is as fast as before")
    assert world.scripted_target.switched[-1] == "resume w"
    assert world.services.faults == ("slow down w",)


def test_workers_of_a_kind_come_back_together() -> None:
    world = scripted_world()
    world.has_workers("b1", "b2", kind="backtesting")
    world.say("given every backtest worker is switched off")
    world.say("when the backtest workers come back")
    assert world.scripted_target.switched[2:] == ["start b1", "start b2"]
    assert world.services.touched == ("b1", "b2")
    assert world.services.faults == ("stop b1", "stop b2")


def test_what_cannot_be_done_to_a_service_is_told_apart_from_what_it_does() -> None:
    world = scripted_world()
    world.scripted_target.refuses = {"ib-host"}
    with pytest.raises(CannotSwitch, match="cannot stop ib-host"):
        world.services.stop("ib-host")
    world.scripted_target.refuses = set()
    world.services.stop("ib-host")
    world.scripted_target.refuses = {"ib-host"}
    with pytest.raises(EnvironmentFault) as caught:
        world.services.restore("ib-host")
    assert not isinstance(caught.value, CannotSwitch), "that it does not come back is its own doing"


def test_the_slowest_of_the_health_checks_beside_the_looks_is_the_one_spoken_of() -> None:
    world = scripted_world()
    world.speaks_of()
    times = itertools.chain([0.1, 0.7], itertools.repeat(0.2))

    def health(_body: Any, _query: Any) -> Any:
        world.net.elapsed_s = next(times)
        return 200, {"status": "ok", "version": "1"}

    world.script("GET /health", health)
    shown = [(200, {"data": body_of(status, 50.0)}) for status in ("running", "running", "completed")]
    world.script(f"GET /operations/{ID}", [*shown])
    world.say(
        "when I follow it until it completes within 10 s, asking the backend for its health all the while"
    )
    assert world.said.elapsed_s == 0.7
    assert world.net.requests().count("GET /api/v1/health") >= 3


def _hang_while_listed_as(*looks: str) -> ScriptedWorld:
    """Two workers hang, listed so look by look; the backend takes 0.7 s for one of its health checks."""
    world = scripted_world(clock=FakeClock())
    world.has_workers("b1", "b2", kind="backtesting")
    world.say("given every backtest worker hangs")
    times = itertools.chain([0.1, 0.7], itertools.repeat(0.2))

    def health(_body: Any, _query: Any) -> Any:
        world.net.elapsed_s = next(times)
        return 200, {"status": "ok", "version": "1"}

    world.script("GET /health", health)
    rows = [
        [
            {"worker_id": id, "worker_type": "backtesting", "endpoint_url": f"http://{id}:1", "status": state}
            for id, state in zip(("b1", "b2"), look.split(), strict=True)
        ]
        for look in looks
    ]
    world.script("GET /workers", [(200, each) for each in rows])
    return world


UNTIL_UNAVAILABLE = (
    "when I follow them until all are shown as temporarily unavailable within 10 s, "
    "asking the backend for its health all the while"
)


def test_every_worker_of_a_kind_hangs_and_goes_on() -> None:
    world = _hang_while_listed_as("available available")
    assert world.services.faults == ("pause b1", "pause b2")
    world.say("when the backtest workers come back")
    assert world.services.switched[2:] == [("resume", "b1"), ("resume", "b2")]


def test_workers_that_hang_are_followed_until_all_are_unavailable_with_the_health_beside() -> None:
    gone = "temporarily_unavailable"
    world = _hang_while_listed_as("available available", f"{gone} busy", f"{gone} {gone}")
    world.say(UNTIL_UNAVAILABLE)
    assert world.said.elapsed_s == 0.7
    assert world.net.requests().count("GET /api/v1/health") >= 3


def test_workers_that_hang_and_are_never_shown_so_are_named_with_their_states() -> None:
    world = _hang_while_listed_as("temporarily_unavailable busy")
    with pytest.raises(WaitFailed, match="the last value was b1 temporarily_unavailable, b2 busy"):
        world.say(UNTIL_UNAVAILABLE)


def test_the_health_is_asked_for_as_long_as_another_answer_takes() -> None:
    world = scripted_world()
    beside = HealthBeside(world.platform)
    answered = threading.Event()

    def asked_often(_body: Any, _query: Any) -> Any:
        if world.net.requests().count("GET /api/v1/health") > 2:
            answered.set()
        return 200, {"status": "ok", "version": "1"}

    world.script("GET /health", asked_often)
    assert beside(lambda: answered.wait(10)), (
        "it was asked once, and not again while the other was not answered"
    )


def test_progress_that_the_backend_did_not_keep_over_its_restart_is_drift() -> None:
    world = scripted_world()
    operation = world.speaks_of()
    world.shows("running", 60.0)
    world.operations.look(operation)
    world.say("given the backend is switched off")
    world.say("when the backend comes back")
    world.shows("running", 20.0)
    world.operations.look(operation)
    assert world.operations.recorder.violations == []
    assert list(world.operations.recorder.drift) == ["the percentage falls at a restart"]


def test_what_a_worker_has_come_to_the_end_of_is_not_asked_of_the_backend() -> None:
    world = scripted_world()
    world.speaks_of()
    world.has_workers("w")
    world.shows(at="w")
    world.say("when the backend dies")
    asked = len(world.net.requests())
    world.say("when its worker has come to the end of it")
    assert len(world.net.requests()) == asked


def test_a_disk_is_full_until_there_is_room(tmp_path: Path) -> None:
    target = ScriptedTarget(tmp_path)
    target.data_limit = 100
    world = scripted_world(target)
    world.say("given the disk of the data folder is full")
    assert [file.stat().st_size for file in tmp_path.iterdir()] == [100]
    world.say("when there is room on the disk again")
    assert list(tmp_path.iterdir()) == []


def test_a_disk_without_a_limit_is_never_filled(tmp_path: Path) -> None:
    with pytest.raises(LookupError, match="@needs:fillable-disk"):
        scripted_world(ScriptedTarget(tmp_path)).say("given the disk of the data folder is full")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", ["training", "backtest"])
def test_no_worker_to_switch_off_is_no_worker_switched_off(kind: str) -> None:
    world = scripted_world()
    world.has_workers("x1", kind="other")
    with pytest.raises(AssertionError, match=f"{kind} workers to switch off"):
        world.say(f"given every {kind} worker is switched off")


def test_a_running_ktrdr_is_never_switched() -> None:
    target = ServicesTarget(Settings.load({"target": "services"}, {}, {}))
    said = "ib-host is known by its URL alone, so that the suite cannot stop it"
    assert target.cannot("stop", "ib-host") == said
    with pytest.raises(EnvironmentFault, match=said):
        target.switch("stop", "ib-host", FakeClock())


# needs


def world_with(target: ScriptedTarget | None = None, generation: Generation = Generation.S) -> ScriptedWorld:
    """A target that has everything but logs."""
    folder = Path("/nonexistent")
    world = ScriptedWorld(
        Settings.load({}, {}, {}), target or ScriptedTarget(folder), FakeClock(), generation
    )
    world.has_workers("t1")
    world.command.line = ScriptedLine((0, HELP_H)).as_line()
    world.script("GET /health", (200, {"status": "operational"}), "ib-host")
    world.script("POST /data/historical", (200, {"success": True, "data": BARS}), "ib-host")
    world.script("GET /training/sessions", (200, {"total_sessions": 0, "sessions": []}), "training-host")
    return world


HAS: list[str] = [
    "training-worker",
    "ib-host",
    "ib-gateway",
    "training-host",
    "data-folder",
    "switchable-backend",
    "switchable-workers",
    "switchable-ib-host",
    "switchable-ib-gateway",
    "cuttable-workers",
    "replaceable-workers",
    "replaceable-ib-host",
    "worker-registry",
    "cli",
    "scriptable-cli",
]


@pytest.mark.parametrize("need", HAS)
def test_what_is_there_is_not_missing(need: str) -> None:
    assert world_with().missing(need) == ""


def scripted(request: str, reply: Any, service: str) -> Callable[[ScriptedWorld], None]:
    return lambda world: world.script(request, reply, service)


def commanded(end: End) -> Callable[[ScriptedWorld], None]:
    return lambda world: setattr(world.command, "line", ScriptedLine(end).as_line())


def without_command(world: ScriptedWorld) -> None:
    world.command.line.words = ()


@pytest.mark.parametrize(
    ("need", "change", "said"),
    [
        (
            "backtest-worker",
            lambda _world: None,
            "the target (generation S) has no backtest worker registered",
        ),
        ("training-worker", lambda world: world.has_workers(), "has no training worker registered"),
        (
            "training-worker",
            lambda world: world.has_workers("b1", kind="backtesting"),
            "has no training worker registered",
        ),
        ("ib-host", scripted("GET /health", GONE, "ib-host"), "there is no IB host to ask: no answer"),
        ("ib-host", scripted("GET /health", (503, {}), "ib-host"), "does not say that it is well"),
        ("ib-gateway", scripted("GET /health", GONE, "ib-host"), "there is no IB host to ask: no answer"),
        (
            "ib-gateway",
            scripted("POST /data/historical", GONE, "ib-host"),
            "the IB host has no gateway that delivers bars: no answer",
        ),
        (
            "ib-gateway",
            scripted("POST /data/historical", (200, {"success": False, "error": "x"}), "ib-host"),
            "the IB host has no gateway that delivers bars: ",
        ),
        (
            "ib-gateway",
            scripted("POST /data/historical", (503, {"detail": "not connected"}), "ib-host"),
            "not connected",
        ),
        (
            "ib-gateway",
            scripted("POST /data/historical", (200, {"success": True, "data": "{}"}), "ib-host"),
            "delivers no bars of EURUSD",
        ),
        (
            "training-host",
            scripted("GET /training/sessions", GONE, "training-host"),
            "there is no training host to ask: no answer",
        ),
        (
            "training-host",
            scripted("GET /training/sessions", (404, {"detail": "Not Found"}), "training-host"),
            "what answers at http://trainer:1 has no training sessions",
        ),
        (
            "data-folder",
            lambda world: setattr(world.target, "data_folder", None),
            "the target's data folder is not known (setting data_dir)",
        ),
        *(
            (need, lambda world: setattr(world.target, "why_not", "it is not ours"), "it is not ours")
            for need in HAS
            if need.startswith(("switchable", "cuttable", "replaceable"))
        ),
        ("cuttable-workers", lambda world: world.has_workers(), "no worker is registered to cut"),
        (
            "two-backtest-workers",
            lambda world: world.has_workers("b1", kind="backtesting"),
            "there is no second backtest worker (1 registered)",
        ),
        (
            "fillable-disk",
            lambda world: setattr(world.target, "data_folder", None),
            "the target's data folder is not known (setting data_dir)",
        ),
        ("fillable-disk", lambda _world: None, "no small disk of its own that the suite may fill"),
        ("cli", without_command, "KTRDR's command is not known (setting cli)"),
        ("scriptable-cli", without_command, "KTRDR's command is not known (setting cli)"),
        ("cli", commanded((2, "no such file")), "(ktrdr --help) ended with exit status 2: no such file"),
        ("cli", commanded((0, "cat: a help")), "what ktrdr --help prints is no help of KTRDR's command"),
        ("cli", commanded(None), "ktrdr --help did not end within 60 s"),
        ("scriptable-cli", commanded((0, HELP_S)), "of set S: it watches to the end and answers no program"),
        ("logs", lambda _world: None, "the target's logs are not known (setting logs)"),
    ],
)
def test_what_is_not_there_is_missing_in_words(
    need: str, change: Callable[[ScriptedWorld], None], said: str
) -> None:
    world = world_with()
    change(world)
    assert said in world.missing(need)


@pytest.mark.parametrize("generation", [Generation.O, Generation.N])
def test_a_backend_that_works_itself_needs_no_worker_and_has_no_registry(generation: Generation) -> None:
    world = world_with(generation=generation)
    world.script("GET /workers", (404, {"detail": "Not Found"}))
    assert world.missing("training-worker") == world.missing("backtest-worker") == ""
    assert "no worker registers" in world.missing("worker-registry")
    assert world.net.asked == []


def test_a_need_that_nobody_knows_is_not_there_by_mistake() -> None:
    with pytest.raises(KeyError):
        world_with().missing("coffee")


@pytest.mark.parametrize("reply", [(200, {"success": True, "data": BARS}), GONE], ids=["there", "gone"])
def test_hosts_are_asked_once_in_a_run(reply: Any) -> None:
    found: dict[str, str] = {}
    asked: list[str] = []
    answers: set[str] = set()
    for _ in range(3):
        world = world_with()
        world.needs.found = found
        world.script("POST /data/historical", reply, "ib-host")
        answers.add(world.missing("ib-gateway") + world.missing("ib-host") + world.missing("training-host"))
        asked += world.net.requests("ib-host") + world.net.requests("training-host")
    assert sorted(asked) == ["GET /health", "GET /training/sessions", "POST /data/historical"]
    assert len(answers) == 1


def test_workers_are_asked_for_each_time_because_they_come_and_go() -> None:
    world = world_with()
    assert world.missing("training-worker") == ""
    world.has_workers()
    assert world.missing("training-worker") != ""


# one look at every service


def swept(**changes: Any) -> list[str]:
    world = scripted_world()
    world.has_workers("t1", "t2")
    replies: dict[str, Any] = {
        "backend": (200, {"status": "ok"}),
        "t1": (200, {"status": "operational"}),
        "t2": (200, {"status": "operational"}),
        "ib-host": (200, {"status": "operational"}),
    } | {name.replace("_", "-"): reply for name, reply in changes.items()}
    for name, reply in replies.items():
        world.script("GET /health", reply, name)
    world.say("when I ask every service for its health, with 1 second for each")
    asked = [one.service for one in world.net.asked if one.request.endswith("/health")]
    assert sorted(asked) == sorted(replies)
    return world.said.unwell


def test_services_that_are_all_well_leave_nothing_to_say() -> None:
    assert swept() == []


@pytest.mark.parametrize("name", ["backend", "t1", "t2", "ib_host"])
@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (GONE, "does not answer: no answer"),
        ((200, {"status": "degraded"}), 'says \'{"status": "degraded"}\' instead of \''),
        ((200, {}), "says '{}' instead of"),
        ((200, ["operational"]), "instead of"),
        ((200, "<html>"), "says '<html>' instead of"),
        ((503, {"status": "operational"}), "instead of"),
        ((503, {"status": "ok"}), "instead of"),
    ],
    ids=str,
)
def test_a_service_that_is_not_well_is_told(name: str, reply: Any, said: str) -> None:
    (told,) = swept(**{name: reply})
    assert told.startswith(f"{name.replace('_', '-')} ")
    assert said in told


@pytest.mark.parametrize(
    ("name", "status"), [("backend", "ok"), ("t1", "operational"), ("ib_host", "operational")]
)
@pytest.mark.parametrize("healthy", [False, None, "no", 0], ids=str)
def test_a_service_that_calls_itself_unhealthy_is_not_well(name: str, status: str, healthy: Any) -> None:
    assert swept(**{name: (200, {"status": status, "healthy": True})}) == []
    (told,) = swept(**{name: (200, {"status": status, "healthy": healthy})})
    assert told.startswith(f"{name.replace('_', '-')} says")
    assert f"instead of '{status}'" in told


def test_services_without_any_worker_are_not_all_well() -> None:
    world = scripted_world()
    world.has_workers()
    world.script("GET /health", (200, {"status": "ok"}))
    world.script("GET /health", (200, {"status": "operational"}), "ib-host")
    world.say("when I ask every service for its health, with 1 second for each")
    assert world.said.unwell == ["no worker is registered"]


def test_where_no_worker_registers_none_is_missed() -> None:
    world = scripted_world()
    world.script("GET /health", (200, {"status": "ok"}))
    world.script("GET /health", (200, {"status": "operational"}), "ib-host")
    assert world.hosts.unwell(None, 1.0) == []


def test_a_service_that_is_slow_is_told_with_its_seconds() -> None:
    world = scripted_world()
    world.has_workers("t1")
    workers = world.workers.registered()
    world.script("GET /health", (200, {"status": "ok"}))
    world.script("GET /health", (200, {"status": "operational"}), "ib-host")
    world.net.elapsed_s = 1.5
    slow = [f"{name} took 1.50 s" for name in ("backend", "t1", "ib-host")]
    assert world.hosts.unwell(workers, 1.0) == slow
    assert world.hosts.unwell(workers, 1.5) == []


# what services say of themselves


@pytest.mark.parametrize("sentence", ["the IB host", "the training host", "a backtest worker"])
@pytest.mark.parametrize(
    "reply", [(500, {"status": "operational"}), (200, "<html>"), (200, ["x"]), (200, {"success": False})]
)
def test_a_health_in_another_form_is_a_breach(sentence: str, reply: Any) -> None:
    world = scripted_world()
    world.has_workers("b1", kind="backtesting")
    for name in ("ib-host", "training-host", "b1"):
        world.script("GET /health", reply, name)
    with pytest.raises(ContractBreach):
        world.say(f"when I ask {sentence} for its health")


def test_a_health_is_told_as_it_came() -> None:
    world = scripted_world()
    world.script("GET /health", (200, {"healthy": True, "more": [1]}), "ib-host")
    assert words_of(world.hosts.ib_host.health_answer()) == {"healthy": True, "more": [1]}
    world.say("when I ask the IB host for its health")
    assert (world.said.words["more"], world.said.elapsed_s) == ([1], 0.01)


def test_bars_are_asked_from_ib_for_whole_days() -> None:
    world = world_with()
    world.say('when I ask the IB host for bars of "EURUSD" at "1h" from 2024-12-02 to 2024-12-03')
    (asked,) = world.net.asked
    assert (asked.body["start"], asked.body["end"]) == ("2024-12-02T00:00:00", "2024-12-03T23:59:59")
    assert len(world.said.bars) == 1


@pytest.mark.parametrize("kind", [Kind.TRAINING, Kind.BACKTEST])
def test_without_any_worker_there_is_none_whose_health_to_ask_for(kind: Kind) -> None:
    world = scripted_world()
    world.has_workers()
    assert world.workers.clients(kind) == []


@pytest.mark.parametrize(
    ("generation", "logs"),
    [(Generation.S, ["backend", "t1", "b1"]), (Generation.N, ["backend"]), (Generation.O, ["backend"])],
)
def test_the_logs_that_must_be_known_are_the_backend_s_and_those_of_all_registered_workers(
    generation: Generation, logs: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    world = world_with(generation=generation)
    world.has_workers("t1", "b1")
    monkeypatch.setattr(world.logs, "missing", lambda names: " ".join(names))
    assert world.missing("logs") == " ".join(logs)
