from collections.abc import Iterator

import pytest

from .harness import Embedded


@pytest.fixture(scope="module")
def ktrdr(request: pytest.FixtureRequest) -> Iterator[Embedded]:
    """One embedded KTRDR for all tests of a module, which may name OPTIONS of its own."""
    embedded = Embedded(*getattr(request.module, "OPTIONS", ()))
    yield embedded
    embedded.stop()


@pytest.fixture(autouse=True)
def _nothing_runs_on(request: pytest.FixtureRequest) -> Iterator[None]:
    """A test that leaves a training behind does not make the next one find a busy worker."""
    yield
    if "ktrdr" in request.fixturenames:
        embedded: Embedded = request.getfixturevalue("ktrdr")
        for each in embedded.client.get("/operations?active_only=true&limit=1000").json()["data"]:
            embedded.client.delete(f"/operations/{each['operation_id']}")
