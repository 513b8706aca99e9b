"""The check of operations that are active at the target but not this run's."""

from __future__ import annotations

from collections.abc import Mapping

from ktrdr_acceptance.api.backend import Backend
from ktrdr_acceptance.api.models import OperationBody, read
from ktrdr_acceptance.preflight.asking import Answers, Probe
from ktrdr_acceptance.preflight.check import Check, failed, ok
from ktrdr_acceptance.preflight.inspected import Inspected

NOTHING_ELSE_RUNS = "nothing else runs on the target"
# Operations that are looked up one by one, and those that are named.
_MOST_LOOKED_UP, _MOST_NAMED = 20, 5


def others_probe(inspected: Inspected) -> Probe:
    """Return the check of foreign operations, and of those that an earlier run of the suite has left."""

    def judge(answers: Answers) -> Check:
        active: dict[str, str] = answers.values["active operations"]
        ours = {one: status for one, status in active.items() if one in inspected.left_over}
        if ours:
            return failed(NOTHING_ELSE_RUNS, f"left by an earlier run: {_named(ours)}", "K5")
        if not active:
            return ok(NOTHING_ELSE_RUNS, "no operation is active")
        one_or_more = "operation of others is" if len(active) == 1 else "operations of others are"
        return failed(NOTHING_ELSE_RUNS, f"{len(active)} {one_or_more} active: {_named(active)}", "K4")

    return Probe(
        NOTHING_ELSE_RUNS, {"active operations": lambda: active_operations(inspected.backend)}, judge
    )


def active_operations(backend: Backend) -> dict[str, str]:
    """Return the operations that are active now, each with its status.

    They are looked up one by one, because up to generation S the list goes on showing what a lookup last saw.
    """
    listed = {
        row.operation_id: str(row.status) for row in backend.operations(active_only=True, limit=1000).data
    }
    for operation_id in list(listed)[:_MOST_LOOKED_UP]:
        answer = backend.operation_answer(operation_id)
        status = None if answer.status == 404 else read(OperationBody, answer, "data").status
        if status is None or status.is_terminal:
            del listed[operation_id]
        else:
            listed[operation_id] = str(status)
    return listed


def _named(active: Mapping[str, str]) -> str:
    named = ", ".join(f"{one} ({status})" for one, status in list(active.items())[:_MOST_NAMED])
    return named + (f" and {len(active) - _MOST_NAMED} more" if len(active) > _MOST_NAMED else "")
