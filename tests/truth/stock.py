"""What stock behave with allure-behave says of a run, read as their reports show it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

# The words of Allure and JUnit that count as red, and those that count as left out.
_RED = {"failed", "broken", "failure", "error"}
Pairs = list[tuple[str, str]]


def sort_of(word: str) -> str:
    """Return what a word of any output means: green, red or left out."""
    if word in ("passed", "met"):
        return "green"
    return "red" if word in _RED or word in ("not met", "flaky") else "left out"


def shown_by_allure(results: Iterable[dict[str, Any]]) -> Pairs:
    """Return the tests that a report shows; of several with one history id that is the last."""
    last: dict[str, dict[str, Any]] = {}
    for test in sorted(results, key=lambda test: (test["start"], test["stop"])):
        last[test["historyId"]] = test
    return [(test["name"], test.get("status", "unknown")) for test in last.values()]


class StockOutputs:
    """The reports of a stock run in a folder."""

    def __init__(self, folder: Path, status: int) -> None:
        self.status = status
        tests = [json.loads(path.read_text("utf-8")) for path in sorted(folder.glob("allure/*-result.json"))]
        self.tests = tests
        self.allure = shown_by_allure(tests)
        self.junit: Pairs = [
            (case.get("name", ""), _junit_word(case))
            for path in sorted(folder.glob("junit/*.xml"))
            for case in ElementTree.fromstring(path.read_text("utf-8")).iter("testcase")
        ]

    def __str__(self) -> str:
        return f"exit {self.status}, Allure {_counted(self.allure)}, JUnit {_counted(self.junit)}"

    def lies(self, right: Pairs, verdict: str) -> list[str]:
        """Return where it says otherwise than is right: of scenarios by name, and of the run.

        What was not selected may stand there as skipped, and a run that was refused may leave nothing.
        """
        green = verdict == "accepted"
        found = [] if (self.status == 0) == green else [f"exit {self.status}"]
        for output, said in (("Allure", self.allure), ("JUnit", self.junit)):
            found += [f"{output}: {lie}" for lie in _lies(said, right)]
            must_be_red = not green and (said or verdict != "refused")
            if must_be_red and not any(sort_of(word) == "red" for _, word in said):
                found.append(f"{output}: nothing is red")
        return found


def _lies(said: Pairs, right: Pairs) -> list[str]:
    has, should = Counter(map(_sorted_out, said)), Counter(map(_sorted_out, right))
    extra, missing = has - should, should - has
    found = []
    names = {name for name, sort in extra if sort != "left out"} | {name for name, _ in missing}
    for name in sorted(names):
        wrong = [word for of, word in said if of == name and (name, sort_of(word)) in extra]
        lost = [word for of, word in right if of == name and (name, sort_of(word)) in missing]
        found.append(f"{name!r} {', '.join(wrong) or 'absent'} ({', '.join(lost) or 'nothing'} is right)")
    return found


def _sorted_out(pair: tuple[str, str]) -> tuple[str, str]:
    return pair[0], sort_of(pair[1])


def _junit_word(case: ElementTree.Element) -> str:
    for tag in ("failure", "error", "skipped"):
        if case.find(tag) is not None:
            return tag
    return case.get("status", "passed")


def _counted(said: Pairs) -> str:
    counts = Counter(word for _, word in said)
    return " ".join(f"{count} {word}" for word, count in sorted(counts.items())) or "empty"
