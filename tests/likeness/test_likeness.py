"""The embedded KTRDR answers as generation S was recorded to, apart from the rows of DEVIATIONS.md."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from .comparison import RecordedShapes
from .deviations import Row, read_deviations
from .embedded import embedded_ktrdr, groups
from .player import Player, Replay
from .reckoning import read_not_replayed, reckon
from .specimen import Specimen, read_all

SPECIMENS = {specimen.id: specimen for specimen in read_all()}
AT_ONCE = 3
"""How many embedded KTRDR are played at the same time; they wait for much."""

Replays = dict[str, Future[dict[str, Replay]]]


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    return read_deviations()


@pytest.fixture(scope="module")
def replays(rows: list[Row], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Replays]:
    """The replays of all specimens, a few at a time; name -> those of its group."""
    recorded = RecordedShapes(SPECIMENS.values())
    not_replayed = read_not_replayed(SPECIMENS.values())
    folder = tmp_path_factory.mktemp("likeness")

    def play(group: list[Specimen]) -> dict[str, Replay]:
        log_dir: Path = folder / group[0].id
        log_dir.mkdir(parents=True)
        with embedded_ktrdr(group[0], log_dir) as target:
            return {each.id: Player(each, target, recorded, rows, not_replayed).play() for each in group}

    with ThreadPoolExecutor(AT_ONCE) as pool:
        futures: Replays = {}
        for group in groups(SPECIMENS.values()):
            futures |= dict.fromkeys((each.id for each in group), pool.submit(play, group))
        yield futures
        pool.shutdown(cancel_futures=True)


@pytest.mark.parametrize("name", SPECIMENS)
def test_answers_as_recorded(name: str, replays: Replays) -> None:
    replay = replays[name].result()[name]
    assert replay.outcomes.keys() == {replay.specimen.reference(step) for step in replay.specimen.exchanges}
    assert not replay.differences, "\n" + "\n".join(str(difference) for difference in replay.differences)


def test_every_row_is_used_and_hardly_anything_left_out(
    replays: Replays, rows: list[Row], capsys: pytest.CaptureFixture[str]
) -> None:
    reckoning = reckon([replays[name].result()[name] for name in SPECIMENS], rows)
    with capsys.disabled():
        print(f"\nlikeness: {reckoning}")  # noqa: T201
    assert not reckoning.faults()
