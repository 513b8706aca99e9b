"""Variations of what the body of an answer says beyond what is promised, and of how it is written."""

from typing import Any

from embedded_ktrdr.variations.answering import change_bodies, every_dict, write_bodies
from embedded_ktrdr.variations.variation import variation

# Which fields tell what a dictionary is about, and what it may say besides.
MORE_FIELDS: tuple[tuple[set[str], dict[str, Any]], ...] = (
    ({"operation_id", "progress"}, {"owner": "research", "tags": ["nightly"], "is_backend_local": False}),
    ({"operation_id", "progress_percentage"}, {"owner": "research", "priority": 5}),
    ({"percentage", "steps_total"}, {"eta_seconds": 12.5, "rate": {"value": 3, "unit": "items/s"}}),
    ({"operation_id", "cancelled_at"}, {"children_cancelled": []}),
    ({"worker_id", "endpoint_url"}, {"labels": {"zone": "eu-1", "spot": False}, "load": 0.25}),
    ({"healthy", "service"}, {"uptime_seconds": 4711.5, "hostname": "node-7", "checks": [{"disk": "ok"}]}),
    ({"status", "version"}, {"orphan_detector": {"running": True}, "build": "2026-11-01"}),
    ({"success"}, {"api_version": "v1", "links": {"docs": "/api/v1/docs"}}),
    ({"detail"}, {"trace_id": "00-4bf92f3577b34da6-01"}),
    ({"code", "message", "details"}, {"documentation": "see the manual"}),
    ({"field", "message", "type"}, {"severity": "error"}),
    ({"epoch", "train_loss"}, {"grad_norm": 0.75, "gpu_memory_mb": 0}),
    ({"total_return", "total_trades"}, {"turnover": 0.5, "currency": "USD"}),
    ({"test_accuracy", "test_loss"}, {"auc": 0.5}),
    ({"model_path", "training_metrics"}, {"checkpoints": [], "seed": 7}),
    ({"symbol", "timeframe", "point_count"}, {"source": "cache", "limited": False}),
    ({"session_id"}, {"queue": "default"}),
    ({"severity", "category", "message"}, {"line": 12}),
)
# Without a value, as generation H says some of them.
MORE_NULLS: tuple[tuple[set[str], tuple[str, ...]], ...] = (
    ({"operation_id", "progress"}, ("parent_operation_id", "resumed_from", "deleted_at")),
    ({"operation_id", "progress_percentage"}, ("parent_operation_id", "finished_at")),
    ({"worker_id", "endpoint_url"}, ("last_selected", "drained_at")),
    ({"healthy", "service"}, ("error", "last_job")),
    ({"status", "version"}, ("maintenance",)),
    ({"percentage", "steps_total"}, ("eta_text",)),
)
# Lists in no promised order, by the path that they are asked for at and the field that they are in.
UNORDERED = {
    "/api/v1/strategies": "strategies",
    "/api/v1/strategies/": "strategies",
    "/api/v1/symbols": "data",
    "/api/v1/timeframes": "data",
    "/api/v1/indicators": "data",
    "/api/v1/indicators/": "data",
}
WORKERS = "/api/v1/workers"


@variation(
    "null-fields-left-out",
    "Fields without a value are left out instead of null",
    benign="a field that may be null says as much when it is not there",
)
def _null_fields_left_out() -> None:
    # Between services the form is their own; this is what clients ask for.
    change_bodies(
        lambda said, path: every_dict(said, _without_nulls) if path.startswith("/api/v1/") else said
    )


@variation(
    "more-null-fields",
    "Answers have more fields without a value",
    benign="a client ignores fields that it does not know; generation H has some of these",
)
def _more_null_fields() -> None:
    change_bodies(lambda said, _path: every_dict(said, _with_nulls))


@variation(
    "more-fields",
    "Bodies, rows, errors, metrics and results have more fields, of every type",
    benign="a client ignores fields that it does not know",
)
def _more_fields() -> None:
    change_bodies(lambda said, _path: every_dict(said, _with_more))


@variation(
    "epochs-in-pairs",
    "The epochs of a training stand in a pair of them and their number, as at generation S",
    benign="the nesting of the metrics is of form, and each epoch is there once",
)
def _epochs_in_pairs() -> None:
    def nested(said: dict[str, Any]) -> dict[str, Any]:
        epochs = said.get("epochs")
        if isinstance(epochs, list) and epochs and isinstance(epochs[0], dict):
            return said | {"epochs": [epochs, len(epochs)]}
        return said

    change_bodies(lambda said, _path: every_dict(said, nested))


@variation(
    "keys-in-another-order",
    "The fields of every object come in the opposite order",
    benign="the fields of an object have no order in JSON",
)
def _keys_in_another_order() -> None:
    change_bodies(lambda said, _path: every_dict(said, lambda each: dict(reversed(each.items()))))


@variation(
    "lists-in-another-order",
    "Workers, strategies, symbols, timeframes, indicators and issues are listed in the opposite order",
    benign="only of operations and of bars an order is promised",
)
def _lists_in_another_order() -> None:
    def turned(said: Any, path: str) -> Any:
        if path == WORKERS and isinstance(said, list):
            return said[::-1]
        name = UNORDERED.get(path) or ("issues" if "/strategies/validate/" in path else "")
        if isinstance(said, dict) and isinstance(said.get(name), list):
            return said | {name: said[name][::-1]}
        return said

    change_bodies(turned)


@variation(
    "pretty-printed-bodies",
    "Bodies are written with line breaks, indented, with a line break at the end",
    benign="white space between values means nothing in JSON",
)
def _pretty_printed_bodies() -> None:
    write_bodies(indent=2, separators=(" ,", " : "), end="\n")


@variation(
    "unicode-escaped",
    "What is not ASCII is written as escapes",
    benign="both are the same text in JSON",
)
def _unicode_escaped() -> None:
    write_bodies(ensure_ascii=True)


def _without_nulls(said: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in said.items() if value is not None}


def _with_nulls(said: dict[str, Any]) -> dict[str, Any]:
    more = [name for known, names in MORE_NULLS if known <= said.keys() for name in names]
    return dict.fromkeys(more) | said


def _with_more(said: dict[str, Any]) -> dict[str, Any]:
    for known, more in MORE_FIELDS:
        if known <= said.keys():
            said = more | said
    return said
