from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest
from run.project import Done
from run.stub_ktrdr import StubKtrdr
from verdict.specimens import Outputs

from .specimen import SpecimenProject
from .specimens import SPECIMENS
from .stock import StockOutputs


class Runs:
    """Specimens run twice, two processes at a time."""

    def __init__(self, folder: Path, ktrdr: StubKtrdr) -> None:
        self._folder = folder
        self._ktrdr = ktrdr
        ktrdr.log = folder / "backend.log"
        self._pool = ThreadPoolExecutor(2)
        self._ours: dict[str, Future[Done]] = {}
        self._stock: dict[str, Future[StockOutputs]] = {}

    def plan(self, name: str) -> None:
        """Have a specimen run, if it is not yet."""
        if name in self._ours:
            return
        specimen, folder = SPECIMENS[name], self._folder / name
        ours = SpecimenProject(folder / "ours", specimen, stock=False)
        stock = SpecimenProject(folder / "stock", specimen, stock=True)
        log = self._folder / "backend.log"
        self._ours[name] = self._pool.submit(ours.run_ours, self._ktrdr.url, log)
        self._stock[name] = self._pool.submit(stock.run_stock)

    def ours(self, name: str) -> Done:
        self.plan(name)
        return self._ours[name].result()

    def outputs(self, name: str) -> Outputs:
        return Outputs.of(self.ours(name).reports)

    def stock(self, name: str) -> StockOutputs:
        self.plan(name)
        return self._stock[name].result()

    def close(self) -> None:
        self._pool.shutdown(cancel_futures=True)


@pytest.fixture(scope="session")
def ktrdr() -> Iterator[StubKtrdr]:
    stub = StubKtrdr()
    yield stub
    stub.stop()


@pytest.fixture(scope="session")
def runs(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, ktrdr: StubKtrdr
) -> Iterator[Runs]:
    """The runs of the specimens that were selected; others begin when they are asked for."""
    runs = Runs(tmp_path_factory.mktemp("truth"), ktrdr)
    asked = " ".join(item.name for item in request.session.items)
    for name in SPECIMENS:
        if f"[{name}]" in asked:
            runs.plan(name)
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
