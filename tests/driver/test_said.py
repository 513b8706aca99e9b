"""What a scenario speaks of: the last of a kind, the last of all, and never what nobody spoke of."""

from __future__ import annotations

import pytest

from ktrdr_acceptance.api.errors import Refusal
from ktrdr_acceptance.operations.operation import Kind
from ktrdr_acceptance.said import Said, Told

from .scripted_world import scripted_world

THINGS = [name for name, thing in vars(Said).items() if isinstance(thing, Told)]


@pytest.mark.parametrize("name", THINGS)
def test_what_nobody_has_spoken_of_is_an_error_in_words_and_not_nothing(name: str) -> None:
    with pytest.raises(LookupError, match=r"^no step before this one has spoken of \w.+"):
        getattr(Said(), name)


@pytest.mark.parametrize("name", THINGS)
@pytest.mark.parametrize("value", [None, 0, [], "x"])
def test_what_was_spoken_of_is_known_even_if_it_is_nothing(name: str, value: object) -> None:
    said, other = Said(), Said()
    setattr(said, name, value)
    assert getattr(said, name) == value
    with pytest.raises(LookupError):
        getattr(other, name)


@pytest.mark.parametrize("kind", list(Kind))
def test_an_operation_of_a_kind_that_nobody_spoke_of_is_named_by_its_kind(kind: Kind) -> None:
    with pytest.raises(LookupError, match=f"no step before this one has spoken of a {kind}"):
        Said().the(kind)


def test_it_is_the_last_of_all_and_each_kind_keeps_its_own_last() -> None:
    world = scripted_world()
    first = world.speaks_of(Kind.TRAINING, id="op_1")
    backtest = world.speaks_of(Kind.BACKTEST, id="op_2")
    assert world.operation is backtest
    assert (world.training, world.the(Kind.BACKTEST)) == (first, backtest)
    second = world.speaks_of(Kind.TRAINING, id="op_3")
    assert world.operation is world.training is second
    assert world.the(Kind.BACKTEST) is backtest


def test_the_id_of_a_request_of_its_own_comes_before_that_of_a_refusal() -> None:
    said = Said()
    with pytest.raises(LookupError, match="a refused request"):
        _ = said.id_of_request
    said.refusal = Refusal(404, "no", "no", request_id="acceptance-1")
    assert said.id_of_request == "acceptance-1"
    said.request_id = "acceptance-2"
    assert said.id_of_request == "acceptance-2"


def test_what_it_was_before_is_still_spoken_of() -> None:
    world = scripted_world()
    first = world.speaks_of(Kind.BACKTEST, id="op_1")
    with pytest.raises(LookupError, match="an operation before this one"):
        assert world.said.before
    second = world.speaks_of(Kind.BACKTEST, id="op_2")
    assert (world.said.before, world.operation) == (first, second)
