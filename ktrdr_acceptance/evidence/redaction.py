"""Secrets leave no output: each becomes `***`, so that it stays visible that something was there.

A secret is one by its name (`password=...`, `"api_key": "..."`, `Authorization: Bearer ...`), by its place
(user and password of a URL), by its form (a JWT, a private key, the tokens of well-known services) or by its
value: what the environment holds under the name of a secret, wherever it turns up, encoded too.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from functools import cache
from typing import Any, TypeVar

from ktrdr_acceptance.evidence.secret_shapes import (
    MASK,
    is_no_secret,
    is_secret_name,
    is_strong_name,
    masked,
    may_hold_secret,
)
from ktrdr_acceptance.evidence.secret_values import SecretValues

_T = TypeVar("_T")


class Redaction:
    """Masks secrets; knows those that an environment holds."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._values = SecretValues(environment)

    def suspects(self, text: str) -> bool:
        """Return whether a text may hold a secret: a cheap look, at which nearly every text ends."""
        return may_hold_secret(text) or self._values.found_in(text)

    def text(self, text: str) -> str:
        """Return a text without its secrets."""
        return self._text(text) if self.suspects(text) else text

    def data(self, value: _T) -> _T:
        """Return texts, mappings, sequences and data classes without their secrets."""
        if not self.suspects("\n".join(_texts(value, []))):
            return value
        clean: _T = self._data(value)
        return clean

    def json(self, value: Any, **options: Any) -> str:
        """Return a value as JSON without its secrets; `options` are those of `json.dumps`."""
        text = json.dumps(value, **options)
        return json.dumps(self._data(value), **options) if self.suspects(text) else text

    def _text(self, text: str) -> str:
        return masked(self._values.masked(text, MASK))

    def _data(self, value: Any) -> Any:
        if isinstance(value, str):
            return value if isinstance(value, Enum) else self._text(value)
        if isinstance(value, Mapping):
            # The name may stand beside the value, as in a refused field.
            beside = any(_is_secret(value.get(key)) for key in ("name", "key", "field", "loc"))
            return {
                self._data(key): self._under("secret" if beside and key in ("value", "input") else key, inner)
                for key, inner in value.items()
            }
        if isinstance(value, list | tuple):
            is_pair = len(value) == 2 and _is_secret(value[0])
            items = [value[0], self._under(value[0], value[1])] if is_pair else list(map(self._data, value))
            if isinstance(value, list):
                return items
            return type(value)(*items) if hasattr(value, "_fields") else tuple(items)
        if is_dataclass(value) and not isinstance(value, type):
            found = {name: getattr(value, name) for name in _field_names(type(value))}
            clean = {name: self._under(name, inner) for name, inner in found.items()}
            changed = {name: inner for name, inner in clean.items() if inner != found[name]}
            return replace(value, **changed) if changed else value
        return value

    def _under(self, name: Any, value: Any) -> Any:
        """Return what stands under a name, masked if the name says that it is a secret."""
        if not _is_secret(name):
            return self._data(value)
        if isinstance(value, str):
            return value if is_no_secret(value) else MASK
        if isinstance(value, list):
            return [self._under(name, inner) for inner in value]
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        return MASK if is_number and is_strong_name(name) else self._data(value)


def _is_secret(name: Any) -> bool:
    if isinstance(name, list | tuple) and name:
        name = name[-1]
    return isinstance(name, str) and is_secret_name(name)


def _texts(value: Any, into: list[str]) -> list[str]:
    """Return every text in a value, the names too."""
    kind = type(value)
    if kind is str:
        into.append(value)
    elif isinstance(value, list | tuple):
        for inner in value:
            _texts(inner, into)
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            into.append(str(key))
            _texts(inner, into)
    elif is_dataclass(kind):
        for name in _field_names(kind):
            _texts(getattr(value, name), into)
    elif isinstance(value, str) and not isinstance(value, Enum):
        into.append(str(value))
    return into


@cache
def _field_names(kind: type) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind) if field.init)


@cache
def the_redaction() -> Redaction:
    """Return the redaction of this process, made from its environment as it is when first asked."""
    return Redaction(os.environ)


def redacted(text: str) -> str:
    """Return a text without its secrets."""
    return the_redaction().text(text)


def redacted_data(value: _T) -> _T:
    """Return texts, mappings, sequences and data classes without their secrets."""
    return the_redaction().data(value)


def redacted_json(value: Any, **options: Any) -> str:
    """Return a value as JSON without its secrets."""
    return the_redaction().json(value, **options)
