"""Puts the suite's bars and strategies into the folders of a KTRDR: all of them, or none."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from ktrdr_acceptance.faults import BadInput
from ktrdr_acceptance.testdata.bars import SERIES

_STRATEGIES = files("ktrdr_acceptance.testdata.strategies")


@dataclass(frozen=True)
class Content:
    """One file to be written, and what it holds in a few words."""

    path: Path
    text: str
    summary: str


def strategy_texts() -> dict[str, str]:
    """Return the suite's strategies by name, the invalid ones included."""
    return {
        entry.name.removesuffix(".yaml"): entry.read_text("utf-8")
        for entry in sorted(_STRATEGIES.iterdir(), key=lambda entry: entry.name)
        if entry.name.endswith(".yaml")
    }


def write_testdata(data: Path, strategies: Path | None = None, overwrite: bool = False) -> list[Content]:
    """Write every series of bars into `data` and, if asked for, every strategy into `strategies`.

    Raises BadInput, with nothing written, if a file is there already and `overwrite` was not asked for, or
    if a folder cannot be written to.
    """
    _refuse_present(data, [series.file_name for series in SERIES], overwrite)
    if strategies is not None:
        _refuse_present(strategies, [f"{name}.yaml" for name in strategy_texts()], overwrite)
    contents = [*_bars(data), *_strategies(strategies)]
    drafts: list[Path] = []
    try:
        for content in contents:
            folder = content.path.parent
            folder.mkdir(parents=True, exist_ok=True)
            drafts.append(folder / f"{content.path.name}.part")
            drafts[-1].write_text(content.text, "utf-8")
        for draft, content in zip(drafts, contents, strict=True):
            folder = content.path.parent
            os.replace(draft, content.path)
    except OSError as problem:
        raise BadInput(f"{folder} cannot be written to ({problem.strerror}).") from None
    finally:
        for draft in drafts:
            _discard(draft)
    return contents


def _refuse_present(folder: Path, names: list[str], overwrite: bool) -> None:
    present = [name for name in names if (folder / name).exists()]
    if present and not overwrite:
        raise BadInput(
            f"{folder} already holds {', '.join(present)}: "
            "choose another folder, or add --overwrite to lose them."
        )


def _bars(folder: Path) -> Iterator[Content]:
    for series in SERIES:
        text = series.text()
        yield Content(folder / series.file_name, text, f"{len(text.splitlines()) - 1} bars")


def _strategies(folder: Path | None) -> Iterator[Content]:
    if folder is not None:
        for name, text in strategy_texts().items():
            yield Content(folder / f"{name}.yaml", text, "strategy")


def _discard(draft: Path) -> None:
    # A draft below a file cannot even be looked for; then there is none.
    if draft.parent.is_dir():
        draft.unlink(missing_ok=True)
