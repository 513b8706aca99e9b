"""Strategies of the suite's own making, in the grammar of generation S, under the names of KTRDR's guide."""

from __future__ import annotations

from functools import cache
from importlib.resources import files


@cache
def strategy_text(name: str) -> str:
    """Return the text of the strategy called `name`. Raises LookupError for one that the suite lacks."""
    file = files(__name__).joinpath(f"{name}.yaml")
    if not file.is_file():
        raise LookupError(f"the suite has no strategy {name!r} of its own")
    return file.read_text("utf-8")
