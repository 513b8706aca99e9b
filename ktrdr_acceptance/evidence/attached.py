"""What a scenario leaves as attachments: whole if it is not met, in short form if it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ktrdr_acceptance.evidence.excerpts import names_in_logs
from ktrdr_acceptance.evidence.logs import log_attachment
from ktrdr_acceptance.evidence.pictures import Lane, Picture
from ktrdr_acceptance.evidence.texts import exchange_digest, exchanges_attachment, history_attachment
from ktrdr_acceptance.operations.history import History
from ktrdr_acceptance.operations.operation import Operation
from ktrdr_acceptance.verdict.model import Attachment

if TYPE_CHECKING:
    from ktrdr_acceptance.world import World


def attachments_of(world: World, *, in_short: bool) -> list[Attachment]:
    """Return pictures and, in short, a line for each request; else also histories, exchanges and logs."""
    attachments = pictures_of(world)
    if not world.exchanges:
        return attachments
    if in_short:
        return [*attachments, exchange_digest(world.exchanges)]
    histories = world.operations.recorder.histories.values()
    attachments += [history_attachment(history) for history in histories if history.observations]
    attachments.append(exchanges_attachment(world.exchanges))
    started = world.operations.started
    names = {operation.id for operation in started} | {one.request_id for one in world.exchanges}
    names = names_in_logs(world.logs.slices, names)
    names |= {operation.worker.name for operation in started if operation.worker}
    attachments += filter(None, (log_attachment(log, names) for log in world.logs.slices))
    return attachments


def pictures_of(world: World) -> list[Attachment]:
    """Return a picture for every operation that was started or looked at."""
    by_id: dict[str, list[History]] = {}
    for history in world.operations.recorder.histories.values():
        by_id.setdefault(history.operation_id, []).append(history)
    started = {operation.id: operation for operation in world.operations.started}
    return [
        _picture(world, operation_id, by_id.get(operation_id, []), started.get(operation_id))
        for operation_id in dict.fromkeys([*started, *by_id])
    ]


def _picture(
    world: World, operation_id: str, histories: list[History], operation: Operation | None
) -> Attachment:
    lanes = [Lane(f"at {history.service}", history.observations) for history in histories]
    shown = {history.service for history in histories}
    looks = [seen.at for history in histories for seen in history.observations]
    began, title, planned = min(looks, default=0.0), f"operation {operation_id}", None
    if operation is not None:
        title = f"{operation.purpose} {operation.kind} {operation_id}"
        began, planned = operation.started_at, None if operation.is_changed else operation.expected_s
        lanes += [Lane(f"at {name}", ()) for name in _expected_at(world, operation) if name not in shown]
    lanes.sort(key=lambda lane: lane.title != "at backend")
    cancels = [
        (exchange.at, "cancel")
        for exchange in world.exchanges
        if exchange.method == "DELETE" and operation_id in exchange.url
    ]
    return Picture(title, began, lanes, planned, cancels).attachment(f"Picture of {operation_id}")


def _expected_at(world: World, operation: Operation) -> list[str]:
    """Return the services that have a copy of an operation: the backend's lane and its worker's."""
    if operation.home:
        return [operation.home.name]
    if not world.operations.has_worker(operation):
        return ["backend"]
    return ["backend", operation.worker.name if operation.worker else "its worker"]
