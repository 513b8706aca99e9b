"""The forms of KTRDR's command: the arguments of each, and what is read from what it prints."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ktrdr_acceptance.api.command_sets import COMMAND_SETS, CommandSet, Shown, set_of_help
from ktrdr_acceptance.faults import Refuted
from ktrdr_acceptance.operations.operation import Kind

from .scripted_command import HELP_H, HELP_S, LIST_S, STATUS_S

FORMS = {form.name: form for form in COMMAND_SETS}
S, H = FORMS["S"], FORMS["H"]
TRAINING = {
    "symbols": ["EURUSD"],
    "timeframes": ["1d"],
    "strategy_name": "some",
    "start_date": "2024-01-01",
    "end_date": "2024-12-31",
}
BACKTEST = {
    "strategy_name": "some",
    "symbol": "EURUSD",
    "timeframe": "1d",
    "start_date": "2024-01-01",
    "end_date": "2024-12-31",
}


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (HELP_S, "S"),
        (HELP_H, "H"),
        # Words in the descriptions must not make one form of the other.
        (HELP_S + "│ ib │ train of thought, follow, cancel │", "S"),
        (HELP_H + "│ list │ models, operations │", "H"),
    ],
)
def test_the_form_is_known_by_its_help(text: str, name: str) -> None:
    found = set_of_help(text)
    assert found is not None
    assert found.name == name


@pytest.mark.parametrize("text", ["", "models", "usage: cat", HELP_S.replace("models", "modelsx")])
def test_a_help_of_something_else_is_no_form(text: str) -> None:
    assert set_of_help(text) is None


DATES_S = "--start-date 2024-01-01 --end-date 2024-12-31"
DATES_H = "--start 2024-01-01 --end 2024-12-31"


@pytest.mark.parametrize(
    ("form", "kind", "request_", "started", "watched"),
    [
        (
            S,
            Kind.TRAINING,
            TRAINING,
            f"models train /folder/some.yaml EURUSD 1d {DATES_S}",
            f"models train /folder/some.yaml EURUSD 1d {DATES_S}",
        ),
        (
            S,
            Kind.BACKTEST,
            {**BACKTEST, "model_path": "m.pt"},
            f"backtest run some EURUSD 1d {DATES_S} --model-path m.pt",
            f"backtest run some EURUSD 1d {DATES_S} --model-path m.pt",
        ),
        (
            H,
            Kind.TRAINING,
            {**TRAINING, "symbols": ["EURUSD", "AAPL"]},
            f"--json train some {DATES_H} --symbols EURUSD,AAPL --timeframes 1d",
            f"train some {DATES_H} --symbols EURUSD,AAPL --timeframes 1d --follow",
        ),
        (
            H,
            Kind.BACKTEST,
            {**BACKTEST, "model_path": "m.pt"},
            f"--json backtest some {DATES_H} --model-path m.pt",
            f"backtest some {DATES_H} --model-path m.pt --follow",
        ),
    ],
)
def test_a_start_asks_for_what_a_request_over_http_asks_for(
    form: CommandSet, kind: Kind, request_: dict[str, Any], started: str, watched: str
) -> None:
    assert " ".join(form.start(kind, request_, "/folder")) == started
    assert " ".join(form.watch(kind, request_, "/folder")) == watched


def test_the_other_commands_of_each_form() -> None:
    assert (S.list_(7), S.status("op_1"), S.cancel("op_1")) == (
        ["operations", "list", "--limit", "7"],
        ["operations", "status", "op_1"],
        ["operations", "cancel", "op_1"],
    )
    assert (H.list_(7), H.status("op_1"), H.cancel("op_1")) == (
        ["--json", "ops", "--limit", "7"],
        ["--json", "status", "op_1"],
        ["--json", "cancel", "op_1"],
    )
    assert H.follow("op_1") == ["follow", "op_1"]
    with pytest.raises(LookupError):
        S.follow("op_1")
    assert (S.at("http://h:1"), H.at("http://h:1")) == ([], ["--url", "http://h:1"])


def test_a_list_as_set_s_prints_it() -> None:
    shown = [Shown("1122_222654_4b5e75af...", "cancelled"), Shown("op_short", "completed")]
    assert S.read_list(LIST_S) == shown
    # As it is drawn where the terminal knows no lines.
    assert S.read_list(LIST_S.replace("│", "|").replace("┃", "|")) == shown
    assert S.read_list("ℹ️  No operations found") == []


def test_a_list_as_set_h_prints_it() -> None:
    rows = [{"operation_id": "op_1", "status": "running", "progress_percentage": 3.0}]
    assert H.read_list(json.dumps(rows)) == [Shown("op_1", "running")]
    assert H.read_list("[]") == []


def test_one_operation_as_each_form_prints_it() -> None:
    assert S.read_status(STATUS_S) == Shown("op_1", "completed", 100.0)
    body = {"operation_id": "op_1", "status": "running", "progress": {"percentage": 12.34}}
    assert H.read_status(json.dumps(body)) == Shown("op_1", "running", 12.3)


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("", "no JSON: ''"),
        ("Starting ...\n[]", "no JSON"),
        ("{}", "without a list"),
        ('[{"status": "running"}]', "without its id or its status"),
        ('[{"operation_id": "op_1"}]', "without its id or its status"),
        ("[1]", "without its id or its status"),
    ],
)
def test_what_no_program_can_read_is_no_list(said: str, why: str) -> None:
    with pytest.raises(Refuted, match=why):
        H.read_list(said)


def test_the_end_of_a_long_id_is_that_operation_s_and_no_other_s() -> None:
    shown = Shown("1122_222654_4b5e75af...", "completed")
    assert shown.is_of("op_training_20261122_222654_4b5e75af")
    assert not shown.is_of("op_training_20261122_222654_4b5e75a0")
    assert not shown.is_of("1122_222654_4b5e75af_more")
    assert Shown("op_1", "completed").is_of("op_1")
    # Not cut, so it is no end of another.
    assert not Shown("op_1", "completed").is_of("another_op_1")
    assert not Shown("...", "completed").is_of("op_1")
    assert not Shown("", "completed").is_of("op_1")
