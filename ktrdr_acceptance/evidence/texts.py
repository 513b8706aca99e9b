"""Evidence as text: the HTTP exchanges of a scenario and the history of its operations."""

from __future__ import annotations

import json
from typing import Any

from ktrdr_acceptance.api.http import Exchange
from ktrdr_acceptance.operations.history import History
from ktrdr_acceptance.verdict.model import Attachment

_MOST_EXCHANGES = 200
_MOST_BODY = 4000


def exchanges_attachment(exchanges: list[Exchange]) -> Attachment:
    """Return the exchanges in the order they were made; identical neighbours become one line."""
    started = exchanges[0].at if exchanges else 0.0
    blocks: list[str] = []
    repeated = 0
    last_key: tuple[Any, ...] = ()
    for exchange in exchanges[-_MOST_EXCHANGES:]:
        asked = (exchange.service, exchange.method, exchange.url, body_text(exchange.request_body))
        key = (*asked, exchange.status, exchange.failure, body_text(exchange.response_body))
        if key == last_key:
            repeated += 1
            continue
        if repeated:
            blocks.append(f"(the same answer {repeated} more times)")
        repeated, last_key = 0, key
        blocks.append(_block(exchange, started))
    if repeated:
        blocks.append(f"(the same answer {repeated} more times)")
    if len(exchanges) > _MOST_EXCHANGES:
        blocks.insert(0, f"(the first {len(exchanges) - _MOST_EXCHANGES} exchanges are left out)")
    return Attachment("HTTP exchanges", "text/plain", "\n\n".join(blocks))


def history_attachment(history: History) -> Attachment:
    """Return what one service showed of one operation over time."""
    name = f"History of {history.operation_id} at {history.service}"
    return Attachment(name, "text/plain", history.lines())


def exchange_digest(exchanges: list[Exchange]) -> Attachment:
    """Return one line for each distinct request: how often, how answered, and how slow at most."""
    groups: dict[tuple[str, str, str, str], list[float]] = {}
    for exchange in exchanges:
        key = (exchange.service, exchange.method, exchange.url, exchange.outcome)
        groups.setdefault(key, []).append(exchange.elapsed_s)
    lines = [
        f"{service}  {method} {url}: {answer}, {len(took)} times, slowest {max(took) * 1000:.0f} ms"
        for (service, method, url, answer), took in groups.items()
    ]
    return Attachment("HTTP exchanges, in short", "text/plain", "\n".join(lines))


def _block(exchange: Exchange, started: float) -> str:
    lines = [f"+{exchange.at - started:.3f} s  {exchange.service}  {exchange.method} {exchange.url}"]
    if exchange.request_id:
        lines[0] += f"  ({exchange.request_id})"
    if exchange.request_body is not None:
        lines.append(f"> {body_text(exchange.request_body)}")
    lines.append(f"< {exchange.outcome} in {exchange.elapsed_s * 1000:.0f} ms")
    if exchange.response_body is not None:
        lines.append(f"< {body_text(exchange.response_body)}")
    return "\n".join(lines)


def body_text(body: Any) -> str:
    """Return a body as text, a long one cut."""
    text = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)
    return (
        text
        if len(text) <= _MOST_BODY
        else f"{text[:_MOST_BODY]} ... {len(text) - _MOST_BODY} more characters"
    )
