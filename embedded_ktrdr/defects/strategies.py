"""Defects of the strategies: which there are, and what a validation says of them."""

from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import HTTPException

from embedded_ktrdr.backend import app
from embedded_ktrdr.defects.defect import defect, patch
from embedded_ktrdr.defects.routes import patch_route
from embedded_ktrdr.strategies import Strategy

AREA = "strategies"
DUPLICATE, WITHOUT_SETS = "strategy-invalid#duplicate", "strategy-invalid#without-sets"
WARNING, UNKNOWN = "strategy-warning", "strategy-unknown"
VALIDATE = "/strategies/validate/{strategy_name}"

PAGE = 10

Issues = list[dict[str, Any]]
Find = Callable[[Strategy], Issues]
Answer = dict[str, Any]
Ask = Callable[..., Awaitable[Answer]]


@defect(
    "every-strategy-called-valid",
    "The validation calls every strategy valid",
    (DUPLICATE, "it is not valid"),
    (WITHOUT_SETS, "it is not valid"),
    area=AREA,
    severity="blocker",
    behaviour="an invalid strategy is not called valid",
    shown_by="S",
)
def _every_strategy_called_valid() -> None:
    @patch(Strategy, "issues")
    def issues(_original: Find, _self: Strategy) -> Issues:
        return []


@defect(
    "missing-sets-only-warned-of",
    "A strategy whose indicator has no fuzzy sets is called valid, with a warning",
    (WITHOUT_SETS, "it is not valid"),
    area=AREA,
    behaviour="a strategy that cannot be trained is not called valid",
)
def _missing_sets_only_warned_of() -> None:
    @patch(Strategy, "issues")
    def issues(original: Find, self: Strategy) -> Issues:
        found = original(self)
        return [
            each | ({"severity": "warning"} if each["category"] == "fuzzy_sets" else {}) for each in found
        ]


@defect(
    "errors-without-names",
    "An error of a strategy says what is wrong, but not where",
    (DUPLICATE, 'its errors name "rsi_14"'),
    (WITHOUT_SETS, 'its errors name "ema_20"'),
    area=AREA,
    severity="minor",
    behaviour="an error names the indicator that is wrong",
)
def _errors_without_names() -> None:
    @patch(Strategy, "issues")
    def issues(original: Find, self: Strategy) -> Issues:
        found = original(self)
        return [
            each | {"message": each["message"].split(":")[0], "details": {}}
            if each["severity"] == "error"
            else each
            for each in found
        ]


@defect(
    "another-indicator-blamed",
    "An error of a strategy names the indicator beside the one that is wrong",
    (WITHOUT_SETS, 'its errors name "ema_20"'),
    area=AREA,
    behaviour="an error names the indicator that is wrong",
)
def _another_indicator_blamed() -> None:
    @patch(Strategy, "issues")
    def issues(original: Find, self: Strategy) -> Issues:
        found = original(self)
        for each in found:
            if each["message"].startswith("Missing"):
                names = sorted(set(self.indicators) - set(each["details"]["feature_ids"]))
                each["message"] = f"Missing fuzzy_sets for indicators: {', '.join(names)}."
                each["details"] = {"feature_ids": names}
        return found


@defect(
    "warnings-swallowed",
    "The validation says nothing of what is only worth a warning",
    (WARNING, 'its warnings name "rsi_28"'),
    area=AREA,
    severity="minor",
    behaviour="what is worth a warning is told",
)
def _warnings_swallowed() -> None:
    @patch(Strategy, "issues")
    def issues(original: Find, self: Strategy) -> Issues:
        return [each for each in original(self) if each["severity"] == "error"]


@defect(
    "warning-makes-invalid",
    "A strategy with a warning is called invalid",
    (WARNING, "it is valid"),
    area=AREA,
    behaviour="a strategy that can be trained is valid",
)
def _warning_makes_invalid() -> None:
    @patch_route(app, "strategy_router", VALIDATE, "POST")
    async def validate(original: Ask, *asked: Any, **named: Any) -> Answer:
        answer = await original(*asked, **named)
        return answer | {"valid": not answer["issues"]}


@defect(
    "price-ratio-not-understood",
    "The validation finds no fuzzy sets where their input is a ratio of prices",
    ("strategy-valid#zero", "it is valid"),
    area=AREA,
    behaviour="a strategy that can be trained is valid",
)
def _price_ratio_not_understood() -> None:
    @patch(Strategy, "fuzzy_config")
    def fuzzy_config(original: Callable[[Strategy], Answer], self: Strategy) -> Answer:
        return {name: sets for name, sets in original(self).items() if "input_transform" not in sets}


@defect(
    "errors-about-nothing",
    "The validation of a valid strategy names errors that are none",
    ("strategy-valid#e2e", "no errors are named"),
    area=AREA,
    behaviour="of a valid strategy no errors are named",
)
def _errors_about_nothing() -> None:
    empty = {
        "severity": "error",
        "category": "indicators",
        "message": "Duplicate feature_ids: .",
        "details": {"feature_ids": []},
    }

    @patch_route(app, "strategy_router", VALIDATE, "POST")
    async def validate(original: Ask, *asked: Any, **named: Any) -> Answer:
        answer = await original(*asked, **named)
        return answer | {"issues": answer["issues"] or [empty]}


@defect(
    "strategies-cut-to-a-page",
    "The list of strategies ends after ten, and does not say so",
    ("strategies-listed", '"universal_zero_shot_model" is one of them'),
    area=AREA,
    behaviour="every strategy is listed",
)
def _strategies_cut_to_a_page() -> None:
    @patch_route(app, "strategy_router", "/strategies/", "GET")
    async def listed(original: Ask, *asked: Any, **named: Any) -> Answer:
        answer = await original(*asked, **named)
        return answer | {"strategies": answer["strategies"][:PAGE]}


@defect(
    "unknown-strategy-is-bad-request",
    "To have an unknown strategy validated is called a bad request",
    (UNKNOWN, "it is reported as not found"),
    area=AREA,
    severity="minor",
    behaviour="what is not there is reported as not found",
)
def _unknown_strategy_is_bad_request() -> None:
    @patch_route(app, "strategy_router", VALIDATE, "POST")
    async def validate(original: Ask, *asked: Any, **named: Any) -> Answer:
        try:
            return await original(*asked, **named)
        except HTTPException as error:
            raise HTTPException(400, error.detail) from None
