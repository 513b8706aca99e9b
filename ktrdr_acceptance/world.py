"""The typed object behind `context` in every step."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from ktrdr_acceptance.api.backend import Backend
from ktrdr_acceptance.api.command_line import CommandLine
from ktrdr_acceptance.api.generations import Generation
from ktrdr_acceptance.api.http import Exchange, ServiceClient
from ktrdr_acceptance.api.worker import Worker
from ktrdr_acceptance.domain.bad_requests import BadRequests
from ktrdr_acceptance.domain.command import Command
from ktrdr_acceptance.domain.crowd import Crowd
from ktrdr_acceptance.domain.data import Data
from ktrdr_acceptance.domain.downloads import Downloads
from ktrdr_acceptance.domain.hosts import Hosts
from ktrdr_acceptance.domain.logs import Logs
from ktrdr_acceptance.domain.operation_list import OperationList
from ktrdr_acceptance.domain.platform import Platform
from ktrdr_acceptance.domain.registration import Registration
from ktrdr_acceptance.domain.results import Results
from ktrdr_acceptance.domain.roll_call import RollCall
from ktrdr_acceptance.domain.services import Services
from ktrdr_acceptance.domain.starts import Starts
from ktrdr_acceptance.domain.strategies import Strategies
from ktrdr_acceptance.domain.training_result import TrainingResults
from ktrdr_acceptance.domain.trainings import Trainings
from ktrdr_acceptance.domain.workers import Workers
from ktrdr_acceptance.evidence.logs import LogSlice
from ktrdr_acceptance.ledger import Ledger
from ktrdr_acceptance.matchers.checks import Checker
from ktrdr_acceptance.operations.history import Observation
from ktrdr_acceptance.operations.operation import Kind, Operation
from ktrdr_acceptance.operations.operations import Operations
from ktrdr_acceptance.operations.waiting import Clock, Waiter
from ktrdr_acceptance.said import Said
from ktrdr_acceptance.settings import Settings
from ktrdr_acceptance.target.base import Target
from ktrdr_acceptance.target.data_folder import DataFolder
from ktrdr_acceptance.target.needs import Needs
from ktrdr_acceptance.testdata.calibration import BacktestCalibration
from ktrdr_acceptance.testdata.own_calibration import use_calibration
from ktrdr_acceptance.undo import Undo

# Seconds until a worker must be free, and until a strategy must have a model.
_FREE_WITHIN = 30.0
_MODEL_WITHIN = 60.0


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
    # Gets every answer with its body and its text.
    on_answer: Callable[[Exchange, Any, str], None] | None = None
    # What each service writes to its log from the beginning of the scenario.
    log_slices: Mapping[str, LogSlice] | None = None
    # The strategies that the run has trained.
    trained: set[str] = field(default_factory=set)
    # What was found out about the target's needs, for the whole run.
    found: dict[str, str] = field(default_factory=dict)
    ledger: Ledger = field(default_factory=Ledger)
    said: Said = field(default_factory=Said)

    def __post_init__(self) -> None:
        self._clients: list[ServiceClient] = []
        self.undo = Undo()
        self.waiter = Waiter(self.clock, self.settings.time_factor)
        endpoints = self.target.endpoints
        self.backend = Backend(self.connect("backend", endpoints.backend_url))
        has_workers = self.generation.has_workers
        self.workers = Workers(
            self.backend,
            self.connect,
            self.waiter,
            self.ours,
            register=has_workers,
            service_at=self.target.service_at,
        )
        self.registration = Registration(self.backend, self.workers, self.undo, _FREE_WITHIN)
        self.hosts = Hosts(endpoints.other_services, self.connect, self.backend)
        self.operations = Operations(
            self.backend,
            self.workers.clients,
            self.waiter,
            endpoints.cache_ttl,
            self.undo,
            ours=self.ours,
            backend_works=not has_workers,
            on_look=self.on_look,
            ledger=self.ledger,
        )
        self.logs = Logs(endpoints.logs, self.backend, self.operations, self.waiter, self.log_slices)
        self.command = Command(
            self._command_line(),
            self.backend,
            self.waiter,
            self.undo,
            self.settings.reports,
            self.found,
        )
        self.needs = Needs(
            *(self.target, self.generation, self.workers, self.hosts, self.logs, self.command, self.found)
        )
        calibration = use_calibration(self.settings.calibration).calibration
        starts = (self.backend, self.operations)
        self.trainings = Trainings(
            Kind.TRAINING,
            *starts,
            calibration.trainings,
            endpoints.speed,
            self.backend.start_training_answer,
            "/training/start",
            prepare=lambda _: self.workers.wait_until_ready(Kind.TRAINING, _FREE_WITHIN),
        )
        self.backtests = Starts(
            Kind.BACKTEST,
            *starts,
            calibration.backtests,
            endpoints.speed,
            self.backend.start_backtest_answer,
            "/backtests/start",
            prepare=self._make_ready_for_backtest,
        )
        self.downloads = Downloads(
            Kind.DOWNLOAD, *starts, calibration.downloads, endpoints.speed, self.backend.start_download_answer
        )
        self.starts: dict[str, Starts[Any]] = {
            Kind.TRAINING: self.trainings,
            Kind.BACKTEST: self.backtests,
            Kind.DOWNLOAD: self.downloads,
        }
        self.results = Results(self.operations)
        self.training_results = TrainingResults(self.operations, self.waiter)
        folder = self.target.data_folder
        data_folder = DataFolder(folder, self.undo, self.ledger) if folder else None
        self.data = Data(self.backend, calibration.reads, data_folder, self.target.data_limit)
        self.crowd = Crowd(self.operations)
        restarted = self.operations.recorder.restarted
        self.services = Services(self.target, self.clock, self.undo, self.ledger, on_start=restarted)
        self.services.on_first = RollCall(self.workers.listed_services, self.services).begin
        self.strategies = Strategies(self.backend, self.trainings, self.workers, self.trained)
        self.bad_requests = BadRequests(
            self.starts,
            self._place,
            lambda: self.hosts.ib_host,
            lambda kind: self.workers.clients(kind) if kind.worker_types else [],
        )
        self.check = Checker(self.waiter)
        self.operation_list = OperationList(self.backend)
        self.platform = Platform(self.backend)

    def connect(self, name: str, base_url: str) -> ServiceClient:
        """Return a client whose exchanges become this scenario's evidence."""
        client = ServiceClient(
            name,
            self.target.reach(base_url),
            self.settings.request_timeout,
            self.exchanges.append,
            self.on_answer,
        )
        self._clients.append(client)
        return client

    def _command_line(self) -> CommandLine:
        return CommandLine(
            tuple(shlex.split(self.settings.cli)) if self.settings.cli else (),
            self.target.endpoints.backend_url,
            self.clock,
            self.exchanges.append,
            self.settings.ktrdr_home,
        )

    def missing(self, need: str) -> str:
        """Return in words what the target lacks of `need` (a value of @needs), or an empty text."""
        return self.needs.missing(need)

    def _make_ready_for_backtest(self, asked: BacktestCalibration) -> None:
        self.strategies.need_model(asked.strategy, _MODEL_WITHIN)
        self.workers.wait_until_ready(Kind.BACKTEST, _FREE_WITHIN)

    def _place(self, way: str) -> Worker:
        """Return where work is asked for directly by one of the ways of the bad requests."""
        if way.endswith("training host"):
            return self.hosts.training_host
        kind = Kind(way.partition(" ")[0])
        return self.workers.free(kind, _FREE_WITHIN)

    def close(self) -> None:
        """Close the connections."""
        for client in self._clients:
            client.close()

    def the(self, kind: Kind) -> Operation:
        """Return the operation of a kind that the scenario speaks about."""
        return self.said.the(kind)

    @property
    def operation(self) -> Operation:
        """Return the operation that the scenario spoke of last."""
        return self.said.operation

    @property
    def training(self) -> Operation:
        """Return the training that the scenario speaks about."""
        return self.the(Kind.TRAINING)


class StepContext(Protocol):
    """behave's context as a step sees it."""

    world: World
