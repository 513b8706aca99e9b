"""Strategies: which there are, what a validation says, and the model that a backtest needs."""

from __future__ import annotations

from typing import Any

import pytest

from ktrdr_acceptance.api.models import ContractBreach
from ktrdr_acceptance.domain.strategies import Validation
from ktrdr_acceptance.faults import Category, category_of

from .scripted_world import ScriptedWorld, scripted_world


def world_with(*rows: dict[str, Any]) -> ScriptedWorld:
    world = scripted_world()
    world.script("GET /strategies/", (200, {"success": True, "strategies": list(rows)}))
    world.script("POST /trainings/start", (200, {"task_id": "op_1"}))
    world.has_workers("t1")
    world.shows()
    return world


def starts(world: ScriptedWorld) -> list[Any]:
    return [one.body for one in world.net.asked if one.request == "POST /api/v1/trainings/start"]


# the list


def test_the_strategies_are_listed_by_name_with_their_latest_versions() -> None:
    world = world_with({"name": "mlp", "latest_version": 3}, {"name": "lstm"})
    world.say("when I ask which strategies there are")
    assert world.said.strategies == {"mlp": 3, "lstm": None}


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({"success": True}, "strategies"),
        ({"strategies": None}, "strategies"),
        ({"strategies": [{"symbol": "x"}]}, "strategies.0.name"),
    ],
)
def test_a_list_in_another_form_is_a_breach(body: Any, named: str) -> None:
    world = world_with()
    world.script("GET /strategies/", (200, body))
    with pytest.raises(ContractBreach, match=f"but its {named}: "):
        world.say("when I ask which strategies there are")


# validation


def test_a_validation_says_by_severity_what_is_wrong() -> None:
    issues = [
        {"severity": "error", "message": "no fuzzy set", "details": {"indicator": "ema_20"}},
        {"severity": "warning", "message": "unused"},
        {"severity": "error", "message": "twice"},
    ]
    validation = Validation.model_validate({"valid": False, "issues": issues})
    assert validation.said("error") == "no fuzzy set {'indicator': 'ema_20'}\ntwice None"
    assert validation.said("warning") == "unused None"
    assert validation.said("info") == ""


@pytest.mark.parametrize("body", [{"valid": True}, {"issues": []}, {"valid": "perhaps", "issues": []}])
def test_a_validation_that_lacks_its_verdict_or_its_issues_is_a_breach(body: Any) -> None:
    world = world_with()
    world.script("POST /strategies/validate/mlp", (200, body))
    with pytest.raises(ContractBreach):
        world.say('when I have the strategy "mlp" validated')


def test_a_validation_that_must_be_refused_fails_when_it_is_given() -> None:
    world = world_with()
    world.script("POST /strategies/validate/nosuch", (200, {"valid": False, "issues": []}))
    with pytest.raises(AssertionError, match="backend accepted the validation of the strategy nosuch"):
        world.say('when I try to have the strategy "nosuch" validated')
    world.script("POST /strategies/validate/nosuch", (404, {"detail": "no nosuch"}))
    world.say('when I try to have the strategy "nosuch" validated')
    assert world.said.refusal.is_not_found


# the model


def test_a_strategy_with_a_model_is_not_trained() -> None:
    world = world_with({"name": "mlp", "latest_version": 3})
    world.strategies.need_model("mlp", 60)
    assert starts(world) == []


@pytest.mark.parametrize("row", [{"name": "mlp"}, {"name": "mlp", "latest_version": None}], ids=str)
def test_a_strategy_without_a_model_is_trained_first_and_to_the_end(row: dict[str, Any]) -> None:
    world = world_with({"name": "lstm", "latest_version": 3}, row)
    world.strategies.need_model("mlp", 60)
    (body,) = starts(world)
    assert body["strategy_name"] == "mlp"
    assert world.net.requests()[-1] == "GET /api/v1/operations/op_1"


def test_a_model_that_cannot_be_trained_is_told() -> None:
    world = world_with({"name": "mlp"})
    world.shows("failed", 0.0)
    with pytest.raises(AssertionError, match="it has ended as failed"):
        world.strategies.need_model("mlp", 60)


def test_a_strategy_that_the_target_does_not_have_is_a_matter_of_configuration() -> None:
    world = world_with({"name": "lstm", "latest_version": 3})
    with pytest.raises(
        AssertionError, match=r"the target has no strategy mlp: .*testdata write.* makes it"
    ) as caught:
        world.strategies.need_model("mlp", 60)
    assert category_of(caught.value) == Category.CONFIGURATION
    assert starts(world) == []


def test_a_model_is_trained_only_once_a_worker_is_free() -> None:
    world = world_with({"name": "mlp"})
    world.has_workers("t1", status="busy", current_operation_id=None)
    with pytest.raises(AssertionError, match="a training worker to be free"):
        world.strategies.need_model("mlp", 60)
    assert starts(world) == []


def test_what_the_run_has_trained_is_not_trained_again_though_no_model_is_listed() -> None:
    trained: set[str] = set()
    for expected in (1, 0):
        world = world_with({"name": "mlp"}, {"name": "lstm"})
        world.strategies.trained = trained
        world.strategies.need_model("mlp", 60)
        assert len(starts(world)) == expected
    world.strategies.need_model("lstm", 60)
    assert [body["strategy_name"] for body in starts(world)] == ["lstm"]


def test_a_training_that_did_not_complete_has_trained_nothing() -> None:
    world = world_with({"name": "mlp"})
    world.shows("cancelled", 0.0)
    with pytest.raises(AssertionError):
        world.strategies.need_model("mlp", 60)
    assert world.strategies.trained == set()
