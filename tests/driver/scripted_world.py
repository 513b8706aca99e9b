"""A world whose services answer as a script says, and its sentences as a scenario says them."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from behave.step_registry import registry

from ktrdr_acceptance import parameter_types
from ktrdr_acceptance.api.http import Answer, ServiceClient
from ktrdr_acceptance.api.worker import Worker
from ktrdr_acceptance.faults import EnvironmentFault
from ktrdr_acceptance.operations.operation import Kind, Operation
from ktrdr_acceptance.operations.waiting import Clock
from ktrdr_acceptance.settings import Settings
from ktrdr_acceptance.target.base import IB_HOST, TRAINING_HOST, Endpoints, Nonsense, Verb
from ktrdr_acceptance.target.condition import Condition
from ktrdr_acceptance.world import World

from .fake_clock import FakeClock
from .scripted import calibrated

STEPS = Path(__file__).parents[2] / "steps"
ID = "op_1"
# What one request is answered with: a status and a body, or the fault that there is no answer.
Reply = tuple[int, Any] | Exception
# The same for every request, one after the other (the last for ever), or by the request's body and query.
Script = Reply | list[Reply] | Callable[[Any, Any], Reply]


@dataclass
class Asked:
    """One request that a service got."""

    service: str
    request: str
    body: Any
    query: Any


@dataclass
class Net:
    """All services: the script by service and request, and what has been asked.

    `elapsed_s` is how long each answer takes.
    """

    scripts: dict[str, Script] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    elapsed_s: float = 0.01

    def requests(self, service: str = "backend") -> list[str]:
        return [one.request for one in self.asked if one.service == service]

    def reply(self, asked: Asked) -> Answer:
        self.asked.append(asked)
        script = self.scripts.get(f"{asked.service} {asked.request}", (404, {"detail": "Not Found"}))
        if isinstance(script, list):
            script = script.pop(0) if len(script) > 1 else script[0]
        if callable(script):
            script = script(asked.body, asked.query)
        if isinstance(script, Exception):
            raise script
        assert isinstance(script, tuple)
        status, body = script
        return Answer(asked.service, asked.request, status, body, self.elapsed_s)


class NetClient:
    def __init__(self, net: Net, name: str, base_url: str) -> None:
        self._net, self.name, self.base_url = net, name, base_url

    def request(
        self, method: str, path: str, *, body: Any = None, query: Any = None, timeout_s: float | None = None
    ) -> Answer:
        del timeout_s
        return self._net.reply(Asked(self.name, f"{method} {path}", body, query))

    def close(self) -> None:
        pass


class ScriptedTarget:
    """A target of which everything is known; `refuses` are the services that cannot be switched."""

    name = "scripted"

    def __init__(self, data_folder: Path | None = None, cannot: str = "") -> None:
        self.data_folder = data_folder
        self.data_limit: int | None = None
        self.why_not = cannot
        self.services: dict[str, str] = {}
        self.fares: dict[str, Condition] = {}
        self.switched: list[str] = []
        self.refuses: set[str] = set()
        others = {IB_HOST: "http://ib:1", TRAINING_HOST: "http://trainer:1"}
        self.endpoints = Endpoints("http://backend:1", "the script", 0.0, 20.0, other_services=others)

    def reach(self, url: str) -> str:
        return url

    def service_at(self, worker_id: str, url: str) -> str:
        return self.services.get(url, worker_id)

    def cannot(self, verb: str, service: str) -> str:
        del verb, service
        return self.why_not

    @property
    def place(self) -> str:
        return "the script"

    def mend(self, done: str, service: str, clock: Clock) -> None:
        del clock
        if service in self.refuses:
            raise EnvironmentFault(f"cannot put {service} back")
        self.switched.append(f"mend {service} after {done}")

    def facts(self) -> list[str]:
        return []

    def conditions(self) -> dict[str, Condition]:
        return dict(self.fares)

    def replace(self, service: str, answer: Nonsense, clock: Clock) -> None:
        del clock
        self.switched.append(f"replace {service} by {answer}")

    def put_back(self, service: str, clock: Clock) -> None:
        del clock
        self.switched.append(f"put back {service}")

    def switch(self, verb: Verb, service: str, clock: Clock) -> None:
        del clock
        if service in self.refuses:
            raise EnvironmentFault(f"cannot {verb} {service}")
        self.switched.append(f"{verb} {service}")

    def start(self, clock: Clock) -> None:
        pass

    def stop(self) -> None:
        pass


class ScriptedWorld(World):
    """A world without a network and without time."""

    def connect(self, name: str, base_url: str) -> ServiceClient:
        return cast(ServiceClient, NetClient(self.net, name, base_url))

    @property
    def net(self) -> Net:
        net: Net = vars(self).setdefault("_net", Net())
        return net

    @property
    def scripted_target(self) -> ScriptedTarget:
        return cast(ScriptedTarget, self.target)

    def script(self, request: str, reply: Script, service: str = "backend") -> None:
        """Have a service answer a request so; the backend's requests go without their prefix."""
        method, path = request.split(" ")
        prefix = "/api/v1" if service == "backend" else ""
        self.net.scripts[f"{service} {method} {prefix}{path}"] = reply

    def shows(
        self, status: str = "completed", percentage: float = 100.0, *, at: str = "backend", **fields: Any
    ) -> None:
        """Have a service show the operation so, from now on."""
        prefix = "" if at == "backend" else "/api/v1"
        reply = (200, {"success": True, "data": body_of(status, percentage, **fields)})
        self.script(f"GET {prefix}/operations/{fields.get('operation_id', ID)}", reply, at)

    def has_workers(self, *names: str, kind: str = "training", **changes: Any) -> None:
        """Have the backend list these workers, idle by their own word."""
        common = {"worker_type": kind, "status": "available"}
        rows = [
            {"worker_id": name, "endpoint_url": f"http://{name}:1", **common, **changes} for name in names
        ]
        self.script("GET /workers", (200, rows))
        for name in names:
            self.script("GET /health", (200, {"worker_status": "idle", "status": "operational"}), name)

    def speaks_of(
        self, kind: Kind = Kind.TRAINING, purpose: str = "smoke", id: str = ID, home: Worker | None = None
    ) -> Operation:
        """Let "it" be an operation that has just been started."""
        operation = Operation(id, kind, purpose, calibrated(kind, purpose), 1.0, time.monotonic(), home)
        return self.said.speak_of(operation)

    def say(self, sentence: str) -> None:
        """Say a sentence (with its keyword) as a scenario does. Raises LookupError if there is none."""
        load_sentences()
        keyword, _, text = sentence.partition(" ")
        match = registry.find_match(SimpleNamespace(step_type=keyword.lower(), name=text))
        if match is None:
            raise LookupError(f"there is no sentence {sentence!r}")
        match.func(SimpleNamespace(world=self), **{each.name: each.value for each in match.arguments})


