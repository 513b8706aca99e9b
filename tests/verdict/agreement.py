"""Whether the outputs of a run agree: each disagreement in one line."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from ktrdr_acceptance.faults import Category
from ktrdr_acceptance.verdict.model import Verdict

if TYPE_CHECKING:
    from .specimens import Outputs

Kind = tuple[Verdict, Category | None]
# What Allure and JUnit call a scenario, by its verdict and category: the design's table.
ALLURE: dict[Kind, str] = {
    (Verdict.MET, None): "passed",
    (Verdict.NOT_MET, Category.CODE_BUG): "failed",
    (Verdict.NOT_MET, Category.CONFIGURATION): "failed",
    (Verdict.NOT_MET, Category.TEST_ISSUE): "broken",
    (Verdict.FLAKY, None): "broken",
    (Verdict.FLAKY, Category.CODE_BUG): "broken",
    (Verdict.FLAKY, Category.CONFIGURATION): "broken",
    (Verdict.FLAKY, Category.TEST_ISSUE): "broken",
    (Verdict.KNOWN_ISSUE, None): "skipped",
    (Verdict.KNOWN_ISSUE, Category.CODE_BUG): "skipped",
    (Verdict.KNOWN_ISSUE, Category.CONFIGURATION): "skipped",
    (Verdict.NOT_RUN, None): "skipped",
    (Verdict.NOT_RUN, Category.ENVIRONMENT): "skipped",
}
JUNIT: dict[Kind, str] = {
    **{kind: "skipped" if word == "skipped" else "failure" for kind, word in ALLURE.items()},
    (Verdict.MET, None): "passed",
    (Verdict.NOT_MET, Category.TEST_ISSUE): "error",
}
EXIT_STATUS = {"accepted": 0, "not accepted": 1, "environment unfit": 3, "aborted": 4}
_GREEN_STEPS = {"passed"}
# For a verdict that comes with a category that it cannot have.
_NO_WORD = "?"


def disagreements(outputs: Outputs) -> list[str]:
    """Return where the files of a run state other verdicts than its results.json, of scenarios and run."""
    return [*_of_scenarios(outputs), *disagreements_on_the_run(outputs)]


def console_disagreements(outputs: Outputs, stdout: str, status: int) -> list[str]:
    """Return where the console's last lines and the process' status say otherwise than results.json."""
    results = outputs.results
    lines = [line for line in stdout.splitlines() if line.strip()]
    counts = counts_in_words(outputs)
    refused = Counter(_refused_ids(outputs))
    blocks = Counter(row["id"] for row in results["scenarios"] for line in lines if _refuses(line, row))
    milestones = [row for row in results["milestones"] if row["verdict"] != "met"]
    told = [line[2:] for line in lines]
    return [
        *_differ("the process' exit status", status, results["exit_status"]),
        *_differ("the console's last line", lines[-1], outputs.last_line()),
        *_differ("the console's exit status", lines[-2].rsplit("exit status ", 1)[-1], str(status)),
        *_differ("the console's counts", lines[-3].split(" in ")[0], counts),
        *_differ("the scenarios that the console refuses", blocks, refused),
        *(
            f"the console does not say that {row['id']} is {row['verdict']}"
            for row in milestones
            if not any(line.startswith(f"{row['id']} {row['verdict']}: ") for line in told)
        ),
    ]


def counts_in_words(outputs: Outputs) -> str:
    """Return the counts as every output states them, from the scenarios of results.json."""
    found = Counter(row["verdict"] for row in outputs.results["scenarios"])
    always = {Verdict.MET, Verdict.NOT_MET, Verdict.NOT_RUN}
    counts = ", ".join(f"{found[v]} {v}" for v in Verdict if v in always or found[v])
    total = len(outputs.results["scenarios"])
    return f"{counts} of {total} scenario{'' if total == 1 else 's'}"


def _of_scenarios(outputs: Outputs) -> Iterator[str]:
    rows = outputs.results["scenarios"]
    kinds = [(row["id"], _kind(row)) for row in rows]
    yield from _same_pairs(
        "results.json", outputs.pairs_of_json(), [(id, str(kind[0])) for id, kind in kinds]
    )
    yield from _same_pairs("summary.md", outputs.pairs_of_markdown(), [(i, str(k[0])) for i, k in kinds])
    yield from _same_pairs(
        "junit.xml",
        outputs.pairs_of_junit(),
        [(id, JUNIT.get(kind, _NO_WORD)) for id, kind in kinds],
    )
    yield from _same_pairs(
        "Allure",
        outputs.pairs_of_allure(),
        [(id, ALLURE.get(kind, _NO_WORD)) for id, kind in kinds],
    )
    summary = {verdict: n for verdict, n in outputs.results["summary"].items() if n}
    yield from _differ("the counts of results.json", summary, dict(Counter(row["verdict"] for row in rows)))
    if counts_in_words(outputs) not in outputs.markdown:
        yield f"summary.md does not say {counts_in_words(outputs)!r}"
    yield from _of_allure_alone(outputs)
    yield from _of_reasons(outputs)
    yield from _of_milestones(outputs)


def _of_allure_alone(outputs: Outputs) -> Iterator[str]:
    """What Allure could show otherwise than it is written: one test as a retry of another, red steps."""
    for history, count in Counter(test["historyId"] for test in outputs.allure).items():
        if count > 1:
            names = [test["name"] for test in outputs.allure if test["historyId"] == history]
            yield f"Allure shows one of {names} as a retry of the other"
    for test in outputs.allure:
        said = (test.get("statusDetails") or {}).get("message", "")
        if test["status"] == "passed":
            steps = {step["status"] for step in test.get("steps", [])} - _GREEN_STEPS
            if said or steps:
                yield f"Allure: {test['name']} passed, and yet {said or sorted(steps)}"
        elif not said:
            yield f"Allure: {test['name']} is {test['status']} without a word"


def _of_reasons(outputs: Outputs) -> Iterator[str]:
    """A reason belongs to whatever is not met, and to nothing that is."""
    for row in outputs.results["scenarios"]:
        if (row["verdict"] == Verdict.MET) == bool(row["reason"]):
            yield f"{row['id']} is {row['verdict']} for the reason {row['reason']!r}"
        if row["verdict"] == Verdict.MET and row["category"]:
            yield f"{row['id']} is met and of category {row['category']}"
    for case in outputs.junit.iter("testcase"):
        for child in case:
            if child.tag in ("failure", "error", "skipped") and not child.get("message"):
                yield f"junit.xml: {case.get('name')} has a {child.tag} without a message"


def _of_milestones(outputs: Outputs) -> Iterator[str]:
    said = {row["id"]: row["verdict"] for row in outputs.results["milestones"]}
    for milestone, verdict in said.items():
        counts = Counter(
            row["verdict"] for row in outputs.results["scenarios"] if milestone in row["milestones"]
        )
        yield from _differ(f"the verdict on {milestone}", verdict, _milestone_verdict(counts))
    yield from _differ("summary.md's milestones", _milestones_of_markdown(outputs.markdown), said)
    yield from _differ(
        "Allure's milestones",
        {
            key.removeprefix("Milestone."): _verdict_in(line)
            for key, line in outputs.allure_facts.items()
            if key.startswith("Milestone.")
        },
        said,
    )
    junit = "\n".join(element.text or "" for element in outputs.junit.findall("system-out"))
    found = re.findall(r"^milestone (\S+) (.+?): ", junit, flags=re.MULTILINE)
    yield from _differ("junit.xml's milestones", dict(found), said)


def disagreements_on_the_run(outputs: Outputs) -> list[str]:
    """Return where the files of a run state another verdict on the run, or another reason for it."""
    results = outputs.results
    verdict, issue = results["verdict"], results["issue"]
    accepted = verdict == "accepted"
    mark = "❌ Issue found" if results["settings"].get("issue_form") == "issue-found" else "❌ Issue"
    last = "✅ Integration test passed" if accepted else f"{mark}: {issue}"
    head = outputs.markdown.splitlines()[0]
    cases = list(outputs.junit.iter("testcase"))
    found = [
        *_differ("summary.md's title", head, f"# KTRDR acceptance: {verdict}"),
        *_differ("summary.md's last line", outputs.last_line(), last),
        *_differ("Allure's verdict on the run", outputs.allure_facts.get("Verdict"), verdict),
        *_differ("the exit status of results.json", results["exit_status"], EXIT_STATUS[verdict]),
        *_differ("the status of results.json", results["status"] == "aborted", verdict == "aborted"),
        *_differ("whether there is an issue", bool(issue.strip()), not accepted),
        *_differ("junit.xml's tests", outputs.junit.get("tests"), str(len(cases))),
    ]
    for tag, name in {"failure": "failures", "error": "errors", "skipped": "skipped"}.items():
        counted = sum(case.find(tag) is not None for case in cases)
        found += _differ(f"junit.xml's {name}", outputs.junit.get(name), str(counted))
    red = [case.get("name") for case in cases if {"failure", "error"} & {child.tag for child in case}]
    bad = [test["name"] for test in outputs.allure if test["status"] in ("failed", "broken")]
    # Whatever is red must be red everywhere: if no scenario is (not run is skipped, strict or not), the run.
    if accepted:
        found += _differ("what is red in junit.xml", red, [])
        found += _differ("what is red in Allure", [*bad, *outputs.allure_errors], [])
        found += _differ("the findings of the run", results["run_findings"], [])
    elif verdict == "not accepted":
        found += [] if red else ["nothing is red in junit.xml of a run that is not accepted"]
        found += [] if bad or outputs.allure_errors else ["nothing is red in Allure of a run not accepted"]
    elif verdict in ("environment unfit", "aborted"):
        found += _differ("junit.xml's error of the run", outputs.run_errors_of_junit(), [issue])
        found += _differ("how often Allure states the issue", outputs.allure_errors.count(issue), 1)
    for finding in results["run_findings"]:
        found += [] if finding in outputs.markdown else [f"summary.md keeps quiet about {finding!r}"]
        found += [] if finding in outputs.allure_errors else [f"Allure keeps quiet about {finding!r}"]
    return found


def _refused_ids(outputs: Outputs) -> Iterator[str]:
    strict = outputs.results["settings"].get("strict")
    for row in outputs.results["scenarios"]:
        unfit = row["verdict"] == "not run" and (strict or row["category"] == "ENVIRONMENT")
        if row["verdict"] in ("not met", "flaky") or unfit:
            yield row["id"]


def _refuses(line: str, row: dict[str, Any]) -> bool:
    """Whether a line is the title of a scenario's failure block or, of one beyond the first, all of it."""
    title = f"{row['id']} {row['name']}"
    category = f"{row['category']}: " if row["category"] else ""
    return line == f"{title} ({row['file']}:{row['line']})" or line.startswith(f"  {title}: {category}")


