"""Checks of who answers: the backend, the hosts, the workers, IB's gateway, and the clocks of all of them."""

from __future__ import annotations

from datetime import timedelta

from ktrdr_acceptance.api.ib_host import IbHost
from ktrdr_acceptance.evidence.redaction import redacted
from ktrdr_acceptance.operations.operation import Kind
from ktrdr_acceptance.preflight.asking import Answers, Probe
from ktrdr_acceptance.preflight.check import Check, failed, not_made, ok
from ktrdr_acceptance.preflight.inspected import Heard, Inspected
from ktrdr_acceptance.target.base import BACKTEST_WORKER, IB_HOST, TRAINING_HOST
from ktrdr_acceptance.target.identity import WorkerIdentity

BACKEND_ANSWERS = "the backend answers as a KTRDR"
WORKERS_ANSWER = "registered workers answer"
WORKERS_FREE = "a worker of each kind is free"
KINDS = (Kind.TRAINING, Kind.BACKTEST)
_SILENT = {IB_HOST: "E12", TRAINING_HOST: "K12"}
# What a KTRDR of containers alone does not have: its workers register. By the setting that names it.
_OPTIONAL = {TRAINING_HOST: "training_host_url", BACKTEST_WORKER: "backtest_worker_url"}
# A header tells whole seconds, and some servers renew it once in a second.
_MOST_SKEW = timedelta(seconds=5)


def host_check(name: str) -> str:
    """Return the name of the check that a service answers."""
    return f"{name} answers"


def host_probes(inspected: Inspected) -> list[Probe]:
    """Return one check for each service that the target names besides the backend."""

    def probe(name: str, url: str) -> Probe:
        check, (ask, hear) = host_check(name), inspected.health(name, url)

        def judge(answers: Answers) -> Check:
            symptom_id = _SILENT.get(name, "E18")
            if problem := answers.problems.get(ask):
                if _is_only_default(inspected, name):
                    said = f"{name} is optional, and nothing answers at {url}, where it would be by default"
                    return not_made(check, said, unanswered=False)
                return failed(check, str(problem), otherwise=symptom_id)
            heard = answers.values[ask]
            if not _is_well(heard):
                said = f"{name} at {url} does not say that it is well: {redacted(heard.answer.text)[:80]}"
                return failed(check, said, symptom_id)
            return ok(check, url)

        return Probe(check, {ask: hear}, judge, judges_silence=True)

    return [probe(name, url) for name, url in inspected.services.items()]


def _is_only_default(inspected: Inspected, name: str) -> bool:
    """Return whether a service may be missing because nobody has named it."""
    settings = inspected.settings
    setting = _OPTIONAL.get(name)
    return settings.target == "services" and setting is not None and setting not in settings.model_fields_set


def worker_probes(inspected: Inspected, workers: tuple[WorkerIdentity, ...]) -> list[Probe]:
    """Return the checks of the workers that the backend has told of."""
    urls = {worker.id: worker.url for worker in workers}
    asks = {worker.id: inspected.health(worker.id, worker.url)[0] for worker in workers}

    def judge_answers(answers: Answers) -> Check:
        silent = {name: answers.problems[ask] for name, ask in asks.items() if ask in answers.problems}
        unwell = [
            name for name, ask in asks.items() if ask in answers.values and not _is_well(answers.values[ask])
        ]
        if silent or unwell:
            reasons = [
                *map(str, silent.values()),
                *(f"{name} does not say that it is well" for name in unwell),
            ]
            return failed(WORKERS_ANSWER, f"registered workers do not answer: {'; '.join(reasons)}", "E18")
        return ok(WORKERS_ANSWER, ", ".join(urls))

    probes = [
        Probe("workers of each kind are registered", {}, lambda _answers: _registered(inspected, workers)),
        Probe(WORKERS_FREE, {}, lambda _answers: _free(workers)),
        Probe(WORKERS_ANSWER, inspected.healths(urls), judge_answers, judges_silence=True),
    ]
    return probes if workers else probes[:1]


