"""What a list that should be empty says of what stands in it."""

from __future__ import annotations

import pytest

from ktrdr_acceptance.faults import Refuted
from ktrdr_acceptance.matchers.checks import Checker
from ktrdr_acceptance.matchers.lists import nothing
from ktrdr_acceptance.operations.waiting import Waiter


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (1, "there were 1: 1"),
        (5, "there were 5: 1; 2; 3; 4; 5"),
        (6, "there were 6: 1; 2; 3; 4; 5; and 1 more"),
        (20, "there were 20: 1; 2; 3; 4; 5; and 15 more"),
    ],
)
def test_what_stands_where_nothing_should_is_shown_and_the_rest_counted(count: int, said: str) -> None:
    check = Checker(Waiter()).that
    check("falls of the progress", [], nothing())
    with pytest.raises(Refuted) as caught:
        check("falls of the progress", list(range(1, count + 1)), nothing())
    assert str(caught.value) == f"falls of the progress: expected none, but {said}"
