"""Variations of the workers: how many there are, what they are called, which one gets the work."""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from fastapi import FastAPI

from embedded_ktrdr import supervisor
from embedded_ktrdr.backend.dispatch import Dispatch
from embedded_ktrdr.backend.registry import Registry, Worker, WorkerStatus, WorkerType
from embedded_ktrdr.backend.worker_routes import WorkerRegistrationRequest
from embedded_ktrdr.operations import OperationType
from embedded_ktrdr.services import BACKEND, Service, Urls, Wishes
from embedded_ktrdr.variations.variation import patch, variation
from embedded_ktrdr.worker.app import create_worker
from embedded_ktrdr.worker.desk import Kind
from embedded_ktrdr.worker.registration import Place

Table = Callable[[Wishes], list[Service]]

SUFFIX = "-7f3a9c51-4b02-4e2f-9d1c-0a8b6e5d2c77"
AGENT, AGENT_PORT = "design-agent-1", 5010
AGENT_KIND = Kind(
    OperationType.DUMMY,
    title="Design Agent Service",
    health="design-agent",
    registers_as="agent_design",
    capabilities={"model": "small", "tools": ["search"]},
    word="design",
    log=logging.getLogger("ktrdr.agents.design_agent"),
)


@variation(
    "longer-worker-ids",
    "The id of each worker ends with a unique number of 36 characters",
    benign="what a worker is called is its own affair",
)
def _longer_worker_ids() -> None:
    @patch(supervisor, "table")
    def table(original: Table, wishes: Wishes) -> list[Service]:
        trainers, testers = (
            tuple(f"{name}{SUFFIX}" for name in names)
            for names in (wishes.training_workers, wishes.backtest_workers)
        )
        return original(replace(wishes, training_workers=trainers, backtest_workers=testers))


@variation(
    "more-workers",
    "There is a training worker and a backtest worker more (in containers the compose file decides)",
    benign="how many workers there are is not promised",
)
def _more_workers() -> None:
    @patch(supervisor, "table")
    def table(original: Table, wishes: Wishes) -> list[Service]:
        trainers, testers = wishes.training_workers, wishes.backtest_workers
        return original(
            replace(
                wishes,
                training_workers=(*trainers, "training-worker-more"),
                backtest_workers=(*testers, "backtest-worker-more"),
            )
        )


@variation(
    "unknown-kind-of-worker",
    "A worker of a kind that generation S does not have is registered and idle (not in containers)",
    benign="generation H has kinds of workers of which a client of S knows nothing",
)
def _unknown_kind_of_worker() -> None:
    _let_know(AGENT_KIND.registers_as)

    @patch(supervisor, "table")
    def table(original: Table, wishes: Wishes) -> list[Service]:
        def make_app(urls: Urls) -> FastAPI:
            return create_worker(AGENT_KIND, Place(AGENT, urls[AGENT], urls[BACKEND]), wishes.pace)[0]

        return [*original(wishes), Service(AGENT, AGENT_PORT, make_app, registers=True)]


@variation(
    "work-goes-to-another-worker",
    "Of the free workers the last one gets the work instead of the first",
    benign="which free worker gets the work is not promised, and differs by generation",
)
def _work_goes_to_another_worker() -> None:
    @patch(Dispatch, "_choose")
    async def choose(
        original: Callable[..., Awaitable[Worker | None]], self: Dispatch, kind: WorkerType, tried: list[str]
    ) -> Worker | None:
        first = await original(self, kind, tried)
        free = _free(self._registry, kind, tried)
        return free[-1] if first is not None and free else first


def _free(registry: Registry, kind: WorkerType, tried: list[str]) -> list[Worker]:
    return [each for each in registry.all(kind, WorkerStatus.AVAILABLE) if each.worker_id not in tried]


def _let_know(kind: str) -> None:
    """Let the backend know one more kind of worker."""
    more = str.__new__(WorkerType, kind)
    more._name_, more._value_ = kind.upper(), kind

    def missing(_cls: type[WorkerType], value: object) -> Any:
        return more if value == kind else None

    WorkerType._missing_ = classmethod(missing)  # type: ignore[assignment,method-assign]
    for model in (Worker, WorkerRegistrationRequest):
        model.model_rebuild(force=True)
