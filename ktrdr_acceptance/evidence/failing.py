"""From what a scenario did to its failure block."""

from __future__ import annotations

import itertools
import re
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ktrdr_acceptance.api.http import Exchange
from ktrdr_acceptance.evidence.durations import operation_durations
from ktrdr_acceptance.evidence.excerpts import excerpts
from ktrdr_acceptance.evidence.texts import body_text
from ktrdr_acceptance.faults import Category, Mismatch
from ktrdr_acceptance.operations.history import History
from ktrdr_acceptance.operations.operation import Operation
from ktrdr_acceptance.preflight.catalogue import Symptom, symptom_of
from ktrdr_acceptance.preflight.check import Outcome, Preflight
from ktrdr_acceptance.verdict.failure import Failure, State
from ktrdr_acceptance.verdict.judge import NEEDS, Happened, Judgement

if TYPE_CHECKING:
    from ktrdr_acceptance.world import World

_MOST_OPERATIONS, _MOST_EXCHANGES, _MOST_STATES = 3, 3, 12
_MOST_BODY = 240
# The form in which PyHamcrest's own assertions say what does not hold.
_HAMCREST = re.compile(r"(?s)(?:(?P<why>.*)\n)?Expected: (?P<expected>.*?)\n\s*but: (?P<actual>.*)")
_UNKNOWN = {
    Category.CODE_BUG: "not in the catalogue; KTRDR answered, and otherwise than the criterion asks for",
    Category.CONFIGURATION: "not in the catalogue; KTRDR works, on data or settings that make this worthless",
    Category.ENVIRONMENT: "not in the catalogue; what is named did not answer",
    Category.TEST_ISSUE: "the suite itself: KTRDR was not judged",
}


@dataclass(frozen=True)
class Surroundings:
    """What a failure block says beyond its scenario."""

    reproduce: str = ""
    preflight: str = ""
    cures: tuple[str, ...] = ()


_NOTHING = Surroundings()


def surroundings(reproduce: str, preflight: Preflight | None) -> Surroundings:
    """Return them from preflight: how many checks came out how, and what was tried to cure."""
    named: dict[str, list[str]] = {}
    cures: list[str] = []
    for check in preflight.checks if preflight else ():
        named.setdefault(check.outcome, []).append(check.name)
        cures += [f"{check.name}: {one}" for one in check.tried]
    words = [
        f"{len(checks)} {outcome}" + ("" if outcome == Outcome.OK else f" ({', '.join(checks)})")
        for outcome, checks in named.items()
    ]
    return Surroundings(reproduce, ", ".join(words), tuple(cures))


def failure_of(
    judgement: Judgement,
    world: World | None,
    happened: Happened,
    around: Surroundings = _NOTHING,
) -> Failure:
    """Return the block for a judgement that is not met."""
    mismatch = _mismatch(judgement)
    started = world.operations.started if world else []
    told: list[str] = []
    log_lines: list[str] = []
    if world:
        exchanges = _exchanges_of(judgement, world, happened)
        told += _operations(world)
        # Where states were seen they say what the answers said.
        told += _told_of(exchanges, with_answers=not mismatch.states)
        requests = {exchange.request_id for exchange in exchanges}
        found = excerpts(world.logs.slices, started, requests, happened.logged)
        log_lines = [line for one in found for line in one]
        told += log_lines
        if started and not world.logs.slices:
            told.append("no logs: the target's logs are not known (setting logs)")
    if judgement.category is Category.TEST_ISSUE and judgement.error:
        told += _raised_at(judgement.error)
    stated = _stated_reasons(world.exchanges) if world else []
    symptom = None
    if judgement.category is not Category.TEST_ISSUE:
        symptom = _symptom([judgement.reason, *stated], log_lines, judgement.category)
    own_cause = getattr(judgement.error, "cause", "")
    own_cure = getattr(judgement.error, "cure", "")
    return Failure(
        category=judgement.category,
        point=judgement.point,
        expected=mismatch.expected,
        actual="\n".join([mismatch.actual, *_later(judgement)]),
        states=(*_seen_by_wait(mismatch), *(_lanes(world) if world else ())),
        evidence=tuple(told),
        cause=own_cause or _cause(judgement.category, symptom),
        next_action=own_cure or _next_action(judgement.category, symptom),
        reproduce=around.reproduce,
        preflight=around.preflight,
        cures=around.cures,
    )


# expected and actual


