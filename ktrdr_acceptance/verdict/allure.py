"""`allure-results/`: labels and links by allure-behave, every status from the result model."""

from __future__ import annotations

import os
import uuid
from functools import cache
from pathlib import Path
from typing import Any

from allure_behave.utils import scenario_links, scenario_parameters
from allure_commons.logger import AllureFileLogger
from allure_commons.model2 import (
    Attachment as AllureAttachment,
)
from allure_commons.model2 import (
    GlobalAttachment,
    GlobalError,
    Globals,
    Label,
    Parameter,
    Status,
    StatusDetails,
    TestResult,
    TestStepResult,
)
from allure_commons.utils import md5, now

from ktrdr_acceptance.catalogue.milestones import milestones
from ktrdr_acceptance.evidence.redaction import redacted, redacted_json
from ktrdr_acceptance.faults import Category
from ktrdr_acceptance.verdict.comparison import comparison_lines
from ktrdr_acceptance.verdict.json_view import write_atomically
from ktrdr_acceptance.verdict.milestones import milestone_results
from ktrdr_acceptance.verdict.model import (
    Attachment,
    RunResult,
    RunVerdict,
    ScenarioResult,
    StepResult,
    Verdict,
)
from ktrdr_acceptance.verdict.tables import run_tables

_SEVERITY = {"blocker": "blocker", "major": "critical", "minor": "minor"}
_STEP_STATUS = {
    "passed": Status.PASSED,
    "failed": Status.FAILED,
    "skipped": Status.SKIPPED,
    "untested": Status.SKIPPED,
}
_EXTENSION = {"text/plain": "txt", "text/markdown": "md", "application/json": "json", "image/svg+xml": "svg"}


class _Files(AllureFileLogger):
    """Writes the files without secrets; a result as a whole, as streaming it takes three times as long."""

    def _report_item(self, item: Any) -> None:
        path = f"{self._report_dir}/{item.file_pattern.format(prefix=uuid.uuid4())}"
        text = redacted_json(_as_data(item), ensure_ascii=False)
        with open(f"{path}.tmp", "wb") as file:  # noqa: PTH123 - a Path costs as much again
            file.write(text.encode("utf-8", "backslashreplace"))
        os.replace(f"{path}.tmp", path)

    def report_attached_data(self, body: str, file_name: str) -> None:
        """Write an attachment."""
        super().report_attached_data(redacted(body).encode("utf-8", "backslashreplace"), file_name)


def _as_data(value: Any) -> Any:
    """Return one of Allure's objects as data, without what it does not say (attr takes far longer)."""
    if isinstance(value, list):
        return [_as_data(one) for one in value]
    if isinstance(value, str | int | float):
        return value
    return {name: _as_data(part) for name, part in vars(value).items() if part or part is False}


class AllureResults:
    """Writes one result file per scenario, and what belongs to the run as a whole at its end."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._logger = _Files(str(folder))
        self._identities: set[str] = set()

    def write_scenario(self, result: ScenarioResult, scenario: Any = None) -> None:
        """Write one scenario; `scenario` is behave's, for its table row and links, if it was reached."""
        start = int(result.started_at * 1000) or now()
        test = TestResult(uuid=str(uuid.uuid4()), start=start, stop=start + int(result.duration_s * 1000))
        test.name = f"{result.id} {result.name}"
        # The id is the scenario's identity: title and row may change without losing the history.
        test.fullName = f"{result.feature}: {result.id}"
        test.testCaseId = test.historyId = md5(self._identity(result))
        test.titlePath = [*Path(result.file).parts[:-1], result.feature]
        if scenario is not None:
            test.description = "\n".join(scenario.description)
            test.parameters = scenario_parameters(scenario) or []
            test.links.extend(scenario_links(scenario, issue_pattern=None, link_pattern=None))
        if result.expected_s is not None:
            test.parameters.append(
                Parameter(name="planned", value=f"{result.expected_s:.1f} s", excluded=True)
            )
        test.labels.extend(_labels(result))
        test.status = _status(result)
        if result.reason:
            test.statusDetails = StatusDetails(message=_message(result))
        test.steps = _steps(result.steps, start)
        test.attachments = [
            AllureAttachment(name=one.name, source=self._attach(one), type=one.media_type)
            for one in [*_durations(result), *result.attachments]
        ]
        self._logger.report_result(test)

    def write_run(self, run: RunResult) -> None:
        """Write the facts of the run and, unless its scenarios say it all, one global error."""
        facts = {
            "Verdict": run.verdict,
            **{f"Compared.{number}": line for number, line in enumerate(comparison_lines(run), 1)},
            "Suite": f"{run.suite['version']} ({run.suite['commit']})",
            **{f"Target.{key}": fact for key, fact in run.target.items() if isinstance(fact, str | float)},
            **{f"Target.found.{number}": line for number, line in enumerate(run.target_lines, 1)},
            **{f"Note.{number}": note for number, note in enumerate(run.notes(), 1)},
            **{f"Milestone.{result.id}": result.line() for result in milestone_results(run)},
        }
        # A fact has a line: what a target says on a second one would be a fact of its own.
        text = "".join(f"{key} = {' '.join(str(fact).splitlines())}\n" for key, fact in facts.items())
        write_atomically(self._folder / "environment.properties", text)
        write_atomically(self._folder / "categories.json", redacted_json(_CATEGORIES, indent=2))
        errors = list(run.run_findings)
        found = run.counts()
        # Of a run that is strict, or in which nothing is met, no scenario may be red.
        is_told = errors or found[Verdict.NOT_MET] or found[Verdict.FLAKY]
        if run.verdict != RunVerdict.ACCEPTED and not (run.verdict == RunVerdict.NOT_ACCEPTED and is_told):
            errors.insert(0, run.issue())
        for error in errors:
            self._logger.report_globals(Globals(errors=[GlobalError(message=error, timestamp=now())]))
        for name, lines in run_tables(run).items():
            table = Attachment(name, "text/markdown", "\n".join(lines) + "\n")
            attached = GlobalAttachment(
                name=name, source=self._attach(table), type=table.media_type, timestamp=now()
            )
            self._logger.report_globals(Globals(attachments=[attached]))

    def _identity(self, result: ScenarioResult) -> str:
        """Return what only this scenario has: of two alike the report would show one as a retry."""
        place = f"{result.file}:{result.line}"
        identity = result.id or place
        if identity in self._identities:
            identity = f"{identity} {place}"
        self._identities.add(identity)
        return identity

    def _attach(self, attachment: Attachment) -> str:
        """Write an attachment; return the name of its file."""
        name = f"{uuid.uuid4()}-attachment.{_EXTENSION[attachment.media_type]}"
        self._logger.report_attached_data(attachment.text, name)
        return name


