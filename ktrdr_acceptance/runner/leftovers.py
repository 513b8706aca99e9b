"""What an earlier run has left, killed or unable to undo it: ended, put back and told by the next one."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import Any

from ktrdr_acceptance.api.models import ContractBreach
from ktrdr_acceptance.api.worker import Worker
from ktrdr_acceptance.faults import EnvironmentFault
from ktrdr_acceptance.ledger import FILE as LEDGER
from ktrdr_acceptance.operations.ending import end
from ktrdr_acceptance.operations.operation import Kind, Operation
from ktrdr_acceptance.target.data_folder import put_back_left
from ktrdr_acceptance.testdata.own_calibration import use_calibration
from ktrdr_acceptance.world import World

Left = Mapping[str, Mapping[str, Any]]
_A_RUN = "an earlier run"


def operations_left(left: Left, backend_url: str) -> list[str]:
    """Return the ids of the operations that an earlier run has left at a backend."""
    return [facts["id"] for facts in left.values() if facts.get("backend") == backend_url and "id" in facts]


def put_back(left: Left, world: World) -> tuple[list[str], list[str], Left]:
    """Put back what belongs to the world's target.

    Return in words what was done, with what is left elsewhere, and what could not be; and what the next run
    has to do.
    """
    done: list[str] = []
    not_done: list[str] = []
    still_left: dict[str, Mapping[str, Any]] = {}
    backend_url = world.target.endpoints.backend_url
    for key, facts in left.items():
        if "file" not in facts and _at(facts) not in (backend_url, world.target.place):
            # Of another target: it is told, and says nothing against this one.
            still_left[key] = facts
            done.append(_elsewhere(facts))
            continue
        try:
            done += _put_back(facts, world)
        except (AssertionError, EnvironmentFault, OSError) as problem:
            still_left[key] = facts
            not_done.append(f"{_A_RUN} has left {key}, which could not be put back: {problem}")
    return done, not_done, still_left


def _elsewhere(facts: Mapping[str, Any]) -> str:
    what = facts.get("service") or facts.get("id") or "a " + facts["asked"]
    return (
        f"{_A_RUN} has left {what} at {_at(facts)}: "
        f"run against that, or see to it there and remove {LEDGER} from the reports folder"
    )


def _at(facts: Mapping[str, Any]) -> str:
    """Return at which target something was left."""
    return str(facts.get("backend") or facts.get("place"))


def _put_back(facts: Mapping[str, Any], world: World) -> Iterator[str]:
    if "file" in facts:
        yield from put_back_left(facts)
    elif "service" in facts:
        world.target.mend(facts["done"], facts["service"], world.clock)
        yield f"{_A_RUN} had done this to {facts['service']}: {facts['done']}; it is back"
    elif "id" in facts:
        yield from _end(facts, world)
    else:
        yield (
            f"{_A_RUN} had asked for a {facts['asked']} at {facts['at']} and was gone before its id came: "
            "see that the target's list of operations has none of that time"
        )


def _end(facts: Mapping[str, Any], world: World) -> Iterator[str]:
    operation_id = facts["id"]
    home = Worker(world.connect(facts["worker"], facts["worker_url"])) if facts.get("worker") else None
    if (home or world.backend).operation_answer(operation_id).status == 404:
        # Whoever was asked has it no more, or never had it: nothing works on it that could be ended.
        return
    calibration = next(iter(use_calibration(world.settings.calibration).calibration.trainings.values()))
    kind = Kind(facts["kind"])
    operation = Operation(operation_id, kind, "left over", calibration, 0.0, time.monotonic(), home)
    before = world.operations.look(operation).status
    end(world.operations, operation)
    after = world.operations.look(operation).status
    if not after.is_terminal:
        raise ContractBreach(f"{operation_id} is still {after}")
    if not before.is_terminal:
        yield f"{_A_RUN} had left {kind} {operation_id} {before}: it is {after} now"
