"""The folder of the cached bars is full: downloads say so, nothing is lost, afterwards they work again."""

import errno
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from embedded_ktrdr.bars import BarRepository

from .harness import Embedded, told, until

LIMIT = 2**20
BARS = [(1_704_700_800 + hour * 3600, 1.1, 1.2, 1.0, 1.1, 5.0) for hour in range(100)]
EARLY = {"symbol": "AUDUSD", "timeframe": "1h", "start_date": "2024-01-08", "end_date": "2024-01-12"}
LATE = EARLY | {"start_date": "2024-03-04", "end_date": "2024-03-08"}


@pytest.fixture
def repository(tmp_path: Path) -> BarRepository:
    return BarRepository(tmp_path, LIMIT)


def fill(folder: Path, room: int = 0) -> None:
    """Leave so many bytes; the file that fills the rest takes no place on a real disk."""
    held = sum(each.stat().st_size for each in folder.iterdir() if each.name != "filler")
    with (folder / "filler").open("wb") as file:
        file.truncate(LIMIT - held - room)


def test_a_full_folder_refuses_and_keeps_what_it_has(repository: BarRepository, tmp_path: Path) -> None:
    repository.save("AAPL", "1h", BARS[:50])
    path = tmp_path / "AAPL_1h.csv"
    before = path.read_bytes()
    fill(tmp_path)
    with pytest.raises(OSError, match="No space left on device") as refused:
        repository.save("AAPL", "1h", BARS[50:])
    assert refused.value.errno == errno.ENOSPC
    assert path.read_bytes() == before
    assert {each.name for each in tmp_path.iterdir()} == {"AAPL_1h.csv", "filler"}
    (tmp_path / "filler").unlink()
    assert repository.save("AAPL", "1h", BARS[50:]) == 100


def test_what_just_fits_is_written(repository: BarRepository, tmp_path: Path) -> None:
    BarRepository(tmp_path).save("AAPL", "1h", BARS)
    needed = (tmp_path / "AAPL_1h.csv").stat().st_size
    (tmp_path / "AAPL_1h.csv").unlink()
    fill(tmp_path, needed - 1)
    with pytest.raises(OSError, match="No space"):
        repository.save("AAPL", "1h", BARS)
    fill(tmp_path, needed)
    assert repository.save("AAPL", "1h", BARS) == 100


def test_a_file_that_cannot_be_written_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def half(path: Path, content: bytes) -> None:
        with path.open("wb") as file:
            file.write(content[:10])
        raise OSError(errno.ENOSPC, "No space left on device")

    repository = BarRepository(tmp_path)
    repository.save("AAPL", "1h", BARS[:50])
    monkeypatch.setattr(Path, "write_bytes", half)
    with pytest.raises(OSError, match="No space"):
        repository.save("AAPL", "1h", BARS)
    assert [each.name for each in tmp_path.iterdir()] == ["AAPL_1h.csv"]


@pytest.fixture(scope="module")
def own() -> Iterator[Embedded]:
    embedded = Embedded("--training-workers", "0", "--backtest-workers", "0", "--data-limit-mb", "1")
    yield embedded
    embedded.stop()


def download(embedded: Embedded, **wishes: Any) -> dict[str, Any]:
    answer = embedded.client.post("/data/acquire/download", json=wishes)
    return embedded.ended(answer.json()["operation_id"])


def test_a_download_fails_names_the_disk_and_works_again_with_room(own: Embedded) -> None:
    assert own.ready["data_limit_bytes"] == LIMIT
    assert download(own, **EARLY)["status"] == "completed"
    folder = Path(own.ready["data_dir"])
    path = folder / "AUDUSD_1h.csv"
    before, read = path.read_bytes(), own.client.get("/data/AUDUSD/1h").json()
    fill(folder)
    failed = download(own, **LATE)
    assert (failed["status"], failed["result_summary"]) == ("failed", None)
    assert failed["error_message"] == (
        "The bars of AUDUSD 1h cannot be written to the disk of the data folder: No space left on device"
    )
    assert path.read_bytes() == before
    assert own.client.get("/data/AUDUSD/1h").json() == read
    assert {each.name for each in folder.iterdir()} == {"AUDUSD_1h.csv", "filler"}
    assert own.client.get("/health").json()["status"] == "ok"
    (folder / "filler").unlink()
    again = own.client.post(f"/operations/{failed['operation_id']}/retry").json()["data"]["operation_id"]
    assert own.ended(again)["status"] == "completed"
    assert own.client.get("/data/AUDUSD/1h").json()["data"]["metadata"]["end_date"].startswith("2024-03-08")
    assert "Traceback" not in own.log("backend")


def test_bars_that_came_before_the_host_went_are_named_lost_if_the_disk_is_full(own: Embedded) -> None:
    """The disk comes second here, but it is what keeps the bars that came from being kept."""
    folder = Path(own.ready["data_dir"])
    fill(folder)
    order = {"symbol": "USDJPY", "timeframe": "1h", "start_date": "2015-01-01", "end_date": "2024-12-31"}
    operation = own.client.post("/data/acquire/download", json={**order, "mode": "full"}).json()[
        "operation_id"
    ]
    until(lambda: own.operation(operation)["progress"]["items_processed"] or own.ended(operation))
    told(own, "kill ib-host")
    ended = own.ended(operation)
    assert "disk of the data folder" in ended["error_message"]
    assert not (folder / "USDJPY_1h.csv").exists()
    told(own, "start ib-host")
    (folder / "filler").unlink()
