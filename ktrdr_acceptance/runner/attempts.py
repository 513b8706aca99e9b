"""One attempt at a scenario, and what several of them leave together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ktrdr_acceptance.evidence.attached import attachments_of
from ktrdr_acceptance.evidence.durations import operation_durations
from ktrdr_acceptance.evidence.failing import Surroundings, failure_of
from ktrdr_acceptance.verdict.durations import OperationDuration
from ktrdr_acceptance.verdict.failure import Failure
from ktrdr_acceptance.verdict.judge import Happened, Judgement, step_results
from ktrdr_acceptance.verdict.model import Attachment, StepResult, Verdict
from ktrdr_acceptance.world import World


@dataclass(frozen=True)
class Attempt:
    """One attempt at a scenario: what it came to, and what it leaves as evidence."""

    judgement: Judgement
    steps: tuple[StepResult, ...] = ()
    operations: tuple[str, ...] = ()
    operation_durations: tuple[OperationDuration, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    failure: Failure | None = None


def attempt_at(
    scenario: Any,
    judgement: Judgement,
    world: World | None,
    happened: Happened,
    around: Callable[[], Surroundings],
) -> Attempt:
    """Return what an attempt at behave's `scenario` leaves, once it has been judged.

    `around` is asked only if it is not met.
    """
    steps = step_results(scenario)
    failure = failure_of(judgement, world, happened, around()) if judgement.is_refusal else None
    if world is None:
        return Attempt(judgement, steps, failure=failure)
    operations = tuple(operation.id for operation in world.operations.started)
    durations = operation_durations(world.operations)
    attachments = attachments_of(world, in_short=not judgement.is_refusal)
    return Attempt(judgement, steps, operations, durations, tuple(attachments), failure)


def attachments_of_all(attempts: Sequence[Attempt]) -> tuple[Attachment, ...]:
    """Return the attachments of all attempts; those of the last one keep their names."""
    earlier = [
        replace(attachment, name=f"{attachment.name} (attempt {number})")
        for number, attempt in enumerate(attempts[:-1], 1)
        for attachment in attempt.attachments
    ]
    return (*earlier, *attempts[-1].attachments)


def failure_among(attempts: Sequence[Attempt], judgement: Judgement, known: str) -> Failure | None:
    """Return the block of the attempt that the judgement is about, with what became of the others.

    `known` are the lines that known issues add to the reason.
    """
    failed = [one for one in attempts if one.failure is not None]
    if judgement.verdict is Verdict.MET or not failed:
        return None
    not_met = [one for one in failed if one.judgement.verdict is Verdict.NOT_MET]
    failure = (not_met or failed)[-1].failure
    assert failure is not None
    notes = known.strip().splitlines() if judgement.verdict is Verdict.NOT_MET else []
    if len(attempts) > 1:
        numbered = enumerate(attempts, 1)
        notes += [f"attempt {number}: {one.judgement.in_short}" for number, one in numbered]
    return replace(failure, notes=tuple(notes))
