"""Benign variations: what a KTRDR may do otherwise, to prove that an acceptance run raises no false alarm.

Each is a small patch, as a seeded defect is, but breaks nothing that the contract promises: all of them
together must turn no scenario red. The healthy code knows nothing of them.
"""

import sys
from collections.abc import Iterable

from embedded_ktrdr.patching import chosen, import_modules_of
from embedded_ktrdr.variations.variation import ALL, Variation

EVERY = "all"


def all_variations() -> dict[str, Variation]:
    """Every variation by its name, always in the same order, whichever module was imported first."""
    import_modules_of(sys.modules[__name__])
    return dict(sorted(ALL.items(), key=lambda item: item[1].patch.__module__))


def switch_on(names: Iterable[str]) -> list[str]:
    """Patch the code of this process and of those that it forks; the names, each once. `all` is all of them.

    They are switched on in an order of their own, whatever that of the names. UnknownName before anything is
    patched.
    """
    known, wanted = all_variations(), list(names)
    if EVERY in wanted:
        wanted = [name for name in wanted if name != EVERY] + list(known)
    asked = {each.name for each in chosen("variation", wanted, known)}
    found = [each for each in known.values() if each.name in asked]
    for each in found:
        each.patch()
    return [each.name for each in found]