def _mismatch(judgement: Judgement) -> Mismatch:
    """Return what was expected and what was there: as it was raised, or from the sentence and the message."""
    error = judgement.error
    if error is None:
        return Mismatch(judgement.claim, judgement.reason.split("\nalso:\n")[0])
    message = str(error).strip() or type(error).__name__
    if judgement.category is Category.TEST_ISSUE:
        message = f"{type(error).__name__}: {message}"
    for raised in _chain(error):
        known: Mismatch | None = getattr(raised, "mismatch", None)
        if known is None:
            continue
        if raised is error or message.startswith(str(raised)):
            return known
        return Mismatch(known.expected, f"{message.splitlines()[0]}\n{known.actual}", known.states)
    if split := _HAMCREST.fullmatch(message):
        subject = f"{split['why']}: " if split["why"] else ""
        return Mismatch(f"{subject}{split['expected']}", split["actual"])
    return Mismatch(judgement.claim, message)


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and those that it was raised from."""
    raised: BaseException | None = error
    while raised is not None:
        yield raised
        raised = raised.__cause__


def _later(judgement: Judgement) -> list[str]:
    return ["also:", *judgement.later] if judgement.later else []


# states


def _seen_by_wait(mismatch: Mismatch) -> Iterator[State]:
    of = "seen while waiting"
    shown = [State(at, of, words) for at, words in mismatch.states]
    if len(shown) > _MOST_STATES:
        half = _MOST_STATES // 2
        left_out = State(shown[half].at_s, of, f"and {len(shown) - 2 * half} more states")
        shown = [*shown[:half], left_out, *shown[-half:]]
    yield from shown


def _lanes(world: World) -> Iterator[State]:
    """Yield the changes of status of each operation at each service, from the request on."""
    for operation in world.operations.started[-_MOST_OPERATIONS:]:
        for history in world.operations.recorder.histories.values():
            if history.operation_id == operation.id:
                yield from _lane(operation, history)


def _lane(operation: Operation, history: History) -> Iterator[State]:
    of = f"{operation.id} at {history.service}"
    for status, looks in itertools.groupby(history.observations, key=lambda one: one.status):
        first, *others = looks
        last = others[-1] if others else first
        words = f"{status} {first.percentage:.0f} %"
        if last.percentage != first.percentage:
            words += f" to {last.percentage:.0f} %"
        yield State(first.at - operation.started_at, of, words)


# evidence


def _operations(world: World) -> Iterator[str]:
    started = world.operations.started
    durations = operation_durations(world.operations)
    for operation, duration in list(zip(started, durations, strict=True))[-_MOST_OPERATIONS:]:
        at = "worker " + operation.home.name if operation.home else "backend"
        worker = operation.worker
        done_by = f", done by {worker.name} ({worker.base_url})" if worker and not operation.home else ""
        yield f"operation {duration}; asked for at {at}{done_by}"
    if len(started) > _MOST_OPERATIONS:
        earlier = ", ".join(operation.id for operation in started[:-_MOST_OPERATIONS])
        yield f"{len(started) - _MOST_OPERATIONS} operations before: {earlier}"


def _raised_at(error: BaseException) -> Iterator[str]:
    """Yield the place in the suite's own code that an error comes from."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if "site-packages" not in frame.filename]
    if ours:
        yield f"raised in {ours[-1].name} ({ours[-1].filename}:{ours[-1].lineno})"


def _exchanges_of(judgement: Judgement, world: World, happened: Happened) -> list[Exchange]:
    """Return the exchanges of the step that failed or, if it only compared, the last one before."""
    if judgement.point == NEEDS:
        return world.exchanges
    begin, end = happened.window
    its_own = world.exchanges[begin:end] if judgement.error else []
    return its_own or world.exchanges[:end][-1:]


def _told_of(exchanges: list[Exchange], *, with_answers: bool) -> Iterator[str]:
    """Yield the last answers that say no or did not come, and the very last one."""
    refused = [one for one in exchanges if one.failure or (one.status or 0) >= 400]
    chosen = [*refused[-_MOST_EXCHANGES + 1 :], *exchanges[-1:]]
    for exchange in sorted({id(one): one for one in chosen}.values(), key=lambda one: one.at):
        took = f"{exchange.elapsed_s * 1000:.0f} ms"
        which = f" ({exchange.request_id})" if exchange.request_id else ""
        yield f"{exchange.method} {exchange.url} -> {exchange.outcome} in {took}{which}"
        if exchange.response_body is not None and (with_answers or exchange in refused):
            yield f"  answer: {_short(exchange.response_body)}"


def _short(body: object) -> str:
    text = " ".join(body_text(body).split())
    return text if len(text) <= _MOST_BODY else f"{text[:_MOST_BODY]} ..."


def _stated_reasons(exchanges: list[Exchange]) -> list[str]:
    """Return the reasons of failures that services state, the newest first, each once."""
    found: list[str] = []
    for exchange in reversed(exchanges):
        body = exchange.response_body
        data = body.get("data") if isinstance(body, dict) else None
        reason = data.get("error_message") if isinstance(data, dict) else None
        if isinstance(reason, str) and reason not in found:
            found.append(reason)
    return found


# cause and next action


def _symptom(said: list[str], log_lines: list[str], category: Category | None) -> Symptom | None:
    """Return the symptom that shows: of the failure's own category also in logs, of another only in words.

    A log may speak of what has nothing to do with the failure.
    """
    own = (symptom_of(text, category=category) for text in [*said, *log_lines])
    others = (symptom_of(text) for text in said)
    return next(filter(None, itertools.chain(own, others)), None)


def _cause(category: Category | None, symptom: Symptom | None) -> str:
    if symptom:
        return f"{symptom.cause} ({symptom.id})"
    return _UNKNOWN[category] if category else ""


def _next_action(category: Category | None, symptom: Symptom | None) -> str:
    if symptom:
        return symptom.cure
    return category.next_action if category else ""
