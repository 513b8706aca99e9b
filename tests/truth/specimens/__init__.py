"""All specimens; their names are unique."""

from __future__ import annotations

from ..specimen import Specimen
from . import hooks, retries, selections, steps, structure

SPECIMENS: dict[str, Specimen] = {
    specimen.name: specimen
    for module in (hooks, structure, steps, selections, retries)
    for specimen in module.SPECIMENS
}
