"""KTRDR's command as a script has it: what each one prints and ends with, and what has been begun."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from typing import cast

from ktrdr_acceptance.api.command_line import CommandLine, Ran

# What set S prints, as it was recorded (the log lines before are left out but for one).
LIST_S = """2026-11-22 22:26:15,348 | INFO | ktrdr.monitoring.setup | trace export enabled | for ktrdr-cli

📋 Operations Summary
Showing: 2 operations
Total: 2 | Active: 0

┏━━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━┳━━━━━━━━━━━┳━━━━━━━━━━┳━━━━━━━━┳━━━━━━━━━━┓
┃ Operation ID            ┃ Type        ┃ Status    ┃ Progress ┃ Symbol ┃ Duration ┃
┡━━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━╇━━━━━━━━━━━╇━━━━━━━━━━╇━━━━━━━━╇━━━━━━━━━━┩
│ 1122_222654_4b5e75af... │ training    │ CANCELLED │ 1%       │ EURUSD │ 4.4s     │
│ op_short                │ training    │ COMPLETED │ 100%     │ EURUSD │ 1.1m     │
└─────────────────────────┴─────────────┴───────────┴──────────┴────────┴──────────┘
"""
STATUS_S = """
📊 Operation Status: op_1
┏━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┓
┃ Property     ┃ Value                                ┃
┡━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┩
│ Operation ID │ op_1                                 │
│ Type         │ training                             │
│ Status       │ COMPLETED                            │
│ Duration     │ N/A                                  │
└──────────────┴──────────────────────────────────────┘

📈 Progress Information
┏━━━━━━━━━━━━━━┳━━━━━━━━━━━━━┓
┃ Property     ┃ Value       ┃
┡━━━━━━━━━━━━━━╇━━━━━━━━━━━━━┩
│ Percentage   │ 100.0%      │
│ Current Step │ Epoch 10/10 │
└──────────────┴─────────────┘
"""
HELP_S = "│ data │\n│ backtest │\n│ dummy │\n│ operations │\n│ models │\n"
HELP_H = (
    "│ train │\n│ backtest │\n│ status │\n│ follow │\n│ ops │ List all operations │\n│ cancel │\n│ list │\n"
)
STARTED_H = json.dumps({"operation_id": "op_1", "status": "started", "type": "training"})
# What a command ends with: its status and what it prints; None if it never ends by itself.
End = tuple[int, str] | None


class ScriptedChild:
    """A command that has ended when it is looked at, or goes on until it is ended or interrupted."""

    def __init__(self, line: str, end: End, elapsed_s: float = 0.1) -> None:
        self.line = line
        self.was_ended = False
        self.interrupts: list[End] = []
        self.elapsed_s = elapsed_s
        self._end = end

    def ended_within(self, seconds: float) -> Ran | None:
        del seconds
        return None if self._end is None else Ran(self.line, *self._end, "", self.elapsed_s)

    def interrupt(self) -> None:
        self._end = self.interrupts.pop(0) if self.interrupts else None

    def end(self) -> None:
        self.was_ended = True
        self._end = self._end or (-15, "")


class ScriptedLine:
    """Begins a scripted child for each command: the next of `ends`, the last for ever."""

    def __init__(self, *ends: End) -> None:
        self.words: tuple[str, ...] = ("ktrdr",)
        self.base_url = "http://backend:1"
        self.ends = list(ends)
        self.begun: list[ScriptedChild] = []
        self.elapsed_s = 0.1

    def begin(self, arguments: Sequence[str]) -> ScriptedChild:
        end = self.ends.pop(0) if len(self.ends) > 1 else self.ends[0]
        self.begun.append(child := ScriptedChild(shlex.join(["ktrdr", *arguments]), end, self.elapsed_s))
        return child

    @property
    def lines(self) -> list[str]:
        return [child.line for child in self.begun]

    def as_line(self) -> CommandLine:
        return cast(CommandLine, self)
