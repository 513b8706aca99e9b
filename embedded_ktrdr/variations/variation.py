"""What a benign variation is, and how one is written: as a patch of the healthy code, made before it runs."""

from collections.abc import Callable
from dataclasses import dataclass

from embedded_ktrdr.patching import patch

__all__ = ["ALL", "Variation", "patch", "variation"]

ALL: dict[str, "Variation"] = {}
"""Every variation by its name, once its module is imported."""


@dataclass(frozen=True)
class Variation:
    """Something that may be otherwise."""

    name: str
    line: str
    benign: str
    """Why nobody may mind it."""
    patch: Callable[[], None]

    def described(self) -> dict[str, str]:
        """All about it that is data."""
        return {"name": self.name, "line": self.line, "benign": self.benign}


def variation(name: str, line: str, *, benign: str) -> Callable[[Callable[[], None]], Callable[[], None]]:
    """Make a variation of a function that patches."""

    def enter(change: Callable[[], None]) -> Callable[[], None]:
        if name in ALL:
            raise ValueError(f"two variations are called {name}")
        ALL[name] = Variation(name, line, benign, change)
        return change

    return enter