def _is_well(heard: Heard) -> bool:
    body = heard.answer.body
    return heard.answer.ok and isinstance(body, dict) and body.get("healthy", True) is True


def _registered(inspected: Inspected, workers: tuple[WorkerIdentity, ...]) -> Check:
    name = "workers of each kind are registered"
    assert inspected.identity is not None
    generation = inspected.identity.generation
    if not generation.has_workers:
        return ok(name, f"none is needed: in generation {generation} the backend does the work itself")
    if not workers:
        return failed(name, "no worker is registered", "E19")
    found = {kind: [one.id for one in workers if one.type in kind.worker_types] for kind in KINDS}
    if missing := [kind for kind, ids in found.items() if not ids]:
        return failed(
            name,
            "; ".join(
                f"the target (generation {generation}) has no {kind} worker registered" for kind in missing
            ),
            "E20",
        )
    return ok(name, "; ".join(f"{kind}: {', '.join(ids)}" for kind, ids in found.items()))


def _free(workers: tuple[WorkerIdentity, ...]) -> Check:
    taken: dict[Kind, list[WorkerIdentity]] = {}
    for kind in KINDS:
        those = [one for one in workers if one.type in kind.worker_types]
        if those and not any(one.status == "available" for one in those):
            taken[kind] = those
    if not taken:
        return ok(WORKERS_FREE, ", ".join(one.id for one in workers if one.status == "available"))
    states = {kind: ", ".join(f"{one.id} is {one.status}" for one in those) for kind, those in taken.items()}
    said = "; ".join(f"all {kind} workers are busy or unavailable ({told})" for kind, told in states.items())
    gone = all(one.status == "temporarily_unavailable" for those in taken.values() for one in those)
    return failed(WORKERS_FREE, said, "E18" if gone else "E16" if Kind.TRAINING in taken else "E17")


def gateway_probe(inspected: Inspected) -> list[Probe]:
    """Return the check of IB's gateway: what the IB host says of it, and no more than that."""
    name = "IB's gateway"
    url = inspected.services.get(IB_HOST)
    if url is None:
        return []
    host = IbHost(inspected.client(IB_HOST, url))

    def judge(answers: Answers) -> Check:
        if answers.values["gateway"].ib_gateway_connected:
            return ok(name, "the IB host says that its gateway is connected")
        return not_made(
            name,
            "the IB host says that its gateway is not connected, which it also says while bars come in: only "
            "a download tells",
            unanswered=False,
        )

    return [Probe(name, {"gateway": host.gateway_health}, judge)]


def clock_probe(inspected: Inspected, services: dict[str, str]) -> Probe:
    """Return the check of the clocks, by what services say of the time when they answer."""
    name = "clocks agree"
    backend = inspected.backend
    # Not like the others: at the backend there is no `/health`, and it logs an error for what is not there.
    asks = {**inspected.healths(services), "backend": lambda: inspected.heard(backend.health_answer())}

    def judge(answers: Answers) -> Check:
        ahead = {ask: heard.ahead for ask, heard in answers.values.items() if heard.ahead is not None}
        wrong = {ask: by for ask, by in ahead.items() if abs(by) > _MOST_SKEW}
        if wrong:
            said = (
                f"the clock of {ask.split(' at ')[0]} is {_in_words(by)} ours" for ask, by in wrong.items()
            )
            return failed(name, "; ".join(said), "K19")
        if not ahead:
            return not_made(name, "no service says what time it is", unanswered=False)
        told = ", ".join(ask.split(" at ")[0] for ask in ahead)
        return ok(name, f"within {_MOST_SKEW.total_seconds():g} s of ours: {told}")

    return Probe(name, asks, judge, judges_silence=True)


def _in_words(ahead: timedelta) -> str:
    seconds = ahead.total_seconds()
    return f"{abs(seconds):.0f} s {'ahead of' if seconds > 0 else 'behind'}"