def _kind(row: dict[str, Any]) -> Kind:
    return Verdict(row["verdict"]), Category(row["category"]) if row["category"] else None


def _same_pairs(
    output: str, said: Iterable[tuple[str, str]], right: Iterable[tuple[str, str]]
) -> Iterator[str]:
    has, should = Counter(said), Counter(right)
    for (id, word), count in sorted((has - should).items()):
        yield f"{output} says {word!r} of {id or 'a scenario without id'}" + (f" {count} times" * (count > 1))
    for (id, word), _count in sorted((should - has).items()):
        yield f"{output} does not say {word!r} of {id or 'a scenario without id'}"


def _differ(what: str, said: object, right: object) -> list[str]:
    return [] if said == right else [f"{what}: {said!r}, not {right!r}"]


def _milestone_verdict(counts: Counter[str]) -> str:
    if counts["not met"] or counts["flaky"]:
        return "not met"
    if not counts["not run"]:
        return "met" if counts["met"] else "not met"
    return "partly run" if sum(counts.values()) > counts["not run"] else "not run"


def _milestones_of_markdown(markdown: str) -> dict[str, str]:
    if "\n## Milestones\n" not in markdown:
        return {}
    table = markdown.split("\n## Milestones\n")[1].strip().split("\n\n")[0]
    rows = [line.strip("| ").split(" | ") for line in table.splitlines()[2:]]
    return {row[0]: row[2] for row in rows}


def _verdict_in(line: str) -> str:
    """Return the verdict in `ID VERDICT: …`."""
    return line.split(": ", 1)[0].split(" ", 1)[1]
