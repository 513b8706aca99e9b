"""Secrets by their value: what the environment holds under the name of a secret, in every spelling."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator, Mapping
from html import escape
from urllib.parse import quote, quote_plus

_NAME = re.compile(
    r"(?:^|_)(?:TOKEN|PASSWORD|PASSWD|PASSPHRASE|PASS|PWD|PW|SECRET|(?<!PUBLIC_)KEY|APIKEY|CREDENTIALS?|AUTH|COOKIE"
    r"|JWT|SIGNATURE)$|^(?:IB|IBKR|TWS)_(?:\w+_)?(?:ACCOUNT|ACCOUNT_ID|USER|USERID|USERNAME)$",
    re.IGNORECASE,
)
_IN_URL = re.compile(r"://[^\s/:@]*:(.+)@")
# As the environment keeps bytes that are no text.
_ERRORS = "surrogateescape"
# What is shorter, or a plain word or number, would take other words with it.
_SHORTEST, _SHORTEST_WORD, _SHORTEST_NUMBER = 6, 12, 8
# Shorter values only as whole words.
_ANYWHERE_FROM = 12


class SecretValues:
    """The values that must not be told."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        found = {value for name, text in environment.items() for value in _secrets(name, text)}
        spelled = sorted({(form, len(value)) for value in found for form in _spellings(value)}, reverse=True)
        # The longest first: of two that begin alike the longer one must win.
        spelled.sort(key=lambda pair: -len(pair[0]))
        self._pattern = (
            re.compile("|".join(_anywhere(form, length) for form, length in spelled)) if found else None
        )

    def found_in(self, text: str) -> bool:
        """Return whether a text holds one."""
        return self._pattern is not None and self._pattern.search(text) is not None

    def masked(self, text: str, mask: str) -> str:
        """Return a text with each of them masked."""
        return text if self._pattern is None else self._pattern.sub(mask, text)


def _secrets(name: str, text: str) -> Iterator[str]:
    """Yield the secrets in one variable of the environment."""
    if found := _IN_URL.search(text):
        candidates = [found[1]]
    elif _NAME.search(name) and not text.startswith(("/", "~/", "./")):
        lines = [line.strip() for line in text.splitlines()]
        candidates = [text.strip(), *lines] if len(lines) > 1 else [text.strip()]
    else:
        return
    yield from filter(_is_telling, candidates)


def _is_telling(value: str) -> bool:
    if re.fullmatch(r"[a-z]+|[A-Z][a-z]*|[A-Z]+|-+[A-Z ]+-+", value):
        return len(value) >= _SHORTEST_WORD and not value.startswith("-")
    return len(value) >= (_SHORTEST_NUMBER if value.isdigit() else _SHORTEST)


def _spellings(value: str) -> set[str]:
    """Return a value as it is, and as JSON, a URL, XML, `repr`, the console's markup and Base64 spell it."""
    forms = {value, json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1], repr(value)[1:-1]}
    forms |= {
        quote(value, safe="", errors=_ERRORS),
        quote(value, errors=_ERRORS),
        quote_plus(value, errors=_ERRORS),
        escape(value),
        escape(value, quote=False),
    }
    forms |= {json.dumps(form)[1:-1] for form in forms}
    forms |= {value.replace("|", "\\|"), re.sub(r"(\\*)(\[[a-zA-Z/@#])", r"\1\1\\\2", value)}
    if len(value) >= _SHORTEST_NUMBER:
        forms |= set(_in_base64(value.encode(errors=_ERRORS)))
    return forms


def _in_base64(value: bytes) -> Iterator[str]:
    """Yield what of a value's Base64 does not depend on its neighbours, for each place it may begin at."""
    for before in range(3):
        whole = base64.b64encode(b"\0" * before + value).decode().rstrip("=")
        first = (before * 8 + 5) // 6
        last = (before + len(value)) * 8 // 6
        yield (core := whole[first:last])
        yield core.replace("+", "-").replace("/", "_")


def _anywhere(form: str, length: int) -> str:
    pattern = re.escape(form)
    return pattern if length >= _ANYWHERE_FROM else rf"(?<![A-Za-z0-9]){pattern}(?![A-Za-z0-9])"
