"""What a seeded defect is, and how one is written: as a patch of the healthy code, made before it runs."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, Literal

from embedded_ktrdr.patching import patch

__all__ = ["ALL", "Defect", "Sentence", "defect", "patch"]

Severity = Literal["blocker", "major", "minor"]
Blind = Literal["", "first", "second"]

ALL: dict[str, "Defect"] = {}
"""Every defect by its name, once its module is imported."""


@dataclass(frozen=True)
class Sentence:
    """A sentence of a scenario, which its id names."""

    scenario: str
    sentence: str


@dataclass(frozen=True)
class Defect:
    """A fault that can be switched on."""

    name: str
    line: str
    area: str
    severity: Severity
    behaviour: str
    """What it breaks, as it should be."""
    sentences: tuple[Sentence, ...]
    """Those that must fail."""
    category: str
    shown_by: str
    """The real KTRDR that showed it, by its generation, or nothing."""
    blind: Blind
    """The set of those whose writer knew of KTRDR only, and of no scenario; or nothing."""
    patch: Callable[[], None]

    def described(self) -> dict[str, Any]:
        """All about it that is data."""
        return asdict(
            self, dict_factory=lambda pairs: {name: value for name, value in pairs if name != "patch"}
        )


def defect(
    name: str,
    line: str,
    *fails: tuple[str, str],
    area: str,
    behaviour: str,
    severity: Severity = "major",
    category: str = "CODE_BUG",
    shown_by: str = "",
    blind: Blind = "",
) -> Callable[[Callable[[], None]], Callable[[], None]]:
    """Make a defect of a function that patches; `fails` are scenario ids, each with a sentence."""

    def enter(patch: Callable[[], None]) -> Callable[[], None]:
        if name in ALL:
            raise ValueError(f"two defects are called {name}")
        named = tuple(Sentence(*each) for each in fails)
        ALL[name] = Defect(name, line, area, severity, behaviour, named, category, shown_by, blind, patch)
        return patch

    return enter
