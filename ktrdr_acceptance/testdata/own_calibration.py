"""A calibration of one's own: purposes measured at one target, on one machine, over those of the suite.

Such a file has the form of `calibration.yaml`, with any of its kinds and purposes; under `measured` it may
say where its figures come from. A purpose takes from the suite's own what the file does not say of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from ktrdr_acceptance.faults import BadInput
from ktrdr_acceptance.testdata.calibration import Calibration, default_calibration

# What a file may say of where it was measured.
HEADER = "measured"
_KINDS = tuple(Calibration.model_fields)


@dataclass(frozen=True)
class UsedCalibration:
    """The calibration of a run, and in words which it is."""

    calibration: Calibration
    source: str


@cache
def use_calibration(path: Path | None) -> UsedCalibration:
    """Return the suite's own calibration or, with a `path`, that file over it.

    Raises BadInput with one sentence that names file, purpose and key.
    """
    if path is None:
        return UsedCalibration(default_calibration(), "the suite's own")
    content = _read(path)
    header = content.pop(HEADER, None)
    merged: dict[str, dict[str, Any]] = default_calibration().model_dump(exclude_none=True)
    names: list[str] = []
    for kind, purposes in content.items():
        if kind not in _KINDS:
            raise _bad(path, f"{kind!r} is no kind of purpose (there are {', '.join(_KINDS)})")
        for purpose, own in _mapping(path, kind, purposes).items():
            own = _mapping(path, f"{kind}.{purpose}", own)
            merged[kind][purpose] = {**merged[kind].get(purpose, {}), **own}
            names.append(f"{kind}.{purpose}")
    if not names:
        raise _bad(path, f"it calibrates nothing (kinds of purposes are {', '.join(_KINDS)})")
    try:
        calibration = Calibration.model_validate(merged)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise _bad(path, f"{where}: {first['msg'][:1].lower()}{first['msg'][1:]}") from None
    return UsedCalibration(calibration, f"{path}{_origin(header)} for {', '.join(names)}")


def _read(path: Path) -> dict[str, Any]:
    try:
        content = yaml.safe_load(path.read_text("utf-8"))
    except OSError as problem:
        raise _bad(path, f"it cannot be read ({problem.strerror})") from None
    except (yaml.YAMLError, ValueError) as problem:
        raise _bad(path, f"it is not YAML ({' '.join(str(problem).split())})") from None
    return dict(_mapping(path, "it", content))


def _mapping(path: Path, what: str, value: Any) -> dict[str, Any]:
    if isinstance(value, dict) and all(isinstance(key, str) for key in value):
        return value
    raise _bad(path, f"{what} is no mapping of names")


def _bad(path: Path, what: str) -> BadInput:
    return BadInput(f"Setting calibration: {path}: {what.rstrip('.')}.")


def _origin(header: Any) -> str:
    """Return where a file's figures come from, as far as it says so."""
    if not isinstance(header, dict):
        return ""
    said = [str(header[key]) for key in ("date", "target", "machine") if header.get(key)]
    return f" (measured {', '.join(said)})" if said else ""
