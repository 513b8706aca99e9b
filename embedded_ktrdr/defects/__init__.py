"""Seeded defects: faults that can be switched on, to prove that an acceptance run finds them.

Each is a small patch of the healthy code, made before any service runs; nothing else knows of them.
"""

import sys
from collections.abc import Iterable

from embedded_ktrdr.defects.defect import ALL, Defect
from embedded_ktrdr.patching import chosen, import_modules_of


def all_defects() -> dict[str, Defect]:
    """Every defect by its name."""
    import_modules_of(sys.modules[__name__])
    return ALL


def switch_on(names: Iterable[str]) -> list[str]:
    """Patch the code of this process and of those that it forks; the names, each once.

    UnknownName before anything is patched.
    """
    wanted = list(names)
    found = chosen("defect", wanted, all_defects()) if wanted else []
    for each in found:
        each.patch()
    return [each.name for each in found]
