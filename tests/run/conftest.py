from collections.abc import Iterator
from pathlib import Path

import pytest

from .project import Project
from .runs import Runs
from .stub_ktrdr import StubKtrdr


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return Project(tmp_path_factory.mktemp("project") / "here")


@pytest.fixture(scope="session")
def ktrdr() -> Iterator[StubKtrdr]:
    """One healthy stub for all runs that do not harm it."""
    stub = StubKtrdr()
    yield stub
    stub.stop()


@pytest.fixture(scope="module")
def runs(
    request: pytest.FixtureRequest,
    project: Project,
    ktrdr: StubKtrdr,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Runs]:
    """All runs of a module's PLANS."""
    runs = Runs(request.module.PLANS, project, ktrdr, tmp_path_factory.mktemp("runs"))
    yield runs
    runs.close()


@pytest.fixture
def own_ktrdr() -> Iterator[StubKtrdr]:
    """A stub of one test."""
    stub = StubKtrdr()
    yield stub
    stub.stop()


@pytest.fixture
def reports(tmp_path: Path) -> Path:
    return tmp_path / "reports"
