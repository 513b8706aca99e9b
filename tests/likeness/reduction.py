"""The part of an answer that is compared."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from .shapes import Json, without_elisions

UNUSED_ROUTES = re.compile(
    r"^/api/v1/(indicators/(calculate|categor)|fuzzy/|gap-analysis/|models/|strategies/\{strategy_name\}$"
    r"|ib/(resilience|circuit-breakers|cleanup|ranges|symbols))|^/training/evaluate$|^/metrics"
)
"""Routes that no recording asks: left out of the OpenAPI documents, as they are not built here."""

PROSE = frozenset({"title", "description", "summary"})
EXAMPLES = frozenset({"example", "examples", "contact", "tags"})
"""Left out of the recorded documents along with the prose."""

LONG = 20
"""A longer list is compared by its first three and last two items, as the recordings keep them."""


def reduce_body(path: str, body: Json) -> Json:
    """The body without the middle of long lists and, of an OpenAPI document, without unused routes."""
    route = urlsplit(path).path
    if not isinstance(body, dict):
        return body
    if route.endswith("/openapi.json") and "paths" in body:
        return reduce_openapi(body)
    if route == "/api/v1/strategies/" and "strategies" in body:
        rows = without_elisions(body["strategies"])
        body |= {"strategies": [row | {"fuzzy_config": _nameless(row["fuzzy_config"])} for row in rows]}
    if route.startswith("/api/v1/data/") and isinstance(body.get("data"), dict):
        return body | {"data": {name: _ends(value) for name, value in body["data"].items()}}
    return body


def reduce_openapi(document: Json) -> Json:
    """The routes in use, each with its schemas in place; parameters by name; without prose and tags."""
    schemas = document.get("components", {}).get("schemas", {})
    paths = {path: item for path, item in document["paths"].items() if not UNUSED_ROUTES.match(path)}
    components = {name: part for name, part in document.get("components", {}).items() if name != "schemas"}
    rest = {name: part for name, part in document.items() if name != "tags"}
    return _plain(rest | {"paths": paths, "components": components}, schemas)


def _ends(value: Json) -> Json:
    return value[:3] + value[-2:] if isinstance(value, list) and len(value) > LONG else value


def _nameless(fuzzy_config: Json) -> Json:
    """The fuzzy sets of a strategy without their names, which are each strategy's own."""
    return [list(sets.values()) for sets in fuzzy_config.values()]


def _plain(form: Json, schemas: Mapping[str, Json]) -> Json:
    """Without prose and examples, and with what a reference names in its place."""
    if isinstance(form, list):
        return [_plain(item, schemas) for item in form]
    if not isinstance(form, dict):
        return form
    if isinstance(form.get("$ref"), str):
        return _plain(schemas.get(form["$ref"].rpartition("/")[2], {}), schemas)
    plain = {}
    for name, value in form.items():
        if name in EXAMPLES or (name in PROSE and isinstance(value, str)):
            continue
        if name == "parameters" and isinstance(value, list):
            value = {parameter["name"]: parameter for parameter in value}
        plain[name] = _plain(value, schemas)
    return plain
