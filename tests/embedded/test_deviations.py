import re
from pathlib import Path

import pytest

from embedded_ktrdr.backend.app import create_app as create_backend
from embedded_ktrdr.bars import BarRepository
from embedded_ktrdr.hosts.ib_host import create_app as create_ib_host
from embedded_ktrdr.models import Models
from embedded_ktrdr.pace import Pace
from embedded_ktrdr.worker.backtest import create_app as create_backtest_worker
from embedded_ktrdr.worker.host import create_app as create_training_host
from embedded_ktrdr.worker.registration import Place
from embedded_ktrdr.worker.training import create_app as create_training_worker

TABLE = Path(__file__).parents[2] / "embedded_ktrdr" / "DEVIATIONS.md"
COLUMNS = ["id", "service", "route", "status", "path", "when", "S", "ours", "check", "why and source"]


def rows() -> list[dict[str, str]]:
    lines = [
        line.strip("| \n").split(" | ") for line in TABLE.read_text().splitlines() if line.startswith("|")
    ]
    assert lines[0] == COLUMNS
    return [dict(zip(COLUMNS, cells, strict=True)) for cells in lines[2:]]


PLACE = Place("w", "http://w", "http://b")
WORKER = (PLACE, Pace(), BarRepository(Path("data")), Models(Path("models")))
ROUTES = {
    service: {
        f"{method.upper()} {path}" for path, item in app.openapi()["paths"].items() for method in item
    }
    for service, app in (
        ("backend", create_backend(*WORKER[1:], "http://i")),
        ("training-worker", create_training_worker(*WORKER)),
        ("gpu-worker", create_training_worker(*WORKER)),  # which answers in its place
        ("backtest-worker", create_backtest_worker(*WORKER)),
        ("ib-host", create_ib_host("http://g", Pace())),
        ("training-host", create_training_host(*WORKER)),
    )
}  # fmt: skip


def test_ids_are_unique_and_in_order() -> None:
    ids = [row["id"] for row in rows()]
    assert ids == sorted(set(ids))


@pytest.mark.parametrize("row", rows(), ids=lambda row: row["id"])
def test_a_row_is_whole_and_names_a_route_of_ours(row: dict[str, str]) -> None:
    assert all(row.values())
    assert re.fullmatch(r"same|\d{3} -> \d{3}", row["status"])
    services = row["service"].split(" ; ")
    assert set(services) <= ROUTES.keys()
    for route in row["route"].split(" ; "):
        assert any(route in ROUTES[each] for each in services) or route.endswith("/openapi.json")
