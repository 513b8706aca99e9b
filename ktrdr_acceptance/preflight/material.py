"""Checks of what the calibration works on: cached bars of its dates, and its strategies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial

from ktrdr_acceptance.api.bars import Range
from ktrdr_acceptance.api.errors import read_refusal
from ktrdr_acceptance.api.http import Answer
from ktrdr_acceptance.api.models import ContractBreach, read
from ktrdr_acceptance.domain.strategies import Issue, Validation
from ktrdr_acceptance.preflight.asking import Answers, Ask, Probe
from ktrdr_acceptance.preflight.check import Check, failed, not_made, ok
from ktrdr_acceptance.preflight.inspected import Inspected
from ktrdr_acceptance.target.data_folder import file_name
from ktrdr_acceptance.testdata.calibration import Calibration, Purpose

# The share of a range that must be cached: scenarios count bars give or take 5 %; years begin with holidays.
_COVERED = 0.95

Series = tuple[str, str]


def purposes_by_series(calibration: Calibration) -> dict[Series, dict[str, Purpose]]:
    """Return what reads cached bars (downloads bring their own) by symbol and timeframe, and by name."""
    found: dict[Series, dict[str, Purpose]] = {}
    kinds: dict[str, Mapping[str, Purpose]] = {
        "trainings": calibration.trainings,
        "backtests": calibration.backtests,
        "reads": calibration.reads,
    }
    for kind, purposes in kinds.items():
        for name, purpose in purposes.items():
            series = (purpose.symbol, purpose.timeframe)
            found.setdefault(series, {})[f"{kind}.{name}"] = purpose
    return found


def strategies_of(calibration: Calibration) -> list[str]:
    """Return the strategies that the calibration names, each once."""
    trainings, backtests = calibration.trainings.values(), calibration.backtests.values()
    names = [*(one.strategy for one in trainings), *(one.strategy for one in backtests)]
    return list(dict.fromkeys(names))


def bars_probes(inspected: Inspected) -> list[Probe]:
    """Return the checks of cached bars and, where the suite was given one, of the folder that they lie in."""
    wanted = purposes_by_series(inspected.calibration)
    asks: dict[str, Ask] = {
        f"range of {symbol} {timeframe}": partial(_range, inspected, symbol, timeframe)
        for symbol, timeframe in wanted
    }

    def found(answers: Answers) -> dict[Series, Range | None]:
        return {series: answers.values[ask] for series, ask in zip(wanted, asks, strict=True)}

    probes = [
        Probe("cached bars cover the calibration", asks, lambda answers: _covered(wanted, found(answers)))
    ]
    if inspected.settings.target == "services" and inspected.target.data_folder:
        judge = partial(_folder, inspected)
        probes.append(
            Probe("the data folder is KTRDR's", asks, lambda answers: judge(found(answers))),
        )
    return probes


def strategy_probe(inspected: Inspected) -> Probe:
    """Return the check of the strategies."""
    name = "strategies are there and valid"
    names = strategies_of(inspected.calibration)

    def validate(strategy: str) -> Validation | None:
        answer = inspected.backend.validate_strategy_answer(strategy)
        if answer.status == 400:
            # A file that cannot even be read as a strategy is refused instead of judged.
            why = Issue(severity="error", message=read_refusal(answer).message)
            return Validation(valid=False, issues=[why])
        return None if answer.status == 404 else read(Validation, answer)

    def judge(answers: Answers) -> Check:
        said = {strategy: answers.values[f"strategy {strategy}"] for strategy in names}
        if missing := [strategy for strategy, validation in said.items() if validation is None]:
            return failed(name, f"the target has no strategy {', '.join(missing)}", "E7")
        if invalid := [strategy for strategy, validation in said.items() if not validation.valid]:
            issues = [issue for strategy in invalid for issue in said[strategy].issues]
            why = "; ".join(issue.message for issue in issues if issue.severity == "error") or "no reason"
            return failed(name, f"KTRDR calls the strategy {', '.join(invalid)} not valid: {why}", "K8")
        return ok(name, ", ".join(names))

    return Probe(name, {f"strategy {one}": partial(validate, one) for one in names}, judge)


def _range(inspected: Inspected, symbol: str, timeframe: str) -> Range | None:
    answer = inspected.backend.range_answer(symbol, timeframe)
    return None if answer.status == 404 else _read_range(answer)


def _read_range(answer: Answer) -> Range:
    told = read(Range, answer, "data")
    try:
        _moment(told.start_date), _moment(told.end_date)
    except ValueError as problem:
        raise ContractBreach(
            f"{answer.service} answered {answer.request}, but its range: {problem}"
        ) from None
    return told


def _covered(wanted: dict[Series, dict[str, Purpose]], found: dict[Series, Range | None]) -> Check:
    name = "cached bars cover the calibration"
    missing = [" ".join(series) for series, told in found.items() if told is None]
    short = [
        sentence
        for series, told in found.items()
        if told is not None
        for sentence in _too_short(told, wanted[series])
    ]
    if len(missing) == len(found):
        said = f"no bars are cached of any series that the calibration names ({', '.join(missing)})"
        return failed(name, said, "E23")
    if missing:
        return failed(name, "; ".join([f"data not found: {', '.join(missing)}", *short]), "E11")
    if short:
        return failed(name, "; ".join(short), "E43")
    return ok(name, ", ".join(" ".join(series) for series in found))


def _too_short(told: Range, purposes: dict[str, Purpose]) -> Iterator[str]:
    """Yield one sentence for each purpose of whose dates too few are cached."""
    first, last = _moment(told.start_date), _moment(told.end_date)
    for name, purpose in purposes.items():
        begin = _moment(purpose.start_date) if purpose.start_date else first
        # The last day belongs to the range.
        end = _moment(purpose.end_date) + timedelta(days=1) if purpose.end_date else last
        cached = min(end, last + timedelta(days=1)) - max(begin, first)
        if cached < (end - begin) * _COVERED:
            yield (
                f"cached bars of {told.symbol} {told.timeframe} are from {first.date()} to {last.date()}, "
                f"asked for is {begin.date()} to {purpose.end_date or last.date()} ({name})"
            )


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _folder(inspected: Inspected, found: dict[Series, Range | None]) -> Check:
    """Compare the folder with what KTRDR says that it has."""
    name = "the data folder is KTRDR's"
    folder = inspected.target.data_folder
    assert folder is not None
    try:
        there = {path.name for path in folder.iterdir()}
    except OSError as problem:
        return failed(name, f"the data folder {folder} cannot be looked at ({problem.strerror})", "E22")
    names = {file_name(*series): told is not None for series, told in found.items()}
    if absent := [one for one, is_cached in names.items() if is_cached and one not in there]:
        said = f"{folder} is not the folder that KTRDR reads: it has bars but no {', '.join(absent)} is there"
        return failed(name, said, "E24")
    if unread := [one for one, is_cached in names.items() if not is_cached and one in there]:
        said = f"{folder} is not the folder that KTRDR reads: it has no bars of {', '.join(unread)}"
        return failed(name, said, "E24")
    if not any(names.values()):
        return not_made(name, f"KTRDR has no bars to compare with {folder}", unanswered=False)
    return ok(name, str(folder))
