"""Why an operation ends otherwise than expected although KTRDR works: by the catalogue of symptoms."""

from __future__ import annotations

from dataclasses import dataclass

from ktrdr_acceptance.faults import Category, ConfigurationFault, EnvironmentFault
from ktrdr_acceptance.operations.history import History
from ktrdr_acceptance.operations.lifecycle import Status
from ktrdr_acceptance.operations.operation import Kind, Operation
from ktrdr_acceptance.preflight.catalogue import Symptom, symptom, symptom_of

# An operation that is over within this share of its calibrated duration was over at once.
_AT_ONCE = 0.1
_TOO_SMALL, _NO_BARS, _NO_IB = "E9", "E11", ("E12", "E13")


@dataclass(frozen=True)
class Cause:
    """What lies outside KTRDR: who has to act (by the kind of fault), and what to do."""

    symptom: Symptom
    said: str = ""

    def fault(self, before: str, after: str = "") -> ConfigurationFault | EnvironmentFault:
        """Return the fault to raise; its text tells what came `before`, the cause and cure, and the rest."""
        cause, cure = f"{self.said}{self.symptom.cause}", self.symptom.cure
        outside = self.symptom.category is Category.ENVIRONMENT
        kind = EnvironmentFault if outside else ConfigurationFault
        return kind(f"{before}{cause} {cure}{after}", cause=cause, cure=cure)


def cause_of_failure(operation: Operation, reason: str) -> Cause | None:
    """Return what lies outside KTRDR in the reason that it states for a failure."""
    found = symptom_of(reason)
    if found is None:
        return None
    # What needs no IB does not fail for want of it.
    is_outside = found.id == _NO_BARS or (found.id in _NO_IB and operation.kind is Kind.DOWNLOAD)
    return Cause(found) if is_outside else None


def cause_of_no_progress(operation: Operation, history: History) -> Cause | None:
    """Return why no progress was seen, if the operation completed far sooner than calibrated."""
    seen = history.observations
    was_over_at_once = (
        bool(seen)
        and seen[-1].status is Status.COMPLETED
        and not any(0 < one.percentage < 100 for one in seen)
        and seen[-1].at - operation.started_at < operation.expected_s * _AT_ONCE
    )
    if not was_over_at_once:
        return None
    return Cause(symptom(_TOO_SMALL), "it was over at once and was never seen on its way. ")
