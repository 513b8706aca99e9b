"""`ktrdr-acceptance detect`: every seeded defect, one at a time, and what must turn nothing red."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from pathlib import Path

from ktrdr_acceptance.catalogue.suite import scenario_ids
from ktrdr_acceptance.detection.defects import SeededDefect, seeded_defects
from ktrdr_acceptance.detection.real import first_tries, real_defects
from ktrdr_acceptance.detection.score import Outcome, Score
from ktrdr_acceptance.detection.trial import TrialFailed, Trials
from ktrdr_acceptance.faults import BadInput
from ktrdr_acceptance.verdict.json_view import write_atomically

DETECTION = Path("reports/detection.json")
# The whole suite, without a defect and with everything that must not matter.
HEALTHY = {"without a defect": "", "with every benign variation": "all"}
Say = Callable[[str], None]


def detect(only: str, beside: int, say: Say, *, whole: bool = True) -> bool:
    """Measure the score, say each outcome as it is known, and return whether every measure is met.

    With `only` it is of the defects whose name contains that. `whole` also runs the whole suite: healthy,
    varied, and for each survivor. Only of all defects and with the whole suite is the score written.
    """
    wanted = [each for each in seeded_defects() if only in each.name]
    if not wanted:
        raise BadInput(
            f"No seeded defect has {only!r} in its name: python -m embedded_ktrdr --list-defects names all."
        )
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="detection-") as folder:
        trials = Trials(Path(folder))
        with ThreadPoolExecutor(beside) as pool:
            try:
                # Before the trials: a machine that is busy with them would be told of as well.
                alarms = [
                    pool.submit(_alarms, trials, told, variations)
                    for told, variations in HEALTHY.items()
                    if whole
                ]
                false_alarms = tuple(alarm for each in alarms for alarm in each.result())
                running = [pool.submit(outcome_of, trials, each) for each in _mixed(wanted)]
                outcomes = tuple(_each_said(running, say))
                again = [one.defect for one in outcomes if not one.is_detected] if whole else []
                once_more = {
                    one.defect.name: one
                    for one in _each_said([pool.submit(_in_whole, trials, each) for each in again], say)
                }
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                trials.stop()
                raise
    outcomes = tuple(once_more.get(one.defect.name, one) for one in outcomes)
    for alarm in false_alarms:
        say(f"FALSE ALARM  {alarm}")
    score = Score(
        outcomes, false_alarms, scenario_ids(), first_tries(), real_defects(), time.monotonic() - began
    )
    problems = score.problems()
    is_score = whole and not only
    if is_score:
        write_atomically(DETECTION, json.dumps(score.document(), indent=2, ensure_ascii=False) + "\n")
    detected = len(outcomes) - len(score.survivors)
    say(
        f"{detected} of {len(outcomes)} defects detected, "
        + (f"{len(false_alarms)} false alarms, " if whole else "false alarms not looked for, ")
        + f"in {score.duration_s:.0f} s"
        + (f": {DETECTION}" if is_score else "")
    )
    for problem in problems:
        say(f"not met: {problem}")
    return not problems


def outcome_of(trials: Trials, defect: SeededDefect) -> Outcome:
    """Run the scenarios that can matter with the defect switched on; the whole suite if it names none."""
    return _outcome(trials, defect, defect.scenarios)


def _in_whole(trials: Trials, defect: SeededDefect) -> Outcome:
    return _outcome(trials, defect, ())


def _outcome(trials: Trials, defect: SeededDefect, scenarios: Iterable[str]) -> Outcome:
    try:
        trial = trials.run(scenarios, defect=defect.name)
    except TrialFailed as problem:
        return Outcome(defect, (), str(problem))
    return Outcome(defect, trial.reds, "; ".join(trial.findings), trial.duration_s)


def _alarms(trials: Trials, told: str, variations: str) -> list[str]:
    try:
        # As a user runs it: here nothing waits in vain.
        trial = trials.run(variations=variations, factor=1.0)
    except TrialFailed as problem:
        return [f"{told}: {problem}"]
    if not trial.met:
        return [f"{told}: no scenario is met"]
    return [f"{told}: {each}" for each in (*trial.reds, *trial.findings)]


def _mixed(defects: Sequence[SeededDefect]) -> list[SeededDefect]:
    """Spread the faults, which mostly wait, evenly among the others, which mostly compute."""
    ranked = []
    for some in ([each for each in defects if (each.field == "faults") is wait] for wait in (True, False)):
        ranked += [((place + 1) / len(some), each) for place, each in enumerate(some)]
    return [each for _, each in sorted(ranked, key=lambda one: one[0])]


def _each_said(running: Sequence[Future[Outcome]], say: Say) -> list[Outcome]:
    outcomes = []
    for future in as_completed(running):
        outcomes.append(future.result())
        say(str(outcomes[-1]))
    return sorted(outcomes, key=lambda one: (one.defect.area, one.defect.name))
