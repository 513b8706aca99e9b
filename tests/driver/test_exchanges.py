"""The exchanges of a scenario as text: what is alike is told once, and nothing else is left out."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ktrdr_acceptance.api.http import Exchange
from ktrdr_acceptance.evidence.texts import exchange_digest, exchanges_attachment

ONE = Exchange(
    "backend", "GET", "http://h:1/x", {"a": 1}, 200, {"b": 2}, 0.01, 5.0, request_id="acceptance-1"
)


def blocks(*exchanges: Exchange) -> list[str]:
    return exchanges_attachment(list(exchanges)).text.split("\n\n")


def test_neighbours_that_are_alike_are_told_once_wherever_they_stand() -> None:
    other = replace(ONE, response_body={"b": 3}, at=5.5, elapsed_s=0.5)
    told = blocks(ONE, replace(ONE, at=5.1), other, replace(other, at=5.6), replace(other, at=5.7))
    assert told == [
        '+0.000 s  backend  GET http://h:1/x  (acceptance-1)\n> {"a": 1}\n< HTTP 200 in 10 ms\n< {"b": 2}',
        "(the same answer 1 more times)",
        '+0.500 s  backend  GET http://h:1/x  (acceptance-1)\n> {"a": 1}\n< HTTP 200 in 500 ms\n< {"b": 3}',
        "(the same answer 2 more times)",
    ]


@pytest.mark.parametrize(
    "change",
    [
        {"service": "worker"},
        {"method": "POST"},
        {"url": "http://h:1/y"},
        {"request_body": {"a": 2}},
        {"status": 404},
        {"status": None, "failure": "no answer within 1 s"},
        {"response_body": "text"},
    ],
)
def test_what_differs_in_anything_is_told_by_itself(change: dict[str, object]) -> None:
    told = blocks(ONE, replace(ONE, **change))  # type: ignore[arg-type]
    assert len(told) == 2
    assert "the same answer" not in told[1]


def test_two_failures_of_different_kinds_are_two() -> None:
    silent = replace(ONE, status=None, response_body=None, failure="no answer within 1 s")
    assert "refused" in blocks(silent, replace(silent, failure="connection refused"))[1]


def test_of_very_many_the_first_are_left_out_and_that_is_said() -> None:
    many = [replace(ONE, url=f"http://h:1/{number}") for number in range(203)]
    told = blocks(*many)
    assert told[0] == "(the first 3 exchanges are left out)"
    assert [len(told), "http://h:1/3 " in told[1], "http://h:1/202 " in told[-1]] == [201, True, True]


def test_in_short_each_request_is_one_line_with_its_count_and_its_slowest() -> None:
    refused = replace(ONE, status=None, failure="connection refused")
    assert exchange_digest([ONE, replace(ONE, elapsed_s=0.2), refused]).text.splitlines() == [
        "backend  GET http://h:1/x: HTTP 200, 2 times, slowest 200 ms",
        "backend  GET http://h:1/x: connection refused, 1 times, slowest 10 ms",
    ]
