"""The typed object behind `context` in every step."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from ktrdr_acceptance.api.backend import Backend
from ktrdr_acceptance.api.errors import Refusal
from ktrdr_acceptance.api.generations import Generation
from ktrdr_acceptance.api.http import Exchange, ServiceClient
from ktrdr_acceptance.api.models import OperationPage
from ktrdr_acceptance.domain.operation_list import OperationList
from ktrdr_acceptance.domain.platform import HealthCheck, Platform
from ktrdr_acceptance.domain.training_result import TrainingResults
from ktrdr_acceptance.domain.trainings import Trainings
from ktrdr_acceptance.domain.workers import Workers
from ktrdr_acceptance.matchers.checks import Checker
from ktrdr_acceptance.operations.history import Observation
from ktrdr_acceptance.operations.operations import Operation, Operations
from ktrdr_acceptance.operations.waiting import Clock, Waiter
from ktrdr_acceptance.settings import Settings
from ktrdr_acceptance.target.base import Target
from ktrdr_acceptance.testdata.calibration import default_calibration
from ktrdr_acceptance.undo import Undo

V = TypeVar("V")


@dataclass
class Said:
    """What the steps of one scenario have come to speak about; reading what nobody said is an error."""

    training: Operation | None = None
    refusal: Refusal | None = None
    page: OperationPage | None = None
    health: HealthCheck | None = None


@dataclass
class World:
    """One scenario's view of the target: what there is to speak to, and what has been said."""

    settings: Settings
    target: Target
    clock: Clock
    generation: Generation = Generation.S
    on_look: Callable[[Operation, Observation], None] = lambda _operation, _seen: None
    # The ids of all operations that the run has started, this scenario's and those before it.
    ours: set[str] = field(default_factory=set)
    exchanges: list[Exchange] = field(default_factory=list)
    said: Said = field(default_factory=Said)

    def __post_init__(self) -> None:
        self._clients: list[ServiceClient] = []
        self.undo = Undo()
        self.waiter = Waiter(self.clock, self.settings.time_factor)
        endpoints = self.target.endpoints
        self.backend = Backend(self.connect("backend", endpoints.backend_url))
        self.workers = Workers(self.backend, self.connect, self.waiter, self.ours)
        self.operations = Operations(
            self.backend,
            self.workers.clients,
            self.waiter,
            endpoints.cache_ttl,
            self.undo,
            ours=self.ours,
            on_look=self.on_look,
        )
        self.trainings = Trainings(self.backend, self.operations, default_calibration(), endpoints.speed)
        self.training_results = TrainingResults(self.operations, self.waiter)
        self.check = Checker(self.waiter)
        self.operation_list = OperationList(self.backend)
        self.platform = Platform(self.backend)

    def connect(self, name: str, base_url: str) -> ServiceClient:
        """Return a client whose exchanges become this scenario's evidence."""
        client = ServiceClient(name, base_url, self.settings.request_timeout, self.exchanges.append)
        self._clients.append(client)
        return client

    def missing(self, need: str) -> str:
        """Return in words what the target lacks of `need` (a value of @needs), or an empty text."""
        has_workers = self.generation.has_workers
        if need == "training-worker" and not (has_workers and self.workers.training_workers()):
            return f"the target (generation {self.generation}) has no training worker registered"
        return ""

    def close(self) -> None:
        """Close the connections."""
        for client in self._clients:
            client.close()

    @property
    def training(self) -> Operation:
        """Return the training that the scenario speaks about."""
        return _said(self.said.training, "a training")

    @property
    def refusal(self) -> Refusal:
        """Return the refusal that the scenario speaks about."""
        return _said(self.said.refusal, "a refused request")

    @property
    def page(self) -> OperationPage:
        """Return the page of the operations list that the scenario speaks about."""
        return _said(self.said.page, "a list of operations")

    @property
    def health(self) -> HealthCheck:
        """Return the health check that the scenario speaks about."""
        return _said(self.said.health, "a health check")


def _said(value: V | None, what: str) -> V:
    if value is None:
        raise LookupError(f"no step before this one has spoken of {what}")
    return value


class StepContext(Protocol):
    """behave's context as a step sees it."""

    world: World
