"""Two runs of the same suite side by side, as at two targets: where their verdicts differ."""

from __future__ import annotations

from ktrdr_acceptance.verdict.earlier import EarlierRun, EarlierScenario


def verdicts_that_differ(first: EarlierRun, second: EarlierRun) -> list[str]:
    """Return one sentence for each scenario whose verdict, or category, is not the same in both.

    Two runs that say nothing, or of which one was aborted, are not the same either.
    """
    differences = [
        f"{run.file} was aborted, so that it says nothing of some scenarios"
        for run in (first, second)
        if run.was_aborted
    ]
    ids = list(dict.fromkeys([*first.by_id, *second.by_id]))
    if not ids:
        differences.append(f"neither {first.file} nor {second.file} has a scenario")
    for each in ids:
        here, there = first.by_id.get(each), second.by_id.get(each)
        if here is None or there is None or (here.verdict, here.category) != (there.verdict, there.category):
            differences.append(f"{each}: {_said(here)} in {first.file}, {_said(there)} in {second.file}")
    return differences


def _said(scenario: EarlierScenario | None) -> str:
    if scenario is None:
        return "absent"
    why = ": ".join(filter(None, (scenario.category, *scenario.reason.splitlines()[:1])))
    return f"{scenario.verdict} ({why})" if why else str(scenario.verdict)
