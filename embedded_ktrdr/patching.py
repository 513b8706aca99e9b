"""What seeded defects and benign variations share: they patch healthy code, and are found by their names."""

from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from importlib import import_module
from pkgutil import walk_packages
from types import ModuleType
from typing import Any, TypeVar

T = TypeVar("T")


class UnknownName(Exception):
    """There is nothing of that name; one sentence."""


def patch(owner: Any, name: str) -> Callable[[Callable[..., Any]], None]:
    """Put a function in the place of `owner`'s; it gets the original one first."""

    def put(replacement: Callable[..., Any]) -> None:
        original = getattr(owner, name)

        def patched(*arguments: Any, **options: Any) -> Any:
            return replacement(original, *arguments, **options)

        setattr(owner, name, patched)

    return put


def import_modules_of(package: ModuleType) -> None:
    """Import every module of a package, so that each has entered what it holds."""
    for module in walk_packages(package.__path__, f"{package.__name__}."):
        import_module(module.name)


def chosen(kind: str, names: Iterable[str], known: Mapping[str, T]) -> list[T]:
    """Those of a kind that are named, each once; UnknownName if there is one that does not exist."""
    found = []
    for name in dict.fromkeys(names):
        if name not in known:
            near = get_close_matches(name, known, 1)
            listing = f"python -m embedded_ktrdr --list-{kind}s names all."
            hint = f"did you mean {near[0]!r}?" if near else listing
            raise UnknownName(f"There is no {kind} {name!r}: {hint}")
        found.append(known[name])
    return found