def _labels(result: ScenarioResult) -> list[Label]:
    pairs = [
        ("epic", result.area),
        ("feature", result.feature),
        ("story", result.facts.category.capitalize()),
        ("severity", _SEVERITY.get(result.facts.severity, "normal")),
        ("framework", "behave"),
        ("language", "python"),
        *(("milestone", milestone) for milestone in result.facts.milestones),
        *(("criterion", criterion) for criterion in result.facts.criteria),
        *(("proof", proof) for proof in _proofs(result.facts.milestones, result.facts.criteria)),
        *(("tag", tag) for tag in result.tags),
    ]
    if result.category and result.verdict != Verdict.KNOWN_ISSUE:
        pairs.append(("tag", f"failure:{result.category}"))
    if result.age:
        pairs.append(("tag", f"failure:{result.age}"))
    if result.verdict == Verdict.FLAKY:
        pairs.append(("tag", "flaky"))
    return [Label(name=name, value=value) for name, value in pairs]


@cache
def _proofs(milestone_ids: tuple[str, ...], criteria: tuple[str, ...]) -> tuple[str, ...]:
    """Return milestones with their criteria; apart, Allure would pair each of one with each of the other."""
    known = milestones()
    return tuple(
        f"{milestone} · {criterion} {known.wording(criterion)}".rstrip()
        for milestone in milestone_ids
        for criterion in known.proven(milestone, milestone_ids, criteria)
    )


def _durations(result: ScenarioResult) -> list[Attachment]:
    lines = "\n".join(map(str, result.operation_durations))
    return [Attachment("Operations, planned and real", "text/plain", lines)] if lines else []


def _status(result: ScenarioResult) -> str:
    if result.verdict == Verdict.MET:
        return str(Status.PASSED)
    if result.verdict in (Verdict.NOT_RUN, Verdict.KNOWN_ISSUE):
        return str(Status.SKIPPED)
    if result.verdict == Verdict.FLAKY or result.category == Category.TEST_ISSUE:
        return str(Status.BROKEN)
    return str(Status.FAILED)


def _steps(steps: tuple[StepResult, ...], start: int) -> list[TestStepResult]:
    written: list[TestStepResult] = []
    for step in steps:
        stop = start + int(step.duration_s * 1000)
        result = TestStepResult(name=step.text, start=start, stop=stop)
        result.status = _STEP_STATUS.get(step.status, Status.BROKEN)
        if step.message:
            result.statusDetails = StatusDetails(message=step.message)
        written.append(result)
        start = stop
    return written


def _message(result: ScenarioResult) -> str:
    """Return the reason in one line and the failure block; Allure sorts it by the first word."""
    if result.verdict == Verdict.KNOWN_ISSUE:
        return result.reason
    if result.failure is None:
        after = f"\nnext: {result.category.next_action}" if result.category else ""
        reason = result.reason
    else:
        after = "\n".join(["", *result.failure.lines()])
        reason = "".join(result.reason.splitlines()[:1])
    return f"{result.category}: {reason}{after}" if result.category else reason + after


_CATEGORIES = [
    {"name": str(category), "description": category.next_action, "messageRegex": f"^{category}: [\\s\\S]*"}
    for category in Category
]