def body_of(status: str = "completed", percentage: float = 100.0, **fields: Any) -> dict[str, Any]:
    """Return an operation as KTRDR shows it; progress is given by `step` and `items`."""
    progress = {
        "percentage": percentage,
        "current_step": fields.pop("step", ""),
        "items_processed": fields.pop("items", 0),
    }
    return {
        "operation_id": ID,
        "operation_type": "training",
        "status": status,
        "created_at": "2026-11-22T08:54:28Z",
        "progress": progress,
        **fields,
    }


def bars_reply(symbol: str, timeframe: str, *times: str) -> tuple[int, Any]:
    """Return the backend's answer to a read of bars, each of them the same sound one."""
    data = {
        "dates": list(times),
        "ohlcv": [[1, 1, 1, 1, 1]] * len(times),
        "metadata": {"symbol": symbol, "timeframe": timeframe},
    }
    return 200, {"success": True, "data": data}


def scripted_world(target: ScriptedTarget | None = None, clock: FakeClock | None = None) -> ScriptedWorld:
    return ScriptedWorld(Settings.load({}, {}, {}), target or ScriptedTarget(), clock or FakeClock())


@cache
def load_sentences() -> None:
    """Have behave know the suite's sentences."""
    parameter_types.register()
    for path in sorted(STEPS.glob("*.py")):
        exec(compile(path.read_text("utf-8"), str(path), "exec"), {"__name__": path.stem})
