"""What the steps of one scenario have come to speak about; reading what nobody said is an error."""

from __future__ import annotations

from typing import Any, Generic, TypeVar, overload

from ktrdr_acceptance.api.bars import Bars, Inventory, Range
from ktrdr_acceptance.api.command_line import Child
from ktrdr_acceptance.api.errors import Refusal
from ktrdr_acceptance.api.ib_host import SymbolCheck
from ktrdr_acceptance.api.models import CancelBody, OperationPage, WorkerBody
from ktrdr_acceptance.api.worker import Worker
from ktrdr_acceptance.domain.platform import HealthCheck
from ktrdr_acceptance.domain.strategies import Validation
from ktrdr_acceptance.operations.operation import Kind, Operation

V = TypeVar("V")


class Told(Generic[V]):
    """A thing that a step can speak of; `what` says in words what a later step misses if none did."""

    def __init__(self, what: str) -> None:
        self._what = what

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, instance: None, owner: type) -> Told[V]: ...
    @overload
    def __get__(self, instance: object, owner: type) -> V: ...
    def __get__(self, instance: object | None, owner: type) -> Told[V] | V:
        if instance is None:
            return self
        if self._name not in vars(instance):
            raise LookupError(f"no step before this one has spoken of {self._what}")
        value: V = vars(instance)[self._name]
        return value

    def __set__(self, instance: object, value: V) -> None:
        vars(instance)[self._name] = value


class Said:
    """What one scenario speaks about."""

    # The operation that "it" means; those of other kinds are still spoken of by their kind.
    operation = Told[Operation]("an operation")
    refusal = Told[Refusal]("a refused request")
    cancel = Told[CancelBody]("a cancel that was acknowledged")
    page = Told[OperationPage]("a list of operations")
    health = Told[HealthCheck]("a health check")
    # What a service beside the backend answered, as it came.
    words = Told[Any]("what a service says of itself")
    bars = Told[Bars]("bars")
    expected_bars = Told[int]("bars whose number is calibrated")
    # The bars that the suite itself has put into the data folder, by time.
    cached = Told[dict[str, tuple[float, ...]]]("bars that were cached before")
    cached_as = Told[tuple[str, str]]("bars that were cached before")
    # What a download of other days than a purpose's was asked for.
    asked_days = Told[dict[str, str]]("a download of some days")
    range = Told[Range]("a range")
    inventory = Told[Inventory]("the inventory")
    symbol = Told[SymbolCheck]("a symbol that IB was asked about")
    validation = Told[Validation]("the validation of a strategy")
    # The latest version that each strategy is listed with.
    strategies = Told[dict[str, Any]]("the list of strategies")
    unwell = Told[list[str]]("the services' health")
    # A worker that has registered again, as it must be listed.
    moved_worker = Told[WorkerBody]("a worker that has registered again")
    # The worker that the scenario has done something to, or all of a kind, and those listed before.
    lost_worker = Told[Worker]("a worker that is lost")
    lost_workers = Told[dict[Kind, list[str]]]("workers that are lost")
    listed_before = Told[list[str]]("the workers that were listed before")
    # An operation that has failed beside the one spoken of, and why.
    failed_before = Told[tuple[Operation, str]]("an operation that has failed")
    # An operation that runs beside the one spoken of.
    other = Told[Operation]("an operation that runs as well")
    # The operation that "it" meant before.
    before = Told[Operation]("an operation before this one")
    # The id of the last request that was made for its traces in the log.
    request_id = Told[str]("a request with an id of its own")
    # What must not stand in a log.
    password = Told[str]("a request with a password in it")
    # KTRDR's own command, as it was begun last.
    child = Told[Child]("a command that was begun")
    # Seconds that the last timed answer took.
    elapsed_s = Told[float]("an answer that was timed")

    def __init__(self) -> None:
        self._by_kind: dict[Kind, Operation] = {}

    @property
    def id_of_request(self) -> str:
        """Return the id of the request made for its traces, or that of the one that was refused."""
        own: str | None = vars(self).get("request_id")
        return own or self.refusal.request_id

    def speak_of(self, operation: Operation) -> Operation:
        """From now on "it" is this operation."""
        if "operation" in vars(self):
            self.before = self.operation
        self.operation = self._by_kind[operation.kind] = operation
        return operation

    def the(self, kind: Kind) -> Operation:
        """Return the operation of a kind that the scenario speaks about."""
        if kind not in self._by_kind:
            raise LookupError(f"no step before this one has spoken of a {kind}")
        return self._by_kind[kind]
