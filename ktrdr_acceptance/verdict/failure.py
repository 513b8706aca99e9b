"""The failure block: what a scenario that is not met comes with, the same in every output."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from ktrdr_acceptance.faults import Category

# Characters of a line where room is short; a command is never cut.
_LONGEST_LINE = 320
_SHORT_LINE = 110
_INDENT = "  "


@dataclass(frozen=True)
class State:
    """A state that was seen, `at_s` seconds after what `of` names began."""

    at_s: float
    of: str
    words: str

    def __str__(self) -> str:
        return f"{self.at_s:.2f} s {self.words}"


@dataclass(frozen=True)
class Failure:
    """Why a scenario is not met, in the parts that a person or a tool acts on.

    `point` is where it failed, `preflight` and `cures` what had been found and tried before the scenario,
    `evidence` one piece per line, `reproduce` the command that runs the scenario alone.
    """

    category: Category | None
    point: str
    expected: str
    actual: str
    states: tuple[State, ...] = ()
    evidence: tuple[str, ...] = ()
    cause: str = ""
    next_action: str = ""
    reproduce: str = ""
    preflight: str = ""
    cures: tuple[str, ...] = ()
    # What came of each attempt, where there was more than one, and what was known of the scenario.
    notes: tuple[str, ...] = ()

    def lines(self, most: int | None = None, rest: str = "") -> list[str]:
        """Return the block in at most `most` lines; what is left out is said to stand in `rest`."""
        sections = self._sections()
        if most is None or sum(map(len, sections)) <= most:
            lines = list(itertools.chain.from_iterable(sections))
            return lines if most is None else [_shortened(line) for line in lines]
        left_out = 0
        while sum(map(len, sections)) > most - 1:
            longest = max(sections, key=len)
            if len(longest) == 1:
                break
            # The first line says what it is; the last one is the newest.
            del longest[max(1, len(longest) // 2)]
            left_out += 1
        lines = [_shortened(line) for line in itertools.chain.from_iterable(sections)]
        return [*lines, f"... {left_out} more lines of this in {rest}"]

    def _sections(self) -> list[list[str]]:
        """Return the lines of each part that says something."""
        parts: dict[str, str | Sequence[str]] = {
            "category": str(self.category or ""),
            "preflight": self.preflight,
            "failed at": self.point,
            "expected": self.expected,
            "actual": self.actual,
            "seen": self._seen(),
            "evidence": self.evidence,
            "notes": self.notes,
            "cures tried": self.cures,
            "probable cause": self.cause,
            "next": self.next_action,
            "reproduce": self.reproduce,
        }
        return [_section(label, text) for label, text in parts.items() if text]

    def _seen(self) -> list[str]:
        """Return each thing and the states in which it was seen: in one line if it is a short one."""
        lines: list[str] = []
        for of, states in itertools.groupby(self.states, key=lambda state: state.of):
            words = list(map(str, states))
            short = f"{of}: {'; '.join(words)}"
            lines += [short] if len(short) <= _SHORT_LINE else [f"{of}:", *[_INDENT + one for one in words]]
        return lines


def reproducing(options: str, file: str, line: int) -> str:
    """Return the command that runs one scenario alone, at the same target."""
    return " ".join(filter(None, [".venv/bin/behave", options, f"{file}:{line}"]))


def _section(label: str, text: str | Sequence[str]) -> list[str]:
    """Return a label and what it labels; a text begins beside it, pieces below it."""
    pieces = [text.strip()] if isinstance(text, str) else ["", *text]
    first, *others = [line for piece in pieces for line in piece.splitlines() or [""]]
    return [f"{label}: {first}".rstrip(), *[f"{_INDENT}{line}" for line in others]]


def _shortened(line: str) -> str:
    if len(line) <= _LONGEST_LINE or line.startswith("reproduce: "):
        return line
    return line[:_LONGEST_LINE] + " ..."
