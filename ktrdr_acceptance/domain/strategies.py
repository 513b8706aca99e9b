"""Strategies: which there are, whether they are valid, whether they have a model."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ktrdr_acceptance.api.backend import Backend
from ktrdr_acceptance.api.errors import Refusal, refusal_expected
from ktrdr_acceptance.api.models import Body, read
from ktrdr_acceptance.domain.trainings import Trainings
from ktrdr_acceptance.domain.workers import Workers
from ktrdr_acceptance.faults import ConfigurationFault
from ktrdr_acceptance.operations.lifecycle import Status
from ktrdr_acceptance.operations.operation import Kind


class StrategyRow(Body):
    """One strategy in the backend's list."""

    name: str
    latest_version: Any = None


class StrategyList(Body):
    """`GET /strategies/`."""

    strategies: list[StrategyRow]


class Issue(Body):
    """One thing that a validation found."""

    severity: str
    message: str
    details: Any = None


class Validation(Body):
    """What the validation of a strategy says."""

    valid: bool
    issues: list[Issue]

    def said(self, severity: str) -> str:
        """Return everything that the issues of a severity say."""
        return "\n".join(
            f"{issue.message} {issue.details}" for issue in self.issues if issue.severity == severity
        )


@dataclass
class Strategies:
    """What steps say about strategies."""

    backend: Backend
    trainings: Trainings
    workers: Workers
    # The strategies that this run has trained: generation S lists no versions of what it has trained.
    trained: set[str] = field(default_factory=set)

    def listed(self) -> list[StrategyRow]:
        """Return the strategies that the backend lists."""
        return read(StrategyList, self.backend.strategies_answer()).strategies

    def latest_versions(self) -> dict[str, Any]:
        """Return the latest version that each strategy is listed with; None for one without a model."""
        return {row.name: row.latest_version for row in self.listed()}

    def validate(self, name: str) -> Validation:
        """Return what the validation of a strategy says."""
        return read(Validation, self.backend.validate_strategy_answer(name))

    def refusal_of_validation(self, name: str) -> Refusal:
        """Return the refusal to validate what is not there."""
        return refusal_expected(
            self.backend.validate_strategy_answer(name), f"the validation of the strategy {name}"
        )

    def need_model(self, name: str, within: float) -> None:
        """See that a strategy has a model, by a smoke training with it if need be.

        Raises ConfigurationFault if the target does not have the strategy.
        """
        if name in self.trained:
            return
        versions = self.latest_versions()
        if name not in versions:
            cure = "`ktrdr-acceptance testdata write` makes it for its strategies folder"
            raise ConfigurationFault(f"the target has no strategy {name}: {cure}", cure=cure)
        if versions[name] is None:
            self.workers.wait_until_ready(Kind.TRAINING, within)
            training = self.trainings.start("smoke", strategy_name=name)
            self.trainings.operations.eventually(training, Status.COMPLETED, within=within)
            self.trained.add(name)
