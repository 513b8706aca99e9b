from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest
from run.project import Done
from run.stub_ktrdr import StubKtrdr

from .specimen import Specimen, SpecimenProject
from .specimens import SPECIMENS
from .stock import StockOutputs


class Runs:
    """Every specimen run twice, two processes at a time."""

    def __init__(self, specimens: list[Specimen], folder: Path, ktrdr: StubKtrdr) -> None:
        self._pool = ThreadPoolExecutor(2)
        self._ours: dict[str, Future[Done]] = {}
        self._stock: dict[str, Future[StockOutputs]] = {}
        for specimen in specimens:
            ours = SpecimenProject(folder / specimen.name / "ours", specimen, stock=False)
            stock = SpecimenProject(folder / specimen.name / "stock", specimen, stock=True)
            self._ours[specimen.name] = self._pool.submit(ours.run_ours, ktrdr.url)
            self._stock[specimen.name] = self._pool.submit(stock.run_stock)

    def ours(self, name: str) -> Done:
        return self._ours[name].result()

    def stock(self, name: str) -> StockOutputs:
        return self._stock[name].result()

    def close(self) -> None:
        self._pool.shutdown(cancel_futures=True)


@pytest.fixture(scope="module")
def ktrdr() -> Iterator[StubKtrdr]:
    stub = StubKtrdr()
    yield stub
    stub.stop()


@pytest.fixture(scope="module")
def runs(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, ktrdr: StubKtrdr
) -> Iterator[Runs]:
    """The runs of the specimens that were selected."""
    asked = " ".join(item.name for item in request.session.items)
    wanted = [specimen for specimen in SPECIMENS.values() if f"[{specimen.name}]" in asked]
    runs = Runs(wanted or list(SPECIMENS.values()), tmp_path_factory.mktemp("truth"), ktrdr)
    yield runs
    runs.close()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Show what stock behave says of each specimen, and how often our outputs disagree."""
    said = [
        str(value)
        for outcome in ("passed", "failed")
        for report in terminalreporter.getreports(outcome)
        if report.when == "call"
        for name, value in report.user_properties
        if name == "truth"
    ]
    for line in said:
        terminalreporter.write_line(line)
