"""Seeded defects: faults that can be switched on, to prove that an acceptance run finds them.

Each is a small patch of the healthy code, made before any service runs; nothing else knows of them.
"""

from collections.abc import Iterable
from difflib import get_close_matches
from importlib import import_module
from pkgutil import walk_packages

from embedded_ktrdr.defects.defect import ALL, Defect


class UnknownDefect(Exception):
    """There is no defect of that name; one sentence."""


def all_defects() -> dict[str, Defect]:
    """Every defect by its name."""
    for module in walk_packages(__path__, f"{__name__}."):
        import_module(module.name)
    return ALL


def switch_on(names: Iterable[str]) -> None:
    """Patch the code of this process and of those that it forks; UnknownDefect before anything is patched."""
    wanted = list(dict.fromkeys(names))
    if not wanted:
        return
    known = all_defects()
    for name in wanted:
        if name not in known:
            near = get_close_matches(name, known, 1)
            hint = (
                f"did you mean {near[0]!r}?" if near else "python -m embedded_ktrdr --list-defects names all."
            )
            raise UnknownDefect(f"There is no defect {name!r}: {hint}")
    for name in wanted:
        known[name].patch()
