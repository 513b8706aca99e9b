"""Variations of how moments and numbers are written: each means what it meant before."""

import re
from collections.abc import Callable
from typing import Any

from embedded_ktrdr.variations.answering import change_bodies, every_dict
from embedded_ktrdr.variations.variation import variation

MOMENT = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d+))?(Z|\+00:00)?")
LISTS = ("/api/v1/operations", "/api/v1/operations/")

# Counts, which are written with a fraction that is nothing.
COUNTS = frozenset(
    {
        "total_count", "active_count", "steps_completed", "steps_total", "items_processed", "items_total",
        "health_check_failures", "estimated_duration_minutes", "point_count", "trade_count", "total_trades",
        "winning_trades", "losing_trades", "equity_curve_length", "epoch", "epochs_trained", "total_samples",
        "feature_count", "rows_downloaded", "gaps_filled", "rows", "total_symbols", "total_timeframes",
        "registered_workers", "iterations_completed", "total_sessions", "active_connections",
    }
)  # fmt: skip


@variation(
    "zone-suffixes-swapped",
    "What was written with Z is written with +00:00, and the other way round",
    benign="both mean UTC",
)
def _zone_suffixes_swapped() -> None:
    swapped = {"Z": "+00:00", "+00:00": "Z", None: ""}
    _rewrite_moments(lambda _name, found: f"{found[1]}{_fraction(found[2])}{swapped[found[3]]}")


@variation(
    "fractions-of-another-length",
    "The moment of creation is written to the nanosecond, others that have a fraction to the millisecond",
    benign="how many digits a second has is not promised",
)
def _fractions_of_another_length() -> None:
    def written(name: str, found: re.Match[str]) -> str:
        digits = found[2] and (found[2].ljust(9, "0") if name == "created_at" else found[2][:3])
        return f"{found[1]}{_fraction(digits)}{found[3] or ''}"

    _rewrite_moments(written)


@variation(
    "zone-where-there-was-none",
    "Services say with a zone at which moment they answer",
    benign="a moment without a zone is UTC, and may as well say so",
)
def _zone_where_there_was_none() -> None:
    told = ("timestamp", "last_check", "last_health_check")
    _rewrite_moments(lambda name, found: found[0] if found[3] or name not in told else f"{found[0]}Z")


@variation(
    "no-zone-in-lists",
    "The list of operations says without a zone when each was created",
    benign="every moment of KTRDR is UTC; elsewhere it leaves the zone out, too",
)
def _no_zone_in_lists() -> None:
    def written(name: str, found: re.Match[str]) -> str:
        return f"{found[1]}{_fraction(found[2])}" if name == "created_at" else found[0]

    change = _moments_changed(written)
    change_bodies(lambda said, path: change(said) if path in LISTS else said)


@variation(
    "whole-numbers-without-fraction",
    "Percentages, amounts and metrics that are whole are written 100 instead of 100.0",
    benign="both are the same number in JSON",
)
def _whole_numbers_without_fraction() -> None:
    def written(name: str, value: Any) -> Any:
        return int(value) if type(value) is float and value.is_integer() and name not in COUNTS else value

    change_bodies(lambda said, _path: every_dict(said, _each(written)))


@variation(
    "counts-with-fraction",
    "Counts are written 10.0 instead of 10",
    benign="both are the same number in JSON",
)
def _counts_with_fraction() -> None:
    def written(name: str, value: Any) -> Any:
        return float(value) if type(value) is int and name in COUNTS else value

    change_bodies(lambda said, _path: every_dict(said, _each(written)))


def _fraction(digits: str | None) -> str:
    return f".{digits}" if digits else ""


def _each(written: Callable[[str, Any], Any]) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda said: {name: written(name, value) for name, value in said.items()}


def _rewrite_moments(written: Callable[[str, re.Match[str]], str]) -> None:
    change = _moments_changed(written)
    change_bodies(lambda said, _path: change(said))


def _moments_changed(written: Callable[[str, re.Match[str]], str]) -> Callable[[Any], Any]:
    """A change of every field that is a moment; it gets the field's name and the parts of the moment."""

    def moment(name: str, value: Any) -> Any:
        found = MOMENT.fullmatch(value) if isinstance(value, str) else None
        return written(name, found) if found else value

    return lambda said: every_dict(said, _each(moment))
