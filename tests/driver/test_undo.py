import pytest

from ktrdr_acceptance.faults import EnvironmentFault
from ktrdr_acceptance.undo import Undo


def test_all_run_newest_first() -> None:
    undo, order = Undo(), list[str]()
    for name in ("first", "second", "third"):
        undo.register(name, lambda name=name: order.append(name))  # type: ignore[misc]
    assert undo.run() == []
    assert order == ["third", "second", "first"]


def failing(error: Exception) -> None:
    raise error


@pytest.mark.parametrize(
    "error", [AssertionError("no"), EnvironmentFault("no"), KeyError("no"), OSError("no")]
)
def test_a_failing_one_is_named_and_keeps_no_other_from_running(error: Exception) -> None:
    undo, order = Undo(), list[str]()
    undo.register("end the first training", lambda: order.append("first"))
    undo.register("end the second training", lambda: failing(error))
    undo.register("end the third training", lambda: order.append("third"))
    assert undo.run() == [f"could not end the second training: {error}"]
    assert order == ["third", "first"]


def test_every_failure_is_told_in_the_order_of_the_undos() -> None:
    undo = Undo()
    undo.register("a", lambda: failing(ValueError("1")))
    undo.register("b", lambda: failing(ValueError("2")))
    assert undo.run() == ["could not b: 2", "could not a: 1"]


def test_an_undo_runs_once() -> None:
    undo, order = Undo(), list[str]()
    undo.register("a", lambda: order.append("a"))
    assert not undo.is_empty
    undo.run()
    assert undo.is_empty
    assert undo.run() == []
    assert order == ["a"]


def test_an_undo_may_register_another() -> None:
    undo, order = Undo(), list[str]()
    undo.register("a", lambda: undo.register("b", lambda: order.append("b")))
    undo.run()
    assert order == ["b"]
