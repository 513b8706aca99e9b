"""What a scenario can need of a target (@needs), and how to tell whether it is there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from ktrdr_acceptance.api.generations import Generation
from ktrdr_acceptance.domain.command import Command
from ktrdr_acceptance.domain.hosts import Hosts
from ktrdr_acceptance.domain.logs import Logs
from ktrdr_acceptance.domain.workers import Workers
from ktrdr_acceptance.faults import EnvironmentFault
from ktrdr_acceptance.operations.operation import Kind
from ktrdr_acceptance.target.base import BACKEND, IB_GATEWAY, IB_HOST, Target, Verb

# What every IB gateway can deliver, and the seconds it has for that.
_KNOWN_SYMBOL = "EURUSD"
_TWO_DAYS = (datetime(2024, 12, 3), datetime(2024, 12, 4, 23, 59, 59))
_GATEWAY_WITHIN = 20.0


@dataclass
class Needs:
    """Tells for one scenario what the target lacks."""

    target: Target
    generation: Generation
    workers: Workers
    hosts: Hosts
    logs: Logs
    command: Command
    # What was found out for a whole run, because finding out takes long.
    found: dict[str, str] = field(default_factory=dict)

    def missing(self, need: str) -> str:
        """Return in words what the target lacks of `need` (a value of @needs), or an empty text."""
        checks: dict[str, Callable[[], str]] = {
            "training-worker": lambda: self._no_worker(Kind.TRAINING),
            "backtest-worker": lambda: self._no_worker(Kind.BACKTEST),
            "two-backtest-workers": self._no_second_backtest_worker,
            "worker-registry": self._no_registry,
            "ib-host": lambda: self._once("ib-host", self._no_ib_host),
            "ib-gateway": self._no_ib,
            "training-host": lambda: self._once(need, self._no_training_host),
            "data-folder": self._no_data_folder,
            "logs": self._no_logs,
            "switchable-backend": lambda: self.target.cannot("stop", BACKEND),
            "switchable-ib-host": lambda: self.target.cannot("stop", IB_HOST),
            "switchable-ib-gateway": lambda: self.target.cannot("stop", IB_GATEWAY),
            "switchable-workers": lambda: self._no_worker_to("stop"),
            "cuttable-workers": lambda: self._no_worker_to("cut"),
            "replaceable-ib-host": lambda: self.target.cannot("replace", IB_HOST),
            "replaceable-workers": lambda: self._no_worker_to("replace"),
            "fillable-disk": self._no_small_disk,
            "cli": self._no_command,
            "scriptable-cli": lambda: self._no_command() or self.command.not_scriptable(),
        }
        return checks[need]()

    def _once(self, need: str, check: Callable[[], str]) -> str:
        if need not in self.found:
            self.found[need] = check()
        return self.found[need]

    def _no_worker(self, kind: Kind) -> str:
        """A backend that does the work itself needs no worker."""
        if not self.generation.has_workers or self.workers.of(kind):
            return ""
        return f"the target (generation {self.generation}) has no {kind} worker registered"

    def _no_second_backtest_worker(self) -> str:
        if registry := self._no_registry():
            return registry
        count = len(self.workers.of(Kind.BACKTEST))
        return "" if count > 1 else f"there is no second backtest worker ({count} registered)"

    def _no_registry(self) -> str:
        if self.generation.has_workers:
            return ""
        return f"in generation {self.generation} the backend does the work itself: no worker registers"

    def _no_ib_host(self) -> str:
        try:
            return "" if self.hosts.ib_host.health_answer().ok else "the IB host does not say that it is well"
        except EnvironmentFault as fault:
            return f"there is no IB host to ask: {fault}"

    def _no_ib(self) -> str:
        return self._once("ib-host", self._no_ib_host) or self._once("ib-gateway", self._no_gateway)

    def _no_gateway(self) -> str:
        """Ask for bars of two days: the IB host answers for symbols that it has seen without its gateway."""
        try:
            bars = self.hosts.ib_host.historical(_KNOWN_SYMBOL, "1d", *_TWO_DAYS, within=_GATEWAY_WITHIN)
        except (EnvironmentFault, AssertionError) as fault:
            return f"the IB host has no gateway that delivers bars: {fault}"
        return "" if len(bars) else f"the IB host's gateway delivers no bars of {_KNOWN_SYMBOL}"

    def _no_training_host(self) -> str:
        try:
            if self.hosts.training_host.sessions_answer().ok:
                return ""
        except EnvironmentFault as fault:
            return f"there is no training host to ask: {fault}"
        return f"what answers at {self.hosts.training_host.base_url} has no training sessions"

    def _no_data_folder(self) -> str:
        return "" if self.target.data_folder else "the target's data folder is not known (setting data_dir)"

    def _no_logs(self) -> str:
        """The backend's, and that of each worker that may get the scenario's work."""
        workers = self.workers.registered() if self.generation.has_workers else []
        return self.logs.missing([BACKEND, *map(self.workers.service_of, workers)])

    def _no_command(self) -> str:
        return self._once("cli", self.command.missing)

    def _no_worker_to(self, verb: Verb | Literal["replace"]) -> str:
        """Every worker must be one that this can be done to: the backend chooses which gets the work."""
        if registry := self._no_registry():
            return registry
        reasons = [
            self.target.cannot(verb, self.workers.service_of(row)) for row in self.workers.registered()
        ]
        return next(filter(None, reasons), "") if reasons else f"no worker is registered to {verb}"

    def _no_small_disk(self) -> str:
        if missing := self._no_data_folder():
            return missing
        if self.target.data_limit is not None:
            return ""
        return (
            "the data folder lies on no small disk of its own that the suite may fill (of containers: with "
            "the setting disposable)"
        )
