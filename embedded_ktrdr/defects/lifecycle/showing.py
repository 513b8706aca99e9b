"""Defects about what the backend shows of an operation that runs."""

import math
import time
from dataclasses import replace
from itertools import count
from typing import Any

from embedded_ktrdr.backend.operations import Operations
from embedded_ktrdr.defects.defect import defect, patch
from embedded_ktrdr.defects.lifecycle.answers import after_each_answer, at_the_end
from embedded_ktrdr.operations import OperationInfo, OperationProgress, OperationStatus

AREA = "lifecycle"
SHOWS, BACKTEST_SHOWS, NEVER_FALLS = "1.2", "B1.2", "training-progress-never-falls"
BEHIND = "3.2"
# After the last sentence of every scenario.
GUARDS = "after the scenario: the guards of every scenario"
NEVER_AHEAD, AT_100 = "the backend is never ahead of its worker", "it ended at 100 %"

# The look at which something comes once.
ONCE_AT = 6


@defect(
    "last-progress-not-passed-on",
    "The backend shows a completed operation at the percentage that it last saw on the way",
    (SHOWS, AT_100),
    (BACKTEST_SHOWS, AT_100),
    area=AREA,
    severity="minor",
    behaviour="a completed operation is at 100 %",
)
def _last_progress_not_passed_on() -> None:
    def change(operation: OperationInfo, before: OperationInfo) -> None:
        operation.progress = before.progress

    at_the_end(change)


@defect(
    "progress-only-at-the-end",
    "The backend shows no progress of what runs on a worker until it has ended",
    (SHOWS, "I have seen at least 10 different percentages"),
    (BACKTEST_SHOWS, "I have seen at least 5 different percentages"),
    area=AREA,
    behaviour="the backend shows the progress of what runs on a worker",
)
def _progress_only_at_the_end() -> None:
    def change(operation: OperationInfo, before: OperationInfo) -> None:
        if not operation.status.final:
            operation.progress = before.progress

    after_each_answer(change)


@defect(
    "old-answer-overwrites-newer",
    "Once, an answer of the worker that comes late sets the progress back",
    (NEVER_FALLS, "its percentage never went down from the first epoch on"),
    ("B2.2", "its percentage never went down"),
    area=AREA,
    behaviour="progress never goes down",
)
def _old_answer_overwrites_newer() -> None:
    answers: dict[str, list[OperationProgress]] = {}

    def change(operation: OperationInfo, _before: OperationInfo) -> None:
        seen = answers.setdefault(operation.operation_id, [])
        seen.append(operation.progress)
        if len(seen) == ONCE_AT and not operation.status.final:
            operation.progress = seen[-3]

    after_each_answer(change)


@defect(
    "status-falls-back-to-pending",
    "An operation that runs is shown as pending for a moment",
    (SHOWS, GUARDS),
    area=AREA,
    behaviour="what runs ends next, and is not pending again",
)
def _status_falls_back_to_pending() -> None:
    looks: dict[str, int] = {}

    def change(operation: OperationInfo, _before: OperationInfo) -> None:
        looks[operation.operation_id] = looks.get(operation.operation_id, 0) + 1
        if looks[operation.operation_id] == ONCE_AT and not operation.status.final:
            operation.status = OperationStatus.PENDING

    after_each_answer(change)


@defect(
    "percentage-rounded-up",
    "The backend rounds percentages up, so that it is ahead of the worker",
    (BEHIND, NEVER_AHEAD),
    area=AREA,
    severity="minor",
    behaviour="the backend is never ahead of its worker",
)
def _percentage_rounded_up() -> None:
    def change(operation: OperationInfo, _before: OperationInfo) -> None:
        rounded = float(math.ceil(operation.progress.percentage))
        operation.progress = operation.progress.model_copy(update={"percentage": rounded})

    after_each_answer(change)


@defect(
    "two-caches",
    "Two processes of the backend answer in turns, each with a cache of its own",
    (BEHIND, "3 clients that look at the same moment see the same"),
    area=AREA,
    behaviour="clients that look at the same moment see the same",
)
def _two_caches() -> None:
    turns = count()
    others: dict[str, tuple[OperationInfo, Any]] = {}

    @patch(Operations, "lookup")
    async def lookup(original: Any, self: Operations, operation_id: str, **options: Any) -> Any:
        operation, proxy = self.store.get(operation_id), self._proxies.get(operation_id)
        if next(turns) % 2 == 0 or operation is None or operation.status.final or proxy is None:
            return await original(self, operation_id, **options)
        if operation_id not in others:
            others[operation_id] = operation.model_copy(), replace(proxy, asking=None)
        other, asked = others[operation_id]
        if time.monotonic() - asked.asked_at >= self._pace.cache_ttl_s:
            await self._ask_worker(other, asked)
            asked.asked_at = time.monotonic()
        return await original(self, operation_id, force=True) if other.status.final else other
