"""Undo: registered before acting, run newest first, all of them, whatever fails."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class Undo:
    """The undos of one scenario or of the run."""

    _actions: list[tuple[str, Callable[[], None]]] = field(default_factory=list)

    def register(self, name: str, action: Callable[[], None]) -> None:
        """Register `action`, named for the report, before the thing that it undoes is done."""
        self._actions.append((name, action))

    def run(self) -> list[str]:
        """Run every undo, newest first; return one sentence for each that failed."""
        errors: list[str] = []
        while self._actions:
            name, action = self._actions.pop()
            try:
                action()
            except Exception as error:
                errors.append(f"could not {name}: {error}")
        return errors

    @property
    def is_empty(self) -> bool:
        """True when nothing is left to undo."""
        return not self._actions
