"""The embedded KTRDR answers as generation S was recorded to, apart from the rows of DEVIATIONS.md."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from .comparison import RecordedShapes
from .deviations import Row, read_deviations
from .embedded import embedded_ktrdr
from .player import Player, Replay
from .reckoning import read_not_replayed, reckon
from .specimen import Specimen, read_all

SPECIMENS = {specimen.id: specimen for specimen in read_all()}
AT_ONCE = 2
"""Specimens played at the same time, each against an embedded KTRDR of its own."""


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    return read_deviations()


@pytest.fixture(scope="module")
def replays(rows: list[Row], tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Future[Replay]]]:
    """The replays of all specimens, a few at a time."""
    recorded = RecordedShapes(SPECIMENS.values())
    not_replayed = read_not_replayed(SPECIMENS.values())
    folder = tmp_path_factory.mktemp("likeness")

    def play(specimen: Specimen) -> Replay:
        log_dir: Path = folder / specimen.id
        log_dir.mkdir(parents=True)
        with embedded_ktrdr(specimen, log_dir) as target:
            return Player(specimen, target, recorded, rows, not_replayed).play()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield {name: pool.submit(play, specimen) for name, specimen in SPECIMENS.items()}
        pool.shutdown(cancel_futures=True)


@pytest.mark.parametrize("name", SPECIMENS)
def test_answers_as_recorded(name: str, replays: dict[str, Future[Replay]]) -> None:
    replay = replays[name].result()
    assert replay.outcomes.keys() == {replay.specimen.reference(step) for step in replay.specimen.exchanges}
    assert not replay.differences, "\n" + "\n".join(str(difference) for difference in replay.differences)


def test_every_row_is_used_and_nearly_everything_is_replayed(
    replays: dict[str, Future[Replay]], rows: list[Row], capsys: pytest.CaptureFixture[str]
) -> None:
    reckoning = reckon([replay.result() for replay in replays.values()], rows)
    with capsys.disabled():
        print(f"\nlikeness: {reckoning}")  # noqa: T201
    assert not reckoning.faults()
