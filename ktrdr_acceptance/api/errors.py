"""One reader for the shapes in which KTRDR says no.

Shapes (contract of generations O to H): `{"detail": "text"}`, `{"detail": {...}}`,
`{"detail": [{"loc", "msg"}]}` (workers and hosts), `{"success": false, "error": {code, message, details}}`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ktrdr_acceptance.api.http import Answer


@dataclass(frozen=True)
class Refusal:
    """What a refusal says: the message for a person, the code, and the fields it complains about."""

    status: int
    message: str
    text: str
    code: str | None = None
    fields: tuple[str, ...] = ()
    request_id: str = ""
    # What `status` is a status of: a command refuses too.
    form: str = "HTTP"
    # What to do about it, where it says so apart from the message.
    hint: str = ""

    @property
    def is_client_error(self) -> bool:
        """True if the service says that the request was wrong, not that it failed or that nobody may ask."""
        return self.status in (400, 404, 409, 422)

    @property
    def is_not_found(self) -> bool:
        """True if the service says that there is no such thing."""
        return self.status == 404

    @property
    def is_busy(self) -> bool:
        """True if the service says that it cannot take work just now."""
        return self.status == 503

    @property
    def is_no_worker_free(self) -> bool:
        """True if the service says that it cannot take work just now, and that it is for want of a worker."""
        return self.is_busy and "worker" in self.message.lower()

    def __str__(self) -> str:
        fields = f" (fields: {', '.join(self.fields)})" if self.fields else ""
        return f"{self.form} {self.status}: {self.message}{fields}"


def read_refusal(answer: Answer) -> Refusal:
    """Return what a 4xx or 5xx answer says; a body of no known shape is quoted whole."""
    body = answer.body if isinstance(answer.body, dict) else {}
    error, detail = body.get("error"), body.get("detail")
    message, code, rows = answer.text, None, None
    hint = ""
    if isinstance(error, dict):
        message, code, rows = (
            str(error.get("message") or answer.text),
            error.get("code"),
            error.get("details"),
        )
    elif isinstance(detail, list):
        texts = [str(row) for row in detail if not isinstance(row, dict)]
        message, rows = "; ".join(texts) or "validation failed", detail
    elif isinstance(detail, dict):
        hint = str(detail.get("suggestion") or detail.get("hint") or "")
        message = str(detail.get("message") or detail.get("error") or answer.text)
        message, code = (f"{message} ({hint})" if hint else message), detail.get("error_code")
    elif isinstance(detail, str):
        message = detail
    fields, said = _fields(rows)
    message = f"{message}: {said}" if said else message
    return Refusal(answer.status, message, answer.text, code, fields, answer.request_id, hint=hint)


def refusal_expected(answer: Answer, what: str) -> Refusal:
    """Return the refusal that an answer must be; raise AssertionError if it was accepted."""
    if answer.ok:
        raise AssertionError(
            f"{answer.service} accepted {what} (HTTP {answer.status}) instead of refusing it"
        )
    return read_refusal(answer)


def _fields(rows: Any) -> tuple[tuple[str, ...], str]:
    found = [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    fields = tuple(_field(row) for row in found)
    said = (
        f"{name}: {row.get('message') or row.get('msg')}" for name, row in zip(fields, found, strict=True)
    )
    return fields, "; ".join(said)


def _field(row: dict[str, Any]) -> str:
    if "field" in row:
        return str(row["field"]).rsplit(" -> ", 1)[-1]
    where = [str(part) for part in row.get("loc") or ()]
    return where[-1] if where else "body"
